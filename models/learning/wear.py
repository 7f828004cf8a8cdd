"""From daily values to wear: how far each series is from hand-over, apart from what its siblings show too.

0 is hand-over and `end` the end of life, on the measure's scale. All is computed for the whole fleet at once
and reads only the past.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.learning.course import healed
from models.learning.measures import Measure, Reduce, Scale, Toward, end, worn
from models.learning.robust import Floats, held, median, spread, trailing_mean, trailing_median

Ints = NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class Guards:
    """What a trend must pass; one set for all components and fleets."""

    learn_days: int = 21  # hand-over: no trend before so many measured days
    level_days: int = 7  # the level is their median
    likely: float = 0.3  # probability from which on a trend is spoken of at all
    depleted: float = 0.15  # share of the way from hand-over to the end, of what has no slope
    spreads: float = 1.5  # level in standard deviations between siblings
    siblings: int = 6  # fewer tell nothing of a season
    record: float = 0.05  # by how much (share of the way) it is worse than what passed again by itself
    record_days: int = 56  # what is older counts as passed
    record_level_days: int = 21  # what was shorter than half of this does not count
    at_end_days: int = 5  # days in a row at the end that are no weather
    stands: float = 0.4  # share of the way at which a component that stays there is told without a trend
    stands_days: int = 14  # so long, each measured day: longer than what passes by itself
    stands_left: float = 30.0  # days; a guess, as no slope tells
    guessed_left: float = 14.0  # days; the least that is said where the end is a guess
    repaired_from: float = 0.8  # share of the way from which a return to `repaired_to` is a repair
    repaired_to: float = 0.35


GUARDS: Final = Guards()
NO_END: Final = 1e12  # of what is 0 and never moved: nothing is known of it


@dataclass(frozen=True, slots=True)
class Panel:
    """One measure of one component over a fleet, a column a day.

    Attributes:
        values: shape (series, days), NaN where not measured.
        site: number of each series' site, shape (series,).
        begins: first column of each series' present life (hand-over, repair, swap), shape (series,).
    """

    values: Floats
    site: Ints
    begins: Ints

    @classmethod
    def of(cls, values: Floats, site: Ints | None = None) -> "Panel":
        """Return a panel whose series all begin with their first column."""
        zero = np.zeros(len(values), dtype=int)
        return cls(np.asarray(values, dtype=float), zero if site is None else site, zero)


@dataclass(frozen=True, slots=True)
class Wear:
    """What a panel shows: everything is causal, column t knows columns up to t.

    Attributes:
        measure: with AUTO and EITHER resolved.
        own: wear on the measure's scale, shape (series, days).
        apart: wear less what siblings show.
        level: trailing median of `apart`.
        raw_level: trailing median of `own`.
        end: wear at which a component ends, shape (series,).
        noise: standard deviation of one day, shape (series, days).
        base: the value at hand-over, shape (series,).
        begins: first column of the present life at each column, shape (series, days).
        record: the worst level that passed again by itself, shape (series, days).
        healed: by how much it went back by itself at most, in this life, shape (series, days).
        common: what siblings show, shape (series, days).
        between: standard deviation between siblings' levels, shape (days,), NaN where too few.
        ready: whether enough was measured, shape (series, days).
        guessed: whether the end is a guess, as nobody named one: then nothing is past it for sure.
    """

    measure: Measure
    own: Floats
    apart: Floats
    level: Floats
    raw_level: Floats
    end: Floats
    noise: Floats
    base: Floats
    begins: Ints
    record: Floats
    between: Floats
    healed: Floats
    common: Floats
    ready: NDArray[np.bool_]
    guessed: bool = False


def wear(panel: Panel, measure: Measure, guards: Guards = GUARDS) -> tuple[Wear, ...]:
    """Return what a panel shows; twice, once for each way, where nobody told which is worse."""
    counted = measure.reduce is Reduce.GROWTH
    panel = replace(panel, values=trailing_mean(panel.values) if counted else held(panel.values))
    base = _base(panel, guards)
    resolved = _resolve(panel, measure, base, guards)
    both = (Toward.FALLING, Toward.RISING)
    ways = both if resolved.toward is Toward.EITHER else (resolved.toward,)
    guessed = measure.scale is Scale.AUTO
    return tuple(
        replace(_wear(panel, _one_way(resolved, toward), base, guards), guessed=guessed) for toward in ways
    )


def _base(panel: Panel, guards: Guards) -> Floats:
    """Return each series' median over its first measured days of this life."""
    lived = np.arange(panel.values.shape[1]) >= panel.begins[:, None]
    measured = lived & ~np.isnan(panel.values)
    first = measured & (np.cumsum(measured, axis=1) <= guards.learn_days)
    return median(np.where(first, panel.values, np.nan))


def _resolve(panel: Panel, measure: Measure, base: Floats, guards: Guards) -> Measure:
    """Return the measure with a scale that fits the values, where nobody named one."""
    if measure.scale is not Scale.AUTO:
        return measure
    early = panel.values[:, : 2 * guards.learn_days]
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = float(median(spread(early) / base))
    positive = not np.any(early <= 0)
    if positive and relative < 0.25:
        return replace(measure, scale=Scale.RATIO, limit=measure.limit or 0.67)
    return replace(measure, scale=Scale.OFFSET, limit=measure.limit or 0.0)


