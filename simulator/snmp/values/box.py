"""One device as its values see it: what it is, what is wrong with it, since when it runs."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from simulator.faults import FaultBoard
from simulator.site import DeviceSpec, SiteSpec, SnmpSpec
from simulator.snmp.drift import Drift, Flow, share
from simulator.snmp.life import Life

_CLOCK_OFFSET_SECONDS: Final = 40.0  # at strength 1: simulator.faults, clock_offset
_MAC: Final = re.compile(r"([0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}")


@dataclass(frozen=True, slots=True)
class Box:
    """A device, its site, its faults and its boots."""

    spec: DeviceSpec
    snmp: SnmpSpec
    board: FaultBoard
    site: SiteSpec
    life: Life

    def drift(self, what: str, low: float, high: float, *, period: float = 3_600.0) -> Drift:
        """Return a wandering value of this device."""
        return Drift(self.spec.id, what, low=low, high=high, period=period)

    def flow(self, what: str, mean: float) -> Flow:
        """Return a counter of this device with this mean rate per second."""
        return Flow(self.spec.id, what, mean=mean)

    def strength(self, fault: str) -> float:
        """Return how strong a fault of this device is, 0.0 when it is off."""
        return self.board.strength(self.spec.id, fault)

    def clock(self, now: float) -> datetime:
        """Return what the device's own clock shows, UTC."""
        return datetime.fromtimestamp(now + _CLOCK_OFFSET_SECONDS * self.strength("clock_offset"), UTC)


def mac_of(spec: DeviceSpec) -> bytes:
    """Return the six bytes of a device's MAC; one without gets a locally administered one from its id.

    Raises:
        ValueError: the site file gives something else.
    """
    if spec.mac:
        return _mac_from(spec)
    return b"\x02" + int(share(spec.id, "mac") * 2**40).to_bytes(5, "big")


def _mac_from(spec: DeviceSpec) -> bytes:
    if not _MAC.fullmatch(spec.mac):
        raise ValueError(f"device {spec.id}: {spec.mac!r} is no MAC")
    return bytes.fromhex(spec.mac.replace(":", "").replace("-", ""))


def neighbouring_mac(spec: DeviceSpec, number: int) -> bytes:
    """Return the address `number` steps behind the device's own: makers give a box a row of them."""
    return (int.from_bytes(mac_of(spec), "big") + number & 0xFFFFFFFFFFFF).to_bytes(6, "big")


def is_hikvision(spec: DeviceSpec) -> bool:
    """Whether the maker is Hikvision, whose boxes have MIBs of their own."""
    return spec.maker.lower().startswith("hik")
