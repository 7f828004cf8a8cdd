"""Shapes and small tools that all picture measures share."""

from collections.abc import Sequence
from functools import lru_cache
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
NEAR_LINE: Final = 2.0  # luma steps: half of the points nearer to their line than this need no other


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


def block_means(values: MatLike) -> Map:
    """Return the exact mean of each block of whole numbers, shape (18, 32)."""
    rows, columns = values.shape
    if rows % GRID[1]:
        return blocks(floats(values))
    high = rows // GRID[1]
    if (
        values.dtype == np.uint8 and not columns % GRID[0]
    ):  # by the sums of all above and to the left of a corner
        corners = cv2.integral(values)[::high, :: columns // GRID[0]]
        down = corners[1:] - corners[:-1]
        return floats(down[:, 1:] - down[:, :-1]) / np.float32(high * (columns // GRID[0]))
    sums = values.reshape(GRID[1], high, columns).sum(axis=1, dtype=np.uint32)
    return floats(sums.astype(np.float32) @ averaging(columns, GRID[0]).T / np.float32(high))


def quartered(values: Luma) -> Map:
    """Return a picture at a quarter of its size, each pixel the mean of 4 x 4."""
    rows, columns = values.shape
    if rows % 4 or columns % 4:
        return area(floats(values), (max(8, columns // 4), max(8, rows // 4)))
    down = values.reshape(rows // 4, 4, columns).sum(axis=1, dtype=np.uint16)
    pairs = down[:, ::2] + down[:, 1::2]
    return floats(pairs[:, ::2] + pairs[:, 1::2]) / np.float32(16)


@lru_cache(maxsize=16)
def averaging(size: int, cells: int) -> Map:
    """Return the matrix that averages `size` values into `cells` parts, shared values by their share."""
    edges = np.linspace(0, size, cells + 1)
    at = np.arange(size)
    overlap = np.minimum(at + 1, edges[1:, None]) - np.maximum(at, edges[:-1, None])
    return floats(np.clip(overlap, 0, 1) * cells / size)


def middle(values: Map | NDArray[np.float64], where: Mask | None = None) -> float:
    """Return the median of the values, of those in `where` alone if given; NaN of none."""
    chosen = np.sort(values if where is None else values[where], axis=None)  # a tenth of what np.median costs
    half = chosen.size // 2
    if not chosen.size:
        return float("nan")
    return float(chosen[half]) if chosen.size % 2 else float(chosen[half - 1] + chosen[half]) / 2


def quantile(values: Map | NDArray[np.float64], share: float) -> float:
    """Return the value that a share (0-1) of all lies below, between two in proportion; NaN of none."""
    chosen = np.sort(values, axis=None)
    if not chosen.size:
        return float("nan")
    place = share * (chosen.size - 1)
    low = int(place)
    high = min(low + 1, chosen.size - 1)
    return float(chosen[low] + (place - low) * (chosen[high] - chosen[low]))


def line(x: Map, y: Map) -> tuple[float, float]:
    """Return slope and start of the line through some points, by least squares; level where x is all one."""
    mean_x, mean_y = float(x.mean()), float(y.mean())
    away = x - np.float32(mean_x)
    power = float(away @ away)
    slope = float(away @ (y - np.float32(mean_y))) / power if power > 1e-6 else 0.0
    return slope, mean_y - slope * mean_x


def steady_line(x: Map, y: Map, keep: float) -> tuple[float, float]:
    """Return the line through most of some points, whatever the others do.

    Begun with that of three lines which half of the points lie nearest to: least squares, a gain alone, an
    offset alone. The least squares of what is left when a large, light thing went is far from all points.

    Args:
        x: of each point how far along.
        y: of each point how high.
        keep: share of them that the line is fitted to, twice.
    """
    slope, start = line(x, y)
    if middle(np.abs(y - (slope * x + start))) > NEAR_LINE:
        starts = [(slope, start), (middle((y + 1) / (x + 1)), 0.0), (1.0, middle(y - x))]
        slope, start = min(starts, key=lambda one: middle(np.abs(y - (one[0] * x + one[1]))))
    for _ in range(2):
        away = np.abs(y - (slope * x + start))
        near = away <= quantile(away, keep)
        slope, start = line(x[near], y[near])
    return slope, start


def typical(arrays: Sequence[Map]) -> Map:
    """Return the median of some arrays, place by place."""
    if len(arrays) <= 2:
        return arrays[0] if len(arrays) == 1 else (arrays[0] + arrays[1]) / np.float32(2)
    if len(arrays) == 3:
        one, two, three = arrays
        return np.maximum(np.minimum(one, two), np.minimum(np.maximum(one, two), three))
    return floats(np.median(np.stack(arrays), axis=0))
