"""A picture as planes: luma and two colour planes of half the size in one array (4:2:0, full range, BT.601).

Full range because most cameras send it: black is 0 and white 255. What comes after the scene works on planes,
so that no picture is converted twice.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
NEUTRAL = 128  # colour difference of grey


def pixels(array: MatLike) -> Plane:
    """Return what OpenCV handed back as the bytes it is; nothing is copied."""
    return np.asarray(array, np.uint8)


def luma(picture: Plane) -> Plane:
    """Return the view of the luma plane, shape (H, W)."""
    return picture[: picture.shape[0] * 2 // 3]


def colour(picture: Plane) -> Plane:
    """Return the view of both colour planes, shape (2, H / 2, W / 2)."""
    height, width = picture.shape[0] * 2 // 3, picture.shape[1]
    return picture[height:].reshape(2, height // 2, width // 2)


def grey(light: Plane) -> Plane:
    """Return a picture without colour from its luma, shape (H, W)."""
    height, width = light.shape
    picture = np.full((height * 3 // 2, width), NEUTRAL, np.uint8)
    picture[:height] = light
    return picture


def from_bgr(image: Plane) -> Plane:
    """Return the planes of a BGR image, shape (H, W, 3), both even."""
    height, width = image.shape[:2]
    mixed = cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)
    small = cv2.resize(mixed, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    picture = np.empty((height * 3 // 2, width), np.uint8)
    cv2.extractChannel(mixed, 0, luma(picture))
    blue, red = colour(picture)
    cv2.extractChannel(small, 2, blue)
    cv2.extractChannel(small, 1, red)
    return picture


def ycc(bgr: Sequence[float]) -> tuple[float, float, float]:
    """Return luma, blue and red difference of one colour (JFIF)."""
    b, g, r = bgr
    light = 0.299 * r + 0.587 * g + 0.114 * b
    return light, NEUTRAL + (b - light) * 0.564, NEUTRAL + (r - light) * 0.713


def mix(plane: Plane, keep: Plane, add: Plane) -> None:
    """Lay something half-transparent over a plane, in place: `plane * keep / 255 + add`."""
    cv2.multiply(plane, keep, dst=plane, scale=1 / 255)
    cv2.add(plane, add, dst=plane)
