"""How a device is asked, whichever library does it: sizes, tries, caps, one request in flight, which engine.

    get   30 OIDs a request at most, 10 and then 1 where the agent refuses (tooBig, v1 noSuchName)
    walk  GETBULK of 25 rows (cameras 10), halved when it fails, GETNEXT at last; stops at a cap or a loop

A device that was never heard through the default engine is asked once through the second one, which also
hears replies from another address; where that answers, it stays with it until `forget`. One that was heard
before and fell silent is too, after a while and never many at once: its address may have changed, but a dark
site must not load the dear engine. The inventory may say which engine a device wants.

The default engine does not show the error status of a reply. An agent that fills in numbers beside an error
is known by a value where there can be none (`NEVER`), or by nothing but zeros; it goes to the second engine.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from collectors.base import BadReply, CollectError, Unreachable
from collectors.snmp.engine import Engine, Value
from collectors.snmp.oids import NEVER, SYS_UPTIME, order
from collectors.snmp.walks import Basket, Walk
from models.facts import Device, Kind, SnmpAccess

Tap = Callable[[str, str, Value], None]
"""Called with (device id, OID, value) for each value that came back; sees no community, user or key."""

_SIZES: Final = (30, 10, 1)  # OIDs per GET; 30 stay below an Ethernet frame
_BULK: Final = 25
_BULK_CAMERA: Final = 10  # small agents skip rows of larger ones without a word
_PROVE_EVERY: Final = 8  # GETs of a device between two proofs that it gives no values where there are none
_FALLBACK_EVERY: Final = 60  # silent polls between two tries of the second engine
_FALLBACK_WAIT: Final = 1.5
_FALLBACK_HEARD: Final = 3  # silent polls in a row after which a device that was heard may have moved
_FALLBACK_PAUSE: Final = 5.0  # s between two such tries, over all devices


@dataclass(slots=True)
class _Peer:
    """What is remembered of one device."""

    host: str
    access: SnmpAccess | None
    bulk: int
    engine: Engine
    size: int = _SIZES[0]
    heard: bool = False
    answers_bulk: bool = False  # a GETBULK of its size brought rows
    has_uptime: bool = False
    gets: int = 0
    silences: int = 0
    in_a_row: int = 0  # silent polls since it was last heard
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Client:
    """Asks devices. One per process; it keeps little per device, and nothing that grows.

    Args:
        engine: the engine to use.
        second: the one to try where the first hears nothing; None: no second try.
        waits: seconds to wait for a reply, try by try.
        tap: sees every value that comes back.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        second: Engine | None = None,
        waits: Sequence[float] = (1.0, 2.0),
        tap: Tap | None = None,
    ) -> None:
        self._engine = engine
        self._second = second
        self._waits = tuple(waits)
        self._tap = tap
        self._peers: dict[str, _Peer] = {}
        self._next_try = 0.0  # loop time before which no device that was heard is tried through the second

    async def get(self, device: Device, oids: Sequence[str], *, prove: bool = False) -> dict[str, Value]:
        """Return the values of those OIDs that exist.

        Args:
            device: whom to ask.
            oids: what to ask.
            prove: see by the way that the agent gives no values where there are none. It is seen every now
                and then in any case, where that costs no request: a firmware may learn to lie.

        Raises:
            CollectError: the device could not be asked.
        """
        peer = self._peer(device)
        found: dict[str, Value] = {}
        async with self._turn(peer):
            # With an OID that surely exists in each part, an empty reply can only mean a refusal.
            anchor = (SYS_UPTIME,) if peer.has_uptime else ()
            rest = [oid for oid in dict.fromkeys(oids) if oid not in anchor]
            room = max(1, peer.size - len(anchor))
            if (prove or _is_turn(peer, rest, room)) and _may_prove(peer):
                rest.append(NEVER)
            for part in _parts(rest, room):
                found |= await self._get_part(device, peer, (*anchor, *part))
        if anchor and not found:  # even sysUpTime, which it gave before
            raise BadReply(
                f"{device.id} answers SNMP with an error and no values: its agent refuses, or is busy"
            )
        peer.has_uptime = peer.has_uptime or SYS_UPTIME in found
        self._show(device, found)
        return found

    async def walk(
        self, device: Device, base: str, *, max_rows: int = 4096, max_seconds: float = 5.0
    ) -> Walk:
        """Return the subtree below `base`, as far as it can be had.

        Raises:
            CollectError: the device could not be asked and nothing of the subtree came.
        """
        peer = self._peer(device)
        basket = Basket(base, max_rows, asyncio.get_running_loop().time() + max_seconds)
        async with self._turn(peer):
            try:
                async with asyncio.timeout(max_seconds):
                    cut = await self._walk(device, peer, basket)
            except TimeoutError as err:
                cut = "time"
                if not basket.rows:
                    raise Unreachable(
                        f"{device.id} did not answer for {base} within {max_seconds:g} s"
                    ) from err
            except (Unreachable, BadReply):
                if not basket.rows:
                    raise
                cut = "silence"
        self._show(device, basket.rows)
        return Walk(basket.rows, cut)

    def engine_of(self, device: Device) -> str:
        """Return the name of the engine in use for a device."""
        return self._peer(device).engine.name

    def forget(self, device_id: str) -> None:
        """Drop all that is kept of a device: it was changed or removed."""
        self._peers.pop(device_id, None)
        for engine in self._engines():
            engine.forget(device_id)

    def close(self) -> None:
        """Drop all sockets."""
        self._peers.clear()
        for engine in self._engines():
            engine.close()

    def _engines(self) -> Iterator[Engine]:
        yield self._engine
        if self._second is not None:
            yield self._second

    def _peer(self, device: Device) -> _Peer:
        peer = self._peers.get(device.id)
        if peer is None or peer.host != device.host or peer.access != device.snmp:
            if peer is not None:
                self.forget(device.id)
            bulk = _BULK_CAMERA if device.kind is Kind.CAMERA else _BULK
            peer = self._peers[device.id] = _Peer(device.host, device.snmp, bulk, self._chosen(device))
        return peer

    def _chosen(self, device: Device) -> Engine:
        """Return the engine the inventory names, else the default."""
        wanted = device.snmp.engine if device.snmp else ""
        return next((engine for engine in self._engines() if engine.name == wanted), self._engine)

    def _other(self, peer: _Peer) -> Engine | None:
        """Return the second engine where a device may go over to it."""
        free = peer.access is None or peer.access.engine == "auto"
        return self._second if free and peer.engine is self._engine else None

    @asynccontextmanager
    async def _turn(self, peer: _Peer) -> AsyncIterator[None]:
        """Wait for our turn; who waited behind a request that met silence need not meet it again."""
        silences = peer.silences
        async with peer.turn:
            if peer.silences > silences:
                raise Unreachable("the device gave no SNMP answer a moment ago")
            yield

    async def _get_part(self, device: Device, peer: _Peer, oids: Sequence[str]) -> dict[str, Value]:
        found = await self._try(device, peer, oids)
        smaller = next((size for size in _SIZES if size < len(oids)), 0)
        if found or not smaller:
            return found
        for part in _parts(oids, smaller):
            found |= await self._get_part(device, peer, part)
        if len(found) == len(oids):  # all are there: it was the size that was refused
            peer.size = min(peer.size, smaller)
        return found

    async def _try(self, device: Device, peer: _Peer, oids: Sequence[str]) -> dict[str, Value]:
        trouble: CollectError = Unreachable(f"{device.id} was not asked")
        for wait in self._waits:
            try:
                found = await self._honest(device, peer, oids, wait)
            except (Unreachable, BadReply) as err:
                trouble = err
                if isinstance(err, BadReply):
                    peer.engine.forget(device.id)  # a new socket knows nothing of stray datagrams
            else:
                peer.heard, peer.in_a_row = True, 0
                return found
        if isinstance(trouble, Unreachable):
            if await self._second_hears(device, peer):
                return await self._honest(device, peer, oids, self._waits[-1])
            peer.silences += 1
            peer.in_a_row += 1
        raise trouble

    async def _honest(
        self, device: Device, peer: _Peer, oids: Sequence[str], wait: float
    ) -> dict[str, Value]:
        """Ask once; values that an agent made up beside an error are no values."""
        found = await peer.engine.get(device, oids, wait)
        if _made_up(found):
            other = self._other(peer)
            if other is None:
                found = {}
            else:
                found = await other.get(device, oids, wait)
                peer.engine = other
        found.pop(NEVER, None)
        return found

    async def _second_hears(self, device: Device, peer: _Peer) -> bool:
        other = self._other(peer)
        if other is None or not self._may_try(peer):
            return False
        try:
            await other.get(device, [SYS_UPTIME], _FALLBACK_WAIT)
        except (Unreachable, BadReply):
            other.forget(device.id)
            return False
        peer.engine, peer.heard, peer.in_a_row = other, True, 0
        return True

    def _may_try(self, peer: _Peer) -> bool:
        if not peer.heard:
            return peer.silences % _FALLBACK_EVERY == 0
        now = asyncio.get_running_loop().time()
        if peer.in_a_row % _FALLBACK_EVERY != _FALLBACK_HEARD or now < self._next_try:
            return False
        self._next_try = now + _FALLBACK_PAUSE
        return True

    async def _walk(self, device: Device, peer: _Peer, basket: Basket) -> str:
        """Walk with the size known to work, once more, then with smaller ones as long as single rows come."""
        bulk = peer.bulk
        for attempt in itertools.count():
            wait = self._waits[min(attempt, len(self._waits) - 1)]
            try:
                cut = await self._walk_once(device, peer, basket, bulk, wait)
            except (Unreachable, BadReply) as err:
                if attempt and bulk == 1:
                    raise
                if isinstance(err, BadReply):
                    peer.engine.forget(device.id)
                if attempt == 1 and not basket.rows:
                    await self._first_row(device, peer, basket.base)
                if attempt:
                    bulk = max(1, bulk // 2)
            else:
                if bulk > 1 and await self._is_refused(device, peer, basket):
                    bulk //= 2
                    continue
                peer.bulk = min(peer.bulk, bulk)
                break
        return cut

    async def _is_refused(self, device: Device, peer: _Peer, basket: Basket) -> bool:
        """Whether an empty walk was a tooBig without bindings, which libraries take for the subtree's end.

        Asked by one GETNEXT, until the device has answered any GETBULK with rows.
        """
        if basket.rows or peer.answers_bulk:
            peer.answers_bulk = True
            return False
        return await self._first_row(device, peer, basket.base)

    async def _walk_once(self, device: Device, peer: _Peer, basket: Basket, bulk: int, wait: float) -> str:
        basket.last = order(basket.base)
        now = asyncio.get_running_loop().time
        async with aclosing(peer.engine.walk(device, basket.base, bulk, wait)) as found:
            async for oid, value in found:
                cut = basket.take(oid, value)
                if cut is not None:
                    return cut
                # wait_for of Python 3.11, in the library, loses a cancellation that meets a reply: ask too.
                if now() >= basket.until:
                    return "time"
        return ""

    async def _first_row(self, device: Device, peer: _Peer, base: str) -> bool:
        """Return whether one GETNEXT finds a row; that it is answered at all tells that it was the size.

        Raises:
            CollectError: it is not answered either, so smaller sizes are not worth their waits.
        """
        async with aclosing(peer.engine.walk(device, base, 1, self._waits[-1])) as found:
            return await anext(found, None) is not None

    def _show(self, device: Device, found: dict[str, Value]) -> None:
        if self._tap is not None:
            for oid, value in found.items():
                self._tap(device.id, oid, value)


def _is_turn(peer: _Peer, rest: Sequence[str], room: int) -> bool:
    """Whether this request may prove the agent once more: every few, where one more name fits into it."""
    peer.gets += 1
    return peer.gets % _PROVE_EVERY == 0 and len(rest) % room > 0


def _may_prove(peer: _Peer) -> bool:
    """Whether a name that does not exist harms nothing: in v1 it makes an agent refuse the others too."""
    return peer.access is not None and peer.access.version != "1"


def _made_up(found: dict[str, Value]) -> bool:
    """Whether values came where there are none: a second sysUpTime, or zeros alone, uptime included."""
    return NEVER in found or (
        len(found) > 1 and SYS_UPTIME in found and not any(map(_is_not_0, found.values()))
    )


def _is_not_0(value: Value) -> bool:
    return value != 0


def _parts(oids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in itertools.count(0, size):
        part = oids[start : start + size]
        if not part and start:
            return
        yield part
        if start + size >= len(oids):
            return
