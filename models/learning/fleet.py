"""Which device of a class is unlike its siblings: all of them beside each other, by what is usual for each.

Evidence for a person, never a ticket: a camera may be unlike the others because it looks at the sea.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.learning.ellipse import Ellipse, chi_square

Floats = NDArray[np.float64]

FEWEST: Final = 8  # devices of a class
SHARE: Final = 0.7  # of the devices must have a feature for it to be compared
FEATURES: Final = 30


@dataclass(frozen=True, slots=True)
class Siblings:
    """How far each device of a class is from the others.

    Attributes:
        score: [device], over the distance that one in a thousand alike exceeds; NaN for nothing known.
        worst: [device], the column in which it differs most; -1 for none.
    """

    score: Floats
    worst: NDArray[np.intp]


def compare(rows: Floats) -> Siblings:
    """Compare the devices of one class.

    Args:
        rows: [device, feature], NaN for not known; in any unit.
    """
    known = np.isfinite(rows)
    score, worst = np.full(len(rows), np.nan), np.full(len(rows), -1, dtype=np.intp)
    usable = (
        np.flatnonzero(known.mean(axis=0) >= SHARE)[:FEATURES] if len(rows) else np.zeros(0, dtype=np.intp)
    )
    some = known[:, usable].any(axis=1) if len(usable) else np.zeros(len(rows), dtype=bool)
    if some.sum() < FEWEST:
        return Siblings(score, worst)
    table = rows[np.ix_(some, usable)]
    middle = np.nanmedian(table, axis=0)
    # What is not known of a device does not set it apart.
    table = np.where(np.isfinite(table), table, middle)
    varies = np.ptp(table, axis=0) > 0
    if not varies.any():
        score[some] = 0.0
        return Siblings(score, worst)
    table, columns = table[:, varies], usable[varies]
    found = Ellipse.of_most(table)
    score[some] = found.distance(table) / np.sqrt(chi_square(0.999, table.shape[1]))
    worst[some] = columns[np.argmax(np.abs((table - found.middle) / found.scale), axis=1)]
    return Siblings(score, worst)
