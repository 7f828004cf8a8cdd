"""Anomaly scores for all series of a site at once: `models.learning.detectors`, one array call per step.

A score is evidence, for graphs and beside a fault that a rule found. It never opens a ticket: at the best
published operating point a site of 100 devices would have thousands of false ones a month.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.learning import detectors as d

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]

THRESHOLD: Final = 1.02  # of the score; chosen on 30 public series, about one alert in 900 samples
STILL_RATIO: Final = 3.0  # longer without any change than thrice the longest rest before: a flat line
STILL_SECONDS: Final = 3600.0  # … and at least so long
QUIET_RATIO: Final = 0.05  # less movement than this share of what is usual at this hour: activity is missing
QUIET_MEMORY: Final = 0.02  # per sample: an hour's usual movement fades over 50 samples of it

CHUNK: Final = 8192  # series at a time: what is worked on stays in the processor's cache
_OVER_QUANTILE: Final = (1.0 / np.array(d.QUANTILE)).astype(np.float32)
_NUMBERS: Final = {
    "level": np.float64, "before": np.float64, "scale": np.float64, "drift": np.float64, "usual": np.float64,
    "late": np.float64, "unit": np.float64, "count": np.int64, "still_since": np.float64,
    "longest_still": np.float64, "best": np.float64,
}  # fmt: skip
_TABLES: Final = ("_season", "_hours", "_blocks")
_Where: TypeAlias = "slice | Numbers"


@dataclass(frozen=True, slots=True)
class Scored:
    """A batch of samples beside their past; arrays in the order of the batch.

    Attributes:
        score: 0 where it is no record of late, NaN where nothing was measured; alert from THRESHOLD on.
        kinds: [4, batch] each detector's share, in the order of `detectors.KINDS`.
        still: seconds without any change over what this series' longest rest allows; a flat line from 1 on.
        quiet: movement of late over what is usual at this hour; NaN while not known, missing from 0.05 down.
    """

    score: Floats
    kinds: Floats
    still: Floats
    quiet: Floats


class Detectors:
    """The detectors of every series of a site, by number 0..size-1. Holds no clock.

    About 1.6 kB a series: 20,000 of them in 33 MB.
    """

    def __init__(self, size: int = 0) -> None:
        self._own = {name: np.zeros(size, dtype=kind) for name, kind in _NUMBERS.items()}
        self._season = np.full((d.SLOTS, size), np.nan, dtype=np.float32)
        self._hours = np.zeros((24, size), dtype=np.float32)  # usual movement by hour of the day
        self._blocks = np.zeros((d.BLOCKS, size))
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
        out = Scored(*(np.full(shape, np.nan) for shape in ((size,), (len(d.KINDS), size), (size,), (size,))))
        measured = np.isfinite(value)
        learns = measured if frozen is None else measured & ~frozen
        for group, keeps in ((learns, True), (measured & ~learns, False)):
            chosen = np.flatnonzero(group)
            for start in range(0, len(chosen), CHUNK):
                rows = chosen[start : start + CHUNK]
                self._step(_Batch(series[rows], at[rows], ahead, value[rows], rows), out, keeps=keeps)
        return out

    def _step(self, batch: "_Batch", out: Scored, *, keeps: bool) -> None:
        where, value, rows = batch.where, batch.value, batch.rows
        own: dict[str, NDArray[Any]] = {name: array[where].copy() for name, array in self._own.items()}
        is_new = own["count"] == 0
        if is_new.any():
            for name, start in (("level", value), ("before", value), ("still_since", batch.at)):
                own[name] = np.where(is_new, start, own[name])
        own["count"] += 1
        jump = np.abs(value - own["before"])
        own["before"] = value
        z, season = _forecast(own, self._season[batch.slot, batch.series], value)
        own["drift"] += d.DRIFT * (z - own["drift"])
        own["usual"] += (jump - own["usual"]) / own["count"]
        own["late"] += d.UNREST * (jump - own["late"])
        own["unit"] = np.where(own["unit"] > 0, own["unit"], jump)
        raw = np.empty((len(d.KINDS), len(value)), dtype=np.float32)
        np.abs(z, out=raw[0], casting="unsafe")
        np.abs(own["drift"], out=raw[1], casting="unsafe")
        raw[2], raw[3] = _over(jump, own["unit"]), _over(own["late"], own["usual"])
        rated = self._tails.rate(raw, where, own["count"])
        score = rated.mean(axis=0, dtype=np.float64)
        out.kinds[:, rows], out.still[rows] = rated, _still(own, jump, batch.at)
        usual = self._hours[batch.hour, batch.series].astype(float)
        known = (usual > 0) & (own["count"] > 2 * d.SLOTS)
        out.quiet[rows] = np.where(known, own["late"] / np.where(known, usual, 1.0), np.nan)
        is_record = self._records(batch, own, score, keeps=keeps)
        out.score[rows] = np.where(is_record, score, 0.0)
        if keeps:
            for name, array in self._own.items():
                array[where] = own[name]
            self._season[batch.slot, batch.series] = season
            learnt = np.where(usual > 0, usual + QUIET_MEMORY * (own["late"] - usual), own["late"])
            self._hours[batch.hour, batch.series] = learnt
            self._tails.count(raw, where, batch.series)

    def _records(self, batch: "_Batch", own: dict[str, NDArray[Any]], score: Floats, *, keeps: bool) -> Flags:
        """Return which scores are above all of late."""
        block = own["count"] // d.BLOCK % d.BLOCKS
        turns = np.flatnonzero(own["count"] % d.BLOCK == 0)
        if len(turns):
            blocks = self._blocks[:, batch.series[turns]]
            blocks[block[turns], np.arange(len(turns))] = 0.0
            own["best"][turns] = blocks.max(axis=0)
            if keeps:
                self._blocks[:, batch.series[turns]] = blocks
        is_record = np.asarray(score > own["best"])
        found = np.flatnonzero(is_record)
        if keeps:
            own["best"][found] = score[found]
            self._blocks[block[found], batch.series[found]] = score[found]
        return is_record

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
        new = Detectors(len(state["count"]))
        for name, array in new.dump().items():
            given = state[name]
            if array.shape != given.shape or array.dtype != given.dtype:
                raise ValueError(f"{name} is {given.dtype}{given.shape}, not {array.dtype}{array.shape}")
            array[...] = given
        new._tails.refresh()
        self.__dict__.update(new.__dict__)


class _Batch:
    """Samples of some series that are dealt with alike; `rows`: where they stand in what was asked."""

    def __init__(self, series: Numbers, at: Floats, ahead: float, value: Floats, rows: Numbers) -> None:
        self.series = series
        # Neighbours in order, which is the usual case, are read and written in place.
        is_run = series[-1] - series[0] == len(series) - 1 and bool((np.diff(series) == 1).all())
        self.where: _Where = slice(int(series[0]), int(series[-1]) + 1) if is_run else series
        self.at = at
        self.value = value
        self.rows = rows
        local = at + ahead
        clock = local - np.floor(local / d.DAY) * d.DAY  # many times quicker than a modulo
        self.slot = np.minimum((clock / d.STEP).astype(np.intp), d.SLOTS - 1)
        self.hour = np.minimum((clock / 3600.0).astype(np.intp), 23)


class Tails:
    """The high quantile of each detector of each series: a histogram, and the number of its bin.

    Beside what is kept on disk it holds what is looked at in each step: one over the quantile, and how many
    are in its bin.
    """

    def __init__(self, size: int) -> None:
        kinds = len(d.KINDS)
        self._bins = np.zeros((kinds, size, d.BINS), dtype=np.uint16)
        self._at = np.zeros((kinds, size), dtype=np.int16)
        self._above = np.zeros((kinds, size), dtype=np.int32)
        self._total = np.zeros(size, dtype=np.int32)
        self.refresh()

    def refresh(self) -> None:
        """Work out anew what is looked at in each step."""
        self._over = np.where(self._at > 0, _OVER_QUANTILE[self._at], np.float32(0.0))
        self._here = np.take_along_axis(self._bins, self._at[:, :, None].astype(np.intp), axis=2)[
            :, :, 0
        ].astype(np.int32)

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return what is kept on disk, as arrays that are its own."""
        return {"bins": self._bins, "bin_at": self._at, "bins_above": self._above, "bins_total": self._total}

    def grow(self, more: int) -> None:
        """Add series at the end."""
        new = Tails(more)
        for name in ("_bins", "_at", "_above"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(new, name)], axis=1))
        self._total = np.append(self._total, new._total)
        self.refresh()

    def forget(self, series: Numbers) -> None:
        """Begin some series anew."""
        for table in (self._bins, self._at, self._above):
            table[:, series] = 0
        self._total[series] = 0
        self.refresh()

    def rate(self, raw: NDArray[np.float32], where: _Where, count: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return each value over the quantile of those before it; 0 while that is not known."""
        rated = raw * self._over[:, where]
        np.minimum(rated, np.float32(d.MOST), out=rated)
        if (young := count <= d.WARM).any():
            rated[:, young] = 0.0
        return rated

    def count(self, raw: NDArray[np.float32], where: _Where, series: Numbers) -> None:
        """Count the values, and let each quantile follow by one bin at most."""
        octaves = np.maximum(raw, np.float32(d.TINY))
        np.log2(octaves, out=octaves)
        octaves *= np.float32(d.PER_OCTAVE)
        octaves += np.float32(d.ZERO)
        np.maximum(octaves, np.float32(0), out=octaves)
        np.minimum(octaves, np.float32(d.BINS - 1), out=octaves)
        place = octaves.astype(np.intp)
        at = self._at[:, where]
        self._above[:, where] += place > at
        self._here[:, where] += place == at
        place += (np.arange(len(raw))[:, None] * self._bins.shape[1] + series) * d.BINS
        bins = self._bins.reshape(-1)
        bins[place] += 1
        self._total[where] += 1
        if (self._total[where] >= d.FADE).any():
            self._fade(series[self._total[where] >= d.FADE])
        self._follow(where, series)

    def _follow(self, where: _Where, series: Numbers) -> None:
        allowed = d.RARE * self._total[where]
        above = self._above[:, where]
        up = above > allowed
        down = (above + self._here[:, where] <= allowed) & (self._at[:, where] > 0) & ~up
        for moves, step in ((up, 1), (down, -1)):
            kind, column = np.nonzero(moves)
            if not len(kind):
                continue
            number = series[column]
            if step < 0:
                self._above[kind, number] += self._here[kind, number]
            self._at[kind, number] += step
            at = self._at[kind, number]
            self._here[kind, number] = self._bins[kind, number, at]
            if step > 0:
                self._above[kind, number] -= self._here[kind, number]
            self._over[kind, number] = np.where(at > 0, _OVER_QUANTILE[at], np.float32(0.0))

    def _fade(self, series: Numbers) -> None:
        """Halve the counts: what is long ago weighs less."""
        self._bins[:, series] //= 2
        bins = self._bins[:, series]
        self._total[series] = bins[0].sum(axis=1)
        at = self._at[:, series, None].astype(np.intp)
        self._above[:, series] = (bins * (np.arange(d.BINS) > at)).sum(axis=2)
        self._here[:, series] = np.take_along_axis(bins, at, axis=2)[:, :, 0]


def _forecast(
    own: dict[str, NDArray[Any]], slot: NDArray[np.float32], value: Floats
) -> tuple[Floats, NDArray[np.float32]]:
    """Return how far each value is from its Holt-Winters forecast, in scales, and the slot's new season."""
    known = slot.astype(float)
    gap = value - own["level"]
    is_new = np.isnan(known)
    error = np.where(is_new, 0.0, gap - known)
    size = np.abs(error)
    scale = np.where(own["scale"] > 0, own["scale"], size)
    z = _over(error, scale)
    most = d.CLIP * scale
    clipped = np.minimum(np.maximum(error, -most), most)
    own["level"] += d.LEVEL * np.where(is_new, d.FIRST * gap, clipped)
    own["scale"] = np.where(is_new, own["scale"], scale + d.SCALE * (np.minimum(size, most) - scale))
    return z, np.where(is_new, gap, known + d.SEASON * clipped).astype(np.float32)


def _still(own: dict[str, NDArray[Any]], jump: Floats, at: Floats) -> Floats:
    """Return how long nothing changed, over what is too long for this series; from 1 on a flat line."""
    rest = np.maximum(at - own["still_since"], 0.0)
    moved = jump > 0
    limit = np.maximum(STILL_RATIO * own["longest_still"], STILL_SECONDS)
    # A flat line that ends was no rest: it may not teach that such rests are usual.
    rested = moved & (rest <= limit)
    own["longest_still"] = np.where(rested, np.maximum(own["longest_still"], rest), own["longest_still"])
    own["still_since"] = np.where(moved, at, own["still_since"])
    # A series that never moved is a constant, not a flat line.
    return np.where(moved | (own["usual"] == 0), 0.0, rest / limit)


def _over(number: Floats, by: Floats) -> Floats:
    return np.asarray(number / np.where(by > 0, by, np.inf))
