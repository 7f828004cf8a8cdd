"""What the arrival of frames tells, without decoding one. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from models import metrics
from models.metrics import Metric

BURST_SECONDS: Final = 0.5  # servers begin with what they have in store; it tells nothing of the rate
SHORTEST_SECONDS: Final = 0.5  # a rate over less is noise


class Arrival(NamedTuple):
    """One frame, still encoded, as it came.

    Attributes:
        at: monotonic seconds when it was complete.
        stamp: its own presentation time in seconds; None when the stream gave none.
        size: bytes.
        key: whether it can be decoded alone.
        torn: RTP packets were missing while it came, so part of it, or of its neighbour, is not there.
    """

    at: float
    stamp: float | None
    size: int
    key: bool
    torn: bool = False


@dataclass(slots=True)
class Sound:
    """What came of a stream's audio track.

    Attributes:
        told: the description names an audio track.
        played: it was set up.
        packets: how many packets of it came with something in them.
    """

    told: bool = False
    played: bool = False
    packets: int = 0

    @property
    def comes(self) -> float | None:
        """Return 1 when sound comes, 0 when none does, None when it was not listened for."""
        if self.told and not self.played:
            return None
        return float(self.packets > 0)


def packet_facts(
    arrivals: Sequence[Arrival], timely: Sequence[Arrival], began: float | None = None
) -> Iterator[tuple[Metric, float]]:
    """Yield frame rates, bitrate, key frame distance and largest gap; what cannot be told is left out.

    Two clocks are needed: a server at half speed keeps the right timestamps, and one that drops frames
    keeps the right pace.

    Args:
        arrivals: all frames of the window.
        timely: those of them that were handed out when they came.
        began: when the first packet came; left out, with the first frame.
    """
    stamps = sorted({arrival.stamp for arrival in arrivals if arrival.stamp is not None})
    if len(stamps) > 1 and (span := stamps[-1] - stamps[0]) >= SHORTEST_SECONDS:
        yield metrics.STREAM_FPS, (len(stamps) - 1) / span
        yield metrics.STREAM_GAP, max(later - one for one, later in pairwise(stamps))
        yield metrics.STREAM_BITRATE, _bitrate(arrivals, stamps)
    if (rate := arrival_rate([arrival.at for arrival in timely], began)) is not None:
        yield metrics.STREAM_ARRIVAL_FPS, rate
    keys = [place for place, arrival in enumerate(arrivals) if arrival.key]
    if keys:
        yield metrics.STREAM_KEY_BYTES, float(median(arrivals[place].size for place in keys))
    if len(keys) > 1:
        yield metrics.STREAM_GOP, float(median(later - one for one, later in pairwise(keys)))


def arrival_rate(times: Sequence[float], began: float | None = None) -> float | None:
    """Return frames per second by arrival, the first burst left out; None when too little came after it.

    Frames are read some at a time, and those read together have one time: what came after the first such time
    is counted, up to the last.
    """
    steady = [at for at in times if at - (times[0] if began is None else began) >= BURST_SECONDS]
    if not steady or (span := steady[-1] - steady[0]) < SHORTEST_SECONDS:
        return None
    return sum(at > steady[0] for at in steady) / span


def fill_first_stamp(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return the frames with a stamp for the first one, a usual step before the second.

    Opened fast, FFmpeg hands out the first frame, which is most often the first key frame, without its stamp.
    """
    if len(arrivals) < 3 or arrivals[0].stamp is not None:
        return list(arrivals)
    stamps = [arrival.stamp for arrival in arrivals[1:] if arrival.stamp is not None]
    if len(stamps) < 2:
        return list(arrivals)
    return [
        arrivals[0]._replace(stamp=stamps[0] - median(later - one for one, later in pairwise(stamps))),
        *arrivals[1:],
    ]


def _bitrate(arrivals: Sequence[Arrival], stamps: Sequence[float]) -> float:
    """Return bits per second over whole groups of pictures, else over all frames (`stamps`, ascending).

    A stream begins with a key frame, so a window that cuts a group short would count one too many.
    """
    keys = [arrival.stamp for arrival in arrivals if arrival.key and arrival.stamp is not None]
    begin, end = stamps[0], stamps[-1]
    if keys and max(keys) - min(keys) >= SHORTEST_SECONDS:
        begin, end = min(keys), max(keys)
    sizes = [one.size for one in arrivals if one.stamp is not None and begin <= one.stamp < end]
    return 8.0 * sum(sizes) / (end - begin)
