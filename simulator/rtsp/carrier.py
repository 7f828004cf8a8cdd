"""How packets get to the client: woven into the RTSP connection (RFC 2326, 10.12), or over UDP."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

_PAIR: Final = r"{}=(\d+)(?:-(\d+))?"
UDP_BACKLOG: Final = 0  # a datagram is gone once sent


@dataclass(frozen=True, slots=True)
class Wish:
    """One transport a client can do: `tcp` or `udp`, and its two channels or ports."""

    tcp: bool
    pair: tuple[int, int] | None


def wishes(header: str) -> list[Wish]:
    """Return those of a Transport header that we can do, in the client's order."""
    return [wish for text in header.split(",") if (wish := _wish(text.strip())) is not None]


def _wish(text: str) -> Wish | None:
    profile, *parameters = text.split(";")
    if "multicast" in parameters or profile.upper() not in {"RTP/AVP", "RTP/AVP/UDP", "RTP/AVP/TCP"}:
        return None
    tcp = profile.upper().endswith("TCP")
    pair = _pair(parameters, "interleaved" if tcp else "client_port", limit=255 if tcp else 65535)
    return Wish(tcp, pair) if tcp or pair else None


def _pair(parameters: list[str], name: str, *, limit: int) -> tuple[int, int] | None:
    for parameter in parameters:
        if found := re.fullmatch(_PAIR.format(name), parameter.strip()):
            low = int(found[1])
            high = int(found[2] or low + 1)
            return (low, high) if max(low, high) <= limit else None
    return None


class Carrier(Protocol):
    """Takes packets, promises nothing."""

    transport: str  # the Transport header of the answer

    def send(self, packet: bytes, *, control: bool = False) -> None:
        """Send one RTP packet, or RTCP with `control`."""
        ...

    def backlog(self) -> int:
        """Return how many bytes the client has not taken yet."""
        ...

    def close(self) -> None:
        """Let go of what belongs to this carrier alone."""
        ...


class Woven:
    """Packets inside the RTSP connection."""

    def __init__(self, writer: asyncio.StreamWriter, channels: tuple[int, int]) -> None:
        self.transport = f"RTP/AVP/TCP;unicast;interleaved={channels[0]}-{channels[1]}"
        self._writer = writer
        self._channels = channels

    def send(self, packet: bytes, *, control: bool = False) -> None:
        """Write one packet behind `$`, its channel and its length."""
        if not self._writer.is_closing():
            self._writer.write(b"$%c" % self._channels[control] + len(packet).to_bytes(2) + packet)

    def backlog(self) -> int:
        """Return the bytes still in our own buffer."""
        return self._writer.transport.get_write_buffer_size()

    def close(self) -> None:
        """Nothing of its own to close."""


class _Ear(asyncio.DatagramProtocol):
    """Hears the client's receiver reports."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:  # noqa: ARG002 any sign of life will do
        self._heard()

    def error_received(self, exc: Exception) -> None:
        """The client's port is closed: its session times out by itself."""


class Datagrams:
    """Packets over a pair of UDP sockets; make one with `open_datagrams`."""

    def __init__(
        self, pair: list[asyncio.DatagramTransport], host: str, ports: tuple[int, int], ssrc: int
    ) -> None:
        self._pair, self._host, self._ports = pair, host, ports
        own = "-".join(str(end.get_extra_info("sockname")[1]) for end in pair)
        client = f"client_port={ports[0]}-{ports[1]}"
        self.transport = f"RTP/AVP;unicast;{client};server_port={own};ssrc={ssrc:08X}"

    def send(self, packet: bytes, *, control: bool = False) -> None:
        """Send one datagram."""
        end = self._pair[control]
        if not end.is_closing():
            end.sendto(packet, (self._host, self._ports[control]))

    def backlog(self) -> int:
        """Return 0: a datagram is gone once sent."""
        return UDP_BACKLOG

    def close(self) -> None:
        """Close both sockets."""
        for end in self._pair:
            end.abort()


async def open_datagrams(
    own: str, client: str, ports: tuple[int, int], *, ssrc: int, heard: Callable[[], None]
) -> Datagrams:
    """Bind an even port and the odd one above it (RFC 3550, section 11) on our own address.

    Raises:
        OSError: no such pair was free.
    """
    for _ in range(20):
        first = await _bind(own, 0, heard)
        port = first.get_extra_info("sockname")[1]
        try:
            second = await _bind(own, port ^ 1, heard)
        except OSError:
            first.abort()
            continue
        return Datagrams([first, second] if port % 2 == 0 else [second, first], client, ports, ssrc)
    raise OSError("no pair of UDP ports is free")


async def _bind(host: str, port: int, heard: Callable[[], None]) -> asyncio.DatagramTransport:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(heard), local_addr=(host, port))
    return transport
