"""The same-host guard: where a device says that its services and streams are, and what of that we believe.

It may be wrong, behind NAT, or hostile. Whatever it says, our login goes to the host of the inventory and
nowhere else: of an HTTP address only path and query are believed, of a stream address also the port. A
forwarded stream port is a thing the operator writes down.
"""

from typing import Final
from urllib.parse import SplitResult, urlsplit

from collectors.base import BadReply

_RTSP_PORT: Final = 554  # RFC 2326, section 3.2
_LONGEST: Final = 2048


def own_path(address: str) -> str:
    """Return path and query of a service address, to be used on the configured host and port.

    Raises:
        BadReply: it is not an HTTP address.
    """
    parts = _split(address, {"http", "https"})
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def own_stream(address: str, host: str) -> str:
    """Return a stream address on the configured host: its port, path and query, without user and password.

    Raises:
        BadReply: it is not an RTSP address.
    """
    parts = _split(address, {"rtsp", "rtsps"})
    try:
        port = parts.port or _RTSP_PORT
    except ValueError as err:
        raise BadReply("it gives a stream address with an impossible port") from err
    shown = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme.lower()}://{shown}:{port}{parts.path or '/'}{query}"


def _split(address: str, schemes: set[str]) -> SplitResult:
    clean = address.strip()
    try:
        parts = urlsplit(clean)
    except ValueError as err:
        raise BadReply("it gives an address that cannot be read") from err
    printable = clean.isascii() and clean.isprintable() and " " not in clean
    if parts.scheme.lower() not in schemes or not printable or len(clean) > _LONGEST:
        raise BadReply(f"it gives an address that is not {' or '.join(sorted(schemes))}")
    return parts
