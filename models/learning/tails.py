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
        self._rise(*self._add(raw, np.flatnonzero(near), series, time.steps))
        if time.coarse.any():
            near |= time.coarse == 0
            self._add(raw, np.flatnonzero(~near), series, time.coarse)
        if len(time.turned):
            number = series[time.turned]
            cell = (np.arange(len(d.KINDS))[:, None] * len(self._total) + number).reshape(-1)
            self._fall(cell, np.tile(number, len(d.KINDS)))

    # A cell is a number into [kind, series] as if it were one row.

    def _add(
        self, raw: Single, found: Numbers, series: Numbers, steps: NDArray[np.int32]
    ) -> tuple[Numbers, Numbers]:
        """Count values at cells of the batch; return cell and series of those above the quantile."""
        kind = found // len(series)
        column = found - kind * len(series)
        number, gained = series[column], steps[column]
        cell = kind * len(self._total) + number
        place = _PLACES[raw.reshape(-1)[found].view(np.int32) >> _SHIFT]
        self._bins.reshape(-1)[place * np.intp(self._at.size) + cell] += gained.astype(np.uint16)
        higher = np.flatnonzero(place > self._at.reshape(-1)[cell])
        above = cell[higher]
        self._above.reshape(-1)[above] += gained[higher]
        return above, number[higher]

    def _rise(self, cell: Numbers, number: Numbers) -> None:
        bins, above = self._bins.reshape(d.BINS, -1), self._above.reshape(-1)
        allowed = d.RARE * self._total[number]
        while len(on := np.flatnonzero(above[cell] > allowed)):
            cell, allowed = cell[on], allowed[on]
            at = self._at.reshape(-1)[cell] + 1
            above[cell] -= bins[at, cell]
            self._move(cell, at)

    def _fall(self, cell: Numbers, number: Numbers) -> None:
        bins, above = self._bins.reshape(d.BINS, -1), self._above.reshape(-1)
        allowed = d.RARE * self._total[number]
        while len(cell):
            at = self._at.reshape(-1)[cell]
            wider = above[cell] + bins[at, cell]
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
