"""The newest picture of each stream, kept in memory until it is wanted as evidence."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from models.facts import FaultKey, Picture, Report

MOST: Final = 512  # in memory; some 20 kB each
SEEN_IN: Final = ("IMG_", "STREAM_")  # faults of which a picture is evidence
BEFORE, AFTER = "before", "after"  # the repair
INTACT = "intact"  # what the camera showed before the fault: its reference


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture, whose it is, and when it was taken."""

    device: str
    picture: Picture
    at: float


class Pictures:
    """Pictures by device and stream; the oldest make room for new ones. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()

    def take(self, report: Report) -> None:
        """Keep the pictures of a report."""
        with self._lock:
            for picture in report.pictures:
                key = report.device, picture.part
                self._kept[key] = Kept(report.device, picture, report.at)
                self._kept.move_to_end(key)
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)

    def of(self, fault: FaultKey) -> Kept | None:
        """Return the newest picture in which a fault can be seen: never one of another channel."""
        if not fault.code.startswith(SEEN_IN):
            return None
        with self._lock:
            if fault.part:
                return self._kept.get((fault.device, fault.part))
            of_device = [kept for (device, _), kept in self._kept.items() if device == fault.device]
        return max(of_device, key=lambda kept: kept.at, default=None)

    def newest(self, fault: FaultKey, since: float) -> Kept | None:
        """Return the newest picture of a device taken since then, of the fault's own stream where it has one.

        After a repair any picture of a camera says something, also where its fault was in no picture.
        """
        with self._lock:
            taken = [kept for (device, _), kept in self._kept.items() if device == fault.device]
        own = [kept for kept in taken if kept.picture.part == fault.part] or taken
        return max((kept for kept in own if kept.at >= since), key=lambda kept: kept.at, default=None)

    def of_device(self, device: str) -> list[Kept]:
        """Return the newest picture of each stream of a device, by stream."""
        with self._lock:
            return [kept for (owner, _), kept in sorted(self._kept.items()) if owner == device]

    def newest_of_all(self) -> dict[str, Kept]:
        """Return the newest picture of every device."""
        newest: dict[str, Kept] = {}
        with self._lock:
            for (device, _), kept in self._kept.items():
                if device not in newest or newest[device].at < kept.at:
                    newest[device] = kept
        return newest
