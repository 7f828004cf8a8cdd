"""Protocol data units (RFC 3416, section 3): read a request, build a response."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from simulator.snmp import ber

GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
SET: Final = 0xA3
GET_BULK: Final = 0xA5
TRAP: Final = 0xA7  # SNMPv2-Trap-PDU
REPORT: Final = 0xA8
REQUESTS: Final = frozenset({GET, GET_NEXT, SET, GET_BULK})

NO_ERROR: Final = 0
TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2  # v1 only
AUTHORIZATION_ERROR: Final = 16
NOT_WRITABLE: Final = 17


class Request(NamedTuple):
    """What was asked. `first` and `second` are non-repeaters and max-repetitions of a GETBULK."""

    kind: int
    id: int
    first: int
    second: int
    names: tuple[bytes, ...]  # content bytes of the object identifiers
    bindings: bytes  # the variable bindings as they came, to be sent back with an error


def parse(data: bytes, at: int, end: int) -> Request:
    """Read the request at `at`.

    Raises:
        BerError: it is malformed, or no request.
    """
    kind, at, end = ber.header(data, at, end)
    if kind not in REQUESTS:
        raise ber.BerError(f"a request must stand here, not {kind:#x}")
    number, at = ber.read_integer(data, at, end)
    first, at = ber.read_integer(data, at, end)
    second, at = ber.read_integer(data, at, end)
    start, stop = ber.enter(data, at, end, ber.SEQUENCE)
    return Request(kind, number, first, second, _names(data, start, stop), data[start:stop])


def _names(data: bytes, at: int, end: int) -> tuple[bytes, ...]:
    names: list[bytes] = []
    while at < end:
        start, stop = ber.enter(data, at, end, ber.SEQUENCE)
        first, last = ber.enter(data, start, stop, ber.OBJECT_ID)
        if ber.header(data, last, stop)[2] != stop:
            raise ber.BerError("a binding is more than a name and a value")
        names.append(data[first:last])
        at = stop
    return tuple(names)


def binding(name: bytes, value: bytes) -> bytes:
    """Return a variable binding of a name (content bytes) and a value (element)."""
    return ber.element(ber.SEQUENCE, ber.element(ber.OBJECT_ID, name) + value)


def response(request: Request, bindings: Sequence[bytes]) -> bytes:
    """Return the response that carries these bindings."""
    return build(RESPONSE, request.id, bindings=b"".join(bindings))


def refusal(request: Request, status: int, *, index: int = 0) -> bytes:
    """Return the response that names an error, with the bindings as they came."""
    return build(RESPONSE, request.id, status=status, index=index, bindings=request.bindings)


def build(kind: int, number: int, *, status: int = NO_ERROR, index: int = 0, bindings: bytes = b"") -> bytes:
    """Return a unit; `index` counts bindings from 1, 0 is none of them."""
    head = ber.integer(number) + ber.integer(status) + ber.integer(index)
    return ber.element(kind, head + ber.element(ber.SEQUENCE, bindings))
