"""Threads for the work that must not hold up the event loop: rendering and encoding."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Workshop:
    """A few threads, started when first needed, gone after `close`."""

    def __init__(self, hands: int = 2) -> None:
        self._hands = hands
        self._pool: ThreadPoolExecutor | None = None

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work in a thread and return what it returns.

        Cancelled, it first lets work that has begun end, so that nobody pulls the tools from under it.
        """
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._hands, thread_name_prefix="rtsp-encode")
        job = self._pool.submit(work, *args, **kwargs)
        done = asyncio.wrap_future(job)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            if not job.cancel():
                await asyncio.wait({done})
            raise

    async def close(self) -> None:
        """End the threads; whoever had work in them was cancelled before."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
