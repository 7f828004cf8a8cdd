"""Anomaly scores for all series of a site at once: `models.learning.detectors`, one array call per step.

A score is evidence, for graphs and beside a fault that a rule found. It never opens a ticket: at the best
published operating point a site of 100 devices would have thousands of false ones a month.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from models.learning import detectors as d
from models.learning import extremes
from models.learning.tails import Passed, Single, Tails, Where

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]
Share = Floats | float

THRESHOLD: Final = 1.3  # of the score; chosen on 44 public series
STILL_RATIO: Final = 3.0  # longer without any change than thrice the longest rest before: a flat line
STILL_SECONDS: Final = 3600.0  # … and at least so long
QUIET_RATIO: Final = 0.05  # less movement than this share of what is usual at this hour: activity is missing
QUIET_MEMORY: Final = 0.02  # a step: an hour's usual movement fades over four hours of it
QUIET_SECONDS: Final = 2 * d.DAY  # observed, before anything is usual

CHUNK: Final = 32_768  # series at a time, so that a large site needs no more memory
TINY: Final = 1e-300  # nothing that is divided by is less
_NUMBERS: Final = {
    "level": np.float64, "before": np.float64, "scale": np.float64, "drift": np.float64, "usual": np.float64,
    "late": np.float64, "unit": np.float64, "seen": np.float64, "last": np.float64,
    "still_since": np.float64, "longest_still": np.float64, "best": np.float32,
    "low": np.float64, "high": np.float64, "mean": np.float64,
    "mean_low": np.float64, "mean_high": np.float64,
}  # fmt: skip
_TABLES: Final = ("_season", "_hours", "_blocks")
_RATES: Final = tuple(d.rate(one) for one in (d.LEVEL, d.SCALE, d.DRIFT, d.UNREST, QUIET_MEMORY))
_SEASON: Final = d.rate(d.SEASON)
_Own = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch of samples beside their past; arrays in the order of the batch.

    Attributes:
        score: 0 where it is no record of late, NaN where nothing was measured; alert from THRESHOLD on.
        kinds: [4, batch] each detector's share, in the order of `detectors.KINDS`.
        novel: how far beyond all that was seen before, 0 to 1 for the value and 0 to 1 for the mean of late.
        still: seconds without any change over what this series' longest rest allows; a flat line from 1 on.
        quiet: movement of late over what is usual at this hour; NaN while not known, missing from 0.05 down.
    """

    score: Floats
    kinds: Single
    novel: Single
    still: Floats
    quiet: Floats


