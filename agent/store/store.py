"""The agent's memory: history, watch state, ledger and outboxes in one SQLite file with one writer.

Every method may be called from any thread and returns when its commit is done; a coroutine uses the `async_`
twins of the two hot ones, or `asyncio.to_thread`. When the disk fails nothing raises: the work goes on in
memory, history is lost and counted, `health().degraded` says why, and the disk is tried again.
"""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Self

from agent.store import compaction, evidence, ledger, orders, references, runs, watch
from agent.store import intents as outbox
from agent.store.connect import FileLock, describe, open_writer
from agent.store.messages import MessageBox
from agent.store.orders import AuditEntry
from agent.store.questions import Query, T
from agent.store.reader import ReadConnection
from agent.store.recorder import Recorder
from agent.store.records import (
    PICTURES,
    Channel,
    Evidence,
    Intent,
    Json,
    Message,
    Retention,
    Run,
    StoreDamaged,
    StoreError,
    StoreHealth,
    StoreUnwritable,
)
from agent.store.references import Page
from agent.store.work import Work
from agent.store.writer import RETRY_SECONDS, Writer
from models.facts import Incident, Picture, Report


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """How a store keeps.

    Attributes:
        keep: how long each kind of history is kept.
        gaps: collector -> seconds; checks further apart leave a hole in its coverage (default 900).
        day_offset: seconds that the site's days begin before UTC's: its standard time east of Greenwich.
        retry_seconds: how often a failed disk is tried again.
    """

    keep: Retention = field(default_factory=Retention)
    gaps: Mapping[str, float] = field(default_factory=dict)
    day_offset: float = 0.0
    retry_seconds: float = RETRY_SECONDS


