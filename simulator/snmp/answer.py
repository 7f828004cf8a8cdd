"""What an agent answers to a request, by the rules of RFC 3416, section 4.2 (v2c, v3) and RFC 3584 (v1).

Requests to write are refused, always: nothing in this site may be changed over SNMP.
"""

from collections.abc import Callable, Iterator
from typing import Final

from simulator.snmp import ber, pdu
from simulator.snmp.pdu import Request
from simulator.snmp.quirks import Manners
from simulator.snmp.table import Table

_OVERHEAD: Final = 28  # most a unit without bindings takes: its head, three numbers, the head of the list
_EXCEPTIONS: Final = frozenset({ber.NO_SUCH_OBJECT, ber.NO_SUCH_INSTANCE})


def answer(request: Request, table: Table, now: float, *, room: int, manners: Manners | None = None) -> bytes:
    """Return the response to a v2c or v3 request.

    Args:
        request: what was asked.
        table: the values.
        now: Unix seconds; all values of one reply are of this moment.
        room: bytes the response may take.
        manners: how this agent differs from the RFC.

    Raises:
        BerError: a name is no object identifier, or silence is due.
    """
    bent = manners.bend(request) if manners else request
    return bent if isinstance(bent, bytes) else _ANSWERS[bent.kind](bent, table, now, room)


def _get(request: Request, table: Table, now: float, room: int) -> bytes:
    bindings = [pdu.binding(name, table.get(name, now)) for name in request.names]
    return _all_or_too_big(request, bindings, room)


def _get_next(request: Request, table: Table, now: float, room: int) -> bytes:
    bindings = [_next(name, table, now)[1] for name in request.names]
    return _all_or_too_big(request, bindings, room)


def _set(request: Request, _table: Table, _now: float, _room: int) -> bytes:
    return pdu.refusal(request, pdu.NOT_WRITABLE, index=1) if request.names else pdu.response(request, ())


def _get_bulk(request: Request, table: Table, now: float, room: int) -> bytes:
    """Answer with as many bindings as fit; only when not even one does, the answer is tooBig."""
    bindings: list[bytes] = []
    used = _OVERHEAD
    for binding in _bulk(request, table, now):
        used += len(binding)
        if used > room:
            return pdu.response(request, bindings) if bindings else _too_big(request)
        bindings.append(binding)
    return pdu.response(request, bindings)


def _bulk(request: Request, table: Table, now: float) -> Iterator[bytes]:
    """Yield the bindings of a GETBULK: the non-repeaters once, then row after row (RFC 3416, 4.2.3)."""
    once = min(max(request.first, 0), len(request.names))
    for name in request.names[:once]:
        yield _next(name, table, now)[1]
    names = list(request.names[once:])
    for _ in range(max(request.second, 0) if names else 0):
        ended = True
        for place, name in enumerate(names):
            found, binding = _next(name, table, now)
            ended = ended and found is None
            names[place] = name if found is None else found
            yield binding
        if ended:
            return


def _next(name: bytes, table: Table, now: float) -> tuple[bytes | None, bytes]:
    """Return the name behind `name`, None at the end, and its binding."""
    found = table.after(name, now)
    if found is None:
        return None, pdu.binding(name, ber.END_OF_VIEW)
    return found[0], pdu.binding(*found)


def _all_or_too_big(request: Request, bindings: list[bytes], room: int) -> bytes:
    size = _OVERHEAD + sum(map(len, bindings))
    return pdu.response(request, bindings) if size <= room else _too_big(request)


def _too_big(request: Request) -> bytes:
    """The response has no bindings then, so that it can be sent at all (RFC 3416, 4.2.1)."""
    return pdu.build(pdu.RESPONSE, request.id, status=pdu.TOO_BIG)


_ANSWERS: Final[dict[int, Callable[[Request, Table, float, int], bytes]]] = {
    pdu.GET: _get,
    pdu.GET_NEXT: _get_next,
    pdu.SET: _set,
    pdu.GET_BULK: _get_bulk,
}


def answer_v1(
    request: Request, table: Table, now: float, *, room: int, manners: Manners | None = None
) -> bytes:
    """Return the response to a v1 request: one missing name fails the whole of it.

    Counter64 does not exist in v1: asked for, it is missing; walked over, it is skipped (RFC 3584, 4.2.2.1).

    Raises:
        BerError: a name is no object identifier, or the request is one that v1 does not have.
    """
    if request.kind == pdu.GET_BULK:
        raise ber.BerError("v1 has no GETBULK")
    bent = manners.bend(request) if manners else request
    if isinstance(bent, bytes):
        return bent
    request = bent
    bindings: list[bytes] = []
    for index, name in enumerate(request.names, start=1):
        found = _v1_value(request.kind, name, table, now)
        if found is None:
            return pdu.refusal(request, pdu.NO_SUCH_NAME, index=index)
        bindings.append(pdu.binding(*found))
    if _OVERHEAD + sum(map(len, bindings)) > room:
        return pdu.refusal(request, pdu.TOO_BIG)
    return pdu.response(request, bindings)


def _v1_value(kind: int, name: bytes, table: Table, now: float) -> tuple[bytes, bytes] | None:
    if kind == pdu.SET:
        return None
    if kind == pdu.GET:
        value = table.get(name, now)
        return None if value in _EXCEPTIONS or value[0] == ber.COUNTER64 else (name, value)
    found = table.after(name, now)
    while found is not None and found[1][0] == ber.COUNTER64:
        found = table.after(found[0], now)
    return found
