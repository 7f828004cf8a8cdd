"""What is probably behind a fault of a device class, from the causes that technicians confirmed.

One logistic regression for each cause against the others, drawn towards "no opinion" while there are few
labels. A row unlike all that were learnt from gets no opinion at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.learning.folds import grouped_forward
from models.learning.logistic import Calibration, Logistic

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

FEWEST: Final = 5  # confirmed cases of a cause, on devices of their own, before anything is said of it
STRENGTH: Final = 5.0
FOLDS: Final = 3
PURGE: Final = 7  # days between what is learnt from and what is judged
ROOM: Final = 0.25  # of the range that was seen: so far beyond it a row is outside


@dataclass(frozen=True, slots=True)
class CauseModel:
    """What was learnt of a device class.

    Attributes:
        causes: those with enough confirmed cases, in order.
        models: one for each cause, with its calibration.
        low: [feature], below which nothing was seen; likewise `high`.
    """

    causes: tuple[str, ...]
    models: tuple[tuple[Logistic, Calibration], ...]
    low: Floats
    high: Floats

    @classmethod
    def fit(cls, rows: Floats, cause: Sequence[str], device: NDArray[np.intp], day: NDArray[np.intp]) -> Self:
        """Learn from confirmed cases.

        Args:
            rows: [case, feature], the device's measures when its fault opened; NaN for not measured.
            cause: what was confirmed, for each.
            device: a number for the device of each case.
            day: when.
        """
        labels = np.array(cause, dtype=np.str_)
        enough = [str(one) for one in np.unique(labels) if len(np.unique(device[labels == one])) >= FEWEST]
        models = tuple(_one(rows, labels == one, device, day) for one in enough)
        low, high = (np.full(rows.shape[1], np.nan) for _ in range(2))
        some = np.isfinite(rows).any(axis=0)
        if some.any():
            low[some], high[some] = np.nanmin(rows[:, some], axis=0), np.nanmax(rows[:, some], axis=0)
        return cls(tuple(enough), models, low, high)

    def probability(self, rows: Floats) -> Floats:
        """Return the probability of each cause, [row, cause]; NaN where a row is outside."""
        if not self.causes:
            return np.zeros((len(rows), 0))
        found = np.stack([c.probability(m.log_odds(rows)) for m, c in self.models], axis=1)
        # Each was judged against the others: together they may not say more than all.
        found /= np.maximum(found.sum(axis=1, keepdims=True), 1.0)
        return np.where(self.is_outside(rows)[:, None], np.nan, found)

    def is_outside(self, rows: Floats) -> Flags:
        """Return which rows are unlike all that were learnt from, or have nothing measured that was then."""
        room = ROOM * (self.high - self.low)
        with np.errstate(invalid="ignore"):
            beyond = ((rows < self.low - room) | (rows > self.high + room)).any(axis=1)
        blind = ~np.isfinite(rows[:, np.isfinite(self.low)]).any(axis=1)
        return np.asarray(beyond | blind)

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return the model as arrays."""
        numbers = [[m.bias, c.slope, c.shift] for m, c in self.models]
        parts = {name: [getattr(m, name) for m, _ in self.models] for name in ("middle", "scale", "weight")}
        width = len(self.low)
        return {
            "causes": np.array(self.causes, dtype=np.str_), "low": self.low, "high": self.high,
            "numbers": np.array(numbers).reshape(-1, 3),
            **{name: np.array(rows).reshape(-1, width) for name, rows in parts.items()},
        }  # fmt: skip

    @classmethod
    def load(cls, state: Mapping[str, NDArray[Any]]) -> Self:
        """Take up what `dump` gave.

        Raises:
            KeyError, ValueError: the state is of another make.
        """
        causes, low = tuple(str(one) for one in state["causes"]), state["low"]
        middle, scale, weight = (state[name] for name in ("middle", "scale", "weight"))
        if (
            any(one.shape != (len(causes), len(low)) for one in (middle, scale, weight))
            or state["high"].shape != low.shape
        ):
            raise ValueError("the model's arrays do not fit each other")
        models = tuple(
            (
                Logistic(middle[row], scale[row], weight[row], float(bias)),
                Calibration(float(slope), float(shift)),
            )
            for row, (bias, slope, shift) in enumerate(state["numbers"])
        )
        if len(models) != len(causes):
            raise ValueError("the model has another number of causes than of weights")
        return cls(causes, models, low, state["high"])


def _one(
    rows: Floats, is_it: Flags, device: NDArray[np.intp], day: NDArray[np.intp]
) -> tuple[Logistic, Calibration]:
    whole = Logistic.fit(rows, is_it, strength=STRENGTH)
    odds = np.full(len(rows), np.nan)
    for train, judge in grouped_forward(device, day, folds=FOLDS, purge=PURGE):
        if is_it[train].any():
            odds[judge] = Logistic.fit(rows[train], is_it[train], strength=STRENGTH).log_odds(rows[judge])
    judged = np.isfinite(odds)
    found = Calibration.fit(odds[judged], is_it[judged]) if judged.any() else Calibration(1.0, 0.0)
    base = float(is_it.mean())
    return whole, found.at_base_rate(whole.log_odds(rows), np.ones(len(rows)), min(max(base, 1e-6), 0.999))
