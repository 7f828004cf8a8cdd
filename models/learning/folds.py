"""Splits that do not flatter: by time with a gap, and no group on both sides."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.intp]
Flags = NDArray[np.bool_]


def grouped_forward(group: Numbers, day: Numbers, *, folds: int, purge: int) -> Iterator[tuple[Flags, Flags]]:
    """Yield (rows to learn from, rows to judge): the judged ones are later, and of other groups.

    Args:
        group: what may not stand on both sides: a drive, a device.
        day: when.
        folds: how many; the groups are dealt by number, the days cut into folds + 1 stretches.
        purge: days that are left out between the two sides.
    """
    part = group % 2
    cuts = np.quantile(day, np.arange(1, folds + 1) / (folds + 1))
    ends = np.append(cuts[1:], np.inf)
    for cut, end in zip(cuts, ends, strict=True):
        for mine in (0, 1):
            train = (day <= cut - purge) & (part != mine)
            judge = (day > cut) & (day <= end) & (part == mine)
            if train.any() and judge.any():
                yield train, judge
