"""What is wrong behind the lens: noise, bars, a rolling picture, torn blocks, no picture at all. In place."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.rtsp import osd
from simulator.rtsp.damage.kit import Moment, fresh_noise, to_bytes
from simulator.rtsp.planes import NEUTRAL, Plane, colour, luma

Blocks = NDArray[np.bool_]

BLOCK: Final = 16  # pixels: a macroblock of H.264


def no_video(picture: Plane, strength: float, _moment: Moment) -> None:
    """Show what a recorder shows without a signal: blue or black with words, plain blue from 0.9 on."""
    light, tint = luma(picture), colour(picture)
    slate = osd.slate((light.shape[1], light.shape[0]))
    if strength >= 0.9:
        light[:], tint[0], tint[1] = 41, 240, 110
    elif strength >= 0.6:
        light[:] = np.where(luma(slate) > 100, 180, 16)
        tint[:] = NEUTRAL
    else:
        picture[:] = slate


def still(picture: Plane, strength: float, moment: Moment) -> None:
    """Add a little fresh noise to a picture that stands still, as an analogue line does; none from 0.8 on."""
    if strength < 0.8:
        light = luma(picture)
        light[:] = to_bytes(light + fresh_noise(light.shape, moment.chance("still")))


def noise(picture: Plane, strength: float, moment: Moment) -> None:
    """Add noise of 30 luma steps at strength 1, coloured half as much."""
    rng = moment.chance("noise")
    light = luma(picture)
    light[:] = to_bytes(light + fresh_noise(light.shape, rng) * np.float32(30 * strength))
    for plane in colour(picture):
        plane[:] = to_bytes(plane + fresh_noise(plane.shape, rng) * np.float32(10 * strength))


def snow(picture: Plane, strength: float, moment: Moment) -> None:
    """Sprinkle black and white points and short dashes: 14 % of the picture at strength 1."""
    rng = moment.chance("snow")
    light = luma(picture)
    share = 0.14 * strength
    field = fresh_noise(light.shape, rng)
    edge = float(np.quantile(field[::7, ::7], 1 - share / 2))
    dash = np.ones((1, max(1, light.shape[1] // 480)), np.uint8)
    light[cv2.dilate((field > edge).astype(np.uint8), dash) > 0] = 235
    light[field < -edge] = 20


def stripes(picture: Plane, strength: float, moment: Moment) -> None:
    """Lay bars over the picture, across or upright, that drift slowly: 28 luma steps at strength 1."""
    light = luma(picture)
    upright = moment.seed % 2 == 0
    length = light.shape[1] if upright else light.shape[0]
    period = light.shape[0] * (0.05, 0.08, 0.13)[moment.seed % 3]
    along = np.arange(length, dtype=np.float32) / period + np.float32(0.23 * moment.at % 1.0)
    wave = np.float32(28 * strength) * np.sin(2 * np.pi * along)
    light[:] = to_bytes(light + (wave[None, :] if upright else wave[:, None]))


def banding(picture: Plane, strength: float, moment: Moment) -> None:
    """Roll one or two wide dark bars through the picture, as mains hum does: 40 luma steps at strength 1."""
    light = luma(picture)
    rows = np.arange(light.shape[0], dtype=np.float32)[:, None] / light.shape[0]
    wave = np.sin(2 * np.pi * ((1 + moment.seed % 2) * rows * 1.5 + 0.37 * moment.at % 1.0))
    light[:] = to_bytes(light - np.float32(40 * strength) * np.clip(wave, 0, 1))


def rolling(picture: Plane, strength: float, moment: Moment) -> None:
    """Lose the vertical sync: the picture jumps or rolls, the dark gap between two pictures in view."""
    light = luma(picture)
    shift = moment.chance("rolling", per_second=8).uniform(0.04, 1.0) * min(1.0, strength)
    rows = int(shift * light.shape[0]) // 2 * 2
    for plane, lines, gap in ((light, rows, 16), *((p, rows // 2, NEUTRAL) for p in colour(picture))):
        plane[:] = np.roll(plane, lines, axis=0)
        plane[lines : lines + max(2, plane.shape[0] // 30)] = gap


def mosaic(picture: Plane, strength: float, moment: Moment) -> None:
    """Coarsen runs of blocks: 70 % of the picture at strength 1, other blocks each second."""
    for plane, block, wrong in _runs(picture, 0.7 * strength, moment, "mosaic"):
        tall, wide = wrong.shape
        part = plane[: tall * block, : wide * block]
        mean = cv2.resize(part, (wide, tall), interpolation=cv2.INTER_AREA)
        coarse = mean.repeat(block, axis=0).repeat(block, axis=1)
        np.copyto(part, coarse, where=_blown(wrong, block))


def torn(picture: Plane, strength: float, moment: Moment) -> None:
    """Damage decoding: runs of blocks are grey, or come from elsewhere; 35 % of the picture at strength 1."""
    rng = moment.chance("torn kind", per_second=1)
    grey, away = bool(rng.random() < 0.35), int(rng.integers(2, 9))
    for plane, block, wrong in _runs(picture, 0.35 * strength, moment, "torn"):
        tall, wide = wrong.shape
        part = plane[: tall * block, : wide * block]
        other = np.full_like(part, NEUTRAL) if grey else np.roll(part, (block, away * block), axis=(0, 1))
        np.copyto(part, other, where=_blown(wrong, block))


def interlace(picture: Plane, strength: float, _moment: Moment) -> None:
    """Tear the two fields apart: every other line lies 2 % of the width aside at strength 1."""
    for plane in (luma(picture), *colour(picture)):
        plane[1::2] = np.roll(plane[1::2], max(1, round(0.02 * strength * plane.shape[1])), axis=1)


def _blown(wrong: Blocks, block: int) -> Blocks:
    """Return which pixels are hit."""
    return wrong.repeat(block, axis=0).repeat(block, axis=1)


def _runs(picture: Plane, share: float, moment: Moment, purpose: str) -> Iterator[tuple[Plane, int, Blocks]]:
    """Yield each plane, the side of its blocks, and which blocks are hit: runs along the rows."""
    rng = moment.chance(purpose, per_second=1)
    light = luma(picture)
    rows, columns = light.shape[0] // BLOCK, light.shape[1] // BLOCK
    wrong = np.zeros((rows, columns), np.bool_)
    for row in range(rows):
        column = int(rng.integers(-columns // 2, columns // 4 + 1))
        while column < columns:
            length = int(rng.integers(3, max(4, columns // 2)))
            if rng.random() < share:
                wrong[row, max(0, column) : max(0, column + length)] = True
            column += length
    yield light, BLOCK, wrong
    for plane in colour(picture):
        yield plane, BLOCK // 2, wrong
