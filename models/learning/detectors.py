"""The numbers of the anomaly detectors, and the same detectors for one series in plain floats.

Four views of a sample, each divided by its own high quantile, so that all speak the same unit:

    residual   |z| of a Holt-Winters forecast with a daily season (clipped updates)
    drift      |mean of z over the last half hour or so|: small, but always to the same side
    jump       |difference to the sample before|
    unrest     mean difference of late over the mean difference ever

The score is their mean, and one more for a value that is beyond all that the series ever showed, and another
for the mean of the last half hour likewise (`extremes`). Only a record counts: a sample alerts when it scores
more than the last 16 hours did. A division by the quantile needs no distribution: 1 is "as for one
two-hundredth of the time", 3 is three times that.

Everything goes by the clock: how much a sample teaches is how much time it speaks for, so a series that is
asked half or twice as often is judged alike. What is said to be "a step" is a sample after STEP seconds.
"""

from array import array
from collections.abc import Iterable, Iterator
from math import exp, frexp, isnan, log1p, nan
from typing import Final

from models.learning import extremes

DAY: Final = 86400
STEP: Final = 300  # seconds; the season has a slot for each
SLOTS: Final = DAY // STEP
LONGEST: Final = 3600.0  # seconds that one sample speaks for at most
ABSURD: Final = 1e150  # a value beyond this is no measurement
KINDS: Final = ("residual", "drift", "jump", "unrest")

LEVEL: Final = 0.02  # Holt-Winters, a step
SEASON: Final = 0.1  # a visit to the slot
FIRST: Final = 0.2  # how far the level follows a slot that was never seen, as a share of LEVEL
CLIP: Final = 4.0  # scales
SCALE: Final = 0.005  # a step, as the two below
DRIFT: Final = 0.15  # also the memory of the mean whose ends are kept
UNREST: Final = 1.0 / 12

RARE: Final = 0.005  # share of the time above the quantile that a detector is divided by
WARM: Final = 100 * STEP  # seconds before a quantile is believed
PER_OCTAVE: Final = 4  # histogram bins: the quantile is known to 9 %
ZERO: Final = 24  # bin of the value 1
BINS: Final = 64
NEAR: Final = 2  # bins below the quantile from which on all is counted …
# … what is below them only every so many steps, as many-fold: most is there, and it hardly matters.
COARSE: Final = 8
# The quarter of an octave by the first 7 bits behind the leading one: their ends are where 2^(1/4), 2^(1/2)
# and 2^(3/4) are, to the bit.
QUARTERS: Final = (0,) * 24 + (1,) * 29 + (2,) * 34 + (3,) * 41
MOST: Final = 20.0  # of one detector: it may not outvote the others for ever
FADE: Final = 20_000  # steps after which counts are halved: about ten weeks

BLOCKS: Final = 8  # the record filter, and the quantiles' way down, go by blocks of time
BLOCK_STEPS: Final = 25
BLOCK: Final = BLOCK_STEPS * STEP
EIGHT: Final = COARSE * STEP
FADING: Final = extremes.fading(BLOCK)  # of the ends, a block


QUANTILE: Final = tuple(2.0 ** ((b + 0.5 - ZERO) / PER_OCTAVE) for b in range(BINS))


def _begins(place: int) -> float:
    """Return the smallest value of a bin above the first."""
    octave, quarter = divmod(place - ZERO, PER_OCTAVE)
    return 2.0**octave * (1 + QUARTERS.index(quarter) / 128)


# For each bin that a quantile is in: the value from which on every one is counted.
EDGES: Final = tuple(_begins(b - NEAR + 1) if b >= NEAR else 0.0 for b in range(BINS))


def rate(of_a_step: float) -> float:
    """Return the rate per second of a memory that takes up this share in one step."""
    return -log1p(-of_a_step) / STEP


_RATES: Final = tuple(rate(one) for one in (LEVEL, SCALE, DRIFT, UNREST))
_SEASON: Final = rate(SEASON)


