"""How long a machine still runs, from the lives of others: a regression with an honest interval.

Each unit is compared with its own first cycles: the difference to them is what tells wear from make. The
interval comes from units that were not learnt from (conformal, by unit). A unit that wears in a direction in
which no other did is outside: what is forecast for it means nothing, and that is said.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from models.learning.ellipse import Ellipse

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]

CAP: Final = 125.0  # cycles: before that, nothing wears that one could see
FIRST: Final = 20  # cycles that a unit is compared with
WINDOWS: Final = (5, 20, 40)
SLOPE: Final = 30
COVER: Final = 0.81  # of the 80 % interval, on units not learnt from
FOLDS: Final = 3
VOICES: Final = 3
NEAR_CAP: Final = 20.0  # rows further above the cap are easy and would make the interval look better
DIRECTIONS: Final = 2  # in which units may wear
FALSE: Final = 0.05  # share of known units that may be called strange over their whole life
EDGES: Final = (15.0, 30.0, 45.0, 60.0, 80.0, 100.0, 115.0)


@dataclass(frozen=True, slots=True)
class Lives:
    """Rows of units and cycles, sorted by unit, then cycle; `sensors`: [row, sensor]."""

    unit: Numbers
    cycle: Floats
    sensors: Floats

    def each(self) -> Iterator[slice]:
        """Yield the rows of each unit."""
        starts = np.flatnonzero(np.append(True, np.diff(self.unit) != 0))
        for first, last in zip(starts, np.append(starts[1:], len(self.unit)), strict=True):
            yield slice(int(first), int(last))

    def of(self, rows: Flags) -> "Lives":
        """Return some of the rows."""
        return Lives(self.unit[rows], self.cycle[rows], self.sensors[rows])

    def remaining(self) -> Floats:
        """Return the cycles left at each row, where each unit's last row is its end."""
        left = np.empty(len(self.unit))
        for rows in self.each():
            left[rows] = self.cycle[rows][-1] - self.cycle[rows]
        return left


@dataclass(frozen=True, slots=True)
class Forecast:
    """For each row: cycles left (at most CAP), its 80 % interval, and whether the unit is outside."""

    left: Floats
    low: Floats
    high: Floats
    outside: Flags


@dataclass(frozen=True, slots=True)
class RemainingLife:
    """What was learnt from whole lives."""

    used: Numbers  # the sensors that vary
    middle: Floats
    scale: Floats
    model: Any
    low: Floats  # [bin of the forecast], what to add to a forecast for the lower end
    high: Floats
    strange: "Strange"

    @classmethod
    def fit(cls, lives: Lives) -> Self:
        """Learn from units that ran to their end.

        Raises:
            ValueError: fewer units than folds.
        """
        units = np.unique(lives.unit)
        if len(units) <= FOLDS:
            raise ValueError(f"{len(units)} whole lives: more than {FOLDS} are needed")
        spread = lives.sensors.std(axis=0)
        used = np.flatnonzero(spread > 1e-6 * np.maximum(np.abs(lives.sensors.mean(axis=0)), 1e-9))
        middle, scale = lives.sensors[:, used].mean(axis=0), spread[used]
        table, drift = _features(lives, used, middle, scale)
        left = lives.remaining()
        target = np.minimum(left, CAP)
        fold = np.searchsorted(units, lives.unit) % FOLDS
        out = np.empty(len(target))
        for number in range(FOLDS):
            out[fold == number] = _regressor(table[fold != number], target[fold != number]).predict(
                table[fold == number]
            )
        out = np.clip(out, 0.0, CAP)
        counts = left <= CAP + NEAR_CAP
        low, high = _interval(out[counts], target[counts])
        return cls(used, middle, scale, _regressor(table, target), low, high, Strange.learn(lives, drift))

    def forecast(self, lives: Lives) -> Forecast:
        """Forecast at each row, from it and the rows of its unit before it."""
        table, drift = _features(lives, self.used, self.middle, self.scale)
        left = np.clip(self.model.predict(table), 0.0, CAP)
        place = np.digitize(left, EDGES)
        low = np.clip(left + self.low[place], 0.0, CAP)
        high = np.clip(left + self.high[place], 0.0, CAP)
        return Forecast(left, low, high, self.strange.is_outside(lives, drift))


