"""Traps and informs: a device calls before it is asked. They are hints to look at once, never a verdict.

    UDP ─▶ known sender? ─▶ too many? ─▶ its community or keys? ─▶ Trap ─▶ on_trap
            unknown          limited      refused                   accepted      (counted, all of them)

What is not from a device of the inventory is counted and costs nothing more. Nothing a trap says becomes a
reading, since traps get lost, repeat themselves and can be forged.
"""

import asyncio
import ipaddress
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from collectors.snmp.engine import Value
from collectors.snmp.trap_engine import Header, Notice, TrapEngine, is_possible
from collectors.snmp.trap_names import Meaning, meaning, redacted
from models.facts import Device, SnmpAccess

log = logging.getLogger(__name__)

PORT: Final = 1162  # 162 needs a privilege: redirect it, or give CAP_NET_BIND_SERVICE
RESULTS: Final = ("accepted", "unknown", "refused", "limited")
LARGEST: Final = 8_192  # bytes of a datagram; a trap of 64 variables is smaller
_VERSIONS: Final = ("1", "2c", "", "3")
_AGENT_ADDRESS: Final = "1.3.6.1.6.3.18.1.3.0"  # snmpTrapAddress: RFC 3584 adds it to a translated v1 trap
_MOST_ACCESSES: Final = 4  # tried for one datagram: devices behind one address may differ in their keys


