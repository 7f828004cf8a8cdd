"""What the agent says of its judgement and of itself on the metrics page."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent import __version__
from agent.sinks.prometheus import Sample
from models import metrics
from models.facts import SITE, Finding, Incident, Phase
from models.faults import FAULTS, severity_of
from models.service.clocks import ClockName, used
from models.service.workorder import State
from models.ticket_text import severity
from models.watch import Condition

if TYPE_CHECKING:
    from agent.app import Agent

_REACH = "REACH_LOST"
_STANDING = {Phase.OPEN, Phase.RECOVERING}


class Gauges:
    """Collects samples in the agent's loop (`refresh`) and hands them to the thread that renders (`samples`).

    Only the loop may look into the watch, and it should not be held up: the snapshot, which is long, and the
    store, which may have to wait for a commit, are asked in the other thread.
    """

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._started = agent.clocks.wall()
        self._samples: list[Sample] = []

    def samples(self) -> list[Sample]:
        """Return what `refresh` collected, and all the rest; called in the rendering thread."""
        return [*self._samples, *self._checks(), *self._orders(), *self._outboxes()]

    def refresh(self) -> None:
        """Look at everything once; called in the loop before each scrape."""
        self._agent.snapshot.forget_stale(self._agent.clocks.wall(), self._agent.stale_after)
        self._samples = [
            *self._devices(),
            *self._parents(),
            *self._faults(),
            *self._incidents(),
            *self._clocks(),
            *self._schedule(),
            *self._traps(),
            *self._agent.learner.samples(),
            *self._self(),
        ]

    def _devices(self) -> Iterator[Sample]:
        watch = self._agent.pipeline.watch
        for device in self._agent.devices:
            labels = (device.id, device.kind.value, device.name, device.place, device.parent, device.host)
            yield Sample(metrics.DEVICE_META, 1.0, labels)
            now = watch.health(device.id)
            for state in Condition:
                yield Sample(metrics.DEVICE_HEALTH, float(now is state), (device.id, state.value))

    def _parents(self) -> Iterator[Sample]:
        for one in self._agent.pipeline.watch.learned.contradictions:
            yield Sample(metrics.PARENT_CONTRADICTED, 1.0, (one.device, one.why, one.given, one.seen))

    def _faults(self) -> Iterator[Sample]:
        agent = self._agent
        devices = {device.id: device for device in agent.devices}
        for finding in agent.pipeline.watch.findings():
            key = finding.key
            if key.code == _REACH and (up := _up(finding)) is not None:
                yield Sample(metrics.DEVICE_UP, up, (key.device,))
            if finding.phase in _STANDING:
                bad = severity_of(FAULTS[key.code], devices.get(key.device)).value
                yield Sample(metrics.FAULT_OPEN, 1.0, (key.device, key.part, key.code, bad))

    def _incidents(self) -> Iterator[Sample]:
        agent = self._agent
        devices = {device.id: device for device in agent.devices}
        incidents = [(one, severity(one, devices)) for one in agent.pipeline.watch.incidents()]
        for incident, level in incidents:
            yield from _incident(incident, level)
        counted = Counter(level for _, level in incidents)
        for level in ("S1", "S2", "S3", "S4"):
            yield Sample(metrics.INCIDENTS_OPEN, float(counted[level]), (level,))
        for change, count in agent.pipeline.incident_counts.items():
            yield Sample(metrics.INCIDENTS_TOTAL, float(count), (change,))

    def _clocks(self) -> Iterator[Sample]:
        service, now = self._agent.service, self._agent.clocks.wall()
        for one in service.linked:
            root = one.sheet.order.root
            for clock in one.sheet.clocks:
                if clock.is_running and clock.limit is not None:
                    left = clock.limit - used(clock, service.terms.calendar(clock), now)
                    yield Sample(
                        metrics.TICKET_CLOCK_LEFT, left, (root.device, root.part, root.code, clock.name.value)
                    )
        for result, count in service.orders.retests.items():
            yield Sample(metrics.RETESTS, float(count), (result,))

    def _orders(self) -> Iterator[Sample]:
        counts = self._agent.store.order_counts()
        for state in State:
            if state.is_open:
                yield Sample(metrics.TICKETS_OPEN, float(counts.by_state.get(state.value, 0)), (state.value,))
        for clock in ClockName:
            count = counts.breached.get(clock.value, 0)
            yield Sample(metrics.TICKET_CLOCKS_BREACHED, float(count), (clock.value,))

    def _checks(self) -> Iterator[Sample]:
        for report in self._agent.snapshot.reports():
            labels = (report.device, report.collector)
            yield Sample(metrics.CHECK_SUCCESS, float(report.ok), labels)
            yield Sample(metrics.CHECK_DURATION, report.took_seconds, labels)
        for labels, at in self._agent.snapshot.last_success().items():
            yield Sample(metrics.CHECK_LAST_SUCCESS, at, labels)

    def _schedule(self) -> Iterator[Sample]:
        for name, kept in self._agent.schedule.punctuality.items():
            yield Sample(metrics.AGENT_CHECKS, float(kept.asked), (name,))
            yield Sample(metrics.AGENT_CHECKS_LATE, float(kept.late), (name,))
            yield Sample(metrics.AGENT_CHECKS_SKIPPED, float(kept.skipped), (name,))
            yield Sample(metrics.AGENT_LAG, kept.lag_seconds, (name,))

    def _traps(self) -> Iterator[Sample]:
        if self._agent.traps is not None:
            for result, count in self._agent.traps.counts.items():
                yield Sample(metrics.AGENT_TRAPS, float(count), (result,))

    def _self(self) -> Iterator[Sample]:
        agent = self._agent
        yield Sample(metrics.AGENT_INFO, 1.0, (__version__, self._agent.config.web.base_url or ""))
        yield Sample(metrics.AGENT_START, self._started)
        yield Sample(metrics.AGENT_DEVICES, float(len(agent.devices)))
        yield Sample(metrics.AGENT_STORE_OK, float(not agent.store.health().degraded))
        lag = agent.lag.p99()
        if lag is not None:
            yield Sample(metrics.AGENT_LOOP_LAG, lag)

    def _outboxes(self) -> Iterator[Sample]:
        agent, now = self._agent, self._agent.clocks.wall()
        desk = agent.store.helpdesk_queue(now)
        yield Sample(metrics.OUTBOX_PENDING, float(desk.pending), ("helpdesk",))
        yield Sample(metrics.OUTBOX_OLDEST, desk.oldest_pending_seconds, ("helpdesk",))
        yield Sample(metrics.OUTBOX_DEAD, float(desk.dead), ("helpdesk",))
        yield Sample(metrics.OUTBOX_SENT, float(agent.worker.stats(now).done), ("helpdesk",))
        if agent.mqtt is None:
            return
        mqtt = agent.mqtt.stats(now)
        yield Sample(metrics.MQTT_CONNECTED, float(mqtt.connected))
        yield Sample(metrics.OUTBOX_PENDING, float(mqtt.pending), ("mqtt",))
        yield Sample(metrics.OUTBOX_OLDEST, mqtt.oldest_pending_seconds, ("mqtt",))
        yield Sample(metrics.OUTBOX_SENT, float(mqtt.published), ("mqtt",))
        yield Sample(metrics.OUTBOX_REFUSED, float(mqtt.refused), ("mqtt",))
        yield Sample(metrics.OUTBOX_DROPPED, float(mqtt.dropped), ("mqtt",))


def _incident(incident: Incident, level: str) -> Iterator[Sample]:
    key = incident.root.key
    labels = (key.device, key.part, key.code, level)
    concerned = {key.device, *(child.device for child in incident.children)} - {SITE}
    yield Sample(metrics.INCIDENT_OPENED, incident.opened_at, labels)
    yield Sample(metrics.INCIDENT_DEVICES, float(len(concerned)), labels)


def _up(finding: Finding) -> float | None:
    """Return 1 when the device answers, 0 when it is lost, None while that is not known."""
    if finding.phase is Phase.OK:
        return 1.0
    return 0.0 if finding.phase in _STANDING else None
