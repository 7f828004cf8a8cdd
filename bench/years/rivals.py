"""The usual ways of predicting, on the same daily values: what Siteward is measured against."""

from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.years.strip import Floats, World
from bench.years.walk import Ticket, daily_wear
from models.learning.robust import trailing_median
from models.learning.wear import GUARDS, Wear

COOL_DAYS: Final = 30
Alarms: TypeAlias = NDArray[np.bool_]


def tickets_of(world: World, alarm: Callable[[Wear], Alarms]) -> list[Ticket]:
    """Return the tickets of a rival: the first day of an alarm opens one, then none for a month."""
    out: list[Ticket] = []
    last: dict[tuple[str, str], int] = {}
    for strip, seen in daily_wear(world):
        for day, row in sorted(zip(*np.nonzero(alarm(seen).T), strict=True)):
            key = (strip.devices[row], strip.component)
            if day >= GUARDS.learn_days and day - last.get(key, -COOL_DAYS) >= COOL_DAYS:
                last[key] = int(day)
                out.append(Ticket(*key, int(day)))
    return out


def static(seen: Wear) -> Alarms:
    """Alarm when a day's value is past 80 % of the way to the end."""
    return np.asarray(np.nan_to_num(seen.own, nan=-np.inf) >= 0.8 * seen.end[:, None])


def linear(seen: Wear, window: int = 14, horizon: int = 30) -> Alarms:
    """Alarm when least squares over 14 days reach the end within 30 (predict_linear)."""
    out = np.zeros(seen.own.shape, dtype=bool)
    for day in range(window - 1, seen.own.shape[1]):
        ahead = _line(seen.own[:, day + 1 - window : day + 1], horizon)
        out[:, day] = ahead >= seen.end
    return out


def ewma(seen: Wear, weight: float = 0.1) -> Alarms:
    """Alarm when an exponential average leaves three standard deviations of the first 60 days."""
    early = seen.own[:, :60]
    with np.errstate(invalid="ignore"):
        mean, sigma = np.nanmean(early, axis=1), np.nanstd(early, axis=1)
    level, out = mean.copy(), np.zeros(seen.own.shape, dtype=bool)
    limit = 3 * sigma * np.sqrt(weight / (2 - weight))
    for day in range(seen.own.shape[1]):
        value = np.where(np.isnan(seen.own[:, day]), level, seen.own[:, day])
        level = level + weight * (value - level)
        out[:, day] = (day >= 60) & (level - mean > limit)
    return out


def forest(seen: Wear) -> Alarms:
    """Alarm where an isolation forest with its defaults calls a device-day an outlier."""
    from sklearn.ensemble import IsolationForest  # slow to load

    level = trailing_median(seen.own, 7)
    before = np.roll(level, 14, axis=1)
    before[:, :14] = np.nan
    rows = np.stack([seen.own, level, level - before], axis=-1)
    good: Alarms = np.asarray(np.isfinite(rows).all(axis=-1))
    out = np.zeros(seen.own.shape, dtype=bool)
    if good[:, :90].sum() < 50:
        return out
    fitted = IsolationForest(random_state=0).fit(rows[:, :90][good[:, :90]][:5000])
    out[good] = fitted.predict(rows[good]) < 0
    out[:, :90] = False
    return out


RIVALS: Final[dict[str, Callable[[Wear], Alarms]]] = {
    "static threshold": static,
    "14-day linear prediction": linear,
    "EWMA 3 sigma": ewma,
    "isolation forest": forest,
}


def _line(values: Floats, ahead: int) -> Floats:
    x = np.arange(values.shape[1]) - (values.shape[1] - 1.0)
    known = ~np.isnan(values)
    count = known.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_x = (known * x).sum(axis=1) / count
        mean_y = np.nansum(values, axis=1) / count
        away = np.where(known, x - mean_x[:, None], 0.0)
        slope = np.nansum(away * np.nan_to_num(values - mean_y[:, None]), axis=1) / (away**2).sum(axis=1)
        out = mean_y + slope * (ahead - mean_x)
    return np.where(count >= 5, out, -np.inf)
