"""WS-Discovery of the simulated devices: each answers on UDP port 3702 of its own address, and to the group.

Strict: a probe that is not well-formed, spread over lines, or asks for a type the device is not, gets no
answer. Linux delivers a multicast datagram to every socket that joined the group on loopback.
"""

import asyncio
import socket
import struct
from typing import Final
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape

from lxml import etree

from simulator.faults import FaultBoard
from simulator.onvif.box import Box
from simulator.onvif.device import scope_words
from simulator.site import DeviceSpec, SiteSpec

PORT: Final = 3702
GROUP: Final = "239.255.255.250"
_WSD: Final = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_WSA: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_TYPE: Final = "NetworkVideoTransmitter"


class Discovery(asyncio.DatagramProtocol):
    """Answers probes for one device.

    Args:
        spec: the device.
        board: which faults are on.
        site: what else exists.
        port: UDP port to listen on.
    """

    def __init__(self, spec: DeviceSpec, board: FaultBoard, site: SiteSpec, *, port: int = PORT) -> None:
        self._spec, self._board, self._port = spec, board, port
        self._box = Box(spec, board, site, lambda: 0.0)
        self._transports: list[asyncio.DatagramTransport] = []
        self.counts = {"probes": 0}

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the address is taken or cannot be used.
        """
        loop = asyncio.get_running_loop()
        for sock in (_own(self._spec.address, self._port), _group(self._port)):
            transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=sock)
            self._transports.append(transport)

    async def stop(self) -> None:
        """Listen no more."""
        while self._transports:
            self._transports.pop().close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a probe from the device's own address."""
        if self._board.is_off(self._spec.id) or self._box.has("discovery_silent"):
            return
        message_id = _asked(data, only_typed=self._box.has("discovery_wants_type") > 0)
        if message_id:
            self.counts["probes"] += 1
            self._transports[0].sendto(self._answer(message_id), addr)

    def _answer(self, message_id: str) -> bytes:
        host = "192.0.2.66" if self._box.has("discovery_elsewhere") else self._spec.address
        address = f"http://{host}:{self._box.onvif.port}/onvif/device_service"
        if self._box.has("discovery_elsewhere"):
            address += " http://198.51.100.7/onvif/device_service"
        relates = (
            "uuid:00000000-0000-0000-0000-000000000000" if self._box.has("discovery_wrong_id") else message_id
        )
        padding = "x" * 20_000 if self._box.has("discovery_huge") else ""
        endpoint = uuid5(NAMESPACE_URL, self._spec.mac)
        scopes = " ".join("onvif://www.onvif.org/" + word for word in scope_words(self._box))
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}" xmlns:a="{_WSA}"'
            f' xmlns:d="{_WSD}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"'
            ' xmlns:tds="http://www.onvif.org/ver10/device/wsdl">'
            f"<s:Header><a:MessageID>uuid:{uuid5(endpoint, message_id)}</a:MessageID>"
            f"<a:RelatesTo>{escape(relates)}"
            f"</a:RelatesTo><a:Action>{_WSD}/ProbeMatches</a:Action></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>"
            f"<a:EndpointReference><a:Address>urn:uuid:{endpoint}</a:Address></a:EndpointReference>"
            f"<d:Types>dn:{_TYPE} tds:Device</d:Types>"
            f"<d:Scopes>{scopes}{padding}"
            f"</d:Scopes><d:XAddrs>{address}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
            "</d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>"
        )
        return text.encode()


def _asked(data: bytes, *, only_typed: bool) -> str:
    """Return the message id of a probe that means this device, "" for anything else."""
    if b"\n" in data:
        return ""
    try:
        root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return ""
    probe = root.find(f"{{{_SOAP}}}Body/{{{_WSD}}}Probe")
    action = root.findtext(f"{{{_SOAP}}}Header/{{{_WSA}}}Action", "")
    if probe is None or action != f"{_WSD}/Probe":
        return ""
    types = {word.rpartition(":")[2] for word in probe.findtext(f"{{{_WSD}}}Types", "").split()}
    if types - {_TYPE, "Device"} or (only_typed and types != {_TYPE}):
        return ""
    return str(root.findtext(f"{{{_SOAP}}}Header/{{{_WSA}}}MessageID", ""))


def _own(address: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def _group(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind((GROUP, port))
        joined = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
    except OSError:
        sock.close()
        raise
    return sock
