"""Some frames of one camera, measured against what it usually shows: a flat mapping of numbers.

Names and units: `models.picture_look`; what cannot be measured is absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any, Final

import cv2
import numpy as np

from collectors.stream.pictures import clock, pattern, structure, views
from collectors.stream.pictures.film import Film, film
from collectors.stream.pictures.fitness import edges
from collectors.stream.pictures.glance import PREFIX
from collectors.stream.pictures.kit import (
    Frame,
    Luma,
    Map,
    Mask,
    block_means,
    floats,
    middle,
    quantile,
    steady_line,
    typical,
)
from collectors.stream.pictures.maps import Maps, maps
from collectors.stream.pictures.reference import ANCHOR, FAINT, LEAST, Book, Reference
from collectors.stream.pictures.things import Things

APART: Final = 0.9  # seconds between two frames from which a clock must have changed
FOCUS: Final = 0.3  # steepness of edges in focus, where a scene has none that is high enough to tell
RUNS: Final = 2.0  # cells: a digit that changes flips one at least
BURNT: Final = 215.0  # luma steps: what would be brighter in the present light may burn out
BURNT_OUT: Final = 248.0  # luma steps: from here on brightness says nothing of the light
SPOT: Final = 9.0  # luma steps that a block is lighter or darker by than the light of the scene explains
THERE: Final = 0.3  # of a block's light, as a logarithm, beyond what all of the picture changes by
LARGE: Final = 0.03  # share of the picture from which on a camera takes its exposure from a thing
LOST: Final = 0.35  # likeness below which what usually stands in a block is not there

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look gave: numbers, what it would teach, its mode, how alike it is, where it differs most."""

    values: Mapping[str, float]
    look: Reference
    mode: str
    alike: Map | None = None
    differs: Mask | None = None  # which of 18 x 32 blocks are not as usual
    is_new: bool = False  # a camera that turns looks where it never did before


def look_at(
    frames: Sequence[Frame],
    book: Book | None = None,
    *,
    masked: Mask | None = None,
    turns: bool = False,
    day: bool = False,
) -> Seen:
    """Measure one or more frames, oldest first, against a camera's references.

    Args:
        frames: at least one, all of one size.
        book: what the camera usually shows; None where nothing is known.
        masked: blocks (18, 32) that are private: they are left out.
        turns: whether the camera can turn by itself: then it has a reference for each way it looks.
        day: it is day for sure: then a picture without colour is held against the reference of the day.

    Raises:
        ValueError: no frames.
    """
    if not frames:
        raise ValueError("a look needs at least one frame")
    same = [frame for frame in frames if frame.luma.shape == frames[-1].luma.shape]
    pages = [maps(frame) for frame in same]
    strips = [clock.strips(frame.luma) for frame in same]
    look = _look(same, pages, strips)
    book = book or Book()
    light = views.light_of(pages[-1], book, day=day)
    mode, is_new = views.choose(look, book, light) if turns else (light, False)
    values = {**_alone(same, pages), "night": float(light == "night")}
    values |= _between(pages, same, None if turns else book.last, look)
    values["day_known"] = float("day" in book.modes and not views.is_pale(book.modes["day"]))
    is_pale = day and light == "night" and "day" in book.modes and not turns
    reference = None if is_new or is_pale else book.modes.get(mode)
    if is_pale:
        reference, values["other_mode"] = book.modes["day"], 1.0
    elif reference is None and book.modes and not is_new:
        reference = next(iter(book.modes.values()))  # better than nothing: what is still there shows
        values["other_mode"] = 1.0
    if reference is None:
        return Seen(values, look, mode, is_new=is_new)
    hidden = reference.text()
    return _compared(
        values, look, mode, reference, pages=pages, strips=strips, frames=same, text=hidden, masked=masked
    )


def folded(book: Book, seen: Seen, *, quiet: bool = True) -> Book:
    """Return the book with a look in it; of one that is not quiet only as the last look."""
    if not quiet:
        return Book(book.modes, seen.look.light)
    known = None if seen.is_new else book.modes.get(seen.mode)
    page = seen.look if known is None else known.folded(seen.look, _spreads(seen.values), alike=seen.alike)
    return Book({**book.modes, seen.mode: page}, seen.look.light)


