"""RTSP on the wire: requests out; answers, and the packets woven between them, in (RFC 2326).

Blocking, with a deadline for each step; it runs inside a worker process. Nothing here knows what is sent.
"""

import socket
import ssl
import struct
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

MOST_HEADER: Final = 16 * 1024
MOST_BODY: Final = 256 * 1024
CHUNK: Final = 64 * 1024  # more, and each read would ask the kernel for memory and give it back
DRAINED: Final = CHUNK // 2  # a read that brings less has emptied what the kernel had
NAP_SECONDS: Final = 0.2  # the least: frames come one by one, and each wake-up costs as much as many of them
WELL_KEPT: Final = 2 * CHUNK  # bytes that the kernel surely keeps for us meanwhile
RECEIVE_BYTES: Final = 1 << 20  # what the kernel may keep meanwhile
WOVEN: Final = 0x24  # "$" (section 10.12) …
_BLOCK: Final = struct.Struct("!BBH")  # … channel, and bytes of what follows
_AGENT: Final = "Siteward"


class NotRtsp(Exception):
    """What came is no RTSP, or more than any device sends."""


class Closed(Exception):
    """The other side ended the connection."""


class Silence(Exception):
    """Nothing came in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; header names in lower case, WWW-Authenticate apart since there may be several."""

    status: int
    headers: Mapping[str, str]
    offers: tuple[str, ...] = ()
    body: bytes = b""