@dataclass(frozen=True, slots=True)
class Trap:
    """One notification of a known device, without its community.

    Attributes:
        device: id of the device it concerns.
        oid: which notification, as v2c names it.
        meaning: what a MIB says of it, None when none that we know does.
        version: "1", "2c" or "3".
        uptime_seconds: sysUpTime that came with it.
        variables: the rest of it, redacted.
    """

    device: str
    oid: str
    meaning: Meaning | None
    version: str
    uptime_seconds: float | None
    variables: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many datagrams are looked at: so many at once, and so many per second after that."""

    source_burst: float = 20.0
    source_rate: float = 1.0
    total_burst: float = 100.0
    total_rate: float = 20.0  # at 10 ms for the dearest (v3), a fifth of a core at worst


class TrapReceiver:
    """Listens for notifications of the devices of a site.

    Args:
        host: address to listen on.
        port: UDP port; 0 takes any free one.
        on_trap: called in the loop with each accepted trap; must be quick.
        trusted: addresses that forward for others (a NAT router, a relay): there, and only there, the agent
            address inside the message says whom it is from.
        limits: rates.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        host: str,
        port: int = PORT,
        *,
        on_trap: Callable[[Trap], None],
        trusted: Iterable[str] = (),
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.host, self.port = host, port
        self.counts = dict.fromkeys(RESULTS, 0)
        self._on_trap = on_trap
        self._trusted = frozenset(map(_plain, trusted))
        self._senders: dict[str, tuple[Device, ...]] = {}
        self._secrets: frozenset[bytes] = frozenset()
        self._throttle = _Throttle(limits or Limits(), clock)
        self._engine = TrapEngine(self._receive)
        self._naming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to listen.

        Raises:
            OSError: the address or port cannot be had.
        """
        self.port = await self._engine.listen(self.host, self.port)

    async def stop(self) -> None:
        """Listen no more; nothing happens when it does not."""
        if self._naming is not None:
            self._naming.cancel()
            await asyncio.gather(self._naming, return_exceptions=True)
        await self._engine.close()

    def set_devices(self, devices: Iterable[Device]) -> None:
        """Take a new inventory: whom to believe, and by which community or keys. Host names take a while."""
        asked = [device for device in devices if device.snmp is not None and is_possible(device.snmp)]
        self._senders = _by_address((device, device.host) for device in asked if _is_address(device.host))
        self._secrets = frozenset(word for device in asked for word in _secrets(device.snmp))
        named = [device for device in asked if not _is_address(device.host)]
        if self._naming is not None:
            self._naming.cancel()
        self._naming = asyncio.create_task(self._look_up(named), name="trap senders") if named else None

    async def _look_up(self, devices: Iterable[Device]) -> None:
        loop = asyncio.get_running_loop()
        for device in devices:
            try:
                found = await loop.getaddrinfo(device.host, None)
            except OSError:
                log.warning("its traps will be unknown: no address device=%s", device.id)
                continue
            for address in {str(entry[4][0]) for entry in found}:
                self._senders[address] = (*self._senders.get(address, ()), device)

    def _receive(self, source: str, datagram: bytes, ticket: Any) -> None:
        """Take one datagram. Nothing in it makes this raise."""
        result = self._judge(_plain(source), datagram, ticket)
        if result:
            self.counts[result] += 1

    def _judge(self, source: str, datagram: bytes, ticket: Any) -> str:
        if source not in self._senders and source not in self._trusted:
            return "unknown"
        if not self._throttle.lets_in(source):
            return "limited"
        header = self._engine.header(datagram) if len(datagram) <= LARGEST else None
        if header is None:
            return "refused"
        if header.version == 3 and not header.engine_id:
            self._engine.discovered(ticket)
            return ""
        before = self._engine.handshakes()
        for access, devices in self._candidates(source, header):
            notice = self._engine.open(header, access, ticket)
            if notice is not None:
                return self._tell(self._concerned(source, devices, notice), header, notice)
        shaking_hands = self._engine.is_own(header.engine_id) and self._engine.handshakes() > before
        return "" if header.version == 3 and shaking_hands else "refused"

    def _candidates(self, source: str, header: Header) -> Iterator[tuple[SnmpAccess, list[Device]]]:
        """Yield the accesses that could have sent it, with the devices that have them."""
        found: dict[SnmpAccess, list[Device]] = {}
        for device in self._possible(source):
            if device.snmp is not None and _fits(device.snmp, header):
                found.setdefault(replace(device.snmp, port=0), []).append(device)  # where *it* is asked
        yield from list(found.items())[:_MOST_ACCESSES]

    def _possible(self, source: str) -> Iterable[Device]:
        if source not in self._trusted:
            return self._senders[source]
        return (device for devices in self._senders.values() for device in devices)

    def _concerned(self, source: str, devices: list[Device], notice: Notice) -> list[Device]:
        """Return whom it is from: by its source, or behind a trusted one by the agent address in it."""
        if source in self._trusted:
            inside = dict(notice.variables).get(_AGENT_ADDRESS)
            source = inside if isinstance(inside, str) and inside != "0.0.0.0" else source
        at_source = {device.id for device in self._senders.get(source, ())}
        return [device for device in devices if device.id in at_source]

    def _tell(self, devices: list[Device], header: Header, notice: Notice) -> str:
        variables = redacted(notice.variables, self._secrets)
        for device in devices:
            version = _VERSIONS[header.version]
            trap = Trap(device.id, notice.oid, meaning(notice.oid), version, notice.uptime, variables)
            try:
                self._on_trap(trap)
            except Exception:  # a fault of ours must not end the listening
                log.exception("trap not taken device=%s", device.id)
        return "accepted" if devices else "unknown"


class _Throttle:
    """Token buckets, one a source and one for all. Only known sources come here: it stays small."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._total = (limits.total_burst, clock())
        self._sources: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def lets_in(self, source: str) -> bool:
        now, limits = self._clock(), self._limits
        own = self._sources.pop(source, (limits.source_burst, now))
        tokens = _filled(own, now, limits.source_rate, limits.source_burst)
        total = _filled(self._total, now, limits.total_rate, limits.total_burst)
        allowed = tokens >= 1 and total >= 1
        self._sources[source] = (tokens - allowed, now)
        self._total = (total - allowed, now)
        while self._sources and self._is_full(next(iter(self._sources.values())), now):
            self._sources.popitem(last=False)
        return allowed

    def _is_full(self, bucket: tuple[float, float], now: float) -> bool:
        return _filled(bucket, now, self._limits.source_rate, self._limits.source_burst) >= (
            self._limits.source_burst
        )


def _filled(bucket: tuple[float, float], now: float, rate: float, most: float) -> float:
    tokens, at = bucket
    return min(most, tokens + (now - at) * rate)


def _by_address(pairs: Iterable[tuple[Device, str]]) -> dict[str, tuple[Device, ...]]:
    found: dict[str, tuple[Device, ...]] = {}
    for device, host in pairs:
        address = _plain(host)
        found[address] = (*found.get(address, ()), device)
    return found


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _plain(address: str) -> str:
    """Return an address as it is compared: without a zone, in its shortest form, IPv4 inside IPv6 as IPv4."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return str(getattr(found, "ipv4_mapped", None) or found)


def _fits(access: SnmpAccess, header: Header) -> bool:
    if header.version == 3:
        return access.version == "3" and access.user == header.user
    community = access.community
    return access.version != "3" and community is not None and community.reveal().encode() == header.community


def _secrets(access: SnmpAccess | None) -> Iterator[bytes]:
    for secret in (access.community, access.auth_key, access.priv_key) if access else ():
        if secret is not None:
            yield secret.reveal().encode()
