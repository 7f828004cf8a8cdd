"""A maker's page into readings: pure, and total but for `BadReply`."""

import re
from collections.abc import Callable, Iterator
from math import isfinite
from typing import Final

from collectors.base import BadReply
from collectors.onvif import xml
from collectors.vendor.knowledge import Question, Value
from models.facts import Reading

MOST_ROWS: Final = 256
_MOST_LINES: Final = 20_000
_SUM: Final = re.compile(r"\{(\w+)(\+1)?\}")

Row = Callable[[str], str]  # field -> its text, "" where there is none


def read(question: Question, page: bytes) -> dict[tuple[str, str], Reading]:
    """Return (metric, part) -> reading.

    Raises:
        BadReply: the page is not what was asked for.
    """
    rows = _xml_rows if question.format == "xml" else _pair_rows
    found: dict[tuple[str, str], Reading] = {}
    for row in rows(question, page):
        part = _part(question.part, row)
        for value in question.values if part else ():
            number = _number(value, row)
            if number is not None:
                found[value.metric.name, part] = Reading(value.metric, number, part)
    return found


def _xml_rows(question: Question, page: bytes) -> Iterator[Row]:
    root, _ = xml.parse(page)
    if xml.local(root).lower() in {"html", "responsestatus"}:
        raise BadReply("the page is another one than was asked for")
    rows = [element for element in root.iter() if xml.local(element) == question.rows]
    for element in rows[:MOST_ROWS]:
        yield lambda field, element=element: xml.text(element, field)[:200]  # type: ignore[misc]


def _pair_rows(question: Question, page: bytes) -> Iterator[Row]:
    """Read `list.info[0].State=Success` and its like; the keys of a row begin alike."""
    lines = page.decode("utf-8", "replace").splitlines()[:_MOST_LINES]
    pairs = [line.strip()[:500] for line in lines if "=" in line and not line.lstrip().startswith("<")]
    if not pairs and not (question.none and any(line.strip().startswith(question.none) for line in lines)):
        raise BadReply("the page holds no key=value")
    pattern = re.compile(question.rows)
    grouped: dict[str, tuple[re.Match[str], dict[str, str]]] = {}
    for pair in pairs:
        match = pattern.match(pair)
        if match is None or (len(grouped) >= MOST_ROWS and match.group() not in grouped):
            continue
        key, _, text = pair[match.end() :].removeprefix(".").partition("=")
        grouped.setdefault(match.group(), (match, {}))[1][key] = text.strip()
    for match, fields in grouped.values():
        known = {**match.groupdict(), "": match.group(), **{k: v for k, v in fields.items() if k}}
        yield lambda field, known=known: str(known.get(field) or "")  # type: ignore[misc]


def _part(template: str, row: Row) -> str:
    """Fill a template; "" where the row has no such field."""
    missing: list[str] = []

    def fill(match: re.Match[str]) -> str:
        text = row(match.group(1))
        if not text or (match.group(2) and not text.isdecimal()):
            missing.append(text)
            return ""
        return str(int(text) + 1) if match.group(2) else text[:40]

    part = _SUM.sub(fill, template)
    return "" if missing else part


def _number(value: Value, row: Row) -> float | None:
    text = row(value.field).strip()
    if not text:
        return None
    if value.words is not None or value.otherwise is not None:
        return (value.words or {}).get(text.lower(), value.otherwise)
    number = _float(text)
    if number is None:
        return None
    whole = _float(row(value.of or value.share_of)) if value.of or value.share_of else None
    if value.of or value.share_of:
        if not whole or whole <= 0:
            return None
        number = 1 - number / whole if value.of else number / whole
    number *= value.scale
    return number if value.low <= number <= value.high else None


def _float(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None
