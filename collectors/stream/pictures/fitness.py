"""Whether a picture may be learnt from at all, when nothing is known of its camera: by absolute limits.

A camera hung with its cap on, out of focus or before a slate must not take that for its usual picture. What
is refused here no scene shows, but for a plain wall: that waits until somebody says that it is meant.
"""

from typing import Final

import cv2
import numpy as np

from collectors.stream.pictures.clock import STRIP
from collectors.stream.pictures.kit import Frame, Luma, Mask
from models.picture_look import UNFIT, Values

DARKEST: Final = 40 / 255  # 95 % of the picture below this, and flat: black
FLATTEST: Final = 16 / 255  # standard deviation
BURNT: Final = 0.8  # share of white
PLAIN: Final = 0.88  # share of one colour without noise: a slate
FAINT: Final = 14.0  # luma steps within `NEAR` pixels that are more than noise …
EDGE: Final = 30.0  # … and an edge whose steepness can be told
FEWEST: Final = 0.004  # share of the picture that must lie near one
NEAR: Final = 21  # pixels of 360 lines
SHARP: Final = 0.16  # of an edge's height within one pixel: less is out of focus beyond what a lens is set to
STEEPEST: Final = 0.995  # of all edges: the sharpest, but for a few pixels
LEVELS: Final = 255.0
LINES: Final = 300  # of a stream that has fewer no edge can be so steep
NOISIEST: Final = 14.0  # luma steps


def unfit(frame: Frame, values: Values) -> int:
    """Return why a picture cannot be learnt, as its number in `models.picture_look.UNFIT`; 0 when it can.

    Args:
        frame: the picture.
        values: what `window.look_at` measured of it.
    """
    for reason, is_so in (
        ("black", values.get("dark", 1.0) < DARKEST and values.get("contrast", 1.0) < FLATTEST),
        ("slate", values.get("plain", 0.0) >= PLAIN),
        ("burnt", values.get("white", 0.0) > BURNT),
        ("noise", values.get("noise", 0.0) > NOISIEST),
    ):
        if is_so:
            return UNFIT[reason]
    near, sharp = edges(frame.luma)
    if near < FEWEST:
        return UNFIT["flat"]
    lines = LINES if frame.full is None else frame.full.shape[0]
    return UNFIT["blurred"] if sharp < SHARP * min(1.0, lines / LINES) else 0


def edges(luma: Luma, where: Mask | None = None) -> tuple[float, float]:
    """Return which share of a picture lies near anything, and how steep the steepest edges are.

    Steepness is the step from pixel to pixel against the height of the edge it belongs to: 0.3 in focus, a
    Gaussian blur of s pixels leaves 0.4 / s; 1 where nothing is high enough to tell. The strips of on-screen
    text are left out: they are always sharp.

    Args:
        luma: a picture.
        where: blocks (18, 32) whose edges alone are looked at; None for all.
    """
    soft = cv2.blur(luma[STRIP:-STRIP], (3, 3))  # noise is no edge
    window = np.ones((NEAR, NEAR), np.uint8)
    height = cv2.subtract(cv2.dilate(soft, window), cv2.erode(soft, window))[:-1, :-1]
    near = cv2.countNonZero(cv2.threshold(height, FAINT - 1, 1, cv2.THRESH_BINARY)[1]) / height.size
    tall = cv2.threshold(height, EDGE - 1, 255, cv2.THRESH_BINARY)[1]
    if where is not None:
        own = cv2.resize(where.astype(np.uint8), luma.shape[::-1], interpolation=cv2.INTER_NEAREST)
        tall = cv2.bitwise_and(tall, tall, mask=own[STRIP : -STRIP - 1, :-1])
    number = cv2.countNonZero(tall)
    if number < FEWEST * height.size:
        return near, 1.0
    step = cv2.max(cv2.absdiff(soft[:-1, 1:], soft[:-1, :-1]), cv2.absdiff(soft[1:, :-1], soft[:-1, :-1]))
    steep = np.asarray(cv2.divide(step, height, scale=LEVELS), np.uint8)
    shares = np.cumsum(cv2.calcHist([steep], [0], np.asarray(tall, np.uint8), [256], [0, 256])) / number
    return near, float(np.searchsorted(shares, STEEPEST)) / LEVELS