class Detectors:
    """The detectors of every series of a site, by number 0..size-1. Holds no clock.

    About 1.6 kB a series: 20,000 of them in 33 MB.
    """

    def __init__(self, size: int = 0) -> None:
        self._own: _Own = {name: np.zeros(size, dtype=kind) for name, kind in _NUMBERS.items()}
        self._season = np.full((d.SLOTS, size), np.nan, dtype=np.float32)
        self._hours = np.zeros((24, size), dtype=np.float32)  # usual movement by hour of the day
        self._blocks = np.zeros((d.BLOCKS, size), dtype=np.float32)
        self._tails = Tails(size)

    def __len__(self) -> int:
        return self._season.shape[1]

    def grow(self, more: int) -> None:
        """Add series at the end."""
        new = Detectors(more)
        for name, array in self._own.items():
            self._own[name] = np.append(array, new._own[name])
        for name in _TABLES:
            setattr(self, name, np.concatenate([getattr(self, name), getattr(new, name)], axis=1))
        self._tails.grow(more)

    def forget(self, series: Numbers) -> None:
        """Begin some series anew."""
        new = Detectors(1)
        for name, array in self._own.items():
            array[series] = new._own[name]
        for name in _TABLES:
            getattr(self, name)[:, series] = getattr(new, name)
        self._tails.forget(series)

    def take(
        self, series: Numbers, at: Floats, value: Floats, *, ahead: float = 0.0, frozen: Flags | None = None
    ) -> Scored:
        """Score one sample of each of some series, then learn from it.

        Args:
            series: numbers of the series, each at most once.
            at: Unix seconds of the samples.
            value: NaN is "not measured".
            ahead: seconds that the site's clock is ahead of UTC.
            frozen: series of which a fault is open: scored, not learnt.
        """
        size = len(series)
        measured = np.abs(value) < d.ABSURD  # NaN is not
        kinds = np.empty((len(d.KINDS), size), dtype=np.float32)
        out = Scored(np.empty(size), kinds, np.empty(size, dtype=np.float32), np.empty(size), np.empty(size))
        if not measured.all():
            for array in (out.score, out.kinds, out.novel, out.still, out.quiet):
                array[...] = np.nan
        learns = measured if frozen is None else measured & ~frozen
        for group, keeps in ((learns, True), (measured & ~learns, False)):
            for rows in _chunks(group):
                batch = _Batch(series[rows], at[rows], ahead, value[rows], rows)
                self._step(batch, out, keeps=keeps)
        return out

    def _step(self, batch: "_Batch", out: Scored, *, keeps: bool) -> None:
        own = {name: array[batch.where] for name, array in self._own.items()}
        if not keeps:
            own = {name: array.copy() for name, array in own.items()}
        was = own["seen"].copy()
        _begin(own, batch)
        time = _Time.since(own, batch)
        jump = np.abs(batch.value - own["before"])
        own["before"][:] = batch.value
        season = self._season[batch.slot, batch.column].astype(float)
        z, new_season = _forecast(own, season, batch.value, time)
        own["drift"] += time.drift * (z - own["drift"])
        own["mean"] += time.drift * (batch.value - own["mean"])
        own["usual"] += (jump - own["usual"]) * (time.passed / own["seen"])
        own["late"] += time.unrest * (jump - own["late"])
        raw = _raw(own, z, jump)
        rated = self._tails.rate(raw, batch.where, own["seen"] <= d.WARM)
        passed = Passed.between(was, own["seen"])
        novel = _novel(own, batch.value, passed)
        score = rated.sum(axis=0) * np.float32(1 / len(d.KINDS)) + novel
        rows = batch.rows
        out.kinds[:, rows], out.novel[rows], out.still[rows] = rated, novel, _still(own, jump, batch.at)
        usual = self._hours[batch.hour, batch.column].astype(float)
        out.quiet[rows] = _quiet(own, usual)
        records = self._records(batch, own["best"], score, passed, keeps=keeps)
        _put(out.score, rows, records, score)
        if not keeps:
            return
        if not isinstance(batch.where, slice):
            for name, array in self._own.items():
                array[batch.where] = own[name]
        self._season[batch.slot, batch.column] = new_season
        self._hours[batch.hour, batch.column] = _follow(usual, own["late"], time.quiet)
        self._tails.count(raw, batch.where, batch.series, passed)

    def _records(
        self, batch: "_Batch", best: Single, score: Single, passed: Passed, *, keeps: bool
    ) -> Numbers:
        """Return the places of the scores that are above all of late."""
        turned = passed.turned
        if len(turned):
            numbers = batch.series[turned]
            blocks = self._blocks[:, numbers]
            blocks[passed.block[turned] % d.BLOCKS, np.arange(len(turned))] = 0.0
            best[turned] = blocks.max(axis=0)
            if keeps:
                self._blocks[:, numbers] = blocks
        found = np.flatnonzero(score > best)
        if keeps and len(found):
            best[found] = score[found]
            self._blocks[passed.block[found] % d.BLOCKS, batch.series[found]] = score[found]
        return found

    # ------------------------------------------------------------ to disk and back

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return the state as arrays; `load` of them gives the same object, to the last bit."""
        return {
            **self._own,
            **{name.strip("_"): getattr(self, name) for name in _TABLES},
            **self._tails.dump(),
        }

    def load(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, ValueError: the state is of another make.
        """
        new = Detectors(len(state["seen"]))
        for name, array in new.dump().items():
            given = state[name]
            if array.shape != given.shape or array.dtype != given.dtype:
                raise ValueError(f"{name} is {given.dtype}{given.shape}, not {array.dtype}{array.shape}")
            array[...] = given
        new._tails.refresh()
        self.__dict__.update(new.__dict__)


