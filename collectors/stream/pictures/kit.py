"""Shapes and small tools that all picture measures share."""

from typing import Final, NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
Map = NDArray[np.float32]
Mask = NDArray[np.bool_]

GRID: Final = (32, 18)  # columns and rows of blocks that things are told by: 20 pixels of 640 x 360
THUMB: Final = (192, 108)  # columns and rows of the small picture that structure is compared in
GREY: Final = 128.0


class Frame(NamedTuple):
    """One decoded picture.

    Attributes:
        luma: (360, W) uint8, full range.
        blue, red: colour difference planes of any size, uint8, 128 is grey; None where there is no colour.
        full: luma at the size it was sent in, for what shrinking hides; None where it is not at hand.
        at: seconds, on any clock; None when not known.
    """

    luma: Luma
    blue: Luma | None = None
    red: Luma | None = None
    full: Luma | None = None
    at: float | None = None


def area(values: MatLike, size: tuple[int, int]) -> Map:
    """Return the mean of each cell of a grid of `size` (columns, rows)."""
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), np.float32)


def blocks(values: MatLike) -> Map:
    """Return the mean of each block, shape (18, 32)."""
    return area(values, GRID)


def floats(values: MatLike) -> Map:
    """Return values as float32."""
    return np.asarray(values, np.float32)


def middle(values: Map | NDArray[np.float64], where: Mask | None = None) -> float:
    """Return the median of the values, of those in `where` alone if given; NaN of none."""
    chosen = values if where is None else values[where]
    return float(np.median(chosen)) if chosen.size else float("nan")
