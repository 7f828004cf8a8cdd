"""When to look: every collector at its interval on every device it applies to.

    heap of due jobs ──▶ slot of the collector ──▶ lock of the device ──▶ run_once ──▶ report
         ▲  hash jitter      bounds streams           one in flight          deadline      │
         └───────────────── next due (back-off while unreachable) ◀────────────────────────┘

A job never overlaps itself: it is put back when it has ended. A device that is down is asked by its liveness
collector at the usual pace and by the others ever more rarely, until something of it answers again. A
device without ports (a switch of SNMP alone) is asked by all its collectors at the first silence.
"""

import asyncio
import hashlib
import heapq
import itertools
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from agent.run import Clocks, run_once
from collectors.base import Collector, Leisurely, Pooled
from models.facts import Device, Report, Trouble

log = logging.getLogger(__name__)

LIVENESS: Final = ("reach", "onvif_clock", "snmp_health", "snmp_ups", "stream")  # the first that applies
BACKOFF_LIMIT: Final = 16  # intervals
PROOF_PACE: Final = 4  # collectors that ask so much more rarely are slow ones: they would hold up the line
LATE_SHARE: Final = 0.1  # of the interval; at least
LATE_FLOOR_SECONDS: Final = 1.0
LEISURE_SHARE: Final = 1 / 6  # of its interval: in this time a leisurely collector asks each device once
FIRST_ROUND_SECONDS: Final = 60.0  # after start every device is asked once within this time
_SILENT: Final = frozenset({Trouble.UNREACHABLE, Trouble.DEADLINE})

Timing = Callable[[str], tuple[float, float]]


@dataclass(slots=True)
class Punctuality:
    """How the schedule keeps up, by collector; `lag` is the start of the newest job after its due time."""

    asked: int = 0
    late: int = 0
    skipped: int = 0  # rounds left out because the one before had not ended
    lag_seconds: float = 0.0


@dataclass(slots=True)
class _Job:
    collector: Collector
    device: Device
    every: float
    deadline: float
    anchor: float  # the job's own beat: anchor + k * every
    is_liveness: bool
    due: float = 0.0
    misses: int = 0  # rounds in a row without any answer
    turn: int = 0  # a heap entry with another turn is outdated
    waiting: bool = False  # in the heap, not under way
    dropped: bool = False  # its device left the inventory


@dataclass(slots=True)
class _Line:
    """The one line to a device: its jobs, and the lock that keeps one request in flight."""

    device: Device
    jobs: list[_Job] = field(default_factory=list)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    proof_at: float = float("-inf")  # when all its collectors were last asked because one heard nothing


