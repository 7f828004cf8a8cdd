"""The SNMP agent of one simulated device: a UDP socket on the device's own address."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from simulator.faults import FAULTS, Active, FaultBoard
from simulator.site import DeviceSpec, SiteSpec
from simulator.snmp import ber, walkfile
from simulator.snmp.ber import Oid
from simulator.snmp.door import CommunityDoor, Door, UserDoor
from simulator.snmp.life import Life
from simulator.snmp.notify import Event, Happenings, unit
from simulator.snmp.quirks import Manners, WarpedTable, placed, switch_of
from simulator.snmp.table import Row, Table, scalar
from simulator.snmp.usm import Engine
from simulator.snmp.values.box import Box, mac_of
from simulator.snmp.values.roles import rows_of
from simulator.snmp.values.system import engine_group

ONE_FRAME: Final = 1_472  # most a datagram carries in one Ethernet frame, which small devices do not exceed
_ENTERPRISE: Final = b"\x80\x00\x1f\x88"  # net-snmp's, 8072; the first bit: built as in RFC 3411
_BY_MAC: Final = b"\x03"
_ELSEWHERE: Final = "127.255.255.253"  # no site of ours reaches that far
_SLOW_SECONDS: Final = 3.0
_QUIRKS: Final = tuple(fault for fault in FAULTS if fault.startswith("snmp_"))
_RESTARTS: Final = frozenset({"snmp_agent_restart", "snmp_boots_reset"})
_BUILT_IN: Final = ("snmp_same_engine", "snmp_ifindex_moves", "snmp_empty_bay")  # part of door or table


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
        self._box = Box(spec, spec.snmp, board, site, self._life)
        self._strength = switch_of(spec.id, board, spec.snmp.quirks)
        self._events = Happenings(spec, board, site) if spec.snmp.trap_to else None
        self._told = 0
        self._changes: tuple[int, int] | None = None
        self._started = clock()
        self._shape: tuple[object, ...] | None = None
        self._writes = 0
        self._door: Door | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._elsewhere: socket.socket | None = None
        self._look()

    @property
    def writes(self) -> int:
        """How many requests wanted to change something; all were refused."""
        return self._writes + (self._door.writes if self._door else 0)

    async def start(self) -> None:
        """Begin to answer.

        Raises:
            OSError: the address or port cannot be had.
        """
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Endpoint(self), local_addr=(self._spec.address, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        self._board.listen(self._switched)

    async def stop(self) -> None:
        """Answer no more; nothing happens when it does not."""
        if self._transport is not None:
            self._board.forget(self._switched)
            self._transport.close()
            self._transport = None
            if self._elsewhere is not None:
                self._elsewhere.close()
                self._elsewhere = None
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
        return self._manners.spoil(reply) if reply and self._manners else reply

    def send(self, reply: bytes, to: tuple[str, int]) -> None:
        """Send a reply, late or from elsewhere where that is how this agent is."""
        late = _SLOW_SECONDS * self._strength("snmp_slow")
        if late:
            asyncio.get_running_loop().call_later(late, self._send, reply, to)
        else:
            self._send(reply, to)

    def _send(self, data: bytes, to: tuple[str, int]) -> None:
        if self._transport is None:
            return
        if not self._strength("snmp_other_source"):
            self._transport.sendto(data, to)
            return
        if self._elsewhere is None:
            self._elsewhere = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._elsewhere.setblocking(False)
            self._elsewhere.bind((_ELSEWHERE, 0))
        with contextlib.suppress(OSError):
            self._elsewhere.sendto(data, to)

    def _has_power(self, now: float) -> bool:
        powered = not self._board.is_off(self._spec.id)
        self._life.look(now, powered=powered)
        return powered

    def _switched(self, device: str, fault: str, active: Active | None) -> None:
        """Note when power goes and comes back, asked or not: that is a boot. Tell what happened, unasked."""
        now = self._clock()
        if fault == "off":
            self._has_power(now)
        if device == self._spec.id and active is not None and fault in _RESTARTS:
            self._life.restart_agent(now, forget=fault == "snmp_boots_reset")
        for event in self._events.news() if self._events else ():
            self._tell(event, now)

    def _tell(self, event: Event, now: float) -> None:
        self._told += 1
        host, _, port = self._box.snmp.trap_to.rpartition(":")
        if self._door is None:
            return
        message = self._door.notify(unit(self._told, self._life.agent_uptime(now), event), now)
        self._send(message, (host, int(port)))

    def _reply(self, datagram: bytes, now: float) -> bytes | None:
        self._look()
        if self._door is None:
            return None
        changed = self._board.strength(self._spec.id, "wrong_password") > 0
        return self._door.reply(
            datagram, self._table, now, changed=changed, limit=self._limit, manners=self._manners
        )

    def _look(self) -> None:
        """Build door and table anew where a quirk or a boot changed them; nothing else is slower for it."""
        boots, changes = self._life.boots, self._board.changes
        if (boots, changes) == self._changes:
            return
        self._changes = boots, changes
        on = [quirk for quirk in _QUIRKS if self._strength(quirk)]
        shape = (
            bool(on),
            *(quirk in on for quirk in _BUILT_IN),
            boots % 2 if "snmp_ifindex_moves" in on else 0,
        )
        if shape != self._shape:
            self._shape = shape
            self._build(shared_engine="snmp_same_engine" in on, has_quirks=bool(on))

    def _build(self, *, shared_engine: bool, has_quirks: bool) -> None:
        if self._door is not None:
            self._writes += self._door.writes
        self._door, engine_rows = _door(self._box, shared=shared_engine)
        rows = self._rows(engine_rows)
        self._manners: Manners | None = None
        self._table = Table(rows)
        if has_quirks:
            warped = WarpedTable(placed(rows, self._strength, self._life.boots), self._strength, self._life)
            self._table, self._manners = warped, Manners(self._strength, warped)

    def _rows(self, engine_rows: Iterator[Row]) -> list[Row]:
        if self._box.snmp.walk:
            return list(walkfile.rows_of(self._box.snmp.walk, self._started))
        return [*rows_of(self._box), *engine_rows]


class _Endpoint(asyncio.DatagramProtocol):
    """Sends each reply to where its request came from."""

    def __init__(self, agent: SnmpAgent) -> None:
        self._agent = agent

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer at once: a reply is made in a fraction of a millisecond."""
        reply = self._agent.handle(data)
        if reply is not None:
            self._agent.send(reply, addr)


def _door(box: Box, *, shared: bool) -> tuple[Door, Iterator[Row]]:
    """Return who is let in, and the counters of those who were not."""
    engine_id = _ENTERPRISE + _BY_MAC + (bytes(6) if shared else mac_of(box.spec))
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
