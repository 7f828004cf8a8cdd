"""What a glance is held against, and how it judges: made at each whole look that finds nothing.

whole look ──▶ Mark ──▶ glance ──▶ Mark … ──▶ glance: news! ──▶ whole look
"""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

import numpy as np

from collectors.stream.pictures import clock
from collectors.stream.pictures.glance import (
    PREFIX,
    ROOM,
    SMALL,
    SPREADS,
    Plain,
    Signs,
    plain,
    plain_of,
    signs,
)
from collectors.stream.pictures.kit import GRID, Frame, Luma, Map, Mask, middle
from collectors.stream.pictures.reference import LEAST, Reference

LIGHT_BYTES: Final = 2 * GRID[0] * GRID[1]  # half floats
TIMES: Final = 4  # whole looks that a measure's spread is learnt from, before it is believed
STILL_TIMES: Final = 6  # looks from which on the least change between two of them is known
STEADY: Final = 0.8  # of that least change: the picture that came again differs by less
LARGEST_TEXT: Final = 24 * 1024  # pixels of the on-screen clock that are remembered
LONGEST_HEAD: Final = 16 * 1024
NAN: Final = float("nan")
STILL: Final = "still"
TEXT: Final = "text"
_HEAD: Final = struct.Struct("!4sI")
_MAGIC: Final = b"SWG1"


@dataclass(frozen=True, slots=True)
class Mark:
    """What is known of one stream's picture.

    Attributes:
        last: mean luma of each block at the last look, (18, 32).
        usual: what it usually shows, made small.
        mean, room: of each measure, what is usual and how far from it one may be.
        seen: the measures at the last whole look.
        still: luma steps; less since the last look is a picture that came again. 0 where that is not known.
        cells: which cells of the text strips hold the on-screen clock, `clock.SHAPE`.
        text: the smallest part of the strips that holds these, as it was at the last look; empty without.
        told: metric name -> number: what the last whole look came to and stands until the next.
    """

    last: Map
    usual: Plain
    mean: Mapping[str, float]
    room: Mapping[str, float]
    seen: Mapping[str, float]
    still: float = 0.0
    cells: Mask = field(default_factory=lambda: np.zeros(clock.SHAPE, np.bool_))
    text: Luma = field(default_factory=lambda: np.zeros((0, 0), np.uint8))
    told: Mapping[str, float] = field(default_factory=dict)

    def pack(self) -> bytes:
        """Return it as bytes: the last look's light first, its on-screen clock last."""
        tints = [one for one in (self.usual.blue, self.usual.red) if one is not None]
        head = {
            "still": self.still, "told": dict(self.told), "colour": bool(tints),
            "cells": np.flatnonzero(self.cells).tolist(), "text": self.text.shape,
        }  # fmt: skip
        text = json.dumps(head).encode()
        numbers = [[table.get(name, NAN) for name in ROOM] for table in (self.mean, self.room, self.seen)]
        return b"".join(
            [
                _packed(self.last),
                _HEAD.pack(_MAGIC, len(text)),
                text,
                np.asarray(numbers, "<f4").tobytes(),
                np.clip(np.rint(self.usual.small), 0, 255).astype(np.uint8).tobytes(),
                *(_packed(one) for one in (self.usual.light, *tints)),
                self.text.tobytes(),
            ]
        )


def renewed(blob: bytes, light: Map, text: Luma) -> bytes:
    """Return a packed mark with another last look."""
    return _packed(light) + blob[LIGHT_BYTES : len(blob) - text.size] + text.tobytes()


