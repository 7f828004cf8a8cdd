"""The high quantiles of all detectors of all series: histograms of time, and the number of a bin each."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.learning import detectors as d

Single = NDArray[np.float32]
Numbers = NDArray[np.intp]
Where: TypeAlias = "slice | Numbers"

_OVER_QUANTILE: Final = (1.0 / np.array(d.QUANTILE)).astype(np.float32)
_SHIFT: Final = (
    16  # a float32 without its last 16 bits: sign, 8 bits of octave, 7 of what decides the quarter
)


def _places() -> NDArray[np.int8]:
    """Return the bin of each positive float32 by its upper 15 bits."""
    octave = np.arange(256)[:, None] - 127
    place = octave * d.PER_OCTAVE + d.ZERO + np.array(d.QUARTERS)
    place[0] = 0
    return np.asarray(np.clip(place, 0, d.BINS - 1).astype(np.int8).reshape(-1))


_PLACES: Final = _places()


def _edges() -> Single:
    """Return for each bin of a quantile the value from which on every one is counted."""
    first = [int(np.argmax(b - d.NEAR < _PLACES)) for b in range(d.BINS)]
    return (np.array(first, dtype=np.int32) << _SHIFT).view(np.float32)


_EDGES: Final = _edges()


@dataclass(frozen=True, slots=True)
class Passed:
    """What passed with a sample of each of some series.

    Attributes:
        steps: whole steps of time.
        coarse: likewise in fours.
        turned: which of them began a new block of time.
    """

    steps: Numbers
    coarse: Numbers
    turned: Numbers

    @classmethod
    def between(cls, since: NDArray[np.float64], until: NDArray[np.float64]) -> "Passed":
        """Return it from the time observed before and after."""

        def ticks(every: float) -> Numbers:
            return np.asarray((until / every).astype(np.intp) - (since / every).astype(np.intp))

        coarse = d.COARSE * ticks(d.COARSE * d.STEP)
        return cls(ticks(d.STEP), coarse, np.flatnonzero(ticks(d.BLOCK)))


class Tails:
    """Quantiles of `size` series; kinds are rows, series are columns."""

    def __init__(self, size: int) -> None:
        kinds = len(d.KINDS)
        self._bins = np.zeros((kinds, size, d.BINS), dtype=np.uint16)
        self._at = np.zeros((kinds, size), dtype=np.int16)
        self._above = np.zeros((kinds, size), dtype=np.int32)
        self._total = np.zeros(size, dtype=np.int32)
        self.refresh()

    def refresh(self) -> None:
        """Work out anew what is looked at in each step: one over the quantile, 0 while it is not known."""
        self._over = np.where(self._at > 0, _OVER_QUANTILE[self._at], np.float32(0.0))
        self._near = _EDGES[self._at]

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
        for table in (self._bins, self._at, self._above, self._over, self._near):
            table[:, series] = 0
        self._total[series] = 0

    def rate(self, raw: Single, where: Where, is_young: NDArray[np.bool_]) -> Single:
        """Return each value over the quantile of those before it; 0 while that is not known."""
        rated = raw * self._over[:, where]
        np.minimum(rated, np.float32(d.MOST), out=rated)
        if is_young.any():
            rated[:, is_young] = 0.0
        return rated

    def count(self, raw: Single, where: Where, series: Numbers, time: "Passed") -> None:
        """Count values for the time that each speaks for, and let the quantiles follow.

        Args:
            raw: [kind, series], not negative.
            where: the series, as an index.
            series: their numbers.
            time: what passed for each.
        """
        self._total[where] += time.steps
        total = self._total[where]
        if int(total.max(initial=0)) >= d.FADE:
            self._fade(series[total >= d.FADE])
        rest = np.flatnonzero(time.coarse)
        turned = series[time.turned]
        for kind, values in enumerate(raw):
            near = values >= self._near[kind, where]
            column = np.flatnonzero(near)
            number, steps = series[column], time.steps[column]
            place = self._add(kind, values[column], number, steps)
            higher = np.flatnonzero(place > self._at[kind, number])
            self._above[kind, number[higher]] += steps[higher]
            if len(rest):
                column = rest[~near[rest]]
                self._add(kind, values[column], series[column], time.coarse[column])
            self._rise(kind, number[higher])
            self._fall(kind, turned)

    def _add(self, kind: int, values: Single, number: Numbers, steps: Numbers) -> NDArray[np.int8]:
        place = np.asarray(_PLACES[values.view(np.int32) >> _SHIFT])
        self._bins[kind].reshape(-1)[number * d.BINS + place] += steps.astype(np.uint16)
        return place

    def _rise(self, kind: int, number: Numbers) -> None:
        on = self._above[kind, number] > d.RARE * self._total[number]
        while on.any():
            number = number[on]
            at = self._at[kind, number] + 1
            self._above[kind, number] -= self._bins[kind, number, at]
            self._move(kind, number, at)
            on = self._above[kind, number] > d.RARE * self._total[number]

    def _fall(self, kind: int, number: Numbers) -> None:
        while len(number):
            at = self._at[kind, number]
            wider = self._above[kind, number] + self._bins[kind, number, at]
            on = (at > 0) & (wider <= d.RARE * self._total[number])
            number = number[on]
            self._above[kind, number] = wider[on]
            self._move(kind, number, at[on] - 1)

    def _move(self, kind: int, number: Numbers, at: NDArray[np.int16]) -> None:
        self._at[kind, number] = at
        self._over[kind, number] = np.where(at > 0, _OVER_QUANTILE[at], np.float32(0.0))
        self._near[kind, number] = _EDGES[at]

    def _fade(self, series: Numbers) -> None:
        """Halve the counts: what is long ago weighs less."""
        self._bins[:, series] //= 2
        bins = self._bins[:, series]
        self._total[series] //= 2
        above = np.arange(d.BINS) > self._at[:, series, None]
        self._above[:, series] = (bins * above).sum(axis=2)