_LEARNT: Final = (
    "match", "fine", "gain", "bars", "bars_rolling", "colourful", "aside", "text", "text_runs", "edges",
    "comb", "impulses", "noise", "change", "flicker", "sway", "shake", "lost", "other", "drift", "cast",
    "chroma", "burnt", "shift", "still", "contrast", "luma", "spots", "film", "film_pieces", "sharp",
)  # fmt: skip


def _spreads(values: Mapping[str, float]) -> Values:
    return {name: one for name, one in values.items() if name in _LEARNT or name.startswith(PREFIX)}


def _look(frames: Sequence[Frame], pages: Sequence[Maps], strips: Sequence[Luma]) -> Reference:
    """Return what some frames have in common: the median over them."""
    names = ("thumb", "light", "fine", "coarse", "rough", "burnt", "blue", "red")
    common: dict[str, Any] = {name: typical([getattr(page, name) for page in pages]) for name in names}
    first, last = pages[0], pages[-1]
    several = len(frames) > 1
    pair = _clock_pair(frames)
    return Reference(
        **common,
        alike=structure.likeness(first.thumb, last.thumb)
        if len(pages) > 1
        else np.ones((18, 32), np.float32),
        change=_change(frames[0].luma, frames[-1].luma) if several else np.zeros((18, 32), np.float32),
        flips=_shares([clock.flipped(strips[pair[0]], strips[pair[1]])] if pair else []),
        inks=_shares([clock.ink(strip) for strip in strips]),
    )


def _shares(seen: Sequence[Mask]) -> Map:
    return np.asarray(np.mean(seen, axis=0), np.float32) if seen else np.zeros(clock.SHAPE, np.float32)


def _clock_pair(frames: Sequence[Frame]) -> tuple[int, int] | None:
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


def _change(first: Luma, last: Luma) -> Map:
    return block_means(cv2.absdiff(first, last))


def _alone(frames: Sequence[Frame], pages: Sequence[Maps]) -> Values:
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


def _between(pages: Sequence[Maps], frames: Sequence[Frame], last: Map | None, look: Reference) -> Values:
    """Return how the frames differ among themselves, and from the last look."""
    values: Values = {}
    if len(frames) > 1:
        values["change"] = median(middle(_change(a.luma, b.luma)) for a, b in pairwise(frames))
    if len(pages) > 1:
        values["drift"] = median(middle(np.abs(a.light - b.light)) for a, b in pairwise(pages))
        values["flicker"] = _flicker(pages)
        values["sway"] = _sway(pages)
        firm = np.asarray(look.coarse >= 1.0)
        values["steady"] = structure.mean_at(look.alike, firm) if firm.mean() >= 0.04 else 1.0
    if last is not None:
        values["still"] = middle(np.abs(look.light - last))
    return values


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
    gains = np.median(logs, axis=(1, 2))
    steps = np.diff(gains)
    swing = float(min(steps[steps > 0].sum(), -steps[steps < 0].sum()))
    large = steps[np.abs(steps) > 0.3 * np.abs(steps).max()]
    if swing > 0 and (np.sign(large[1:]) != np.sign(large[:-1])).sum() < 2:
        odd = int(np.argmax(np.abs(gains - np.median(gains))))
        busy = [_busy(logs, number) for number in range(len(pages))]
        usual = float(np.median(np.delete(busy, odd)))
        return 0.0 if busy[odd] > max(LARGE, 2 * usual) else swing
    return swing


def _sway(pages: Sequence[Maps]) -> float:
    """Return by how much the light of all goes up or down from frame to frame, as a ratio: by exposure."""
    return float(np.mean([abs(middle(np.log((b.light + 2) / (a.light + 2)))) for a, b in pairwise(pages)]))


def _busy(logs: Map, number: int) -> float:
    """Return the share of blocks whose light in a frame differs from the others' by more than all changed."""
    away = logs[number] - np.delete(logs, number, axis=0).mean(axis=0)
    return float((np.abs(away - np.median(away)) > THERE).mean())


