"""Notifications read by pysnmp: v1, v2c and v3, informs acknowledged. Its errors end here.

    datagram ─▶ gate (who sent it? too many?) ─▶ header ─▶ open (keys of the sender) ─▶ Notice

pysnmp sees a datagram only after the gate let it in: each address it ever saw costs it memory for good.
"""

import asyncio
import contextlib
import importlib
import ipaddress
import socket
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

from collectors.base import NotSupported
from collectors.snmp.engine import Value
from collectors.snmp.usm import protocol
from models.facts import SnmpAccess

AUTH: Final = {
    "SHA": "USM_AUTH_HMAC96_SHA",
    "SHA1": "USM_AUTH_HMAC96_SHA",
    "SHA224": "USM_AUTH_HMAC128_SHA224",
    "SHA256": "USM_AUTH_HMAC192_SHA256",
    "SHA384": "USM_AUTH_HMAC256_SHA384",
    "SHA512": "USM_AUTH_HMAC384_SHA512",
    "MD5": "USM_AUTH_HMAC96_MD5",
}
PRIV: Final = {"AES": "USM_PRIV_CFB128_AES", "AES128": "USM_PRIV_CFB128_AES", "DES": "USM_PRIV_CBC56_DES"}
MOST_VARIABLES: Final = 64
_MOST_KEYS: Final = 4_000  # users by engine id whose keys are kept; a registration is some 20 kB and 4 ms
_UPTIME: Final = "1.3.6.1.2.1.1.3.0"
_TRAP_OID: Final = "1.3.6.1.6.3.1.1.4.1.0"
_CONTEXT: Final = "rfc3412.receiveMessage:request"
_V3: Final = 3

Gate = Callable[[str, bytes, Any], None]
"""Called with source address, datagram and a ticket for `TrapEngine.open`."""


@dataclass(frozen=True, slots=True)
class Header:
    """What stands unencrypted before a message: the community (v1, v2c), or engine id and user (v3)."""

    version: int
    community: bytes = field(default=b"", repr=False)
    engine_id: bytes = b""
    user: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """A notification as it came, community included: not to be shown."""

    oid: str
    uptime: float | None
    level: int  # 1 in the clear, 2 signed, 3 encrypted too (RFC 3411, SnmpSecurityLevel)
    variables: tuple[tuple[str, Value], ...] = field(repr=False)


