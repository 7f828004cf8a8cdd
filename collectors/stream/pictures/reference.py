"""What a camera usually shows, in one mode: learnt from quiet looks, packed small, adapted slowly."""

import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collectors.stream.pictures import clock
from collectors.stream.pictures.kit import Map, Mask

COMMISSION: Final = 5  # looks that are averaged evenly; later ones change it slowly
ANCHOR: Final = 0.55  # likeness from look to look above which a block always shows the same
FAINT: Final = 0.15  # luma steps a pixel: the least gradient that a comparison divides by
FIRST: Final = 2  # looks from which on what is compared with it says how much this camera varies
# The least that a live camera was seen to change by, from look to look and within one …
LEAST: Final[Mapping[str, str]] = {name: f"{name}_least" for name in ("still", "change", "calm", "calm_top")}
FORGETTING: Final = 1.01  # … which is believed a little less with every look
SLOW: Final = 0.03  # weight of one later look
MODES: Final = ("day", "night")
VIEWS: Final = 6  # modes and presets of one camera that are remembered
LARGEST: Final = 160 * 1024  # bytes of a packed book
QUICK: Final = 1  # of zlib: a look must be cheap, and the last third of size costs five times as much
_HEAD: Final = struct.Struct("!4sI")
_MAGIC: Final = b"SWR1"
_BLOCKS: Final = ("light", "fine", "coarse", "rough", "burnt", "blue", "red", "alike", "change")
_SHAPES: Final[dict[str, tuple[tuple[int, ...], str]]] = {
    "thumb": ((108, 192), "u1"),
    **dict.fromkeys(_BLOCKS, ((18, 32), "<f2")),
    "flips": (clock.SHAPE, "<f2"),
    "inks": (clock.SHAPE, "<f2"),
}
_BYTES: Final = sum(int(np.prod(shape)) * np.dtype(kind).itemsize for shape, kind in _SHAPES.values())


