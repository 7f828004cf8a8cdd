"""What the pictures of one look show. The only door from `look` to the picture measures.

`glance_at` is asked first, with the newest key frame; where that does not do, `see` with the whole key
frames, oldest first; `see_gop` at the closest look with each frame of a group of pictures. A damaged frame is
left out of all: it shows the network, not the camera.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, Final, NamedTuple

import numpy as np

from collectors.stream.envelope import Envelope, read_envelope
from collectors.stream.job import Zone
from collectors.stream.pictures import (
    Book,
    Frame,
    Luma,
    Reference,
    change,
    folded,
    glimpse,
    look_at,
    measure,
    read_book,
)
from collectors.stream.pictures.fitness import unfit
from collectors.stream.pictures.kit import GRID, Map, Mask
from collectors.stream.pictures.mark import glance, mark_of, read_mark, renewed
from collectors.stream.pictures.reference import COMMISSION
from models import metrics
from models.diagnosis import Diagnosis, Surroundings, diagnose
from models.metrics import Metric

SHORTEST_SECONDS: Final = 0.5  # two pictures closer than this say little of a change
YOUNG: Final = 12  # looks of a reference up to which each look is a whole one
CLOSER: Final = 0.85  # score of any fault, from which on no glance but a whole look comes next
TOLD: Final = 0.1  # how sure a fault is, from which on a glance repeats it
GOP_SHOTS: Final = 8
LEAST_SHOTS: Final = 4
STEADY: Final = 0.35  # likeness of the first and the last frame of a look, below which a camera turns
OF_MOTION: Final = ("IMG_FLICKER", "IMG_SHAKE")


class Shot(NamedTuple):
    """One decoded picture.

    Attributes:
        luma: (360, W) uint8, 0 black to 255 white.
        blue, red: colour difference planes, half as wide and high, uint8, 128 is grey; None without colour.
        at: seconds since the first frame of the look; None when the stream gave no time.
        full: (H, W) uint8, the luma plane in its own size and range, not copied: what shrinking hides. None
            where all frames of a group of pictures are looked at: they would not fit into memory.
    """

    luma: Luma
    blue: Luma | None
    red: Luma | None
    at: float | None
    full: Luma | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen.

    Attributes:
        values: metric name -> number; what could not be measured is absent.
        learnt: what is to be known at the next look, opaque to all but this module.
        box: where the picture differs from its reference; None where nothing is known to.
        before: the reference picture as luma, for the evidence; None without one.
    """

    values: dict[str, float] = field(default_factory=dict)
    learnt: bytes = field(default=b"", repr=False)
    box: Zone | None = None
    before: Luma | None = field(default=None, repr=False)


def glance_at(shot: Shot, reference: bytes, zones: Sequence[Zone] = ()) -> Sight | None:
    """Return what a glance at the newest key frame shows: what the last whole look found still stands.

    None where a whole look is due: it is its turn, the camera turns, or is not known well enough; or the
    glance sees news.

    Args:
        shot: a whole key frame.
        reference: an `Envelope`, packed.
        zones: what is private.
    """
    try:
        known = read_envelope(reference)
        mark = (
            None if known.head.get("turn") is not False or known.head.get("turns") else read_mark(known.last)
        )
    except ValueError:
        return None
    if mark is None:
        return None
    news, light, text = glance(_frame(shot, zones), mark)
    if news:
        return None
    values = {metric.name: value for metric, value in glimpse(shot.luma)}
    return Sight(values | dict(mark.told), Envelope({"label": ""}, renewed(known.last, light, text)).pack())


def see(shots: Sequence[Shot], reference: bytes, zones: Sequence[Zone] = ()) -> Sight:
    """Return what some key frames show, and how they differ from what this camera usually shows.

    Args:
        shots: whole key frames, oldest first.
        reference: an `Envelope`, packed; of one that cannot be read nothing is known.
        zones: what is private: it is blacked out before anything is measured, kept or shown.
    """
    if not shots:
        return Sight()
    known, book = _known(reference)
    frames = [_frame(shot, zones) for shot in shots]
    turns = bool(known.head.get("turns"))
    day = surroundings(known.head, {}).is_day
    seen = look_at(frames, book, masked=_blocks(zones), turns=turns, day=day)
    around = surroundings(known.head, seen.values)
    found = diagnose(seen.values, around)
    usual = book.modes.get(seen.mode)
    head: dict[str, Any] = {"mode": seen.mode, "label": found.label}
    may_learn = not found.label and not around.ptz_moving and known.head.get("learn") is True
    if (usual is None or usual.looks < COMMISSION) and known.head.get("accepted") is not True:
        head["unfit"] = unfit(frames[-1], seen.values)
        may_learn = may_learn and not head["unfit"]
    say = dict(told(found, seen.values)) | {metrics.PICTURE_UNFIT.name: float(head.get("unfit", 0))}
    last, blob = seen.look.light.astype("<f2").tobytes(), known.book
    if may_learn:
        if usual is not None and not turns:
            mark, learnt = mark_of(frames[-1], seen.look.light, usual, _standing(say))
            seen = replace(seen, values={**seen.values, **learnt})
            if mark is not None and usual.looks >= YOUNG and max(found.scores.values()) < CLOSER:
                last = mark.pack()
        book = folded(book, seen)
        blob = book.pack()
        head["learnt"] = True
    return Sight(
        {metric.name: value for metric, value in _values(shots)}
        | say
        | ({metrics.PICTURE_TURNING.name: float(around.ptz_moving)} if turns else {}),
        Envelope(head, last, blob).pack(),
        _box(seen.differs) if found.label else None,
        picture_of(usual or next(iter(book.modes.values()), None)),
    )