class TrapEngine:
    """One UDP socket and one pysnmp engine. Its engine id is new with each start, as its boots are not kept.

    Args:
        gate: sees every datagram first.
    """

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._lib: Any = None
        self._engine: Any = None
        self._transport: Any = None
        self._heard: Notice | None = None
        self._communities: set[bytes] = set()
        self._keys: OrderedDict[tuple[bytes, str], SnmpAccess] = OrderedDict()

    async def listen(self, host: str, port: int) -> int:
        """Bind and begin to read; return the port.

        Raises:
            OSError: the address or port cannot be had.
        """
        bound = _bound(host, port)
        try:
            self._lib = await asyncio.to_thread(_import)
            self._engine = await asyncio.to_thread(self._lib.SnmpEngine)
            self._lib.NotificationReceiver(self._engine, self._take)
            self._engine.register_transport_dispatcher(_gated(self._lib.AsyncioDispatcher, self._gate)())
            kind = self._lib.udp6 if bound.family == socket.AF_INET6 else self._lib.udp
            transport = kind.UdpTransport() if kind is self._lib.udp else kind.Udp6Transport()
            self._transport = transport.open_server_mode(sock=bound)
            self._lib.config.add_transport(self._engine, kind.DOMAIN_NAME, self._transport)
        except BaseException:
            bound.close()
            raise
        return int(bound.getsockname()[1])

    async def close(self) -> None:
        """Read no more."""
        if self._engine is not None:
            with contextlib.suppress(self._lib.PySnmpError):
                self._engine.close_dispatcher()
            self._engine = None
            await asyncio.sleep(0)  # the loop closes the socket in its next turn

    def header(self, datagram: bytes) -> Header | None:
        """Return the header of a message, None when it is none."""
        lib = self._lib
        try:
            version = int(lib.verdec.decode_message_version(datagram))
            message, _ = lib.decoder.decode(datagram, asn1Spec=lib.specs[version])
            if version != _V3:
                return Header(version, community=bytes(message.getComponentByPosition(1)))
            raw = bytes(message.getComponentByPosition(2))
            usm, _ = lib.decoder.decode(raw, asn1Spec=lib.UsmSecurityParameters())
            user = bytes(usm.getComponentByPosition(3)).decode("latin-1")
            return Header(version, engine_id=bytes(usm.getComponentByPosition(0)), user=user)
        except Exception:  # noqa: BLE001  pyasn1 raises whatever it stumbles over, and this is an open port
            return None

    def is_own(self, engine_id: bytes) -> bool:
        """Whether a message is an inform, for which we are the authority."""
        return engine_id == bytes(self._engine.snmpEngineID)

    def open(self, header: Header, access: SnmpAccess, ticket: Any) -> Notice | None:
        """Read a message with the keys of `access`; acknowledge an inform. None: it is not by these keys."""
        self._heard = None
        try:
            fresh = self._learn(header, access)
            ticket()
        except Exception:  # noqa: BLE001  as above; nothing of it may be shown, the community is in it
            return None
        if self._heard is not None and self._heard.level < _level(header, access):
            self._heard = None  # pysnmp takes an unsigned message by the name of a user alone
        if self._heard is None and fresh:
            self._unlearn(header)  # somebody made this engine id up
        return self._heard

    def discovered(self, ticket: Any) -> None:
        """Answer a message that asks for our engine id, as every v3 inform begins (RFC 3414, section 4)."""
        with contextlib.suppress(Exception):  # pyasn1 raises whatever it stumbles over
            ticket()

    def handshakes(self) -> int:
        """Return how many signed messages did not know our clock, which is an inform's second step."""
        names = ("usmStatsNotInTimeWindows",)
        found = self._engine.get_mib_builder().import_symbols("__SNMP-USER-BASED-SM-MIB", *names)
        return sum(int(counter.syntax) for counter in found)

    def _learn(self, header: Header, access: SnmpAccess) -> bool:
        """Give pysnmp the community or keys; return whether keys were new.

        A sender of traps is its own authority (RFC 3414, section 1.5.1): its engine id stands in the message,
        and that the message is signed by the user's key for it proves it.
        """
        config = self._lib.config
        if header.version != _V3:
            if header.community not in self._communities:
                name = f"known-{len(self._communities)}"
                config.add_v1_system(self._engine, name, header.community)
                self._communities.add(header.community)
            return False
        key = (header.engine_id, header.user)
        if self._keys.get(key) == access:
            return False
        self._unlearn(header)
        own = self.is_own(header.engine_id)
        engine_id = None if own else self._lib.OctetString(header.engine_id)
        config.add_v3_user(self._engine, access.user, **self._secrets(access), securityEngineId=engine_id)
        self._keys[key] = access
        while len(self._keys) > _MOST_KEYS:
            self._forget(*next(iter(self._keys)))
        return True

    def _unlearn(self, header: Header) -> None:
        if (header.engine_id, header.user) in self._keys:
            self._forget(header.engine_id, header.user)

    def _forget(self, engine_id: bytes, user: str) -> None:
        del self._keys[engine_id, user]
        given = None if self.is_own(engine_id) else self._lib.OctetString(engine_id)
        with contextlib.suppress(self._lib.PySnmpError):
            self._lib.config.delete_v3_user(self._engine, user, given)

    def _secrets(self, access: SnmpAccess) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for names, what, written, key in (
            (AUTH, "auth", access.auth_protocol, access.auth_key),
            (PRIV, "priv", access.priv_protocol, access.priv_key),
        ):
            if written and key is not None:
                found[f"{what}Protocol"] = getattr(self._lib, protocol(names, written, what=what))
                found[f"{what}Key"] = key.reveal()
        return found

    def _take(self, engine: Any, _state: Any, _engine_id: Any, _name: Any, binds: Any, _context: Any) -> None:
        """Take what pysnmp read; called before `open` returns."""
        context = engine.observer.get_execution_context(_CONTEXT)
        if context is None:
            return
        oid, uptime, found = "", None, []
        for name, raw in binds[:MOST_VARIABLES]:
            value = self._value(raw)
            if str(name) == _TRAP_OID:
                oid = str(value)
            elif str(name) == _UPTIME and isinstance(value, int):
                uptime = value / 100
            elif value is not None:
                found.append((str(name), value))
        if oid:
            self._heard = Notice(oid, uptime, int(context["securityLevel"]), tuple(found))

    def _value(self, value: Any) -> Value | None:
        lib = self._lib
        if value.tagSet == lib.IpAddress.tagSet:  # v1 has a class of its own for it
            return str(ipaddress.IPv4Address(bytes(value)))
        if isinstance(value, lib.univ.OctetString):
            return bytes(value)
        if isinstance(value, lib.univ.ObjectIdentifier):
            return str(value)
        return int(value) if isinstance(value, lib.univ.Integer) else None


