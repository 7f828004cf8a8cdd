"""A limit on each of many waits that costs one timer for all of them. A walk waits hundreds of times."""

import asyncio
import math
from types import TracebackType
from typing import Self


class Patience:
    """Breaks off what is awaited between `begin` and `rest` when it takes longer than `wait` seconds.

    A context manager that raises TimeoutError then. Its timer is not moved with each wait: when it rings too
    early it is set anew. At rest it may ring as it likes, so that a generator may yield within.
    """

    def __init__(self, wait: float) -> None:
        self._wait = wait
        self._loop = asyncio.get_running_loop()
        self._until = math.inf
        self._rang = False

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("patience is for tasks")
        self._task, self._cancelling = task, task.cancelling()
        self._timer = self._loop.call_later(self._wait, self._ring)
        return self

    def begin(self) -> None:
        """Begin to wait."""
        self._until = self._loop.time() + self._wait

    def rest(self) -> None:
        """Stop waiting: it came."""
        self._until = math.inf

    def _ring(self) -> None:
        now = self._loop.time()
        if now >= self._until:
            self._rang = True
            self._task.cancel()
        else:
            self._timer = self._loop.call_at(min(self._until, now + self._wait), self._ring)

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        if not self._rang:
            return
        is_ours = self._task.uncancel() <= self._cancelling
        if is_ours and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError
