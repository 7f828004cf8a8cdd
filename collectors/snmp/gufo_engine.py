"""The default engine: gufo_snmp (Rust inside, asyncio outside). The only module that imports it.

A session is one connected UDP socket and nothing else: no thread, no task; its context manager closes
nothing, the socket goes with the object. Opening one for v1 or v2c costs about 9 µs and no datagram, so
sessions are kept only as far as file descriptors are plentiful: the least recently used one makes room.
For v3 opening costs one or two datagrams; engine id and master keys outlive it.
"""

import asyncio
import ipaddress
import resource
import socket
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    DesKey,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpError,
    SnmpVersion,
    User,
)
from gufo.snmp.aio import SnmpSession
from gufo.snmp.user import BaseAuthKey, BasePrivKey, KeyType

from collectors.base import AuthRejected, BadReply, NotSupported, Unreachable
from collectors.snmp.engine import Value
from collectors.snmp.patience import Patience
from collectors.snmp.usm import protocol
from models.facts import Device, Secret, SnmpAccess

_VERSIONS: Final = {"1": SnmpVersion.v1, "2c": SnmpVersion.v2c, "3": SnmpVersion.v3}
_AUTH: Final[dict[str, type[BaseAuthKey]]] = {
    "SHA": Sha1Key,
    "SHA1": Sha1Key,
    "SHA224": Sha224Key,
    "SHA256": Sha256Key,
    "SHA384": Sha384Key,
    "SHA512": Sha512Key,
    "MD5": Md5Key,
}
_PRIV: Final[dict[str, type[BasePrivKey]]] = {
    "AES": Aes128Key,
    "AES128": Aes128Key,
    "AES192": Aes192Key,
    "AES256": Aes256Key,
    "DES": DesKey,
}
_NEVER: Final = 86_400.0  # gufo's own timeout restarts with each stray datagram; ours, outside, does not
_TIME_WINDOW: Final = 120.0  # gufo does not advance engine time; agents accept 150 s (RFC 3414, 2.2.3)


@dataclass(slots=True)
class _Open:
    """One open session, and what it was opened for."""

    session: SnmpSession
    host: str
    access: SnmpAccess
    fresh_at: float  # when engine time was last read from the agent (v3)


