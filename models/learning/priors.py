"""What siblings say of a series that has not seen enough itself: the cold start.

A class is a maker, a model and a metric (or whatever the caller groups by); its members that know their day
give it a pattern, a level and a scale, each a median. A young series listens to its class by n0 / (n + n0).
A class of which fewer than three know their day is a mix of them and of what is usual for its kind of device
(`shipped`), by their number; that opinion fades to nothing while a series learns its own week.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.learning.shipped import Usual

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]

FEWEST: Final = 3  # members that know their day, for a class to have an opinion of its own
UNLIKE: Final = 4.0  # scales of a class from which on a young member is unlike it
MAD_TO_SIGMA: Final = 1.4826


@dataclass(frozen=True, slots=True)
class Priors:
    """One opinion per class.

    Attributes:
        of: the class of each series, -1 for none.
        level: [class], in the unit of the metric.
        hour: [24, class], relative to the level.
        scale: [class], of one series around its own normal and of the siblings among each other.
        is_shipped: [class], whether the opinion leans on what comes with the program.
    """

    of: Numbers
    level: Floats
    hour: Floats
    scale: Floats
    is_shipped: Flags

    def blend(
        self,
        series: Numbers,
        hour: Numbers,
        *,
        expected: Floats,
        scale: Floats,
        learnt: Floats,
        weight: float,
        ready: float,
    ) -> tuple[Floats, Floats]:
        """Return what to expect, and its scale, from a series' own past and that of its class.

        Args:
            series: numbers of the series.
            hour: the hour of the day, for each.
            expected: what each series expects of itself; NaN while it knows nothing.
            scale: likewise.
            learnt: the time observed, seconds.
            weight: the time observed at which a series and its class have the same say, seconds.
            ready: the time after which what comes with the program has none, seconds.
        """
        group = self.of[series]
        has = self._speaks(group)
        weighs = weight * np.where(self.is_shipped[group], np.maximum(1.0 - learnt / ready, 0.0), 1.0)
        share = np.where(np.isnan(expected), 0.0, learnt / np.maximum(learnt + weighs, 1.0))
        siblings = self.level[group] + self.hour[hour, group]
        own = np.where(np.isnan(expected), 0.0, expected)
        mixed = np.where(has, share * own + (1 - share) * siblings, expected)
        theirs = np.where(has, self.scale[group], 0.0)
        room = np.hypot(np.sqrt(share) * scale, np.sqrt(1 - share) * theirs)
        return mixed, np.where(has, room, scale)

    def unlike(self, series: Numbers, hour: Numbers, value: Floats) -> Flags:
        """Return which values are far from what the class of their series shows at this hour."""
        group = self.of[series]
        off = np.abs(value - self.level[group] - self.hour[hour, group])
        with np.errstate(invalid="ignore"):
            return np.asarray(self._speaks(group) & (off > UNLIKE * self.scale[group]))

    def _speaks(self, group: Numbers) -> Flags:
        return np.asarray((group >= 0) & np.isfinite(self.level[group]))


def learn_priors(
    of: Numbers,
    level: Floats,
    hours: Floats,
    scale: Floats,
    is_ready: Flags,
    *,
    shipped: Sequence[Usual | None] = (),
) -> Priors:
    """Return what each class says, from its members that know their day.

    Args:
        of: the class of each series, -1 for none.
        level: [series].
        hours: [24, series], relative to the level.
        scale: [series].
        is_ready: which series know their day.
        shipped: what is usual for each class's kind of device, as far as that is known.
    """
    classes = max(int(of.max(initial=-1)) + 1, len(shipped))
    found = Priors(
        of,
        np.full(classes + 1, np.nan),
        np.zeros((len(hours), classes + 1)),
        np.ones(classes + 1),
        np.zeros(classes + 1, dtype=bool),
    )
    for group, one in enumerate(shipped):
        if one is not None:
            found.level[group], found.scale[group], found.is_shipped[group] = one.level, one.scale, True
    wanted = np.flatnonzero(is_ready & (of >= 0) & np.isfinite(level))
    for members in np.split(wanted[np.argsort(of[wanted], kind="stable")], _borders(of[wanted])):
        if len(members):
            _take_up(found, int(of[members[0]]), level[members], hours[:, members], scale[members])
    return found


def _take_up(found: Priors, group: int, level: Floats, hours: Floats, scale: Floats) -> None:
    """Let the members of a class speak; few of them beside what is usual for their kind, if that is known."""
    few = len(level) < FEWEST
    if few and not found.is_shipped[group]:
        return
    share = len(level) / (len(level) + FEWEST) if few else 1.0
    middle = float(np.median(level))
    between = MAD_TO_SIGMA * float(np.median(np.abs(level - middle)))
    own = float(np.hypot(np.median(scale), between))
    shipped = (found.level[group], found.scale[group]) if few else (middle, own)
    found.level[group] = share * middle + (1 - share) * shipped[0]
    found.scale[group] = np.sqrt(share * own**2 + (1 - share) * shipped[1] ** 2)
    found.hour[:, group] = share * np.median(hours, axis=1)
    found.is_shipped[group] = few


def _borders(groups: Numbers) -> Numbers:
    """Return where one group ends and the next begins, once they are sorted."""
    return np.asarray(np.cumsum(np.unique(groups, return_counts=True)[1])[:-1], dtype=np.intp)