def _standing(say: Mapping[str, float]) -> dict[str, float]:
    """Return what of a look stands until the next whole one: how sure each fault is, and by what."""
    kept = {
        metrics.PICTURE_FAULT.name,
        metrics.PICTURE_REFERENCE.name,
        metrics.PICTURE_UNFIT.name,
        metrics.PICTURE_MEASURES["anchors"][0].name,
    }
    sure = {metric.name for metric in metrics.PICTURE_SURE.values()}
    return {name: value for name, value in say.items() if name in kept or (name in sure and value >= TOLD)}


def see_gop(shots: Sequence[Shot], reference: bytes, zones: Sequence[Zone] = ()) -> Sight:
    """Return what only frames that follow closely show: whether the picture flickers or shakes.

    Looked at are `GOP_SHOTS` of them, evenly spread.
    """
    if len(shots) < LEAST_SHOTS:
        return Sight()
    known, book = _known(reference)
    step = max(1, len(shots) // GOP_SHOTS)
    frames = [_frame(shot, zones) for shot in shots[::step][:GOP_SHOTS]]
    seen = look_at(frames, book, masked=_blocks(zones), turns=bool(known.head.get("turns")))
    found = diagnose(seen.values, surroundings(known.head, seen.values))
    return Sight(
        {metrics.PICTURE_SURE[code].name: found.told[code] for code in OF_MOTION if code in found.told}
    )


def surroundings(head: Mapping[str, Any], values: Mapping[str, float]) -> Surroundings:
    """Return what is known beside the picture.

    That a camera which can turn is turning shows in the picture as well: nothing stands still from frame to
    frame.
    """
    sun = head.get("sun")
    moving = head.get("moving") is True or (head.get("turns") is True and values.get("steady", 1.0) < STEADY)
    return Surroundings(float(sun) if isinstance(sun, int | float) else None, ptz_moving=moving)


def told(found: Diagnosis, values: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """Yield how sure each fault is, and the measures that show it; of what cannot be told nothing."""
    yield metrics.PICTURE_FAULT.name, found.confidence if found.label else round(1 - found.confidence, 3)
    for label, sure in found.told.items():
        yield metrics.PICTURE_SURE[label].name, sure
    yield metrics.PICTURE_REFERENCE.name, values.get("looks", 0.0)
    for name, (metric, digits) in metrics.PICTURE_MEASURES.items():
        if name in values:
            yield metric.name, round(values[name], digits)


def picture_of(page: Reference | None) -> Luma | None:
    """Return what a reference looks like: (108, 192) uint8."""
    return None if page is None else np.clip(page.thumb, 0, 255).astype(np.uint8)


def _known(reference: bytes) -> tuple[Envelope, Book]:
    try:
        known = read_envelope(reference)
        return known, replace(read_book(known.book), last=_light(known.last))
    except ValueError:
        return Envelope(), Book()


def _light(raw: bytes) -> Map | None:
    if not raw:
        return None
    values = np.frombuffer(raw, "<f2", GRID[0] * GRID[1]).reshape(GRID[::-1])
    return np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)


def _frame(shot: Shot, zones: Sequence[Zone]) -> Frame:
    if not zones:
        return Frame(shot.luma, shot.blue, shot.red, shot.full, shot.at)
    planes = [shot.luma, shot.blue, shot.red, shot.full]
    hidden = [
        None if p is None else _blacked(p, zones, 128 if n in {1, 2} else 0) for n, p in enumerate(planes)
    ]
    luma, blue, red, full = hidden
    return Frame(shot.luma if luma is None else luma, blue, red, full, shot.at)


def _blacked(plane: Luma, zones: Sequence[Zone], value: int) -> Luma:
    copy = plane.copy()
    high, wide = plane.shape
    for left, top, width, height in zones:
        rows = slice(int(top * high), ceil((top + height) * high))
        copy[rows, int(left * wide) : ceil((left + width) * wide)] = value
    return copy


def _blocks(zones: Sequence[Zone]) -> Mask | None:
    """Return which blocks a private zone touches."""
    if not zones:
        return None
    blocks = np.zeros(GRID[::-1], np.bool_)
    for left, top, width, height in zones:
        rows = slice(int(top * GRID[1]), ceil((top + height) * GRID[1]))
        blocks[rows, int(left * GRID[0]) : ceil((left + width) * GRID[0])] = True
    return blocks


def _box(differs: Mask | None) -> Zone | None:
    """Return the smallest box, as shares of the picture, around the blocks that are not as usual."""
    if differs is None or not differs.any():
        return None
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    high, wide = differs.shape
    left, top = float(columns[0]) / wide, float(rows[0]) / high
    return left, top, float(columns[-1] + 1) / wide - left, float(rows[-1] + 1) / high - top


def _values(shots: Sequence[Shot]) -> Iterator[tuple[Metric, float]]:
    last = shots[-1]
    yield from measure(last.luma)
    pairs = sorted(_pairs(shots), key=lambda pair: (pair[1] < SHORTEST_SECONDS, pair[0]))
    if pairs:
        yield metrics.PICTURE_CHANGE, pairs[0][0]
        yield metrics.PICTURE_SPAN, pairs[0][1]


def _pairs(shots: Sequence[Shot]) -> Iterator[tuple[float, float]]:
    """Yield the change from each earlier key frame to the last, and the seconds between.

    The least of them counts, over half a second at least. A source that stands still is the same in all, but
    an encoder that begins with the session needs a key frame to find its quantiser: that looks like a change.
    """
    last = shots[-1]
    for shot in shots[:-1]:
        changed = change(shot.luma, last.luma)
        if changed is not None and shot.at is not None and last.at is not None:
            yield changed, last.at - shot.at
