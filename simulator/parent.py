"""Noticing that whoever started us is gone, even by kill -9, so that no orphan keeps the addresses."""

import asyncio
import os
import stat
from typing import Final

LOOK_EVERY: Final = 0.5  # seconds
STARTED_BY: Final = os.getppid()  # as early as possible: a parent may die while we are still starting


async def parent_gone() -> None:
    """Return when the parent process has ended, or closed the pipe that is our standard input.

    A pipe is the surest: it also tells of a parent that died before this process ran. The parent's id is
    watched rather than asking the kernel for a signal (PR_SET_PDEATHSIG), because that one fires already when
    the *thread* that started us ends.
    """
    closed = asyncio.Event()
    if _stdin_is_pipe():
        asyncio.get_running_loop().add_reader(0, _drain, closed)
    while os.getppid() == STARTED_BY and not closed.is_set():  # noqa: ASYNC110  nothing tells of a new parent
        await asyncio.sleep(LOOK_EVERY)


def _stdin_is_pipe() -> bool:
    try:
        return stat.S_ISFIFO(os.fstat(0).st_mode)
    except OSError:
        return False


def _drain(closed: asyncio.Event) -> None:
    """Throw away what arrives; nothing more will once the other end is closed."""
    if not os.read(0, 4096):
        asyncio.get_running_loop().remove_reader(0)
        closed.set()