class _Batch:
    """Samples of some series that are dealt with alike; `rows`: where they stand in what was asked.

    Neighbours in order, which is the usual case, are read and written in place (`where` is a slice). So is
    the season of samples that fall into one slot.
    """

    def __init__(self, series: Numbers, at: Floats, ahead: float, value: Floats, rows: Where) -> None:
        self.series, self.at, self.value, self.rows = series, at, value, rows
        self.where = _run(series)
        # All at once, which is the usual case, has one slot; so do many who are asked within five minutes.
        slot = _slot(at[:1] if (at == at[0]).all() else at, ahead)
        is_one = isinstance(self.where, slice) and bool((slot == slot[0]).all())
        self.slot: Any = int(slot[0]) if is_one else np.broadcast_to(slot, at.shape)
        self.hour: Any = self.slot * d.STEP // 3600
        self.column: Any = self.where if is_one else series


def _slot(at: Floats, ahead: float) -> Numbers:
    local = at + ahead
    clock = local - np.floor(local / d.DAY) * d.DAY  # many times quicker than a modulo
    return np.asarray(np.minimum((clock / d.STEP).astype(np.intp), d.SLOTS - 1))


@dataclass(frozen=True, slots=True)
class _Time:
    """What a sample's time is worth: how far each memory goes to it, one number where all passed as much."""

    passed: Share
    level: Share
    scale: Share
    drift: Share
    unrest: Share
    quiet: Share
    season: Share

    @classmethod
    def since(cls, own: _Own, batch: _Batch) -> "_Time":
        """Return it, and note that the time has passed."""
        passed: Any = batch.at - own["last"]
        own["last"][:] = batch.at
        if passed.min() == passed.max():
            passed = passed[0]
        passed = np.minimum(np.maximum(passed, 0.0), d.LONGEST)
        own["seen"] += passed
        level, scale, drift, unrest, quiet = (-np.expm1(-one * passed) for one in _RATES)
        season = -np.expm1(-_SEASON * np.minimum(passed, d.STEP))
        return cls(passed, level, scale, drift, unrest, quiet, season)


def _chunks(group: Flags) -> list[Where]:
    """Return the rows of a group, some thousand at a time."""
    size = len(group)
    if group.all():
        return [slice(start, min(start + CHUNK, size)) for start in range(0, size, CHUNK)]
    chosen = np.flatnonzero(group)
    return [chosen[start : start + CHUNK] for start in range(0, len(chosen), CHUNK)]


def _run(series: Numbers) -> Where:
    is_run = series[-1] - series[0] == len(series) - 1 and bool((series[1:] - series[:-1] == 1).all())
    return slice(int(series[0]), int(series[-1]) + 1) if is_run else series


def _begin(own: _Own, batch: _Batch) -> None:
    """A first sample is its own past."""
    new = np.flatnonzero(own["seen"] == 0)
    if len(new):
        for name in ("level", "before", "low", "high", "mean", "mean_low", "mean_high"):
            own[name][new] = batch.value[new]
        own["still_since"][new] = batch.at[new]
        own["last"][new] = batch.at[new] - d.STEP


