"""Trend to threshold: is a component wearing out, how fast, and when will it be at its end?

    daily values ─▶ wear, less what siblings show too (`wear`) ─▶ signs ─▶ probability ─▶ outlook

A plain straight line through two weeks forecasts failures of healthy devices by the dozen: seasons, weather
and single steps look like wear for a while. So it is weighed how far from hand-over a component is, in units
of the way to the end, of its own noise and of its siblings' differences; how much worse than ever before in
this life; how significant its robust slopes (Theil-Sen) over several windows are; and how much better a line
explains them than one step (`signs`). `odds` makes a probability of it. All is computed for the whole fleet
at once and reads only the past.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.learning.measures import Scale, Toward
from models.learning.odds import AT_END, STANDS, probability
from models.learning.signs import Signs, signs
from models.learning.wear import GUARDS, Guards, Wear

Ints = NDArray[np.int_]


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
