"""Looks spread over processes, or over machines, behind the interface of `concurrent.futures`.

    Spread ──submit(look_at, message, seconds)──▶ Executor ─┬─ LocalExecutor ── WorkerPool ── processes
                                                            └─ a Dask cluster ── look_at ── the same there

A message goes in and a message comes out: plain bytes, so nothing of a worker's is unpickled here. Whatever
the executor, a look runs in a process that can be killed, and its deadline starts when that takes it.
"""

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, Future
from typing import Any, Final

from collectors.base import CollectError
from collectors.stream.job import (
    HEADER,
    Refusal,
    StreamJob,
    StreamResult,
    lengths,
    pack_job,
    pack_outcome,
    read_job,
    read_outcome,
)
from collectors.stream.pool import LOOK, WorkerPool, error_of
from models.facts import Trouble

CLUSTER_NEEDS: Final = "looking by a cluster needs the package distributed: pip install 'siteward[cluster]'"
MOST_HERE: Final = 64  # processes that one machine of a cluster may start; its own threads are the real bound


class ClusterError(Exception):
    """The cluster cannot be used; the message says why and what to do."""


class LocalExecutor(Executor):
    """Killable processes of this machine as an executor. It does one kind of work: `look_at`.

    Its pool lives in the loop of a thread of its own: a worker dies with the thread that started it, and a
    busy loop of the agent's does not delay reading what workers say.
    """

    def __init__(self, size: int, *, work: str = LOOK, path: tuple[str, ...] = (), **renewal: int) -> None:
        self._pool = WorkerPool(size, work=work, path=path, **renewal)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stream-workers", daemon=True)
        self._lock = threading.Lock()
        self._state = "new"

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do one job, `submit(look_at, message, seconds)`; a running one may be cancelled, which kills it.

        Raises:
            RuntimeError: it was shut down.
            ValueError: other work than `look_at`.
        """
        if fn is not look_at:
            raise ValueError("stream workers do one kind of work: look_at")
        loop = self._running()
        return asyncio.run_coroutine_threadsafe(self._do(*args, **kwargs), loop)

    async def _do(self, message: bytes, seconds: float) -> bytes:
        return _packed(await _outcome(self._pool.run(_job(message), seconds)))

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._state == "over":
                raise RuntimeError("the executor was shut down")
            if self._state == "new":
                self._thread.start()
                self._state = "running"
        return self._loop

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """End all workers, also in the middle of a job; with `wait`, none is left when this returns."""
        with self._lock:
            state, self._state = self._state, "over"
        if state == "running":
            closing = asyncio.run_coroutine_threadsafe(self._close(), self._loop)
            closing.add_done_callback(lambda _: self._loop.call_soon_threadsafe(self._loop.stop))
            if wait:
                self._thread.join()
                self._loop.close()

    async def _close(self) -> None:
        await self._pool.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait(others, timeout=1.0) if others else None


class Spread:
    """Runs jobs through an executor, for the agent's loop.

    Args:
        executor: of this machine or of a cluster; it is shut down with this.
        size: jobs at once.
    """

    def __init__(self, executor: Executor, size: int) -> None:
        self.size = size
        self._executor = executor

    async def run(self, job: StreamJob, timeout: float) -> StreamResult:  # noqa: ASYNC109 the clock starts late
        """Do one job. Its deadline starts when a worker takes it.

        Raises:
            TimeoutError: it was not done in `timeout` seconds; its worker was killed.
            CollectError: the device could not be looked at, or its worker crashed.
            RuntimeError: a bug of ours, or the executor cannot be used.
        """
        done = self._executor.submit(look_at, pack_job(job), timeout)
        outcome = _read(await asyncio.wrap_future(done))
        if isinstance(outcome, Refusal):
            raise error_of(outcome)
        return outcome

    async def close(self) -> None:
        """End all workers."""
        await asyncio.to_thread(self._executor.shutdown)


def look_at(message: bytes, seconds: float) -> bytes:
    """Do one job in a killable process of the machine this is called on; what an executor elsewhere runs.

    Args:
        message: of `job.pack_job`; it holds the password, so a cluster's transport should be TLS.
        seconds: the deadline, from when a process takes the job.

    Returns:
        A message of `job.pack_outcome`; every failure is in it, none is raised.
    """
    done: bytes = _here().submit(look_at, message, seconds).result()
    return done


@functools.cache
def _here() -> LocalExecutor:
    return LocalExecutor(MOST_HERE)


def cluster_executor(address: str) -> Executor:
    """Return the executor of a Dask cluster.

    Raises:
        ClusterError: the package is missing, or the scheduler does not answer.
    """
    try:
        from distributed import Client  # noqa: PLC0415 an optional package
    except ImportError:
        raise ClusterError(CLUSTER_NEEDS) from None
    try:
        client: Any = Client(address, timeout=10, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        why = str(error) or type(error).__name__
        raise ClusterError(f"the cluster at {address} does not answer: {why[:200]}") from None
    return _ClusterExecutor(client)


class _ClusterExecutor(Executor):
    """Dask's executor, which is pure by default: the same job twice would be looked at once."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._inner: Executor = client.get_executor(pure=False, retries=0)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._inner.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        self._inner.shutdown(wait=False)
        self._client.close()


def _job(message: bytes) -> StreamJob:
    text, _ = lengths(message[: HEADER.size])
    body = message[HEADER.size :]
    return read_job(body[:text], body[text:])


async def _outcome(work: Coroutine[Any, Any, StreamResult]) -> StreamResult | Refusal:
    try:
        return await work
    except CollectError as error:
        return Refusal(error.trouble, str(error))
    except TimeoutError as error:
        return Refusal(Trouble.DEADLINE, str(error))
    except RuntimeError as error:
        return Refusal(Trouble.BUG, str(error))


def _packed(outcome: StreamResult | Refusal) -> bytes:
    return pack_outcome(outcome, 0)


def _read(message: bytes) -> StreamResult | Refusal:
    text, _ = lengths(message[: HEADER.size])
    body = message[HEADER.size :]
    return read_outcome(body[:text], body[text:])[0]
