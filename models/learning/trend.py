"""Trend to threshold: is a component wearing out, how fast, and when will it be at its end?

    daily values ─▶ wear since hand-over ─▶ minus what siblings show too ─▶ signs ─▶ probability ─▶ outlook

A plain straight line through two weeks forecasts failures of healthy devices by the dozen: seasons, weather
and single steps look like wear for a while. So it is weighed how far from hand-over a component is, in units
of the way to the end, of its own noise and of its siblings' differences; how much worse than ever before in
this life; how significant its robust slopes (Theil-Sen) over several windows are; and how much better a line
explains them than one step (`signs`). `odds` makes a probability of it. All is computed for the whole fleet
at once and reads only the past.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.learning.course import healed
from models.learning.measures import Measure, Reduce, Scale, Toward, end, worn
from models.learning.odds import AT_END, STANDS, probability
from models.learning.robust import Floats, held, median, spread, trailing_mean, trailing_median
from models.learning.signs import Signs, signs

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


@dataclass(frozen=True, slots=True)
class Outlook:
    """A trend that passed the guards.

    Attributes:
        row: of the panel.
        days_left: until the end is reached; 0 when it is.
        slope: wear a day, in shares of the way from hand-over to the end.
        depleted: share of that way that is used up.
        significance: of the slope, in its own standard deviations.
        window: days over which the slope was taken; 0: no slope, it stays far on the way, or at its end.
        now: present value in the metric's unit.
        base: value at hand-over.
        siblings: present median wear of siblings, in shares of the same way; NaN where there are too few.
        probability: that it is on its way to a failure.
        column: the day.
    """

    row: int
    days_left: float
    slope: float
    depleted: float
    significance: float
    window: int
    now: float
    base: float
    siblings: float
    probability: float = 0.0
    column: int = 0


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


def outlooks(seen: Wear, column: int, *, within: float = np.inf, guards: Guards = GUARDS) -> list[Outlook]:
    """Return the trends of one day that are likely to end, `within` so many days, in a failure."""
    return outlooks_on(seen, np.array([column]), within=within, guards=guards)


def outlooks_on(
    seen: Wear, columns: Ints, *, within: float = np.inf, guards: Guards = GUARDS
) -> list[Outlook]:
    """Return the outlooks of several days, by day and row."""
    best: dict[tuple[int, int], Outlook] = {}
    for found in signs(seen, columns):
        chance = probability(found.table)
        for i in np.flatnonzero((chance >= guards.likely) & (found.window > 0) & (found.left <= within)):
            one = _trend(seen, found, int(i), float(chance[i]))
            best[one.column, one.row] = one
    for column in columns:
        day, level = int(column), seen.level[:, column]
        for row in np.flatnonzero(_stands(seen, day, guards)):
            one = _outlook(seen, day, int(row), now=float(level[row]), left=min(within, guards.stands_left))
            best.setdefault((day, int(row)), replace(one, probability=STANDS))
        for row in np.flatnonzero(_at_end(seen, day, guards) & (level >= seen.end)):
            one = _outlook(seen, day, int(row), now=float(level[row]))
            best.setdefault((day, int(row)), replace(one, probability=AT_END))
    least = guards.guessed_left if seen.guessed else 0.0
    return [replace(best[key], days_left=max(best[key].days_left, least)) for key in sorted(best)]


# ---------------------------------------------------------------- from values to wear


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


# ---------------------------------------------------------------- guards


def _far_enough(seen: Wear, column: int, guards: Guards) -> NDArray[np.bool_]:
    level = seen.level[:, column]
    floor = np.maximum(guards.depleted * seen.end, 2 * seen.noise[:, column])
    between = seen.between[column]
    if not np.isnan(between):
        floor = np.maximum(floor, guards.spreads * between)
    floor = np.fmax(floor, seen.record[:, column] + guards.record * seen.end)
    with np.errstate(invalid="ignore"):
        return seen.ready[:, column] & (level >= floor) & (seen.raw_level[:, column] >= floor / 2)


def _at_end(seen: Wear, column: int, guards: Guards) -> NDArray[np.bool_]:
    first = max(0, column - guards.at_end_days + 1)
    recent = seen.own[:, first : column + 1]
    with np.errstate(invalid="ignore"):
        beyond = np.sum(recent >= seen.end[:, None], axis=1)
    measured = np.sum(~np.isnan(recent), axis=1)
    at_end: NDArray[np.bool_] = seen.ready[:, column] & (measured >= 3) & (beyond == measured)
    return at_end


def _stands(seen: Wear, column: int, guards: Guards) -> NDArray[np.bool_]:
    """Return what came far at once and stays there: a dead string of LEDs, a lens that was knocked."""
    recent = seen.apart[:, max(0, column - guards.stands_days + 1) : column + 1]
    measured = np.sum(~np.isnan(recent), axis=1)
    with np.errstate(invalid="ignore"):
        far = np.sum(recent >= guards.stands * seen.end[:, None], axis=1)
        before = seen.level[:, max(0, column - guards.stands_days - 10)]
        jumped = seen.level[:, column] - before >= guards.stands * seen.end  # not by season or slow ageing
    stands: NDArray[np.bool_] = jumped & (measured >= guards.stands_days / 2) & (far == measured)
    return stands & _far_enough(seen, column, guards)


def _trend(seen: Wear, found: Signs, i: int, chance: float) -> Outlook:
    one = _outlook(
        seen, int(found.column[i]), int(found.row[i]),
        now=float(found.level[i]), slope=float(found.slope[i]), left=float(found.left[i]),
        window=int(found.window[i]), significance=float(found.significance[i]),
    )  # fmt: skip
    return replace(one, probability=chance)


def _outlook(
    seen: Wear,
    column: int,
    row: int,
    *,
    now: float,
    slope: float = 0.0,
    left: float = 0.0,
    window: int = 0,
    significance: float = 0.0,
) -> Outlook:
    whole = seen.end[row]
    siblings = seen.own[:, column] - seen.apart[:, column]
    return Outlook(
        row=row,
        days_left=left,
        slope=slope / whole,
        depleted=now / whole,
        significance=significance,
        window=window,
        now=value_of(seen, row, float(seen.raw_level[row, column])),
        base=float(seen.base[row]),
        siblings=float(siblings[row] / whole),
        column=column,
    )


def value_of(seen: Wear, row: int, level: float) -> float:
    """Return a level of wear as a value in the metric's unit."""
    sign = -1.0 if seen.measure.toward is Toward.FALLING else 1.0
    base = float(seen.base[row])
    match seen.measure.scale:
        case Scale.RATIO:
            return float(base * np.exp(sign * level))
        case Scale.OFFSET:
            return base + sign * level
        case Scale.DECADES:
            return float(seen.measure.floor * np.exp(sign * level))
        case _:
            return level if sign > 0 else base - level
