"""Values out of a JSON document that an agent gives as one text (scripts behind NET-SNMP-EXTEND). Pure."""

import json
from collections.abc import Iterator
from typing import Any, Final

from collectors.snmp.engine import Value
from collectors.snmp.values import Unreadable

_LIMIT: Final = 65_536  # bytes: a datagram cannot carry more
_DEPTH: Final = 8


def leaves(value: Value, path: str) -> Iterator[tuple[str, Value]]:
    """Yield (key at the `*`, value) for each branch of a document that has the path.

    Args:
        value: the document, as it came.
        path: keys with dots between, one of them `*`, such as `data.disks.*.health_pass`.

    Raises:
        Unreadable: it is no JSON document, or one of another shape.
    """
    before, _, after = path.partition("*")
    branches = _walk(_parsed(value), before)
    if not isinstance(branches, dict):
        raise Unreadable(f"a document without {before.strip('.')}")
    for key, branch in branches.items():
        leaf = _walk(branch, after)
        if isinstance(leaf, bool):
            yield key, int(leaf)
        elif isinstance(leaf, int):
            yield key, leaf
        elif isinstance(leaf, str) and leaf.casefold() not in {"", "null", "none"}:
            yield key, leaf.encode()


def _parsed(value: Value) -> Any:
    if not isinstance(value, bytes) or len(value) > _LIMIT:
        raise Unreadable("no JSON document")
    try:
        return json.loads(value.strip(b"\0"))
    except (ValueError, RecursionError) as err:
        raise Unreadable("no JSON document") from err


def _walk(document: Any, path: str) -> Any:
    for key in [key for key in path.split(".") if key][:_DEPTH]:
        document = document.get(key) if isinstance(document, dict) else None
    return document
