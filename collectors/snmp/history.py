"""What one poll cannot tell and two can: rates, restarts, storage that was once well. One per device."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from collectors.snmp.engine import Value
from collectors.snmp.evaluate import Cell
from collectors.snmp.knowledge import Area
from collectors.snmp.oids import SYS_UPTIME
from collectors.snmp.rates import RATES, Count, Sample, counted, rates, samples
from collectors.snmp.restarts import Age, Restart, restart
from collectors.snmp.values import Unreadable, state_key
from models.facts import Reading
from models.metrics import AGENT_RESTARTS, DEVICE_UPTIME, ENGINE_BOOTS, REBOOTS, Metric

MORE: Final[Mapping[Area, tuple[Metric, ...]]] = {
    Area.HEALTH: (REBOOTS, AGENT_RESTARTS),
    Area.INTERFACES: RATES,
    Area.UPS: (),
}
"""Metrics that an area gives beside those of its MIBs."""


@dataclass(slots=True)
class History:
    """What is kept of the polls before."""

    ages: dict[Area, Age] = field(default_factory=dict)
    ports: dict[tuple[str, Value | None], Sample] = field(default_factory=dict)
    once_well: set[tuple[Metric, str]] = field(default_factory=set)
    reboots: int = 0
    agent_restarts: int = 0

    def add(
        self,
        area: Area,
        cells: Sequence[Cell],
        values: Mapping[str, Value],
        readings: Sequence[Reading],
        at: float,
    ) -> list[Reading]:
        """Take one poll and return what it tells together with the one before.

        Args:
            area: which collector asked.
            cells: what was asked.
            values: what came.
            readings: what it says by itself.
            at: seconds that only grow.
        """
        ticks = values.get(SYS_UPTIME)
        happened = self._aged(area, ticks, readings, at)
        if area is Area.HEALTH and isinstance(ticks, int):
            return self._restarts(happened)
        if area is Area.INTERFACES:
            now = samples(_counts(cells, values), readings, at)
            before, self.ports = self.ports, now
            return rates(before, now, ran_on=happened in {Restart.NONE, Restart.WRAP})
        return []

    def believed(
        self, cells: Sequence[Cell], values: Mapping[str, Value], readings: Sequence[Reading]
    ) -> Iterator[Reading]:
        """Yield the readings without the zeros that count only after a 1."""
        latching = [cell for cell in cells if cell.item.latch]
        if not latching:
            yield from readings
            return
        latched = {cell.key for cell in latching}
        doubtful = {cell.key for cell in latching if _says(cell, values)}
        for reading in readings:
            key = (reading.metric, reading.part)
            if key in latched and reading.value:
                self.once_well.add(key)
            if reading.value or key not in doubtful or key in self.once_well:
                yield reading

    def _aged(
        self, area: Area, ticks: Value | None, readings: Sequence[Reading], at: float
    ) -> Restart | None:
        """Return what happened since the area's poll before, None when it cannot be told."""
        before = self.ages.get(area)
        if not isinstance(ticks, int):
            return None
        device, boots = _told(readings, DEVICE_UPTIME), _told(readings, ENGINE_BOOTS)
        now = Age(
            at,
            ticks,
            device if isinstance(device, float) else None,
            int(boots) if isinstance(boots, float) else None,
        )
        self.ages[area] = now
        return None if before is None else restart(before, now)

    def _restarts(self, happened: Restart | None) -> list[Reading]:
        self.reboots += happened is Restart.DEVICE
        self.agent_restarts += happened is Restart.AGENT
        return [Reading(REBOOTS, float(self.reboots)), Reading(AGENT_RESTARTS, float(self.agent_restarts))]


def _told(readings: Sequence[Reading], metric: Metric) -> float | str | None:
    return next((one.value for one in reversed(readings) if one.metric is metric), None)


def _says(cell: Cell, values: Mapping[str, Value]) -> bool:
    """Whether a cell is in one of the states that may mean "none fitted"."""
    raw = values.get(cell.place)
    try:
        return raw is not None and state_key(raw) in cell.item.latch
    except Unreadable:
        return False


def _counts(
    cells: Sequence[Cell], values: Mapping[str, Value]
) -> Iterator[tuple[str, Value | None, Metric, Count]]:
    """Yield the counters as whole numbers: 64 bits do not fit into a float."""
    for cell in cells:
        if not cell.item.counter or not counted(cell.item.metric):
            continue
        raw = [values.get(cell.at(oid)) for oid in (cell.item.oid, *cell.item.plus)]
        whole = [value for value in raw if isinstance(value, int) and value >= 0]
        if len(whole) == len(raw):
            yield cell.part, cell.mac, cell.item.metric, Count(sum(whole), cell.item.counter)
