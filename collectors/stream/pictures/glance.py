"""A glance at one picture: a few cheap measures that tell whether a whole look is due, and nothing else.

They are held against what this camera usually shows, with its own spread, and against what the last whole
look found in order: what was there already is no news. What only several frames show (flicker, shake) shows
here as light or place that differ from the usual; what stands still, as the last look's picture again.
"""

from collections.abc import Mapping
from math import log, sqrt
from typing import Final, NamedTuple

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from collectors.stream.pictures import pattern
from collectors.stream.pictures.kit import GRID, Frame, Luma, Map, block_means, floats
from collectors.stream.pictures.reference import Reference

SMALL: Final = (160, 90)  # columns and rows of the picture that structure is compared in: 5 x 5 to a block
NO_STRUCTURE: Final = 1.5  # variance of a block in squared luma steps …
FIRM: Final = 12.0  # … and that of one where something stands
LEAST_FIRM: Final = 0.02  # share of such blocks, below which there is no structure to compare
GONE: Final = 0.35  # correlation below which what stood in a block is not there
APART: Final = 9.0  # luma steps that a block is lighter or darker by than the light explains
ROUNDED_UP: Final = np.float32(
    1 / 8
)  # luma steps that (a + b + c + d + 2) >> 2 lies above the mean, on average
WHITE, DARK = 235.0, 24.0
LEVELS: Final = np.arange(256, dtype=np.float32)
PIXELS: Final = 640 * 360
FARTHEST: Final = 20.0  # luma steps: what differs by more came or went, and says nothing of a shift
SPREADS: Final = 4.0  # mean deviations that are still usual
PREFIX: Final = "g_"  # of the names that spreads are learnt under

# Measure -> how far it may at least be from the usual, or from what the last whole look saw.
ROOM: Final[Mapping[str, float]] = {
    "light": 0.12, "range": 0.10, "rest": 1.5, "aside": 0.02, "like": 0.03, "lost": 0.02,
    "x": 0.0012, "y": 0.0012, "blue": 1.2, "red": 1.2, "chroma": 0.15, "white": 0.015, "dark": 0.05,
    "sharp": 0.12, "peak": 0.08, "grain": 0.25, "comb": 0.04, "edges": 0.005, "ink": 0.2,
    "rows": 0.5, "columns": 0.5, "fine_rows": 0.4, "fine_columns": 0.4,
}  # fmt: skip

Signs = dict[str, float]


class Plain(NamedTuple):
    """A frame made small.

    Attributes:
        light: mean luma of each block, (18, 32).
        small: luma, (90, 160).
        blue, red: mean colour difference of each block, 0 is grey; None without colour.
    """

    light: Map
    small: Map
    blue: Map | None
    red: Map | None


