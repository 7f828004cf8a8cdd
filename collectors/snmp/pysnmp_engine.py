"""The second engine: pysnmp (pure Python), about a hundred times dearer. Only `trap_engine` imports it too.

It hears agents that answer from another address than the one asked, and gives the differential tests a second
opinion. One SnmpEngine per process: each costs 90 ms and, per address ever asked, 20 kB that it never frees.
"""

import asyncio
import importlib
import ipaddress
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Final

from collectors.base import AuthRejected, BadReply, CollectError, NotSupported, Unreachable
from collectors.snmp.engine import Value
from collectors.snmp.oids import SYS_UPTIME, under
from collectors.snmp.usm import protocol
from models.facts import Device, SnmpAccess

_AUTH: Final = {
    "SHA": "USM_AUTH_HMAC96_SHA",
    "SHA1": "USM_AUTH_HMAC96_SHA",
    "SHA224": "USM_AUTH_HMAC128_SHA224",
    "SHA256": "USM_AUTH_HMAC192_SHA256",
    "SHA384": "USM_AUTH_HMAC256_SHA384",
    "SHA512": "USM_AUTH_HMAC384_SHA512",
    "MD5": "USM_AUTH_HMAC96_MD5",
}
_PRIV: Final = {
    "AES": "USM_PRIV_CFB128_AES",
    "AES128": "USM_PRIV_CFB128_AES",
    "AES192": "USM_PRIV_CFB192_AES_BLUMENTHAL",
    "AES256": "USM_PRIV_CFB256_AES_BLUMENTHAL",
    "DES": "USM_PRIV_CBC56_DES",
}
_REFUSALS: Final = frozenset({
    "UnknownUserName", "UnknownSecurityName", "WrongDigest", "AuthenticationFailure", "AuthenticationError",
    "DecryptionError", "UnsupportedSecurityLevel", "NotInTimeWindow", "UnknownCommunityName",
})  # fmt: skip
_PATIENCE: Final = 5  # seconds after which pysnmp itself forgets a request; our own wait is shorter
_HELLO_WAIT: Final = 1.0  # s
_AUTHORIZATION_ERROR: Final = 16  # error-status authorizationError (RFC 3416)


class PysnmpEngine:
    """SNMP v1, v2c and v3 through pysnmp, imported and started with the first request."""

    name = "pysnmp"

    def __init__(self) -> None:
        self._lib: Any = None
        self._engine: Any = None
        self._starting = asyncio.Lock()
        self._targets: dict[str, tuple[str, SnmpAccess, Any]] = {}
        self._heard: set[str] = set()  # devices that took our v3 keys

    async def get(self, device: Device, oids: Sequence[str], wait: float) -> dict[str, Value]:
        """Send one GET; see `Engine.get`."""
        found = await self._ask(device, wait, "get_cmd", (), oids)
        return {oid: value for oid, value in found if value is not None}

    async def walk(
        self, device: Device, base: str, bulk: int, wait: float
    ) -> AsyncGenerator[tuple[str, Value], None]:
        """Yield the subtree; see `Engine.walk`."""
        by_one = bulk <= 1 or _access(device).version == "1"
        command, numbers = ("next_cmd", ()) if by_one else ("bulk_cmd", (0, bulk))
        last = base
        while True:
            page = await self._ask(device, wait, command, numbers, [last])
            for oid, value in page:
                if not under(base, oid) or oid == base:
                    return
                if value is not None:
                    yield oid, value
            if not page or page[-1][0] == last or page[-1][1] is None:
                return
            last = page[-1][0]

    def forget(self, device_id: str) -> None:
        """Drop a device's target; what pysnmp itself keeps of an address it keeps for good."""
        self._targets.pop(device_id, None)
        self._heard.discard(device_id)

    def close(self) -> None:
        """Close the UDP socket of the engine."""
        self._targets.clear()
        self._heard.clear()
        if self._engine is not None:
            self._engine.close_dispatcher()
            self._engine = None

    async def _ask(
        self, device: Device, wait: float, command: str, numbers: tuple[int, ...], oids: Sequence[str]
    ) -> list[tuple[str, Value | None]]:
        access = _access(device)
        await self._library()
        try:
            answer = await self._send(device, self._user(access), wait, (command, *numbers), oids)
        except Unreachable:
            if access.version == "3" and device.id not in self._heard and await self._is_there(device, wait):
                raise AuthRejected(
                    f"{device.id} speaks SNMPv3 but ignores what we sign or encrypt: keys or protocols"
                ) from None
            raise
        self._heard.add(device.id)
        status, found = answer
        if status == _AUTHORIZATION_ERROR:
            raise AuthRejected(f"{device.id} refused the SNMP user or community")
        return [] if status else [(str(oid), self._value(value)) for oid, value in found]

    async def _is_there(self, device: Device, wait: float) -> bool:
        """Whether an agent silent to our user tells a nobody that it does not know him (RFC 3414, 4)."""
        nobody = self._lib.UsmUserData("")
        try:
            await self._send(device, nobody, min(wait, _HELLO_WAIT), ("get_cmd",), [SYS_UPTIME])
        except Unreachable:
            return False
        except CollectError:
            return True
        return True

    async def _send(
        self,
        device: Device,
        user: Any,
        wait: float,
        request: tuple[str, *tuple[int, ...]],
        oids: Sequence[str],
    ) -> tuple[int, Any]:
        """Return (error status, variable bindings) of the reply to one request."""
        lib = self._lib
        command, *numbers = request
        asked = [lib.ObjectType(lib.ObjectIdentity(oid)) for oid in oids]
        try:
            target = await self._target(device, _access(device))
            async with asyncio.timeout(wait):
                trouble, status, _index, found = await getattr(lib, command)(
                    self._engine, user, target, lib.ContextData(), *numbers, *asked, lookupMib=False
                )
        except TimeoutError as err:
            raise _silent(device, wait) from err
        except (lib.PySnmpError, lib.PyAsn1Error, OSError) as err:
            raise BadReply(f"{device.id} could not be asked through pysnmp") from err
        if trouble:
            raise _named(trouble, device, wait)
        return int(status), found

    async def _library(self) -> Any:
        async with self._starting:
            if self._lib is None:  # half a second of imports: not on the loop
                self._lib = await asyncio.to_thread(_import)
            if self._engine is None:
                self._engine = self._lib.SnmpEngine()
                self._engine.register_transport_dispatcher(_careful(self._lib.AsyncioDispatcher)())
        return self._lib

    async def _target(self, device: Device, access: SnmpAccess) -> Any:
        kept = self._targets.get(device.id)
        if kept is None or kept[:2] != (device.host, access):
            family = self._lib.Udp6TransportTarget if _is_v6(device.host) else self._lib.UdpTransportTarget
            try:
                target = await family.create((device.host, access.port), timeout=_PATIENCE, retries=0)
            except self._lib.PySnmpError as err:
                raise Unreachable(f"the name {device.host!r} has no address") from err
            kept = (device.host, access, target)
            self._targets[device.id] = kept
        return kept[2]

    def _user(self, access: SnmpAccess) -> Any:
        lib = self._lib
        if access.version != "3":
            community = access.community.reveal() if access.community else ""
            return lib.CommunityData(community, mpModel=0 if access.version == "1" else 1)
        keys: dict[str, Any] = {}
        if access.auth_protocol and access.auth_key is not None:
            name = protocol(_AUTH, access.auth_protocol, what="authentication")
            keys |= {"authKey": access.auth_key.reveal(), "authProtocol": getattr(lib, name)}
            if access.priv_protocol and access.priv_key is not None:
                name = protocol(_PRIV, access.priv_protocol, what="privacy")
                keys |= {"privKey": access.priv_key.reveal(), "privProtocol": getattr(lib, name)}
        return lib.UsmUserData(access.user, **keys)

    def _value(self, value: Any) -> Value | None:
        """Return the same Python value that gufo gives for these bytes."""
        lib = self._lib
        if isinstance(value, lib.NOTHING):
            return None
        if isinstance(value, lib.IpAddress):
            return str(value.prettyPrint())
        if isinstance(value, lib.univ.OctetString):
            return bytes(value)
        if isinstance(value, lib.univ.ObjectIdentifier):
            return str(value)
        return int(value)


