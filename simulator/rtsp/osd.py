"""The text a camera burns into its picture: its name top left, date and time bottom right.

The clock stands at the end of the picture, in coding order, because each second that passes changes all
that is predicted from there: at the top, an H.265 encoder would code even a picture that stands still anew.
"""

from datetime import UTC, datetime
from functools import lru_cache

import cv2
import numpy as np

from simulator.rtsp.planes import NEUTRAL, Plane, colour, luma, mix, pixels


def stamp(picture: Plane, clock: float, name: str) -> None:
    """Write the device's time (Unix seconds, shown as UTC) and name into the picture, in place."""
    height, width = luma(picture).shape
    margin = max(4, height // 45)
    _paste(picture, plain(name), margin, margin)
    text = datetime.fromtimestamp(clock, UTC).strftime("%Y-%m-%d %H:%M:%S")
    keep, _ = _strip(text, height)
    _paste(picture, text, width - keep.shape[1] - margin, height - keep.shape[0] - margin)


def slate(size: tuple[int, int]) -> Plane:
    """Return what a recorder shows for a camera that is gone: dark blue, and NO VIDEO."""
    width, height = size
    picture = np.full((height * 3 // 2, width), NEUTRAL, np.uint8)
    luma(picture)[:] = 28
    colour(picture)[0] = 180
    keep, _ = _strip("NO VIDEO", height)
    _paste(picture, "NO VIDEO", (width - keep.shape[1]) // 2, (height - keep.shape[0]) // 2)
    return picture


def plain(name: str) -> str:
    """Return a name in the letters the font has."""
    return "".join(letter if " " <= letter <= "~" else "?" for letter in name)[:24]


def _paste(picture: Plane, text: str, x: int, y: int) -> None:
    light, tint = luma(picture), colour(picture)
    keep, add = _strip(text, light.shape[0])
    x, y = max(0, x) // 2 * 2, max(0, y) // 2 * 2
    place = light[y : y + keep.shape[0], x : x + keep.shape[1]]
    keep, add = keep[: place.shape[0], : place.shape[1]], add[: place.shape[0], : place.shape[1]]
    mix(place, keep, add)
    behind = tint[:, y // 2 : (y + place.shape[0]) // 2, x // 2 : (x + place.shape[1]) // 2]
    behind[:, keep[::2, ::2] < NEUTRAL] = NEUTRAL  # white letters have no colour


@lru_cache(maxsize=64)
def _strip(text: str, height: int) -> tuple[Plane, Plane]:
    """Return how much of the picture stays and what is added, for white letters with a dark edge."""
    scale = max(0.35, height / 720)
    thick = max(1, round(height / 360))
    (width, up), down = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    shape = ((up + down + 4) // 2 * 2 + 2, (width + 8) // 2 * 2)
    ink = np.zeros(shape, np.uint8)
    cv2.putText(ink, text, (3, up + 2), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)
    edge = pixels(cv2.dilate(ink, np.ones((2 * thick + 1, 2 * thick + 1), np.uint8)))
    return 255 - edge, ink
