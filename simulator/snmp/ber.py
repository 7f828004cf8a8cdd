"""The part of BER (ITU-T X.690) that SNMP uses, as plain functions on bytes.

Values are encoded when a table is built or asked, and travel as finished elements (tag, length, content).
Decoding is strict about length and shape: what does not fit raises `BerError`, and nothing else does.
"""

from typing import Final

Oid = tuple[int, ...]

INTEGER: Final = 0x02
OCTETS: Final = 0x04
NULL: Final = 0x05
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30
IP_ADDRESS: Final = 0x40  # application types: RFC 2578, section 7.1
COUNTER32: Final = 0x41
GAUGE32: Final = 0x42
TIME_TICKS: Final = 0x43
COUNTER64: Final = 0x46

NOTHING: Final = b"\x05\x00"
NO_SUCH_OBJECT: Final = b"\x80\x00"  # exceptions instead of a value: RFC 3416, section 3
NO_SUCH_INSTANCE: Final = b"\x81\x00"
END_OF_VIEW: Final = b"\x82\x00"

_MAX_SUBIDENTIFIER: Final = 2**32 - 1  # the first one holds two arcs
_MAX_ARCS: Final = 128  # RFC 2578, section 3.5
_MAX_INTEGER_BYTES: Final = 9  # a Counter64 with its sign byte


class BerError(ValueError):
    """The bytes are no BER, or not the element that must stand here."""


def header(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Read the head of the element at `at`, which must end at or before `end`.

    Returns:
        Tag, first byte of the content, first byte after it.

    Raises:
        BerError: there is no whole element.
    """
    try:
        tag, length = data[at], data[at + 1]
    except IndexError:
        raise BerError("the data ends inside a head") from None
    start = at + 2
    if length > 0x7F:
        start += length & 0x7F
        if not at + 2 < start <= at + 6:
            raise BerError("a length is indefinite or longer than four bytes")
        length = int.from_bytes(data[at + 2 : start], "big")
    stop = start + length
    if stop > end:
        raise BerError("an element is longer than what holds it")
    return tag, start, stop


def enter(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Return start and end of the content of the element at `at`, which must have this tag.

    Raises:
        BerError: there is another element, or none.
    """
    found, start, stop = header(data, at, end)
    if found != tag:
        raise BerError(f"tag {tag:#x} must stand here, not {found:#x}")
    return start, stop


def read_integer(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Return the INTEGER at `at` and the place after it.

    Raises:
        BerError: there is none, it is empty, or longer than any SNMP number.
    """
    start, stop = enter(data, at, end, INTEGER)
    if not 0 < stop - start <= _MAX_INTEGER_BYTES:
        raise BerError("an integer is empty or too long")
    return int.from_bytes(data[start:stop], "big", signed=True), stop


def read_octets(data: bytes, at: int, end: int) -> tuple[bytes, int]:
    """Return the OCTET STRING at `at` and the place after it.

    Raises:
        BerError: there is none.
    """
    start, stop = enter(data, at, end, OCTETS)
    return data[start:stop], stop


def decode_oid(content: bytes) -> Oid:
    """Return the arcs of an object identifier; empty content, which some walkers send, is the root.

    Raises:
        BerError: it ends inside an arc, an arc is padded or too large, or there are more than 128.
    """
    arcs: list[int] = []
    arc = 0
    for byte in content:
        if byte == 0x80 and arc == 0:
            raise BerError("an arc is padded with zeros")
        arc = arc << 7 | byte & 0x7F
        if arc > _MAX_SUBIDENTIFIER:
            raise BerError("an arc is too large")
        if byte < 0x80:
            arcs.append(arc)
            arc = 0
    if content and content[-1] & 0x80:
        raise BerError("an object identifier ends inside an arc")
    oid = _split_first(arcs) if arcs else ()
    if len(oid) > _MAX_ARCS:
        raise BerError("an object identifier has too many arcs")
    return oid


def _split_first(arcs: list[int]) -> Oid:
    top = min(arcs[0] // 40, 2)
    return (top, arcs[0] - 40 * top, *arcs[1:])


def encode_oid(oid: Oid) -> bytes:
    """Return the content of an object identifier of at least two arcs; `()` gives none."""
    if not oid:
        return b""
    return b"".join(_arc(arc) for arc in (oid[0] * 40 + oid[1], *oid[2:]))


def _arc(value: int) -> bytes:
    out = bytearray((value & 0x7F,))
    while value := value >> 7:
        out.insert(0, value & 0x7F | 0x80)
    return bytes(out)


def element(tag: int, content: bytes) -> bytes:
    """Return a whole element."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def whole(tag: int, value: int) -> bytes:
    """Return a number as an element of an INTEGER-like type, in as few bytes as it takes."""
    size = (value if value >= 0 else value + 1).bit_length() // 8 + 1
    return bytes((tag, size)) + value.to_bytes(size, "big", signed=True)


def integer(value: int) -> bytes:
    """Return an INTEGER (Integer32)."""
    return whole(INTEGER, value)


def counter32(value: int) -> bytes:
    """Return a Counter32; it wraps at 2^32."""
    return whole(COUNTER32, value & 0xFFFFFFFF)


def counter64(value: int) -> bytes:
    """Return a Counter64; it wraps at 2^64."""
    return whole(COUNTER64, value & 0xFFFFFFFFFFFFFFFF)


def gauge32(value: int) -> bytes:
    """Return a Gauge32; it sticks at its ends, 0 and 2^32-1 (RFC 2578, section 7.1.7)."""
    return whole(GAUGE32, max(0, min(value, 0xFFFFFFFF)))


def time_ticks(seconds: float) -> bytes:
    """Return a time in TimeTicks, hundredths of a second; it wraps after 497 days."""
    return whole(TIME_TICKS, int(seconds * 100) & 0xFFFFFFFF)


def octets(value: bytes) -> bytes:
    """Return an OCTET STRING."""
    return element(OCTETS, value)


def text(value: str) -> bytes:
    """Return an OCTET STRING of UTF-8 text."""
    return element(OCTETS, value.encode())


def object_id(oid: Oid) -> bytes:
    """Return an OBJECT IDENTIFIER as a value."""
    return element(OBJECT_ID, encode_oid(oid))


def ip_address(address: str) -> bytes:
    """Return an IpAddress of an IPv4 address in dotted form."""
    return element(IP_ADDRESS, bytes(int(part) for part in address.split(".")))
