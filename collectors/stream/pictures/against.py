"""How a look differs from what its camera usually shows: light, places, things, colour, bars, text."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

import cv2
import numpy as np

from collectors.stream.pictures import clock, pattern, structure
from collectors.stream.pictures.film import Film
from collectors.stream.pictures.kit import (
    Frame,
    Luma,
    Map,
    Mask,
    floats,
    middle,
    quantile,
    steady_line,
    typical,
)
from collectors.stream.pictures.maps import Maps
from collectors.stream.pictures.reference import ANCHOR, FAINT, Reference
from collectors.stream.pictures.things import Things

RUNS: Final = 12.0  # pixels: a digit that changes has 40 and more
ALWAYS: Final = 0.95  # of the most often that a cell of the text changes: its last digit
BURNT: Final = 200.0  # luma steps: what would be brighter in the present light may burn out
BURNT_OUT: Final = 248.0  # luma steps: from here on brightness says nothing of the light
SPOT: Final = 9.0  # luma steps that a block is lighter or darker by than the light of the scene explains
LESS: Final = 0.03  # of the usual match: with so much less it may be mirrored
AS_EVER: Final = 0.9  # match from which on a camera looks where it used to
ALIKE: Final = 0.55  # likeness from which on a step aside is believed
GREYEST: Final = 225.0  # luma steps: a block that is lighter may be burnt out in part
FEW: Final = 0.03  # share of the picture that must be left to tell something by
EVEN: Final = 1.0  # luma steps, squared: light that varies by less is even
THING: Final = 1.0  # luma steps a pixel: the gradient of a block in which something stands …
FAINTEST: Final = 0.3  # … and the least share of it that little light leaves
THING_AT_MOST: Final = 0.25  # of all that stands there: what takes more away is a cover, no thing that went
USUAL_LIGHT: Final = 110.0  # luma steps of a scene by day: a tint is as strong as the light …
MOST_DARK: Final = 2.2  # … down to less than half of it
TINTED: Final = 0.25  # of the common shift of colours: a block that has moved with them
LOST: Final = 0.35  # likeness below which what usually stands in a block is not there

Values = dict[str, float]


def on_lens(found: Film) -> Values:
    """Return what lies before the scene; one frame alone does not tell it from a thing that passes."""
    return {
        "film": found.share,
        "film_pieces": float(found.pieces),
        "film_largest": found.largest,
        "film_light": found.light,
    }


def light(look: Reference, usual: Reference, anchors: Mask, open_: Mask) -> Values:
    """Return how the light compares: 1 is as usual."""
    where = anchors if anchors.sum() >= 12 else open_
    ratio = np.log((look.coarse + FAINT) / (usual.coarse + FAINT))
    gain = float(np.exp(middle(ratio, where)))
    top = float(np.exp(quantile(ratio[where], 0.85)))
    strong = where & (usual.coarse >= middle(usual.coarse, where))
    focus = np.log((look.fine + FAINT / 2) / (look.coarse + FAINT)) - np.log(
        (usual.fine + FAINT / 2) / (usual.coarse + FAINT)
    )
    return {
        "gain": gain,
        "gain_top": top,
        "light": middle((look.light + 2) / (usual.light + 2), open_),
        "light_unburnt": _unburnt(look, usual, open_),
        "field": _agreement(look.light[open_], usual.light[open_]),
        "lift": (quantile(look.light[open_], 0.04) - quantile(usual.light[open_], 0.04)) / 255,
        "span": _span(look.light[open_]) / max(_span(usual.light[open_]), 4.0),
        "fine": float(np.exp(middle(focus, strong))),
        "white_more": float((look.burnt - usual.burnt)[open_].mean()),
    }


def _unburnt(look: Reference, usual: Reference, open_: Mask) -> float:
    """Return how the light compares where it can be told: in what is not white now; 1 where all is."""
    grey = open_ & (look.light < GREYEST) & (look.burnt < 0.1)
    return middle((look.light + 2) / (usual.light + 2), grey) if grey.mean() >= FEW else 1.0


def _agreement(first: Map, second: Map) -> float:
    """Return how alike light falls, -1 to 1: correlation of the blocks; 1 where it is even."""
    a, b = (one - np.float32(one.mean()) for one in (first, second))
    power = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / power if power > EVEN * a.size else 1.0


def _span(light: Map) -> float:
    return quantile(light, 0.95) - quantile(light, 0.05)


def parts(
    look: Reference,
    usual: Reference,
    *,
    best: Map,
    anchors: Mask,
    pages: Sequence[Maps],
    open_: Mask,
    apart: Things,
) -> Values:
    """Return which parts of the picture are not as usual, and how: smooth, new, light, dark, burnt.

    What went away left its place smooth and in its own light: that is no cover. What came is light or dark.
    """
    gone = anchors & (best < LOST)
    smooth = gone & (look.coarse < 0.5 * usual.coarse + 0.1)
    other = gone & ~smooth
    number = max(int(anchors.sum()), 1)
    if smooth.sum() < THING_AT_MOST * number:
        smooth &= ~apart.went
    expected = _fit(look.light, usual.light, open_ & ~gone)
    # A light wall that burns out in more light drags the fit down: what is not white tells how much more.
    more = _unburnt(look, usual, open_) * (usual.light + 2) - 2
    grey = np.maximum(expected, more) < BURNT
    burnt = (np.min([page.burnt for page in pages], axis=0) > 0.45) & grey & open_ & ~apart.came
    rests = [page.light - _fit(page.light, usual.light, open_ & ~gone) for page in pages]
    # Lighter, or darker, in each frame than the light explains, be it taken as a line or as a gain alone.
    gains = [page.light - more for page in pages]
    lighter, darker = np.min([*rests, *gains], axis=0), -np.max([*rests, *gains], axis=0)
    stays = np.where(grey, np.maximum(lighter, darker), 0)
    aside = (stays > SPOT) & (best < 0.8 * usual.alike + 0.1) & open_
    aside &= ~(apart.came | apart.went)
    soft = _is_soft(look, usual, anchors)
    spots = aside & soft
    fresh = ~anchors & (look.coarse > 2.5 * usual.coarse + 1) & ~soft & open_
    firm = anchors & (look.coarse >= 0.5 * usual.coarse + 0.1)
    stands = np.clip(best[firm] / usual.alike[firm], -0.2, 1)
    dim = min(1.0, max(FAINTEST, middle((look.light + 2) / (usual.light + 2), open_)))
    size, pieces = _largest(np.asarray(smooth))
    area_, _ = _largest(np.asarray(aside))
    whole = max(int(open_.sum()), 1)
    return {
        "lost": float(smooth.sum()) / number,
        "other": float(other.sum()) / number,
        "fresh": float(fresh.sum()) / number,
        "firm": float(firm.sum()) / number,
        "stands": float(stands.mean()) if stands.size else 0.0,
        "things": float((look.coarse >= THING * dim)[open_].mean()),
        "things_usual": float((usual.coarse >= THING)[open_].mean()),
        "largest": size,
        "pieces": float(pieces),
        "burnt": float(burnt.sum()) / whole,
        "spots": float(spots.sum()) / whole,
        "aside": float(aside.sum()) / whole,
        "aside_largest": area_,
        "aside_light": float((typical(rests)[aside] > 0).mean()) if aside.any() else 0.5,
    }


def _is_soft(look: Reference, usual: Reference, anchors: Mask) -> Mask:
    """Return which blocks are less sharp than this scene's things: what is on the lens is out of focus."""
    sharp = usual.fine / (usual.coarse + FAINT)
    common = middle(sharp, anchors) if anchors.sum() >= 12 else middle(sharp)
    return np.asarray((look.fine + 0.05) / (look.coarse + FAINT) < 0.8 * common)


