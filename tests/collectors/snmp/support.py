"""Helpers of the SNMP tests: devices, recordings, UDP agents that misbehave, net-snmp's snmpd."""

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto import api
from pysnmp.proto.rfc1902 import ObjectIdentifier

from models.facts import Device, Kind, Reading, Secret, SnmpAccess

REPO = Path(__file__).parents[3]
CASES = sorted((REPO / "tests/cases/snmp").iterdir())
SHARED = REPO.parent / "shared/data/snmp"

COMMUNITY = "correct-community"
AUTH_KEY = "auth-pass-phrase"
PRIV_KEY = "priv-pass-phrase"
V2C = SnmpAccess(community=Secret(COMMUNITY))

_V2C = api.PROTOCOL_MODULES[api.SNMP_VERSION_2C]


def device(kind: Kind = Kind.CAMERA, *, name: str = "dev-1", host: str = "127.0.0.1", **access) -> Device:
    """Return a device with SNMP v2c and the right community unless told otherwise."""
    given = {"community": Secret(COMMUNITY)} | access
    return Device(name, kind, host, snmp=SnmpAccess(**given))


def line(collector: str, reading: Reading) -> str:
    """Return one line of expected.txt."""
    value = reading.value if isinstance(reading.value, str) else f"{reading.value:.10g}"
    part = f"[{reading.part}]" if reading.part else ""
    return f"{collector} {reading.metric.name}{part} = {value}"


def values(readings: Iterable[Reading], metric: str) -> dict[str, float | str]:
    """Return value by part of one metric."""
    return {reading.part: reading.value for reading in readings if reading.metric.name == metric}


def answer(request: bytes, binds, *, status: int = 0, index: int = 0, request_id: int | None = None) -> bytes:
    """Return a v2c response to a request; `binds` are (OID, pysnmp value)."""
    asked, _ = decoder.decode(request, asn1Spec=_V2C.Message())
    pdu = _V2C.apiMessage.get_pdu(asked)
    reply = _V2C.GetResponsePDU()
    _V2C.apiPDU.set_defaults(reply)
    given = _V2C.apiPDU.get_request_id(pdu) if request_id is None else request_id
    _V2C.apiPDU.set_request_id(reply, given)
    _V2C.apiPDU.set_error_status(reply, status)
    _V2C.apiPDU.set_error_index(reply, index)
    _V2C.apiPDU.set_varbinds(reply, [(ObjectIdentifier(oid), value) for oid, value in binds])
    message = _V2C.Message()
    _V2C.apiMessage.set_defaults(message)
    _V2C.apiMessage.set_community(message, _V2C.apiMessage.get_community(asked))
    _V2C.apiMessage.set_pdu(message, reply)
    return encoder.encode(message)


def asked(request: bytes) -> tuple[str, list[str], int]:
    """Return (kind of PDU, OIDs, max-repetitions or 0) of a v2c request."""
    message, _ = decoder.decode(request, asn1Spec=_V2C.Message())
    pdu = _V2C.apiMessage.get_pdu(message)
    kind = type(pdu).__name__
    bulk = int(_V2C.apiBulkPDU.get_max_repetitions(pdu)) if kind == "GetBulkRequestPDU" else 0
    return kind, [str(oid) for oid, _ in _V2C.apiPDU.get_varbinds(pdu)], bulk


def request_id(request: bytes) -> int:
    """Return the id of a v1 or v2c request."""
    message, _ = decoder.decode(request, asn1Spec=_V2C.Message())
    return int(_V2C.apiPDU.get_request_id(_V2C.apiMessage.get_pdu(message)))


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, answers: Callable[[bytes], Iterable[bytes]], sender: asyncio.DatagramTransport | None):
        self.answers, self.sender, self.requests = answers, sender, []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.requests.append(data)
        for reply in self.answers(data):
            (self.sender or self.transport).sendto(reply, addr)


@asynccontextmanager
async def udp_agent(
    answers: Callable[[bytes], Iterable[bytes]], *, answer_from: str = ""
) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Serve UDP on a free port of 127.0.0.1; yields (port, requests). `answer_from`: reply from elsewhere."""
    loop = asyncio.get_running_loop()
    sender = None
    if answer_from:
        sender, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(answer_from, 0))
    transport, protocol = await loop.create_datagram_endpoint(
        lambda: _Udp(answers, sender), local_addr=("127.0.0.1", 0)
    )
    try:
        yield transport.get_extra_info("sockname")[1], protocol.requests
    finally:
        transport.close()
        if sender:
            sender.close()
        await asyncio.sleep(0)


def free_port() -> int:
    """Return a UDP port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def snmpd(folder: Path) -> Iterator[int]:
    """Run net-snmp's snmpd in the foreground with its own folder; yields its port, ends it by its process."""
    program = shutil.which("snmpd") or shutil.which("snmpd", path="/usr/sbin:/sbin")
    assert program, "the tests need Debian's snmpd"
    port = free_port()
    config = folder / "snmpd.conf"
    config.write_text(
        f"rocommunity {COMMUNITY} 127.0.0.1\n"
        "sysName snmpd-under-test\n"
        "sysServices 72\n"
        f"createUser plain\nrouser plain noauth\n"
        f'createUser signed SHA "{AUTH_KEY}"\nrouser signed auth\n'
        f'createUser sealed SHA "{AUTH_KEY}" AES "{PRIV_KEY}"\nrouser sealed priv\n'
        f'createUser sealed256 SHA-256 "{AUTH_KEY}" AES "{PRIV_KEY}"\nrouser sealed256 priv\n',
        encoding="utf-8",
    )
    own = {"SNMP_PERSISTENT_DIR": str(folder), "SNMP_PERSISTENT_FILE": str(folder / "state.conf"), "MIBS": ""}
    with (folder / "snmpd.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "-f", "-Lo", "-C", "-c", str(config), f"udp:127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
            env=os.environ | own,
        )
    try:
        _until_up(process, folder / "snmpd.log")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _until_up(process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 20
    while b"NET-SNMP version" not in log.read_bytes():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "snmpd did not start"
        time.sleep(0.05)
