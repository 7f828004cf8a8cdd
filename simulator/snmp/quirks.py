"""What real agents do wrong, each a switch: `snmp_…` on the fault board, or in `quirks` of the site file.

    request ─▶ Manners.bend ─▶ answer ─▶ WarpedTable (values, order) ─▶ Manners.spoil ─▶ datagrams

All are seen in the field; the collector must read what can be read, and say what cannot.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from simulator.faults import FaultBoard
from simulator.snmp import ber, pdu
from simulator.snmp.ber import Oid
from simulator.snmp.drift import share
from simulator.snmp.life import Life
from simulator.snmp.pdu import Request
from simulator.snmp.table import Row, Table

Strength = Callable[[str], float]
"""How strong a quirk of this device is now, 0.0 when it is off."""

GENERAL_ERROR: Final = 5  # genErr
_IF_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 2, 2, 1)
_IF_X_ENTRY: Final[Oid] = (1, 3, 6, 1, 2, 1, 31, 1, 1, 1)
_BRIDGE_PORT: Final[Oid] = (1, 3, 6, 1, 2, 1, 17, 1, 4, 1, 2)
_RECORDER: Final[Oid] = (1, 3, 6, 1, 4, 1, 50001, 1)
_DISK_ENTRY: Final[Oid] = (*_RECORDER, 241, 1)
_SYS_UPTIME: Final[Oid] = (1, 3, 6, 1, 2, 1, 1, 3, 0)
_ENTERPRISES: Final[Oid] = (1, 3, 6, 1, 4, 1)
_UPS: Final[Oid] = (1, 3, 6, 1, 2, 1, 33, 1)
_SENSOR_VALUE: Final[Oid] = (1, 3, 6, 1, 2, 1, 99, 1, 1, 1, 4)
_TEXTS: Final[tuple[Oid, ...]] = ((1, 3, 6, 1, 2, 1, 1), _ENTERPRISES, (*_IF_X_ENTRY, 18))
_WIDE_COLUMNS: Final = frozenset((*_IF_X_ENTRY, column) for column in range(6, 14))
_NARROW_OCTETS: Final = frozenset({(*_IF_ENTRY, 10), (*_IF_ENTRY, 16)})
_WRAP_MARGIN_BYTES: Final = 500_000  # before 2^32, at strength 1
_WRAP_MARGIN_SECONDS: Final = 10.0
_BULK_ROWS: Final = 5  # what an agent that cannot bear more bears
_GET_NAMES: Final = 10
_EMPTY_BAY: Final = {2: ber.text(""), 3: ber.integer(6), 4: ber.integer(0), 5: ber.integer(0)}


class Silence(ber.BerError):
    """This agent says nothing to such a request."""


def switch_of(device: str, board: FaultBoard, always: Iterable[str]) -> Strength:
    """Return how to look up a quirk of a device; `always` are those of the site file, at strength 1."""
    kept = frozenset(always)
    return lambda quirk: board.strength(device, quirk) or float(quirk in kept)


def placed(rows: Iterable[Row], strength: Strength, boots: int) -> Iterator[Row]:
    """Yield the rows as they stand after so many boots: interfaces renumbered, an empty bay listed."""
    rows = list(rows)
    moves = _moves(rows) if strength("snmp_ifindex_moves") and boots % 2 == 0 else {}
    for row in rows:
        yield _moved(row, moves) if moves else row
    if strength("snmp_empty_bay"):
        bay = 1 + max((row.instance[0] for row in rows if row.column == (*_DISK_ENTRY, 1)), default=0)
        cells = {1: ber.integer(bay), **_EMPTY_BAY}
        yield from (Row((*_DISK_ENTRY, column), (bay, 0), cell) for column, cell in cells.items())


def _moves(rows: list[Row]) -> dict[int, int]:
    """Return old index -> new: backwards, and a hundred further."""
    indexes = sorted(row.instance[0] for row in rows if row.column == (*_IF_ENTRY, 1))
    return {old: 100 + new for old, new in zip(indexes, reversed(indexes), strict=True)}


def _moved(row: Row, moves: dict[int, int]) -> Row:
    column, instance, cell = row
    if column[: len(_IF_ENTRY)] == _IF_ENTRY or column[: len(_IF_X_ENTRY)] == _IF_X_ENTRY:
        new = (moves.get(instance[0], instance[0]),)
        return Row(column, new, ber.integer(new[0]) if column == (*_IF_ENTRY, 1) else cell)
    if column == _BRIDGE_PORT and isinstance(cell, bytes):
        return Row(column, instance, ber.integer(moves.get(_whole(cell), _whole(cell))))
    return row


class WarpedTable(Table):
    """A table that shows its values as a badly built agent does.

    Args:
        rows: the true ones.
        strength: which quirks are on.
        life: boots of the device.
    """

    def __init__(self, rows: Iterable[Row], strength: Strength, life: Life) -> None:
        super().__init__(rows)
        self.skips = False  # every other row is left out, of the request that is being answered
        self._strength, self._life = strength, life
        self._offsets: dict[Oid, int] = {}  # of counters that were put close to their end

    def get(self, name: bytes, now: float) -> bytes:
        """Return the value, or the exception that says why not; see `Table.get`."""
        oid = ber.decode_oid(name)
        if self._hidden(oid):
            return ber.NO_SUCH_INSTANCE
        value = super().get(name, now)
        return value if value[0] >= ber.NO_SUCH_OBJECT[0] else self._shown(oid, value, now)

    def after(self, name: bytes, now: float) -> tuple[bytes, bytes] | None:
        """Return the row behind, or what this agent takes for it; see `Table.after`."""
        found = self._next(name, now)
        if found is not None and self.skips:
            found = self._next(found[0], now) or found
        if found is None:
            return None
        place = self._misplaced(ber.decode_oid(name), ber.decode_oid(found[0]))
        if place is not None:
            found = ber.encode_oid(place), super().get(ber.encode_oid(place), now)
        return found[0], self._shown(ber.decode_oid(found[0]), found[1], now)

    def _next(self, name: bytes, now: float) -> tuple[bytes, bytes] | None:
        found = super().after(name, now)
        while found is not None and self._hidden(ber.decode_oid(found[0])):
            found = super().after(found[0], now)
        return found

    def _hidden(self, oid: Oid) -> bool:
        return oid[:-1] in _WIDE_COLUMNS and self._strength("snmp_narrow_counters") > 0

    def _misplaced(self, asked: Oid, found: Oid) -> Oid | None:
        """Return the row that comes instead: the first of its column again and again, or one from before."""
        column = (*_IF_ENTRY, 2)
        here, size = asked[: len(column)] == column, len(column)
        if self._strength("snmp_oid_loop") and here and found[:size] != column:
            return self._first(column)
        if (
            self._strength("snmp_oid_disorder")
            and here
            and len(asked) > size
            and asked != self._first(column)
        ):
            return self._first(column)
        return None

    def _first(self, column: Oid) -> Oid | None:
        found = super().after(ber.encode_oid(column), 0.0)
        return ber.decode_oid(found[0]) if found else None

    def _shown(self, oid: Oid, value: bytes, now: float) -> bytes:
        if oid == _SYS_UPTIME:
            return self._uptime(oid, value, now)
        if oid[:-1] in _NARROW_OCTETS and self._strength("snmp_counter_wrap"):
            return self._near_end(oid, value, int(_WRAP_MARGIN_BYTES * self._strength("snmp_counter_wrap")))
        return dirty(oid, value, self._strength)

    def _uptime(self, oid: Oid, value: bytes, now: float) -> bytes:
        strength = self._strength("snmp_uptime_wrap")
        if strength:
            return self._near_end(oid, value, int(100 * _WRAP_MARGIN_SECONDS * strength))
        self._offsets.pop(oid, None)
        return ber.time_ticks(self._life.agent_uptime(now)) if self._life.agent_restarted_at else value

    def _near_end(self, oid: Oid, value: bytes, margin: int) -> bytes:
        """Return a number that reaches 2^32 after so many more, counted from when it was first asked for."""
        count = _whole(value)
        offset = self._offsets.setdefault(oid, 2**32 - margin - count)
        return ber.whole(value[0], (count + offset) % 2**32)


def dirty(oid: Oid, value: bytes, strength: Strength) -> bytes:
    """Return a value as written by somebody who did not read the MIB."""
    tag = value[0]
    if tag == ber.OCTETS and any(oid[: len(tree)] == tree for tree in _TEXTS):
        return _dirty_text(value, strength)
    if tag in {ber.INTEGER, ber.GAUGE32} and _is_measured(oid):
        return _dirty_number(oid, value, strength)
    return value


def _is_measured(oid: Oid) -> bool:
    """Whether it is a value of a maker's, a UPS's or a sensor's: standard tables are usually right."""
    return any(oid[: len(tree)] == tree for tree in (_ENTERPRISES, _UPS, _SENSOR_VALUE))