def is_possible(access: SnmpAccess) -> bool:
    """Whether there are keys by which notifications of a device can be read."""
    try:
        for names, written in ((AUTH, access.auth_protocol), (PRIV, access.priv_protocol)):
            if written:
                protocol(names, written, what="")
    except NotSupported:
        return False
    return bool(access.user) if access.version == "3" else access.community is not None


def _level(header: Header, access: SnmpAccess) -> int:
    """Return the lowest security level to believe: that of the user's keys."""
    return 1 + bool(access.auth_key) + bool(access.priv_key) if header.version == _V3 else 1


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    found = socket.socket(family, socket.SOCK_DGRAM)
    try:
        found.setblocking(False)
        found.bind((host, port))
    except BaseException:
        found.close()
        raise
    return found


def _gated(dispatcher: Any, gate: Gate) -> Any:
    """Return a dispatcher that shows each datagram to the gate instead of handing it to pysnmp."""

    def register(self: Any, callback: Callable[..., None], *receiver: Any) -> None:
        def receive(carrier: Any, domain: Any, address: Any, datagram: bytes) -> None:
            gate(str(address[0]), datagram, lambda: callback(carrier, domain, address, datagram))

        dispatcher.register_recv_callback(self, receive, *receiver)

    return type("GatedDispatcher", (dispatcher,), {"register_recv_callback": register})


def _import() -> Any:
    """Return one namespace with all of pysnmp and pyasn1 that is used here."""
    load = importlib.import_module
    hlapi = load("pysnmp.hlapi.v3arch.asyncio")
    rfc1902 = load("pysnmp.proto.rfc1902")
    return SimpleNamespace(
        **vars(hlapi)
        | {
            "config": load("pysnmp.entity.config"),
            "udp": load("pysnmp.carrier.asyncio.dgram.udp"),
            "udp6": load("pysnmp.carrier.asyncio.dgram.udp6"),
            "AsyncioDispatcher": load("pysnmp.carrier.asyncio.dispatch").AsyncioDispatcher,
            "NotificationReceiver": load("pysnmp.entity.rfc3413.ntfrcv").NotificationReceiver,
            "verdec": load("pysnmp.proto.api.verdec"),
            "decoder": load("pyasn1.codec.ber.decoder"),
            "specs": {
                0: load("pysnmp.proto.api.v1").Message(),
                1: load("pysnmp.proto.api.v2c").Message(),
                _V3: load("pysnmp.proto.mpmod.rfc3412").SNMPv3Message(),
            },
            "UsmSecurityParameters": load("pysnmp.proto.secmod.rfc3414.service").UsmSecurityParameters,
            "univ": load("pyasn1.type.univ"),
            "IpAddress": rfc1902.IpAddress,
            "OctetString": rfc1902.OctetString,
            "PySnmpError": load("pysnmp.error").PySnmpError,
        }
    )