def _fit(light: Map, usual: Map, where: Mask) -> Map:
    """Return the usual light of each block, at the gain and offset of now."""
    if where.sum() < 24:
        return floats(usual * (middle(light) + 1) / (middle(usual) + 1))
    slope, start = steady_line(usual[where], light[where], 0.80)
    return floats(slope * usual + start)


def _largest(where: Mask) -> tuple[float, int]:
    """Return the share of the picture that the largest connected part takes, and how many parts there are."""
    number, _, stats, _ = cv2.connectedComponentsWithStats(where.astype(np.uint8), connectivity=8)
    if number <= 1:
        return 0.0, 0
    sizes = stats[1:, cv2.CC_STAT_AREA]
    return float(sizes.max()) / where.size, int((sizes >= 1).sum())


def colour(look: Reference, usual: Reference, open_: Mask) -> Values:
    """Return how the colour differs: shift of both differences (luma steps) and how much of it is left."""
    lit = open_ & (look.light > 25) & (look.light < 235)
    if lit.sum() < 24:
        return {}
    now, was = (_spread(page, lit) for page in (look, usual))
    left = (now + 1) / (was + 1)  # more light makes all colours stronger: that is no tint
    shifts = look.blue - left * usual.blue, look.red - left * usual.red
    dark = min(MOST_DARK, max(1.0, USUAL_LIGHT / middle(look.light, lit)))
    blue, red = (dark * middle(shift, lit) for shift in shifts)
    along = dark * (blue * shifts[0] + red * shifts[1])[lit]
    return {
        "cast_blue": blue,
        "cast_red": red,
        "cast": float(np.hypot(blue, red)),
        "cast_share": float((along > TINTED * (blue * blue + red * red)).mean()),
        "chroma": left,
    }


