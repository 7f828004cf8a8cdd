"""What can be wrong with a picture before it is encoded; each changes the planes in place."""

from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from simulator.rtsp.planes import NEUTRAL, Plane, colour, luma, mix, ycc

COVERED_SHARE: Final = 0.7  # of the picture, at strength 1
BLUR_SHARE: Final = 1 / 110  # sigma as a share of the width, at strength 1
# What hangs before lenses, as BGR: a dark bag, a hand, a leaf.
THINGS: Final = ((26, 24, 22), (70, 92, 138), (38, 84, 58))

Cover = tuple[Plane, Plane, Plane, Plane]  # luma: keep, add; colour: keep, add (2 planes)


def blacken(picture: Plane, strength: float) -> None:
    """Take the light away, all of it at strength 1."""
    left = max(0.0, 1.0 - strength)
    light, tint = luma(picture), colour(picture).reshape(2, -1)
    cv2.convertScaleAbs(light, dst=light, alpha=left, beta=2.0)  # a sensor in the dark is not quite 0
    cv2.convertScaleAbs(tint, dst=tint, alpha=left, beta=NEUTRAL * (1.0 - left))


def blur(picture: Plane, strength: float) -> None:
    """Put the lens out of focus."""
    light, tint = luma(picture), colour(picture)
    sigma = strength * light.shape[1] * BLUR_SHARE
    if sigma > 0:
        light[:] = soften(light, sigma)
        for plane in tint:
            plane[:] = soften(plane, sigma / 2)


def soften(plane: Plane, sigma: float) -> Plane:
    """Return a plane blurred by a Gaussian; a wide one on a smaller copy: cheaper, and looks the same."""
    shrink = max(1, int(sigma / 2))
    height, width = plane.shape
    small = cv2.resize(
        plane, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def cover(picture: Plane, strength: float, *, seed: int, night: bool) -> None:
    """Hang something before the lens, much too near to be sharp."""
    light, tint = luma(picture), colour(picture)
    keep, add, keep_tint, add_tint = _cover(light.shape, round(min(strength, 1.4), 2), seed, night)
    mix(light, keep, add)
    for plane, more in zip(tint, add_tint, strict=True):
        mix(plane, keep_tint, more)


@lru_cache(maxsize=8)
def _cover(shape: tuple[int, int], strength: float, seed: int, night: bool) -> Cover:  # noqa: FBT001 a cache key
    rng = np.random.default_rng(seed)
    height, width = shape
    depth = _blob(rng, 90, 160)
    edge = float(np.quantile(depth, 1.0 - min(1.0, COVERED_SHARE * strength)))
    alpha = cv2.GaussianBlur((depth > edge).astype(np.float32), (0, 0), 5.0)
    shade = np.float32(0.75) + np.float32(0.5) * _blob(rng, 90, 160)
    tone, blue, red = ycc(THINGS[seed % len(THINGS)])
    if night:
        blue = red = float(NEUTRAL)
    alpha = np.clip(_wide(alpha, width, height), 0.0, 1.0)
    shade, half = _wide(shade, width, height), _wide(alpha, width // 2, height // 2)
    tints = np.stack([_bytes(half * np.float32(blue)), _bytes(half * np.float32(red))])
    return (
        _bytes(255 * (1 - alpha)),
        _bytes(alpha * shade * np.float32(tone)),
        _bytes(255 * (1 - half)),
        tints,
    )


def _blob(rng: np.random.Generator, height: int, width: int) -> NDArray[np.float32]:
    """Return a smooth hill, 0 to 1, that leans to one side of the picture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    lean = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    rough = cv2.resize(rng.random((4, 6), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    hill = lean + 0.5 * rough
    return np.asarray((hill - hill.min()) / np.ptp(hill), np.float32)


def _wide(field: MatLike, width: int, height: int) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _bytes(values: MatLike) -> Plane:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
