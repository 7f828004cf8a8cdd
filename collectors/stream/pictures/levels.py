"""What a picture shows, as numbers. Pure functions on the luma plane.

Every function takes luma as `frames.luma` gives it: shape (H, W), uint8, 0 black to 255 white, and 360 lines
high, because sharpness and texture depend on resolution. No number here is a verdict: they depend on scene,
light and camera, and mean something beside the same camera's own past.
"""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from collectors.stream.pictures.kit import averaging
from models import metrics
from models.metrics import Metric

Luma = NDArray[np.uint8]

WHITE: Final = 255.0
GRID: Final = (16, 9)  # columns and rows of blocks that a change is looked for in
BLOCK: Final = 8  # pixels of a side of the blocks that texture is looked for in
EDGE: Final = 4.0  # luma steps per pixel: above what sensor noise leaves after smoothing, below a soft edge


def measure(luma: Luma) -> Iterator[tuple[Metric, float]]:
    """Yield all numbers that one picture gives."""
    yield from _levels(histogram(luma))
    yield metrics.PICTURE_SHARPNESS, sharpness(luma)
    yield metrics.PICTURE_TEXTURE, texture(luma)


def glimpse(luma: Luma) -> Iterator[tuple[Metric, float]]:
    """Yield those numbers that cost next to nothing, of each third line: as good for how bright it is."""
    yield from _levels(histogram(luma[1::3]))


def _levels(levels: NDArray[np.float64]) -> Iterator[tuple[Metric, float]]:
    yield metrics.PICTURE_LUMA, mean(levels)
    yield metrics.PICTURE_LUMA_P99, percentile(levels, 0.99)
    yield metrics.PICTURE_CONTRAST, contrast(levels)
    yield metrics.PICTURE_ENTROPY, entropy(levels)


def histogram(luma: Luma) -> NDArray[np.float64]:
    """Return the share of pixels at each of the 256 brightness levels; sums to 1."""
    counts = cv2.calcHist(
        [luma], [0], None, [256], [0, 256]
    )  # exact below 2**24 pixels, and counts bytes as bytes
    return counts.reshape(-1).astype(np.float64) / luma.size


def mean(levels: NDArray[np.float64]) -> float:
    """Return the mean brightness as a ratio, 0 black to 1 white."""
    return float(levels @ np.arange(256)) / WHITE


def percentile(levels: NDArray[np.float64], share: float) -> float:
    """Return the brightness ratio that `share` (0-1) of the pixels do not exceed.

    At 0.99 a few bright points, a lamp or the on-screen clock, still lift it: of a black picture both the
    99th percentile and the contrast are low.
    """
    return float(np.searchsorted(np.cumsum(levels), share - 1e-9)) / WHITE


def contrast(levels: NDArray[np.float64]) -> float:
    """Return the standard deviation of brightness over full scale: 0 flat, 0.5 half black half white."""
    steps = np.arange(256) / WHITE
    return float(np.sqrt(levels @ (steps - levels @ steps) ** 2))


def entropy(levels: NDArray[np.float64]) -> float:
    """Return Shannon's entropy of the brightness levels in bits: 0 for one level, 8 for all alike.

    It falls when something near and plain covers the lens.
    """
    present = levels[levels > 0]
    return abs(float(-(present * np.log2(present)).sum()))


def sharpness(luma: Luma) -> float:
    """Return how much fine detail a picture has: the variance of the Laplacian.

    The second difference is large at edges, and blur removes it (Pech-Pacheco et al., ICPR 2000). Noise
    raises it, so it is compared within one mode, day or night.

    Returns:
        Squared luma steps; 0 for a flat picture, no upper bound.
    """
    _, spread = cv2.meanStdDev(cv2.Laplacian(luma, cv2.CV_16S))
    return float(spread[0, 0]) ** 2


def texture(luma: Luma) -> float:
    """Return the share of blocks of 8 x 8 pixels that show an edge.

    The gradient is Sobel's of a smoothed picture, in luma steps per pixel; a block shows an edge when its
    strongest 2 x 2 pixels have a mean gradient of 4. A cover over half the lens takes about half of it away.

    Returns:
        0 for a flat picture, 1 when every block has an edge.
    """
    smooth = cv2.GaussianBlur(luma, (5, 5), 1.2)
    across, down = (cv2.Sobel(smooth, cv2.CV_32F, *axes) for axes in ((1, 0), (0, 1)))
    # The kernel's weights sum to 8 on a ramp of 1 a pixel, and four pixels are added up, not averaged.
    steep = cv2.boxFilter(cv2.magnitude(across, down), -1, (2, 2), normalize=False)
    shown = cv2.threshold(steep, 8 * 4 * EDGE - 1e-3, 1, cv2.THRESH_BINARY)[1]
    return float(_block_max(np.asarray(shown, np.uint8), BLOCK).mean())


def change(first: Luma, last: Luma) -> float | None:
    """Return how much changed: the upper quartile over 16 x 9 blocks of their mean absolute difference.

    A quarter of all blocks must differ to lift it: a clock running on the screen does not, and neither does
    one person in a corner; sensor noise does, since it is everywhere. So a source that stands still is near 0
    whatever its clock does. How near depends on the encoder: compare with the same camera's own past.

    Returns:
        Luma steps, 0-255; None when the pictures differ in size.
    """
    if first.shape != last.shape:
        return None
    difference = cv2.absdiff(first, last)
    rows, columns = difference.shape
    if rows % GRID[1]:
        down = averaging(rows, GRID[1]) @ difference.astype(np.float32)
    else:  # as at 360 lines: whole rows are summed, and nothing is converted
        sums = difference.reshape(GRID[1], -1, columns).sum(axis=1, dtype=np.uint32)
        down = sums.astype(np.float32) * np.float32(GRID[1] / rows)
    blocks = down @ averaging(columns, GRID[0]).T
    return float(np.percentile(blocks, 75))


def _block_max(values: Luma, side: int) -> Luma:
    """Return the largest value of each block, the rest at the right and lower edge cut off.

    First down the rows, which lie in memory one after the other, and then along what is left.
    """
    rows, columns = values.shape[0] // side, values.shape[1] // side
    down = values[: rows * side, : columns * side].reshape(rows, side, columns * side).max(axis=1)
    return np.asarray(down.reshape(rows, columns, side).max(axis=2), np.uint8)
