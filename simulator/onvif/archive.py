"""What a simulated recorder has recorded of each channel, as it would be on its disks now."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from simulator.onvif.box import Box, Channel

DAY: Final = 86400.0
KEPT_DAYS: Final = 40.0
SHORT_DAYS: Final = 12.0
NEW_DAYS: Final = 3.0
GAP_SECONDS: Final = 1800.0
STOPPED_SECONDS: Final = 2 * 3600.0
GAP_HOUR: Final = 10.0  # of a UTC day, when the gap of yesterday begins


@dataclass(frozen=True, slots=True)
class Recorded:
    """One channel: token of its recording, from when to when, without its gaps; by the device's clock."""

    token: str
    channel: Channel
    oldest: float
    newest: float
    gaps: tuple[tuple[float, float], ...]
    is_running: bool

    def states(self, start: float, end: float) -> Iterator[tuple[float, bool]]:
        """Yield the changes between two moments: (when, whether there is data from then on)."""
        changes = [(self.oldest, True)]
        for begins, ends in self.gaps:
            changes += [(begins, False), (ends, True)]
        if not self.is_running:
            changes.append((self.newest, False))
        yield from ((at, value) for at, value in changes if start < at < end)

    def had_data(self, at: float) -> bool:
        """Whether there is data of a moment."""
        inside = self.oldest <= at and (self.is_running or at < self.newest)
        return inside and not any(begins <= at < ends for begins, ends in self.gaps)


def archive(box: Box) -> list[Recorded]:
    """Return what a recorder holds; nothing of a device that does not record."""
    if not box.spec.channels:
        return []
    return [_recorded(box, n, channel) for n, channel in enumerate(box.channels, 1)]


def _recorded(box: Box, number: int, channel: Channel) -> Recorded:
    now = box.now()
    first = number == 1
    stopped = first and box.has("recording_stopped")
    oldest = now - (SHORT_DAYS if box.has("retention_short") else KEPT_DAYS) * DAY
    if box.has("recording_new"):
        oldest = box.started - NEW_DAYS * DAY
    strength = box.has("recording_gap") if first else 0.0
    begins = now - now % DAY - DAY + GAP_HOUR * 3600.0
    return Recorded(
        token=f"rec-{number}",
        channel=channel,
        oldest=float(round(oldest)),
        newest=now - STOPPED_SECONDS if stopped else now,
        gaps=((begins, begins + GAP_SECONDS * strength),) if strength else (),
        is_running=not stopped,
    )
