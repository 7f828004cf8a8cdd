"""How a measured quantity wears: which way is worse, and where it ends. Plain data."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import numpy as np

from models.learning.robust import Floats


class Toward(StrEnum):
    """Which way is worse."""

    FALLING = "falling"
    RISING = "rising"
    EITHER = "either"  # nobody told


class Scale(StrEnum):
    """On what scale wear is followed, so that 0 is hand-over and 1 is the end."""

    RATIO = "ratio"  # logarithm of the value as a multiple of its value at hand-over
    OFFSET = "offset"  # difference to the value at hand-over
    DECADES = "decades"  # logarithm of the value itself above a floor: rates that grow by factors
    ABSOLUTE = "absolute"  # the value itself, without its sign; falling: below hand-over
    AUTO = "auto"  # RATIO where all values are positive and steady, else OFFSET in units of its noise


class Reduce(StrEnum):
    """How the hours of a day become one number."""

    MEDIAN = "median"
    GROWTH = "growth"  # of a counter, per day


ALL_DAY: Final = (0, 24)
NIGHT: Final = (23, 4)  # local standard time; the hours that are dark nearly everywhere
DAYLIGHT: Final = (10, 15)


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric that tells of a component's wear.

    Attributes:
        metric: its name in the catalogue (or in a foreign data set).
        toward: which way is worse.
        scale: how wear is followed.
        limit: where it ends: a multiple of hand-over (RATIO), a difference (OFFSET), a value (others);
            0 under AUTO.
        floor: the smallest value that means anything (DECADES).
        reduce: how a day becomes one number.
        hours: local hours that count, from and until; may pass midnight.
        times: name of a metric by which each hour is multiplied first (runtime x load is capacity).
        least_hours: measured hours that make a day.
        shared: whether siblings feel the same season and weather, so that their median is taken off.
    """

    metric: str
    toward: Toward
    scale: Scale
    limit: float
    floor: float = 0.0
    reduce: Reduce = Reduce.MEDIAN
    hours: tuple[int, int] = ALL_DAY
    times: str = ""
    least_hours: int = 2
    shared: bool = True


@dataclass(frozen=True, slots=True)
class Component:
    """Something that wears out. Its name, what to do and the spare stand in the message catalogue.

    Attributes:
        key: stable name.
        measures: what tells of its wear.
        becomes: codes of the faults that it would end in, the likeliest first.
        spare_days: how long a spare takes to come.
        visit_days: how far apart visits are: what would not last until the next one is done at this one.
        aliases: other names in use for it.
        passes: whether it may be well again by itself: rain washes a dome, a spider moves on.
    """

    key: str
    measures: tuple[Measure, ...]
    becomes: tuple[str, ...]
    spare_days: float = 14.0
    visit_days: float = 60.0
    aliases: tuple[str, ...] = field(default=())
    passes: bool = False

    @property
    def horizon_days(self) -> float:
        """Time left below which something must be done: until the spare is here and the next visit is due."""
        return self.spare_days + self.visit_days


NEAR: Final = 0.02  # of the limit: what was handed over nearer to it has this far to go


def in_hours(measure: Measure) -> tuple[int, ...]:
    """Return the local hours of a day that count."""
    first, last = measure.hours
    return tuple(range(first, last)) if first < last else (*range(first, 24), *range(last))


def worn(values: Floats, base: Floats, measure: Measure) -> Floats:
    """Return values on the measure's scale, worse is more; 0 at hand-over where it is measured from there.

    Args:
        values: shape (series, days), NaN where not measured.
        base: the value at hand-over, shape (series,).
        measure: not of scale AUTO, and towards one side.
    """
    sign = -1.0 if measure.toward is Toward.FALLING else 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure.scale is Scale.RATIO:
            # A value that fell to nothing is worn out, not unknown: a thousandth of hand-over.
            out = sign * np.log(np.maximum(values / base[:, None], 1e-3))
        elif measure.scale is Scale.OFFSET:
            out = sign * (values - base[:, None])
        elif measure.scale is Scale.DECADES:
            out = sign * np.log(np.maximum(values, measure.floor) / measure.floor)
        else:
            out = np.abs(values) if sign > 0 else base[:, None] - values
    return np.where(np.isfinite(out), out, np.nan)


def end(base: Floats, measure: Measure) -> Floats:
    """Return where a component ends on that scale, for each series."""
    sign = -1.0 if measure.toward is Toward.FALLING else 1.0
    if measure.scale is Scale.RATIO:
        return np.full(len(base), sign * np.log(measure.limit))
    if measure.scale is Scale.DECADES:
        return np.full(len(base), sign * np.log(measure.limit / measure.floor))
    if measure.scale is Scale.ABSOLUTE and sign < 0:
        return np.maximum(base - measure.limit, NEAR * max(abs(measure.limit), NEAR))
    return np.full(len(base), measure.limit)
