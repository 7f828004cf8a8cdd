"""The SNMP agent of one simulated device: a UDP socket on the device's own address."""

import asyncio
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, cast

from simulator.faults import Active, FaultBoard
from simulator.site import DeviceSpec, SiteSpec
from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.door import CommunityDoor, Door, UserDoor
from simulator.snmp.life import Life
from simulator.snmp.table import Row, Table, scalar
from simulator.snmp.usm import Engine
from simulator.snmp.values.box import Box, mac_of
from simulator.snmp.values.roles import rows_of
from simulator.snmp.values.system import engine_group

ONE_FRAME: Final = 1_472  # most a datagram carries in one Ethernet frame, which small devices do not exceed
_ENTERPRISE: Final = b"\x80\x00\x1f\x88"  # net-snmp's, 8072; the first bit: built as in RFC 3411
_BY_MAC: Final = b"\x03"


class SnmpAgent:
    """Answers v1 and v2c, or v3, as the site file says. Port 0 takes any free one: `port` tells which.

    Args:
        spec: the device; it must have an SNMP section.
        board: the faults that are on.
        site: the whole site, for the devices that hang on this one.
        clock: Unix seconds.
        limit: most bytes of a reply.

    Raises:
        ValueError: the device has no SNMP section, or one that makes no sense.
    """

    def __init__(
        self,
        spec: DeviceSpec,
        board: FaultBoard,
        site: SiteSpec,
        *,
        clock: Callable[[], float] = time.time,
        limit: int = ONE_FRAME,
    ) -> None:
        if spec.snmp is None:
            raise ValueError(f"device {spec.id} does not speak SNMP")
        self.port = spec.snmp.port
        self.answered = 0
        self.dropped = 0  # datagrams that were no SNMP
        self._spec, self._board, self._clock, self._limit = spec, board, clock, limit
        self._life = Life(spec.id, clock())
        box = Box(spec, spec.snmp, board, site, self._life)
        self._door, rows = _door(box)
        self._table = Table([*rows_of(box), *rows])
        self._transport: asyncio.DatagramTransport | None = None

    @property
    def writes(self) -> int:
        """How many requests wanted to change something; all were refused."""
        return self._door.writes

    async def start(self) -> None:
        """Begin to answer.

        Raises:
            OSError: the address or port cannot be had.
        """
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Endpoint(self.handle), local_addr=(self._spec.address, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        self._board.listen(self._switched)

    async def stop(self) -> None:
        """Answer no more; nothing happens when it does not."""
        if self._transport is not None:
            self._board.forget(self._switched)
            self._transport.close()
            self._transport = None
            await asyncio.sleep(0)  # the loop closes the socket in its next turn

    def handle(self, datagram: bytes) -> bytes | None:
        """Return the reply to a datagram, None where silence is due. No datagram makes it raise."""
        now = self._clock()
        if not self._has_power(now):
            return None
        try:
            reply = self._reply(datagram, now)
        except ber.BerError:
            self.dropped += 1
            return None
        self.answered += reply is not None
        return reply

    def _has_power(self, now: float) -> bool:
        powered = not self._board.is_off(self._spec.id)
        self._life.look(now, powered=powered)
        return powered

    def _switched(self, _device: str, fault: str, _active: Active | None) -> None:
        """Note when power goes and comes back, asked or not: that is a boot."""
        if fault == "off":
            self._has_power(self._clock())

    def _reply(self, datagram: bytes, now: float) -> bytes | None:
        changed = self._board.strength(self._spec.id, "wrong_password") > 0
        return self._door.reply(datagram, self._table, now, changed=changed, limit=self._limit)


class _Endpoint(asyncio.DatagramProtocol):
    """Sends each reply to where its request came from."""

    def __init__(self, handle: Callable[[bytes], bytes | None]) -> None:
        self._handle = handle
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.DatagramTransport", transport)  # Python 3.11's own is no subclass

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer at once: a reply is made in a fraction of a millisecond."""
        reply = self._handle(data)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


def _door(box: Box) -> tuple[Door, Iterator[Row]]:
    """Return who is let in, and the counters of those who were not."""
    engine_id = _ENTERPRISE + _BY_MAC + mac_of(box.spec)
    if box.snmp.version not in {"1", "2c", "3"}:
        raise ValueError(f"device {box.spec.id}: there is no SNMP version {box.snmp.version!r}")
    if box.snmp.version != "3":
        return CommunityDoor(box.snmp), engine_group(box, engine_id)
    engine = Engine(engine_id, box.life)
    return UserDoor(box.snmp, engine), _engine_rows(box, engine)


def _engine_rows(box: Box, engine: Engine) -> Iterator[Row]:
    yield from engine_group(box, engine.engine_id)
    for counter in engine.counts:
        yield scalar(counter, partial(_refusals, engine, counter))


def _refusals(engine: Engine, counter: Oid, _now: float) -> bytes:
    return ber.counter32(engine.counts[counter])
