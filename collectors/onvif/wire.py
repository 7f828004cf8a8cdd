"""One HTTP connection to one device: kept alive, with a deadline for the whole exchange and a cap.

`http.client` sets a timeout for each read only: a device that drips a byte now and then would hold a thread
for ever. So the socket is read through `_Reader`, which never waits past the end of the exchange's `Budget`.
"""

import contextlib
import http.client
import io
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from collectors.base import BadReply, CollectError, Unreachable
from collectors.onvif.answer import Answer
from collectors.onvif.tls import Encryption
from collectors.onvif.xml import MAX_BYTES

IDLE_SECONDS: Final = (
    15.0  # a connection unused for longer is not trusted, and closed: devices have few of them
)
_CONNECT_SHARE: Final = 0.75  # of the budget: what is left must still fit an answer


class Budget:
    """How long a call may still take; another thread may cancel it."""

    def __init__(self, monotonic: Callable[[], float], seconds: float) -> None:
        self._monotonic = monotonic
        self._ends = monotonic() + seconds
        self._cancelled = False

    def cancel(self) -> None:
        """End it now: nobody waits for the answer any more."""
        self._cancelled = True

    def left(self) -> float:
        """Return the seconds left.

        Raises:
            TimeoutError: none.
        """
        left = self._ends - self._monotonic()
        if self._cancelled or left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer as it came."""

    status: int
    challenges: tuple[str, ...]  # WWW-Authenticate headers
    data: bytes
    kind: str = ""  # Content-Type, lower case, without parameters


class Dropped(Exception):
    """A kept connection turned out to be closed before anything was answered: ask again on a new one."""


class _Reader(io.RawIOBase):
    """The socket as a file that never waits past the budget."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self._sock = sock
        self._budget = budget

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._budget.left())
        return self._sock.recv_into(buffer)


class _Bounded:
    """What `http.client` needs of a socket."""

    def __init__(self, sock: socket.socket, budget: Budget) -> None:
        self.sock = sock
        self.budget = budget

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(self.budget.left())
        self.sock.sendall(data)

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self.sock, self.budget))

    def close(self) -> None:
        """Do nothing: `http.client` would close before the body is read; `Wire.close` closes."""


class Wire:
    """The connection to one host and port; not for two threads at once.

    Args:
        host: address or name, as in the inventory.
        port: TCP port.
        monotonic: clock for idleness.
        encryption: TLS to the device; None: plain HTTP.
    """

    def __init__(
        self, host: str, port: int, monotonic: Callable[[], float], encryption: Encryption | None = None
    ) -> None:
        self._host = host
        self._port = port
        self._monotonic = monotonic
        self.encryption = encryption
        self._sock: _Bounded | None = None
        self._kept = False
        self._used_at = 0.0

    def open(self, budget: Budget) -> None:
        """Connect, unless a connection is kept.

        Raises:
            Unreachable: nobody there.
        """
        self.close_if_idle()
        self._kept = self._sock is not None
        if self._sock is not None:
            self._sock.budget = budget
            return
        self._sock = _Bounded(self._connect(budget), budget)

    def post(self, path: str, headers: Mapping[str, str], message: bytes) -> Reply:
        """Send one POST over the open connection; see `ask`."""
        return self.ask("POST", path, headers, message)

    def ask(self, method: str, path: str, headers: Mapping[str, str], message: bytes = b"") -> Reply:
        """Send one request over the open connection and read its answer, whatever the status.

        Raises:
            Dropped: a kept connection was closed by the device meanwhile; nothing was answered.
            Unreachable: nobody there, or no answer in time.
            BadReply: not HTTP, cut off, or too long.
        """
        kept = self._kept
        try:
            return self._exchange(method, path, headers, message)
        except CollectError:
            self.close()
            raise
        except ConnectionError as err:  # also RemoteDisconnected
            self.close()
            if kept:
                raise Dropped from err
            raise BadReply("closed the connection without an answer") from err
        except (OSError, http.client.HTTPException, ValueError) as err:
            self.close()
            raise _named(err) from err

    def close_if_idle(self) -> None:
        """Close the connection when it was not used of late."""
        if self._sock is not None and self._monotonic() - self._used_at > IDLE_SECONDS:
            self.close()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        bounded, self._sock = self._sock, None
        if bounded is not None:
            bounded.sock.close()

    def interrupt(self) -> None:
        """Wake the thread that waits for this device, from another thread; it fails at once."""
        bounded = self._sock
        if bounded is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(bounded.sock, socket.SHUT_RDWR)  # of TLS too: no farewell

    @property
    def is_open(self) -> bool:
        """Whether a connection is kept."""
        return self._sock is not None

    def _exchange(self, method: str, path: str, headers: Mapping[str, str], message: bytes) -> Reply:
        if self._sock is None:
            raise Unreachable("not connected")
        self._sock.sendall(self._written(method, path, headers, message))
        response = Answer(self._sock, method=method)  # type: ignore[arg-type]  # all it needs
        response.begin()
        data = response.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise BadReply(f"the reply is longer than {MAX_BYTES} bytes")
        if response.length:
            raise BadReply("the reply is cut off")
        challenges = tuple(response.fields.get_all("WWW-Authenticate"))
        kind = response.fields.get("Content-Type").partition(";")[0].strip().lower()
        self._used_at = self._monotonic()
        if response.will_close:
            self.close()
        return Reply(response.status, challenges, data, kind)

    def _written(self, method: str, path: str, headers: Mapping[str, str], message: bytes) -> bytes:
        """Return the request in one piece: some devices read no further than the first segment."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if message or method == "POST":
            lines += [f"Content-Length: {len(message)}"]
        if any("\r" in line or "\n" in line for line in lines):
            raise BadReply("it made us write a line break into a header")
        return "\r\n".join([*lines, "", ""]).encode() + message

    def _connect(self, budget: Budget) -> socket.socket:
        try:
            sock = socket.create_connection((self._host, self._port), budget.left() * _CONNECT_SHARE)
        except (OSError, UnicodeError) as err:
            raise _unreachable(err) from err
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.encryption is None:
            return sock
        try:
            return self.encryption.wrap(sock, budget.left())
        except BaseException:
            sock.close()
            raise


def _unreachable(err: OSError | UnicodeError) -> Unreachable:
    if isinstance(err, TimeoutError):
        return Unreachable("no connection in time")
    if isinstance(err, ConnectionRefusedError):
        return Unreachable("the port refuses connections")
    if isinstance(err, socket.gaierror | UnicodeError):
        return Unreachable("its name cannot be resolved")
    return Unreachable(f"no connection: {err.strerror or type(err).__name__}")


def _named(err: Exception) -> CollectError:
    if isinstance(err, TimeoutError):
        return Unreachable("it accepted the connection and did not answer in time")
    if isinstance(err, http.client.IncompleteRead):
        return BadReply("the reply is cut off")
    if isinstance(err, ssl.SSLError):
        return BadReply(f"the encrypted connection broke ({err.reason or type(err).__name__})")
    if isinstance(err, OSError):
        return Unreachable(f"the connection failed: {err.strerror or type(err).__name__}")
    return BadReply(f"the reply is not HTTP ({type(err).__name__})")