@dataclass(slots=True)
class Wire:
    """A connection to a server.

    Attributes:
        heard: answers received so far.
        received: bytes received so far.
    """

    sock: socket.socket
    heard: int = 0
    received: int = 0
    _buffer: bytes = b""
    _at: int = 0  # where in the buffer the next unread byte is
    _numbers: int = 0
    _is_drained: bool = False
    _since: float = field(default_factory=time.monotonic)

    @classmethod
    def connect(cls, host: str, port: int, seconds: float, *, secure: bool) -> "Wire":
        """Return a connection, over TLS when `secure`.

        A camera's certificate is its own: it keeps others from reading along and proves nothing.

        Raises:
            OSError: nobody there, or no TLS.
        """
        until = time.monotonic() + seconds
        sock = socket.create_connection((host, port), timeout=seconds)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
            if secure:
                sock.settimeout(max(until - time.monotonic(), 0.01))
                sock = tls().wrap_socket(sock)
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    def ask(self, method: str, uri: str, headers: Mapping[str, str], until: float) -> Reply:
        """Send a request and return its answer; packets that come before it are dropped.

        Raises:
            NotRtsp, Closed, Silence: instead of an answer.
        """
        self.tell(method, uri, headers)
        while True:
            self._fill(1, until)
            if self._woven():
                continue
            if self._buffer[self._at] == WOVEN:
                self._fill(len(self._buffer) - self._at + 1, until)  # the rest of a packet
                continue
            reply = self._message(until)
            if reply is not None and reply.headers.get("cseq", str(self._numbers)) == str(self._numbers):
                self.heard += 1
                return reply

    def tell(self, method: str, uri: str, headers: Mapping[str, str]) -> None:
        """Send a request and wait for nothing.

        Raises:
            Closed: the connection is gone.
        """
        self._numbers += 1
        lines = [f"{method} {uri} RTSP/1.0", f"CSeq: {self._numbers}", f"User-Agent: {_AGENT}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            self.sock.sendall("\r\n".join([*lines, "", ""]).encode())
        except OSError:
            raise Closed from None

    def packets(self, until: float, rest: float = NAP_SECONDS) -> dict[int, list[memoryview]]:
        """Return channel -> contents of the woven packets that are there, at least one.

        Answers and requests of the server between them are read over.

        Args:
            until: when to give up, monotonic seconds.
            rest: seconds that packets may lie with the kernel: each wake-up costs as much as reading many.

        Raises:
            NotRtsp, Closed, Silence: instead.
        """
        while not (found := self._woven()):
            if self._at < len(self._buffer) and self._buffer[self._at] != WOVEN:
                self._message(until)
            else:
                self._fill(len(self._buffer) - self._at + 1, until, rest)
        return found

    def is_ended(self) -> bool:
        """Whether the other side has hung up by now; a little of what came since is read over."""
        self.sock.settimeout(0.0)
        try:
            return any(not self.sock.recv(CHUNK) for _ in range(WELL_KEPT // CHUNK))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        except OSError:
            return True

    def close(self) -> None:
        """Hang up."""
        self.sock.close()

    def _woven(self) -> dict[int, list[memoryview]]:
        """Take the whole packets at the front of what is unread: a hot loop."""
        data, at = self._buffer, self._at
        last, view = len(data) - 4, memoryview(data)
        found: defaultdict[int, list[memoryview]] = defaultdict(list)
        while at <= last:
            mark, channel, size = _BLOCK.unpack_from(data, at)
            stop = at + 4 + size
            if mark != WOVEN or stop > last + 4:
                break
            found[channel].append(view[at + 4 : stop])
            at = stop
        self._at = at
        return found

    def _message(self, until: float) -> Reply | None:
        """Read an answer, or a request of the server's, which is None."""
        head = self._head(until)
        lines = head.decode("utf-8", "replace").split("\r\n" if b"\r\n" in head else "\n")
        named: dict[str, str] = {}
        offers = []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            named[name.strip().lower()] = value.strip()
            if name.strip().lower() == "www-authenticate":
                offers.append(value.strip())
        body = self._body(named.get("content-length", "0"), until)
        words = lines[0].split(None, 2)
        if len(words) < 2 or not words[0].startswith("RTSP/1."):
            if len(words) == 3 and words[2].startswith("RTSP/1."):
                return None
            raise NotRtsp
        if not words[1].isdigit():
            raise NotRtsp
        return Reply(int(words[1]), named, tuple(offers), body)

    def _head(self, until: float) -> bytes:
        while self._at < len(self._buffer) and self._buffer[self._at] in b"\r\n":
            self._at += 1
        while True:
            found = [(place, len(end)) for end in (b"\r\n\r\n", b"\n\n") if (place := self._find(end)) >= 0]
            if found:
                place, size = min(found)
                head = self._buffer[self._at : place]
                self._at = place + size
                return head
            unread = len(self._buffer) - self._at
            if unread > MOST_HEADER or not _may_be_rtsp(self._buffer[self._at : self._at + 64]):
                raise NotRtsp
            self._fill(unread + 1, until)

    def _find(self, end: bytes) -> int:
        return self._buffer.find(end, self._at, self._at + MOST_HEADER + len(end))

    def _body(self, length: str, until: float) -> bytes:
        if not (length.isascii() and length.isdigit()) or int(length) > MOST_BODY:
            raise NotRtsp
        size = int(length)
        self._fill(size, until)
        body = self._buffer[self._at : self._at + size]
        self._at += size
        return body

    def _fill(self, size: int, until: float, rest: float = 0.0) -> None:
        """Wait until so many unread bytes are there; napping, for what comes in the meantime as well."""
        while len(self._buffer) - self._at < size:
            left = until - time.monotonic()
            if left <= 0:
                raise Silence
            if rest and self._is_drained:
                time.sleep(min(self._nap(rest), left))
            self.sock.settimeout(max(until - time.monotonic(), 0.001))
            try:
                got = self.sock.recv(CHUNK)
            except TimeoutError:
                raise Silence from None
            except OSError:
                raise Closed from None
            if not got:
                raise Closed
            if isinstance(self.sock, ssl.SSLSocket):
                got += _rest(self.sock)
            self._is_drained = len(got) < DRAINED
            self.received += len(got)
            self._buffer = self._buffer[self._at :] + got
            self._at = 0

    def _nap(self, rest: float) -> float:
        """Return how long to let more come: no more than what the kernel keeps, at the pace so far."""
        pace = self.received / max(time.monotonic() - self._since, NAP_SECONDS)
        return max(min(WELL_KEPT / max(pace, 1.0), rest), NAP_SECONDS)


def _rest(sock: ssl.SSLSocket) -> bytes:
    """Return what else has come: TLS hands out a record at a time, and a packet may be a record."""
    sock.settimeout(0.0)
    parts, size = [], 0
    with suppress(OSError):  # nothing more; an end shows at the next read
        while size < CHUNK and (part := sock.recv(CHUNK)):
            parts.append(part)
            size += len(part)
    return b"".join(parts)


def _may_be_rtsp(begin: bytes) -> bool:
    """Whether this may be the begin of an RTSP message: all of its first line is printable."""
    line = begin.partition(b"\r")[0].partition(b"\n")[0]
    return all(32 <= letter < 127 for letter in line) and (
        line.startswith(b"RTSP/"[: len(line)]) or line[:1].isalpha()
    )


def tls() -> ssl.SSLContext:
    """Return TLS that believes any certificate: a camera signs its own."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
