"""The on-screen clock: found by what only a clock does, then watched.

A clock is ink (very light beside very dark) near the upper or lower edge that changes with every second, at
the same place, in each look. Traffic is not there each time, and foliage has no ink.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from collectors.stream.pictures.kit import GRID, THUMB, Frame, Luma, Map, Mask

APART: Final = 0.9  # seconds between two frames from which a clock must have changed
CELL: Final = 8  # pixels of 640 x 360
STRIP: Final = 72  # lines at the top and at the bottom where text stands
SHAPE: Final = (2 * STRIP // CELL, 640 // CELL)  # rows and columns of cells, the lower strip below the upper
WHITE: Final = 190  # luma steps: text on the screen is white, or nearly
INK: Final = 85  # luma steps between the lightest and the darkest pixel of a cell with text
FLIP: Final = 45  # luma steps that a pixel changes by when a digit does
OFTEN: Final = 0.7  # share of looks in which a clock's last digit was seen to change
SELDOM: Final = 0.4  # … and in which what moves there by chance was not
DIGIT: Final = 0.6  # share of looks in which such a digit's cell holds ink: there are thin ones
LOOKS: Final = 4  # from so many on a place that always changes is a clock
TALLEST: Final = 4  # cells
LARGEST: Final = 0.3  # of all cells; more is no clock

Cells = NDArray[np.float32]


def strips(luma: Luma) -> Luma:
    """Return the upper and the lower strip of a picture, one below the other, 640 wide."""
    if luma.shape[1] != 640:
        luma = np.asarray(cv2.resize(luma, (640, 360), interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.concatenate([luma[:STRIP], luma[-STRIP:]])


def ink(strip: Luma) -> Mask:
    """Return which cells hold text: light beside dark."""
    lightest = _most(strip)
    contrast = lightest.astype(np.int16) - 255 + _most(np.asarray(255 - strip, np.uint8))
    return np.asarray((contrast > INK) & (lightest > WHITE))


def flipped(first: Luma, second: Luma) -> Mask:
    """Return which cells changed as a digit does."""
    return np.asarray(_most(np.asarray(cv2.absdiff(first, second), np.uint8)) > FLIP)


def changed(first: Luma, second: Luma) -> Cells:
    """Return how many pixels of each cell changed as a digit's do: an encoder's noise changes one or two."""
    flips = cv2.threshold(cv2.absdiff(first, second), FLIP, 1, cv2.THRESH_BINARY)[1]
    share = cv2.resize(np.asarray(flips, np.float32), SHAPE[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(share * CELL * CELL, np.float32)


def find(flips: Cells, inks: Cells, looks: float) -> Mask:
    """Return the cells of the clock and of the text it belongs to; none is True when there is no clock.

    Args:
        flips: share of the looks in which each cell changed.
        inks: share of the looks in which each cell held text.
        looks: how many there were.
    """
    found = np.zeros(SHAPE, np.bool_)
    if looks < LOOKS or flips.max() < OFTEN:
        return found
    half = SHAPE[0] // 2
    for part in (slice(0, half), slice(half, None)):  # text does not run from one strip into the other
        seeds = (flips[part] >= OFTEN) & (inks[part] >= DIGIT) & _sharp(flips[part])
        digits = digits_of(np.asarray(seeds))
        rows = np.flatnonzero(digits.any(axis=1))
        near = cv2.dilate((inks[part] >= 0.8).astype(np.uint8), np.ones((1, 5), np.uint8))
        near[[row for row in range(half) if row not in rows]] = 0
        _, labels = cv2.connectedComponents(near, connectivity=8)
        own = np.unique(labels[digits])
        found[part] = np.isin(labels, own[own > 0])
    return found if found.mean() <= LARGEST else np.zeros(SHAPE, np.bool_)


def _sharp(flips: Cells) -> Mask:
    """Return which cells have hardly a neighbour that changes now and then: traffic has, a digit has not."""
    sometimes = ((flips > SELDOM) & (flips < OFTEN)).astype(np.float32)
    return np.asarray(
        cv2.boxFilter(sometimes, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT) < 2
    )


def digits_of(seeds: Mask) -> Mask:
    """Return those of the cells that always change that are digits: a few in a row, not a moving tree."""
    number, labels, stats, _ = cv2.connectedComponentsWithStats(seeds.astype(np.uint8), connectivity=8)
    low = [
        n
        for n in range(1, number)
        if stats[n, cv2.CC_STAT_HEIGHT] <= TALLEST and stats[n, cv2.CC_STAT_AREA] <= 40
    ]
    digits = np.asarray(np.isin(labels, low) & seeds)
    return digits if digits.sum() >= (seeds & ~digits).sum() else np.zeros_like(seeds)


def hidden(text: Mask) -> Mask:
    """Return which of the 18 x 32 blocks a text touches."""
    return np.asarray(cv2.resize(_whole(text), GRID, interpolation=cv2.INTER_AREA) > 0.02)


def hidden_pixels(text: Mask) -> Mask:
    """Return which pixels of the 192 x 108 picture a text touches."""
    return np.asarray(cv2.resize(_whole(text), THUMB, interpolation=cv2.INTER_AREA) > 0.02)


def _whole(text: Mask) -> Map:
    half = SHAPE[0] // 2
    picture = np.zeros((45, SHAPE[1]), np.float32)
    picture[:half], picture[-half:] = text[:half], text[half:]
    return picture


def _most(strip: Luma) -> Luma:
    """Return the largest value of each cell."""
    wide = cv2.dilate(strip, np.ones((CELL, CELL), np.uint8), anchor=(0, 0))
    return np.asarray(wide[::CELL, ::CELL], np.uint8)


def pair(frames: Sequence[Frame]) -> tuple[int, int] | None:
    """Return the two newest frames between which a clock must have changed; None when there are none.

    The newest: an encoder that begins with the session, short of bits, spoils its first key frame.
    """
    last = len(frames) - 1
    end = frames[last].at
    for place in range(last - 1, -1, -1):
        at = frames[place].at
        if at is not None and end is not None and end - at >= APART:
            return place, last
    return None
