"""What the pictures of one look show. The only door from `look` to the picture measures.

`see` is asked at each look with the whole key frames, oldest first; `see_gop` at the closest look with each
frame of a group of pictures. A damaged frame is left out of both: it shows the network, not the camera.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from collectors.stream.job import Zone
from collectors.stream.pictures import Luma, change, measure
from models import metrics
from models.metrics import Metric

SHORTEST_SECONDS: Final = 0.5  # two pictures closer than this say little of a change


class Shot(NamedTuple):
    """One decoded picture.

    Attributes:
        luma: (360, W) uint8, 0 black to 255 white.
        blue, red: colour difference planes, half as wide and high, uint8, 128 is grey; None without colour.
        at: seconds since the first frame of the look; None when the stream gave no time.
        full: (H, W) uint8, the luma plane in its own size and range, not copied: what shrinking hides. None
            where all frames of a group of pictures are looked at: they would not fit into memory.
    """

    luma: Luma
    blue: Luma | None
    red: Luma | None
    at: float | None
    full: Luma | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen.

    Attributes:
        values: metric name -> number; what could not be measured is absent.
        learnt: what is to be known at the next look, opaque to all but this module.
        box: where the picture differs from its reference; None where nothing is known to.
        before: the reference picture as luma, for the evidence; None without one.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    learnt: bytes = field(default=b"", repr=False)
    box: Zone | None = None
    before: Luma | None = field(default=None, repr=False)


def see(shots: Sequence[Shot], reference: bytes) -> Sight:  # noqa: ARG001 nothing is kept of a picture yet
    """Return what the newest of some key frames shows, and how it differs from those before it."""
    if not shots:
        return Sight()
    return Sight({metric.name: value for metric, value in _values(shots)})


def see_gop(shots: Sequence[Shot], reference: bytes) -> Sight:  # noqa: ARG001 nothing is measured of a GOP yet
    """Return what only all frames of a group of pictures show."""
    return Sight()


def _values(shots: Sequence[Shot]) -> Iterator[tuple[Metric, float]]:
    last = shots[-1]
    yield from measure(last.luma)
    pairs = sorted(_pairs(shots), key=lambda pair: (pair[1] < SHORTEST_SECONDS, pair[0]))
    if pairs:
        yield metrics.PICTURE_CHANGE, pairs[0][0]
        yield metrics.PICTURE_SPAN, pairs[0][1]


def _pairs(shots: Sequence[Shot]) -> Iterator[tuple[float, float]]:
    """Yield the change from each earlier key frame to the last, and the seconds between.

    The least of them counts, over half a second at least. A source that stands still is the same in all, but
    an encoder that begins with the session needs a key frame to find its quantiser: that looks like a change.
    """
    last = shots[-1]
    for shot in shots[:-1]:
        changed = change(shot.luma, last.luma)
        if changed is not None and shot.at is not None and last.at is not None:
            yield changed, last.at - shot.at