@dataclass(frozen=True, slots=True)
class Reference:
    """The usual picture of one camera in one mode; a single look has the same shape.

    Attributes:
        thumb, light, fine, coarse, rough, burnt, blue, red: as in `maps.Maps`.
        alike: how alike each block is from look to look, -1 to 1: what is always there is near 1.
        change: how much each block changes within a look, luma steps.
        flips, inks: how often each cell of the text strips changed and held text, as shares of the looks.
        looks: how many it was learnt from.
        usual: measure -> (mean, mean deviation, how often) over the quiet looks.
    """

    thumb: Map
    light: Map
    fine: Map
    coarse: Map
    rough: Map
    burnt: Map
    blue: Map
    red: Map
    alike: Map
    change: Map
    flips: Map
    inks: Map
    looks: int = 1
    usual: Mapping[str, tuple[float, float, int]] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether it was commissioned: learnt from enough looks to compare with."""
        return self.looks >= COMMISSION

    @property
    def structure(self) -> float:
        """Return the share of blocks that always show the same."""
        return float(((self.alike >= ANCHOR) & (self.coarse >= FAINT)).mean())

    def text(self) -> Mask:
        """Return the cells of the on-screen clock."""
        return clock.find(self.flips, self.inks, self.looks)

    def folded(
        self, look: "Reference", values: Mapping[str, float], *, alike: Map | None = None
    ) -> "Reference":
        """Return the reference with one more quiet look in it.

        Args:
            look: what was seen.
            values: what was measured against this reference; its spread is learnt.
            alike: how alike look and reference are.
        """
        weight = max(1 / (self.looks + 1), SLOW) if self.looks < COMMISSION else SLOW
        arrays = {
            name: np.asarray(old + weight * (getattr(look, name) - old), np.float32)
            for name in _SHAPES
            if name != "alike" and (old := getattr(self, name)) is not None
        }
        seen = look.alike if alike is None else alike
        # Two looks that differ (somebody stood there once) must not take a place out for good.
        arrays["alike"] = np.asarray(self.alike + max(weight, 0.1) * (seen - self.alike), np.float32)
        usual = {**self.usual}
        for name, value in values.items():
            if np.isfinite(value) and self.looks >= FIRST:
                usual[name] = _stretched(usual.get(name), float(value))
        for name, least in LEAST.items():
            if np.isfinite(value := values.get(name, np.nan)):
                known, _, times = usual.get(least, (np.inf, 0.0, 0))
                usual[least] = min(known * FORGETTING, float(value)), 0.0, times + 1
        return replace(self, **arrays, looks=self.looks + 1, usual=usual)


def _stretched(known: tuple[float, float, int] | None, value: float) -> tuple[float, float, int]:
    if known is None:
        return value, 0.0, 1
    mean, spread, times = known
    weight = max(1 / (times + 1), SLOW)
    return mean + weight * (value - mean), spread + weight * (abs(value - mean) - spread), times + 1


@dataclass(frozen=True, slots=True)
class Book:
    """All references of one camera at one place.

    Attributes:
        modes: by mode: `day`, `night`; of a camera that turns also `day2`, `night2` … , a view each.
        last: mean luma of each block in the last look.
    """

    modes: Mapping[str, Reference] = field(default_factory=dict)
    last: Map | None = None

    def pack(self) -> bytes:
        """Return its modes as bytes, at most 160 kB; the last look is not in it."""
        pages = dict(self.modes)
        while pages:
            body = zlib.compress(_write(pages), QUICK)
            if len(body) + _HEAD.size <= LARGEST:
                return _HEAD.pack(_MAGIC, len(body)) + body
            del pages[min(pages, key=lambda name: pages[name].looks)]
        return b""

    def of(self, light: str) -> dict[str, Reference]:
        """Return the views of a mode, `day` or `night`."""
        return {name: page for name, page in self.modes.items() if name.rstrip("0123456789") == light}


def read_book(blob: bytes) -> Book:
    """Return what `pack` gave; an empty book for nothing.

    Raises:
        ValueError: the bytes are no book, or one of another make.
    """
    if not blob:
        return Book()
    try:
        magic, size = _HEAD.unpack_from(blob)
        if magic != _MAGIC or size != len(blob) - _HEAD.size:
            raise ValueError("not a book of references")
        unpacker = zlib.decompressobj()
        pages = _read(unpacker.decompress(blob[_HEAD.size :], 2 * VIEWS * (_BYTES + 65536)))
    except (struct.error, zlib.error, KeyError, TypeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"a book of references that cannot be read: {type(error).__name__}") from None
    return Book({name: page for name, page in pages.items() if name.rstrip("0123456789") in MODES})


def _write(pages: Mapping[str, Reference]) -> bytes:
    head = json.dumps(
        {
            name: {
                "looks": p.looks,
                "usual": {k: [round(m, 6), round(s, 6), n] for k, (m, s, n) in p.usual.items()},
            }
            for name, p in pages.items()
        }
    ).encode()
    arrays = [
        _cast(getattr(page, name), kind).tobytes()
        for page in pages.values()
        for name, (_, kind) in _SHAPES.items()
    ]
    return struct.pack("!I", len(head)) + head + b"".join(arrays)


def _read(body: bytes) -> dict[str, Reference]:
    (length,) = struct.unpack_from("!I", body)
    head = json.loads(body[4 : 4 + length])
    place, pages = 4 + length, {}
    if len(body) != place + _BYTES * len(head):
        raise ValueError("a book of references with pages missing")
    for name, own in head.items():
        arrays: dict[str, Map] = {}
        for array, (shape, kind) in _SHAPES.items():
            size = int(np.prod(shape))
            values = np.frombuffer(body, np.dtype(kind), size, place).reshape(shape)
            arrays[array] = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
            place += size * np.dtype(kind).itemsize
        usual = {str(k): (float(m), float(s), int(n)) for k, (m, s, n) in own["usual"].items()}
        pages[str(name)] = Reference(**arrays, looks=int(own["looks"]), usual=usual)
    return pages


def _cast(values: Map, kind: str) -> NDArray[np.generic]:
    if kind == "u1":
        return np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return values.astype(kind)
