"""A PullMessages answer into notices: tolerant of booleans, times and items as firmwares write them.

Times in messages are not used: they come without a zone, run backwards, or cannot be. When a message was
pulled is what counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from collectors.onvif import xml
from collectors.onvif.events.topics import Meaning, bare, meaning
from collectors.onvif.xml import Element

MOST: Final = 512  # messages read out of one answer; more are left to the next
_TRUE: Final = frozenset({"true", "1", "active", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "inactive", "no", "off", "normal"})
_SOURCE_LENGTH: Final = 40


@dataclass(frozen=True, slots=True)
class Notice:
    """One message of a topic that we know.

    Attributes:
        meaning: what the topic tells.
        topic: the bare path.
        source: the token it is about, "" for the device itself.
        trouble: whether it means trouble now; None where its data is no yes or no.
        text: the data as written, for times.
        how: Initialized, Changed, Deleted; "" for what is no property.
    """

    meaning: Meaning
    topic: str
    source: str
    trouble: bool | None
    text: str
    how: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one pull brought: the notices we know, how many messages came, how many could not be read."""

    notices: tuple[Notice, ...]
    messages: int
    unreadable: int


def read(response: Element) -> Pulled:
    """Read a PullMessagesResponse (ONVIF Core, "PullMessages")."""
    rows = list(islice(xml.children(response, "NotificationMessage"), MOST))
    found = [_notice(row) for row in rows]
    readable = [one for one in found if one is not None]
    known = tuple(one for one in readable if isinstance(one, Notice))
    return Pulled(known, len(rows), len(rows) - len(readable))


def boolean(text: str) -> bool | None:
    """Return a boolean as firmwares write it, None for anything else."""
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _notice(row: Element) -> "Notice | str | None":
    """Return a notice, "" for a topic we do not know, None for what cannot be read."""
    topic = xml.text(xml.find(row, "Topic"))
    message = next((one for one in row.iter() if xml.local(one) == "Message" and _holds(one)), None)
    if not bare(topic):
        return None
    known = meaning(topic)
    if known is None:
        return ""
    if message is None:
        return None
    trouble, text = _data(known, message)
    if trouble is None and known.value == "boolean" and not text:
        return None
    how = xml.attribute(message, "PropertyOperation")
    return Notice(known, bare(topic), _source(known, message), trouble, text, how if len(how) < 20 else "")


def _holds(message: Element) -> bool:
    return xml.find(message, "Data") is not None or xml.find(message, "Source") is not None


def _items(part: Element | None) -> Iterator[tuple[str, str]]:
    for item in islice(part.iter(), 64) if part is not None else ():
        if xml.local(item) == "SimpleItem":
            yield xml.attribute(item, "Name"), xml.attribute(item, "Value")


def _source(known: Meaning, message: Element) -> str:
    """Return the token that names what the message is about; of several the one that looks like it."""
    items = [(name.lower(), value) for name, value in _items(xml.find(message, "Source")) if value]
    if not known.of or not items:
        return ""
    fits = [
        value for name, value in items if known.of in name or (known.of == "channel" and "source" in name)
    ]
    value = (fits or [value for _, value in items])[0]
    return "".join(char for char in value if char.isprintable())[:_SOURCE_LENGTH].strip()


def _data(known: Meaning, message: Element) -> tuple[bool | None, str]:
    """Return whether the data means trouble, by any boolean in it, and the text it stands in.

    A bare 0 or 1 is a boolean only where it stands alone: beside others it may be a temperature or a number.
    """
    values = [value[:60] for _, value in _items(xml.find(message, "Data")) if value.strip()]
    if known.value != "boolean":
        return None, values[0] if values else ""
    for value in values:
        word = value.strip().lower()
        if known.words:
            if (said := known.words.get(word)) is not None:
                return said == "bad", value
        elif (holds := boolean(word)) is not None and (len(values) == 1 or not word.isdigit()):
            return known.trouble(holds), value
    return None, values[0] if values else ""
