"""Surfaces as tiles: asphalt, brick, plaster and so on, BGR, rough enough that sharpness can be measured."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.rtsp.planes import Plane

SIDE: Final = 512  # pixels of a tile
Bgr = tuple[float, float, float]
Rng = np.random.Generator
Field = NDArray[np.float32]


@dataclass(frozen=True)
class Tile:
    """A square piece of a surface that repeats."""

    image: Plane  # (SIDE, SIDE, 3)
    metres: float  # length of its side; 0: once over the whole surface


def rough(
    rng: Rng, *, coarse: int = 4, octaves: int = 6, keep: float = 0.65, shape: tuple[int, int] = (SIDE, SIDE)
) -> Field:
    """Return noise of many sizes, mean 0, standard deviation 1, that wraps round at its edges.

    Args:
        rng: picks one of a few fields and where it begins: making one costs more than painting with it.
        coarse: waves of the coarsest octave along a side, a power of two.
        octaves: how many, each twice as fine as the one before.
        keep: how strong each is beside the one before; near 1 is gritty, near 0.5 cloudy.
        shape: rows and columns, powers of two.
    """
    field = _field(int(rng.integers(3)), coarse, octaves, keep, shape)
    start = rng.integers(shape[0], size=2)
    return np.roll(field, (int(start[0]), int(start[1])), axis=(0, 1))


@lru_cache(maxsize=64)
def _field(variant: int, coarse: int, octaves: int, keep: float, shape: tuple[int, int]) -> Field:
    rng = np.random.default_rng(variant)
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        cells = min(coarse * 2**octave, shape[0])
        spots = np.pad(rng.standard_normal((cells, cells), np.float32), 2, mode="wrap")
        step = shape[0] // cells
        wide = cv2.resize(spots, None, fx=step, fy=step, interpolation=cv2.INTER_CUBIC)
        total += wide[2 * step :, 2 * step :][: shape[0], : shape[1]] * keep**octave
    return np.asarray((total - total.mean()) / total.std(), np.float32)


def tint(base: Bgr, light: Field) -> Plane:
    """Return a colour made lighter and darker: `base * light`."""
    return np.asarray(cv2.merge([cv2.convertScaleAbs(light, alpha=value) for value in base]), np.uint8)


def plain(rng: Rng, base: Bgr, *, contrast: float = 0.1, metres: float = 4.0, coarse: int = 4) -> Tile:
    """Return asphalt, plaster, concrete: one colour, rough."""
    return Tile(tint(base, 1 + contrast * rough(rng, coarse=coarse, octaves=7, keep=0.95)), metres)


def slabs(
    rng: Rng, base: Bgr, *, rows: int = 4, columns: int = 4, metres: float = 2.0, joint: float = 0.55
) -> Tile:
    """Return paving, floor tiles or bricks: each stone its own shade; brick rows shifted by half."""
    light = 1 + 0.06 * rough(rng, coarse=16, octaves=5, keep=0.95)
    high, wide = SIDE // rows, SIDE // columns
    for row in range(rows):
        shift = row % 2 * wide // 2 if rows > columns else 0
        for column in range(columns):
            shade = 1 + 0.06 * float(rng.standard_normal())
            x = column * wide + shift
            light[row * high : (row + 1) * high, x : x + wide] *= shade
            light[row * high : (row + 1) * high, x : x + max(2, wide // 40)] *= joint
        light[row * high : row * high + max(2, high // 24)] *= joint
    return Tile(tint(base, light), metres)


def corrugated(rng: Rng, base: Bgr, *, ribs: int = 10, metres: float = 2.0) -> Tile:
    """Return sheet metal with upright ribs, streaked by rain."""
    wave = np.sin(np.arange(SIDE, dtype=np.float32) * (2 * np.pi * ribs / SIDE))
    streaks = cv2.blur(rough(rng, coarse=32, octaves=3), (1, 127))
    return Tile(tint(base, 0.95 + 0.16 * wave[None, :] + 0.07 * streaks + 0.04 * rough(rng)), metres)


def leaves(rng: Rng, base: Bgr, *, metres: float = 2.0) -> Tile:
    """Return grass, hedge or crown: clumps, lit above and dark below."""
    clumps = rough(rng, coarse=16, octaves=5, keep=0.9)
    light = 0.9 + 0.2 * clumps + 0.16 * np.roll(clumps, -4, axis=0) - 0.16 * np.roll(clumps, 4, axis=0)
    return Tile(tint(base, np.asarray(light, np.float32)), metres)


def pane(rng: Rng, *, lit: bool) -> Tile:
    """Return a window: frame, two panes, a curtain, something of the sky or of a lit room in them."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32) / SIDE
    blot = rough(rng, coarse=4, octaves=3)
    if lit:
        image = tint((150, 215, 245), 0.85 + 0.05 * blot - 0.2 * y)
    else:
        image = tint((92, 80, 68), 0.75 + 0.8 * np.clip(0.8 - x * 0.4 - y, 0, 1) + 0.12 * blot)
    curtain = int(SIDE * rng.uniform(0.0, 0.6))
    image[:curtain] = image[:curtain] // 3 + np.uint8(110)
    return _framed(image)


def daylight(rng: Rng, *, night: bool) -> Tile:
    """Return a pane of a glass front seen from inside: too bright to see much, or black."""
    y = np.linspace(0, 1, SIDE, dtype=np.float32)[:, None]
    outside = rough(rng, coarse=4, octaves=4, keep=0.5)
    light = 1.02 + 0.03 * outside - 0.35 * np.clip((y - 0.55) * 4 + 0.2 * outside, 0, 1)
    return _framed(tint((250, 248, 240), np.asarray(light, np.float32) * (0.12 if night else 1.0)))


def _framed(image: Plane) -> Tile:
    cv2.rectangle(image, (0, 0), (SIDE - 1, SIDE - 1), (205, 208, 210), 36)
    cv2.line(image, (SIDE // 2, 0), (SIDE // 2, SIDE), (198, 202, 204), 20)
    return Tile(image, 0.0)
