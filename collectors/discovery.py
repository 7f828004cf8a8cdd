"""WS-Discovery: who answers a probe on the camera network (OASIS WS-Discovery 1.1 draft of 2005, ONVIF Core).

A probe of our own over UDP: the interface is chosen, not guessed; three kinds of probe, since firmwares
answer one and not the others; multicast, and unicast to addresses behind a router. Answers are strangers'
words: they are capped, must refer to a probe of ours, and a service address counts only if it is on the host
that sent it.
"""

import asyncio
import contextlib
import random
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from collectors.base import BadReply, Unreachable
from collectors.onvif import xml
from collectors.onvif.xml import Element

PORT: Final = 3702
GROUP: Final = "239.255.255.250"
SECONDS: Final = 4.0  # answers come within half a second of each probe; weak devices take longer
MOST_DEVICES: Final = 4096
MOST_PACKET: Final = 16 * 1024
MOST_ADDRESSES: Final = 4096  # of unicast probes
_SENDS: Final = 3
_WSD: Final = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_WSA: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_TYPES: Final = (
    '<d:Types xmlns:dn="http://www.onvif.org/ver10/network/wsdl">dn:NetworkVideoTransmitter</d:Types>',
    '<d:Types xmlns:tds="http://www.onvif.org/ver10/device/wsdl">tds:Device</d:Types>',
    "",
)
_SCOPE: Final = "onvif://www.onvif.org/"


@dataclass(frozen=True, slots=True)
class Service:
    """One address of the ONVIF device service, on the host that answered."""

    tls: bool
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class Found:
    """A device that answered.

    Attributes:
        address: the host that sent the answer.
        endpoint: its own identity, mostly a UUID; says nothing by itself, firmwares share them.
        types: local names of its types.
        services: where its device service is; empty where it named another host only.
        name, hardware, location: from its scopes, "" where not told.
        profiles: ONVIF profiles it claims, such as Streaming or G.
    """

    address: str
    endpoint: str
    types: tuple[str, ...] = ()
    services: tuple[Service, ...] = ()
    name: str = ""
    hardware: str = ""
    location: str = ""
    profiles: tuple[str, ...] = ()


@dataclass(slots=True)
class _Hearing:
    """Collects answers; `ids` are those of our probes."""

    ids: set[str]
    found: dict[str, Found] = field(default_factory=dict)

    def take(self, data: bytes, sender: str) -> None:
        if len(data) > MOST_PACKET or (len(self.found) >= MOST_DEVICES and sender not in self.found):
            return
        for one in matches(data, sender, self.ids):
            known = self.found.get(sender)
            if known is None or len(one.services) > len(known.services):
                self.found[sender] = one


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, hearing: _Hearing) -> None:
        self._hearing = hearing

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._hearing.take(data, addr[0])

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at an address that was asked: no answer, that is all."""


async def discover(
    interface: str = "",
    addresses: Iterable[str] = (),
    *,
    multicast: bool = True,
    seconds: float = SECONDS,
    port: int = PORT,
    dice: random.Random | None = None,
) -> tuple[Found, ...]:
    """Send probes and return who answered, by address.

    Args:
        interface: IPv4 address of the interface to send from; "" leaves it to the system.
        addresses: hosts to ask directly, at most `MOST_ADDRESSES`.
        multicast: whether to ask the network too.
        seconds: how long to listen.
        port: UDP port that is asked.
        dice: spreads the sends.

    Raises:
        Unreachable: the interface cannot be used.
    """
    dice = dice or random.Random()  # noqa: S311  it spreads packets
    targets = [GROUP] if multicast else []
    targets += list(dict.fromkeys(addresses))[:MOST_ADDRESSES]
    probes = {f"uuid:{uuid4()}": types for types in _TYPES}
    hearing = _Hearing(set(probes))
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Protocol(hearing), sock=_socket(interface))
    ends = loop.time() + seconds
    try:
        for turn in range(_SENDS):
            for message_id, types in probes.items():
                for number, target in enumerate(targets):
                    with contextlib.suppress(OSError):
                        transport.sendto(probe(message_id, types), (target, port))
                    if number % 64 == 63:
                        await asyncio.sleep(0.01)  # a burst of thousands would be lost in our own queue
            if turn < _SENDS - 1:
                await asyncio.sleep(min(dice.uniform(0.05, 0.25), seconds / 8))
        await asyncio.sleep(max(0.0, ends - loop.time()))
    finally:
        transport.close()
    return tuple(sorted(hearing.found.values(), key=lambda one: _sortable(one.address)))


def probe(message_id: str, types: str) -> bytes:
    """Return a probe on a single line: some firmwares read no further than the first."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        f' xmlns:a="{_WSA}" xmlns:d="{_WSD}"><s:Header><a:Action s:mustUnderstand="1">{_WSD}/Probe</a:Action>'
        f"<a:MessageID>{message_id}</a:MessageID>"
        f"<a:ReplyTo><a:Address>{_WSA}/role/anonymous</a:Address></a:ReplyTo>"
        '<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>'
        f"<s:Body><d:Probe>{types}</d:Probe></s:Body></s:Envelope>"
    ).encode()


