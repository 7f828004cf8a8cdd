"""What the damages are made of: smooth random fields, soft edges, repeatable chance. On planes (4:2:0)."""

from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from simulator.rtsp.planes import NEUTRAL, Plane, colour, luma, mix

Field = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where a picture is spoilt.

    Args:
        at: Unix seconds of the picture.
        since: when the damage began.
        seed: which camera; equal seeds and moments give equal pictures.
        night: whether the camera looks by infrared light.
    """

    at: float
    since: float = 0.0
    seed: int = 0
    night: bool = False

    def chance(self, purpose: str, *, per_second: float = 1000.0) -> np.random.Generator:
        """Return randomness that changes `per_second` times a second; 0 gives the same for ever."""
        tick = int(self.at * per_second)
        return np.random.default_rng(crc32(f"{purpose}/{self.seed}/{tick}".encode()))


def lay(picture: Plane, alpha: Field, tone: Field | float, tint: tuple[float, float]) -> None:
    """Lay something over a picture, in place.

    Args:
        picture: the planes.
        alpha: how much it hides, 0 to 1, shape (H, W) of the luma.
        tone: its luma.
        tint: its blue and red difference.
    """
    light = luma(picture)
    alpha = np.clip(alpha, 0.0, 1.0)
    mix(light, to_bytes(255 * (1 - alpha)), to_bytes(alpha * tone))
    half = halved(alpha)
    keep = to_bytes(255 * (1 - half))
    for plane, value in zip(colour(picture), tint, strict=True):
        mix(plane, keep, to_bytes(half * np.float32(value)))


def scale_colour(picture: Plane, factor: float) -> None:
    """Make the colours weaker (below 1) or stronger, in place."""
    table = np.clip((np.arange(256) - NEUTRAL) * factor + NEUTRAL, 0, 255).astype(np.uint8)
    tint = colour(picture)
    tint[:] = table[tint]


def shift_colour(picture: Plane, blue: float, red: float) -> None:
    """Add to both colour differences, less where it is dark, in place."""
    bright = halved(luma(picture).astype(np.float32)) / np.float32(150)
    bright = np.clip(bright, 0.15, 1.0)
    for plane, value in zip(colour(picture), (blue, red), strict=True):
        plane[:] = np.clip(plane + bright * np.float32(value), 0, 255).astype(np.uint8)


def hill(rng: np.random.Generator, height: int, width: int) -> Field:
    """Return a smooth hill, 0 to 1, that leans to one side of the picture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    lean = (x / width - 0.5) * np.cos(angle) + (y / height - 0.5) * np.sin(angle)
    rough = cv2.resize(rng.random((4, 6), np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    field = lean + 0.5 * rough
    return np.asarray((field - field.min()) / np.ptp(field), np.float32)


@lru_cache(maxsize=8)
def grain_bank(height: int, width: int) -> Field:
    """Return noise of standard deviation 1, a little larger than the picture, to be cut from at random."""
    rng = np.random.default_rng(height * 7919 + width)
    return rng.standard_normal((height + 64, width + 64), np.float32)


def fresh_noise(shape: tuple[int, int], rng: np.random.Generator) -> Field:
    """Return a cut of the bank, another at each call."""
    y, x = (int(v) for v in rng.integers(0, 64, 2))
    cut = grain_bank(*shape)[y : y + shape[0], x : x + shape[1]]
    return cut[::-1] if rng.random() < 0.5 else cut


def soften(plane: Plane, sigma: float) -> Plane:
    """Return a plane blurred by a Gaussian; a wide one on a smaller copy: cheaper, and looks the same."""
    shrink = max(1, int(sigma / 2))
    height, width = plane.shape
    small = cv2.resize(
        plane, (max(1, width // shrink), max(1, height // shrink)), interpolation=cv2.INTER_AREA
    )
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def spots(
    rng: np.random.Generator,
    shape: tuple[int, int],
    number: int,
    radius: tuple[float, float],
    soft: float,
) -> Field:
    """Return round spots, 0 to 1: `radius` least and most, `soft` edge, all as shares of the width."""
    height, width = 180, max(16, 180 * shape[1] // shape[0])
    mask = np.zeros((height, width), np.uint8)
    for _ in range(number):
        middle = (int(rng.uniform(0.05, 0.95) * width), int(rng.uniform(0.08, 0.92) * height))
        wide = rng.uniform(*radius) * width
        axes = (max(1, int(wide)), max(1, int(wide * rng.uniform(0.75, 1.1))))
        cv2.ellipse(mask, middle, axes, rng.uniform(0, 180), 0, 360, 255, -1, cv2.LINE_AA)
    field = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), max(0.6, soft * width))
    return wide_to(field, shape[1], shape[0])


def halved(field: Field) -> Field:
    """Return a field of the luma's size at that of the colour planes."""
    height, width = field.shape
    return np.asarray(cv2.resize(field, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)


def wide_to(field: MatLike, width: int, height: int) -> Field:
    """Return a small field stretched over a picture."""
    return np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def to_bytes(values: MatLike) -> Plane:
    """Return values rounded and clipped to what a plane holds."""
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
