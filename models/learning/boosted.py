"""A sum of small decision trees, as numbers: gradient boosting without the library that fitted it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.learning.robust import Floats

Ints = NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class Boosted:
    """Trees of one make: node 0 is a tree's root; a leaf has itself as both children.

    Attributes:
        start: log-odds before any tree.
        feature, bound, left, right, value: [tree, node]; a row goes left up to the bound.
        depth: of the deepest tree.
    """

    start: float
    feature: Ints
    bound: Floats
    left: Ints
    right: Ints
    value: Floats
    depth: int

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """Return the trees that plain data holds.

        Raises:
            KeyError, ValueError: it is something else.
        """
        feature, left, right = (np.array(data[name], dtype=int) for name in ("feature", "left", "right"))
        bound, value = (np.array(data[name], dtype=float) for name in ("bound", "value"))
        if not feature.shape == left.shape == right.shape == bound.shape == value.shape or feature.ndim != 2:
            raise ValueError("the parts of the trees do not fit together")
        return cls(float(data["start"]), feature, bound, left, right, value, int(data["depth"]))

    def log_odds(self, rows: Floats) -> Floats:
        """Return the log-odds of each row, [row, feature]."""
        tree = np.arange(len(self.feature))
        at = np.zeros((len(rows), len(tree)), dtype=int)
        row = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            goes_left = rows[row, self.feature[tree, at]] <= self.bound[tree, at]
            at = np.where(goes_left, self.left[tree, at], self.right[tree, at])
        return np.asarray(self.start + self.value[tree, at].sum(axis=1))
