"""Whose fault a loss is, where no lost feeder explains it: a UPS without mains, a switch without power."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from models.facts import Device, FaultKey, Finding, Kind

BATTERY, BATTERY_LOW = "POWER_BATTERY", "POWER_BATTERY_LOW"
LOST = "REACH_LOST"
VIDEO_LOSS = "VIDEO_LOSS"
TOGETHER_SECONDS: Final = 180.0  # a channel and its camera are missed within this time of each other


@dataclass(frozen=True, slots=True)
class Blame:
    """Answers for one moment.

    Attributes:
        devices: the inventory.
        fed: UPS -> devices whose power it gives.
        standing: faults that are open or recovering.
        lost: devices that are lost or suspected to be.
        above: what a device hangs on over the network, the nearest first.
        lack_of: lost device -> the power fault of its switch that its port speaks of, None for none.
    """

    devices: Mapping[str, Device]
    fed: Mapping[str, Collection[str]]
    standing: Mapping[FaultKey, Finding]
    lost: Mapping[str, Finding]
    lack_of: Callable[[str], FaultKey | None]
    above: Callable[[str], Iterable[str]] = lambda _device: ()

    def of(self, device: str) -> FaultKey | None:
        """Return the fault that explains why a device is lost, None when it is the device's own."""
        known = self.devices.get(device)
        if known is None:
            return None
        ups = device if known.kind is Kind.UPS else known.power
        return (self._outage(ups, device) if ups else None) or self._lack(device)

    def _outage(self, ups: str, device: str) -> FaultKey | None:
        """Return what a UPS says of its mains, if that explains losses behind it.

        On a battery that holds, devices go on working. What explains their loss: a battery near its end, a
        UPS that fell silent itself, or half of all that it feeds lost at once. A UPS that is only asked
        through the device tells nothing by its silence: a switch dies more often than a UPS without a word.
        """
        low, battery = FaultKey(ups, "", BATTERY_LOW), FaultKey(ups, "", BATTERY)
        if low in self.standing:
            return low
        fed = self.fed.get(ups, ())
        dark = sum(device in self.lost for device in fed)
        if battery in self.standing and (ups in self.lost or (fed and 2 * dark >= len(fed))):
            return battery
        own = FaultKey(ups, "", LOST)
        is_silent = ups in self.lost and len(fed) > 1 and dark == len(fed)
        return own if is_silent and device not in self.above(ups) else None

    def _lack(self, device: str) -> FaultKey | None:
        """Return the fault of its switch, if its port was left without power for that reason."""
        key = self.lack_of(device)
        return key if key is not None and key in self.standing else None


def grown(standing: Mapping[FaultKey, Finding]) -> dict[FaultKey, FaultKey]:
    """Return fault -> the worse one it became: mains lost -> battery nearly empty."""
    worse = [key for key in standing if key.code == BATTERY_LOW]
    pairs = {FaultKey(key.device, key.part, BATTERY): key for key in worse}
    return {milder: key for milder, key in pairs.items() if milder in standing}


def unseen(
    standing: Mapping[FaultKey, Finding], lost: Mapping[str, Finding], devices: Mapping[str, Device]
) -> dict[FaultKey, FaultKey]:
    """Return channel without a picture -> loss of the camera that it is probably of.

    A recorder does not say which camera a channel shows. So many channels as cameras fell silent together
    with them are these cameras; more are a fault of their own.
    """
    cameras = {
        id_: _began(f) for id_, f in lost.items() if id_ in devices and devices[id_].kind is Kind.CAMERA
    }
    found: dict[FaultKey, FaultKey] = {}
    for key in sorted((k for k in standing if k.code == VIDEO_LOSS), key=str):
        at = _began(standing[key])
        near = min(cameras, key=lambda id_: abs(cameras[id_] - at), default=None)
        if near is not None and abs(cameras.pop(near) - at) <= TOGETHER_SECONDS:
            found[key] = FaultKey(near, "", LOST)
    return found


def _began(finding: Finding) -> float:
    return finding.since if finding.opened_at is None else finding.opened_at
