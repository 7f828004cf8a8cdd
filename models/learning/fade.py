"""When does a capacity that fades over cycles or days reach its end? Several views of one curve, averaged.

One straight line through the newest values is early where a battery recovers after a rest, one through its
whole life is late where fading speeds up. Theil-Sen lines through the last third, two thirds and all of the
life see both; the mean of their answers is taken.
"""

from typing import Final

import numpy as np

from models.learning.robust import Floats, theil_sen

VIEWS: Final = (1 / 3, 2 / 3, 1.0)  # shares of the life so far
LEAST: Final = 20  # values in a view
TAIL: Final = 1.2816  # standard deviations of a normal distribution that 80 % lie within


def time_left(times: Floats, values: Floats, level: float) -> float:
    """Return the time from the last value until a falling curve reaches `level`; inf if it does not fall."""
    left = []
    for share in VIEWS:
        width = min(len(values), max(LEAST, int(len(values) * share)))
        slope, now = theil_sen(values[None, -width:], times[-width:])
        if slope[0] < 0:
            left.append(max(0.0, (level - now[0]) / slope[0]))
    return float(np.mean(left)) if left else float("inf")


def slack(times: Floats, values: Floats) -> float:
    """Return the time in which a curve fades by as much as single values lie off it: no date is finer."""
    width = min(len(values), max(LEAST, int(len(values) * VIEWS[1])))
    recent, at = values[-width:], times[-width:]
    slope, now = theil_sen(recent[None], at)
    if slope[0] >= 0:
        return 0.0
    off = recent - (now[0] + slope[0] * (at - at[-1]))
    return float(TAIL * np.sqrt(np.mean(off**2)) / -slope[0])
