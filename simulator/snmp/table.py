"""The values of one agent, sorted by object identifier.

The order of the names is the same for all devices of one shape, so it is made once and shared (`Layout`); an
agent keeps only its own values. A value is a finished BER element, or a function of the time that gives one,
or gives None while the row is not there (an address that aged out of a forwarding table).
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from simulator.snmp import ber
from simulator.snmp.ber import Oid

Cell = bytes | Callable[[float], bytes | None]


class Row(NamedTuple):
    """One value: `column` (or scalar) and `instance` make its name."""

    column: Oid
    instance: Oid
    cell: Cell


@dataclass(frozen=True, slots=True)
class Layout:
    """The names of a table in order."""

    oids: tuple[Oid, ...]
    contents: tuple[bytes, ...]  # the same, as they stand on the wire
    places: dict[bytes, int]
    columns: frozenset[Oid]


@lru_cache(maxsize=64)
def _layout(columns: frozenset[Oid], oids: tuple[Oid, ...]) -> Layout:
    contents = tuple(ber.encode_oid(oid) for oid in oids)
    return Layout(oids, contents, {content: place for place, content in enumerate(contents)}, columns)


class Table:
    """All rows of an agent.

    Args:
        rows: in any order.

    Raises:
        ValueError: two rows have the same name.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        cells = sorted((row.column + row.instance, row.column, row.cell) for row in _unique(rows))
        self._layout = _layout(frozenset(column for _, column, _ in cells), tuple(oid for oid, _, _ in cells))
        self._cells = tuple(cell for _, _, cell in cells)

    def __len__(self) -> int:
        return len(self._cells)

    def get(self, name: bytes, now: float) -> bytes:
        """Return the value of exactly this name (content bytes), or the exception that says why not.

        Raises:
            BerError: the name is no object identifier.
        """
        place = self._layout.places.get(name)
        if place is None:
            return self._absent(ber.decode_oid(name))
        cell = self._cells[place]
        value = cell if isinstance(cell, bytes) else cell(now)
        return ber.NO_SUCH_INSTANCE if value is None else value

    def after(self, name: bytes, now: float) -> tuple[bytes, bytes] | None:
        """Return name and value of the first row behind `name`, None at the end of the table.

        Raises:
            BerError: the name is no object identifier.
        """
        place = self._layout.places.get(name)
        first = bisect_right(self._layout.oids, ber.decode_oid(name)) if place is None else place + 1
        for index in range(first, len(self._cells)):
            cell = self._cells[index]
            value = cell if isinstance(cell, bytes) else cell(now)
            if value is not None:
                return self._layout.contents[index], value
        return None

    def _absent(self, oid: Oid) -> bytes:
        """Tell a missing instance of something we have from something we do not have (RFC 3416, 4.2.1)."""
        known = any(oid[:size] in self._layout.columns for size in range(len(oid) + 1))
        return ber.NO_SUCH_INSTANCE if known else ber.NO_SUCH_OBJECT


def _unique(rows: Iterable[Row]) -> Iterable[Row]:
    seen: set[Oid] = set()
    for row in rows:
        name = row.column + row.instance
        if name in seen:
            raise ValueError(f"two rows are named {'.'.join(map(str, name))}")
        seen.add(name)
        yield row


def scalar(oid: Oid, cell: Cell) -> Row:
    """Return the row of a scalar: its only instance is 0."""
    return Row(oid, (0,), cell)
