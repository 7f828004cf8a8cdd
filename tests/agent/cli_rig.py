"""The command line in this process, and as a process of its own."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from agent.cli import app
from simulator.control import truth
from simulator.site import SiteSpec
from simulator.world import World

ROOT = Path(__file__).parents[2]


def siteward(*arguments: object, env: Mapping[str, str] | None = None) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(app, [str(a) for a in arguments], env={"COLUMNS": "200", **(env or {})})


def process(*arguments: object, before: tuple[str, ...] = (), **env: str) -> subprocess.CompletedProcess:
    """Run a command as a process and wait for it; `before`: a program that starts it, with its arguments."""
    command = [*before, sys.executable, "-m", "agent", *(str(a) for a in arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, cwd=ROOT, env={**os.environ, **env}, check=False
    )


@dataclass
class Simulated:
    """A world in another thread: everything is asked of it there."""

    world: World
    loop: asyncio.AbstractEventLoop

    @contextmanager
    def fault(self, device: str, fault: str) -> Iterator[None]:
        """Have a fault for the length of the block."""
        self._there(self.world.switch_on, device, fault)
        try:
            yield
        finally:
            self._there(self.world.switch_off, device, fault)

    def counts(self, device: str) -> dict[str, int]:
        return self._there(truth, self.world)["devices"][device]

    def _there(self, function: Callable[..., Any], *arguments: object) -> Any:
        async def call() -> Any:
            return function(*arguments)

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)


@contextmanager
def simulated(spec: SiteSpec) -> Iterator[Simulated]:
    """Run a world in a thread of its own, for tests that block."""
    loop, stop, ready = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    worlds: list[World] = []

    async def live() -> None:
        async with World(spec) as world:
            worlds.append(world)
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    try:
        assert ready.wait(20), "the simulated site did not start"
        yield Simulated(worlds[0], loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(20)
        loop.close()


def fails(result: Result, status: int, *said: str) -> None:
    """Assert an exit status and what was said of it, without a traceback."""
    assert result.exit_code == status, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    for text in said:
        assert text in result.output
    assert "Traceback" not in result.output
