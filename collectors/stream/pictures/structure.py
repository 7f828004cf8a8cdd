"""Whether the same things stand at the same places, whatever the light."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import cv2
import numpy as np

from collectors.stream.pictures.kit import THUMB, Map, Mask, blocks, floats

WINDOW: Final = (9, 9)  # of the 192 x 108 picture
HALF: Final = (96, 54)  # columns and rows in which a step aside is looked for …
REACH: Final = 4  # … of at most so many pixels: 4 % of the width
LESS: Final = 0.01  # likeness that a step of one pixel must gain: along a straight edge none does
_INNER: Final = (2 * REACH - 1, 2 * REACH - 1)
_FROM: Final = np.abs(np.arange(-REACH, REACH + 1, dtype=np.float32))
_EFFORT: Final = LESS * np.hypot(_FROM[:, None], _FROM[None, :])
AROUND: Final = (13, 13)  # pixels of it: what changes more slowly is light, not things
SYMMETRIC: Final = 0.5  # likeness from which on a place looks the same in a mirror
FEWEST: Final = 0.02  # share of the picture that must look otherwise
NOISE_FLOOR: Final = 1.5  # variance in squared luma steps that is no structure
_HANN: Final = np.outer(np.hanning(THUMB[1]), np.hanning(THUMB[0])).astype(np.float32)


class Shift(NamedTuple):
    """How far the picture lies aside, as shares of its width, and how sure that is, 0 to 1."""

    x: float
    y: float
    sure: float


class Step(NamedTuple):
    """A step aside that a camera takes when it shakes.

    Attributes:
        x, y: how far, as shares of the picture's width.
        like: how alike what always stands there is then, -1 to 1.
        gained: by how much more than without the step.
    """

    x: float
    y: float
    like: float
    gained: float


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


def steps(usual: Map, pages: Sequence[Map], anchors: Mask) -> list[Step]:
    """Return how far each of some small pictures lies aside by what always stands there, to 4 % of the width.

    Normalised cross-correlation where the anchors are (Lewis, 1995), at each place near by, and between these
    by a parabola: things that pass, which phase correlation follows, do not count.
    """
    where = cv2.resize(anchors.astype(np.float32), HALF, interpolation=cv2.INTER_NEAREST)
    inner = slice(REACH, -REACH)
    mask, shown = where[inner, inner], _outlines(usual)[inner, inner]
    power = float((shown * shown * mask).sum()) + 1e-3
    return [_step(_outlines(page), floats(shown * mask), floats(mask), power) for page in pages]


def _outlines(picture: Map) -> Map:
    small = cv2.resize(picture, HALF, interpolation=cv2.INTER_AREA)
    return floats(small - cv2.blur(small, AROUND))


def _step(page: Map, shown: Map, mask: Map, power: float) -> Step:
    both = cv2.matchTemplate(page, shown, cv2.TM_CCORR)
    own = cv2.matchTemplate(page * page, mask, cv2.TM_CCORR)
    like = both / np.sqrt(np.maximum(own, 1e-3) * power)
    worth = floats(like - _EFFORT)
    y, x = (1 + int(one) for one in np.unravel_index(int(np.argmax(worth[1:-1, 1:-1])), _INNER))
    across, down = _aside(x, worth[y, x - 1 : x + 2]), _aside(y, worth[y - 1 : y + 2, x])
    best = float(like[y, x])
    return Step(across, down, best, best - float(like[REACH, REACH]))


def _aside(place: int, near: Map) -> float:
    """Return a place of the search as a share of the width, between neighbours by the parabola through three.

    What is best at the edge of the search was not found: along a straight edge the next thing that passes is.
    """
    if not 1 < place < 2 * REACH - 1:
        return 0.0
    return (place - REACH + _crest(near)) / HALF[0]


def _crest(three: Map) -> float:
    """Return where the parabola through three neighbouring values is highest, the middle one being 0."""
    bend = float(three[0] - 2 * three[1] + three[2])
    return 0.0 if bend >= 0 else min(0.5, max(-0.5, 0.5 * float(three[0] - three[2]) / bend))


def shifted(picture: Map, by: Shift) -> Map:
    """Return a small picture moved by a shift; what comes in at the edge is 0 and matches nothing."""
    matrix = np.array([[1, 0, by.x * THUMB[0]], [0, 1, by.y * THUMB[0]]], np.float64)
    return floats(cv2.warpAffine(picture, matrix, THUMB, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0))


def turned(reference: Map, picture: Map, anchors: Mask, alike: Map) -> dict[str, float]:
    """Return how alike a picture is, mirrored, flipped or both, and as it is: where that makes a difference.

    Much of a scene may look the same in a mirror: an even wall, a belt, a row of windows. What is not like
    its own mirror image decides. Of the three ways the one that explains most counts. `match_turned` is of
    all that always stands there.
    """
    usual = np.clip(alike, SYMMETRIC, 1)
    as_it_is = likeness(reference, picture) / usual
    found = {"match_turned": -1.0}
    for axis in (1, 0, -1):
        like = likeness(reference, floats(cv2.flip(picture, axis))) / usual
        found["match_turned"] = max(found["match_turned"], mean_at(np.clip(like, -0.2, 1), anchors))
        odd = anchors & (likeness(reference, floats(cv2.flip(reference, axis))) < SYMMETRIC)
        if odd.mean() >= FEWEST and (other := mean_at(like, odd)) > found.get("match_flipped", -1.0):
            found |= {"match_flipped": other, "match_unflipped": mean_at(as_it_is, odd)}
    return found


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
