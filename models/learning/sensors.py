"""Several sensors of one thing, together: a pump, a UPS, a recorder. What is usual is learnt while it is new.

A moving mean over the last samples, its Mahalanobis distance from the commissioning phase, and a limit 2.75
times as far as that phase itself goes at its highest: limits only as wide as a few hundred clean rows give
false alarms half of the time, for what comes later is never quite the same.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from models.learning.ellipse import Ellipse

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

WINDOW: Final = 20  # samples
HIGHEST: Final = 0.999  # quantile of the distances while commissioning
WIDEN: Final = 2.75
FEWEST: Final = 2 * WINDOW


@dataclass(frozen=True, slots=True)
class Sensors:
    """What is usual for several sensors together, and from which distance on it is not."""

    usual: Ellipse
    limit: float

    @classmethod
    def learn(cls, rows: Floats) -> Self:
        """Learn from the commissioning phase: [sample, sensor], NaN for not measured.

        Raises:
            ValueError: fewer than 40 complete samples.
        """
        means = moving_mean(rows[np.isfinite(rows).all(axis=1)])[WINDOW - 1 :]
        if len(means) < FEWEST - WINDOW + 1:
            raise ValueError(f"{len(means)} samples of commissioning: {FEWEST} at least")
        usual = Ellipse.of_clean(means)
        return cls(usual, WIDEN * float(np.quantile(usual.distance(means), HIGHEST)))

    def score(self, rows: Floats) -> Floats:
        """Return how far each sample and the 19 before are, over the limit; NaN where one was not measured.

        Args:
            rows: [sample, sensor], in order of time; the first 19 look back less far.
        """
        whole = np.isfinite(rows).all(axis=1)
        out = np.full(len(rows), np.nan)
        if whole.any():
            out[whole] = self.usual.distance(moving_mean(rows[whole])) / self.limit
        return out

    def is_anomalous(self, rows: Floats) -> Flags:
        """Return which samples are unlike the commissioning phase; one not measured is not called so."""
        return np.nan_to_num(self.score(rows)) > 1.0


def moving_mean(rows: Floats) -> Floats:
    """Return the mean of each sample and the 19 before it, as far as there are any."""
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows - rows[:1], axis=0)])
    last = np.arange(1, len(rows) + 1)
    first = np.maximum(0, last - WINDOW)
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None] + rows[:1])