@dataclass(frozen=True, slots=True)
class Strange:
    """The directions in which units wear, how far beside them they may be, and how far along.

    Attributes:
        along: [sensor, direction].
        beside: how far beside those directions is usual.
        limit: of the distance beside them.
        most: [direction, 2], lowest and highest place along them, with some room.
    """

    along: Floats
    beside: Ellipse
    limit: float
    most: Floats

    @classmethod
    def learn(cls, lives: Lives, drift: Floats) -> Self:
        """Learn from the differences of whole lives to their own first cycles.

        The limit comes from units that the directions were not learnt from: half from each half.
        """
        half = np.searchsorted(np.unique(lives.unit), lives.unit) % 2
        highest: list[float] = []
        for mine in (0, 1):
            judge = half == mine
            along, beside = _directions(drift[~judge])
            distance = beside.distance(_beside(drift[judge], along))
            highest += [float(distance[rows].max()) for rows in lives.of(judge).each()]
        along, beside = _directions(drift)
        place = drift @ along
        room = 0.25 * np.ptp(place, axis=0)
        most = np.stack([place.min(axis=0) - room, place.max(axis=0) + room], axis=1)
        return cls(along, beside, float(np.quantile(highest, 1 - FALSE)), most)

    def is_outside(self, lives: Lives, drift: Floats) -> Flags:
        """Return from which row on a unit is unlike all that were learnt from."""
        place = drift @ self.along
        far = self.beside.distance(_beside(drift, self.along)) > self.limit
        far |= ((place < self.most[:, 0]) | (place > self.most[:, 1])).any(axis=1)
        for rows in lives.each():
            far[rows] = np.logical_or.accumulate(far[rows])
        return np.asarray(far)


def _directions(drift: Floats) -> tuple[Floats, Ellipse]:
    _, _, directions = np.linalg.svd(drift, full_matrices=False)
    along = directions[:DIRECTIONS].T
    return along, Ellipse.of_clean(_beside(drift, along), shrink=0.1)


def _beside(drift: Floats, along: Floats) -> Floats:
    return np.asarray(drift - drift @ along @ along.T)


def _features(lives: Lives, used: Numbers, middle: Floats, scale: Floats) -> tuple[Floats, Floats]:
    """Return [row, feature], and the difference of the last 20 cycles to the unit's own first 20."""
    z = (lives.sensors[:, used] - middle) / scale
    parts = [_of_unit(z[rows], lives.cycle[rows]) for rows in lives.each()]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _of_unit(z: Floats, cycle: Floats) -> tuple[Floats, Floats]:
    short, middle, long = (_mean(z, window) for window in WINDOWS)
    # What is not over yet is only what there is: the first cycles are compared with themselves.
    first = _mean(z, len(z))[np.minimum(np.arange(len(z)), FIRST - 1)]
    drift = middle - first
    slope = _slope(z)
    return np.concatenate(
        [short, middle, drift, short - first, middle - long, slope, cycle[:, None]], axis=1
    ), drift


def _sums(values: Floats) -> Floats:
    return np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def _mean(z: Floats, window: int) -> Floats:
    last = np.arange(1, len(z) + 1)
    first = np.maximum(0, last - window)
    sums = _sums(z)
    return np.asarray((sums[last] - sums[first]) / (last - first)[:, None])


def _slope(z: Floats) -> Floats:
    """Return the least-squares slope over the last 30 rows, or as many as there are."""
    last = np.arange(1, len(z) + 1)
    first = np.maximum(0, last - SLOPE)
    count = (last - first)[:, None].astype(float)
    time = np.arange(len(z), dtype=float)[:, None]

    def over(values: Floats) -> Floats:
        sums = _sums(values)
        return np.asarray(sums[last] - sums[first])

    t, tt = over(time), over(time * time)
    width = count * tt - t * t
    rise = count * over(z * time) - t * over(z)
    return np.asarray(np.where(width > 0, rise / np.maximum(width, 1e-9), 0.0))


def _regressor(table: Floats, target: Floats) -> Any:
    """Return the mean of some boosted ensembles, each of which saw other features at each split."""
    from sklearn.ensemble import HistGradientBoostingRegressor, VotingRegressor  # noqa: PLC0415  the agent starts without
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # noqa: PLC0415

    models = [
        HistGradientBoostingRegressor(
            max_iter=120,
            learning_rate=0.08,
            max_leaf_nodes=12,
            min_samples_leaf=40,
            l2_regularization=1.0,
            max_features=0.3,
            early_stopping=False,
            random_state=number,
        )
        for number in range(VOICES)
    ]
    with threadpool_limits(1):  # a few thousand rows: more threads only wait for each other
        return VotingRegressor([(f"voice {n}", model) for n, model in enumerate(models)]).fit(table, target)


def _interval(forecast: Floats, truth: Floats) -> tuple[Floats, Floats]:
    """Return what to add to a forecast, by its bin, so that the interval covers COVER of the truth."""
    place, error = np.digitize(forecast, EDGES), truth - forecast
    low = high = np.zeros(len(EDGES) + 1)
    for tail in np.linspace(0.2, 0.01, 39):
        low = np.array([_quantile(error[place == b], error, tail) for b in range(len(EDGES) + 1)])
        high = np.array([_quantile(error[place == b], error, 1 - tail) for b in range(len(EDGES) + 1)])
        covers = (error >= low[place] - 1e-9) & (error <= high[place] + 1e-9)
        if covers.mean() >= COVER:
            break
    return low, high


def _quantile(error: Floats, everything: Floats, share: float) -> float:
    return float(np.quantile(error if len(error) >= 30 else everything, share))
