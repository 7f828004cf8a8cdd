"""The RTSP server of one simulated device: listens while it has power, and drops everybody when it has none.

RtspServer ── Connection (one per client) ── Player (one per session) ── Line ── Carrier ── client
    │               └──── Device: streams, gate, faults ────┘  └ View: scene or clip, faults, clock
    └ watches the power
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Final

from simulator.faults import Active, FaultBoard
from simulator.rtsp.connection import Connection
from simulator.rtsp.device import Device
from simulator.site import DeviceSpec

MAX_CONNECTIONS: Final = 8  # clients beyond these hear 503
MAX_REFUSING: Final = 16  # and beyond these are not even answered
RETRY: Final = 1.0  # seconds until we try again to listen, when somebody else has our port

FLUSH: Final = 1.0  # seconds a client may take to read our last words

Clients = dict[asyncio.Task[None], asyncio.StreamWriter]

log = logging.getLogger(__name__)


class RtspServer:
    """The streams of one device.

    Args:
        spec: the device; its `rtsp` must be there.
        board: its faults, looked at for each request and each picture.
        clips: a folder of video files to stream instead of rendered scenes.
        now: Unix seconds; what the on-screen clock shows.
        channels: how many cameras a recorder has, when its `channels` do not name them.
        cameras: the cameras a recorder records, by id: a channel shows what its camera sees, faults too.
        session_seconds: a client silent for so long is dropped.

    Raises:
        ValueError: the device has no RTSP, or a codec or scene that does not exist.
        FileNotFoundError: no video file in `clips`.
    """

    def __init__(
        self,
        spec: DeviceSpec,
        board: FaultBoard,
        *,
        clips: Path | None = None,
        now: Callable[[], float] = time.time,
        channels: int = 4,
        cameras: Mapping[str, DeviceSpec] | None = None,
        session_seconds: float = 60.0,
    ) -> None:
        self._device = Device(
            spec,
            board,
            clips=clips,
            now=now,
            channels=channels,
            cameras=cameras or {},
            session_seconds=session_seconds,
        )
        self._place = (spec.address, spec.rtsp.port if spec.rtsp else 0)
        self._board = board
        self._switched = asyncio.Event()
        self._listener: asyncio.Server | None = None
        self._power: asyncio.Task[None] | None = None
        self._clients: Clients = {}
        self._refused: Clients = {}

    @property
    def refused_logins(self) -> int:
        """How many requests came with a name or password that was refused."""
        return self._device.refused_logins

    @property
    def connections(self) -> int:
        """How many clients are connected now."""
        return len(self._clients)

    @property
    def playing(self) -> int:
        """How many sessions there are now."""
        return self._device.sessions

    async def prepare(self) -> None:
        """Paint what the streams show, which takes longest the first time."""
        await self._device.prepare()

    async def start(self) -> None:
        """Listen, unless the device is off, and watch its power from now on.

        Raises:
            OSError: the address or port cannot be had.
        """
        if not self._device.condition.off:
            await self._switch_on()
        self._board.listen(self._hear)
        self._power = asyncio.create_task(self._watch_power(), name="rtsp-power")

    async def stop(self) -> None:
        """Drop everybody; nothing is left behind."""
        self._board.forget(self._hear)
        if self._power is not None:
            self._power.cancel()
            await asyncio.gather(self._power, return_exceptions=True)
        await self._switch_off()
        await self._device.workshop.close()

    def _hear(self, _device: str, fault: str, _active: Active | None) -> None:
        if fault == "off":  # ours, or that of what feeds us
            self._switched.set()

    async def _watch_power(self) -> None:
        while True:
            off = self._device.condition.off
            if off and self._listener is not None:
                await self._switch_off()
            elif not off and self._listener is None:
                await self._try_again()
            missing = self._listener is None and not off
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._switched.wait(), RETRY if missing else None)
            self._switched.clear()

    async def _try_again(self) -> None:
        try:
            await self._switch_on()
        except OSError as err:
            log.warning("cannot listen again yet: %s", err)

    async def _switch_on(self) -> None:
        self._listener = await asyncio.start_server(self._accept, *self._place)

    async def _switch_off(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        clients = {**self._clients, **self._refused}
        for client, writer in clients.items():
            client.cancel()
            writer.transport.abort()  # here too: a task cancelled before its first step runs no `finally`
        await asyncio.gather(*clients, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._listener is None or self._device.condition.off or len(self._refused) >= MAX_REFUSING:
            writer.transport.abort()
            return
        full = len(self._clients) >= MAX_CONNECTIONS
        connection = Connection(self._device, reader, writer)
        room, work = (self._refused, connection.refuse) if full else (self._clients, connection.serve)
        task = asyncio.create_task(self._serve(work, writer), name="rtsp-client")
        room[task] = writer
        task.add_done_callback(lambda done: room.pop(done, None))

    async def _serve(
        self, work: Callable[[], Coroutine[None, None, None]], writer: asyncio.StreamWriter
    ) -> None:
        try:
            await work()
            writer.close()
            async with asyncio.timeout(FLUSH):
                await writer.wait_closed()
        except (ConnectionError, TimeoutError):
            pass  # it hung up first, or does not read what we had to say
        except Exception:
            log.exception("a client could not be served")
        finally:
            writer.transport.abort()
