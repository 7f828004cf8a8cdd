"""Tasks that run as long as the agent does."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def running(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Let a task of the agent run while the block does; one that ends by itself is told in the log."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_tell_end)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _tell_end(task: "asyncio.Task[None]") -> None:
    """Log a task that ended by itself: none of them should."""
    if not task.cancelled() and (err := task.exception()) is not None:
        log.error("stopped by a fault of ours: %s", task.get_name(), exc_info=err)
