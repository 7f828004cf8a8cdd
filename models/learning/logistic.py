"""A logistic regression for few failures: it begins from what is known; some weights may only be positive.

The weights are drawn towards a prior with the strength of some failures: with none it is the prior, with
hundreds it is the data. More reallocated sectors never make a disk healthier: such a weight may not turn
negative because of three drives in a small sample.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

STEPS: Final = 400
FARTHEST: Final = 8.0  # standard deviations: one absurd attribute may not decide alone


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted model. What was not measured (NaN) says nothing: it counts as usual.

    Attributes:
        middle: [feature], of the training rows.
        scale: [feature].
        weight: [feature], per standard deviation.
        bias: log odds of a usual row.
    """

    middle: Floats
    scale: Floats
    weight: Floats
    bias: float

    @classmethod
    def fit(
        cls,
        rows: Floats,
        failed: Flags,
        *,
        row_weight: Floats | None = None,
        prior: Floats | None = None,
        only_up: Flags | None = None,
        strength: float = 10.0,
    ) -> Self:
        """Fit by accelerated projected gradients (Beck and Teboulle, 2009).

        Args:
            rows: [row, feature], NaN for not measured.
            failed: the truth of each row.
            row_weight: how much each row counts; all alike by default.
            prior: weights to begin from; zeros by default.
            only_up: features whose weight may not be negative.
            strength: how strongly the prior holds, as a multiple of a standard deviation's square.
        """
        given = np.ones(len(rows)) if row_weight is None else row_weight
        middle, scale = _usual(rows)
        z = _standard(rows, middle, scale)
        begin = np.zeros(rows.shape[1]) if prior is None else prior.astype(float)
        low = np.where(np.zeros(len(begin), bool) if only_up is None else only_up, 0.0, -np.inf)
        share = float(np.clip((given * failed).sum() / given.sum(), 1e-9, 1 - 1e-9))
        bias = float(np.log(share / (1 - share)))
        now = np.append(begin, bias)
        floor = np.append(low, -np.inf)
        held = np.append(np.full(len(begin), strength), 0.0)
        full = np.column_stack([z, np.ones(len(z))])
        # The logistic's curvature is a quarter of the rows' at most: the longest safe step.
        step = 1.0 / (0.25 * float(np.linalg.eigvalsh((full * given[:, None]).T @ full)[-1]) + strength)
        ahead, speed = now.copy(), 1.0
        target = np.append(begin, 0.0)
        for _ in range(STEPS):
            slope = full.T @ (given * (_sigmoid(full @ ahead) - failed)) + held * (ahead - target)
            new = np.maximum(ahead - step * slope, floor)
            faster = (1 + np.sqrt(1 + 4 * speed**2)) / 2
            ahead = new + (speed - 1) / faster * (new - now)
            now, speed = new, faster
        return cls(middle, scale, now[:-1], float(now[-1]))

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log odds of failure of each row: for ranking; `Calibration` makes it a probability."""
        return np.asarray(_standard(rows, self.middle, self.scale) @ self.weight + self.bias)

    def shares(self, rows: Floats) -> Floats:
        """Return what each feature adds to the log odds over a usual row, [row, feature]: the explanation."""
        return np.asarray(_standard(rows, self.middle, self.scale) * self.weight)

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return the model as arrays."""
        return {
            "middle": self.middle,
            "scale": self.scale,
            "weight": self.weight,
            "bias": np.array(self.bias),
        }


@dataclass(frozen=True, slots=True)
class Calibration:
    """From log odds to a probability: a line through the log odds (Platt, 1999)."""

    slope: float
    shift: float

    @classmethod
    def fit(cls, log_odds: Floats, failed: Flags, row_weight: Floats | None = None) -> Self:
        """Fit on rows that the model was not fitted on; with fewer than three failures nothing is changed."""
        if failed.sum() < 3 or failed.all():
            return cls(1.0, 0.0)
        one = Logistic.fit(
            log_odds[:, None],
            failed,
            row_weight=row_weight,
            prior=np.array([float(log_odds.std())]),
            only_up=np.array([True]),
            strength=1.0,
        )
        slope = float(one.weight[0] / one.scale[0])
        return cls(slope, one.bias - slope * float(one.middle[0]))

    def at_base_rate(self, log_odds: Floats, row_weight: Floats, base: float) -> "Calibration":
        """Return the same slope, shifted so that the mean probability of some rows is the base rate."""
        low, high = -60.0, 60.0
        for _ in range(60):
            shift = (low + high) / 2
            mean = np.average(_sigmoid(self.slope * log_odds + shift), weights=row_weight)
            low, high = (shift, high) if mean < base else (low, shift)
        return Calibration(self.slope, shift)

    def probability(self, log_odds: Floats) -> Floats:
        """Return the probability of failure within the horizon."""
        return np.asarray(_sigmoid(self.slope * log_odds + self.shift))


def _usual(rows: Floats) -> tuple[Floats, Floats]:
    with np.errstate(invalid="ignore"):
        known = np.isfinite(rows)
        count = np.maximum(known.sum(axis=0), 1)
        middle = np.where(known, rows, 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, rows - middle, 0.0) ** 2).sum(axis=0) / count)
    return middle, np.where(spread > 0, spread, 1.0)


def _standard(rows: Floats, middle: Floats, scale: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        z = (rows - middle) / scale
    return np.clip(np.where(np.isfinite(z), z, 0.0), -FARTHEST, FARTHEST)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(x / 2)))