def scores(samples: Iterable[tuple[float, float]]) -> Iterator[float]:
    """Yield the score of each sample of one series, 0 where it is no record; NaN for one not measured.

    Args:
        samples: (Unix seconds, value) in order of arrival.
    """
    season: array[float] = array("f", [float("nan")]) * SLOTS
    tails = tuple(_Tail() for _ in KINDS)
    records, novelty = _Records(), _Novelty()
    level = before = scale = drift = usual = late = unit = seen = last = 0.0
    step = eight = block = 0
    new_level = new_scale = new_drift = new_unrest = new_season = speaks_for = 0.0
    for at, value in samples:
        if not abs(value) < ABSURD:  # NaN too
            yield float("nan")
            continue
        if not seen:
            level, before, last = value, value, at - STEP
        passed, last = at - last, at
        if not 0.0 <= passed <= LONGEST:
            passed = min(max(passed, 0.0), LONGEST)
        if passed != speaks_for:  # most are as far apart as those before
            speaks_for = passed
            new_level, new_scale, new_drift, new_unrest = [1.0 - exp(-one * passed) for one in _RATES]
            new_season = 1.0 - exp(-_SEASON * min(passed, STEP))
        seen += passed
        jump, before = abs(value - before), value
        slot = int(at % DAY // STEP)
        known = season[slot]
        z = 0.0
        if known != known:  # noqa: PLR0124  NaN: this slot was never seen
            season[slot] = value - level
            level += new_level * FIRST * (value - level)
        else:
            error = value - level - known
            size = abs(error)
            scale = scale or size
            z = error / scale if scale else 0.0
            clipped = scale * (z if -CLIP <= z <= CLIP else CLIP if z > 0 else -CLIP)
            level += new_level * clipped
            season[slot] = known + new_season * clipped
            scale += new_scale * (abs(clipped) - scale)
        drift += new_drift * (z - drift)
        usual += (jump - usual) * passed / seen
        late += new_unrest * (jump - late)
        unit = unit or jump
        raw = (abs(z), abs(drift), jump / unit if unit else 0.0, late / usual if usual else 0.0)
        before_step, before_eight, before_block = step, eight, block
        step, eight, block = int(seen / STEP), int(seen / EIGHT), int(seen / BLOCK)
        steps, coarse, turns = step - before_step, COARSE * (eight - before_eight), block > before_block
        is_warm = seen > WARM
        total = len(KINDS) * novelty.take(value, seen, new_drift, turns)
        for tail, one in zip(tails, raw, strict=True):
            if is_warm and tail.at:
                total += min(one / QUANTILE[tail.at], MOST)
            tail.count(one, steps, coarse, turns)
        yield records.only(total / len(KINDS), block, turns)


class _Tail:
    """The high quantile of a detector: a histogram of time, and the number of its bin."""

    __slots__ = ("above", "at", "bins", "total")

    def __init__(self) -> None:
        self.bins = [0] * BINS
        self.at = self.above = self.total = 0

    def count(self, value: float, steps: int, coarse: int, turns: bool) -> None:  # noqa: FBT001  called for each sample
        """Count a value for some steps, and let the quantile follow."""
        self.total += steps
        if value < EDGES[self.at]:
            if coarse:
                self.bins[bin_of(value)] += coarse
            elif not turns and self.total < FADE:
                return  # as most values do: nothing that the quantile goes by has changed
        else:
            place = bin_of(value)
            self.bins[place] += steps
            if place > self.at:
                self.above += steps
        if self.total >= FADE:
            self.bins = [count // 2 for count in self.bins]
            self.total //= 2
            self.above = sum(self.bins[self.at + 1 :])
        allowed = RARE * self.total
        while self.above > allowed:
            self.at += 1
            self.above -= self.bins[self.at]
        while turns and self.at and self.above + self.bins[self.at] <= allowed:
            self.above += self.bins[self.at]
            self.at -= 1


def bin_of(value: float) -> int:
    """Return the histogram bin of a value, 0 or more."""
    share, octave = frexp(value)  # the share is 0, or from a half to below 1
    place = (octave - 1) * PER_OCTAVE + QUARTERS[int(share * 256.0) - 128] + ZERO if share else 0
    return 0 if place < 0 else min(place, BINS - 1)


class _Novelty:
    """How far a value, and the mean of late, are beyond all before them: 0 to 2."""

    __slots__ = ("ends", "mean", "mean_ends")

    def __init__(self) -> None:
        self.mean = nan
        self.ends, self.mean_ends = extremes.Range(), extremes.Range()

    def take(self, value: float, seen: float, share: float, turns: bool) -> float:  # noqa: FBT001  called for each sample
        self.mean = value if isnan(self.mean) else self.mean + share * (value - self.mean)
        new = self.ends.take(value) + self.mean_ends.take(self.mean)
        if turns:
            self.ends.fade(FADING)
            self.mean_ends.fade(FADING)
        return new if seen > extremes.KNOWN else 0.0


class _Records:
    """Lets only those through that are above all of the last seven to eight blocks."""

    __slots__ = ("best", "blocks")

    def __init__(self) -> None:
        self.blocks = [0.0] * BLOCKS
        self.best = 0.0

    def only(self, score: float, block: int, turns: bool) -> float:  # noqa: FBT001  called for each sample
        if turns:
            self.blocks[block % BLOCKS] = 0.0
            self.best = max(self.blocks)
        if score <= self.best:
            return 0.0
        self.blocks[block % BLOCKS] = self.best = score
        return score
