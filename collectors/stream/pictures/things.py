"""Told from dirt: a thing that came, and one that went away and left its place as nobody had ever seen it.

What lies on the lens is out of focus: its outline is soft. A thing that came has an outline as sharp as the
scene. Of one that went only the reference shows that it stood out from its surroundings; now nothing does.
"""

from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from collectors.stream.pictures.kit import GRID, Luma, Map, Mask, floats

# Shares of the difference by which the reference stood out from its surroundings, where now nothing does.
WENT: Final = (0.9, 1.25)
CLEAR: Final = 3.0  # luma steps a pixel of the small picture: an outline whose focus can be told …
HIGH: Final = 20  # … in luma steps
SHARP: Final = 0.6  # of the steepness of the sharpest edges of the picture: a thing of the scene …
STEEP: Final = 0.2  # … if that is more than anything on a lens has: drops and threads have 0.17
FEWEST: Final = 6  # pixels of an outline
LARGEST: Final = 0.35  # share of the picture: what is more did not come or go, it covers
BESIDE: Final = (31, 31)  # pixels of the small picture that a thing stands out from
AROUND: Final = np.ones((13, 13), np.uint8)  # pixels of 360 lines that an edge is as high as all within
_THREE: Final = np.ones((3, 3), np.uint8)
_FIVE: Final = np.ones((5, 5), np.uint8)
_SEVEN: Final = np.ones((7, 7), np.uint8)


class Scenes(NamedTuple):
    """The small picture of now, the reference at its light, (108, 192); now at 360 lines, and how sharp."""

    now: Map
    usual: Map
    luma: Luma
    sharp: float


class Things(NamedTuple):
    """Blocks (18, 32) in which a thing came, and those in which one went."""

    came: Mask
    went: Mask


def nothing() -> Things:
    """Return that nothing came or went."""
    return Things(np.zeros(GRID[::-1], np.bool_), np.zeros(GRID[::-1], np.bool_))


def things(hit: Mask, pieces: NDArray[np.int32], number: int, scenes: Scenes) -> Things:
    """Return which pieces of what differs are things.

    Args:
        hit: pixels (108, 192) that differ.
        pieces: number of the piece that each block (18, 32) belongs to, 0 for none.
        number: how many numbers there are.
        scenes: what is compared.
    """
    found = nothing()
    wide = cv2.resize(pieces.astype(np.uint8), hit.shape[::-1], interpolation=cv2.INTER_NEAREST)
    own = np.asarray(wide, np.uint8)
    sizes = np.bincount(pieces.ravel(), minlength=number) / pieces.size
    stood, power = _stood_out(hit, own, number, scenes)
    steep = _steepness_of(hit, own, number, scenes)
    for piece in range(1, number):
        if sizes[piece] > LARGEST or not power[piece]:
            continue
        if WENT[0] <= stood[piece] / power[piece] <= WENT[1]:
            found.went[pieces == piece] = True
        elif steep[piece] >= max(STEEP, SHARP * scenes.sharp):
            found.came[pieces == piece] = True
    return found


def _stood_out(hit: Mask, own: Luma, number: int, scenes: Scenes) -> tuple[Map, Map]:
    """Return by how much each piece stood out in the reference, and by how much in both together."""
    side = np.sign(scenes.now - scenes.usual) * hit
    free = np.asarray(~hit, np.float32)
    room = np.maximum(cv2.blur(free, BESIDE), 1e-3)
    sums = []
    for picture, sign in ((scenes.usual, -1), (scenes.now, 1)):
        out = sign * side * (picture - cv2.blur(picture * free, BESIDE) / room)
        sums.append(np.bincount(own.ravel(), out.ravel(), number))
    return floats(sums[0]), floats(np.maximum(sums[0] + sums[1], 0))


def _steepness_of(hit: Mask, own: Luma, number: int, scenes: Scenes) -> list[float]:
    """Return how steep the outline of each piece is that the reference does not have; 0 for none."""
    band = cv2.dilate(cv2.morphologyEx(hit.astype(np.uint8), cv2.MORPH_GRADIENT, _THREE), _THREE) > 0
    strength, old = (_slope(picture) for picture in (scenes.now, scenes.usual))
    fresh = band & (strength >= CLEAR) & (strength > 2 * old)
    if not fresh.any():
        return [0.0] * number
    steep, wide = _steepness(scenes.luma, hit.shape), cv2.dilate(own, _FIVE)
    edges = [steep[fresh & (wide == piece) & (steep > 0)] for piece in range(number)]
    return [float(np.median(edge)) if edge.size >= FEWEST else 0.0 for edge in edges]


def _slope(picture: Map) -> Map:
    across, down = (cv2.Sobel(picture, cv2.CV_32F, *axes, scale=1 / 8) for axes in ((1, 0), (0, 1)))
    return floats(cv2.magnitude(across, down))


def _steepness(luma: Luma, shape: tuple[int, ...]) -> Map:
    """Return how steep the steepest edge near each pixel of the small picture is; 0 where nothing is high."""
    soft = cv2.blur(luma, (3, 3))
    height = cv2.subtract(cv2.dilate(soft, AROUND), cv2.erode(soft, AROUND))
    across, down = (cv2.Sobel(soft, cv2.CV_16S, *axes, ksize=1) for axes in ((1, 0), (0, 1)))
    step = floats(cv2.max(cv2.convertScaleAbs(across), cv2.convertScaleAbs(down))) / 2
    ratio = np.where(height >= HIGH, step / np.maximum(height, 1), 0)
    near = cv2.dilate(floats(ratio), _SEVEN)
    return floats(cv2.resize(near, shape[::-1], interpolation=cv2.INTER_NEAREST))
