"""Times in which people want to hear nothing: maintenance windows and silences: who, why, until. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from models.facts import Device, FaultKey
from models.weekly import Weekly

EVERYTHING: Final = "*"
_KIND: Final = "kind:"
_PLACE: Final = "place:"


class Quiet(StrEnum):
    """Why nothing is told."""

    MAINTENANCE = "maintenance"  # planned work: what fails meanwhile is expected to
    SILENCE = "silence"  # somebody knows, and wants no ticket


@dataclass(frozen=True, slots=True)
class Window:
    """One of them.

    Attributes:
        id: number in the store, 0 before it is kept.
        kind: maintenance or silence.
        devices: device ids, where `*` stands for anything; `kind:camera` and `place:Gate*` too. A device is
            meant together with all that hangs on it; `*` alone is the whole site.
        faults: fault codes; empty for all.
        since, until: Unix seconds.
        who, why: answers for it.
        ended_at, ended_by: when somebody ended it before its time, and who.
        each: the hours of a week in which it holds between `since` and `until`; None: all the time.
    """

    id: int
    kind: Quiet
    devices: tuple[str, ...]
    since: float
    until: float
    who: str
    why: str
    faults: tuple[str, ...] = ()
    ended_at: float | None = None
    ended_by: str = ""
    each: Weekly | None = None

    @property
    def ends(self) -> float:
        """When it really ends."""
        return self.until if self.ended_at is None else min(self.until, self.ended_at)

    def holds(self, at: float) -> bool:
        """Whether it lasts at a moment."""
        return self.since <= at < self.ends and (self.each is None or self.each.at(at) is not None)

    def lasts_until(self, at: float) -> float:
        """Return until when it holds without a break, of one that holds at a moment."""
        span = self.each.at(at) if self.each is not None else None
        return self.ends if span is None else min(self.ends, span[1])

    def spans(self, since: float, until: float) -> Iterator[tuple[float, float]]:
        """Yield from when to when it holds, each time that touches a range of moments."""
        if self.each is None:
            yield self.since, self.ends
            return
        for begin, end in self.each.spans(max(since, self.since), min(until, self.ends)):
            yield max(begin, self.since), min(end, self.ends)


@dataclass(frozen=True, slots=True)
class Site:
    """What a window's scope is matched with: the inventory, and who hangs on whom or is fed by whom."""

    devices: Mapping[str, Device]
    above: Callable[[str], Iterable[str]] = lambda _device: ()


def covering(windows: Iterable[Window], root: FaultKey, site: Site, at: float) -> Window | None:
    """Return the window that keeps a fault quiet now, of several the one that lasts longest."""
    found = [one for one in windows if one.holds(at) and covers(one, root, site)]
    return max(found, key=lambda one: one.lasts_until(at), default=None)


def covers(window: Window, root: FaultKey, site: Site) -> bool:
    """Whether a fault is in the scope of a window."""
    if window.faults and root.code not in window.faults:
        return False
    meant = (root.device, *site.above(root.device))
    return any(_matches(pattern, id_, site.devices) for pattern in window.devices for id_ in meant)


def matched(pattern: str, devices: Iterable[Device]) -> list[str]:
    """Return the ids of the devices that a pattern of a scope names itself."""
    known = {device.id: device for device in devices}
    return [id_ for id_ in known if _matches(pattern, id_, known)]


def _matches(pattern: str, id_: str, devices: Mapping[str, Device]) -> bool:
    device = devices.get(id_)
    if pattern.startswith(_KIND):
        return device is not None and device.kind == pattern.removeprefix(_KIND)
    if pattern.startswith(_PLACE):
        return device is not None and fnmatchcase(device.place, pattern.removeprefix(_PLACE))
    return fnmatchcase(id_, pattern)
