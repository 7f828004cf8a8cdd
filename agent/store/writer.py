"""The one thread that writes.

caller ──call(job)──▶ queue ──▶ writer thread: BEGIN, job(db), COMMIT ──▶ Future of the caller
                                    │ the disk fails
                                    ▼
                                the work tables move into memory, the job runs there, `degraded` says why;
                                every half minute the disk is tried again and the work moves back
"""

import contextlib
import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final, NamedTuple, TypeVar

from agent.store.connect import describe, is_disk_trouble
from agent.store.fallback import Refuge
from agent.store.records import StoreError

log = logging.getLogger(__name__)

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]

RETRY_SECONDS: Final = 30.0


class _Item(NamedTuple):
    job: Job[Any]
    done: "Future[Any]"
    synchronous: str | None  # SQLite's setting for the commit; None: it only reads


class Writer:
    """Runs jobs one after the other, each in a transaction of its own.

    A job may run twice (on the disk, then in memory when the disk fails), so it changes nothing but the
    database; caches are settled in `on_commit` and dropped in `on_doubt`, both called in the writer's thread.

    Args:
        path: the file, for messages.
        connect: opens the file; raises StoreError.
        db: the open connection, or None to begin in memory because of `trouble`.
    """

    def __init__(
        self,
        path: str,
        connect: Callable[[], sqlite3.Connection],
        db: sqlite3.Connection | None,
        *,
        trouble: str = "",
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        self._path = path
        self._connect = connect
        self._retry_seconds = retry_seconds
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closing = False
        self._refuge: Refuge | None = None
        self._next_try = 0.0
        self.degraded = ""
        self.commits = 0
        self.on_commit: Callable[[], None] = lambda: None
        self.on_doubt: Callable[[], None] = lambda: None
        if db is None:
            self._db = self._take_refuge(None, trouble)
        else:
            self._db = db
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[T], *, durable: bool = False) -> "Future[T]":
        """Queue a job. `durable`: its commit is on the disk (fsync) before the future is done."""
        return self._put(job, "FULL" if durable else "NORMAL")

    def call(self, job: Job[T], *, durable: bool = False) -> T:
        """Run a job and wait for what it returns.

        Raises:
            StoreError: the store is closed. Whatever the job raises that is not the disk's fault.
        """
        return self.submit(job, durable=durable).result()

    def ask(self, query: Job[T]) -> T:
        """Run a query where the newest truth is, behind everything queued before it."""
        return self._put(query, None).result()

    def close(self) -> None:
        """Finish what is queued and close the file."""
        with self._gate:
            self._closing = True
            self._queue.put(None)
        self._thread.join()

    def _put(self, job: Job[T], synchronous: str | None) -> "Future[T]":
        done: Future[T] = Future()
        # Running from now on: a coroutine that is cancelled while it waits does not take its job back.
        done.set_running_or_notify_cancel()
        with self._gate:
            if self._closing:
                raise StoreError("the store is closed")
            self._queue.put(_Item(job, done, synchronous))
        return done

    # ------------------------------------------------------------ in the writer's thread

    def _run(self) -> None:
        while (item := self._next()) is not None:
            try:
                item.done.set_result(self._do(item))
            except BaseException as err:  # noqa: BLE001 - handed to the caller, who knows what to do
                item.done.set_exception(err)
        self._try_disk()
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    def _next(self) -> _Item | None:
        while self.degraded:
            wait = max(0.0, self._next_try - time.monotonic())
            try:
                return self._queue.get(timeout=wait) if wait else self._queue.get_nowait()
            except queue.Empty:
                self._try_disk()
        return self._queue.get()

    def _do(self, item: _Item) -> Any:
        if self.degraded and time.monotonic() >= self._next_try:
            self._try_disk()
        try:
            return self._transact(self._db, item)
        except (sqlite3.Error, OSError) as err:
            if self.degraded or not is_disk_trouble(err):
                raise
            self._db = self._take_refuge(self._db, str(describe(err, self._path)))
            return self._transact(self._db, item)

    def _transact(self, db: sqlite3.Connection, item: _Item) -> Any:
        if item.synchronous is None:
            return item.job(db)
        db.execute(f"PRAGMA synchronous = {item.synchronous}")
        try:
            db.execute("BEGIN IMMEDIATE")
            result = item.job(db)
            db.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):  # a failed COMMIT may have rolled back already
                db.execute("ROLLBACK")
            self.on_doubt()
            raise
        self.commits += 1
        self.on_commit()
        return result

    # ------------------------------------------------------------ when the disk fails

    def _take_refuge(self, disk: sqlite3.Connection | None, why: str) -> sqlite3.Connection:
        log.error("store degraded, going on in memory: %s", why)
        self._refuge = Refuge.seeded(disk)
        if disk is not None:
            with contextlib.suppress(sqlite3.Error):
                disk.close()
        self.degraded = why
        self._next_try = time.monotonic() + self._retry_seconds
        self.on_doubt()
        return self._refuge.db

    def _try_disk(self) -> None:
        if self._refuge is None:
            return
        disk = None
        try:
            disk = self._connect()
            self._transact(disk, _Item(self._refuge.carry_back, Future(), "FULL"))
        except (sqlite3.Error, OSError, StoreError) as err:
            self.degraded = str(describe(err, self._path))
            self._next_try = time.monotonic() + self._retry_seconds
            if disk is not None:
                disk.close()
            return
        log.warning("store is back on disk path=%s", self._path)
        self._refuge.db.close()
        self._db, self._refuge, self.degraded = disk, None, ""
        self.on_doubt()
