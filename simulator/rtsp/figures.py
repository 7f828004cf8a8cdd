"""What moves: people, drawn once per step of their walk, and cars, drawn as solid bodies from any side."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.rtsp.planes import Plane, pixels
from simulator.rtsp.textures import Bgr, rough

STEPS: Final = 12  # pictures of one stride
PEOPLE: Final = 42  # who look different from each other: 60 MB when all have come by
SPRITE: Final = (120, 240)  # width and height of a person's picture; the feet stand at its bottom
COATS: Final = (
    (58, 46, 38),
    (120, 66, 40),
    (52, 58, 120),
    (96, 104, 104),
    (70, 88, 60),
    (40, 40, 48),
    (150, 150, 158),
)
TROUSERS: Final = ((46, 40, 38), (92, 66, 48), (60, 62, 66), (80, 92, 108))
SKIN: Final = ((120, 150, 205), (92, 118, 170), (60, 78, 118))
HAIR: Final = ((24, 26, 34), (40, 56, 84), (100, 104, 108))
_SCALE: Final = 3  # drawn larger and shrunk, for smooth edges


def person(look: int, step: int) -> Plane:
    """Return a walker facing right, BGRA, shape (240, 120, 4), its colours multiplied by its alpha.

    Args:
        look: which clothes: one of `PEOPLE`, others come round again.
        step: 0 to STEPS - 1, where in the stride.
    """
    return _drawn(look % PEOPLE, step)


@lru_cache(maxsize=PEOPLE * STEPS)  # all: one costs as much to draw as the rest of a small picture
def _drawn(look: int, step: int) -> Plane:
    coat, legs = COATS[look % len(COATS)], TROUSERS[look // 7 % len(TROUSERS)]
    skin, hair = SKIN[look // 3 % len(SKIN)], HAIR[look // 5 % len(HAIR)]
    image = np.zeros((SPRITE[1] * _SCALE, SPRITE[0] * _SCALE, 4), np.uint8)
    swing = float(np.sin(2 * np.pi * step / STEPS))
    bob = 3 * abs(swing)
    _leg(image, -swing, bob, _dim(legs, 0.7))
    _arm(image, swing, bob, _dim(coat, 0.65), skin)
    _leg(image, swing, bob, legs)
    _body(image, bob, coat, skin, hair)
    _arm(image, -swing, bob, _dim(coat, 0.9), skin)
    return _shaded(pixels(cv2.resize(image, SPRITE, interpolation=cv2.INTER_AREA)), look)


def _dim(colour: Bgr, light: float) -> Bgr:
    b, g, r = (value * light for value in colour)
    return b, g, r


def _limb(image: Plane, points: list[tuple[float, float]], width: float, colour: Bgr) -> None:
    at = [(round(x * _SCALE), round(y * _SCALE)) for x, y in points]
    for start, end in pairwise(at):
        cv2.line(image, start, end, (*colour, 255), round(width * _SCALE), cv2.LINE_AA)


def _leg(image: Plane, swing: float, bob: float, colour: Bgr) -> None:
    bend = 10 * max(0.0, -swing)
    knee = (60 + 15 * swing + bend, 178 + bob)
    foot = (60 + 27 * swing - bend * 0.4, 229 - max(0.0, -swing) * 9)
    _limb(image, [(60, 128 + bob), knee, foot], 17, colour)
    _limb(image, [foot, (foot[0] + 10, foot[1] + 2)], 11, (30, 30, 32))


def _arm(image: Plane, swing: float, bob: float, colour: Bgr, skin: Bgr) -> None:
    elbow = (60 + 12 * swing, 96 + bob)
    hand = (60 + 24 * swing + 5, 124 + bob - 5 * abs(swing))
    _limb(image, [(60, 62 + bob), elbow, hand], 12, colour)
    cv2.circle(
        image, (round(hand[0] * _SCALE), round(hand[1] * _SCALE)), 6 * _SCALE, (*skin, 255), -1, cv2.LINE_AA
    )


def _body(image: Plane, bob: float, coat: Bgr, skin: Bgr, hair: Bgr) -> None:
    _limb(image, [(60, 62 + bob), (59, 128 + bob)], 33, coat)
    _limb(image, [(60, 40 + bob), (60, 50 + bob)], 12, skin)
    for (x, y), (wide, high), colour in (((61, 27), (12, 15), skin), ((58, 21), (13, 11), hair)):
        middle = (x * _SCALE, round((y + bob) * _SCALE))
        cv2.ellipse(image, middle, (wide * _SCALE, high * _SCALE), 0, 0, 360, (*colour, 255), -1, cv2.LINE_AA)


def _shaded(image: Plane, look: int) -> Plane:
    """Give a flat figure light from above left, and folds."""
    height, width = image.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    folds = rough(np.random.default_rng(look), coarse=16, octaves=3, shape=(256, 256))[:height, :width]
    light = 1.25 - 0.5 * x / width - 0.25 * y / height + 0.1 * folds
    image[..., :3] = np.clip(image[..., :3] * light[..., None], 0, 255).astype(np.uint8)
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.8), np.uint8)


@dataclass(frozen=True)
class Face:
    """One flat piece of a body: corners in metres (x ahead, y up, z aside), which way it looks, colour."""

    corners: NDArray[np.float64]  # (n, 3)
    outward: NDArray[np.float64]  # (3,)
    colour: Bgr


PAINTS: Final = (
    (200, 200, 202),
    (60, 60, 64),
    (150, 152, 156),
    (140, 84, 40),
    (44, 44, 150),
    (92, 96, 60),
    (228, 230, 230),
)
GLASS: Final = (62, 54, 46)


@lru_cache(maxsize=32)
def car(look: int) -> tuple[Face, ...]:
    """Return a car of 4.3 m, or a van of 4.9 m, standing at the origin and heading along x."""
    paint = PAINTS[look % len(PAINTS)]
    if look % 4 == 3:
        lower, upper = (-2.45, 2.45, 0.35, 1.15), (-2.4, 1.3, -2.35, 0.75, 1.15, 1.95)
    else:
        lower, upper = (-2.15, 2.15, 0.32, 0.88), (-1.75, 1.0, -1.15, 0.35, 0.88, 1.42)
    return (*_hull(lower, paint), *_cabin(upper, paint))


def _hull(size: tuple[float, float, float, float], paint: Bgr) -> list[Face]:
    back, front, low, high = size
    half = 0.88
    faces = _prism([(back, low), (front, low), (front, high - 0.12), (back, high)], half, paint)
    for x in (back * 0.62, front * 0.64):
        faces += _wheels(x, half)
    for x, colour, out in ((front + 0.01, (225, 235, 240), 1.0), (back - 0.01, (40, 36, 150), -1.0)):
        for z in (-0.62, 0.62):
            face = [
                (x, high - 0.32, z - 0.2),
                (x, high - 0.32, z + 0.2),
                (x, high - 0.18, z + 0.2),
                (x, high - 0.18, z - 0.2),
            ]
            faces.append(Face(np.array(face), np.array([out, 0, 0]), colour))
    return faces


def _cabin(size: tuple[float, float, float, float, float, float], paint: Bgr) -> list[Face]:
    back, front, back_top, front_top, low, high = size
    profile = [(back, low), (front, low), (front_top, high), (back_top, high)]
    faces = _prism(profile, 0.78, paint)
    middle = np.mean(profile, axis=0)
    inner = [tuple(middle + (np.array(p) - middle) * (0.86, 0.7)) for p in profile]
    for side in (-1.0, 1.0):
        glass = [(x, y, 0.79 * side) for x, y in inner]
        faces.append(Face(np.array(glass), np.array([0, 0, side]), GLASS))
    for (x0, y0), (x1, y1), out in ((profile[1], profile[2], 1.0), (profile[0], profile[3], -1.0)):
        nudge = 0.02 * out
        shield = [
            (x0 + nudge, y0, -0.68),
            (x0 + nudge, y0, 0.68),
            (x1 + nudge, y1 - 0.06, 0.62),
            (x1 + nudge, y1 - 0.06, -0.62),
        ]
        faces.append(Face(np.array(shield), np.array([out, 0.5, 0]), GLASS))
    return faces


def _prism(profile: list[tuple[float, float]], half: float, paint: Bgr) -> list[Face]:
    """Return the sides of a profile (x, y) drawn out to both sides."""
    faces = [
        Face(np.array([(x, y, half * side) for x, y in profile]), np.array([0, 0, side]), paint)
        for side in (-1.0, 1.0)
    ]
    for (x0, y0), (x1, y1) in zip(profile, profile[1:] + profile[:1], strict=True):
        strip = np.array([(x0, y0, -half), (x0, y0, half), (x1, y1, half), (x1, y1, -half)])
        faces.append(Face(strip, np.array([y1 - y0, x0 - x1, 0.0]), paint))
    return faces


def _wheels(x: float, half: float) -> list[Face]:
    angles = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    faces = []
    for radius, out, colour in ((0.33, 0.01, (24, 24, 26)), (0.2, 0.02, (130, 132, 134))):
        for side in (-1.0, 1.0):
            ring = [(x + radius * np.cos(a), 0.33 + radius * np.sin(a), (half + out) * side) for a in angles]
            faces.append(Face(np.array(ring), np.array([0, 0, side]), colour))
    return faces
