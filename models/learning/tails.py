"""The high quantiles of all detectors of all series: histograms of time, and the number of a bin each."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.learning import detectors as d

Single = NDArray[np.float32]
Numbers = NDArray[np.intp]
Where: TypeAlias = "slice | Numbers"

# One over the quantile of each bin; the first means that it is not known.
_OVER_QUANTILE: Final = np.array([0.0, *(1.0 / one for one in d.QUANTILE[1:])], dtype=np.float32)
# A float32 without its last 16 bits: sign, 8 bits of octave, 7 of what decides the quarter.
_SHIFT: Final = 16


def _places() -> NDArray[np.int8]:
    """Return the bin of each positive float32 by its upper 15 bits."""
    octave = np.arange(256)[:, None] - 127
    place = octave * d.PER_OCTAVE + d.ZERO + np.array(d.QUARTERS)
    place[0] = 0
    return np.asarray(np.clip(place, 0, d.BINS - 1).astype(np.int8).reshape(-1))


_PLACES: Final = _places()
_EDGES: Final = np.array(d.EDGES, dtype=np.float32)
_STEPS_UP: Final = 6  # bins that a quantile is led up one by one


@dataclass(frozen=True, slots=True)
class Passed:
    """What passed with a sample of each of some series.

    Attributes:
        steps: whole steps of time.
        coarse: likewise in eights.
        turned: which of them began a new block of time.
        block: the number of each one's block.
    """

    steps: NDArray[np.int32]
    coarse: NDArray[np.int32]
    turned: Numbers
    block: NDArray[np.int32]

    @classmethod
    def between(cls, since: NDArray[np.float64], until: NDArray[np.float64]) -> "Passed":
        """Return it from the time observed before and after."""
        first, last = ((moment * (1 / d.STEP)).astype(np.int32) for moment in (since, until))
        coarse = d.COARSE * (last // d.COARSE - first // d.COARSE)
        block = last // d.BLOCK_STEPS
        return cls(last - first, coarse, np.flatnonzero(block != first // d.BLOCK_STEPS), block)


class Tails:
    """Quantiles of `size` series; kinds are rows, series are columns.

    The counters of one bin lie beside each other: neighbours mostly count in the same few bins, which then
    stay in the processor's cache.
    """

    def __init__(self, size: int) -> None:
        kinds = len(d.KINDS)
        self._bins = np.zeros((d.BINS, kinds, size), dtype=np.uint16)
        self._at = np.zeros((kinds, size), dtype=np.int16)
        self._above = np.zeros((kinds, size), dtype=np.int32)
        self._total = np.zeros(size, dtype=np.int32)
        self.refresh()

    def refresh(self) -> None:
        """Work out anew what is looked at in each step: one over the quantile, 0 while it is not known."""
        self._over = _OVER_QUANTILE[self._at]
        self._near = _EDGES[self._at]

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return what is kept on disk, as arrays that are its own."""
        return {"bins": self._bins, "bin_at": self._at, "bins_above": self._above, "bins_total": self._total}

    def grow(self, more: int) -> None:
        """Add series at the end."""
        new = Tails(more)
        for name in ("_bins", "_at", "_above"):
            setattr(self, name, np.concatenate([getattr(self, name), getattr(new, name)], axis=-1))
        self._total = np.append(self._total, new._total)
        self.refresh()

    def forget(self, series: Numbers) -> None:
        """Begin some series anew."""
        for table in (self._bins, self._at, self._above, self._over, self._near):
            table[..., series] = 0
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
        near = raw >= self._near[:, where]
        self._rise(self._count_near(raw, np.flatnonzero(near), series, time.steps))
        if time.coarse.any():
            self._count_far(raw, near, series, time.coarse)
        if len(time.turned):
            number = series[time.turned]
            self._fall((np.arange(len(d.KINDS))[:, None] * len(self._total) + number).reshape(-1))

    # A cell is a number into [kind, series] as if it were one row.

    def _count_near(self, raw: Single, found: Numbers, series: Numbers, steps: NDArray[np.int32]) -> Numbers:
        """Count few values at cells of the batch; return the cells of those above the quantile."""
        kind = found // len(series)
        column = found - kind * len(series)
        cell = kind * len(self._total) + series[column]
        gained = steps[column]
        place = _PLACES[raw.reshape(-1)[found].view(np.int32) >> _SHIFT]
        self._bins.reshape(-1)[place * np.intp(self._at.size) + cell] += gained.astype(np.uint16)
        higher = np.flatnonzero(place > self._at.reshape(-1)[cell])
        above: Numbers = cell[higher]
        self._above.reshape(-1)[above] += gained[higher]
        return above

    def _count_far(
        self, raw: Single, near: NDArray[np.bool_], series: Numbers, coarse: NDArray[np.int32]
    ) -> None:
        """Count what is not near the quantile: most values of the series whose turn it is."""
        turn = np.flatnonzero(coarse)
        if len(turn) < len(series):
            raw, near, series, coarse = raw[:, turn], near[:, turn], series[turn], coarse[turn]
        size = len(self._total)
        for kind in range(len(d.KINDS)):
            place = _PLACES[raw[kind].view(np.int32) >> _SHIFT].astype(np.intp)
            place *= self._at.size
            place += series
            place += kind * size
            self._bins.reshape(-1)[place] += (coarse * ~near[kind]).astype(np.uint16)

    def _allowed(self, cell: Numbers) -> NDArray[np.float64]:
        return np.multiply(d.RARE, self._total[cell % len(self._total)], dtype=np.float64)

    def _rise(self, cell: Numbers) -> None:
        bins, above = self._bins.reshape(d.BINS, -1), self._above.reshape(-1)
        allowed = self._allowed(cell)
        for _ in range(_STEPS_UP):
            on = np.flatnonzero(above[cell] > allowed)
            if not len(on):
                return
            cell, allowed = cell[on], allowed[on]
            at = self._at.reshape(-1)[cell] + 1
            above[cell] -= bins[at, cell]
            self._move(cell, at)
        # What is still too low has far to go: where to is seen at once from the counts of all its bins.
        on = np.flatnonzero(above[cell] > allowed)
        if not len(on):
            return
        cell, allowed = cell[on], allowed[on]
        higher = np.cumsum(bins[:, cell][::-1], axis=0, dtype=np.int32)[::-1]  # of each bin and those above
        at = np.sum(higher > allowed, axis=0) - 1
        above[cell] = higher[at, np.arange(len(cell))] - bins[at, cell]
        self._move(cell, at.astype(np.int16))

    def _fall(self, cell: Numbers) -> None:
        bins, above = self._bins.reshape(-1), self._above.reshape(-1)
        allowed = self._allowed(cell)
        while len(cell):
            at = self._at.reshape(-1)[cell]
            wider = above[cell] + bins[at * np.intp(self._at.size) + cell]
            on = np.flatnonzero((at > 0) & (wider <= allowed))
            cell, allowed = cell[on], allowed[on]
            above[cell] = wider[on]
            self._move(cell, at[on] - 1)

    def _move(self, cell: Numbers, at: NDArray[np.int16]) -> None:
        self._at.reshape(-1)[cell] = at
        self._over.reshape(-1)[cell] = _OVER_QUANTILE[at]
        self._near.reshape(-1)[cell] = _EDGES[at]

    def _fade(self, series: Numbers) -> None:
        """Halve the counts: what is long ago weighs less."""
        self._bins[..., series] //= 2
        bins = self._bins[..., series]
        self._total[series] //= 2
        above = np.arange(d.BINS)[:, None, None] > self._at[:, series]
        self._above[:, series] = (bins * above).sum(axis=0)
