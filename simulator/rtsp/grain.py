"""Sensor noise: the same for the same camera and moment, another for the next."""

import struct
from functools import lru_cache
from zlib import crc32

import cv2
import numpy as np

from simulator.rtsp.planes import Plane, luma

_MARGIN = 64


def sprinkle(picture: Plane, sigma: float, *, seed: int, at: float) -> None:
    """Add noise to the luma, in place.

    Args:
        picture: the planes.
        sigma: standard deviation in luma steps.
        seed: which camera.
        at: which moment, Unix seconds; equal to the millisecond gives equal noise.
    """
    light = luma(picture)
    height, width = light.shape
    up, down = _bank(height, width, round(sigma, 1))
    place = crc32(struct.pack(">Iq", seed & 0xFFFFFFFF, int(at * 1000)))
    y, x = place % _MARGIN, place // _MARGIN % _MARGIN
    cv2.add(light, up[y : y + height, x : x + width], dst=light)
    cv2.subtract(light, down[y : y + height, x : x + width], dst=light)


@lru_cache(maxsize=16)
def _bank(height: int, width: int, sigma: float) -> tuple[Plane, Plane]:
    """Return what to add and what to take, a little larger than the picture.

    A camera smooths its noise, so neighbours resemble each other.
    """
    rng = np.random.default_rng(height * width)
    noise = cv2.GaussianBlur(
        rng.standard_normal((height + _MARGIN, width + _MARGIN), np.float32), (0, 0), 0.7
    )
    noise = np.rint(noise * (sigma / float(np.std(noise))))
    return np.clip(noise, 0, 255).astype(np.uint8), np.clip(-noise, 0, 255).astype(np.uint8)