def _spread(page: Reference, where: Mask) -> float:
    return sum(float(np.std(plane[where])) for plane in (page.blue, page.red))


def patterns(pages: Sequence[Maps], rests: Sequence[tuple[Map, Map]], text: Mask) -> Values:
    """Return bars: those that the reference does not have, and wide ones that differ from frame to frame."""
    still = median(pattern.bars(rest, cycles=4) for rest, _ in rests)
    rolls = [pattern.bars(rest(b.thumb, a.thumb, text)[0]) for a, b in pairwise(pages)]
    return {"bars": still, "bars_rolling": median(rolls) if rolls else 0.0}


def rest(now: Map, usual: Map, text: Mask) -> tuple[Map, Map]:
    """Return what the usual picture does not explain, and that picture at the light of now."""
    x, y = usual[::4, ::4].ravel(), now[::4, ::4].ravel()
    if (lit := y < BURNT_OUT).sum() >= 0.3 * y.size:
        x, y = x[lit], y[lit]
    slope, start = steady_line(x, y, 0.75) if np.ptp(x) > 8 else (1.0, middle(y - x))
    fit = np.clip(floats(min(max(slope, 0.1), 4.0) * usual + start), 0, 255)
    rest = now - fit
    rest[text] = 0.0
    return rest, fit


def place(usual: Reference, pages: Sequence[Maps], likes: Sequence[Map], anchors: Mask) -> Values:
    """Return whether the camera looks where it used to."""
    if anchors.sum() < 8:
        return {}
    firm = np.clip(usual.alike[anchors], ANCHOR, 1)
    matches = [float(np.clip(like[anchors] / firm, -0.2, 1).mean()) for like in likes]
    match = median(matches)
    values = {"match": match, "match_least": min(matches), "shift": 0.0, "shift_sure": 1.0}
    values |= _shake(structure.steps(usual.thumb, [page.thumb for page in pages], anchors))
    shifts = []
    if match < AS_EVER:
        shifts = [structure.shift(usual.thumb, page.thumb) for page in pages]
        x, y, sure = (median(getattr(s, name) for s in shifts) for name in ("x", "y", "sure"))
        values |= {"shift": float(np.hypot(x, y)), "shift_sure": sure}
    thumb = pages[-1].thumb
    if match < _least_usual(usual):
        values |= structure.turned(usual.thumb, thumb, anchors, usual.alike)
    if shifts and values["shift"] > 0.005:
        aside = structure.likeness(structure.shifted(usual.thumb, shifts[-1]), thumb)
        values["match_shifted"] = structure.mean_at(aside, np.asarray(np.abs(aside) > 0.02))
    if match < 0.75:
        rolls = [structure.roll(usual.thumb, page.thumb) for page in pages]
        values["rolled"] = median(away for away, _ in rolls)
        values["rolls"] = float(np.ptp([away for away, _ in rolls]))
        values["match_rolled"] = median(like for _, like in rolls)
    return values


def _least_usual(usual: Reference) -> float:
    mean, spread, _ = usual.usual.get("match", (1.0, 0.0, 0))
    return mean - max(LESS, 2 * spread)


def _shake(steps: Sequence[structure.Step]) -> Values:
    """Return by how much frames lie aside of each other, as a share of the width; empty if few are found."""
    found = [step for step in steps if step.like > ALIKE]
    if 2 * len(found) < len(steps) or not found:
        return {}
    places = [(step.x, step.y) if step.gained > 0 else (0.0, 0.0) for step in found]
    x, y = (median(place[axis] for place in places) for axis in (0, 1))
    return {"shake": median(float(np.hypot(place[0] - x, place[1] - y)) for place in places)}


def text(strips: Sequence[Luma], frames: Sequence[Frame], usual: Reference, text: Mask) -> Values:
    """Return how much of the on-screen clock is there, 0 to 1, and whether it runs."""
    if not text.any():
        return {}
    there = np.mean([clock.ink(strip)[text].mean() for strip in strips])
    values = {"text": float(there)}
    pair = clock.pair(frames)
    if pair:
        # What changes each time, and not what passes behind the text now and then.
        digits = text & (usual.flips >= max(clock.OFTEN, ALWAYS * float(usual.flips[text].max())))
        pixels = clock.changed(strips[pair[0]], strips[pair[1]])[digits].sum()
        values["text_runs"] = min(1.0, float(pixels) / RUNS)
    return values