def _dirty_text(value: bytes, strength: Strength) -> bytes:
    content = _content(value)
    if strength("snmp_latin1"):
        content = content[:40] + b" Caf\xe9 S\xfcd"
    if strength("snmp_nul_padding"):
        content += b"\x00" * 8
    return ber.octets(content)


def _dirty_number(oid: Oid, value: bytes, strength: Strength) -> bytes:
    number = _whole(value)
    if strength("snmp_sentinels"):
        return ber.integer((-1, 65_535, 2**31 - 1)[int(3 * share(str(oid)))])
    if strength("snmp_numbers_as_text"):
        return ber.text(f"{number}")
    if strength("snmp_units_in_text"):
        return ber.text(f"{number} PERCENT")
    if strength("snmp_wrong_types"):
        return ber.gauge32(number) if value[0] == ber.INTEGER else ber.counter64(number)
    return value


class Manners:
    """How an agent treats requests and replies.

    Args:
        strength: which quirks are on.
        table: whose rows it skips.
    """

    def __init__(self, strength: Strength, table: WarpedTable) -> None:
        self._strength, self._table = strength, table
        self._sent = 0.0

    @property
    def is_old(self) -> bool:
        """Whether it knows v1 only."""
        return self._strength("snmp_v1_only") > 0

    def bend(self, request: Request) -> Request | bytes:
        """Return the request as this agent takes it, or at once the unit of its answer.

        Raises:
            Silence: it answers nothing.
        """
        on = self._strength
        self._table.skips = False
        if on("snmp_silent"):
            raise Silence("as if it was off")
        if on("snmp_errors"):
            return pdu.refusal(request, GENERAL_ERROR, index=1)
        bent = self._bulk(request) if request.kind == pdu.GET_BULK else self._single(request)
        if isinstance(bent, Request) and on("snmp_wrong_ids"):
            return bent._replace(id=(bent.id + 1) & 0x7FFFFFFF)
        return bent

    def _bulk(self, request: Request) -> Request | bytes:
        on = self._strength
        if request.second > _BULK_ROWS:
            if on("snmp_bulk_silent"):
                raise Silence("too many rows")
            if on("snmp_bulk_too_big"):
                return pdu.build(pdu.RESPONSE, request.id, status=pdu.TOO_BIG)
            self._table.skips = on("snmp_bulk_skips") > 0 and request.second > 2 * _BULK_ROWS
        return request._replace(second=min(request.second, 3)) if on("snmp_bulk_few") else request

    def _single(self, request: Request) -> Request | bytes:
        if self._strength("snmp_get_too_big") and len(request.names) > _GET_NAMES:
            return pdu.build(pdu.RESPONSE, request.id, status=pdu.TOO_BIG)
        if self._strength("snmp_bay_error") and request.kind == pdu.GET:
            for index, name in enumerate(request.names, 1):
                oid = ber.decode_oid(name)
                if oid[: len(_DISK_ENTRY)] == _DISK_ENTRY and oid[len(_DISK_ENTRY) + 1 :] == (1, 0):
                    return pdu.refusal(request, GENERAL_ERROR, index=index)
        return request

    def spoil(self, reply: bytes) -> bytes:
        """Return a reply as it leaves: of the share that strength says, cut or made into rubbish."""
        for quirk, spoilt in (("snmp_truncated", _cut), ("snmp_garbage", _rubbish)):
            part = min(self._strength(quirk), 1.0)
            if part:
                self._sent += part
                if self._sent >= 1:
                    self._sent -= 1
                    return spoilt(reply)
        return reply


def _cut(reply: bytes) -> bytes:
    return reply[: len(reply) // 2]


def _rubbish(reply: bytes) -> bytes:
    return bytes((byte * 7 + place * 13) & 255 for place, byte in enumerate(reply))


def _content(value: bytes) -> bytes:
    _, start, end = ber.header(value, 0, len(value))
    return value[start:end]


def _whole(value: bytes) -> int:
    return int.from_bytes(_content(value), "big", signed=value[0] == ber.INTEGER)
