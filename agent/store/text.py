"""Text on its way into the database: what a device says may be no Unicode, and must not stop a commit."""

import json
from collections.abc import Mapping
from typing import Any


def clean(text: str) -> str:
    """Return a text that can be stored and sent; lone surrogates become question marks."""
    return text if text.isascii() else text.encode(errors="replace").decode()


def as_json(data: Mapping[str, Any]) -> str:
    """Return data as JSON that can be stored.

    Raises:
        TypeError: something in it is no plain data.
    """
    return clean(json.dumps(dict(data), ensure_ascii=False))
