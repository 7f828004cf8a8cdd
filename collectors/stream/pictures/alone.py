"""What the frames of a look show by themselves, and against each other: no reference is needed."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import cv2
import numpy as np

from collectors.stream.pictures import pattern, structure
from collectors.stream.pictures.kit import Frame, Luma, Map, block_means, middle, quantile
from collectors.stream.pictures.maps import Maps
from collectors.stream.pictures.reference import Reference

THERE: Final = 0.3  # of a block's light, as a logarithm, beyond what all of the picture changes by
BUSIEST: Final = 0.98  # of all blocks, by how much their light changes: where something moves
GREYEST: Final = 228.0  # luma steps: a block that is lighter may be burnt out in part
PAIRS: Final = 3  # of frames: in fewer a quiet moment of a road looks like a picture that stands
BANDS: Final = 6  # rows of a picture's bands whose light is watched …
DEAF: Final = 1  # … of which so many may be hidden by what passes
LARGE: Final = 0.03  # share of the picture from which on a camera takes its exposure from a thing

Values = dict[str, float]


def alone(frames: Sequence[Frame], pages: Sequence[Maps]) -> Values:
    """Return what needs no reference."""
    luma = frames[-1].luma
    ends = (frames[0], frames[-1]) if len(pages) > 1 else frames[-1:]
    full = [frame.full for frame in ends if frame.full is not None]
    values = {
        "luma": median(cv2.mean(page.light)[0] for page in pages) / 255,
        "dark": median(quantile(page.light, 0.95) for page in pages) / 255,
        "contrast": median(float(cv2.meanStdDev(page.light)[1][0, 0]) for page in pages) / 255,
        "white": median(cv2.mean(page.burnt)[0] for page in pages),
        "noise": median(page.noise for page in pages),
        "colourful": median(page.colourful for page in pages),
        "impulses": median(pattern.impulses(frame.luma) for frame in ends),
        "plain": _plain(pages[-1], luma),
        "mean_blue": middle(pages[-1].blue),
        "mean_red": middle(pages[-1].red),
    }
    if full:
        values["comb"] = median(pattern.comb(one) for one in full)
        values["edges"] = float(np.mean([pattern.block_edges(one) for one in full]))
    return values


def _plain(page: Maps, luma: Luma) -> float:
    """Return the share of blocks that have one and the same colour, without the least noise: a slate."""
    near = np.abs(page.light - np.float32(middle(page.light))) < 3
    if page.colourful:
        near &= np.abs(page.blue - np.float32(middle(page.blue))) < 3
        near &= np.abs(page.red - np.float32(middle(page.red))) < 3
    return float((near & (page.fine < 0.2)).mean()) if luma.size else 0.0


def between(pages: Sequence[Maps], frames: Sequence[Frame], last: Map | None, look: Reference) -> Values:
    """Return how the frames differ among themselves, and from the last look."""
    values: Values = {}
    if len(frames) > 1:
        changes = [change(a.luma, b.luma) for a, b in pairwise(frames)]
        values["change"] = median(middle(one) for one in changes)
        values["calm"] = min(middle(one) for one in changes)
    if len(pages) > 1:
        values["drift"] = median(middle(np.abs(a.light - b.light)) for a, b in pairwise(pages))
        # An encoder's own noise leaves the light of a block as it is.
        moving = [quantile(np.abs(a.light - b.light), BUSIEST) for a, b in pairwise(pages)]
        values["calm_top"] = min(moving)
        if len(moving) >= PAIRS:
            values["stir"] = max(moving)
        values["flicker"] = _flicker(pages)
        values["sway"] = _sway(pages)
        firm = np.asarray(look.coarse >= 1.0)
        values["steady"] = structure.mean_at(look.alike, firm) if firm.mean() >= 0.04 else 1.0
    if last is not None:
        values["still"] = middle(np.abs(look.light - last))
    return values


def change(first: Luma, last: Luma) -> Map:
    """Return by how much each block (18, 32) differs between two pictures, luma steps."""
    return block_means(cv2.absdiff(first, last))


def _flicker(pages: Sequence[Maps]) -> float:
    """Return how much the light swings to and fro from frame to frame, as a ratio.

    A cloud or a lamp switched on changes the light once; flicker comes back. Per frame the median over blocks
    of the ratio to the mean, so that a passing car does not count; and where the light goes and comes back
    once while something large stands there, it is the camera that took its exposure from that.
    """
    if len(pages) < 3:
        return 0.0
    light = np.stack([page.light for page in pages]) + 2.0
    logs = np.log(light / light.mean(axis=0))
    grey = light.max(axis=0) < GREYEST  # what is white in one frame says nothing of its light
    if 0.1 < grey.mean() < 0.9:
        logs[:, ~grey] = np.median(logs[:, grey], axis=1)[:, None]
    gains = np.median(logs, axis=(1, 2))
    steps = np.diff(gains)
    swing = float(min(steps[steps > 0].sum(), -steps[steps < 0].sum())) * _in_step(logs, gains)
    large = steps[np.abs(steps) > 0.3 * np.abs(steps).max()]
    if swing > 0 and (np.sign(large[1:]) != np.sign(large[:-1])).sum() < 2:
        odd = int(np.argmax(np.abs(gains - np.median(gains))))
        busy = [_busy(logs, number) for number in range(len(pages))]
        usual = float(np.median(np.delete(busy, odd)))
        return 0.0 if busy[odd] > max(LARGE, 2 * usual) else swing
    return swing


def _in_step(logs: Map, gains: Map) -> float:
    """Return 1 where all bands of a picture go lighter and darker together, 0 where a bar runs through."""
    bands = np.median(logs.reshape(len(logs), BANDS, -1), axis=2)
    away = gains - gains.mean()
    along = np.sort(away @ bands) / max(float(away @ away), 1e-9)
    return float(np.clip(2 * along[DEAF], 0, 1))


def _sway(pages: Sequence[Maps]) -> float:
    """Return by how much the light of all goes up or down from frame to frame, as a ratio: by exposure."""
    return float(np.mean([abs(middle(np.log((b.light + 2) / (a.light + 2)))) for a, b in pairwise(pages)]))


def _busy(logs: Map, number: int) -> float:
    """Return the share of blocks whose light in a frame differs from the others' by more than all changed."""
    away = logs[number] - np.delete(logs, number, axis=0).mean(axis=0)
    return float((np.abs(away - np.median(away)) > THERE).mean())
