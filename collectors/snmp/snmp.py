"""SNMP for the agent: one `Snmp` per process, shared by its collectors.

    Snmp ─ survey (what has this device?) ─ plan (OIDs to GET) ─ client ─ engine ─ UDP
         └ evaluate (values -> readings, pure) ◀────────────────────┘

A camera costs one datagram per collector and poll; a switch of 48 ports about 15.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.base import NotSupported
from collectors.snmp.client import Client, Tap
from collectors.snmp.engine import Engine, Value
from collectors.snmp.evaluate import Cell, Unread, evaluate, settle
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.history import History
from collectors.snmp.knowledge import Area, Knowledge, Mib
from collectors.snmp.loading import shipped
from collectors.snmp.oids import SYS_UPTIME
from collectors.snmp.pysnmp_engine import PysnmpEngine
from collectors.snmp.survey import detect, survey
from collectors.snmp.walks import Walk
from models.facts import Answer, Device, Reading
from models.metrics import MALFORMED_REPLIES, VALUES_UNREADABLE

PART: Final = "snmp"

_ROWS_EVERY: Final = 3600.0  # s: new disks and ports are seen within the hour
_MIBS_EVERY: Final = 86_400.0
_TRIES: Final = 2
_WOBBLE: Final = 1000  # 1/100 s: some agents count uptime in several places
_YOUNG: Final = 60_000  # 1/100 s: 10 minutes
_GONE_EVERY: Final = 300.0  # s: after something is gone, or may still come
_RESTLESS: Final = 3  # polls in a row that tell of new rows and are believed


@dataclass(slots=True)
class _Plan:
    """What one collector asks of one device."""

    cells: tuple[Cell, ...]
    oids: tuple[str, ...]
    made_at: float
    watch: tuple[str, ...] = ()
    watched: dict[str, Value] = field(default_factory=dict)  # as of the poll before
    settled: bool = False
    gone: bool = False


@dataclass(slots=True)
class _Known:
    """What is known of one device."""

    device: Device
    mibs: tuple[Mib, ...] | None = None
    maker: str = ""  # what another protocol had said of it then
    detected_at: float = 0.0
    deaf: set[str] = field(default_factory=set)  # subtrees it is silent to though it is alive
    plans: dict[Area, _Plan] = field(default_factory=dict)
    moves: int = 0  # polls in a row that told of new rows
    uptime: int | None = None  # sysUpTime as last seen, 1/100 s
    unreadable: int = 0
    unread: dict[Area, tuple[Unread, ...]] = field(default_factory=dict)
    malformed: int = 0
    history: History = field(default_factory=History)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Snmp:
    """Asks devices over SNMP, with what is known of MIBs.

    Args:
        engine: "auto" (gufo; pysnmp where a device is only heard by that), "gufo", "pysnmp", or an engine.
        knowledge: MIBs; None takes those that are shipped.
        tap: sees each value that comes back (`siteward probe --raw`); never a community, user or key.
        maker: what another protocol (ONVIF) said of a device's maker and model, by device id; "" for nothing.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        engine: str | Engine = "auto",
        *,
        knowledge: Knowledge | None = None,
        tap: Tap | None = None,
        maker: Callable[[str], str] = lambda _device: "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        first, second = _engines(engine)
        self._client = Client(first, second=second, tap=tap)
        self.knowledge = shipped() if knowledge is None else knowledge
        self._clock = clock
        self._maker = maker
        self._known: dict[str, _Known] = {}

    async def ask(self, device: Device, area: Area) -> Answer:
        """Return all readings that one area has for a device.

        Raises:
            CollectError: it could not be asked; NotSupported: it answered and has nothing of this.
        """
        known = self._of(device)
        for _ in range(_TRIES):
            plan = await self._plan(device, known, area)
            values = await self._client.get(device, (SYS_UPTIME, *plan.watch, *plan.oids))
            if _restarted(known, values):
                known.mibs = None
                known.plans.clear()
            elif _moved(known, plan, values) and known.plans.get(area) is plan:
                del known.plans[area]
            if known.plans.get(area) is plan:  # else the plan's names are of before
                break
        self._keep(plan, values)
        if not plan.cells:
            raise NotSupported(f"{device.id} answers SNMP and has nothing that is known for {area.value}")
        outcome = evaluate(plan.cells, values)
        known.unreadable += outcome.unreadable
        known.unread[area] = outcome.unread
        more = known.history.add(area, plan.cells, values, outcome.readings, self._clock())
        return Answer((*known.history.believed(plan.cells, values, outcome.readings), *more, *_counts(known)))

    async def get(self, device: Device, *oids: str) -> Mapping[str, Value]:
        """Return the values of those OIDs that exist.

        Raises:
            CollectError: the device could not be asked.
        """
        return await self._client.get(device, oids)

    async def walk(self, device: Device, base: str) -> Walk:
        """Return a subtree.

        Raises:
            CollectError: the device could not be asked.
        """
        return await self._client.walk(device, base)

    def mibs_of(self, device_id: str) -> tuple[str, ...]:
        """Return the names of the MIBs found on a device so far."""
        known = self._known.get(device_id)
        return tuple(mib.name for mib in known.mibs or ()) if known else ()

    def unread_of(self, device_id: str) -> tuple[Unread, ...]:
        """Return the values of a device that could not be read at the newest poll of each area."""
        known = self._known.get(device_id)
        return tuple(one for area in known.unread.values() for one in area) if known else ()

    def engine_of(self, device: Device) -> str:
        """Return the name of the engine in use for a device."""
        return self._client.engine_of(device)

    def forget(self, device_id: str) -> None:
        """Drop all that is kept of a device; a change of its address or access does so by itself."""
        self._known.pop(device_id, None)
        self._client.forget(device_id)

    def close(self) -> None:
        """Drop all that is kept, sockets too."""
        self._known.clear()
        self._client.close()

    def _of(self, device: Device) -> _Known:
        known = self._known.get(device.id)
        if known is None or known.device != device:
            known = self._known[device.id] = _Known(device)
        return known

    async def _plan(self, device: Device, known: _Known, area: Area) -> _Plan:
        async with known.turn:
            now = self._clock()
            maker = self._maker(device.id)
            if known.mibs is None or maker != known.maker or now - known.detected_at > _MIBS_EVERY:
                found_mibs = await detect(self._client, device, self.knowledge, maker)
                if found_mibs != known.mibs:
                    known.plans.clear()
                known.mibs, known.maker, known.detected_at = found_mibs, maker, now
                known.deaf.clear()
            plan = known.plans.get(area)
            if plan is None or now - plan.made_at > (_GONE_EVERY if plan.gone else _ROWS_EVERY):
                found = await survey(self._client, device, known.mibs, area, known.deaf)
                known.malformed += found.loops
                watch = tuple(oid for mib in known.mibs if mib.area is area for oid in mib.watch)
                plan = _Plan(found.cells, _oids(found.cells), now, watch, gone=found.partial)
                known.plans[area] = plan
            return plan

    def _keep(self, plan: _Plan, values: Mapping[str, Value]) -> None:
        """Make the plan smaller after its first use; notice what is gone after that."""
        if plan.settled:
            plan.gone = plan.gone or any(oid not in values for oid in plan.oids)
            return
        uptime = values.get(SYS_UPTIME)
        # An agent that just started shows some tables only after a while.
        plan.gone = plan.gone or (isinstance(uptime, int) and uptime < _YOUNG)
        plan.cells = settle(plan.cells, values)
        plan.oids = _oids(plan.cells)
        plan.watch = tuple(oid for oid in plan.watch if oid in values)
        plan.settled = True


