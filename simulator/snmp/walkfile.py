"""Recorded agents: `snmpwalk -On` text and `.snmprec` (OID|type|value) as rows, to be replayed.

Most values stand still as they were recorded; sysUpTime runs on, and octet counters of interfaces grow.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.table import Cell, Row

_LINE: Final = re.compile(r"\.?((?:iso|\d+)(?:\.\d+)+) = (?:([A-Za-z][A-Za-z0-9 -]*): ?)?(.*)", re.DOTALL)
_TICKS_PER_SECOND: Final = 100
_BYTES_PER_SECOND: Final = 125_000  # 1 Mbit/s on every port
_UPTIMES: Final[frozenset[Oid]] = frozenset({(1, 3, 6, 1, 2, 1, 1, 3, 0), (1, 3, 6, 1, 2, 1, 25, 1, 1, 0)})
_OCTETS: Final[frozenset[Oid]] = frozenset({
    (1, 3, 6, 1, 2, 1, 2, 2, 1, 10), (1, 3, 6, 1, 2, 1, 2, 2, 1, 16),
    (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 6), (1, 3, 6, 1, 2, 1, 31, 1, 1, 1, 10),
})  # fmt: skip
_TAGS: Final = {
    "INTEGER": ber.INTEGER, "Integer32": ber.INTEGER, "Counter32": ber.COUNTER32, "Gauge32": ber.GAUGE32,
    "Unsigned32": ber.GAUGE32, "UInteger32": 0x47, "Timeticks": ber.TIME_TICKS, "Counter64": ber.COUNTER64,
}  # fmt: skip
_CODES: Final = {
    2: ber.INTEGER, 65: ber.COUNTER32, 66: ber.GAUGE32, 67: ber.TIME_TICKS, 70: ber.COUNTER64, 71: 0x47,
}  # fmt: skip
_OPAQUE: Final = 0x44


class WalkError(ValueError):
    """A recording cannot be replayed; the message has the file and the line."""


def rows_of(path: Path | str, started: float) -> Iterator[Row]:
    """Yield the rows of a recording, the first one where it has several of one name.

    Args:
        path: a `.snmprec` file, or anything else for the text of `snmpwalk -On`.
        started: Unix seconds from which on counters run.

    Raises:
        WalkError: it cannot be read.
    """
    file = Path(path)
    try:
        lines = file.read_text("utf-8", errors="surrogateescape").splitlines()
    except OSError as err:
        raise WalkError(f"{file}: cannot be read: {err.strerror}") from err
    parse = _recorded if file.suffix == ".snmprec" else _walked
    found: dict[Oid, bytes] = {}
    try:
        for oid, value in parse(lines):
            if len(oid) > 1:
                found.setdefault(oid, value)
    except (ValueError, struct.error) as err:
        raise WalkError(f"{file}: {err}") from err
    for oid, value in found.items():
        yield Row(oid[:-1], oid[-1:], _running(oid, value, started))


def _running(oid: Oid, value: bytes, started: float) -> Cell:
    """Return a cell that goes on from a recorded value, where it is one that runs."""
    tag = value[0]
    if oid in _UPTIMES and tag == ber.TIME_TICKS:
        return partial(_grown, value, _TICKS_PER_SECOND, started)
    if tag in {ber.COUNTER32, ber.COUNTER64} and oid[:-1] in _OCTETS:
        return partial(_grown, value, _BYTES_PER_SECOND, started)
    return value


def _grown(value: bytes, rate: int, started: float, now: float) -> bytes:
    _, start, end = ber.header(value, 0, len(value))
    count = int.from_bytes(value[start:end], "big") + int(max(now - started, 0) * rate)
    bits = 64 if value[0] == ber.COUNTER64 else 32
    return ber.whole(value[0], count % 2**bits)


# ---------------------------------------------------------------- .snmprec


def _recorded(lines: Iterable[str]) -> Iterator[tuple[Oid, bytes]]:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        oid, code, text = (*line.split("|", 2), "", "")[:3]
        try:
            value = _coded(code, text)
            if value is not None:
                yield _oid(oid), value
        except (ValueError, struct.error) as err:
            raise ValueError(f"line {number}: {err}") from err


def _coded(code: str, text: str) -> bytes | None:
    """Return the value of a line; `x` behind the code: it is written in hexadecimal."""
    if ":" in code:  # a value that snmpsim makes up as it runs
        return None
    kind, in_hex = int(code.rstrip("x")), code.endswith("x")
    raw = bytes.fromhex(text) if in_hex else text.encode("utf-8", "surrogateescape")
    if kind in _CODES:
        return _number(_CODES[kind], int(text))
    if kind == 6:
        return ber.object_id(_oid(text))
    if kind == 64:
        return ber.element(ber.IP_ADDRESS, raw if in_hex else bytes(int(part) for part in text.split(".")))
    return {4: ber.octets(raw), 68: ber.element(_OPAQUE, raw), 5: ber.NOTHING}.get(kind)


# ---------------------------------------------------------------- snmpwalk -On


def _walked(lines: Iterable[str]) -> Iterator[tuple[Oid, bytes]]:
    for number, head, kind, written in _joined(lines):
        try:
            value = _typed(kind, written)
            if value is not None:
                yield _oid(head), value
        except (ValueError, struct.error) as err:
            raise ValueError(f"line {number}: {err}") from err


def _joined(lines: Iterable[str]) -> Iterator[tuple[int, str, str, str]]:
    """Put values that go on in the next lines together: long strings of bytes, and text with line ends."""
    held: list[str] = []
    start = 0
    for number, line in enumerate(lines, 1):
        if _LINE.fullmatch(line) or (line.startswith("#") and not held):
            yield from _split(start, held)
            start, held = number, [] if line.startswith("#") else [line]
        elif held:
            held.append(line)
        elif line.strip():
            raise ValueError(f"line {number} is no `OID = TYPE: value`")
    yield from _split(start, held)


def _split(number: int, held: list[str]) -> Iterator[tuple[int, str, str, str]]:
    while held and not held[-1].strip():
        held.pop()
    if held and (match := _LINE.fullmatch("\n".join(held))):
        yield number, match[1], match[2] or "", match[3]


def _typed(kind: str, written: str) -> bytes | None:
    if kind in _TAGS or (not kind and re.fullmatch(r"-?\d+", written.strip())):
        match = re.match(r"\s*(?:[^()\d-]*\()?(-?\d+)", written)
        if match is None:
            raise ValueError("no number")
        return _number(_TAGS.get(kind, ber.INTEGER), int(match[1]))
    if kind in _OTHERS:
        return _OTHERS[kind](written)
    if kind == "NULL" or (not kind and written.startswith(("NULL", "No Such", "No more"))):
        return None
    return _quoted(written if kind in {"", "STRING"} else f"{kind}: {written}")


def _number(tag: int, value: int) -> bytes:
    """Return a number of a type, as wide as the type is: recordings hold wrapped ones."""
    if tag == ber.INTEGER:
        return ber.integer((value + 2**31) % 2**32 - 2**31)
    return ber.whole(tag, value % 2 ** (64 if tag == ber.COUNTER64 else 32))


def _quoted(written: str) -> bytes:
    if len(written) > 1 and written[0] == written[-1] == '"':
        written = re.sub(r"\\(.)", r"\1", written[1:-1], flags=re.DOTALL)
    return ber.octets(written.encode("utf-8", "surrogateescape"))


def _bytes(written: str) -> bytes:
    return ber.octets(bytes.fromhex(re.sub(r"\[.*", "", written, flags=re.DOTALL)))


def _bits(written: str) -> bytes:
    octets = re.match(r"(?:[0-9A-Fa-f]{2}\b\s*)*", written)
    return ber.octets(bytes.fromhex(octets[0] if octets else ""))


def _opaque(written: str) -> bytes:
    """Return a Float: net-snmp wraps it into an Opaque (tag 9f78)."""
    number = written.removeprefix("Float:").strip()
    return ber.element(_OPAQUE, b"\x9f\x78\x04" + struct.pack(">f", float(number)))


_OTHERS: Final[dict[str, Callable[[str], bytes]]] = {
    "Hex-STRING": _bytes,
    "Network Address": lambda written: ber.element(ber.IP_ADDRESS, bytes.fromhex(written.replace(":", ""))),
    "BITS": _bits,
    "OID": lambda written: ber.object_id(_oid(written.strip())),
    "IpAddress": lambda written: ber.ip_address(written.strip()),
    "Opaque": _opaque,
}


def _oid(text: str) -> Oid:
    text = text.strip().lstrip(".")
    if text.startswith("iso."):
        text = "1" + text[3:]
    if not re.fullmatch(r"\d+(\.\d+)*", text):
        raise ValueError("no numeric OID: record with snmpwalk -On")
    return tuple(map(int, text.split(".")))
