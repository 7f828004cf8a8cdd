"""Which disks will fail soon: SMART attributes, how they grew, and what is known of them.

Works with whatever attributes a recorder exposes; those it does not are absent and say nothing. A disk unlike
all that were learnt from is said to be so. SMART alone cannot see more than about half to three quarters of
the failures coming: more than half of the failed drives of a large study had none of the strong signs
(Pinheiro, Weber and Barroso, 2007).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.learning.folds import grouped_forward
from models.learning.logistic import Calibration, Logistic

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]

HORIZON: Final = 14  # days: what "soon" means
WEEK: Final = 7
# Counts of trouble, that only make it worse, with their weight before anything is learnt.
COUNTS: Final = {
    5: 0.3,  # reallocated sectors
    197: 0.6,  # pending sectors
    187: 0.5,  # reported uncorrectable errors
    198: 0.3,  # uncorrectable sectors, offline
    188: 0.2,  # command timeouts
    10: 0.2,  # spin retries
    184: 0.2,  # end-to-end errors
    196: 0.1,  # reallocation events
}
STATES: Final = (9, 194)  # hours on, degrees Celsius
GROWTH: Final = 0.2  # weight of a count's growth over a week
MOST: Final = 1e7  # of a count; vendors pack several numbers into one raw value
SENTINEL: Final = 65535.0
STRENGTH: Final = 10.0
KEPT: Final = 40_000  # healthy rows that are learnt from
FOLDS: Final = 4


@dataclass(frozen=True, slots=True)
class DriveDays:
    """Rows of drives and days, sorted by drive, then day.

    Attributes:
        drive: a number for each drive.
        day: whole days since some beginning.
        smart: SMART id -> raw value; NaN for not exposed. Ids that are not known are left out.
        capacity: bytes; NaN for not known.
    """

    drive: Numbers
    day: Numbers
    smart: Mapping[int, Floats]
    capacity: Floats

    def days_before(self, days: int) -> Numbers:
        """Return for each row the newest row of its drive at least so many days older, or its first row."""
        span = int(self.day.max(initial=0) - self.day.min(initial=0)) + days + 2
        key = self.drive.astype(np.int64) * span + (self.day - self.day.min(initial=0)) + days
        older = np.searchsorted(key, key - days, side="right") - 1
        return np.asarray(np.maximum(older, np.searchsorted(self.drive, self.drive, side="left")))


def features(rows: DriveDays) -> tuple[tuple[str, ...], Floats]:
    """Return the names of the features, and [row, feature]; NaN for not exposed."""
    day, week = rows.days_before(1), rows.days_before(WEEK)
    found: dict[str, Floats] = {}
    for number in COUNTS:
        count = _count(rows.smart.get(number), len(rows.day))
        found[f"smart_{number}"] = count
        found[f"smart_{number}_any"] = np.where(np.isnan(count), np.nan, (count > 0).astype(float))
        found[f"smart_{number}_day"] = np.maximum(count - count[day], 0.0)
        found[f"smart_{number}_week"] = np.maximum(count - count[week], 0.0)
    hours = rows.smart.get(9, np.full(len(rows.day), np.nan))
    found["years_on"] = np.minimum(hours, 80_000.0) / 8766.0
    found["celsius"] = rows.smart.get(194, np.full(len(rows.day), np.nan))
    found["capacity"] = np.log(np.maximum(rows.capacity, 1e9))
    return tuple(found), np.stack(list(found.values()), axis=1)


def _count(raw: Floats | None, size: int) -> Floats:
    if raw is None:
        return np.full(size, np.nan)
    known = np.isfinite(raw) & (raw >= 0) & (raw != SENTINEL)
    return np.log1p(np.where(known, np.minimum(raw, MOST), np.nan))


@dataclass(frozen=True, slots=True)
class DiskModel:
    """What was learnt of disks.

    Attributes:
        names: of the features, in order: the schema.
        logistic: ranks.
        calibration: makes the rank a probability of failing within HORIZON days.
        low: [feature], below which nothing was seen while learning; likewise `high`.
        seen: [feature], which were exposed by any drive while learning.
        failures: drives that failed while learning.
    """

    names: tuple[str, ...]
    logistic: Logistic
    calibration: Calibration
    low: Floats
    high: Floats
    seen: Flags
    failures: int
    notes: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def fit(cls, rows: DriveDays, failed_on: Floats, until: int) -> Self:
        """Learn from the rows up to a day.

        Args:
            rows: drive-days; later ones are not looked at.
            failed_on: for each row the last day of its drive, inf where it lives.
            until: the last day that may be known.

        Raises:
            ValueError: no row lies before that day.
        """
        names, table = features(rows)
        past = rows.day <= until
        if not past.any():
            raise ValueError("no drive-day to learn from")
        known = np.where(failed_on <= until, failed_on, np.inf)
        soon = known - rows.day < HORIZON
        # Healthy rows whose horizon is not over may still turn out to be sick; they are few.
        chosen = _chosen(past, soon)
        fit = _Training(names, table[chosen], soon[chosen], rows.drive[chosen], rows.day[chosen])
        logistic = fit.logistic(np.ones(len(chosen), dtype=bool))
        exposed = table[past]
        some: Flags = np.asarray(np.isfinite(exposed).any(axis=0))
        with np.errstate(all="ignore"):
            low = np.where(some, np.nanmin(exposed, axis=0, initial=np.inf), np.nan)
            high = np.where(some, np.nanmax(exposed, axis=0, initial=-np.inf), np.nan)
        scale = float((past & ~soon).sum() / max(1, (~soon[chosen]).sum()))
        failures = len(np.unique(rows.drive[past & soon]))
        # Failures per drive-day: rows near the end do not know yet whether their drive fails soon.
        base = HORIZON * max(failures, 0.5) / int(past.sum())
        return cls(names, logistic, fit.calibration(logistic, scale, base), low, high, some, failures)

    def score(self, rows: DriveDays) -> Floats:
        """Return the log odds of each row: for ranking."""
        return self.logistic.log_odds(features(rows)[1])

    def probability(self, rows: DriveDays) -> Floats:
        """Return the probability that each drive fails within HORIZON days."""
        return self.calibration.probability(self.score(rows))

    def is_outside(self, rows: DriveDays) -> Flags:
        """Return which rows are unlike all that were learnt from: the probability of those means nothing.

        No count of trouble is exposed that was exposed then, or the age, the temperature or the capacity lies
        a tenth of its range beyond what was seen.
        """
        table = features(rows)[1]
        counts = np.array([name.startswith("smart") for name in self.names]) & self.seen
        blind = ~np.isfinite(table[:, counts]).any(axis=1)
        room = 0.1 * (self.high - self.low) + 1e-9
        with np.errstate(invalid="ignore"):
            beyond = (table < self.low - room) | (table > self.high + room)
        # A count beyond all that was seen is only worse.
        return np.asarray(blind | beyond[:, ~counts & self.seen].any(axis=1))

    def dump(self) -> dict[str, NDArray[Any]]:
        """Return the model as arrays, for npz."""
        numbers = np.array([self.calibration.slope, self.calibration.shift, self.failures])
        return {
            **self.logistic.dump(), "names": np.array(self.names), "numbers": numbers,
            "low": self.low, "high": self.high, "seen": self.seen,
        }  # fmt: skip

    @classmethod
    def load(cls, state: Mapping[str, NDArray[Any]]) -> Self:
        """Take up what `dump` gave.

        Raises:
            KeyError, ValueError: the state is of another make, or of other features than these.
        """
        names = tuple(str(name) for name in state["names"])
        if names != feature_names():
            raise ValueError("the model was learnt from other features")
        logistic = Logistic(state["middle"], state["scale"], state["weight"], float(state["bias"]))
        if {len(a) for a in (logistic.middle, logistic.scale, logistic.weight)} != {len(names)}:
            raise ValueError("the model has another number of weights than of features")
        slope, shift, failures = (float(x) for x in state["numbers"])
        found = Calibration(slope, shift)
        return cls(names, logistic, found, state["low"], state["high"], state["seen"], int(failures))


def feature_names() -> tuple[str, ...]:
    """Return the names of the features: what a saved model must agree with."""
    nothing = np.zeros(0, dtype=np.intp)
    return features(DriveDays(nothing, nothing, {}, np.zeros(0)))[0]


@dataclass(frozen=True, slots=True)
class _Training:
    names: tuple[str, ...]
    table: Floats
    soon: Flags
    drive: Numbers
    day: Numbers

    def logistic(self, which: Flags) -> Logistic:
        prior = np.array([_prior(name) for name in self.names])
        only_up = np.array([name.startswith("smart") for name in self.names])
        return Logistic.fit(
            self.table[which],
            self.soon[which],
            row_weight=self._weight(which),
            prior=prior,
            only_up=only_up,
            strength=STRENGTH,
        )

    def _weight(self, which: Flags) -> Floats:
        """Return a row's weight: the rows of a failing drive count as one failure together."""
        drive, soon = self.drive[which], self.soon[which]
        counts = np.bincount(drive[soon], minlength=int(drive.max(initial=0)) + 1)
        return np.where(soon, 1.0 / np.maximum(counts[drive], 1), 1.0)

    def calibration(self, whole: Logistic, scale: float, base: float) -> Calibration:
        """Return how bold the odds may be, as drives and days not learnt from show, at the fleet's base rate.

        Args:
            whole: the model that is to be calibrated.
            scale: how many healthy rows a kept one stands for.
            base: share of all rows that fail within the horizon.
        """
        odds = np.full(len(self.soon), np.nan)
        for train, judge in grouped_forward(self.drive, self.day, folds=FOLDS, purge=1):
            if self.soon[train].any():
                odds[judge] = self.logistic(train).log_odds(self.table[judge])
        judged = np.isfinite(odds)
        weight = np.where(self.soon, 1.0, scale)
        found = Calibration.fit(odds[judged], self.soon[judged], weight[judged])
        return found.at_base_rate(whole.log_odds(self.table), weight, min(base, 0.5))


def _prior(name: str) -> float:
    if not name.startswith("smart"):
        return 0.0
    number = int(name.split("_")[1])
    if name.endswith("_week"):
        return GROWTH if COUNTS[number] >= 0.3 else GROWTH / 4
    return COUNTS[number] if name == f"smart_{number}" else 0.0


def _chosen(past: Flags, soon: Flags) -> Numbers:
    """Return the rows to learn from: all that fail soon, and an even choice of the others."""
    sick, healthy = np.flatnonzero(past & soon), np.flatnonzero(past & ~soon)
    if len(healthy) > KEPT:
        healthy = healthy[np.random.default_rng(0).choice(len(healthy), KEPT, replace=False)]
    return np.sort(np.concatenate([sick, healthy]))
