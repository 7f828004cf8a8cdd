"""Short marks by which a helpdesk, or we, recognise what was sent before."""

import hashlib
from typing import Final

_DIGEST: Final = 16  # hexadecimal digits


def short(text: str, limit: int) -> str:
    """Return text that fits: itself, or its beginning and a hash of the whole, the same for the same text."""
    if len(text) <= limit:
        return text
    return text[: limit - _DIGEST - 1] + "~" + digest(text)


def short_bytes(text: str, limit: int) -> str:
    """Do as `short`, with the limit in UTF-8 bytes."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return text
    return data[: limit - _DIGEST - 1].decode("utf-8", "ignore") + "~" + digest(text)


def digest(text: str) -> str:
    """Return a short hash."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_DIGEST]


def mark(once: str) -> str:
    """Return a word that names one request in a ticket, so that it is not done twice."""
    return f"siteward-{digest(once)}"


def fit_bytes(text: str, limit: int) -> str:
    """Cut text to as many UTF-8 bytes, between letters; an ellipsis says that it was cut."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode()
    return data[: limit - 3].decode("utf-8", "ignore") + "…"


def one_line(text: str) -> str:
    """Return text as one line without control characters: for subjects."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def ascii_name(name: str) -> str:
    """Return a file name that every helpdesk takes: ASCII letters, digits, dot, dash."""
    kept = "".join(c if (c.isascii() and c.isalnum()) or c in "._-" else "-" for c in name)
    return kept.lstrip(".-")[-80:] or "picture.jpg"
