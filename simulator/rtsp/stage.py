"""Puts people and cars into a picture, each with its shadow, behind what stands before it."""

from functools import lru_cache
from math import cos, sin, tau
from typing import Final

import cv2
import numpy as np
from cv2.typing import MatLike

from simulator.rtsp.canvas import FRONT_STEP, SHIFT
from simulator.rtsp.figures import SPRITE, STEPS, Face, car, person
from simulator.rtsp.lens import CANVAS, Floats, Lens
from simulator.rtsp.planes import Plane, pixels
from simulator.rtsp.textures import Bgr
from simulator.rtsp.traffic import Mover

TALL: Final = 1.78  # metres
STRIDE: Final = 1.4  # metres
BLOOM: Final = 64  # pixels of a lamp's light before it is scaled
SUN: Final = np.array([0.45, 0.8, -0.4])


class Stage:
    """Draws movers into pictures of one size.

    Args:
        lens: from where they are seen.
        size: width and height in pixels.
        shadow: how dark their shadows are, 0 to 1.
        lamps: whether cars have their lamps on.
    """

    def __init__(self, lens: Lens, size: tuple[int, int], *, shadow: float, lamps: bool) -> None:
        scale = np.diag([size[0] / CANVAS[0], size[1] / CANVAS[1], 1.0])
        self._matrix: Floats = scale @ lens.matrix
        self._eye = np.array([0.0, lens.height, 0.0])
        self._shadow, self._lamps = shadow, lamps

    def draw(self, image: Plane, mover: Mover, front: Plane | None = None) -> Floats | None:
        """Draw one into a BGR picture, in place, behind what stands before it.

        Args:
            image: shape (H, W, 3).
            mover: who and where.
            front: how far away is what stands there, shape (H, W), in steps of `FRONT_STEP`.

        Returns:
            Its outline in pixels, None when it is too near or outside.
        """
        outline = self._car_outline(mover) if mover.kind == "car" else self._person_outline(mover)
        if outline is None:
            return None
        (x0, y0), (x1, y1) = outline.min(axis=0), outline.max(axis=0)
        edge = 4 + (y1 - y0) * 0.3
        box = Box.around(image, x0 - edge, y0 - edge, x1 + edge, y1 + edge)
        if box is None:
            return None
        before = box.part(image).copy() if front is not None else None
        (self._car if mover.kind == "car" else self._person)(image, mover, outline)
        if front is not None and before is not None:
            nearer = (box.part(front) < self.depth(mover) / FRONT_STEP - 1).astype(np.uint8)
            cv2.copyTo(before, nearer, box.part(image))
        return outline

    def depth(self, mover: Mover) -> float:
        """Return how far away one is, for the order of drawing."""
        return float((self._matrix @ np.array([mover.x, 0.0, mover.z, 1.0]))[2])

    def _pixels(self, points: Floats) -> Floats | None:
        seen = np.column_stack([points, np.ones(len(points))]) @ self._matrix.T
        return None if seen[:, 2].min() < 0.6 else seen[:, :2] / seen[:, 2:]

    # ------------------------------------------------------------ people

    def _person_outline(self, mover: Mover) -> Floats | None:
        ends = self._pixels(np.array([[mover.x, 0.0, mover.z], [mover.x, TALL, mover.z]]))
        if ends is None:
            return None
        (x, low), (_, high) = ends
        half = (low - high) * 0.25
        return np.array([[x - half, high], [x + half, high], [x + half, low], [x - half, low]])

    def _person(self, image: Plane, mover: Mover, outline: Floats) -> None:
        sprite = person(mover.look, int(mover.gone / STRIDE * STEPS) % STEPS)
        if float(cos(mover.heading) * self._matrix[0, 0] + sin(mover.heading) * self._matrix[0, 2]) < 0:
            sprite = np.ascontiguousarray(sprite[:, ::-1])  # walks to the left
        feet, tall = outline[2:].mean(axis=0), float(outline[2, 1] - outline[0, 1])
        self._soft_shadow(image, feet, tall)
        _paste(image, sprite, feet, tall / (SPRITE[1] - 16))

    def _soft_shadow(self, image: Plane, feet: Floats, tall: float) -> None:
        box = Box.around(
            image, feet[0] - tall * 0.5, feet[1] - tall * 0.2, feet[0] + tall * 0.5, feet[1] + tall * 0.2
        )
        if box is None:
            return
        mask = np.zeros(box.shape, np.uint8)
        middle = (round((feet[0] - box.x) * 16), round((feet[1] - box.y) * 16))
        axes = (round(tall * 0.2 * 16), round(tall * 0.06 * 16))
        cv2.ellipse(mask, middle, axes, 0, 0, 360, 255 * self._shadow, -1, cv2.LINE_AA, 4)
        box.darken(image, cv2.blur(mask, (max(3, int(tall / 10)),) * 2))

    # ------------------------------------------------------------ cars

    def _car_outline(self, mover: Mover) -> Floats | None:
        points = np.concatenate([face.corners for face in car(mover.look)])
        spots = self._pixels(points @ _turn(mover.heading) + (mover.x, 0.0, mover.z))
        if spots is None:
            return None
        return cv2.convexHull(spots.astype(np.float32))[:, 0].astype(np.float64)

    def _car(self, image: Plane, mover: Mover, outline: Floats) -> None:
        turn, place = _turn(mover.heading), np.array([mover.x, 0.0, mover.z])
        low, high = outline.min(axis=0), outline.max(axis=0)
        size = float(high[0] - low[0]) / 2
        box = Box.around(image, low[0] - 8, low[1] - 8, high[0] + 8, high[1] + 8)
        if box is None:
            return
        self._car_shadow(image, box, turn, place)
        part = box.part(image)
        for face in car(mover.look):
            self._face(part, face, turn, place, (box.x, box.y))
        part[:] = cv2.GaussianBlur(part, (0, 0), 0.55)
        if self._lamps:
            self._lamp(image, np.array([[2.3, 0.6, -0.6], [2.3, 0.6, 0.6]]) @ turn + place, size)

    def _car_shadow(self, image: Plane, box: "Box", turn: Floats, place: Floats) -> None:
        ground = np.array([(x, 0.02, z) for x, z in ((-2.4, -1.1), (2.4, -1.1), (2.4, 1.1), (-2.4, 1.1))])
        spots = self._pixels(ground @ turn + place)
        if spots is not None:
            mask = np.zeros(box.shape, np.uint8)
            _fill(mask, spots - (box.x, box.y), (255 * min(1.0, self._shadow * 1.6),))
            box.darken(image, cv2.blur(mask, (max(3, box.shape[1] // 24),) * 2))

    def _face(self, image: Plane, face: Face, turn: Floats, place: Floats, shift: tuple[int, int]) -> None:
        corners, outward = face.corners @ turn + place, face.outward @ turn
        if float(outward @ (self._eye - corners[0])) <= 0:
            return
        spots = self._pixels(corners)
        if spots is not None:
            light = 0.62 + 0.5 * max(0.0, float(outward @ SUN) / float(np.linalg.norm(outward)))
            b, g, r = face.colour
            _fill(image, spots - shift, (b * light, g * light, r * light))

    def _lamp(self, image: Plane, lamps: Floats, size: float) -> None:
        at = self._pixels(lamps)
        reach = min(max(3.0, size * 0.4), image.shape[1] / 16)
        for x, y in at if at is not None else ():
            box = Box.around(image, x - reach, y - reach, x + reach, y + reach)
            if box is not None:
                scale = 2 * reach / BLOOM
                move = np.array([[scale, 0, x - reach - box.x], [0, scale, y - reach - box.y]])
                light = cv2.warpAffine(_bloom(), move, (box.shape[1], box.shape[0]))
                part = box.part(image)
                cv2.add(part, cv2.merge([light, light, light]), dst=part)


@lru_cache(maxsize=1)
def _bloom() -> Plane:
    """Return the light round a lamp, shape (BLOOM, BLOOM)."""
    y, x = np.mgrid[-1 : 1 : BLOOM * 1j, -1 : 1 : BLOOM * 1j]
    far = np.hypot(x, y)
    return np.asarray(np.clip(300 * np.exp(-((far * 3.2) ** 2)) + 70 * (1 - far), 0, 255), np.uint8)


class Box:
    """A part of a picture."""

    def __init__(self, x: int, y: int, x1: int, y1: int) -> None:
        self.x, self.y, self._x1, self._y1 = x, y, x1, y1
        self.shape = (y1 - y, x1 - x)

    @classmethod
    def around(cls, image: Plane, x0: float, y0: float, x1: float, y1: float) -> "Box | None":
        """Return what of a rectangle lies in the picture, None when nothing does."""
        height, width = image.shape[:2]
        low = (max(0, int(x0)), max(0, int(y0)))
        high = (min(width, int(x1) + 1), min(height, int(y1) + 1))
        return cls(*low, *high) if high[0] - low[0] > 1 and high[1] - low[1] > 1 else None

    def part(self, image: Plane) -> Plane:
        """Return it as a view."""
        return image[self.y : self._y1, self.x : self._x1]

    def darken(self, image: Plane, mask: MatLike) -> None:
        """Take light away where the mask is white."""
        part, keep = self.part(image), 255 - pixels(mask)
        cv2.multiply(part, cv2.merge([keep, keep, keep]), dst=part, scale=1 / 255)


def _turn(heading: float) -> Floats:
    """Return the rotation about the upright by which points (rows) are multiplied."""
    c, s = cos(heading % tau), sin(heading % tau)
    return np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def _fill(image: Plane, spots: Floats, colour: Bgr | tuple[float]) -> None:
    points = np.rint(spots * 2**SHIFT).astype(np.int32)
    cv2.fillConvexPoly(image, points, colour, cv2.LINE_AA, SHIFT)


def _paste(image: Plane, sprite: Plane, feet: Floats, scale: float) -> None:
    wide, high = SPRITE[0] * scale, SPRITE[1] * scale
    box = Box.around(image, feet[0] - wide / 2, feet[1] - high, feet[0] + wide / 2, feet[1] + 2)
    if box is None:
        return
    if scale < 0.5:  # shrink in two steps, or the legs flicker
        half = max(scale, 0.25)
        sprite = cv2.resize(sprite, None, fx=half, fy=half, interpolation=cv2.INTER_AREA).astype(np.uint8)
        scale /= half
    move = np.array(
        [[scale, 0, feet[0] - wide / 2 - box.x], [0, scale, feet[1] + 6 * wide / SPRITE[0] - high - box.y]]
    )
    look = cv2.warpAffine(sprite, move, (box.shape[1], box.shape[0]), flags=cv2.INTER_LINEAR)
    part, keep = box.part(image), 255 - look[..., 3]
    cv2.multiply(part, cv2.merge([keep, keep, keep]), dst=part, scale=1 / 255)
    cv2.add(part, np.ascontiguousarray(look[..., :3]), dst=part)
