"""RTP over UDP: a pair of ports for a track, and packets put back into order."""

import select
import socket
import time
from dataclasses import dataclass, field
from typing import Final

from collectors.stream.wire import Silence

LARGEST: Final = 65_536
WAITING: Final = 24  # packets held back for one that is late; a video frame of a main stream has some 15
RECEIVE_BYTES: Final = 2 << 20  # what the kernel may keep while we do something else
NAP_SECONDS: Final = 0.04  # the kernel keeps that much of 40 Mbit/s
MOST_AT_ONCE: Final = 512
_TRIES: Final = 20


@dataclass(slots=True)
class Ports:
    """The two sockets of a track, RTP on the even port and RTCP on the one above (RFC 3550, section 11).

    Attributes:
        host: the only address that is listened to.
    """

    host: str
    rtp: socket.socket
    rtcp: socket.socket
    _held: dict[int, bytes] = field(default_factory=dict)
    _next: int | None = None

    @classmethod
    def open(cls, own: str, host: str) -> "Ports":
        """Bind a free pair on our own address.

        Raises:
            OSError: there is none.
        """
        family = socket.AF_INET6 if ":" in own else socket.AF_INET
        for _ in range(_TRIES):
            first = socket.socket(family, socket.SOCK_DGRAM)
            second = socket.socket(family, socket.SOCK_DGRAM)
            try:
                first.bind((own, 0))
                port = first.getsockname()[1]
                if port % 2 == 0:
                    second.bind((own, port + 1))
                    first.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
                    return cls(host, first, second)
            except OSError:
                pass
            first.close()
            second.close()
        raise OSError("no pair of UDP ports is free")

    @property
    def pair(self) -> str:
        """Return the port numbers as the Transport header wants them."""
        port = self.rtp.getsockname()[1]
        return f"{port}-{port + 1}"

    def knock(self, port: int) -> None:
        """Send the server an empty packet, so that a firewall on our side lets its packets in."""
        try:
            self.rtp.sendto(b"\x80" + bytes(11), (self.host, port))
            self.rtcp.sendto(b"\x80\xc9\x00\x01" + bytes(4), (self.host, port + 1))
        except OSError:
            return

    def receive(self, *, control: bool) -> list[bytes]:
        """Return the server's datagrams that are there; those of anybody else are dropped."""
        sock = self.rtcp if control else self.rtp
        found = []
        for _ in range(MOST_AT_ONCE):
            try:
                data, sender = sock.recvfrom(LARGEST, socket.MSG_DONTWAIT)
            except OSError:  # nothing more, or the other side has closed its port
                break
            if sender[0] == self.host:
                found.append(data)
        return found

    def in_order(self, data: bytes) -> list[bytes]:
        """Return the packets that may go on now: a gap is waited for until too many lie behind it."""
        if len(data) < 12:
            return [data]
        sequence = data[2] << 8 | data[3]
        if self._next is None:
            self._next = sequence
        if (sequence - self._next) & 0xFFFF > 0x8000:
            return []  # it comes after its turn was given up
        self._held[sequence] = data
        ready = self._run()
        if not ready and len(self._held) > WAITING:
            start = self._next
            self._next = min(self._held, key=lambda number: (number - start) & 0xFFFF)
            ready = self._run()
        return ready

    def _run(self) -> list[bytes]:
        ready = []
        while self._next is not None and self._next in self._held:
            ready.append(self._held.pop(self._next))
            self._next = (self._next + 1) & 0xFFFF
        return ready

    def close(self) -> None:
        """Give the ports back."""
        self.rtp.close()
        self.rtcp.close()


def wait(sockets: list[socket.socket], until: float) -> list[socket.socket]:
    """Return the sockets that have something to read, after a nap in which more of it comes.

    Raises:
        Silence: none has in time.
    """
    time.sleep(max(0.0, min(NAP_SECONDS, until - time.monotonic())))
    ready, _, _ = select.select(sockets, [], [], max(until - time.monotonic(), 0.0))
    if not ready:
        raise Silence
    return list(ready)