def _compared(
    values: Values,
    look: Reference,
    mode: str,
    usual: Reference,
    *,
    pages: Sequence[Maps],
    strips: Sequence[Luma],
    frames: Sequence[Frame],
    text: Mask,
    masked: Mask | None,
) -> Seen:
    hidden = clock.hidden(text)
    if masked is not None:
        hidden |= masked
    open_ = ~hidden
    anchors = (usual.alike >= ANCHOR) & (usual.coarse >= FAINT) & open_
    likes = [structure.likeness(usual.thumb, page.thumb) for page in pages]
    best = floats(np.max(likes, axis=0))
    values["anchors"] = float(anchors.mean())
    values |= _light(look, usual, anchors, open_)
    text_pixels = clock.hidden_pixels(text)
    rests = [_rest(page.thumb, usual.thumb, text_pixels) for page in pages]
    values |= _patterns(pages, rests, text_pixels)
    _, sharp = edges(frames[-1].luma, anchors)  # of what always stands there: what is new may be soft
    in_focus = sharp if sharp < 1 else usual.usual.get("sharp", (FOCUS, 0.0, 0))[0]
    gone = anchors & (best < LOST)
    smooth = gone & (look.coarse < 0.5 * usual.coarse + 0.1)
    fits = [fit for _, fit in rests]
    found = film([rest for rest, _ in rests], fits, smooth, open_, (frames[-1].luma, in_focus))
    if len(pages) > 1:
        values |= _on_lens(found)
    values |= _parts(look, usual, best=best, anchors=anchors, pages=pages, open_=open_, apart=found.things)
    values |= _colour(look, usual, open_ & ~(found.things.came | found.things.went))
    values |= _place(usual, pages, likes, anchors)
    values |= _text(strips, frames, usual, text)
    if sharp < 1:
        values["sharp"] = sharp
    if "change" in values:
        values["change_usual"] = middle(usual.change)
    for name in _LEARNT:
        if name in values and name in usual.usual:
            mean, spread, times = usual.usual[name]
            values[f"{name}_mean"], values[f"{name}_spread"] = mean, spread * (1 + 2 / max(times, 1))
    for name, least in LEAST.items():
        if least in usual.usual:
            values[least], _, times = usual.usual[least]
            values[f"{name}_times"] = float(times)
    values["looks"] = float(usual.looks)
    differs = np.asarray((best < LOST) & (usual.alike >= ANCHOR) & open_)
    return Seen(values, look, mode, typical(likes), differs)


def _on_lens(found: Film) -> Values:
    """Return what lies before the scene; one frame alone does not tell it from a thing that passes."""
    return {
        "film": found.share,
        "film_pieces": float(found.pieces),
        "film_largest": found.largest,
        "film_light": found.light,
    }


def _light(look: Reference, usual: Reference, anchors: Mask, open_: Mask) -> Values:
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
        "lift": (quantile(look.light[open_], 0.04) - quantile(usual.light[open_], 0.04)) / 255,
        "span": _span(look.light[open_]) / max(_span(usual.light[open_]), 4.0),
        "fine": float(np.exp(middle(focus, strong))),
        "white_more": float((look.burnt - usual.burnt)[open_].mean()),
    }


def _span(light: Map) -> float:
    return quantile(light, 0.95) - quantile(light, 0.05)


