"""What the pictures of one look show. The only door from `look` to the picture measures.

`see` is asked at each look with the whole key frames, oldest first; `see_gop` at the closest look with each
frame of a group of pictures. A damaged frame is left out of both: it shows the network, not the camera.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any, Final, NamedTuple

import numpy as np

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
from collectors.stream.pictures.envelope import Envelope, read_envelope
from collectors.stream.pictures.fitness import unfit
from collectors.stream.pictures.kit import GRID, Map, Mask
from collectors.stream.pictures.reference import COMMISSION
from models import metrics
from models.diagnosis import Diagnosis, Surroundings, diagnose
from models.metrics import Metric

SHORTEST_SECONDS: Final = 0.5  # two pictures closer than this say little of a change
YOUNG: Final = 12  # looks of a reference up to which each quiet one is learnt from
CLOSER: Final = 0.85  # score of any fault, from which on a glance is followed by a whole look
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

    values: Mapping[str, float] = field(default_factory=dict)
    learnt: bytes = field(default=b"", repr=False)
    box: Zone | None = None
    before: Luma | None = field(default=None, repr=False)


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
    hidden = _blocks(zones)
    brief = not turns and _is_settled(known.head, book)
    glance = brief and len(frames) > 1
    day = surroundings(known.head, {}).is_day
    seen = look_at(frames, book, masked=hidden, turns=turns, glance=glance, day=day)
    around = surroundings(known.head, seen.values)
    found = diagnose(seen.values, around)
    if glance and (seen.mode not in book.modes or max(found.scores.values()) >= CLOSER):
        brief, glance, seen = False, False, look_at(frames, book, masked=hidden, day=day)
        found = diagnose(seen.values, around)
    may_learn = not found.label and not around.ptz_moving and known.head.get("learn") is True
    usual = book.modes.get(seen.mode)
    head: dict[str, Any] = {"mode": seen.mode, "label": found.label}
    if (usual is None or usual.looks < COMMISSION) and known.head.get("accepted") is not True:
        head["unfit"] = unfit(frames[-1], seen.values)
        may_learn = may_learn and not head["unfit"]
    blob = known.book
    if may_learn and not brief:
        book = folded(book, seen)
        blob = book.pack()
        head["learnt"] = True
    return Sight(
        {metric.name: value for metric, value in _values(shots, brief=brief)}
        | dict(told(found, seen.values))
        | ({metrics.PICTURE_TURNING.name: float(around.ptz_moving)} if turns else {})
        | {metrics.PICTURE_UNFIT.name: float(head.get("unfit", 0))},
        Envelope(head, seen.look.light.astype("<f2").tobytes(), blob).pack(),
        _box(seen.differs) if found.label else None,
        picture_of(usual or next(iter(book.modes.values()), None)),
    )


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


def _is_settled(head: Mapping[str, Any], book: Book) -> bool:
    """Whether a glance will do: nothing is suspected, and each reference is past its youth."""
    grown = bool(book.modes) and all(page.looks >= YOUNG for page in book.modes.values())
    return grown and head.get("turn") is False


def _light(raw: bytes) -> Map | None:
    if not raw:
        return None
    values = np.frombuffer(raw, "<f2").reshape(GRID[::-1])
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


def _values(shots: Sequence[Shot], *, brief: bool) -> Iterator[tuple[Metric, float]]:
    last = shots[-1]
    yield from (glimpse if brief else measure)(last.luma)
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