def phase(device: str, collector: str, every: float) -> float:
    """Return where in its interval a job stands: even spread, and the same after a restart."""
    digest = hashlib.blake2b(f"{device}/{collector}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64 * every


class Schedule:
    """Runs collectors over devices and hands each report to `deliver`.

    Args:
        collectors: what to ask.
        timing: collector name -> (interval, deadline) in seconds.
        deliver: takes each report; must be quick.
        clocks: wall and monotonic time.
    """

    def __init__(
        self,
        collectors: Sequence[Collector],
        timing: Timing,
        deliver: Callable[[Report], None],
        *,
        clocks: Clocks,
    ) -> None:
        self._collectors = tuple(collectors)
        self._timing = timing
        self._deliver = deliver
        self._clocks = clocks
        self._slots = {_pool(c): asyncio.Semaphore(c.slots) for c in self._collectors if c.slots}
        self._lanes: dict[str, asyncio.Semaphore] = {}
        self._lines: dict[str, _Line] = {}
        self._heap: list[tuple[float, int, int, _Job]] = []
        self._count = itertools.count()
        self._changed = asyncio.Event()
        self._wakes_at = 0.0
        self._shares = {c.name: _leisure(c) for c in self._collectors}
        self._pooled = {
            c.name: c for c in self._collectors if isinstance(c, Pooled)
        }  # not looked up each time
        self._running: set[asyncio.Task[None]] = set()
        self.punctuality = {c.name: Punctuality() for c in self._collectors}
        self.last_progress = clocks.monotonic()

    def set_devices(self, devices: Iterable[Device]) -> None:
        """Take a new inventory: new and changed devices start, those that are gone stop."""
        wanted = {device.id: device for device in devices}
        changed = [known for known, line in self._lines.items() if wanted.get(known) != line.device]
        before = {device_id: self._lines.pop(device_id) for device_id in changed}
        for job in (job for line in before.values() for job in line.jobs):
            job.dropped = True
        now = self._clocks.monotonic()
        for device in wanted.values():
            if device.id not in self._lines:
                self._add(device, now, before.get(device.id))
        self._changed.set()

    def ask_now(self, device_id: str) -> None:
        """Bring all that is asked of a device forward, each job once."""
        line = self._lines.get(device_id)
        for job in line.jobs if line else ():
            self._bring_forward(job)
        self._changed.set()

    async def ask_alone(self, collector: Collector, device: Device, deadline: float) -> Report | None:
        """Ask a device something outside of the rounds, alone on its line; None for one that is not there."""
        line = self._lines.get(device.id)
        if line is None:
            return None
        async with line.lock:
            return await run_once(collector, device, deadline=deadline, clocks=self._clocks)

    async def run(self) -> None:
        """Run until cancelled; then wait for nothing, but leave no task behind."""
        try:
            while True:
                self._start_due()
                await self._sleep()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    @property
    def in_flight(self) -> int:
        """How many questions are under way or wait for their slot."""
        return len(self._running)

    def _add(self, device: Device, now: float, before: _Line | None) -> None:
        # A question of the old row may still be under way: the lock is the device's, not the row's.
        line = _Line(device, lock=before.lock) if before else _Line(device)
        applying = [c for c in self._collectors if c.applies(device)]
        names = [c.name for c in applying]
        liveness = next((name for name in LIVENESS if name in names), "")
        for collector in applying:
            every, deadline = self._timing(collector.name)
            anchor = now + phase(device.id, collector.name, every)
            job = _Job(collector, device, every, deadline, anchor, collector.name == liveness)
            line.jobs.append(job)
            first = min(every, max(FIRST_ROUND_SECONDS, every * self._shares[collector.name]))
            self._put(job, now + phase(device.id, collector.name, first))
        self._lines[device.id] = line

    def _put(self, job: _Job, due: float) -> None:
        job.due, job.waiting = due, True
        job.turn += 1
        heapq.heappush(self._heap, (due, next(self._count), job.turn, job))

    def _start_due(self) -> None:
        now = self._clocks.monotonic()
        self.last_progress = now
        while self._heap and self._heap[0][0] <= now:
            _, _, turn, job = heapq.heappop(self._heap)
            if job.dropped or turn != job.turn:
                continue
            job.waiting = False
            line = self._lines[job.device.id]
            task = asyncio.create_task(self._ask(job, line), name=f"{job.collector.name} {job.device.id}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _sleep(self) -> None:
        self._changed.clear()
        now = self._clocks.monotonic()
        wait = max(0.0, min(self._heap[0][0] - now if self._heap else 1.0, 1.0))
        self._wakes_at = now + wait
        try:
            async with asyncio.timeout(wait):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _ask(self, job: _Job, line: _Line) -> None:
        async with self._room(job.collector, job.device), line.lock:
            if job.dropped:
                return
            self._note_start(job)
            report = await run_once(job.collector, job.device, deadline=job.deadline, clocks=self._clocks)
        if job.dropped:
            return
        self._put_back(job, line, report)
        try:
            self._deliver(report)
        except Exception:  # a fault of ours must not end the asking
            log.exception("report not taken collector=%s device=%s", report.collector, report.device)

    @asynccontextmanager
    async def _room(self, collector: Collector, device: Device) -> AsyncIterator[None]:
        """Hold the lanes of a question, then its slot: who waits for a narrow lane takes no slot meanwhile.

        Lanes are taken in the order of their names, so that no two questions wait for each other.
        """
        async with AsyncExitStack() as held:
            pooled = self._pooled.get(collector.name)
            lanes = pooled.lanes(device) if pooled else ()
            for name, most in sorted(lanes):
                lane = self._lanes.setdefault(name, asyncio.Semaphore(most))
                await held.enter_async_context(lane)
            slots = self._slots.get(pooled.pool if pooled else collector.name)
            if slots is not None:
                await held.enter_async_context(slots)
            yield

    def _note_start(self, job: _Job) -> None:
        kept = self.punctuality[job.collector.name]
        lag = max(0.0, self._clocks.monotonic() - job.due)
        kept.asked += 1
        kept.lag_seconds = lag
        kept.late += lag > max(LATE_FLOOR_SECONDS, LATE_SHARE * job.every)

    def _put_back(self, job: _Job, line: _Line, report: Report) -> None:
        if report.error is not None and report.error.trouble in _SILENT:
            job.misses += 1
            if job.misses == 1:
                self._seek_proof(job, line)
        elif any(other.misses for other in line.jobs):
            self._welcome_back(line)
        due = self._next_due(job, job.due + job.every * self._stretch(job))
        now = self._clocks.monotonic()
        if due < now:
            self.punctuality[job.collector.name].skipped += int((now - due) // job.every) + 1
            due = self._next_due(job, now + job.every / 2)
        self._put(job, due)
        if due < self._wakes_at:  # the loop wakes in time by itself for all that is later
            self._changed.set()

    def _seek_proof(self, silent: _Job, line: _Line) -> None:
        """Ask the rest too where no port tells whether a device is there: only all of them silent is proof.

        Devices with ports are left out: a dead switch must not send all its cameras to the decoders at once.
        """
        others = [job for job in line.jobs if job is not silent and job.every <= PROOF_PACE * silent.every]
        if not others or any(job.collector.name == LIVENESS[0] for job in line.jobs):
            return
        now = self._clocks.monotonic()
        if now - line.proof_at >= max(job.every for job in others) / 2:
            line.proof_at = now
            for job in others:
                self._bring_forward(job)

    def _next_due(self, job: _Job, wish: float) -> float:
        """Return the beat of the job that is nearest to a wish."""
        return job.anchor + round((wish - job.anchor) / job.every) * job.every

    def _stretch(self, job: _Job) -> int:
        return 1 if job.is_liveness or job.misses < 2 else int(min(2 ** (job.misses - 1), BACKOFF_LIMIT))

    def _welcome_back(self, line: _Line) -> None:
        """Something of a silent device answered: the jobs that had backed off come forward."""
        for job in line.jobs:
            backed_off = self._stretch(job) > 1
            job.misses = 0
            if backed_off:
                self._bring_forward(job)

    def _bring_forward(self, job: _Job) -> None:
        if job.waiting:
            self._put(job, min(job.due, self._clocks.monotonic()))
            self._changed.set()


def _pool(collector: Collector) -> str:
    return collector.pool if isinstance(collector, Pooled) else collector.name


def _leisure(collector: Collector) -> float:
    """Return the share of its interval within which a collector asks each device for the first time.

    Looked up once for each collector: comparing with a Protocol takes a twentieth of a millisecond.
    """
    if isinstance(collector, Pooled) and not collector.hurries:
        return 1.0
    return LEISURE_SHARE if isinstance(collector, Leisurely) else 0.0