def _parts(
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
    smooth &= ~apart.went
    number = max(int(anchors.sum()), 1)
    expected = _fit(look.light, usual.light, open_ & ~gone)
    burnt = (np.min([page.burnt for page in pages], axis=0) > 0.45) & (expected < BURNT) & open_ & ~apart.came
    rests = [page.light - _fit(page.light, usual.light, open_ & ~gone) for page in pages]
    darker = np.where(
        expected < BURNT, -np.max(rests, axis=0), 0
    )  # what burns out stays behind what is expected
    stays = np.maximum(np.min(rests, axis=0), darker)  # on the same side in each frame
    aside = (stays > SPOT) & (best < 0.8 * usual.alike + 0.1) & open_
    aside &= ~(apart.came | apart.went)
    soft = _is_soft(look, usual, anchors)
    spots = aside & soft
    fresh = ~anchors & (look.coarse > 2.5 * usual.coarse + 1) & ~soft & open_
    size, pieces = _largest(np.asarray(smooth))
    area_, _ = _largest(np.asarray(aside))
    whole = max(int(open_.sum()), 1)
    return {
        "lost": float(smooth.sum()) / number,
        "other": float(other.sum()) / number,
        "fresh": float(fresh.sum()) / number,
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


def _colour(look: Reference, usual: Reference, open_: Mask) -> Values:
    """Return how the colour differs: shift of both differences (luma steps) and how much of it is left."""
    lit = open_ & (look.light > 25) & (look.light < 235)
    if lit.sum() < 24:
        return {}
    now, was = (_spread(page, lit) for page in (look, usual))
    left = (now + 1) / (was + 1)  # more light makes all colours stronger: that is no tint
    blue, red = middle(look.blue - left * usual.blue, lit), middle(look.red - left * usual.red, lit)
    return {"cast_blue": blue, "cast_red": red, "cast": float(np.hypot(blue, red)), "chroma": left}


def _spread(page: Reference, where: Mask) -> float:
    return sum(float(np.std(plane[where])) for plane in (page.blue, page.red))


def _patterns(pages: Sequence[Maps], rests: Sequence[tuple[Map, Map]], text: Mask) -> Values:
    """Return bars: those that the reference does not have, and wide ones that differ from frame to frame."""
    still = median(pattern.bars(rest, cycles=4) for rest, _ in rests)
    rolls = [pattern.bars(_rest(b.thumb, a.thumb, text)[0]) for a, b in pairwise(pages)]
    return {"bars": still, "bars_rolling": median(rolls) if rolls else 0.0}


def _rest(now: Map, usual: Map, text: Mask) -> tuple[Map, Map]:
    """Return what the usual picture does not explain, and that picture at the light of now."""
    x, y = usual[::4, ::4].ravel(), now[::4, ::4].ravel()
    if (lit := y < BURNT_OUT).sum() >= 0.3 * y.size:
        x, y = x[lit], y[lit]
    slope, start = steady_line(x, y, 0.75) if np.ptp(x) > 8 else (1.0, middle(y - x))
    fit = np.clip(floats(min(max(slope, 0.1), 4.0) * usual + start), 0, 255)
    rest = now - fit
    rest[text] = 0.0
    return rest, fit


def _place(usual: Reference, pages: Sequence[Maps], likes: Sequence[Map], anchors: Mask) -> Values:
    """Return whether the camera looks where it used to."""
    if anchors.sum() < 8:
        return {}
    firm = np.clip(usual.alike[anchors], ANCHOR, 1)
    matches = [float(np.clip(like[anchors] / firm, -0.2, 1).mean()) for like in likes]
    match = median(matches)
    shifts = [structure.shift(usual.thumb, page.thumb) for page in pages]
    x, y = (median(getattr(s, axis) for s in shifts) for axis in "xy")
    values = {
        "match": match,
        "match_least": min(matches),
        "shift": float(np.hypot(x, y)),
        "shift_x": x,
        "shift_y": y,
        "shift_sure": median(s.sure for s in shifts),
        "shake": median(float(np.hypot(s.x - x, s.y - y)) for s in shifts),
    }
    thumb = pages[-1].thumb
    if match < 0.9 and values["shift"] > 0.005:
        aside = structure.likeness(structure.shifted(usual.thumb, shifts[-1]), thumb)
        values["match_shifted"] = structure.mean_at(aside, np.asarray(np.abs(aside) > 0.02))
    if match < 0.75:
        values["match_flipped"] = structure.flips(usual.thumb, thumb, anchors)
        rolls = [structure.roll(usual.thumb, page.thumb) for page in pages]
        values["rolled"] = median(away for away, _ in rolls)
        values["rolls"] = float(np.ptp([away for away, _ in rolls]))
        values["match_rolled"] = median(like for _, like in rolls)
    return values


def _text(strips: Sequence[Luma], frames: Sequence[Frame], usual: Reference, text: Mask) -> Values:
    """Return how much of the on-screen clock is there, 0 to 1, and whether it runs."""
    if not text.any():
        return {}
    there = np.mean([clock.ink(strip)[text].mean() for strip in strips])
    values = {"text": float(there)}
    pair = _clock_pair(frames)
    if pair:
        digits = text & (usual.flips >= clock.OFTEN)
        flipped = clock.flipped(strips[pair[0]], strips[pair[1]])[digits].sum()
        values["text_runs"] = min(
            1.0, float(flipped) / RUNS
        )  # more than the seconds flips where bits were short
    return values
