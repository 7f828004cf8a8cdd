"""Does anything answer at all: a TCP connection to each port of the inventory, and a ping where we may.

ICMP needs a permission (`net.ipv4.ping_group_range`, or CAP_NET_RAW). Without it there is no reading: a ping
that was never sent must not look like one that was never answered.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final
from urllib.parse import urlsplit

from icmplib import ICMPLibError, ICMPv4Socket, NameLookupError, SocketPermissionError, async_ping

from collectors.base import Unreachable
from models.facts import Answer, Device, Reading
from models.metrics import ICMP_RTT, ICMP_UP, TCP_CONNECT, TCP_UP, Metric

_RTSP_PORT: Final = 554  # RFC 2326, section 3.2
_PINGS: Final = 2  # one lost packet is no lost device
_PING_PAUSE_SECONDS: Final = 0.2


class Reach:
    """Connects to the ports of a device and pings it.

    Args:
        icmp: whether to ping where that is permitted.
        timeout_seconds: how long one port or one ping may take; keep it below the deadline.
        monotonic: clock to time connections by.
    """

    name = "reach"
    metrics: tuple[Metric, ...] = (ICMP_UP, ICMP_RTT, TCP_UP, TCP_CONNECT)
    slots = 0

    def __init__(
        self,
        *,
        icmp: bool = True,
        timeout_seconds: float = 2.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout = timeout_seconds
        self._monotonic = monotonic
        self._raw = _raw_sockets_needed() if icmp else None

    @property
    def pings(self) -> bool:
        """Whether it pings: it was asked to, and the system lets it."""
        return self._raw is not None

    def applies(self, device: Device) -> bool:
        """Whether there is a port to connect to, or a ping to send."""
        return self.pings or bool(ports(device))

    async def collect(self, device: Device) -> Answer:
        """Try all ports and the ping at once.

        Raises:
            Unreachable: nothing answered, on no port and no ping.
        """
        numbers = ports(device)
        pinged, *connected = await asyncio.gather(
            self._ping(device.host), *(self._connect(device.host, number) for number in numbers)
        )
        readings = tuple(pinged) + tuple(reading for one in connected for reading in one)
        if not any(reading.value == 1.0 for reading in readings if reading.metric in {ICMP_UP, TCP_UP}):
            raise _silent(device, readings)
        return Answer(readings)

    async def _connect(self, host: str, port: int) -> Sequence[Reading]:
        part = str(port)
        began = self._monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                _, writer = await asyncio.open_connection(host, port)
        except (OSError, UnicodeError):  # refused, no route, no such name; TimeoutError is an OSError
            return (Reading(TCP_UP, 0.0, part),)
        took = self._monotonic() - began
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return Reading(TCP_UP, 1.0, part), Reading(TCP_CONNECT, took, part)

    async def _ping(self, host: str) -> Sequence[Reading]:
        """Ping; nothing at all when we may not, or when it could not be sent for a reason of our own."""
        if self._raw is None:
            return ()
        try:
            answer = await async_ping(
                host,
                count=_PINGS,
                interval=_PING_PAUSE_SECONDS,
                timeout=self._timeout / 2,
                privileged=self._raw,
            )
        except NameLookupError:
            return (Reading(ICMP_UP, 0.0),)
        except (ICMPLibError, OSError):
            return ()
        if not answer.is_alive:
            return (Reading(ICMP_UP, 0.0),)
        return Reading(ICMP_UP, 1.0), Reading(ICMP_RTT, answer.min_rtt / 1000)


def ports(device: Device) -> tuple[int, ...]:
    """Return the TCP ports the inventory names, each once: ONVIF, the operator's streams, further ones."""
    streams = (port for stream in device.streams if (port := _port_of(stream.uri)) is not None)
    given: Iterable[int | None] = (device.onvif_port, *streams, *device.tcp_ports)
    return tuple(dict.fromkeys(port for port in given if port is not None))


def _port_of(uri: str) -> int | None:
    """Return the port of a stream address; None when it is not RTSP over TCP or cannot be read."""
    try:
        parts = urlsplit(uri)
        port = parts.port or _RTSP_PORT
    except ValueError:
        return None
    return port if parts.scheme in {"rtsp", "rtsps"} else None


def _raw_sockets_needed() -> bool | None:
    """Return False when plain ping sockets are permitted, True when only raw ones, None when neither."""
    for raw in (False, True):
        try:
            ICMPv4Socket(privileged=raw).close()
        except (SocketPermissionError, ICMPLibError, OSError):
            continue
        return raw
    return None


def _silent(device: Device, readings: tuple[Reading, ...]) -> Exception:
    """Return the error for a device that answered nothing; of nothing that was sent it says nothing."""
    if not readings:
        return RuntimeError("no ping could be sent, and there is no port to try")
    tried = ", ".join(f"TCP {reading.part}" if reading.part else "ping" for reading in readings)
    error = Unreachable(f"{device.host} answers nothing ({tried})")
    error.learnt = readings
    return error
