"""One picture as maps: what each of 32 x 18 blocks shows."""

from dataclasses import dataclass
from math import pi, sqrt
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from collectors.stream.pictures.kit import GREY, THUMB, Frame, Map, area, blocks, floats

MONO_DEVIATION: Final = 0.35  # steps of colour difference, below which a picture has no colour
WHITE_LEVEL: Final = 248.0
_NOISE_KERNEL: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


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
    """Take a frame apart."""
    luma = floats(frame.luma)
    soft = cv2.blur(luma, (3, 3))  # sensor noise must not pass for detail
    quarter = area(luma, (max(8, luma.shape[1] // 4), max(8, luma.shape[0] // 4)))
    rough = blocks(np.abs(cv2.filter2D(luma, cv2.CV_32F, _NOISE_KERNEL)))
    white = blocks(floats(cv2.threshold(luma, WHITE_LEVEL, 1.0, cv2.THRESH_BINARY)[1]))
    blue, red, colourful = _colours(frame)
    return Maps(
        area(luma, THUMB),
        blocks(luma),
        blocks(gradient(soft)),
        blocks(gradient(quarter)),
        rough,
        white,
        blue,
        red,
        noise(rough),
        colourful,
    )


def gradient(luma: MatLike) -> Map:
    """Return |dx| + |dy| by central differences, luma steps a pixel."""
    across = cv2.filter2D(luma, cv2.CV_32F, np.array([[-0.5, 0, 0.5]], np.float32))
    down = cv2.filter2D(luma, cv2.CV_32F, np.array([[-0.5], [0], [0.5]], np.float32))
    return floats(np.abs(across) + np.abs(down))


def noise(rough: Map) -> float:
    """Return the standard deviation of the noise in luma steps, 0 for none.

    The second difference of both axes is blind to ramps and mostly to edges (Immerkaer, "Fast noise variance
    estimation", CVIU 64(2), 1996); of all blocks the flattest quarter tells, so that texture does not count.
    """
    flat = np.sort(rough, axis=None)[: rough.size // 4]
    return float(flat.mean()) * sqrt(pi / 2) / 6


def _colours(frame: Frame) -> tuple[Map, Map, float]:
    if frame.blue is None or frame.red is None:
        empty = np.zeros((18, 32), np.float32)
        return empty, empty, 0.0
    blue, red = (area(floats(plane), (80, 45)) - np.float32(GREY) for plane in (frame.blue, frame.red))
    away = sum(float(np.abs(plane - np.median(plane)).mean()) for plane in (blue, red))
    return blocks(blue), blocks(red), away
