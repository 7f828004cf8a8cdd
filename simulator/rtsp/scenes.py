"""Rendered scenes: a place, whoever comes by, day or night; a pure function of seed, time and size."""

from functools import lru_cache
from math import sin, tau
from typing import Final

import cv2
import numpy as np

from simulator.rtsp.places import PLACES, aim, empty, lamp
from simulator.rtsp.planes import Plane, from_bgr, grey, luma
from simulator.rtsp.stage import Stage
from simulator.rtsp.traffic import movers

SCENES: Final = tuple(PLACES)
NOISE: Final = {False: 2.2, True: 4.0}  # luma steps by day and by night


class Scene:
    """What one camera would see if nothing were wrong with it.

    Args:
        kind: one of `SCENES`.
        seed: which camera: where it hangs, how the place looks in detail, who comes by when.
        size: width and height in pixels, both even.
        night: infrared light: grey, noisy, dark corners.
    """

    def __init__(self, kind: str, seed: int, size: tuple[int, int], *, night: bool = False) -> None:
        self.night, self.noise = night, NOISE[night]
        self._kind, self._seed, self.size = kind, seed, size
        place = PLACES[kind]
        self._routes = place.routes
        shadow = 0.2 if night else place.shadow
        self._stage = Stage(aim(place, seed), size, shadow=shadow, lamps=night)

    def picture(self, at: float) -> Plane:
        """Return the picture of a moment (Unix seconds), without noise, as planes the caller may change."""
        empty_place, front = _backdrop(self._kind, self._seed, self.size, self.night)
        image = empty_place.copy()
        there = sorted(movers(self._routes, self._seed, at), key=self._stage.depth, reverse=True)
        for mover in there:
            self._stage.draw(image, mover, front)
        picture = self._by_lamp(image) if self.night else from_bgr(image)
        light = luma(picture)
        cv2.convertScaleAbs(light, dst=light, alpha=self._brightness(at))
        return picture

    def close(self) -> None:
        """Nothing to let go of."""

    def _by_lamp(self, image: Plane) -> Plane:
        light = cv2.transform(image, np.array([[0.1, 0.35, 0.55]], np.float32))
        return grey(np.asarray(cv2.multiply(light, _lamp(self.size), scale=1 / 255), np.uint8))

    def _brightness(self, at: float) -> float:
        """Return the gain of a moment: clouds by day, the exposure hunting a little by night."""
        slow, quick = (
            sin(tau * (at / 311 + self._seed % 89 / 89)),
            sin(tau * (at / 47 + self._seed % 53 / 53)),
        )
        return 1 + 0.03 * slow + 0.012 * quick


@lru_cache(maxsize=48)
def _backdrop(kind: str, seed: int, size: tuple[int, int], night: bool) -> tuple[Plane, Plane]:  # noqa: FBT001 a key
    image, front = empty(kind, seed, night)
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.asarray(
        cv2.resize(front, size, interpolation=cv2.INTER_NEAREST), np.uint8
    )


@lru_cache(maxsize=8)
def _lamp(size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(lamp(), size, interpolation=cv2.INTER_AREA), np.uint8)
