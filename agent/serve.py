"""The life of the process: signals, the service manager, a new inventory, the end."""

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from agent import sweep
from agent.app import Agent, StartError
from agent.config import Access, ConfigError, SiteConfig, fetch_access, read_config
from agent.inventory import read_devices
from agent.notify import Notifier
from agent.tasks import running
from models.facts import Device

log = logging.getLogger(__name__)

SWITCH_SECONDS: Final = 0.001


async def serve(
    path: Path,
    config: SiteConfig,
    access: Access,
    devices: Sequence[Device],
    *,
    port_file: Path | None = None,
) -> str:
    """Watch a site until SIGTERM or SIGINT; SIGHUP reads the inventory anew.

    Returns:
        "" after a clean stop, else why the agent could not start.
    """
    # The loop polls, judges and serves pages; threads beside it must hand over sooner than Python's 5 ms.
    sys.setswitchinterval(SWITCH_SECONDS)
    loop, stop, reload = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()
    notifier = Notifier()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reload.set)  # at once: unhandled, it would end us
    try:
        async with (
            Agent(config, access, devices) as agent,
            running(_reloads(agent, path, reload), "reload"),
            running(sweep.run(agent.clocks.monotonic), "sweep"),
        ):
            if port_file:
                await asyncio.to_thread(port_file.write_text, str(agent.port), encoding="utf-8")
            where = f"http://{config.web.host}:{agent.port}"
            log.info("watching site=%s devices=%d metrics=%s/metrics", config.site, len(devices), where)
            notifier.ready(f"watching {len(devices)} devices")
            await _until(stop, agent.stuck, notifier)
            notifier.stopping()
            log.info("stopping site=%s", config.site)
    except StartError as err:
        return f"the agent cannot start: {err}"
    return ""


async def _until(stop: asyncio.Event, stuck: Callable[[], str], notifier: Notifier) -> None:
    """Wait for the end; feed systemd's watchdog meanwhile, but only while the agent gets on."""
    every = (notifier.watchdog_seconds or 60.0) / 3
    while not stop.is_set():
        if not (problem := stuck()):
            notifier.alive()
        else:
            log.error("stuck: %s", problem)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), every)


async def _reloads(agent: Agent, path: Path, wanted: asyncio.Event) -> None:
    """Read the inventory anew whenever wanted; a file with mistakes changes nothing."""
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            devices = await asyncio.to_thread(_read_devices, path)
        except ConfigError as err:
            log.error("inventory not taken, the old one stays: %s", err)  # noqa: TRY400  no fault of ours
        except Exception:
            log.exception("inventory not taken, the old one stays")
        else:
            agent.set_devices(devices)
            log.info("inventory taken devices=%d", len(devices))


def _read_devices(path: Path) -> tuple[Device, ...]:
    config = read_config(path)
    return read_devices(config, fetch_access(config, path))