def read_mark(blob: bytes) -> Mark | None:
    """Return what `pack` gave; None where a glance has nothing to go by.

    Raises:
        ValueError: it is cut short or of another make.
    """
    if len(blob) <= LIGHT_BYTES:
        return None
    try:
        return _read(blob, *_head(blob))
    except (struct.error, ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise ValueError(f"a mark that cannot be read: {type(error).__name__}") from None


def _head(blob: bytes) -> tuple[int, Mapping[str, Any]]:
    """Return where the arrays begin, and what is said of them."""
    magic, size = _HEAD.unpack_from(blob, LIGHT_BYTES)
    if magic != _MAGIC or size > LONGEST_HEAD:
        raise ValueError("of another make")
    at = LIGHT_BYTES + _HEAD.size
    return at + size, json.loads(blob[at : at + size])


def _read(blob: bytes, at: int, head: Mapping[str, Any]) -> Mark:
    numbers = np.frombuffer(blob, "<f4", 3 * len(ROOM), at).reshape(3, -1).tolist()
    tables = [{k: v for k, v in zip(ROOM, row, strict=True) if isfinite(v)} for row in numbers]
    at += 12 * len(ROOM)
    small = np.frombuffer(blob, np.uint8, SMALL[0] * SMALL[1], at).reshape(SMALL[::-1]).astype(np.float32)
    at += small.size
    light, *tints = (_halves(blob, at + n * LIGHT_BYTES) for n in range(3 if head["colour"] else 1))
    blue, red = tints or (None, None)
    at += (1 + len(tints)) * LIGHT_BYTES
    rows, columns = (int(side) for side in head["text"])
    text = np.frombuffer(blob, np.uint8, rows * columns, at).reshape(rows, columns)
    cells = np.zeros(clock.SHAPE, np.bool_)
    cells.ravel()[[int(one) for one in head["cells"]]] = True
    told = {str(name): float(value) for name, value in head["told"].items()}
    usual = Plain(light, small, blue, red)
    mean, room, seen = tables
    return Mark(_halves(blob, 0), usual, mean, room, seen, float(head["still"]), cells, text, told)


def mark_of(
    frame: Frame, light: Map, page: Reference, told: Mapping[str, float]
) -> tuple[Mark | None, Signs]:
    """Return what the next glance is held against, and the measures that are to be learnt.

    Args:
        frame: the newest one of a whole look.
        light: of that look.
        page: the reference it was held against.
        told: what it came to.

    Returns:
        No mark where the spread of some measure is not yet known.
    """
    usual = plain_of(page)
    cells = page.text()
    now = plain(frame)
    seen = signs(frame, now, usual)
    text = _text(frame, cells)
    if text.size:
        seen["ink"] = _ink(text, cells)
    learnt = {f"{PREFIX}{name}": value for name, value in seen.items()}
    known = {name: page.usual.get(f"{PREFIX}{name}", (0.0, 0.0, 0)) for name in seen}
    if min(times for _, _, times in known.values()) < TIMES or text.size > LARGEST_TEXT:
        return None, learnt
    mean = {name: one for name, (one, _, _) in known.items()}
    room = {
        name: max(ROOM[name], SPREADS * spread * (1 + 2 / times))
        for name, (_, spread, times) in known.items()
    }
    least, _, often = page.usual.get(LEAST["still"], (0.0, 0.0, 0))
    still = STEADY * least if often >= STILL_TIMES else 0.0
    return Mark(light, usual, mean, room, seen, still, cells, text, told), learnt


def glance(frame: Frame, mark: Mark) -> tuple[frozenset[str], Map, Luma]:
    """Look at one picture.

    Returns:
        The measures that are news, none of them where it is as it was; its light and its on-screen clock.
    """
    now = plain(frame)
    seen = signs(frame, now, mark.usual)
    news = set()
    if middle(np.abs(now.light - mark.last)) < mark.still:
        news.add(STILL)
    text = _text(frame, mark.cells)
    if text.size:
        seen["ink"] = _ink(text, mark.cells)
        if text.shape != mark.text.shape or not clock.flipped(text, mark.text)[_boxed(mark.cells)].any():
            news.add(TEXT)
    news |= {name for name in mark.mean if _is_news(name, seen.get(name, NAN), mark)} | (
        set(seen) - set(mark.mean)
    )
    return frozenset(news), now.light, text


def _is_news(name: str, value: float, mark: Mark) -> bool:
    """Whether a measure is neither as usual nor as at the last whole look; what is no number is."""
    near = min(abs(value - mark.mean[name]), abs(value - mark.seen[name]))
    return not near <= mark.room[name]


def _text(frame: Frame, cells: Mask) -> Luma:
    """Return the part of the strips in which the on-screen clock stands; empty without one."""
    if not cells.any():
        return np.zeros((0, 0), np.uint8)
    rows, columns = _span(cells)
    side = clock.CELL
    strips = clock.strips(frame.luma)
    return np.ascontiguousarray(
        strips[rows.start * side : rows.stop * side, columns.start * side : columns.stop * side]
    )


def _ink(text: Luma, cells: Mask) -> float:
    """Return the share of the clock's cells that hold text."""
    return float(clock.ink(text)[_boxed(cells)].mean())


def _boxed(cells: Mask) -> Mask:
    return cells[_span(cells)]


def _span(cells: Mask) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _halves(blob: bytes, at: int) -> Map:
    """Return half floats; what is no number among them makes news of what is measured by it."""
    return np.frombuffer(blob, "<f2", GRID[0] * GRID[1], at).reshape(GRID[::-1]).astype(np.float32)


def _packed(values: Map) -> bytes:
    return values.astype("<f2").tobytes()
