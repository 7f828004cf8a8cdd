"""Names of the SNMPv3 protocols as operators write them (RFC 3414, 3826, 7860)."""

from collections.abc import Mapping
from typing import TypeVar

from collectors.base import NotSupported

T = TypeVar("T")


def protocol(names: Mapping[str, T], written: str, *, what: str) -> T:
    """Return the entry for `written`: `sha-256`, `SHA256` and `Sha 256` are the same.

    Raises:
        NotSupported: no engine here has such a protocol.
    """
    key = written.upper().replace("-", "").replace(" ", "").replace("_", "")
    if key not in names:
        raise NotSupported(f"SNMPv3 {what} protocol {written!r} is none of {', '.join(names)}")
    return names[key]
