"""Numbers as people read them, in both languages: `{offset:ahead}` becomes "40 s ahead".

Formats: ahead (signed seconds of a clock), span (seconds), percent (ratio), bytes, when (Unix seconds, UTC
and local), minute and day (the same, coarser, local alone), fault (a code, by its name), quantity (a metric,
by its name for people), protocols (collector families), text (what a device said); others are Python's.
What is missing or cannot be written so is "?": a ticket with a gap is better than none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from string import Formatter
from typing import Any, Final

from models.faults import FAULTS
from models.quantities import QUANTITIES
from models.words import Lang, Words

MISSING: Final = "?"
LONGEST: Final = 200
_LEAST_PERCENT: Final = 0.01  # what is less is told as less than this
_USER_IN_URL: Final = re.compile(r"//[^/@\s]+@")
_PROTOCOLS: Final = {
    "reach": Words("ping and TCP ports", "Ping及TCP端口"),
    "onvif": Words("ONVIF", "ONVIF"),
    "snmp": Words("SNMP", "SNMP"),
    "stream": Words("RTSP", "RTSP"),
    "discovery": Words("discovery", "网络发现"),
    "vendor": Words("its web pages", "设备网页"),
    "ptz": Words("PTZ test", "云台测试"),
}
# Each unit: its seconds, and its name.
_UNITS: Final = (
    (86400.0, Words(" d", "天")),
    (3600.0, Words(" h", "小时")),
    (60.0, Words(" min", "分钟")),
    (1.0, Words(" s", "秒")),
)


class Phrasing(Formatter):
    """Fills a template in one language. `zone`: the local time that stands beside UTC."""

    def __init__(self, lang: Lang, zone: tzinfo = UTC) -> None:
        self._lang = lang
        self._zone = zone

    def get_field(self, field_name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Return the fact of a placeholder, itself: attributes and items cannot be reached."""
        del args
        return kwargs.get(field_name, MISSING), field_name

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write one fact in the format that its placeholder names."""
        if isinstance(value, str) and value == MISSING:
            return MISSING
        try:
            write = _WRITERS.get(format_spec)
            return write(value, self._lang, self._zone) if write else format(value, format_spec)
        except (TypeError, ValueError, OverflowError, OSError):
            return MISSING


def span(seconds: float, lang: Lang) -> str:
    """Return a length of time in its two largest units: "1 h 5 min", "3 d", "0.4 s"."""
    left = abs(seconds)
    if left < 9.95:
        return f"{left:.1f}".removesuffix(".0") + _UNITS[-1][1].of(lang)
    left = round(left)
    parts: list[tuple[int, Words]] = []
    for length, unit in _UNITS:
        count, left = divmod(left, int(length))
        if count or parts:
            parts.append((count, unit))
    return (" " if lang == "en" else "").join(f"{n}{unit.of(lang)}" for n, unit in parts[:2] if n)


def ahead(seconds: float, lang: Lang) -> str:
    """Return which way a clock is wrong: "40 s ahead", "2 min behind"."""
    length = span(seconds, lang)
    if lang == "en":
        return f"{length} {'ahead' if seconds >= 0 else 'behind'}"
    return f"{'快' if seconds >= 0 else '慢'}{length}"


def when(at: float, zone: tzinfo) -> str:
    """Return a moment in local time and in UTC; once where they are the same."""
    utc = datetime.fromtimestamp(at, UTC)
    local = utc.astimezone(zone)
    text = f"{utc:%Y-%m-%d %H:%M:%S} UTC"
    if not local.utcoffset():
        return text
    return f"{local.replace(microsecond=0).isoformat(' ')} ({text})"


def minute(at: float, zone: tzinfo) -> str:
    """Return a moment to the minute in local time, with its zone where that is not UTC."""
    local = datetime.fromtimestamp(at, zone)
    offset = f"{local:%z}"
    written = f"UTC{offset[:3]}:{offset[3:5]}" if local.utcoffset() else "UTC"
    return f"{local:%Y-%m-%d %H:%M} {written}"


def clean(text: str) -> str:
    """Return foreign text fit for a ticket: one line, no control characters, no login in a URL, not long."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    line = _USER_IN_URL.sub("//", line)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def size(count: float) -> str:
    """Return a capacity as it is printed on a disk: decimal units."""
    units = ("B", "kB", "MB", "GB", "TB", "PB")
    step = 0
    while abs(count) >= 999.5 and step < len(units) - 1:
        count, step = count / 1000.0, step + 1
    return f"{count:.3g} {units[step]}"


def percent(ratio: float, lang: Lang) -> str:
    """Return a ratio in percent; a trace is never printed as 0 %, nor what is not quite all as 100 %."""
    space, share = " " if lang == "en" else "", abs(ratio) * 100
    if 0 < share < _LEAST_PERCENT:
        return f"< {_LEAST_PERCENT:g}{space}%"
    if 100 - _LEAST_PERCENT < share < 100:
        return f"> {100 - _LEAST_PERCENT:g}{space}%"
    digits = 4 if 99.9 < share < 100 else 3
    return (f"{ratio * 100:.{digits}g}" if share < 999.5 else f"{ratio * 100:,.0f}") + f"{space}%"


def _percent(value: Any, lang: Lang, _zone: tzinfo) -> str:
    return percent(float(value), lang)


def _protocols(value: Any, lang: Lang, _zone: tzinfo) -> str:
    names = [name.strip() for name in str(value).split(",")]
    between = ", " if lang == "en" else "、"
    return between.join(_PROTOCOLS[n].of(lang) if n in _PROTOCOLS else clean(n) for n in names)


def _fault(value: Any, lang: Lang, _zone: tzinfo) -> str:
    fault = FAULTS.get(str(value))
    return fault.name.of(lang) if fault else clean(str(value))


def _quantity(value: Any, lang: Lang, _zone: tzinfo) -> str:
    words = QUANTITIES.get(str(value))
    return words.of(lang) if words else clean(str(value))


_WRITERS: Final[dict[str, Callable[[Any, Lang, tzinfo], str]]] = {
    "ahead": lambda value, lang, _zone: ahead(float(value), lang),
    "span": lambda value, lang, _zone: span(float(value), lang),
    "percent": _percent,
    "bytes": lambda value, _lang, _zone: size(float(value)),
    "when": lambda value, _lang, zone: when(float(value), zone),
    "minute": lambda value, _lang, zone: minute(float(value), zone),
    "day": lambda value, _lang, zone: f"{datetime.fromtimestamp(float(value), zone):%Y-%m-%d}",
    "fault": _fault,
    "quantity": _quantity,
    "protocols": _protocols,
    "text": lambda value, _lang, _zone: clean(str(value)),
}