class Store(Work):
    """Reads as `Questions`, outboxes as `Work`, and all other writing. See `open` and `open_or_memory`."""

    def __init__(self, path: Path, settings: StoreSettings, *, or_memory: bool) -> None:
        super().__init__(
            self._history, self._work, pictures=path.parent / PICTURES, day_offset=settings.day_offset
        )
        self._path = path
        self._settings = settings
        self._lock: FileLock | None = None
        self._reads: ReadConnection | None = None
        self._reads_doubtful = False
        self._reads_lock = threading.Lock()
        self._closed = False
        self._box = MessageBox(settings.keep.telemetry)
        self._recorder = Recorder(settings.gaps)
        db, trouble = self._first_connection(or_memory=or_memory)
        self._writer = Writer(
            str(path), self._connect, db, trouble=trouble, retry_seconds=settings.retry_seconds
        )
        self._writer.on_commit = self._recorder.settle
        self._writer.on_doubt = self._doubt
        self._box.in_memory = db is None

    @classmethod
    def open(cls, path: Path, settings: StoreSettings | None = None) -> Self:
        """Open or create the database at `path`; pictures go into the folder `evidence` beside it.

        Raises:
            StoreError: it is damaged, newer, in use or not writable; the message says what to do.
        """
        return cls(path, settings or StoreSettings(), or_memory=False)

    @classmethod
    def open_or_memory(cls, path: Path, settings: StoreSettings | None = None) -> Self:
        """Open as `open`, but begin degraded, in memory, where the file is damaged or cannot be written.

        Raises:
            StoreError: it is newer or in use: going on beside it would open every ticket twice.
        """
        return cls(path, settings or StoreSettings(), or_memory=True)

    # ------------------------------------------------------------ lives

    def begin_run(self, at: float, version: str) -> Run:
        """Note that the agent starts; its `boot` is greater than that of every run before."""

        def job(db: sqlite3.Connection) -> Run:
            run = runs.unrecorded(at, version) if self._writer.degraded else runs.begin(db, at, version)
            self._recorder.run = run
            return run

        return self._write(job)

    def close(self, at: float | None = None) -> None:
        """Write what is still counted in memory and close; `at`: the agent stops by itself at this moment."""
        if self._closed:
            return
        self._closed = True

        def job(db: sqlite3.Connection) -> None:
            run = self._recorder.run
            if self._writer.degraded:
                return
            self._recorder.flush(db, run.seen if at is None and run else at or 0.0)
            if run is not None and at is not None:
                runs.end(db, run, at)

        self._write(job, durable=True)
        self._writer.close()
        if self._reads is not None:
            self._reads.close()
        if self._lock is not None:
            self._lock.release()

    def health(self) -> StoreHealth:
        """Return how the store is."""
        return StoreHealth(self._writer.degraded, self._recorder.lost, self._writer.commits)

    # ------------------------------------------------------------ history

    def add_reports(self, reports: Sequence[Report], messages: Sequence[Message] = ()) -> None:
        """Write the reports of one cycle, and the messages about them, in one commit.

        After a power cut the newest seconds may be missing; after a kill nothing is.
        """
        self._submit_reports(reports, messages).result()

    async def async_add_reports(self, reports: Sequence[Report], messages: Sequence[Message] = ()) -> None:
        """Do as `add_reports`, without holding up the loop."""
        await asyncio.wrap_future(self._submit_reports(reports, messages))

    def compact(self, now: float) -> None:
        """Sort, sum up, and forget what is old. Call it every few minutes; nothing to do costs nothing."""
        self._on_disk(partial(self._recorder.flush, at=now))
        for step in compaction.steps(now, self._settings.keep, self._settings.day_offset):
            self._on_disk(step)
        gone = self._write(partial(evidence.expire, now=now, folder=self._pictures))
        known = self._ask_work(evidence.names)
        evidence.remove_files([*gone, *evidence.orphans(self._pictures, known, now)])

    # ------------------------------------------------------------ judgement

    def commit_incidents(
        self,
        *,
        opened: Sequence[Incident] = (),
        reopened: Sequence[Incident] = (),
        updated: Sequence[Incident] = (),
        closed: Sequence[Incident] = (),
        states: Mapping[str, Json] | None = None,
        intents: Sequence[Intent] = (),
        messages: Sequence[Message] = (),
        audit: Sequence[AuditEntry] = (),
    ) -> None:
        """Write all that one assessment changed, together or not at all; on the disk when this returns.

        `opened` begins a new generation of the key (a new ticket), `reopened` continues the newest one. Each
        intent is about the generation that is newest after that.
        """
        changes = _Changes(opened, reopened, updated, closed, states or {}, intents, messages, audit)
        self._write(partial(changes.write, box=self._box), durable=True)

    async def async_commit_incidents(
        self,
        *,
        opened: Sequence[Incident] = (),
        reopened: Sequence[Incident] = (),
        updated: Sequence[Incident] = (),
        closed: Sequence[Incident] = (),
        states: Mapping[str, Json] | None = None,
        intents: Sequence[Intent] = (),
        messages: Sequence[Message] = (),
        audit: Sequence[AuditEntry] = (),
    ) -> None:
        """Do as `commit_incidents`, without holding up the loop."""
        changes = _Changes(opened, reopened, updated, closed, states or {}, intents, messages, audit)
        job = partial(changes.write, box=self._box)
        await asyncio.wrap_future(self._writer.submit(job, durable=True))

    def save_state(self, device: str, data: Json) -> None:
        """Keep what the judgement of a device must remember."""
        self.save_states({device: data})

    def save_states(self, states: Mapping[str, Json]) -> None:
        """Keep the states of many devices in one commit."""
        self._write(partial(watch.save, states=states))

    def forget_state(self, device: str) -> None:
        """Drop the state of a device that left the inventory."""
        self._write(partial(watch.forget, device=device))

    # ------------------------------------------------------------ references

    def keep_reference(self, page: Page) -> None:
        """Keep what was learnt of a picture; written soon, and not waited for: the next look learns anew."""
        self._writer.submit(partial(references.keep, page=page))

    def drop_references(self, device: str) -> None:
        """Forget the references of a camera that left the inventory; not waited for."""
        self._writer.submit(partial(references.drop, device=device))

    # ------------------------------------------------------------ evidence

    def add_picture(
        self, device: str, picture: Picture, *, at: float, keep_seconds: float
    ) -> Evidence | None:
        """Keep a picture as evidence; None where the disk does not take it."""
        try:
            path = evidence.write_file(self._pictures, picture.jpeg)
        except OSError:
            return None
        kept = Evidence(0, device, picture.part, at, at + keep_seconds, path)
        return replace(kept, id=self._write(partial(evidence.add, picture=kept)))

    # ------------------------------------------------------------ inside

    def _submit_reports(self, reports: Sequence[Report], messages: Sequence[Message]) -> "Future[None]":
        counted = False

        def job(db: sqlite3.Connection) -> None:
            nonlocal counted
            if not counted:  # a job may run twice
                self._recorder.observe(reports)
                counted = True
            if self._writer.degraded:
                self._recorder.hold(reports)
            elif reports:
                self._recorder.insert(db, reports)
                self._recorder.flush_if_due(db, max(report.at for report in reports))
            self._box.put(db, messages)

        durable = any(message.channel is Channel.EVENT for message in messages)
        return self._writer.submit(job, durable=durable)

    def _write(self, job: Callable[[sqlite3.Connection], T], *, durable: bool = False) -> T:
        return self._writer.call(job, durable=durable)

    def _on_disk(self, job: Callable[[sqlite3.Connection], object]) -> None:
        def unless_degraded(db: sqlite3.Connection) -> None:
            if not self._writer.degraded:
                job(db)

        self._write(unless_degraded)

    def _work(self, query: Query[T]) -> T:
        # In the writer, so that an answer is never older than what was written, on disk or in memory.
        return self._writer.ask(query)

    def _history(self, query: Query[T]) -> T:
        try:
            return self._reader().ask(query)
        except StoreError:
            if not self._writer.degraded:
                raise
            return self._writer.ask(query)  # empty, as the history is out of reach

    def _reader(self) -> ReadConnection:
        with self._reads_lock:
            if self._reads is not None and self._reads_doubtful:
                self._reads.close()  # the file may be another one now
                self._reads = None
            if self._reads is None:
                self._reads = ReadConnection(self._path)
                self._reads_doubtful = False
            return self._reads

    def _doubt(self) -> None:
        self._recorder.restore()
        self._box.forget()
        self._box.in_memory = bool(self._writer.degraded)
        self._reads_doubtful = True

    def _connect(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = self._lock or FileLock(self._path)
        except OSError as err:
            raise describe(err, str(self._path)) from None
        return open_writer(self._path)

    def _first_connection(self, *, or_memory: bool) -> tuple[sqlite3.Connection | None, str]:
        try:
            db = self._connect()
            self._load(db)
        except StoreError as err:
            if or_memory and isinstance(err, StoreUnwritable | StoreDamaged):
                return None, str(err)
            if self._lock is not None:
                self._lock.release()
            raise
        return db, ""

    def _load(self, db: sqlite3.Connection) -> None:
        try:
            self._recorder.load(db)
        except sqlite3.Error as err:
            db.close()
            self._recorder = Recorder(self._settings.gaps)  # it may have read the half of it
            raise describe(err, str(self._path)) from None


@dataclass(frozen=True, slots=True)
class _Changes:
    opened: Sequence[Incident]
    reopened: Sequence[Incident]
    updated: Sequence[Incident]
    closed: Sequence[Incident]
    states: Mapping[str, Json]
    intents: Sequence[Intent]
    messages: Sequence[Message]
    audit: Sequence[AuditEntry]

    def write(self, db: sqlite3.Connection, *, box: MessageBox) -> None:
        """Write into an open transaction, the ledger first: intents take their generation from it."""
        ledger.open_incidents(db, self.opened)
        ledger.reopen_incidents(db, self.reopened)
        ledger.update_incidents(db, self.updated)
        ledger.close_incidents(db, self.closed)
        watch.save(db, self.states)
        outbox.put(db, self.intents)
        orders.add_audit(db, self.audit)
        box.put(db, self.messages)
