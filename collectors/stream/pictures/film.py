"""What lies on the lens or its cover: it stays while things behind it move, in several places.

Looked for in the small picture, beyond what the scene's own edges, a softer focus or a step aside explain:
outside of what the reference shows within a pixel around.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from collectors.stream.pictures.kit import Luma, Map, Mask, blocks, floats
from collectors.stream.pictures.things import Scenes, Things, nothing, things

BEYOND: Final = 6.0  # luma steps beyond the reference's own range nearby
WIDE: Final = 21  # of 96 x 54 pixels: what is lighter or darker over most of so much is light, not dirt
BURNT: Final = 244.0  # luma steps: what is burnt out may be lighter than can be told
SMOOTH: Final = 0.4  # of the detail that is around …
GROUND: Final = 1.5  # luma steps a pixel: … if that is rough ground …
AROUND: Final = (7, 7)  # … within so many blocks
LEAST: Final = 2  # blocks: what is smaller passes, or is an encoder's
SHARE: Final = 0.15  # of a block that must be hit
_NEAR: Final = np.ones((3, 3), np.uint8)


class Film(NamedTuple):
    """Share of the picture that something lies on, its pieces, the largest of them, how much is light.

    What came into the scene or went out of it is not in them, but in `things`.
    """

    share: float
    pieces: int
    largest: float
    light: float
    things: Things


def film(
    rests: Sequence[Map],
    expected: Sequence[Map],
    lost: Mask,
    open_: Mask,
    last: tuple[Luma, float],
    *,
    rough: Map,
) -> Film:
    """Return what lies before the scene in each of some frames alike.

    Args:
        rests: frames minus the reference at their own light, (108, 192).
        expected: the reference at the light of each frame, (108, 192).
        lost: blocks (18, 32) whose structure is gone in each frame.
        open_: blocks that may be looked at.
        last: the newest frame at 360 lines, and how steep its sharpest edges are.
        rough: how much detail each block (18, 32) shows.
    """
    beyond = [_beyond(rest, usual) for rest, usual in zip(rests, expected, strict=True)]
    lighter, darker = np.min(beyond, axis=0), -np.max(beyond, axis=0)
    hit = np.maximum(lighter, darker) > BEYOND
    where = ((blocks(floats(hit)) >= SHARE) | lost) & open_
    number, pieces, sizes = _pieces(where)
    found = nothing()
    if number > 1:
        where &= np.isin(pieces, 1 + np.flatnonzero(sizes >= LEAST))
        found = things(hit, pieces, number, Scenes(rests[-1] + expected[-1], expected[-1], *last))
        found = found._replace(went=found.went & ~_smoother(rough, where))
        where &= ~(found.came | found.went)
        number, _, sizes = _pieces(where)
    light = float((lighter > BEYOND).sum()) / max(1.0, float(hit.sum()))
    whole = max(int(open_.sum()), 1)
    largest = float(sizes.max()) / whole if number > 1 else 0.0
    return Film(float(where.sum()) / whole, number - 1, largest, light, found)


def _smoother(rough: Map, where: Mask) -> Mask:
    """Return which blocks show far less detail than what is around: what went leaves the same ground."""
    free = np.asarray(~where, np.float32)
    around = cv2.blur(rough * free, AROUND) / np.maximum(cv2.blur(free, AROUND), 0.05)
    return np.asarray(where & (rough < SMOOTH * around) & (around >= GROUND))


def _pieces(where: Mask) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """Return how many numbers there are, that of each block's piece (0 for none), and the pieces' sizes."""
    number, pieces, stats, _ = cv2.connectedComponentsWithStats(where.astype(np.uint8), connectivity=4)
    return number, np.asarray(pieces, np.int32), np.asarray(stats[1:, cv2.CC_STAT_AREA], np.int32)


def _beyond(rest: Map, usual: Map) -> Map:
    """Return by how much a frame lies above (or, negative, below) all that stands within a pixel around."""
    levels = np.asarray(np.clip(np.rint(rest) + 128, 0, 255), np.uint8)
    small = cv2.resize(levels, (levels.shape[1] // 2, levels.shape[0] // 2), interpolation=cv2.INTER_AREA)
    light = cv2.resize(cv2.medianBlur(small, WIDE), levels.shape[::-1], interpolation=cv2.INTER_LINEAR)
    local = rest + (128 - floats(light))
    above = np.where(rest + usual < BURNT, local - (cv2.dilate(usual, _NEAR) - usual), 0)
    below = local + (usual - cv2.erode(usual, _NEAR))
    return floats(np.maximum(above, 0) + np.minimum(below, 0))
