"""Many devices lost at once behind one switch that is not lost itself: one fault of that switch, not many.

A bank of ports without power, a VLAN that is gone, an uplink of these ports: the switch answers, or nothing
can be asked of it, and what hangs on it falls silent together. No single device shows that. Single losses
never join later: a camera that dies an hour after is its own fault, however restless its switch is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from models.facts import FaultKey, Finding, Health, Phase, Verdict
from models.faults import FAULTS

CODE: Final = "PORTS_LOST"
LOST: Final = "REACH_LOST"
NAMED: Final = 24  # ports named in a sentence
LEAST: Final = 3  # so many lost on one switch at once are no coincidence
FIRST_SECONDS: Final = 2 * FAULTS[LOST].hold.open_seconds  # what opened within it was not lost before
TOGETHER_SECONDS: Final = 75.0  # what fell silent within a round of checks fell silent together


def key_of(switch: str) -> FaultKey:
    """Return the fault's key."""
    return FaultKey(switch, "", CODE)


def grouped(
    roots: Mapping[str, FaultKey],
    lost: Mapping[str, Finding],
    parent: Mapping[str, str],
    switches: AbstractSet[str],
    held: Mapping[FaultKey, Collection[FaultKey]],
) -> dict[str, FaultKey]:
    """Return lost device -> the group that explains it, for those that nothing else does.

    Args:
        roots: lost device -> the fault that explains it; its own loss where nothing does.
        lost: devices that are lost, coming back, or suspected to be lost.
        parent: device -> what it hangs on.
        switches: devices that may stand for what hangs on them.
        held: groups that are told of -> what each explains.
    """
    found: dict[str, FaultKey] = {}
    by_switch: dict[str, list[str]] = {}
    for device, root in roots.items():
        switch = parent.get(device, "")
        if root != FaultKey(device, "", LOST) or switch not in switches or switch in lost:
            continue
        if root in held.get(key_of(switch), ()):
            found[device] = key_of(switch)
        if lost[device].phase is not Phase.RECOVERING:
            by_switch.setdefault(switch, []).append(device)
    for switch, devices in by_switch.items():
        found |= dict.fromkeys(_together(devices, lost), key_of(switch))
    below = {device: found[root.device] for device, root in roots.items() if _is_below(device, root, found)}
    return found | below


def _is_below(device: str, root: FaultKey, found: Mapping[str, FaultKey]) -> bool:
    return root.code == LOST and root.device != device and root.device in found


def _together(devices: Sequence[str], lost: Mapping[str, Finding]) -> Iterator[str]:
    """Yield the devices of every row that is long enough, all of it lost within a round of checks."""
    times = sorted((_newly(lost[device]), device) for device in devices)
    first = 0
    for last, (at, _) in enumerate(times):
        while at - times[first][0] > TOGETHER_SECONDS:
            first += 1
        if last - first + 1 >= LEAST:
            yield from (device for _, device in times[first : last + 1])


def _newly(one: Finding) -> float:
    """Return when it was lost this time: a restless one may have been open since the first of its losses."""
    is_anew = one.is_restless and one.since - began(one) > FIRST_SECONDS
    return one.since if is_anew else began(one)


def remaining(children: Iterable[FaultKey], standing: Mapping[FaultKey, Finding]) -> int:
    """Count what is still lost of a group."""
    return sum((one := standing.get(child)) is not None and one.phase is Phase.OPEN for child in children)


def finding(switch: str, lost: int, of: int, since: float, at: float) -> Finding:
    """Return the fault of a switch that `lost` of `of` devices on it are lost."""
    facts: dict[str, float | str] = {"switch": switch, "lost": float(lost), "of": float(max(lost, of))}
    verdict = Verdict(switch, FAULTS[CODE], Health.BAD, "", "link.group", facts, at)
    return Finding(key_of(switch), Phase.OPEN, at, since, verdict)


def began(one: Finding) -> float:
    """Return when a fault was first seen bad."""
    return one.since if one.opened_at is None else one.opened_at
