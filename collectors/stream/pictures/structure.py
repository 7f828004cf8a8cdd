"""Whether the same things stand at the same places, whatever the light."""

from typing import Final, NamedTuple

import cv2
import numpy as np

from collectors.stream.pictures.kit import THUMB, Map, Mask, blocks, floats

WINDOW: Final = (9, 9)  # of the 192 x 108 picture
NOISE_FLOOR: Final = 1.5  # variance in squared luma steps that is no structure
_HANN: Final = np.outer(np.hanning(THUMB[1]), np.hanning(THUMB[0])).astype(np.float32)


class Shift(NamedTuple):
    """How far the picture lies aside, as shares of its width, and how sure that is, 0 to 1."""

    x: float
    y: float
    sure: float


def likeness(first: Map, second: Map) -> Map:
    """Return how alike each block of two small pictures is, -1 to 1, shape (18, 32).

    Normalised cross-correlation within windows of 9 x 9 pixels, averaged over each block: gain and offset of
    the light do not count (Lewis, "Fast normalized cross-correlation", 1995). Where both are flat it is 0.
    """
    a, b = (pic - cv2.blur(pic, WINDOW) for pic in (first, second))
    both = cv2.blur(a * b, WINDOW)
    power = cv2.blur(a * a, WINDOW) + NOISE_FLOOR, cv2.blur(b * b, WINDOW) + NOISE_FLOOR
    return blocks(floats(both / np.sqrt(power[0] * power[1])))


def shift(first: Map, second: Map) -> Shift:
    """Return how far `second` lies aside of `first` by phase correlation (Kuglin and Hines, 1975)."""
    a, b = (floats(pic - cv2.blur(pic, (25, 25))) for pic in (first, second))
    (x, y), sure = cv2.phaseCorrelate(a, b, _HANN)
    return Shift(x / THUMB[0], y / THUMB[0], float(sure))


def shifted(picture: Map, by: Shift) -> Map:
    """Return a small picture moved by a shift; what comes in at the edge is 0 and matches nothing."""
    matrix = np.array([[1, 0, by.x * THUMB[0]], [0, 1, by.y * THUMB[0]]], np.float64)
    return floats(cv2.warpAffine(picture, matrix, THUMB, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0))


def flips(reference: Map, picture: Map, anchors: Mask) -> float:
    """Return the best mean likeness of the picture, mirrored, flipped or both, where there is structure."""
    best = -1.0
    for axis in (1, 0, -1):
        turned = floats(cv2.flip(picture, axis))
        best = max(best, mean_at(likeness(reference, turned), anchors))
    return best


def roll(reference: Map, picture: Map) -> tuple[float, float]:
    """Return how far the picture has rolled upright (share of its height), and the likeness then.

    Row by row, round the edge, as a picture without vertical sync does: unlike a camera that moved, it shows
    all of the scene, only cut in two.
    """
    a, b = (pic - cv2.blur(pic, (15, 15)) for pic in (reference, picture))
    spectra = (np.fft.rfft(side, axis=0) for side in (a, b))
    first, second = spectra
    line = np.fft.irfft((np.conj(first) * second).sum(axis=1), n=THUMB[1])
    scale = float(np.sqrt((a * a).sum() * (b * b).sum())) + 1e-6
    place = int(np.argmax(line))
    away = min(place, THUMB[1] - place) / THUMB[1]
    return away, float(line[place]) / scale


def mean_at(values: Map, where: Mask) -> float:
    """Return the mean of the values in `where`; NaN when there is no such place."""
    return float(values[where].mean()) if where.any() else float("nan")
