"""What siblings say of a series that has not seen enough itself: the cold start.

A class is a maker, a model and a metric (or whatever the caller groups by); its members that know their day
give it a pattern, a level and a scale, each a median. A young series listens to its class by n0 / (n + n0).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

FEWEST: Final = 3  # members that know their day, for a class to have an opinion
MAD_TO_SIGMA: Final = 1.4826


@dataclass(frozen=True, slots=True)
class Priors:
    """One opinion per class.

    Attributes:
        of: the class of each series, -1 for none.
        level: [class], in the unit of the metric.
        hour: [24, class], relative to the level.
        scale: [class], of one series around its own normal and of the siblings among each other.
    """

    of: Numbers
    level: Floats
    hour: Floats
    scale: Floats

    def blend(
        self,
        series: Numbers,
        hour: Numbers,
        *,
        expected: Floats,
        scale: Floats,
        learnt: Floats,
        weight: float,
    ) -> tuple[Floats, Floats]:
        """Return what to expect, and its scale, from a series' own past and that of its class.

        Args:
            series: numbers of the series.
            hour: the hour of the day, for each.
            expected: what each series expects of itself; NaN while it knows nothing.
            scale: likewise.
            learnt: the time observed, seconds.
            weight: the time observed at which a series and its class have the same say, seconds.
        """
        group = self.of[series]
        has = (group >= 0) & np.isfinite(self.level[group])
        share = np.where(np.isnan(expected), 0.0, learnt / (learnt + weight))
        siblings = self.level[group] + self.hour[hour, group]
        own = np.where(np.isnan(expected), 0.0, expected)
        mixed = np.where(has, share * own + (1 - share) * siblings, expected)
        variance = share * scale**2 + (1 - share) * np.where(has, self.scale[group], 0.0) ** 2
        return mixed, np.where(has, np.sqrt(variance), scale)


def learn_priors(
    of: Numbers, level: Floats, hours: Floats, scale: Floats, is_ready: NDArray[np.bool_]
) -> Priors:
    """Return what each class says, from its members that know their day.

    Args:
        of: the class of each series, -1 for none.
        level: [series].
        hours: [24, series], relative to the level.
        scale: [series].
        is_ready: which series know their day.
    """
    classes = int(of.max(initial=-1)) + 1
    found = Priors(
        of, np.full(classes + 1, np.nan), np.zeros((len(hours), classes + 1)), np.ones(classes + 1)
    )
    wanted = np.flatnonzero(is_ready & (of >= 0))
    for members in np.split(wanted[np.argsort(of[wanted], kind="stable")], _borders(of[wanted])):
        if len(members) < FEWEST:
            continue
        group = of[members[0]]
        middle = float(np.median(level[members]))
        between = MAD_TO_SIGMA * float(np.median(np.abs(level[members] - middle)))
        found.level[group] = middle
        found.hour[:, group] = np.median(hours[:, members], axis=1)
        found.scale[group] = float(np.hypot(np.median(scale[members]), between))
    return found


def _borders(groups: Numbers) -> Numbers:
    """Return where one group ends and the next begins, once they are sorted."""
    return np.asarray(np.cumsum(np.unique(groups, return_counts=True)[1])[:-1], dtype=np.intp)
