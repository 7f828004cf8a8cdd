"""What lies behind a loss, gathered from the whole site: the port it hung on, its UPS, its neighbours."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final

from models import groups
from models.blame import BATTERY, LOST
from models.facts import SITE, Cause, Device, FaultKey, Finding, Kind
from models.learned import Hang
from models.rules import link
from models.topology import Topology
from models.view import View

SIBLINGS: Final = 3  # as many lost on one switch, and at least half of all on it, are no coincidence


@dataclass(frozen=True, slots=True)
class Hints:
    """Answers for one moment.

    Attributes:
        devices: the inventory.
        topology: who hangs on whom.
        hangs: where each device was seen by switches.
        below: switch -> what hangs on it.
        standing: faults that are open or recovering.
        lost: devices that are lost or suspected to be.
        view_of: a device as the rules see it now.
    """

    devices: Mapping[str, Device]
    topology: Topology
    hangs: Mapping[str, Hang]
    below: Mapping[str, Collection[str]]
    standing: Mapping[FaultKey, Finding]
    lost: Mapping[str, Finding]
    view_of: Callable[[str], View]

    def lack_of(self, device: str) -> FaultKey | None:
        """Return the power fault of its switch that a lost device's port speaks of, None for none.

        A camera whose port is not known has the benefit of the doubt.
        """
        finding, switch = self.lost.get(device), self.topology.parent(device)
        if finding is None or not switch or not any(key.device == switch for key in self.standing):
            return None
        seen = self._port(device, finding)
        if seen is not None:
            codes = {link.lack(seen)}
        else:
            codes = set(link.LACKS) if self._may_lack(device) else set()
        keys = (key for key in self.standing if key.device == switch and key.code in codes)
        return min(keys, key=str, default=None)

    def _may_lack(self, device: str) -> bool:
        hang = self.hangs.get(device)
        return self.devices[device].kind is Kind.CAMERA and (hang is None or not hang.port)

    def cause_of(self, finding: Finding, children: int) -> Cause | None:
        """Return what probably lies behind an incident; None when nothing is known."""
        device = self.devices.get(finding.key.device)
        if finding.key.code == groups.CODE and device is not None:
            return self._of_group(device.id)
        if finding.key.code != LOST or finding.key.device == SITE or device is None:
            return None
        siblings = self._siblings(device.id)
        if siblings is not None:
            return siblings
        seen = self._port(device.id, finding)
        told = link.cause(device, seen) if seen is not None else None
        return told or self._power(device) or _many(children)

    def _port(self, device: str, finding: Finding) -> link.Port | None:
        """Return what the switch says of the device's port; only where switch and operator agree."""
        hang = self.hangs.get(device)
        if hang is None or not hang.port or self.topology.parent(device) != hang.parent:
            return None
        if hang.parent in self.lost or hang.parent not in self.devices:
            return None
        since = finding.opened_at if finding.opened_at is not None else finding.since
        return link.port(self.view_of(hang.parent), hang.port, hang.crowd, since)

    def _of_group(self, switch: str) -> Cause | None:
        """Return what the ports have in common of devices that were lost at once."""
        lost = [one for one in self.below.get(switch, ()) if one in self.lost]
        ports = [port for one in lost if (port := self._port(one, self.lost[one])) is not None]
        told = [port for port in ports if port.up is not None]
        facts = {"switch": switch, "ports": ", ".join(sorted({port.name for port in told})[: groups.NAMED])}
        if told and all(port.up is False and port.on is False for port in told):
            return Cause("link.group_off", facts)
        if told and all(port.is_unfed for port in told):
            return Cause("link.group_unfed", facts)
        if told and all(port.up for port in told):
            return Cause("link.group_up", facts)
        return Cause("link.group_down", facts) if told and not any(port.up for port in told) else None

    def _siblings(self, device: str) -> Cause | None:
        switch = self.topology.parent(device)
        if any(key.device == switch and key.code in link.LACKS for key in self.standing):
            return None  # that explains them
        among = self.below.get(switch, ())
        lost = sum(one in self.lost for one in among)
        if not switch or switch in self.lost or lost < SIBLINGS or 2 * lost < len(among):
            return None
        return Cause("link.siblings", {"switch": switch, "lost": float(lost), "of": float(len(among))})

    def _power(self, device: Device) -> Cause | None:
        ups = device.power
        on_battery = ups and FaultKey(ups, "", BATTERY) in self.standing
        return Cause("link.power", {"ups": ups}) if on_battery or ups in self.lost else None


def _many(children: int) -> Cause | None:
    return Cause("link.many", {"lost": float(children)}) if children > 1 else None
