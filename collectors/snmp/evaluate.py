"""Values by OID -> readings. Pure: what is missing has no reading, what is unreadable is counted."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Final

from collectors.snmp.documents import leaves
from collectors.snmp.engine import Value
from collectors.snmp.knowledge import Guard, Item, Merge
from collectors.snmp.values import How, Kind, Unreadable, decimal, quantity, read, share, within
from models.facts import Reading
from models.metrics import Metric

_PLAIN: Final = How()
_MERGES: Final[Mapping[Merge, Callable[[list[float]], float]]] = {
    Merge.MIN: min,
    Merge.MAX: max,
    Merge.MEAN: fmean,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One item of knowledge at one place of one device.

    Attributes:
        item: what is asked; its OIDs are columns when `index` is set.
        part: part of the reading.
        index: row index of a table, "" for a scalar.
        guard: what must hold in that row.
        mac: hardware address of the row as it came, None when it has none.
        key: which reading it gives.
        place: where its own value is.
        is_bare: it is one number and nothing has to be looked at beside.
    """

    item: Item
    part: str = ""
    index: str = ""
    guard: Guard | None = None
    mac: Value | None = None
    key: tuple[Metric, str] = field(init=False)
    place: str = field(init=False)
    is_bare: bool = field(init=False)

    def __post_init__(self) -> None:
        item = self.item
        beside = (item.json, item.scale, item.plus, item.minus, item.times, item.whole, item.left, self.guard)
        object.__setattr__(self, "key", (item.metric, self.part))
        object.__setattr__(self, "place", self.at(item.oid))
        object.__setattr__(self, "is_bare", item.how.kind is Kind.NUMBER and not any(beside))

    def at(self, oid: str) -> str:
        """Return the full OID of a scalar or of this row's cell in a column."""
        return f"{oid}.{self.index}" if self.index else oid

    @property
    def oids(self) -> tuple[str, ...]:
        """All OIDs to ask for this cell."""
        guard = (self.guard.column,) if self.guard else ()
        return tuple(self.at(oid) for oid in (*self.item.oids, *guard))


@dataclass(frozen=True, slots=True)
class Unread:
    """A value that could not be read: where it was, what came, and why it cannot be."""

    oid: str
    value: Value
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """Readings, and the values that could not be read."""

    readings: tuple[Reading, ...]
    unread: tuple[Unread, ...]

    @property
    def unreadable(self) -> int:
        """How many values could not be read."""
        return len({(one.oid, one.value) for one in self.unread})


def evaluate(cells: Iterable[Cell], values: Mapping[str, Value]) -> Outcome:
    """Return the readings of all cells; several of one metric and part are merged as their items say."""
    given: dict[tuple[Metric, str], list[float | str]] = {}
    merges: dict[tuple[Metric, str], Merge] = {}
    unread: list[Unread] = []
    for cell in cells:
        if cell.item.json:
            _take_document(cell, values, given, unread)
            continue
        merge, key = cell.item.merge, cell.key
        known = given.get(key)
        if known and (merge is Merge.FIRST or merges.get(key, Merge.FIRST) is Merge.FIRST):
            continue
        try:
            value = worth(cell, values)
        except Unreadable as err:
            unread.append(Unread(cell.place, values[cell.place], str(err)))
            continue
        if value is None:
            continue
        if known is None:
            given[key], merges[key] = [value], merge
        else:
            known.append(value)
    readings = [
        Reading(key[0], found[0] if len(found) == 1 else _merged(merges.get(key, Merge.FIRST), found), key[1])
        for key, found in given.items()
    ]
    return Outcome(tuple(readings), tuple(unread))


def _take_document(
    cell: Cell,
    values: Mapping[str, Value],
    given: dict[tuple[Metric, str], list[float | str]],
    unread: list[Unread],
) -> None:
    """Take what a JSON document says of each part; the first document that speaks of a part is believed."""
    raw = values.get(cell.item.oid)
    if raw is None:
        return
    try:
        found = list(leaves(raw, cell.item.json))
    except Unreadable as err:
        unread.append(Unread(cell.item.oid, raw, str(err)))
        return
    for part, leaf in found:
        try:
            value = read(leaf, cell.item.how)
        except Unreadable as err:
            unread.append(Unread(cell.item.oid, leaf, f"{cell.item.json} of {part}: {err}"))
            continue
        if value is not None:
            given.setdefault((cell.item.metric, part), []).append(value)


