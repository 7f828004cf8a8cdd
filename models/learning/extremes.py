"""How far a value is beyond everything that its series ever showed.

    over = (value - high) / (high - low)        likewise below `low`; 0 between them

What never was before is what people call an anomaly, and a quantile of the past does not tell it from what
comes once a week: beside the ratio to the quantile this knows the two ends. FULL of the range above the
highest counts whole, so a reading that tops the last record by a hair counts next to nothing.

The ends come back towards their middle over a year: one wild reading does not hide all later ones for ever.
"""

from math import expm1, isnan, nan
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

FULL: Final = 0.02  # of the range: so far beyond it counts whole
KNOWN: Final = 86400.0  # seconds observed before anything is new: a whole day
YEAR: Final = 365 * 86400.0
TINY: Final = 1e-300  # nothing that is divided by is less


def fading(seconds: float) -> float:
    """Return the share of its width that a range loses at each end in a time."""
    return -expm1(-seconds / YEAR) / 2


class Range:
    """The ends of one series; its first value makes both."""

    __slots__ = ("high", "low")

    def __init__(self) -> None:
        self.low = self.high = nan

    def take(self, value: float) -> float:
        """Return how new a value is, 0 (seen before) to 1, then widen the range to it."""
        if isnan(self.low):  # nothing was seen
            self.low = self.high = value
        if value > self.high:
            over, width = value - self.high, self.high - self.low
            self.high = value
        elif value < self.low:
            over, width = self.low - value, self.high - self.low
            self.low = value
        else:
            return 0.0
        return min(over / max(FULL * width, TINY), 1.0) if width else 0.0

    def fade(self, share: float) -> None:
        """Draw both ends in by a share of the width."""
        room = share * (self.high - self.low)
        self.low += room
        self.high -= room


def take(low: Floats, high: Floats, value: Floats) -> tuple[Numbers, Floats]:
    """Do for many series what `Range.take` does; return (the places of what is new, how new it is).

    Args:
        low: [series] the ends below; widened in place.
        high: [series] the ends above, likewise.
        value: [series], in the same unit.
    """
    found = np.flatnonzero((value > high) | (value < low))
    now, bottom, top = value[found], low[found], high[found]
    with np.errstate(over="ignore"):
        new = np.maximum(now - top, bottom - now) / np.maximum(FULL * (top - bottom), TINY)
    low[found], high[found] = np.minimum(bottom, now), np.maximum(top, now)
    return found, np.where(top > bottom, np.minimum(new, 1.0), 0.0)


def fade(low: Floats, high: Floats, series: Any, share: float) -> None:
    """Draw in the ends of some series, in place."""
    room = share * (high[series] - low[series])
    low[series] += room
    high[series] -= room
