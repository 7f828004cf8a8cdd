"""Reading XML that real devices send: hostile, broken or cut off, in bounded time and memory.

Elements are found by local name alone: firmwares get prefixes and namespaces wrong, names hardly ever.
"""

from collections.abc import Iterator
from typing import Final

from lxml import etree

from collectors.base import BadReply

MAX_BYTES: Final = 2 * 1024 * 1024  # GetProfiles of a 32-channel recorder is 230 kB
_NOT_XML: Final = bytes(code for code in range(32) if code not in {9, 10, 13})  # XML 1.0, section 2.2

Element = etree._Element  # noqa: SLF001 - the only name lxml has for the type


def _parser(*, recover: bool, encoding: str | None = None) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover,
        encoding=encoding,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


def parse(reply: bytes) -> tuple[Element, bool]:
    """Return the root of a reply, and whether it had to be repaired to be read.

    Strict first; then with unreadable bytes replaced; then with the parser's own repair, which invents
    closing tags: whoever uses the result must know that the end of the reply was there (`soap.body`).

    Raises:
        BadReply: too long, or nothing in it looks like XML.
    """
    if len(reply) > MAX_BYTES:
        raise BadReply(f"the reply is longer than {MAX_BYTES} bytes")
    if (root := _attempt(reply, _parser(recover=False))) is not None:
        return root, False
    mended = reply.decode("utf-8", "replace").encode().translate(None, _NOT_XML).strip()
    for recover in (False, True):
        if (root := _attempt(mended, _parser(recover=recover, encoding="utf-8"))) is not None:
            return root, True
    raise BadReply("the reply is not XML")


def _attempt(reply: bytes, parser: etree.XMLParser) -> Element | None:
    try:
        return etree.fromstring(reply, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):  # LookupError: an encoding nobody knows
        return None


def local(element: Element) -> str:
    """Return the name without namespace or (undeclared) prefix; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def children(element: Element, name: str) -> Iterator[Element]:
    """Yield the direct children of that local name."""
    return (child for child in element if local(child) == name)


def find(element: Element | None, path: str) -> Element | None:
    """Return the first element down a path of local names, as in `"UTCDateTime/Time"`."""
    for name in path.split("/"):
        if element is None:
            return None
        element = next(children(element, name), None)
    return element


def descendant(element: Element, name: str) -> Element | None:
    """Return the first element of that local name anywhere below."""
    return next((found for found in element.iter() if local(found) == name), None)


def text(element: Element | None, path: str = "") -> str:
    """Return the text of an element, or of what is down the path; "" when there is none."""
    found = find(element, path) if path else element
    return (found.text or "").strip() if found is not None else ""


def number(element: Element | None, path: str = "") -> float | None:
    """Return the text as a finite number, or None."""
    return finite(text(element, path))


def finite(value: str) -> float | None:
    """Return a text as a finite number, or None."""
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) < float("inf") else None


def attribute(element: Element | None, name: str) -> str:
    """Return an attribute by its local name; "" when there is none."""
    if element is None:
        return ""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value).strip()
    return ""
