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
        # Nodes are numbered through all trees and taken from flat arrays: twice as quick as by pairs.
        width = self.feature.shape[1]
        first = np.arange(len(self.feature)) * width
        feature, bound, value = self.feature.ravel(), self.bound.ravel(), self.value.ravel()
        children = np.stack([self.right + first[:, None], self.left + first[:, None]], axis=-1).ravel()
        flat, row = np.ascontiguousarray(rows).ravel(), np.arange(len(rows))[:, None] * rows.shape[1]
        at = np.broadcast_to(first, (len(rows), len(first)))
        for _ in range(self.depth):
            goes_left = flat.take(row + feature.take(at)) <= bound.take(at)
            at = children.take(2 * at + goes_left)
        return np.asarray(self.start + value.take(at).sum(axis=1))