class GufoEngine:
    """SNMP v1, v2c and v3 through gufo_snmp.

    Args:
        sessions: how many sockets to keep open; None takes a quarter of what the process may open.
        clock: seconds that only grow.
    """

    name = "gufo"

    def __init__(self, *, sessions: int | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._room = sessions or max(16, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 4)
        self._clock = clock
        self._open: OrderedDict[str, _Open] = OrderedDict()
        self._engine_ids: dict[str, tuple[str, SnmpAccess, bytes]] = {}
        self._master_keys: dict[tuple[type[BaseAuthKey], Secret], bytes] = {}

    async def get(self, device: Device, oids: Sequence[str], wait: float) -> dict[str, Value]:
        """Send one GET; see `Engine.get`."""
        with _named(device, wait):
            try:
                return await self._get(device, oids, wait)
            except SnmpAuthError:
                # A restarted agent has a new engine time or id and refuses the old one: learn it anew, once.
                self.forget(device.id)
            return await self._get(device, oids, wait)

    async def walk(
        self, device: Device, base: str, bulk: int, wait: float
    ) -> AsyncGenerator[tuple[str, Value], None]:
        """Yield the subtree; see `Engine.walk`."""
        by_one = bulk <= 1 or _access(device).version == "1"
        with _named(device, wait):
            session = await self._session(device, wait)
        rows = session.getnext(base) if by_one else session.getbulk(base, bulk)
        with _named(device, wait), Patience(wait) as patience:
            while True:
                patience.begin()
                row = await anext(rows, None)
                patience.rest()
                if row is None:
                    return
                if row[1] is not None:
                    yield row[0], row[1]

    def forget(self, device_id: str) -> None:
        """Drop a device's socket, engine id and engine time."""
        self._open.pop(device_id, None)
        self._engine_ids.pop(device_id, None)

    def close(self) -> None:
        """Drop all sockets and keys."""
        self._open.clear()
        self._engine_ids.clear()
        self._master_keys.clear()

    async def _get(self, device: Device, oids: Sequence[str], wait: float) -> dict[str, Value]:
        session = await self._session(device, wait)
        async with asyncio.timeout(wait):
            found = await session.get_many(oids)
        return {oid: value for oid, value in found.items() if value is not None}

    async def _session(self, device: Device, wait: float) -> SnmpSession:
        access = _access(device)
        kept = self._open.get(device.id)
        if kept is None or kept.host != device.host or kept.access != access:
            kept = await self._start(device, access, wait)
        elif access.version == "3" and self._clock() - kept.fresh_at > _TIME_WINDOW:
            await _within(kept.session.refresh(), wait)
            kept.fresh_at = self._clock()
        self._open[device.id] = kept
        self._open.move_to_end(device.id)
        while len(self._open) > self._room:
            self._open.popitem(last=False)
        return kept.session

    async def _start(self, device: Device, access: SnmpAccess, wait: float) -> _Open:
        self._open.pop(device.id, None)
        host = await _address(device.host, access.port)
        if access.version != "3":
            community = access.community.reveal() if access.community else ""
            session = SnmpSession(
                host, access.port, community, version=_VERSIONS[access.version], timeout=_NEVER
            )
            return _Open(session, device.host, access, self._clock())
        known = self._engine_ids.get(device.id)
        engine_id = known[2] if known and known[:2] == (device.host, access) else None
        user = self._user(access)
        session = SnmpSession(host, access.port, user=user, engine_id=engine_id, timeout=_NEVER)
        await (_within(session.refresh(), wait) if engine_id else _introduce(session, device, wait))
        self._engine_ids[device.id] = (device.host, access, session.get_engine_id())
        return _Open(session, device.host, access, self._clock())

    def _user(self, access: SnmpAccess) -> User:
        if not access.auth_protocol or access.auth_key is None:
            return User(access.user)
        auth = protocol(_AUTH, access.auth_protocol, what="authentication")
        auth_key = auth(self._master(auth, access.auth_key), KeyType.Master)
        if not access.priv_protocol or access.priv_key is None:
            return User(access.user, auth_key=auth_key)
        priv = protocol(_PRIV, access.priv_protocol, what="privacy")
        # The privacy password goes through the hash of the authentication protocol (RFC 3414, 2.6).
        priv_key = priv(self._master(auth, access.priv_key), KeyType.Master)
        return User(access.user, auth_key=auth_key, priv_key=priv_key)

    def _master(self, auth: type[BaseAuthKey], password: Secret) -> bytes:
        """Return Ku of RFC 3414 A.2: 1 MiB through a hash, so kept."""
        if (auth, password) not in self._master_keys:
            self._master_keys[auth, password] = auth.get_master_key(password.reveal().encode())
        return self._master_keys[auth, password]


async def _introduce(session: SnmpSession, device: Device, wait: float) -> None:
    """Learn an agent's engine id, then its engine time, asked for with our keys (RFC 3414, 4).

    Raises:
        TimeoutError: it is silent.
        AuthRejected: it told its engine id and was then silent twice to what we signed and encrypted.
    """
    try:
        await _within(session.refresh(), wait)
        return  # noqa: TRY300 - what follows is for silence only
    except TimeoutError:
        if not session.get_engine_id():
            raise
    try:
        await _within(session.refresh(), wait)
    except TimeoutError as err:
        raise AuthRejected(
            f"{device.id} told its SNMPv3 engine id but ignores what we encrypt: privacy key or protocol"
        ) from err


async def _within(step: Awaitable[None], wait: float) -> None:
    async with asyncio.timeout(wait):
        await step


async def _address(host: str, port: int) -> str:
    """Return the address of a host: gufo takes no names."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except OSError as err:
        raise Unreachable(f"the name {host!r} has no address") from err
    return str(found[0][4][0])


def _access(device: Device) -> SnmpAccess:
    if device.snmp is None:
        raise NotSupported(f"{device.id} has no SNMP access in the inventory")
    if device.snmp.version not in _VERSIONS:
        raise NotSupported(f"SNMP version {device.snmp.version!r} of {device.id} is none of 1, 2c, 3")
    return device.snmp


@contextmanager
def _named(device: Device, wait: float) -> Iterator[None]:
    """Turn what gufo raises into the tree of `collectors.base`.

    Malformed replies make its Rust side panic now and then. That arrives as a BaseException of a class that
    cannot be imported, and would stop the agent.
    """
    try:
        yield
    except TimeoutError as err:
        raise Unreachable(f"{device.id} gave no SNMP answer within {wait:g} s") from err
    except OSError as err:
        raise Unreachable(f"{device.id} cannot be asked over SNMP: {err.strerror or 'no way to it'}") from err
    except SnmpAuthError as err:
        raise AuthRejected(f"{device.id} refused the SNMP user or its keys") from err
    except SnmpError as err:
        raise BadReply(f"{device.id} sent an SNMP reply that cannot be read") from err
    except BaseException as err:
        if type(err).__name__ != "PanicException":
            raise
        raise BadReply(f"{device.id} sent an SNMP reply that gufo cannot bear") from err
