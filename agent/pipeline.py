"""From reports to everything that follows from them.

    take(report) ─▶ snapshot ─▶ watch ─▶ changes ┐         once a second, in this order:
                 └▶ queue ───────────────────────┼─▶ cycle ─┬▶ history and device states, one commit
                                       tick ─────┘          └▶ ledger, outboxes, watch state: one commit
A kill at any moment loses at most the reports since the last cycle; what follows from them is judged anew.
"""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import partial
from typing import Final

from agent.batch import REPEAT_FAULT_SECONDS, Batch, Builder
from agent.curve import HOURS, SHOWN_BY, draw
from agent.pictures import Kept, Pictures
from agent.run import Clocks
from agent.sinks import messages
from agent.sinks.messages import Envelope
from agent.snapshot import Snapshot
from agent.store import Store
from agent.store.orders import AuditEntry
from agent.store.records import Message
from models.emission import EMISSION, Emission
from models.facts import (
    Criticality,
    Device,
    Ending,
    FaultKey,
    Finding,
    Incident,
    Phase,
    Prediction,
    Report,
)
from models.faults import Policy, policy_of
from models.gate import Limits
from models.quiet import Site
from models.service.warranty import Warranty
from models.service.workorder import AGENT
from models.strangers import Seen
from models.ticket_setting import Due, Likely, Setting
from models.watch import Changes, Watch
from models.words import Lang

log = logging.getLogger(__name__)

CYCLE_SECONDS: Final = 1.0
MOST_CURVES: Final = 3  # in one cycle
STATE_EVERY_SECONDS: Final = (
    60.0  # a device's state is published at least this often, and when a fault changes
)
STATES_SAVED_WITHIN_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Manner:
    """How the pipeline speaks and what it keeps."""

    site_name: str
    language: Lang
    zone: tzinfo
    publish: bool  # whether there is a broker
    keep_pictures: bool
    pictures_seconds: float
    limits: Limits = field(default_factory=Limits)
    policies: Mapping[str, Policy] = field(default_factory=dict)  # where they differ from the catalogue's
    repeat_seconds: float = REPEAT_FAULT_SECONDS
    warranties: Mapping[str, Warranty] = field(default_factory=dict)
    pages: str = ""  # where people reach the site's pages, "" where they do not
    promised: Callable[[str, float], Sequence[Due]] = lambda _severity, _at: ()  # the contract's clocks
    contact: str = ""  # whom to call at the site
    access: str = ""  # how a technician gets in


