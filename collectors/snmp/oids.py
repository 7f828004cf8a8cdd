"""Object identifiers, kept as dotted text without a leading dot: `1.3.6.1.2.1.1.3.0`."""

import re
from typing import Final

_SHAPE: Final = re.compile(r"\d{1,10}(\.\d{1,10}){1,127}")

SYS_DESCR: Final = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID: Final = "1.3.6.1.2.1.1.2.0"
SYS_UPTIME: Final = "1.3.6.1.2.1.1.3.0"  # TimeTicks, 1/100 s, since the agent started (RFC 3418)

NEVER: Final = "1.3.6.1.2.1.1.3.1"  # a second sysUpTime: no agent has one


def is_oid(text: str) -> bool:
    """Whether the text is an object identifier of at least two numbers."""
    return _SHAPE.fullmatch(text) is not None


def order(oid: str) -> tuple[int, ...]:
    """Return the key by which agents sort: text order would put .10 before .9."""
    return tuple(map(int, oid.split(".")))


def under(base: str, oid: str) -> bool:
    """Whether `oid` is `base` itself or lies in its subtree."""
    return oid == base or oid.startswith(base + ".")


def index_of(column: str, oid: str) -> str:
    """Return what follows the column in the OID of one cell: its row index, such as `3` or `1.0`."""
    return oid[len(column) + 1 :]
