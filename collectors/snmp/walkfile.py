"""Recorded walks as text, in the words of `snmpwalk -On`: `.1.3.6.1.2.1.1.5.0 = STRING: "cam-1"`.

`siteward probe --raw` writes them, the tests' case folders hold them; net-snmp's own output is read too.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from collectors.snmp.engine import Value
from collectors.snmp.oids import is_oid

_LINE: Final = re.compile(r"\.?(\d+(?:\.\d+)+) = (?:([A-Za-z][A-Za-z0-9 -]*): ?)?(.*)", re.DOTALL)
_WHOLE: Final = {"INTEGER", "Counter32", "Counter64", "Gauge32", "Unsigned32", "UInteger32", "Timeticks"}
_NUMBER: Final = re.compile(r"\(?(-?\d+)\)?|.*\((-?\d+)\)")


def show(oid: str, value: Value) -> str:
    """Return one line for one value; `read` gives the value back."""
    if isinstance(value, bytes):
        return f".{oid} = {_show_bytes(value)}"
    if isinstance(value, str):
        kind = "IpAddress" if value.count(".") == 3 and not value.startswith(("0.", "1.", "2.")) else "OID"
        return f".{oid} = {kind}: {value}"
    return f".{oid} = INTEGER: {value}"


def read(lines: Iterable[str]) -> dict[str, Value]:
    """Return the values of a recording by OID. Blank lines and those that begin with # are comments.

    Raises:
        ValueError: a line cannot be read; the message has its number.
    """
    return dict(_read(lines))


def _read(lines: Iterable[str]) -> Iterator[tuple[str, Value]]:
    for number, line in _joined(lines):
        match = _LINE.fullmatch(line)
        if match is None or not is_oid(match[1]):
            raise ValueError(f"line {number} is no `OID = TYPE: value`")
        try:
            value = _value(match[2] or "", match[3])
        except ValueError as err:
            raise ValueError(f"line {number}: {err}") from err
        if value is not None:
            yield match[1], value


def _joined(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Put values that go on in the next line together again, with the number of their first line."""
    start, held = 0, ""
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\r\n")
        if _LINE.match(text) or (not text.strip() or text.startswith("#")):
            if held:
                yield start, held
            start, held = number, text if _LINE.match(text) else ""
        elif held:
            held += "\n" + text
        else:
            yield number, text
    if held:
        yield start, held


def _value(kind: str, written: str) -> Value | None:
    if kind in _WHOLE or (not kind and re.fullmatch(r"-?\d+", written)):
        match = _NUMBER.fullmatch(written.split(" ", 1)[0] if kind == "Timeticks" else written)
        if match is None:
            raise ValueError(f"{written!r} is no whole number")
        return int(match[1] or match[2])
    if kind == "Hex-STRING":
        return bytes.fromhex(written)
    if kind == "OID":
        return written.strip().lstrip(".")
    if kind == "IpAddress":
        return written.strip()
    if kind == "NULL" or (not kind and written.startswith(("NULL", "No Such", "No more"))):
        return None
    return _unquoted(written)


def _unquoted(written: str) -> bytes:
    if len(written) >= 2 and written[0] == written[-1] == '"':
        written = re.sub(r"\\(.)", r"\1", written[1:-1])
    return written.encode()


def _show_bytes(value: bytes) -> str:
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    if value and not (text and text.isprintable()):
        return f"Hex-STRING: {value.hex(' ').upper()}"
    return 'STRING: "' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
