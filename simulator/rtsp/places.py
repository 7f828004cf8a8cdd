"""The places there are: from where each is seen, who comes by, and its empty picture by day or night."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final

import cv2
import numpy as np

from simulator.rtsp import indoors, outdoors
from simulator.rtsp.canvas import Canvas
from simulator.rtsp.lens import CANVAS, Lens
from simulator.rtsp.planes import Plane, pixels
from simulator.rtsp.textures import Field
from simulator.rtsp.traffic import Route


@dataclass(frozen=True)
class Place:
    """One place: its painter, the camera's view of it, and the ways through it."""

    paint: Callable[[Canvas], None]
    lens: Lens
    routes: tuple[Route, ...]
    shadow: float = 0.45
    exposure: float = 1.2


PLACES: Final[dict[str, Place]] = {
    "street": Place(
        outdoors.street,
        Lens(height=5.2, pitch=13, yaw=16),
        (
            Route("car", (-28, 16.0), (46, 16.0), every=9, speed=9),
            Route("car", (50, 10.4), (-18, 10.4), every=13, speed=8),
            Route("person", (-16, 21.3), (32, 21.3), every=17, speed=1.3),
            Route("person", (-12, 5.3), (22, 5.3), every=29, speed=1.4, spread=0.3),
            Route("person", (3, 21), (6, 6.2), every=41, speed=1.4),
        ),
    ),
    "corridor": Place(
        indoors.corridor,
        Lens(height=2.55, pitch=15, yaw=-3, focal=0.62),
        (
            Route("person", (0.1, 25), (0.3, 1.6), every=19, speed=1.3, spread=0.6),
            Route("person", (1.2, 9), (-1.2, 13.5), every=31, speed=1.1, spread=0.2),
        ),
        shadow=0.3,
        exposure=1.0,
    ),
    "yard": Place(
        outdoors.yard,
        Lens(height=5.8, pitch=14, yaw=-7),
        (
            Route("car", (-34, 11), (30, 11), every=37, speed=4.5, spread=1),
            Route("person", (-4, 28), (4, 6), every=23, speed=1.3, spread=2),
            Route("person", (-22, 25), (12, 23), every=27, speed=1.4, spread=1),
        ),
    ),
    "hall": Place(
        indoors.hall,
        Lens(height=4.2, pitch=16, yaw=-4, focal=0.6),
        (
            Route("person", (-14, 16.5), (15, 15), every=15, speed=1.3, spread=1),
            Route("person", (-4, 23), (4.5, 4.5), every=18, speed=1.25, spread=1.5),
            Route("person", (5.5, 22), (-6, 10.5), every=25, speed=1.1, spread=1),
        ),
        shadow=0.3,
        exposure=1.0,
    ),
    "parking": Place(
        outdoors.parking,
        Lens(height=6.6, pitch=16, yaw=9),
        (
            Route("car", (-26, 14.2), (34, 14.2), every=21, speed=5, spread=0.6),
            Route("car", (36, 29.8), (-26, 29.8), every=33, speed=5, spread=0.6),
            Route("person", (-12, 13), (18, 15.4), every=26, speed=1.3, spread=0.8),
            Route("person", (8, 33), (-2, 7), every=38, speed=1.2, spread=0.5),
        ),
    ),
}


def aim(place: Place, seed: int) -> Lens:
    """Return the lens of one camera there: no two hang alike."""
    rng = Random(seed)
    lens = place.lens
    return Lens(
        lens.height * rng.uniform(0.94, 1.06),
        lens.pitch + rng.uniform(-1.0, 1.0),
        lens.yaw + rng.uniform(-3.0, 3.0),
        lens.focal * rng.uniform(0.95, 1.08),
    )


@lru_cache(maxsize=16)  # 8 MB each; a camera's main stream begins while its sub-stream is known
def empty(kind: str, seed: int, night: bool) -> tuple[Plane, Plane]:  # noqa: FBT001 a cache key
    """Return a place without anybody, and what in it hides passers-by (see `Canvas.front`).

    BGR, as large as the canvas; at night grey, as infrared sees it.
    """
    place = PLACES[kind]
    canvas = Canvas(aim(place, seed), np.random.default_rng(seed), night=night)
    place.paint(canvas)
    image = pixels(cv2.GaussianBlur(canvas.image, (0, 0), 1.1))  # the lens
    return (_infrared(image) if night else _graded(image, place.exposure, seed)), canvas.front


def _graded(image: Plane, exposure: float, seed: int) -> Plane:
    """Give a picture this camera's white balance and contrast, and darker corners."""
    rng = np.random.default_rng(seed + 1)
    gain = 100 * exposure * rng.uniform(0.92, 1.04) * falloff(0.22)
    planes = [np.clip(gain * float(cast), 0, 255).astype(np.uint8) for cast in rng.uniform(0.95, 1.05, 3)]
    lit = cv2.multiply(image, cv2.merge(planes), scale=1 / 100)
    tone = 255 * (np.arange(256) / 255) ** 1.06
    return np.asarray(cv2.LUT(lit, tone.astype(np.uint8)), np.uint8)


def _infrared(image: Plane) -> Plane:
    weights = np.array([[0.1, 0.35, 0.55]], np.float32)  # leaves and cloth are bright in near infrared
    light = cv2.transform(image, weights)
    return np.asarray(cv2.merge([light, light, light]), np.uint8)


def falloff(depth: float) -> Field:
    """Return how much light reaches each pixel of the canvas from its middle, 1 - depth in the corners."""
    width, height = CANVAS
    y, x = np.ogrid[0:height, 0:width]
    far = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) / 0.5
    return np.asarray(1 - depth * far, np.float32)


@lru_cache(maxsize=1)
def lamp() -> Plane:
    """Return the light of a camera's infrared lamp on the canvas: bright in the middle, 0 to 255."""
    width, height = CANVAS
    y, x = np.ogrid[0:height, 0:width]
    far = ((x / width - 0.5) / 0.52) ** 2 + ((y / height - 0.56) / 0.62) ** 2
    return np.asarray(np.clip(255 * (0.16 + 0.78 * np.exp(-1.3 * far)), 0, 255), np.uint8)