def worth(cell: Cell, values: Mapping[str, Value]) -> float | str | None:
    """Return what one cell says, None when it says nothing.

    Raises:
        Unreadable: it says something that cannot be.
    """
    raw = values.get(cell.place)
    if raw is None:
        return None
    if cell.is_bare:
        return quantity(raw, cell.item.how)
    return _with_others(cell, raw, values) if _holds(cell, values) else None


def _with_others(cell: Cell, raw: Value, values: Mapping[str, Value]) -> float | str | None:
    """Return what a value says together with those that belong to it."""
    item = cell.item
    if item.scale:
        return _scaled(cell, raw, values)
    value = read(raw, item.how)
    if isinstance(value, float) and (item.plus or item.minus):
        value = _summed(cell, value, values)
    if isinstance(value, str) or value is None:
        return value
    if item.times:
        times = _plain(cell, item.times, values)
        return None if times is None or times <= 0 else value * times  # no unit is of -1 byte
    if item.whole:
        whole = values.get(cell.at(item.whole))
        total = None if whole is None else quantity(whole, item.how)
        return None if total is None else share(value, total, left=item.left)
    return round(1 - value, 12) if item.left else value  # 67 % idle is 0.33, not 0.32999999999999996


def settle(cells: Sequence[Cell], values: Mapping[str, Value]) -> tuple[Cell, ...]:
    """Return the cells worth asking again: those the device has, without second choices it does not need."""
    kept: list[Cell] = []
    served: dict[tuple[Metric, str], Merge] = {}
    for cell in cells:
        merge = cell.item.merge
        unneeded = cell.key in served and Merge.FIRST in {merge, served[cell.key]} and not cell.item.json
        if unneeded or any(oid not in values for oid in cell.oids):
            continue
        kept.append(cell)
        if not cell.item.json and _says_something(cell, values):
            served.setdefault(cell.key, merge)
    return tuple(kept)


def _says_something(cell: Cell, values: Mapping[str, Value]) -> bool:
    try:
        return worth(cell, values) is not None
    except Unreadable:
        return False


def _holds(cell: Cell, values: Mapping[str, Value]) -> bool:
    if cell.guard is None:
        return True
    state = _plain(cell, cell.guard.column, values)
    return state is not None and state in cell.guard.values


def _summed(cell: Cell, value: float, values: Mapping[str, Value]) -> float | None:
    """Return a value with its `plus` and `minus`, None when one of them is missing."""
    for sign, oids in ((1, cell.item.plus), (-1, cell.item.minus)):
        for oid in oids:
            raw = values.get(cell.at(oid))
            more = None if raw is None else quantity(raw, cell.item.how)
            if more is None:
                return None
            value += sign * more
    return value


def _scaled(cell: Cell, raw: Value, values: Mapping[str, Value]) -> float | None:
    """Return an ENTITY-SENSOR value; its range is that of what is meant, not of what is sent."""
    item = cell.item
    scale, precision = _plain(cell, item.scale, values), _plain(cell, item.precision, values)
    value = quantity(raw, replace(item.how, low=-math.inf, high=math.inf))
    if value is None or scale is None or precision is None:
        return None
    return within(decimal(value, scale, precision), item.how)


def _plain(cell: Cell, oid: str, values: Mapping[str, Value]) -> float | None:
    raw = values.get(cell.at(oid))
    return None if raw is None else quantity(raw, _PLAIN)


def _merged(merge: Merge, found: list[float | str]) -> float | str:
    numbers = [value for value in found if not isinstance(value, str)]
    if merge is Merge.FIRST or len(numbers) != len(found):
        return found[0]
    return _MERGES[merge](numbers)