def _one_way(measure: Measure, toward: Toward) -> Measure:
    rising_ratio = measure.scale is Scale.RATIO and toward is Toward.RISING and measure.limit < 1
    limit = 1 / measure.limit if rising_ratio else measure.limit
    return replace(measure, toward=toward, limit=limit)


def _wear(panel: Panel, measure: Measure, base: Floats, guards: Guards) -> Wear:
    own = worn(panel.values, base, measure)
    own = np.where(np.arange(own.shape[1]) >= panel.begins[:, None], own, np.nan)
    raw_level = trailing_median(own, guards.level_days)
    ends = _ends(base, measure, own, guards)
    common = _common(own, panel.site, guards) if measure.shared else np.zeros_like(own)
    apart = own - common
    noise = _noise(apart)
    level = trailing_median(apart, guards.level_days)
    begins = _lives(level, ends, panel.begins, guards)
    return Wear(
        measure=measure, own=own, apart=apart, level=level, raw_level=raw_level, end=ends, noise=noise,
        base=base, begins=begins, record=_record(apart, begins, guards), between=_between(level, guards),
        healed=healed(level, begins), common=common,
        ready=np.cumsum(~np.isnan(own), axis=1) >= guards.learn_days,
    )  # fmt: skip


def _ends(base: Floats, measure: Measure, own: Floats, guards: Guards) -> Floats:
    if measure.limit:
        return end(base, measure)
    # Nobody knows the end: a change that its noise at hand-over makes unthinkable.
    # Without noise: one that its siblings' noise does; else one of half the value.
    early = own[:, : 2 * guards.learn_days]
    ends = 16 * np.maximum(spread(early), _deviation(early) / 2)
    noisy = ends > 0
    usual = np.median(ends[noisy]) if noisy.any() else np.where(base != 0, np.abs(base) / 2, NO_END)
    return np.where(noisy, ends, usual)


def _deviation(values: Floats) -> Floats:
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=1), 1)
    mean = np.where(known, values, 0).sum(axis=1) / count
    return np.asarray(np.sqrt((np.where(known, values - mean[:, None], 0) ** 2).sum(axis=1) / count))


def _noise(own: Floats, block: int = 7) -> Floats:
    """Return the standard deviation of a day, from differences over a week, so that slow change is no noise.

    Taken anew each week over the last 120 days.
    """
    out = np.full(own.shape, np.nan)
    lagged = np.full(own.shape, np.nan)
    lagged[:, block:] = own[:, block:] - own[:, :-block]
    for at in range(0, own.shape[1], block):
        past = lagged[:, max(0, at - 120) : at + 1]
        out[:, at : at + block] = (spread(past) / np.sqrt(2))[:, None]
    return out


def _common(own: Floats, site: Ints, guards: Guards) -> Floats:
    """Return what siblings show each day: their median at the same site, or in the fleet where few are."""
    own = own - median(own[:, : guards.learn_days])[:, None]  # where 0 is not hand-over
    fleet = _column_median(own, guards.siblings)
    out = np.broadcast_to(np.where(np.isnan(fleet), 0.0, fleet), own.shape).copy()
    for number in np.unique(site):
        mine = site == number
        local = _column_median(own[mine], guards.siblings)
        out[mine] = np.where(np.isnan(local), out[mine], local)
    return out


def _column_median(values: Floats, least: int) -> Floats:
    enough = np.sum(~np.isnan(values), axis=0) >= least
    return np.where(enough, median(values.T), np.nan)


def _between(level: Floats, guards: Guards) -> Floats:
    enough = np.sum(~np.isnan(level), axis=0) >= guards.siblings
    return np.where(enough, spread(level.T), np.nan)


def _lives(level: Floats, ends: Floats, begins: Ints, guards: Guards) -> Ints:
    """Return the first column of the present life: one begins where a component at its end is well again."""
    out = np.empty(level.shape, dtype=int)
    start, worst = begins.copy(), np.full(len(level), -np.inf)
    for column in range(level.shape[1]):
        share = level[:, column] / ends
        worst = np.fmax(worst, share)
        repaired = (worst >= guards.repaired_from) & (share < guards.repaired_to)
        start[repaired], worst[repaired] = column, share[repaired]
        out[:, column] = start
    return out


def _record(apart: Floats, begins: Ints, guards: Guards) -> Floats:
    """Return the worst level of this life that is older than a window: wear does not heal, weather does."""
    level = trailing_median(apart, guards.record_level_days)
    out = np.full(level.shape, -np.inf)
    worst = np.full(len(level), -np.inf)
    for column in range(guards.record_days, level.shape[1]):
        old = column - guards.record_days
        is_earlier = begins[:, column] + guards.record_level_days > old + 1
        worst = np.where(is_earlier, -np.inf, np.fmax(worst, level[:, old]))
        out[:, column] = worst
    return out