def _import() -> Any:
    """Return one namespace with all of pysnmp and pyasn1 that is used here."""
    hlapi = importlib.import_module("pysnmp.hlapi.v3arch.asyncio")
    univ = importlib.import_module("pyasn1.type.univ")
    exceptions = importlib.import_module("pysnmp.proto.rfc1905")
    return SimpleNamespace(
        **vars(hlapi)
        | {
            "univ": univ,
            "AsyncioDispatcher": importlib.import_module("pysnmp.carrier.asyncio.dispatch").AsyncioDispatcher,
            "IpAddress": importlib.import_module("pysnmp.proto.rfc1902").IpAddress,
            "NOTHING": (
                univ.Null,
                exceptions.NoSuchObject,
                exceptions.NoSuchInstance,
                exceptions.EndOfMibView,
            ),
            "PySnmpError": importlib.import_module("pysnmp.error").PySnmpError,
            "PyAsn1Error": importlib.import_module("pyasn1.error").PyAsn1Error,
        }
    )


def _careful(dispatcher: Any) -> Any:
    """Return a dispatcher that drops datagrams pysnmp stumbles over.

    Otherwise asyncio logs a traceback for each with its first bytes, and the community may be among them.
    """

    def register(self: Any, callback: Callable[..., None], *receiver: Any) -> None:
        def receive(*datagram: Any) -> None:
            with suppress(Exception):
                callback(*datagram)

        dispatcher.register_recv_callback(self, receive, *receiver)

    return type("CarefulDispatcher", (dispatcher,), {"register_recv_callback": register})


def _access(device: Device) -> SnmpAccess:
    if device.snmp is None:
        raise NotSupported(f"{device.id} has no SNMP access in the inventory")
    if device.snmp.version not in {"1", "2c", "3"}:
        raise NotSupported(f"SNMP version {device.snmp.version!r} of {device.id} is none of 1, 2c, 3")
    return device.snmp


def _is_v6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def _silent(device: Device, wait: float) -> Unreachable:
    return Unreachable(f"{device.id} gave no SNMP answer within {wait:g} s")


def _named(trouble: Any, device: Device, wait: float) -> CollectError:
    kind = type(trouble).__name__
    if kind == "RequestTimedOut":
        return _silent(device, wait)
    if kind in _REFUSALS:
        return AuthRejected(f"{device.id} refused the SNMP user or its keys ({kind})")
    return BadReply(f"{device.id} sent an SNMP reply that cannot be read ({kind})")
