"""The numbers of the anomaly detectors, and the same detectors for one series in plain floats.

Four views of a sample, each divided by its own high quantile, so that all speak the same unit:

    residual   |z| of a Holt-Winters forecast with a daily season (clipped updates)
    drift      |mean of z over the last quarter of an hour or so|: small, but always to the same side
    jump       |difference to the sample before|
    unrest     mean difference of late over the mean difference ever

The score is their mean, and only a record counts: a sample alerts when it scores more than the last 200 did.
A division by the quantile needs no distribution: 1 is "as in one sample of 200", 3 is three times that.
"""

from array import array
from collections.abc import Iterable, Iterator
from math import isfinite, log2
from typing import Final

DAY: Final = 86400
STEP: Final = 300  # seconds: a sample is expected this often, and the season has a slot for each
SLOTS: Final = DAY // STEP
KINDS: Final = ("residual", "drift", "jump", "unrest")

LEVEL: Final = 0.02  # Holt-Winters, per sample
SEASON: Final = 0.2
FIRST: Final = 0.2  # how far the level follows a slot that was never seen, as a share of LEVEL
CLIP: Final = 4.0  # scales
SCALE: Final = 0.01
DRIFT: Final = 0.15
UNREST: Final = 1.0 / 12

RARE: Final = 0.005  # share of samples above the quantile that a detector is divided by
WARM: Final = 100  # samples before a quantile is believed
PER_OCTAVE: Final = 4  # histogram bins; the quantile is known to 9 %
ZERO: Final = 24  # bin of the value 1
BINS: Final = 64
MOST: Final = 20.0  # of one detector: it may not outvote the others for ever
FADE: Final = 20_000  # samples after which counts are halved: about ten weeks
QUANTILE: Final = tuple(2.0 ** ((b + 0.5 - ZERO) / PER_OCTAVE) for b in range(BINS))

BLOCKS: Final = 8  # the record filter remembers so many blocks of samples
BLOCK: Final = 25
TINY: Final = 1e-9


def scores(samples: Iterable[tuple[float, float]]) -> Iterator[float]:
    """Yield the score of each sample of one series, 0 where it is no record; NaN for one not measured.

    Args:
        samples: (Unix seconds, value) in order of arrival; of the times only the time of day counts.
    """
    season: array[float] = array("f", [float("nan")]) * SLOTS
    tails = tuple(_Tail() for _ in KINDS)
    records = _Records()
    level = before = scale = drift = usual = late = unit = 0.0
    count = 0
    for at, value in samples:
        if not isfinite(value):
            yield float("nan")
            continue
        if not count:
            level = before = value
        count += 1
        jump, before = abs(value - before), value
        slot = int(at % DAY // STEP)
        known = season[slot]
        z = 0.0
        if known != known:  # noqa: PLR0124  NaN: this slot was never seen
            season[slot] = value - level
            level += LEVEL * FIRST * (value - level)
        else:
            error = value - level - known
            size = abs(error)
            scale = scale or size
            z = error / scale if scale else 0.0
            most = CLIP * scale
            clipped = max(-most, min(most, error))
            level += LEVEL * clipped
            season[slot] = known + SEASON * clipped
            scale += SCALE * (min(size, most) - scale)
        drift += DRIFT * (z - drift)
        usual += (jump - usual) / count
        late += UNREST * (jump - late)
        unit = unit or jump
        raw = (abs(z), abs(drift), jump / unit if unit else 0.0, late / usual if usual else 0.0)
        total = 0.0
        for tail, one in zip(tails, raw, strict=True):
            total += tail.rate(one, count)
        yield records.only(total / len(KINDS), count)


class _Tail:
    """The high quantile of a detector: a histogram with bins in octaves, and the number of its bin."""

    __slots__ = ("above", "at", "bins", "total")

    def __init__(self) -> None:
        self.bins = [0] * BINS
        self.at = self.above = self.total = 0

    def rate(self, value: float, count: int) -> float:
        """Return a value over the quantile of those before it, then count it."""
        rated = min(value / QUANTILE[self.at], MOST) if count > WARM and self.at else 0.0
        place = int(log2(value) * PER_OCTAVE + ZERO) if value > TINY else 0
        place = 0 if place < 0 else min(place, BINS - 1)
        self.bins[place] += 1
        self.total += 1
        if place > self.at:
            self.above += 1
        if self.total >= FADE:
            self._fade()
        allowed = RARE * self.total
        if self.above > allowed:
            self.at += 1
            self.above -= self.bins[self.at]
        elif self.at and self.above + self.bins[self.at] <= allowed:
            self.above += self.bins[self.at]
            self.at -= 1
        return rated

    def _fade(self) -> None:
        self.bins = [count // 2 for count in self.bins]
        self.total = sum(self.bins)
        self.above = sum(self.bins[self.at + 1 :])


class _Records:
    """Lets only those through that are above all of the last 175 to 200."""

    __slots__ = ("best", "blocks")

    def __init__(self) -> None:
        self.blocks = [0.0] * BLOCKS
        self.best = 0.0

    def only(self, score: float, count: int) -> float:
        place = count // BLOCK % BLOCKS
        if count % BLOCK == 0:
            self.blocks[place] = 0.0
            self.best = max(self.blocks)
        if score <= self.best:
            return 0.0
        self.blocks[place] = self.best = score
        return score
