"""One picture as maps: what each of 32 x 18 blocks shows."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from collectors.stream.pictures.kit import (
    GREY,
    GRID,
    THUMB,
    Frame,
    Luma,
    Map,
    area,
    block_means,
    blocks,
    floats,
    middle,
    quartered,
)

MONO_DEVIATION: Final = 0.35  # steps of colour difference, below which a picture has no colour
ROUNDED: Final = 2.5  # steps of colour difference that a coder makes of grey …
FEWEST: Final = 0.002  # … in all but so small a share of the picture
WHITE_LEVEL: Final = 248.0
COARSEST: Final = 4.5  # pixels of a picture to one of its thumb, up to where 3 x 3 means are enough


@dataclass(frozen=True, slots=True)
class Maps:
    """One frame, taken apart.

    Attributes:
        thumb: luma at 192 x 108.
        light: mean luma of each block.
        fine: mean gradient of each block at 360 lines, luma steps a pixel.
        coarse: the same at a quarter of the size, where noise and focus hardly count.
        rough: mean second difference of each block: noise and the finest detail.
        burnt: share of each block that is white.
        blue, red: mean colour difference of each block, 0 is grey; zeros without colour.
        noise: luma steps, standard deviation, in the flattest quarter of the picture.
        colourful: mean distance of the colours from their own median; a tint over all does not count.
    """

    thumb: Map
    light: Map
    fine: Map
    coarse: Map
    rough: Map
    burnt: Map
    blue: Map
    red: Map
    noise: float
    colourful: float

    @property
    def is_mono(self) -> bool:
        """Whether the picture has no colour: the camera looks by infrared light, or has never had any."""
        return self.colourful < MONO_DEVIATION


def maps(frame: Frame) -> Maps:
    """Take a frame apart.

    Whole numbers as long as they are exact: sums of bytes are added three times as fast as floats.
    """
    luma = frame.luma
    soft = cv2.boxFilter(luma, cv2.CV_16U, (3, 3), normalize=False)  # nine times: noise is no detail
    quarter = quartered(luma)
    rough = block_means(np.abs(cv2.Sobel(luma, cv2.CV_16S, 2, 2, ksize=3)))  # the kernel of Immerkaer
    blue, red, colourful = _colours(frame)
    return Maps(
        _thumb(luma, soft),
        block_means(luma),
        block_means(steepness(soft)) / np.float32(18),
        blocks(steepness(quarter)) / np.float32(2),
        rough,
        _burnt(luma),
        blue,
        red,
        noise(rough),
        colourful,
    )


def steepness(values: MatLike) -> MatLike:
    """Return twice |dx| + |dy| by central differences; at the edges one of the two is 0."""
    across, down = np.zeros_like(values), np.zeros_like(values)
    across[:, 1:-1] = cv2.absdiff(values[:, 2:], values[:, :-2])
    down[1:-1] = cv2.absdiff(values[2:], values[:-2])
    return cv2.add(across, down)


def _thumb(luma: Luma, soft: MatLike) -> Map:
    """Return luma at 192 x 108; area averaging, where the size allows by way of what is smoothed already."""
    if max(luma.shape[1] / THUMB[0], luma.shape[0] / THUMB[1]) > COARSEST:
        return area(luma, THUMB)
    return floats(cv2.resize(soft, THUMB, interpolation=cv2.INTER_LINEAR)) / np.float32(9)


def _burnt(luma: Luma) -> Map:
    white = cv2.threshold(luma, WHITE_LEVEL, 1, cv2.THRESH_BINARY)[1]
    return block_means(white) if cv2.countNonZero(white) else np.zeros(GRID[::-1], np.float32)


def noise(rough: Map) -> float:
    """Return the standard deviation of the noise in luma steps, 0 for none.

    The second difference of both axes is blind to ramps and mostly to edges (Immerkaer, "Fast noise variance
    estimation", CVIU 64(2), 1996); of all blocks the flattest quarter tells, so that texture does not count.
    """
    flat = np.sort(rough, axis=None)[: rough.size // 4]
    return float(flat.mean()) * sqrt(pi / 2) / 6


def _colours(frame: Frame) -> tuple[Map, Map, float]:
    if frame.blue is None or frame.red is None:
        empty = np.zeros(GRID[::-1], np.float32)
        return empty, empty, 0.0
    blue, red = (quartered(plane) - np.float32(GREY) for plane in (frame.blue, frame.red))
    away = [np.abs(plane - middle(plane)) for plane in (blue, red)]
    some = max(float((one > ROUNDED).mean()) for one in away) >= FEWEST
    return blocks(blue), blocks(red), sum(float(one.mean()) for one in away) if some else 0.0
