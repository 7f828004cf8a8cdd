"""The whole site at once: every server of every device, the schedule, and the record of what was switched."""

import asyncio
import contextlib
import importlib
import resource
import time
from collections.abc import Awaitable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, runtime_checkable

from simulator.control import Control
from simulator.faults import FaultBoard
from simulator.site import DeviceSpec, SiteError, SiteSpec, filled, schedule_flaws
from simulator.truth import TruthLog

AT_ONCE: Final = 50  # servers started together; more gains nothing on one loop
FILES_PER_DEVICE: Final = 16  # listeners, an open connection on each, and room for streams


class WorldError(Exception):
    """The site cannot be started; the message says which server of which device could not listen, and why."""


class Server(Protocol):
    """One protocol of one device. It looks at the fault board itself and is deaf while its device is off."""

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the address is taken or cannot be used.
        """
        ...

    async def stop(self) -> None:
        """Listen no more and drop whoever is connected."""
        ...


@runtime_checkable
class Prepared(Protocol):
    """A server that has something to make before it can answer quickly."""

    async def prepare(self) -> None:
        """Make it."""
        ...


class World:
    """A running site; an async context manager.

    "Off" is as dead as loopback permits: TCP refuses, open connections are dropped, UDP is silent. The kernel
    itself still answers a ping to any address in 127.0.0.0/8, so a simulated device never fails a ping; and a
    refused connection comes back at once, where a real dead device makes one wait.

    Args:
        site: what exists.
        clips: directory of video files to stream in place of rendered scenes.
        control: host and port (0: any free one) of the HTTP control; None: no control.

    Raises:
        SiteError: the schedule names a device or fault that does not exist.
    """

    def __init__(
        self, site: SiteSpec, *, clips: Path | None = None, control: tuple[str, int] | None = None
    ) -> None:
        if wrong := list(schedule_flaws(site)):  # else it would fail only when its time has come
            raise SiteError("\n".join(wrong))
        self.site = filled(site)
        self.board = FaultBoard({spec.id: spec.parent for spec in site.devices})
        self.truth = TruthLog(self.board)
        self.stopping = (
            asyncio.Event()
        )  # set by the control's POST /stop; whoever runs the world waits for it
        self.control = Control(self, control) if control else None
        self.servers: dict[tuple[str, str], Server] = {}  # (device id, protocol) -> server
        self._clips = clips
        self._schedule: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        _allow_files(len(self.site.devices) * FILES_PER_DEVICE + 256)
        self.servers = {(spec.id, name): s for spec in self.site.devices for name, s in self._build(spec)}
        try:
            await _in_turns(self._start(*key) for key in self.servers)
            await self._start_control()
        except BaseException:
            await self._stop()
            raise
        self._schedule = [asyncio.create_task(self._run(n)) for n in range(len(self.site.schedule))]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def prepare(self) -> None:
        """Paint every stream's scene now: a machine with much to do would make a slow camera of it later."""
        for server in self.servers.values():
            if isinstance(server, Prepared):
                await server.prepare()

    def switch_on(self, device: str, fault: str, strength: float = 1.0) -> None:
        """Switch a fault on now.

        Raises:
            KeyError: no such device or fault.
        """
        self.board.switch_on(device, fault, strength=strength, at=time.time())

    def switch_off(self, device: str, fault: str) -> None:
        """Switch a fault off now.

        Raises:
            KeyError: no such device or fault.
        """
        self.board.switch_off(device, fault)

    def _build(self, spec: DeviceSpec) -> Iterable[tuple[str, Server]]:
        # Each protocol's packages (aiohttp, codecs, ASN.1) load only where a device needs them.
        if spec.onvif:
            yield "onvif", _class("onvif.server", "OnvifServer")(spec, self.board, self.site)
        if spec.onvif and spec.onvif.discoverable:
            yield "discovery", _class("discovery", "Discovery")(spec, self.board, self.site)
        if spec.rtsp:
            more: dict[str, Any] = {"cameras": {camera.id: camera for camera in self.site.devices}}
            if spec.channels:
                more["channels"] = len(spec.channels)
            yield "rtsp", _class("rtsp.server", "RtspServer")(spec, self.board, clips=self._clips, **more)
        if spec.snmp:
            yield "snmp", _class("snmp.agent", "SnmpAgent")(spec, self.board, self.site)

    async def _start(self, device: str, name: str) -> None:
        try:
            await self.servers[device, name].start()
        except OSError as err:
            where = f"the {name} server of {device} at {self.site.device(device).address}"
            raise WorldError(
                f"{where} cannot listen: {err.strerror or err}; does another simulator use these addresses? "
                "Choose another network"
            ) from err

    async def _start_control(self) -> None:
        if self.control:
            try:
                await self.control.start()
            except OSError as err:
                raise WorldError(f"the control cannot listen: {err.strerror or err}") from err

    async def _stop(self) -> None:
        for task in self._schedule:
            task.cancel()
        await asyncio.gather(*self._schedule, return_exceptions=True)
        if self.control:
            await self.control.stop()
        await _in_turns(server.stop() for server in self.servers.values())
        self.servers = {}

    async def _run(self, n: int) -> None:
        """Follow one line of the schedule."""
        line = self.site.schedule[n]
        await asyncio.sleep(line.at)
        self.switch_on(line.device, line.fault, line.strength)
        if line.until is not None:
            await asyncio.sleep(line.until - line.at)
            self.switch_off(line.device, line.fault)


def _class(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"simulator.{module}"), name)


async def _in_turns(jobs: Iterable[Awaitable[None]]) -> None:
    """Await all, `AT_ONCE` at a time.

    Raises:
        Exception: the first one that a job raised, when its turn has ended.
    """
    waiting = list(jobs)
    try:
        while waiting:
            turn = waiting[:AT_ONCE]
            del waiting[:AT_ONCE]
            for result in await asyncio.gather(*turn, return_exceptions=True):
                if isinstance(result, BaseException):
                    raise result
    finally:
        for job in waiting:
            job.close()  # type: ignore[attr-defined]  # coroutines that never ran


def _allow_files(wanted: int) -> None:
    """Raise the limit of open files where the machine permits; if that is too little, listening says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))