def _engines(engine: str | Engine) -> tuple[Engine, Engine | None]:
    if not isinstance(engine, str):
        return engine, None
    if engine == "auto":
        return GufoEngine(), PysnmpEngine()
    return {"gufo": GufoEngine, "pysnmp": PysnmpEngine}[engine](), None


def _oids(cells: tuple[Cell, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(oid for cell in cells for oid in cell.oids))


def _restarted(known: _Known, values: Mapping[str, Value]) -> bool:
    """Whether sysUpTime ran backwards: the agent restarted, or wrapped after 497 days, which is harmless."""
    uptime = values.get(SYS_UPTIME)
    if not isinstance(uptime, int):
        return False
    before, known.uptime = known.uptime, uptime
    return before is not None and uptime < before - _WOBBLE


def _moved(known: _Known, plan: _Plan, values: Mapping[str, Value]) -> bool:
    """Whether a value that tells of new rows is another one than at the poll before.

    One that changes with each poll tells nothing: some agents give their uptime there.
    """
    before, plan.watched = plan.watched, {oid: values[oid] for oid in plan.watch if oid in values}
    if not before:
        return False
    if all(before.get(oid, value) == value for oid, value in plan.watched.items()):
        known.moves = 0
        return False
    known.moves += 1
    return known.moves <= _RESTLESS


def _counts(known: _Known) -> tuple[Reading, Reading]:
    return (
        Reading(VALUES_UNREADABLE, float(known.unreadable), PART),
        Reading(MALFORMED_REPLIES, float(known.malformed), PART),
    )
