"""Which stream of a device to look at, and its address taken apart. Pure."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from collectors.base import BadReply, NotSupported
from collectors.stream.job import Limits, StreamJob
from models.facts import Device, StreamUri

PORTS: Final = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}  # IANA


def channels(streams: Sequence[StreamUri], prefer: str) -> list[StreamUri]:
    """Return one stream of each channel: the one of the preferred kind, else the channel's first.

    A stream's name is its kind, after its channel on a recorder: "sub", or "ch3/sub".
    """
    chosen: dict[str, StreamUri] = {}
    for stream in streams:
        channel, _, kind = stream.name.rpartition("/")
        if channel not in chosen or (kind == prefer and chosen[channel].name.rpartition("/")[2] != prefer):
            chosen[channel] = stream
    return list(chosen.values())


def job_for(device: Device, stream: StreamUri, limits: Limits, **wishes: Any) -> StreamJob:
    """Return the look at a stream of the device, and of no other host: it would get the login.

    Args:
        device: whose stream it is.
        stream: `rtsp://`, `rtsps://`, or `http://` and `https://` for single pictures.
        limits: how long each step may take.
        wishes: further fields of the job.

    Raises:
        BadReply: the address cannot be read, holds a login, or names another host.
        NotSupported: it is of no protocol that is read.
    """
    try:
        parts = urlsplit(stream.uri)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise BadReply(f"{stream.name}: the stream's address cannot be read") from None
    if parts.scheme not in PORTS:
        raise NotSupported(f"{stream.name}: streams are read by {', '.join(PORTS)}, not {parts.scheme[:10]}")
    if "@" in parts.netloc:
        raise BadReply(f"{stream.name}: the stream's address holds a login; it belongs into the device's own")
    if host != device.host.strip("[]").lower():
        raise BadReply(f"{stream.name}: the stream's address names another host than the device's own")
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    if not path.isprintable() or " " in path or not path.isascii():
        raise BadReply(f"{stream.name}: the stream's address cannot be read")
    path = path if path.startswith("/") else f"/{path}"
    return StreamJob(host, port, path, device.login, limits, scheme=parts.scheme, **wishes)