def _forecast(own: _Own, season: Floats, value: Floats, time: _Time) -> tuple[Floats, NDArray[Any]]:
    """Return how far each value is from its Holt-Winters forecast, in scales, and the slots' new season."""
    level, scale = own["level"], own["scale"]
    gap = value - level
    error = gap - season
    fresh = np.isnan(season)
    some = bool(fresh.any())
    if some:
        error[fresh] = 0.0
    unscaled = np.flatnonzero(scale == 0)
    scale[unscaled] = np.abs(error[unscaled])
    z: Floats = error / (np.maximum(scale, TINY) if len(unscaled) else scale)
    clipped = np.clip(z, -d.CLIP, d.CLIP)
    clipped *= scale
    if not some:
        level += time.level * clipped
        new_season = season + time.season * clipped
        scale += time.scale * (np.abs(clipped) - scale)
        return z, new_season
    level += time.level * np.where(fresh, d.FIRST * gap, clipped)
    scale += time.scale * np.where(fresh, 0.0, np.abs(clipped) - scale)
    return z, np.where(fresh, gap, season + time.season * clipped)


def _raw(own: _Own, z: Floats, jump: Floats) -> Single:
    """Return [kind, series]: each detector's view, before it is divided by its quantile."""
    unit = own["unit"]
    unmoved = np.flatnonzero(unit == 0)
    unit[unmoved] = jump[unmoved]
    raw = np.empty((len(d.KINDS), len(z)), dtype=np.float32)
    with np.errstate(over="ignore"):  # an absurd ratio is infinite
        raw[0] = np.abs(z)
        raw[1] = np.abs(own["drift"])
        raw[2] = jump / np.maximum(unit, TINY)
        raw[3] = own["late"] / np.maximum(own["usual"], TINY)
    return raw


def _novel(own: _Own, value: Floats, passed: Passed) -> Single:
    """Return how far each value, and the mean of late, is beyond all before; widen the ranges."""
    novel = np.zeros(len(value), dtype=np.float32)
    known = own["seen"] > extremes.KNOWN
    for low, high, now in (("low", "high", value), ("mean_low", "mean_high", own["mean"])):
        found, new = extremes.take(own[low], own[high], now)
        novel[found] += new * known[found]
        extremes.fade(own[low], own[high], passed.turned, d.FADING)
    return novel


# Masks that are on and off at random cost a processor more than arithmetic does: few `where` below.


def _quiet(own: _Own, usual: Floats) -> Floats | float:
    unknown = (usual <= 0) | (own["seen"] <= QUIET_SECONDS)
    if unknown.all():
        return float("nan")
    with np.errstate(divide="ignore", invalid="ignore"):
        share: Floats = own["late"] / usual
    share[np.flatnonzero(unknown)] = np.nan
    return share


def _follow(usual: Floats, late: Floats, quiet: Share) -> Floats:
    """Return an hour's usual movement; what was never seen at that hour is as of late."""
    new: Floats = usual + quiet * (late - usual)
    first = np.flatnonzero(usual <= 0)
    new[first] = late[first]
    return new


def _put(scores: Floats, rows: Where, records: Numbers, score: Single) -> None:
    """Write the scores of some rows: 0 but for records."""
    scores[rows] = 0.0
    if isinstance(rows, slice):
        scores[rows][records] = score[records]
    else:
        scores[rows[records]] = score[records]


def _still(own: _Own, jump: Floats, at: Floats) -> Floats:
    """Return how long nothing changed, over what is too long for this series; from 1 on a flat line."""
    longest, since = own["longest_still"], own["still_since"]
    rest = at - since
    moved: Floats = (jump > 0).astype(float)
    moved *= rest  # the rests that ended now
    since += moved  # … which begin anew at `at`, to the bit
    rest -= moved  # those that go on
    limit = STILL_RATIO * longest
    np.maximum(limit, STILL_SECONDS, out=limit)
    # A flat line that ends was no rest: it may not teach that such rests are usual.
    longer = np.flatnonzero((moved > longest) & (moved <= limit))
    longest[longer] = moved[longer]
    np.maximum(rest, 0.0, out=rest)
    rest /= limit
    rest[np.flatnonzero(own["usual"] <= 0)] = 0.0  # what never moved is a constant, not a flat line
    return rest
