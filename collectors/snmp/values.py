"""Dirty values made clean: a number, a text, a deliberate nothing, or `Unreadable`. Never an invented 0.

Devices send "15 PERCENT", "0.0 GB", states as text, numbers as text, text padded with NULs or in Latin-1, and
-1, 0 or 65535 for "I have none". What a value means is data (`mibs/*.yaml`); how it is read is here. Pure.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from collectors.snmp.engine import Value

TEXT_LIMIT: Final = 255  # characters, as DisplayString (RFC 2579); longer is cut

_KIB: Final = 1024.0
UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "number": ("", 1.0),
    "hundredths": ("", 0.01),
    "percent": ("ratio", 0.01),
    "permille": ("ratio", 0.001),
    "centiseconds": ("seconds", 0.01),
    "seconds": ("seconds", 1.0),
    "minutes": ("seconds", 60.0),
    "bytes": ("bytes", 1.0),
    "kilobytes": ("bytes", _KIB),  # makers count disks and memory in powers of 1024
    "megabytes": ("bytes", _KIB**2),
    "gigabytes": ("bytes", _KIB**3),
    "terabytes": ("bytes", _KIB**4),
    "celsius": ("celsius", 1.0),
    "decicelsius": ("celsius", 0.1),
    "volts": ("volts", 1.0),
    "decivolts": ("volts", 0.1),
    "watts": ("watts", 1.0),
    "milliwatts": ("watts", 0.001),
    "rpm": ("rpm", 1.0),
    "bps": ("bps", 1.0),
    "megabps": ("bps", 1e6),
}
"""Unit a device may use -> (base unit, factor)."""

_WRITTEN: Final[Mapping[str, str]] = {
    "%": "percent", "percent": "percent", "percentage": "percent",
    "b": "bytes", "byte": "bytes", "bytes": "bytes",
    "kb": "kilobytes", "kib": "kilobytes", "mb": "megabytes", "mib": "megabytes",
    "gb": "gigabytes", "gib": "gigabytes", "tb": "terabytes", "tib": "terabytes",
    "s": "seconds", "sec": "seconds", "seconds": "seconds", "min": "minutes", "minutes": "minutes",
    "c": "celsius", "°c": "celsius", "celsius": "celsius",
    "v": "volts", "w": "watts", "mw": "milliwatts", "rpm": "rpm",
}  # fmt: skip
_NUMBER: Final = re.compile(r"([+-]?(?:\d{1,20}(?:[.,]\d{0,12})?|[.,]\d{1,12}))\s*(\D{0,12})", re.ASCII)
_TWICE: Final = re.compile(r"(.*\S) ?°?C ?/.*F")  # "40 C/104 F": the same twice
_MAC_TEXT: Final = re.compile(r"[0-9a-fA-F]{1,2}([:\-. ][0-9a-fA-F]{1,2}){5}|[0-9a-fA-F]{12}")


class Unreadable(ValueError):
    """The device gave something, and it cannot be what the MIB says. Absent, and counted."""


class Kind(StrEnum):
    """What a value is read as."""

    NUMBER = "number"
    STATE = "state"
    TEXT = "text"
    MAC = "mac"


@dataclass(frozen=True, slots=True)
class How:
    """How one value is to be read.

    Attributes:
        kind: what it is.
        unit: the unit the device counts in, a key of UNITS; the result is in the base unit.
        low: smallest possible value, in the base unit.
        high: largest possible value, in the base unit.
        sentinels: numbers, as sent, by which the device says "none" or "unknown".
        states: for STATE: number or lower-case text as sent -> value, None where it tells nothing.
        wraps: a negative Integer32 stands for itself plus 2^32 (hrStorageSize beyond 2^31 units).
    """

    kind: Kind = Kind.NUMBER
    unit: str = "number"
    low: float = -math.inf
    high: float = math.inf
    sentinels: frozenset[float] = frozenset()
    states: Mapping[int | str, float | None] = field(default_factory=dict)
    wraps: bool = False


def read(value: Value, how: How) -> float | str | None:
    """Return what the value says, None when it says that there is none.

    Raises:
        Unreadable: it is not what `how` describes.
    """
    if how.kind is Kind.NUMBER:
        return quantity(value, how)
    if how.kind is Kind.STATE:
        return state(value, how.states)
    return (mac(value) if how.kind is Kind.MAC else text(value)) or None


def quantity(value: Value, how: How) -> float | None:
    """Return a number in the base unit of `how`, None for a sentinel or an empty text.

    A unit written beside the number ("0.0 GB") wins over the one expected, when both measure the same.

    Raises:
        Unreadable: no number, another unit, or out of range.
    """
    if type(value) is int:
        raw, written = float(value), ""
    else:
        found = _number(value)
        if found is None:
            return None
        raw, written = found
    if raw in how.sentinels:
        return None
    if how.wraps and -(2**31) <= raw < 0:
        raw += 2**32
    base, factor = UNITS[how.unit]
    if written:
        said, factor = UNITS[written]
        if said != base:
            raise Unreadable(f"{written} where {how.unit} was expected")
    result = raw * factor if factor >= 1 else raw / (1 / factor)  # 83 % is 0.83, not 0.8300000000000001
    return within(result, how)


def within(value: float, how: How) -> float:
    """Return a value in its base unit.

    Raises:
        Unreadable: it is out of the range of `how`.
    """
    if not (math.isfinite(value) and how.low <= value <= how.high):
        raise Unreadable(f"{value:g} is outside {how.low:g} to {how.high:g}")
    return value


def state(value: Value, states: Mapping[int | str, float | None]) -> float | None:
    """Return what a state stands for, None for one that tells nothing.

    Raises:
        Unreadable: a state nobody listed.
    """
    key = state_key(value)
    if key not in states and not isinstance(value, int):
        key = text(value).casefold()
    if key == "":
        return None
    if key not in states:
        raise Unreadable("a state that is not listed")
    meant = states[key]
    return None if meant is None else float(meant)


def state_key(value: Value) -> int | str:
    """Return a state as `states` lists it: a whole number, also one sent as text, or text in lower case.

    Raises:
        Unreadable: bytes that are no text.
    """
    if isinstance(value, int):
        return value
    key = text(value).casefold()
    digits = key.removeprefix("-")
    return int(key) if digits.isascii() and digits.isdecimal() else key


def text(value: Value) -> str:
    """Return one line of printable text, "" for none: NUL padding cut, UTF-8 or else Latin-1, blanks joined.

    What is not seen is left out: soft hyphens, zero-width characters, marks of the direction of writing.

    Raises:
        Unreadable: bytes that are no text.
    """
    if isinstance(value, bytes):
        value = value.split(b"\0", 1)[0] if value.strip(b"\0") else b""
        try:
            line = value.decode()
        except UnicodeDecodeError:
            line = value.decode("latin-1")
    else:
        line = str(value)
    line = " ".join("".join(char for char in line if unicodedata.category(char) != "Cf").split())
    if any(unicodedata.category(char) in {"Cc", "Cs", "Co", "Cn"} for char in line):
        raise Unreadable("bytes that are no text")
    return line[:TEXT_LIMIT]


def mac(value: Value) -> str:
    """Return a hardware address as `00:1b:44:11:3a:b7`, "" for none (empty or all zero).

    Raises:
        Unreadable: neither six bytes nor their text.
    """
    if isinstance(value, bytes) and len(value) == 6 and not _MAC_TEXT.fullmatch(value.decode("latin-1")):
        raw = value
    else:
        line = text(value)
        if not line:
            return ""
        if not _MAC_TEXT.fullmatch(line):
            raise Unreadable("no hardware address")
        parts = (
            re.split(r"[:\-. ]", line) if len(line) != 12 or not line.isalnum() else re.findall("..", line)
        )
        raw = bytes(int(part, 16) for part in parts)
    return raw.hex(":") if any(raw) else ""


def share(part: float, whole: float, *, left: bool) -> float | None:
    """Return part / whole, or what is not `part` when `left`; None of a whole of 0.

    Raises:
        Unreadable: a part that is negative or larger than the whole.
    """
    if whole == 0:
        return None
    ratio = part / whole
    if not 0 <= ratio <= 1:
        raise Unreadable("a part that is no share of its whole")
    return 1 - ratio if left else ratio


def decimal(value: float, scale: float, precision: float) -> float:
    """Return an ENTITY-SENSOR-MIB value in its unit: value * 10^((scale - 9) * 3 - precision) (RFC 3433).

    Raises:
        Unreadable: scale or precision outside what the MIB allows.
    """
    if not (1 <= scale <= 17 and -8 <= precision <= 9):
        raise Unreadable("sensor scale or precision outside RFC 3433")
    return float(value * 10.0 ** ((scale - 9) * 3 - precision))


def _number(value: Value) -> tuple[float, str] | None:
    """Return (number, unit written beside it or ""); None for an empty text."""
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise Unreadable("no finite number")
        return float(value), ""
    if isinstance(value, str):
        raise Unreadable("an identifier where a number was expected")
    line = text(value)
    if not line:
        return None
    twice = _TWICE.fullmatch(line)
    match = _NUMBER.fullmatch(f"{twice[1]} C" if twice else line)
    unit = match[2].strip().casefold() if match else ""
    if match is None or (unit and unit not in _WRITTEN):
        raise Unreadable("text where a number was expected")
    return float(match[1].replace(",", ".")), _WRITTEN.get(unit, "")
