"""How far a forecast of time left may be off: from forecasts that can be checked by now, unit by unit.

Forecasts of one unit err alike, so a unit counts once however many forecasts it gave (split conformal
prediction over units, with weights). Where few or no other units have come to their end, a unit's own past
tells: at each earlier moment the same method forecast when the level of today would be reached.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from models.learning.robust import Floats

COVERAGE: Final = 0.8
# Until anything can be checked: a forecast of time left is taken to be off by up to these factors, four times
# in five. Set by hand, wide on purpose.
DEFAULT: Final = (0.5, 2.5)
LEAST_UNITS: Final = 9  # of which both tails of 10 % can be taken: (n + 1) * 0.1 >= 1
NARROWEST: Final = 0.1  # half width in logarithms: nothing is forecast better than to a tenth

Forecast = Callable[[Floats, Floats, float], float]
"""(times, values, level) -> time left from the last time until the level is reached; inf if never."""


@dataclass(frozen=True, slots=True)
class Band:
    """Factors on a forecast time left that hold the true one four times in five."""

    low: float = DEFAULT[0]
    high: float = DEFAULT[1]
    units: float = 0.0

    def around(self, left: float, slack: float = 0.0) -> tuple[float, float]:
        """Return the earliest and latest time left; `slack`: time below which no date can be told."""
        return (max(0.0, left * self.low - slack), left * self.high + slack)


NO_BAND: Final = Band()


def band(others: Sequence[Floats], own: Floats | None = None, coverage: float = COVERAGE) -> Band:
    """Return the band of these errors.

    Args:
        others: for each other unit its checked forecasts, as log(true time left / forecast time left).
        own: likewise the unit's own; they count as one more unit.
        coverage: share of true values that it shall hold.
    """
    units = [one[np.isfinite(one)] for one in (*others, *([] if own is None else [own]))]
    units = [one for one in units if one.size]
    if not units:
        return NO_BAND
    values = np.concatenate(units)
    weights = np.concatenate([np.full(one.size, 1 / one.size) for one in units])
    # One more unit, the new one, may be anywhere: its weight lies beyond both ends.
    share = max(0.0, (1 - coverage) / 2 * (len(units) + 1) - 0.5) / len(units)
    low, high = _quantile(values, weights, share), _quantile(values, weights, 1 - share)
    lack = max(0.0, 1 - len(units) / LEAST_UNITS)
    low = (1 - lack) * low + lack * min(low, np.log(DEFAULT[0]))
    high = (1 - lack) * high + lack * max(high, np.log(DEFAULT[1]))
    return Band(float(np.exp(min(low, -NARROWEST))), float(np.exp(max(high, NARROWEST))), float(len(units)))


def own_errors(
    times: Floats,
    values: Floats,
    forecast: Forecast,
    *,
    falling: bool = True,
    first: int = 20,
    looks: int = 24,
) -> Floats:
    """Return the errors of a unit's own earlier forecasts of reaching its present level.

    Only the forecasts of its present manner count, made in the second half of its life so far, and at least a
    tenth of it ahead: nearer ones are noise.
    """
    now = float(np.median(values[-5:]))
    end = len(values) - 1
    origins = np.unique(np.linspace(max(first, end // 2), 0.9 * end, looks).astype(int))
    out = []
    for at in origins[origins >= first]:
        already = np.median(values[at - 4 : at + 1])
        if (already <= now) if falling else (already >= now):
            continue
        left = forecast(times[: at + 1], values[: at + 1], now)
        true = float(times[-3] - times[at])
        if np.isfinite(left) and left > 0 and true > 0:
            out.append(np.log(true / left))
    return np.array(out)


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order[min(int(np.searchsorted(reached, share)), len(values) - 1)]])
