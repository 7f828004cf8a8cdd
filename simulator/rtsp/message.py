"""RTSP on the wire (RFC 2326): requests read, answers written, frames woven in between (section 10.12)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

MAX_LINE: Final = 4096
MAX_HEADERS: Final = 64
MAX_BODY: Final = 65536

REASONS: Final = {
    200: "OK",
    302: "Moved Temporarily",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    505: "RTSP Version Not Supported",
    551: "Option not supported",
}


class Malformed(Exception):
    """What the client sent is no RTSP."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    uri: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path of the URI without a closing slash, "" for the server itself."""
        return urlsplit(self.uri).path.rstrip("/") if self.uri != "*" else ""


@dataclass(frozen=True, slots=True)
class Woven:
    """An RTP or RTCP packet between the requests."""

    channel: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, without the CSeq that the connection adds."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def wire(self, cseq: str) -> bytes:
        """Return the bytes to send."""
        lines = [f"RTSP/1.0 {self.status} {REASONS[self.status]}", f"CSeq: {cseq}", "Server: simulated"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if self.body:
            lines.append(f"Content-Length: {len(self.body)}")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


async def read(reader: asyncio.StreamReader) -> Request | Woven | None:
    """Read what the client says next; None when it hung up.

    Raises:
        Malformed: it is no RTSP, or larger than any client's request.
    """
    try:
        first = await reader.readexactly(1)
        while first in b"\r\n":  # some clients send an empty line between requests
            first = await reader.readexactly(1)
        return await (_woven(reader) if first == b"$" else _request(reader, first))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except ValueError as err:  # a line without end, a length that is no number, an unreadable URI
        raise Malformed(str(err)) from err


async def _woven(reader: asyncio.StreamReader) -> Woven:
    head = await reader.readexactly(3)
    return Woven(head[0], await reader.readexactly(int.from_bytes(head[1:])))


async def _request(reader: asyncio.StreamReader, first: bytes) -> Request:
    method, uri, version = _request_line(first + await _line(reader))
    headers = await _headers(reader)
    length = int(headers.get("content-length", "0"))
    if not version.startswith("RTSP/1.") or not 0 <= length <= MAX_BODY:
        raise Malformed("not RTSP/1.x, or a body too large")
    urlsplit(uri)  # raises ValueError now rather than where the path is needed
    return Request(method, uri, headers, await reader.readexactly(length))


def _request_line(line: bytes) -> tuple[str, str, str]:
    words = line.decode("utf-8", "replace").split()
    if len(words) != 3:
        raise Malformed("no request line")
    return words[0], words[1], words[2]


async def _headers(reader: asyncio.StreamReader) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = (await _line(reader)).decode("utf-8", "replace").strip()
        if not line:
            return headers
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    raise Malformed("more headers than any client sends")


async def _line(reader: asyncio.StreamReader) -> bytes:
    line = await reader.readline()
    if not line.endswith(b"\n"):
        raise asyncio.IncompleteReadError(line, None)
    if len(line) > MAX_LINE:
        raise Malformed("a line too long")
    return line