class Pipeline:
    """Takes reports, judges them, and writes down what follows, once a second.

    Args:
        watch: judges.
        snapshot: keeps the newest reports.
        store: history, ledger, outboxes.
        envelope: stamps the messages.
        manner: language, zone, pictures.
        clocks: wall and monotonic time.
    """

    def __init__(
        self,
        watch: Watch,
        snapshot: Snapshot,
        store: Store,
        envelope: Envelope,
        manner: Manner,
        *,
        clocks: Clocks,
    ) -> None:
        self.watch = watch
        self._snapshot = snapshot
        self._store = store
        self._envelope = envelope
        self._manner = manner
        self._clocks = clocks
        self.emission = self._restored(envelope.site)
        self._devices: dict[str, Device] = {}
        self._reports: list[Report] = []
        self._changes: list[Changes] = []
        self._batch: Batch | None = None  # built, and not yet taken by the store
        self.likely: Callable[[FaultKey], Likely | None] = lambda _fault: None  # learnt; set when it is known
        self._gone: set[str] = set()
        self._unpublished: set[str] = set()
        self._published: dict[str, float] = {}
        self.pictures = Pictures()
        self._turn: Iterator[str] = iter(())
        self._writing = asyncio.Lock()
        self.incident_counts = {"opened": 0, "reopened": 0, "updated": 0, "closed": 0}
        self.reports_taken = 0
        self.last_progress = clocks.monotonic()

    def _restored(self, site: str) -> Emission:
        emission, saved = Emission(site, self._manner.limits), self._store.load_states().get(EMISSION)
        try:
            if saved is not None:
                emission.load(saved, self.watch.incidents())
        except (KeyError, TypeError, ValueError):
            log.warning("what was predicted and held back is unreadable, begun anew")
            emission = Emission(site, self._manner.limits)
        return emission

    def load_windows(self) -> None:
        """Take the maintenance windows and silences as they are in the store."""
        self.emission.set_windows(self._store.quiet(self._clocks.wall(), float("inf")))

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Take a new inventory; incidents of devices that left it end."""
        known = set(self._devices)
        self._devices = {device.id: device for device in devices}
        self._gone = (self._gone | known) - set(self._devices)
        self._snapshot.keep_only(self._devices)
        self._turn = itertools.cycle(self._devices)
        now = self._clocks.wall()
        self._note(self.watch.replace_devices(devices, now), now)
        counted = {one.id for one in devices if one.criticality is not Criticality.IGNORE}
        self._told(self.emission.keep_devices(counted, Site(self._devices, self.watch.above), now))

    def predict(self, predictions: Iterable[Prediction], now: float) -> None:
        """Take all predictions that stand now, as the gate of the learned models decided; for the loop.

        A new one becomes an incident of low severity, one that is missing ends, and one whose fault comes
        goes on as that fault's ticket. Of devices that do not count nothing is told.
        """
        devices = self._devices
        told = [one for one in predictions if _counts(devices.get(one.device))]
        self._told(self.emission.predict(told, self.watch.standing(), now))

    def drill(self, fault: FaultKey, now: float, *, ends: bool) -> None:
        """Begin or end a drill: an incident that says so, on the way of every other; for the loop."""
        name = f"{self._envelope.site}/{fault}"
        if ends:
            root = Finding(fault, Phase.OK, now)
            closed = Incident(name, root, opened_at=now, closed_at=now, ending=Ending.RECOVERED)
            self._note(Changes(closed=(closed,)), now)
        else:
            root = Finding(fault, Phase.OPEN, now, now)
            self._note(Changes(opened=(Incident(name, root, opened_at=now),)), now)

    def take(self, report: Report) -> None:
        """Take one report; quick, for the loop. One of a device that left the inventory says nothing."""
        if report.device not in self._devices:
            return
        self.reports_taken += 1
        self._snapshot.take(report)
        self._reports.append(report)
        self._unpublished.add(report.device)
        if self._manner.keep_pictures:
            self.pictures.take(report)
        what = f"report of {report.device} {report.collector}"
        self._judge(partial(self.watch.observe, report), what, report.at)

    def take_strangers(self, seen: Seen) -> None:
        """Take who answered on the network and is in no inventory."""
        now = self._clocks.wall()
        self._judge(partial(self.watch.note_strangers, seen, now), "scan of the network", now)

    async def run(self) -> None:
        """Cycle until cancelled; then once more, so that nothing that was seen is lost."""
        try:
            while True:
                await asyncio.sleep(CYCLE_SECONDS)
                # A cycle is never broken off: the store would take what we then believe to be still open.
                await asyncio.shield(self._cycle_safely())
        finally:
            await self._cycle_safely(last=True)

    async def cycle(self, *, last: bool = False) -> None:
        """Write down what happened since the cycle before.

        Args:
            last: save what is known of every device.
        """
        async with self._writing:
            now = self._clocks.wall()
            self._judge(partial(self.watch.tick, now), "tick", now)
            self._told(self.emission.step(now))
            await self._write_history(now)
            await self._write_changes(now)
            await self._save_states(list(self._devices) if last else self._next_in_turn())
            self.last_progress = self._clocks.monotonic()

    async def _cycle_safely(self, *, last: bool = False) -> None:
        try:
            await self.cycle(last=last)
        except Exception:  # changes stay queued and are tried again in a second
            log.exception("cycle failed")

    def _judge(self, judge: Callable[[], Changes], what: str, at: float) -> None:
        """Let the watch judge; a fault of ours in one rule must not stop the site."""
        try:
            self._note(judge(), at)
        except Exception:
            log.exception("not judged: %s", what)

    def _note(self, changes: Changes, at: float) -> None:
        if changes:
            self._told(self.emission.tell(changes, at))
            for finding in changes.findings:
                self._published.pop(finding.key.device, None)
                self._unpublished.add(finding.key.device)

    def _told(self, changes: Changes) -> None:
        if changes:
            self._changes.append(changes)

    # ------------------------------------------------------------ history and messages

    async def _write_history(self, now: float) -> None:
        reports, self._reports = self._reports, []
        try:
            await self._store.async_add_reports(reports, list(self._state_messages(now)))
        except Exception:  # history has a hole then; tickets must come all the same
            log.exception("history not written reports=%d", len(reports))

    def _state_messages(self, now: float) -> Iterator[Message]:
        if not self._manner.publish:
            self._unpublished.clear()
            return
        for device in list(self._unpublished):
            if 0 <= now - self._published.get(device, 0.0) < STATE_EVERY_SECONDS:
                continue
            self._unpublished.discard(device)
            if device in self._devices:
                self._published[device] = now
                reports = self._snapshot.device(device)
                health = self.watch.health(device)
                yield messages.state(self._envelope, device, reports, at=now, health=health)

    # ------------------------------------------------------------ incidents

    async def _write_changes(self, now: float) -> None:
        """Write all that changed, each time with the watch state that knows of exactly this much."""
        while self._batch is not None or self._changes or self.emission.gate.notes:
            batch = self._batch = self._batch or await self._build(now)
            await self._store.async_commit_incidents(
                opened=list(batch.net.opened.values()),
                reopened=list(batch.net.reopened.values()),
                updated=list(batch.net.updated.values()),
                closed=list(batch.net.closed.values()),
                states=batch.states,
                intents=batch.intents,
                messages=batch.messages,
                audit=batch.audit,
            )
            self._batch = None
            for name, count in batch.counts.items():
                self.incident_counts[name] += count

    async def _build(self, now: float) -> Batch:
        changes, self._changes = self._changes, []
        # Dumped at once: while we wait below, the watch goes on and knows of changes not in this batch.
        states = self.watch.dump({finding.key.device for change in changes for finding in change.findings})
        states[EMISSION] = self.emission.dump()
        builder = Builder(
            self._setting({one.root.key.device for change in changes for one in change.opened}),
            self._envelope if self._manner.publish else None,
            self.pictures if self._manner.keep_pictures else None,
            known=self._store.incident,
            keep=self._keep,
            stays_open=self._stays_open,
            declined=self._is_declined,
            curve=self._curves(),
            policy=lambda code: self._manner.policies.get(code) or policy_of(code),
            repeat_seconds=self._manner.repeat_seconds,
            now=now,
        )
        notes = self.emission.take_notes()
        try:
            batch = await asyncio.to_thread(builder.build, changes, states)
        except BaseException:
            self._changes[:0] = changes
            self.emission.gate.notes[:0] = notes
            raise
        return replace(
            batch, audit=[AuditEntry(n.at, n.who or AGENT, n.what, n.key, 0, n.why) for n in notes]
        )

    def keep_picture(self, fault: FaultKey, since: float) -> int | None:
        """Keep the newest picture of a device taken since then as evidence; None where there is none."""
        kept = self.pictures.newest(fault, since)
        return self._keep(kept) if kept is not None else None

    def _stays_open(self, key: str) -> bool:
        """Whether the work order outlasts the fault: hands, a part or the proof are outstanding."""
        sheet = self._store.order(key)
        return sheet is not None and sheet.order.state.stays_open

    def _is_declined(self, key: str) -> bool:
        sheet = self._store.order(key)
        return sheet is not None and sheet.declined and not sheet.order.state.is_open

    def _keep(self, kept: Kept) -> int | None:
        evidence = self._store.add_picture(
            kept.device, kept.picture, at=kept.at, keep_seconds=self._manner.pictures_seconds
        )
        return evidence.id if evidence is not None else None

    def _curves(self) -> Callable[[Incident], int | None]:
        """Return what draws the curves of one batch: a few at most, for the sake of a storm."""
        left = MOST_CURVES if self._manner.keep_pictures else 0

        def drawn(incident: Incident) -> int | None:
            nonlocal left
            key = incident.root.key
            metric = SHOWN_BY.get(key.code)
            if metric is None or left <= 0:
                return None
            until = self._clocks.wall()
            points = self._store.history(key.device, metric.name, key.part, until - HOURS * 3600, until)
            picture = draw(key, points, incident.opened_at, self._manner.zone)
            if picture is None:
                return None
            left -= 1
            return self._keep(Kept(key.device, picture, until))

        return drawn

    def _fine(self, devices: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """Return what each device was checked for and does not have; of a device that is lost nothing is."""
        found: dict[str, tuple[str, ...]] = {}
        for id_ in devices:
            findings = [one for one in self.watch.findings(id_) if one.key.device == id_]
            bad = {one.key.code for one in findings if one.phase not in {Phase.OK, Phase.UNKNOWN}}
            good = {one.key.code for one in findings if one.phase is Phase.OK} - bad
            found[id_] = tuple(sorted(good))
        return found

    def _setting(self, devices: Iterable[str]) -> Setting:
        identity = {device: dict(self.watch.identity(device)) for device in self._devices}
        now = self._clocks.wall()
        return Setting(
            site=self._manner.site_name,
            devices=self._devices,
            lang=self._manner.language,
            zone=self._manner.zone,
            identity=identity,
            fine=self._fine(devices),
            warranty=self._manner.warranties,
            today=datetime.fromtimestamp(now, self._manner.zone).date(),
            pages=self._manner.pages,
            hangs={id_: (one.parent, one.port) for id_, one in self.watch.learned.hangs.items()},
            likely=self.likely,
            promised=self._manner.promised,
            told_at=now,
            contact=self._manner.contact,
            access=self._manner.access,
        )

    # ------------------------------------------------------------ watch state

    def _next_in_turn(self) -> list[str]:
        """Return a few devices; each comes up every five minutes: references change without a fault."""
        share = len(self._devices) * CYCLE_SECONDS / STATES_SAVED_WITHIN_SECONDS
        return list(itertools.islice(self._turn, max(1, round(share)))) if self._devices else []

    async def _save_states(self, devices: Sequence[str]) -> None:
        states = self.watch.dump(devices)
        await asyncio.to_thread(self._store.save_states, states)
        while self._gone:
            await asyncio.to_thread(self._store.forget_state, self._gone.pop())


def _counts(device: Device | None) -> bool:
    return device is not None and device.criticality is not Criticality.IGNORE
