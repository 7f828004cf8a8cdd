"""The three SNMP collectors: what a device says of its health, of its ports, and of its battery.

All knowledge is data (`mibs/*.yaml`); all asking is `Snmp`'s. A device that answers sysUpTime and nothing
else is alive, and `SnmpHealth` says so.
"""

from collectors.snmp.history import MORE
from collectors.snmp.knowledge import Area
from collectors.snmp.snmp import Snmp
from models.facts import Answer, Device, Kind
from models.metrics import MALFORMED_REPLIES, VALUES_UNREADABLE, Metric


class _Area:
    """Asks one area of knowledge."""

    name: str
    area: Area
    slots = 0

    def __init__(self, snmp: Snmp) -> None:
        self._snmp = snmp
        self.metrics: tuple[Metric, ...] = (
            *snmp.knowledge.metrics(self.area),
            *MORE[self.area],
            VALUES_UNREADABLE,
            MALFORMED_REPLIES,
        )

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives the device SNMP access."""
        return device.snmp is not None

    async def collect(self, device: Device) -> Answer:
        """Ask once.

        Raises:
            CollectError: the device could not be asked, or has nothing of this area (NotSupported).
        """
        return await self._snmp.ask(device, self.area)


class SnmpHealth(_Area):
    """Uptime, who it is, processor, memory, temperature, disks."""

    name = "snmp_health"
    area = Area.HEALTH


class SnmpInterfaces(_Area):
    """Ports: link, speed, octets, errors; power over Ethernet."""

    name = "snmp_interfaces"
    area = Area.INTERFACES


class SnmpUps(_Area):
    """Mains or battery, charge, runtime, load."""

    name = "snmp_ups"
    area = Area.UPS

    def applies(self, device: Device) -> bool:
        """Whether it is a UPS with SNMP access."""
        return super().applies(device) and device.kind is Kind.UPS