def matches(data: bytes, sender: str, ids: set[str]) -> Iterator[Found]:
    """Yield the devices of one answer; nothing for what is no answer to a probe of ours. Never raises."""
    try:
        root, _ = xml.parse(data)
    except BadReply:
        return
    header = xml.find(root, "Header")
    answers_to = xml.text(header, "RelatesTo")
    if answers_to not in ids and answers_to.removeprefix("urn:") not in ids:
        return
    holder = xml.find(root, "Body/ProbeMatches")
    for row in list(xml.children(holder, "ProbeMatch"))[:16] if holder is not None else ():
        yield _found(row, sender)


def _found(row: Element, sender: str) -> Found:
    scopes = [word for word in xml.text(row, "Scopes").split()[:200] if word.startswith(_SCOPE)]
    told: dict[str, list[str]] = {}
    for scope in scopes:
        key, _, value = scope.removeprefix(_SCOPE).partition("/")
        told.setdefault(key.lower(), []).append(_plain(unquote(value)))
    return Found(
        address=sender,
        endpoint=_plain(xml.text(row, "EndpointReference/Address")),
        types=tuple(word.rpartition(":")[2][:60] for word in xml.text(row, "Types").split()[:20]),
        services=tuple(services(xml.text(row, "XAddrs").split()[:20], sender)),
        name=next(iter(told.get("name", ())), ""),
        hardware=next(iter(told.get("hardware", ())), ""),
        location=next(iter(told.get("location", ())), ""),
        profiles=tuple(dict.fromkeys(told.get("profile", ()))),
    )


def services(addresses: Sequence[str], sender: str) -> Iterator[Service]:
    """Yield the service addresses that are on the sender itself; what points elsewhere is not believed."""
    for text in addresses:
        try:
            parts = urlsplit(text)
            port = parts.port or (443 if parts.scheme == "https" else 80)
            is_own = parts.hostname is not None and ip_address(parts.hostname) == ip_address(sender)
        except ValueError:
            continue
        if is_own and parts.scheme in {"http", "https"}:
            yield Service(parts.scheme == "https", port, parts.path or "/")


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:120].strip()


def _socket(interface: str) -> socket.socket:
    """Return a socket that sends from one interface.

    Raises:
        Unreachable: there is no such interface.
    """
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        sock.bind((interface, 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if interface:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
    except OSError as err:
        sock.close()
        raise Unreachable(f"cannot send from {interface or 'any interface'}: {err.strerror or err}") from err
    return sock


def _sortable(address: str) -> tuple[int, str]:
    try:
        return int(ip_address(address)), address
    except ValueError:
        return 0, address
