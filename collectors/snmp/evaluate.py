"""Values by OID -> readings. Pure: what is missing has no reading, what is unreadable is counted."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from collectors.snmp.engine import Value
from collectors.snmp.knowledge import Guard, Item, Merge
from collectors.snmp.values import How, Unreadable, decimal, quantity, read, share
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
    """

    item: Item
    part: str = ""
    index: str = ""
    guard: Guard | None = None

    def at(self, oid: str) -> str:
        """Return the full OID of a scalar or of this row's cell in a column."""
        return f"{oid}.{self.index}" if self.index else oid

    @property
    def oids(self) -> tuple[str, ...]:
        """All OIDs to ask for this cell."""
        guard = (self.guard.column,) if self.guard else ()
        return tuple(self.at(oid) for oid in (*self.item.oids, *guard))

    @property
    def key(self) -> tuple[Metric, str]:
        """Which reading it gives."""
        return self.item.metric, self.part


@dataclass(frozen=True, slots=True)
class Outcome:
    """Readings, and how many values could not be read."""

    readings: tuple[Reading, ...]
    unreadable: int


def evaluate(cells: Iterable[Cell], values: Mapping[str, Value]) -> Outcome:
    """Return the readings of all cells; several of one metric and part are merged as their items say."""
    given: dict[tuple[Metric, str], list[float | str]] = {}
    merges: dict[tuple[Metric, str], Merge] = {}
    unreadable = 0
    for cell in cells:
        merge = merges.setdefault(cell.key, cell.item.merge)
        if merge is Merge.FIRST and cell.key in given:
            continue
        try:
            value = worth(cell, values)
        except Unreadable:
            unreadable += 1
            continue
        if value is not None:
            given.setdefault(cell.key, []).append(value)
    readings = (Reading(key[0], _merged(merges[key], found), key[1]) for key, found in given.items())
    return Outcome(tuple(readings), unreadable)


def worth(cell: Cell, values: Mapping[str, Value]) -> float | str | None:
    """Return what one cell says, None when it says nothing.

    Raises:
        Unreadable: it says something that cannot be.
    """
    item = cell.item
    raw = values.get(cell.at(item.oid))
    if raw is None or not _holds(cell, values):
        return None
    value = read(raw, item.how)
    if isinstance(value, str) or value is None:
        return value
    if item.scale:
        scale, precision = _plain(cell, item.scale, values), _plain(cell, item.precision, values)
        return None if scale is None or precision is None else decimal(value, scale, precision)
    if item.times:
        times = _plain(cell, item.times, values)
        return None if times is None else value * times
    if item.whole:
        whole = values.get(cell.at(item.whole))
        total = None if whole is None else quantity(whole, item.how)
        return None if total is None else share(value, total, left=item.left)
    return value


def settle(cells: Sequence[Cell], values: Mapping[str, Value]) -> tuple[Cell, ...]:
    """Return the cells worth asking again: those the device has, without second choices it does not need."""
    kept: list[Cell] = []
    served: set[tuple[Metric, str]] = set()
    for cell in cells:
        if cell.key in served or any(oid not in values for oid in cell.oids):
            continue
        kept.append(cell)
        if cell.item.merge is Merge.FIRST and _says_something(cell, values):
            served.add(cell.key)
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


def _plain(cell: Cell, oid: str, values: Mapping[str, Value]) -> float | None:
    raw = values.get(cell.at(oid))
    return None if raw is None else quantity(raw, _PLAIN)


def _merged(merge: Merge, found: list[float | str]) -> float | str:
    numbers = [value for value in found if not isinstance(value, str)]
    if merge is Merge.FIRST or len(numbers) != len(found):
        return found[0]
    return _MERGES[merge](numbers)
