"""Paints a place: textured surfaces in perspective, far ones first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import cv2
import numpy as np
from numpy.typing import ArrayLike

from simulator.rtsp.lens import CANVAS, Floats, Lens
from simulator.rtsp.planes import Plane, pixels
from simulator.rtsp.textures import SIDE, Bgr, Rng, Tile, rough

Point = tuple[float, float, float]
Box = tuple[int, int, int, int]  # x, y, width, height in pixels
FRONT_STEP: Final = 0.25  # metres
SHIFT: Final = 4  # bits behind the point in OpenCV's drawing coordinates


class Canvas:
    """A picture of a place, in the making.

    Args:
        lens: from where it is seen.
        rng: for stains and shades.
        night: no sun; windows and lamps may be lit.

    Attributes:
        image: BGR, shape (1080, 1920, 3).
        front: how far away is what stands there, in steps of `FRONT_STEP`; 255 where nothing does.
    """

    def __init__(self, lens: Lens, rng: Rng, *, night: bool) -> None:
        self.lens, self.rng, self.night = lens, rng, night
        width, height = CANVAS
        self.image: Plane = np.zeros((height, width, 3), np.uint8)
        self.front: Plane = np.full((height, width), 255, np.uint8)
        self._depth: float | None = None

    def sky(self, top: Bgr, bottom: Bgr) -> None:
        """Fill everything with a sky, clouds in it; at night nearly black."""
        rows = 270
        ramp = np.linspace(0, 1, rows, dtype=np.float32)[:, None, None] ** 0.7
        colour = np.array(top, np.float32) * (1 - ramp) + np.array(bottom, np.float32) * ramp
        light = (1 + 0.05 * rough(self.rng, coarse=4, octaves=5)[:rows, :480, None]) * (
            0.04 if self.night else 1.0
        )
        small = np.clip(colour * light, 0, 255).astype(np.uint8)
        self.image = np.asarray(cv2.resize(small, CANVAS, interpolation=cv2.INTER_CUBIC), np.uint8)

    @contextmanager
    def standing(self, x: float, z: float) -> Iterator[None]:
        """What is painted inside stands there, and hides whoever walks behind it."""
        seen = self.lens.point(x, 0.0, z)
        self._depth = seen[2] if seen else 0.0
        yield
        self._depth = None

    def surface(
        self, tile: Tile, origin: Point, u: Point, v: Point, *, light: float = 1.0, stains: float = 0.04
    ) -> None:
        """Lay a tile over a rectangle, repeated as often as it fits.

        Args:
            tile: the surface.
            origin: one corner, metres.
            u: from there to the next corner (the tile's x).
            v: from there to the other neighbour (the tile's y, downwards in the tile).
            light: how much light falls on it.
            stains: how uneven it is over its whole length.
        """
        start, across, down = (np.array(p, np.float64) for p in (origin, u, v))
        outline = self.lens.outline([start, start + across, start + across + down, start + down])
        box = self._box(outline)
        if box[2] <= 0 or box[3] <= 0:
            return
        frame = np.column_stack([_unit(across), _unit(down), start])  # metres on the surface to the world
        plane = self.lens.matrix @ np.vstack([frame, [0, 0, 1]])
        size = np.array([np.linalg.norm(across), np.linalg.norm(down), 1.0])
        step = (np.array([tile.metres, tile.metres, 1]) if tile.metres else size) / (SIDE, SIDE, 1)
        look = _warp(tile.image, plane @ np.diag(step), box, cv2.BORDER_WRAP)
        gain = (1 + stains * rough(self.rng, coarse=4, octaves=4, shape=(128, 128))) * light * 128
        spots = _warp(
            np.clip(gain, 0, 255).astype(np.uint8),
            plane @ np.diag(size / (128, 128, 1)),
            box,
            cv2.BORDER_REPLICATE,
        )
        cv2.multiply(look, cv2.merge([spots, spots, spots]), dst=look, scale=1 / 128)
        self._lay(look, outline, box)

    def patch(self, corners: Sequence[ArrayLike], colour: Bgr) -> None:
        """Fill a flat polygon with one colour."""
        outline = self.lens.outline(corners)
        fill(self.image, outline, colour)
        if self._depth is not None:
            self.hide(outline, self._depth)

    def cutout(self, tile: Tile, corners: Sequence[ArrayLike], *, light: float) -> None:
        """Fill a flat polygon that faces us with a tile, as large as it is at that distance: foliage."""
        outline = self.lens.outline(corners)
        x, y, wide, high = self._box(outline)
        if wide <= 0 or high <= 0:
            return
        spread = np.ptp(outline[:, 0]) / np.ptp(np.asarray(corners, np.float64)[:, 0])  # pixels per metre
        side = int(np.clip(spread * tile.metres, 48, 1024))
        small = cv2.resize(tile.image, (side, side), interpolation=cv2.INTER_AREA)
        small = np.roll(pixels(small), self.rng.integers(side, size=2), axis=(0, 1))
        flat = np.tile(small, (high // side + 1, wide // side + 1, 1))[:high, :wide]
        self._lay(
            pixels(cv2.convertScaleAbs(flat, alpha=light)), outline, (x, y, wide, high), ragged=side / 40
        )

    def hide(self, outline: Floats, depth: float) -> None:
        """Note that something stands within an outline (pixels) at that depth (metres)."""
        fill(self.front, outline, float(min(depth / FRONT_STEP, 255)))

    def shade(self, corners: Sequence[ArrayLike], *, light: float, soft: float) -> None:
        """Multiply the light inside a polygon, its edge `soft` pixels wide: shadows and reflections."""
        outline = self.lens.outline(corners)
        if not len(outline):
            return
        mask = np.zeros(self.image.shape[:2], np.uint8)
        fill(mask, outline, 255)
        small = cv2.resize(mask, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        small = cv2.GaussianBlur(small, (0, 0), max(0.5, soft / 4))
        changed = cv2.convertScaleAbs(self.image, alpha=light)
        blend(self.image, pixels(changed), pixels(cv2.resize(small, CANVAS, interpolation=cv2.INTER_LINEAR)))

    def glow(self, at: Point, *, radius: float, colour: Bgr = (235, 245, 255)) -> None:
        """Add a lamp's bloom, `radius` pixels wide."""
        seen = self.lens.point(*at)
        if seen is None:
            return
        height, width = self.image.shape[:2]
        y, x = np.ogrid[0:height, 0:width]
        far = ((x - seen[0]) ** 2 + (y - seen[1]) ** 2) / radius**2
        bloom = np.asarray(np.exp(-far * 2) + 0.35 / (1 + far * 6), np.float32)
        self.image = np.clip(self.image + bloom[..., None] * np.array(colour, np.float32), 0, 255).astype(
            np.uint8
        )

    def _lay(self, look: Plane, outline: Floats, box: Box, *, ragged: float = 0.0) -> None:
        """Put a piece of picture where an outline is; a ragged edge is leaves, `ragged` pixels large."""
        x, y, wide, high = box
        mask = np.zeros((high, wide), np.uint8)
        fill(mask, outline - (x, y), 255)
        if ragged:
            mask = _ragged(self.rng, mask, ragged)
        blend(self.image[y : y + high, x : x + wide], look, mask)
        if self._depth is not None:
            value = int(min(self._depth / FRONT_STEP, 255))
            self.front[y : y + high, x : x + wide][mask > 127] = value

    def _box(self, outline: Floats) -> Box:
        """Return the part of the canvas an outline touches: x, y, width, height."""
        if not len(outline):
            return 0, 0, 0, 0
        low = np.clip(np.floor(outline.min(axis=0)) - 1, 0, CANVAS).astype(int)
        high = np.clip(np.ceil(outline.max(axis=0)) + 1, 0, CANVAS).astype(int)
        return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def fill(image: Plane, outline: Floats, colour: float | Bgr) -> None:
    """Fill a polygon given in pixels, its edge smooth."""
    if len(outline) >= 3:
        points = np.clip(np.rint(outline * 2**SHIFT), -(2**20), 2**20).astype(np.int32)
        value = colour if isinstance(colour, tuple) else (colour,)
        cv2.fillPoly(image, [points], value, cv2.LINE_AA, SHIFT)


def blend(below: Plane, above: Plane, mask: Plane) -> None:
    """Lay one picture over another of equal size where the mask is white, in place."""
    alpha = cv2.merge([mask, mask, mask])
    part = cv2.multiply(above, alpha, scale=1 / 255)
    cv2.multiply(below, 255 - alpha, dst=below, scale=1 / 255)
    cv2.add(below, part, dst=below)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector), np.float64)


def _warp(flat: Plane, turn: Floats, box: Box, border: int) -> Plane:
    """Look at a flat picture through a homography (its pixels to the canvas's), only within a box."""
    x, y, wide, high = box
    turn = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]]) @ turn
    return np.asarray(
        cv2.warpPerspective(flat, turn, (wide, high), flags=cv2.INTER_LINEAR, borderMode=border), np.uint8
    )


def _ragged(rng: Rng, mask: Plane, size: float) -> Plane:
    soft = cv2.GaussianBlur(mask, (0, 0), max(1.0, size)).astype(np.float32)
    field = rough(rng, coarse=32, octaves=3, keep=0.9)
    scale = max(0.3, size / 6)
    noise = cv2.resize(field, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    high, wide = mask.shape
    noise = np.tile(noise, (high // noise.shape[0] + 1, wide // noise.shape[1] + 1))[:high, :wide]
    return np.asarray(np.clip((soft + 50 * noise - 110) * 6, 0, 255), np.uint8)
