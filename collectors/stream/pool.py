"""A few worker processes, watched: killed at the deadline, replaced after a crash, renewed with age."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import collectors
from collectors.base import BadReply, CollectError
from collectors.stream.job import HEADER, Refusal, StreamJob, StreamResult, lengths, pack_job, read_outcome
from models.facts import Trouble

LOOK: Final = "collectors.stream.look:look"
START_SECONDS: Final = (
    30.0  # importing the codec libraries takes 0.2 s at rest, and long on a busy small machine
)
ROOT: Final = Path(collectors.__file__).parents[1]
ERRORS: Final = {error.trouble.value: error for error in CollectError.__subclasses__()}
# One thread; and glibc keeps what it freed: a megabyte given back and fetched anew for each step of a
# measure costs as much as the measure (mallopt(3)).
FRUGAL: Final = {
    **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
}


class WorkerDied(BadReply):
    """The worker died over a job: what the device sent is the first suspect."""


class WorkerPool:
    """Runs jobs in worker processes, at most `size` at once; workers start when first needed and are kept.

    Args:
        size: number of workers.
        work: `module:function` that does a job; it must be importable in a fresh interpreter.
        path: further folders for the workers' module search.
        jobs_each: a worker is renewed after so many jobs …
        growth_bytes: … or when its memory has grown by so much since its first job.
    """

    def __init__(
        self,
        size: int = 2,
        *,
        work: str = LOOK,
        path: tuple[str, ...] = (),
        jobs_each: int = 500,
        growth_bytes: int = 150 << 20,
    ) -> None:
        self.size = size
        self._work = work
        self._path = path
        self._jobs_each = jobs_each
        self._growth_bytes = growth_bytes
        self._slots = asyncio.Semaphore(size)
        self._idle: list[_Worker] = []
        self._busy: set[_Worker] = set()
        self._closed = False

    async def run(self, job: StreamJob, timeout: float) -> StreamResult:  # noqa: ASYNC109 - the clock starts late
        """Do one job. Its deadline starts when a worker that is ready takes it.

        Raises:
            TimeoutError: it was not done in `timeout` seconds; its worker was killed.
            WorkerDied: its worker crashed.
            CollectError: the device could not be looked at.
            RuntimeError: a bug of ours, or the pool is closed.
        """
        async with self._slots:
            worker = await self._take()
            try:
                async with asyncio.timeout(timeout):
                    outcome = await worker.ask(job)
            except TimeoutError:
                raise TimeoutError(
                    f"the stream was not read in {timeout:g} s; its worker was ended"
                ) from None
            finally:
                await self._put_back(worker)
        if isinstance(outcome, Refusal):
            raise error_of(outcome)
        return outcome

    async def close(self) -> None:
        """End all workers, also in the middle of a job; none is left when this returns."""
        self._closed = True
        await asyncio.gather(*(worker.end() for worker in (*self._idle, *self._busy)))
        self._idle.clear()
        for _ in range(self.size):  # whoever was starting or asking one has cleaned up when we hold all slots
            await self._slots.acquire()
        for _ in range(self.size):
            self._slots.release()

    async def _take(self) -> "_Worker":
        """Return a worker that is ready, a new one if none is idle."""
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                break
            await worker.end()
        else:
            worker = await _Worker.start(self._work, self._path)
        if self._closed:
            await worker.end()
            raise RuntimeError("the pool of stream workers is closed")
        self._busy.add(worker)
        return worker

    async def _put_back(self, worker: "_Worker") -> None:
        """Keep a worker for the next job, or end it; shielded: a cancelled check must still clean up."""
        if worker.fit(self._jobs_each, self._growth_bytes) and not self._closed:
            self._idle.append(worker)
        else:
            await asyncio.shield(worker.end())
        self._busy.discard(worker)


class _Worker:
    """One process. `asking` stays true when a question was broken off: such a worker can only be ended."""

    def __init__(self, process: Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("a stream worker is started with pipes for its jobs and outcomes")
        self._process, self._jobs_pipe, self._outcomes = process, process.stdin, process.stdout
        self._asking = False
        self._jobs = 0
        self._first_bytes = 0
        self._last_bytes = 0

    @classmethod
    async def start(cls, work: str, path: tuple[str, ...]) -> Self:
        """Start a process and wait until it has imported what it needs.

        Raises:
            RuntimeError: it cannot.
        """
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "collectors.stream.worker", str(os.getpid()), work),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=_environment(path),
            start_new_session=True,  # Ctrl-C in a terminal is for the agent, which then ends its workers
        )
        worker = cls(process)
        try:
            async with asyncio.timeout(START_SECONDS):
                ready = await worker._read()
        except (TimeoutError, WorkerDied) as error:
            await asyncio.shield(worker.end())
            raise RuntimeError(f"a stream worker did not start: {error or 'no sign of life'}") from None
        except BaseException:
            await asyncio.shield(worker.end())
            raise
        if isinstance(ready, Refusal):
            await asyncio.shield(worker.end())
            raise error_of(ready)
        return worker

    @property
    def alive(self) -> bool:
        """Whether the process runs, as far as is known: that its pipe ended shows before that it did."""
        return self._process.returncode is None and not self._outcomes.at_eof()

    async def ask(self, job: StreamJob) -> StreamResult | Refusal:
        """Hand a job over and wait for its outcome, for ever if need be.

        Raises:
            WorkerDied: the process ended instead.
        """
        self._asking = True
        with suppress(ConnectionError):  # it died: reading tells how
            self._jobs_pipe.write(pack_job(job))
            await self._jobs_pipe.drain()
        outcome = await self._read()
        self._asking = False
        self._jobs += 1
        self._first_bytes = self._first_bytes or self._last_bytes
        return outcome

    def fit(self, jobs_each: int, growth_bytes: int) -> bool:
        """Whether it may take another job."""
        grown = self._last_bytes - self._first_bytes > growth_bytes
        return self.alive and not self._asking and self._jobs < jobs_each and not grown

    async def end(self) -> None:
        """Kill it and wait until it is gone. It holds nothing that a gentler end would save."""
        with suppress(ProcessLookupError):
            self._process.kill()
        self._jobs_pipe.close()
        await self._process.wait()

    async def _read(self) -> StreamResult | Refusal:
        try:
            text, blob = lengths(await self._outcomes.readexactly(HEADER.size))
            body = await self._outcomes.readexactly(text + blob)
            outcome, self._last_bytes = read_outcome(body[:text], body[text:])
        except (asyncio.IncompleteReadError, ConnectionError):
            raise WorkerDied(f"the decoder died over its stream ({await self._cause()})") from None
        except ValueError:
            raise WorkerDied("the decoder lost its mind over its stream") from None
        return outcome

    async def _cause(self) -> str:
        code = await self._process.wait()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _environment(path: tuple[str, ...]) -> dict[str, str]:
    """Return what a worker may know: where the modules are, and none of the agent's own environment."""
    folders = os.pathsep.join((*path, str(ROOT)))
    return {"PYTHONPATH": folders, "PATH": os.defpath, "LC_ALL": "C.UTF-8", **FRUGAL}


def error_of(refusal: Refusal) -> Exception:
    """Return a refusal as the error it was."""
    if refusal.trouble == Trouble.DEADLINE:
        return TimeoutError(refusal.detail)
    kind = ERRORS.get(refusal.trouble)
    return kind(refusal.detail) if kind else RuntimeError(refusal.detail)
