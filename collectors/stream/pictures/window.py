"""Some frames of one camera, measured against what it usually shows: a flat mapping of numbers.

Names and units: `models.picture_look`; what cannot be measured is absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from collectors.stream.pictures import against, clock, structure, views
from collectors.stream.pictures.alone import alone, between, change
from collectors.stream.pictures.film import film
from collectors.stream.pictures.fitness import edges
from collectors.stream.pictures.glance import PREFIX
from collectors.stream.pictures.kit import (
    Frame,
    Luma,
    Map,
    Mask,
    floats,
    middle,
    typical,
)
from collectors.stream.pictures.maps import Maps, maps
from collectors.stream.pictures.reference import ANCHOR, FAINT, LEAST, Book, Reference

FOCUS: Final = 0.3  # steepness of edges in focus, where a scene has none that is high enough to tell

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
    values = {**alone(same, pages), "night": float(light == "night")}
    values |= between(pages, same, None if turns else book.last, look)
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
    "chroma", "burnt", "shift", "still", "calm", "calm_top", "contrast", "luma", "spots", "film",
    "film_pieces", "sharp",
)  # fmt: skip


def _spreads(values: Mapping[str, float]) -> Values:
    return {name: one for name, one in values.items() if name in _LEARNT or name.startswith(PREFIX)}


def _look(frames: Sequence[Frame], pages: Sequence[Maps], strips: Sequence[Luma]) -> Reference:
    """Return what some frames have in common: the median over them."""
    names = ("thumb", "light", "fine", "coarse", "rough", "burnt", "blue", "red")
    common: dict[str, Any] = {name: typical([getattr(page, name) for page in pages]) for name in names}
    first, last = pages[0], pages[-1]
    several = len(frames) > 1
    pair = clock.pair(frames)
    return Reference(
        **common,
        alike=structure.likeness(first.thumb, last.thumb)
        if len(pages) > 1
        else np.ones((18, 32), np.float32),
        change=change(frames[0].luma, frames[-1].luma) if several else np.zeros((18, 32), np.float32),
        flips=_shares([clock.flipped(strips[pair[0]], strips[pair[1]])] if pair else []),
        inks=_shares([clock.ink(strip) for strip in strips]),
    )


def _shares(seen: Sequence[Mask]) -> Map:
    return np.asarray(np.mean(seen, axis=0), np.float32) if seen else np.zeros(clock.SHAPE, np.float32)


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
    values |= against.light(look, usual, anchors, open_)
    text_pixels = clock.hidden_pixels(text)
    rests = [against.rest(page.thumb, usual.thumb, text_pixels) for page in pages]
    values |= against.patterns(pages, rests, text_pixels)
    _, sharp = edges(frames[-1].luma, anchors)  # of what always stands there: what is new may be soft
    in_focus = sharp if sharp < 1 else usual.usual.get("sharp", (FOCUS, 0.0, 0))[0]
    gone = anchors & (best < against.LOST)
    smooth = gone & (look.coarse < 0.5 * usual.coarse + 0.1)
    fits = [fit for _, fit in rests]
    focus = (frames[-1].luma, in_focus)
    found = film([rest for rest, _ in rests], fits, smooth, open_, focus, rough=look.coarse)
    if len(pages) > 1:
        values |= against.on_lens(found)
    values |= against.parts(
        look, usual, best=best, anchors=anchors, pages=pages, open_=open_, apart=found.things
    )
    values |= against.colour(look, usual, open_ & ~(found.things.came | found.things.went))
    values |= against.place(usual, pages, likes, anchors)
    values |= against.text(strips, frames, usual, text)
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
    differs = np.asarray((best < against.LOST) & (usual.alike >= ANCHOR) & open_)
    return Seen(values, look, mode, typical(likes), differs)