def plain(frame: Frame) -> Plain:
    """Make a frame small; luma in steps of two, which costs a tenth of one great step."""
    high, wide = frame.luma.shape
    half = np.asarray(cv2.resize(frame.luma, (wide // 2, high // 2), interpolation=cv2.INTER_AREA), np.uint8)
    blue, red = (None if one is None else _cells(one) - np.float32(128) for one in (frame.blue, frame.red))
    small = cv2.resize(half, SMALL, interpolation=cv2.INTER_AREA)
    return Plain(block_means(half) - ROUNDED_UP, floats(small), blue, red)


def plain_of(page: Reference) -> Plain:
    """Return a reference made small in the same way."""
    small = cv2.resize(floats(page.thumb), SMALL, interpolation=cv2.INTER_AREA)
    return Plain(page.light, floats(small), page.blue, page.red)


def signs(frame: Frame, now: Plain, usual: Plain) -> Signs:
    """Measure a frame against the usual one: by the names in `ROOM`, what cannot be measured is absent.

    Means are OpenCV's: of arrays as small as these NumPy's cost ten times as much.
    """
    slope, start = _fit(now.light, usual.light)
    away = floats(cv2.addWeighted(now.small, 1 / slope, usual.small, -1.0, -start / slope))
    return {
        **_light(now.light, usual.light, slope, start),
        **_structure(now.small, usual.small),
        **_aside(away, usual.small),
        **_bars(away),
        **_colour(now, usual),
        **_detail(frame),
    }


def _mean(values: MatLike) -> float:
    return cv2.mean(values)[0]


def _deviation(values: MatLike) -> float:
    return float(cv2.meanStdDev(values)[1][0, 0])


def _share(where: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(where)) / where.size


def _fit(light: Map, usual: Map) -> tuple[float, float]:
    """Return gain and offset of the light against the usual; least squares, twice, without what is far."""
    x, y = usual.ravel(), light.ravel()
    slope, start = 1.0, 0.0
    for turn in range(2):
        middle, mean = _mean(x), _mean(y)
        off = x - np.float32(middle)
        slope = min(max(float(off @ (y - np.float32(mean))) / max(float(off @ off), 1e-3), 0.2), 4.0)
        start = mean - slope * middle
        if not turn:
            rest = np.abs(y - np.float32(slope) * x - np.float32(start))
            near = rest <= max(3 * _mean(rest), 1.0)
            x, y = x[near], y[near]
    return slope, start


def _light(light: Map, usual: Map, slope: float, start: float) -> Signs:
    rest = np.abs(light - (np.float32(slope) * usual + np.float32(start)))
    (mean, deviation), (before, spread) = (
        (one[0][0, 0], one[1][0, 0]) for one in map(cv2.meanStdDev, (light, usual))
    )
    return {
        "light": log((mean + 2) / (before + 2)),
        "range": log((deviation + 1) / (spread + 1)),
        "rest": _mean(rest),
        "aside": _share(rest > APART),
        "white": _share(light > WHITE),
        "dark": _share(light < DARK),
    }


def _structure(small: Map, usual: Map) -> Signs:
    """Return how alike the blocks are in which something stands: correlation, whatever the light."""
    mean, before = _cells(small), _cells(usual)
    power, firmness = _cells(small * small) - mean * mean, _cells(usual * usual) - before * before
    firm = firmness >= FIRM
    if _share(firm) < LEAST_FIRM:
        return {}
    both = _cells(small * usual) - mean * before
    like = (both / np.sqrt((power + NO_STRUCTURE) * (firmness + NO_STRUCTURE)))[firm]
    return {"like": _mean(like), "lost": _share(like < GONE)}


def _aside(away: Map, usual: Map) -> Signs:
    """Return by how much the picture lies aside, as shares of its width (Lucas and Kanade, 1981)."""
    across = (usual[1:-1, 2:] - usual[1:-1, :-2]).ravel()
    down = (usual[2:, 1:-1] - usual[:-2, 1:-1]).ravel()
    rest = np.clip(away[1:-1, 1:-1], -FARTHEST, FARTHEST).ravel()
    xx, yy, xy = float(across @ across), float(down @ down), float(across @ down)
    volume = xx * yy - xy * xy
    if volume <= 1e-3 * xx * yy or min(xx, yy) < rest.size:
        return {}
    x, y = float(across @ rest), float(down @ rest)
    return {
        "x": 2 * (xy * y - yy * x) / volume / SMALL[0],
        "y": 2 * (xy * x - xx * y) / volume / SMALL[0],
    }


def _bars(away: Map) -> Signs:
    """Return what runs through whole rows and columns that is not there usually, slow changes taken away."""
    found = {}
    for name, axis in (("rows", 1), ("columns", 0)):
        profile = cv2.reduce(away, axis, cv2.REDUCE_AVG).reshape(-1, 1)
        bend = pattern.BENDS[profile.size]
        found[name] = _deviation(profile - bend @ (bend.T @ profile))
        found[f"fine_{name}"] = _deviation(profile - cv2.blur(profile, (1, 15)))
    return found


def _colour(now: Plain, usual: Plain) -> Signs:
    if now.blue is None or now.red is None or usual.blue is None or usual.red is None:
        return {}
    spread = sum(_mean(np.abs(one - np.float32(_mean(one)))) for one in (now.blue, now.red))
    return {
        "blue": _mean(now.blue) - _mean(usual.blue),
        "red": _mean(now.red) - _mean(usual.red),
        "chroma": log(spread + 0.3),
    }


def _detail(frame: Frame) -> Signs:
    """Return how sharp and how noisy it is, and what stands out along lines and the coder's blocks.

    Of a tenth of the lines, and of as many of a large picture's blocks as a small one has.
    """
    curve = _curvature(frame.luma)
    share = np.cumsum(cv2.calcHist([curve], [0], None, [256], [0, 256]).ravel()) / curve.size
    steps = np.diff(share, prepend=np.float32(0)) * LEVELS
    quiet = int(np.searchsorted(share, 0.25)) + 1
    full = frame.luma if frame.full is None else frame.full
    every = max(4, full.size // (PIXELS // 4))
    return {
        "sharp": log(sqrt(float(steps @ LEVELS)) + 0.5),
        "peak": log(float(np.searchsorted(share, 0.98)) + 1.0),
        "grain": float(steps[:quiet].sum()),
        "comb": pattern.comb(full, every // 2),
        "edges": pattern.seams(full, every),
    }


def _curvature(luma: Luma) -> Luma:
    """Return the Laplacian's absolute value, at most 255, along each tenth line."""
    lines = [luma[k : luma.shape[0] - 3 + k : 10].astype(np.int16) for k in (1, 2, 3)]
    middle = lines[1]
    curve = 4 * middle[:, 1:-1] - middle[:, :-2] - middle[:, 2:] - lines[0][:, 1:-1] - lines[2][:, 1:-1]
    return np.asarray(cv2.convertScaleAbs(curve), np.uint8)


def _cells(values: MatLike) -> Map:
    return floats(cv2.resize(values, GRID, interpolation=cv2.INTER_AREA))
