"""One running stream: a picture rendered, encoded, packed and sent whenever one is due."""

import asyncio
import logging
from collections.abc import Callable
from random import Random
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.rtsp.carrier import Carrier
from simulator.rtsp.condition import Condition
from simulator.rtsp.encode import Encoder, Format
from simulator.rtsp.line import Line
from simulator.rtsp.rtp import Sender
from simulator.rtsp.workshop import Workshop

STALL_AFTER: Final = 0.7  # seconds of pictures before the fault `stream_stall` stops them
DROP_AFTER: Final = 1.0  # seconds of pictures before the fault `stream_drop` ends the connection
REPORT_EVERY: Final = 5.0  # seconds between sender reports
MAX_BACKLOG: Final = 1_000_000  # bytes: a client that slow gets no new pictures until it has caught up

log = logging.getLogger(__name__)


class View(Protocol):
    """Something to look at, with the faults that show in the picture."""

    def picture(self, at: float) -> NDArray[np.uint8]:
        """Return the picture of a moment (Unix seconds): 4:2:0 planes, shape (height * 3 / 2, width)."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


class Pace:
    """Says when the next picture is due; one that is late is left out, as an overloaded camera does."""

    def __init__(self, fps: int) -> None:
        self._fps = fps
        self._clock = asyncio.get_running_loop().time
        self._due = self._clock()
        self._number = -1

    async def tick(self, slowness: float = 1.0) -> float:
        """Wait for the next picture; return its stream time in seconds.

        Args:
            slowness: 2.0 sends at half the speed that the time stamps claim.
        """
        step = slowness / self._fps
        steps = 1 if self._number >= 0 else 0
        steps += max(0, int((self._clock() - self._due - steps * step) / step))
        self._due += steps * step
        self._number += max(1, steps)
        await asyncio.sleep(self._due - self._clock())
        return self._number / self._fps


class Player:
    """Plays one stream to one client.

    Args:
        form: how to encode.
        view: what to show; one thread at a time looks at it.
        condition: the device's faults, asked anew for each picture.
        workshop: where to render and encode.
        now: Unix seconds.
        rng: decides which packets are lost or spoilt.
        cut: ends the connection, when the device fails that way.
    """

    def __init__(
        self,
        form: Format,
        view: View,
        condition: Condition,
        workshop: Workshop,
        *,
        now: Callable[[], float],
        rng: Random,
        cut: Callable[[], None],
    ) -> None:
        self._form, self._view, self._condition, self._workshop = form, view, condition, workshop
        self._now, self._cut = now, cut
        self.sender = Sender(Random())
        self._line = Line(form.codec, self.sender, condition, rng)
        self._carrier: Carrier | None = None
        self._task: asyncio.Task[None] | None = None
        self._encoder: Encoder | None = None
        self._began: float | None = None
        self._start = 0.0

    @property
    def playing(self) -> bool:
        """Whether pictures are being sent."""
        return self._task is not None and not self._task.done()

    def carry_by(self, carrier: Carrier) -> None:
        """Send by this carrier from now on."""
        if self._carrier is not None:
            self._carrier.close()
        self._carrier = carrier

    def play(self) -> float:
        """Start, or go on after a pause, with a key frame; return its stream time in seconds."""
        clock = asyncio.get_running_loop().time
        if self._began is None:
            self._began = clock()
        if not self.playing and self._carrier is not None:
            self._start = clock() - self._began
            self._task = asyncio.create_task(self._run(self._start, self._carrier), name="rtsp-player")
        return self._start

    async def pause(self) -> None:
        """Stop the pictures; `play` goes on."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def stop(self) -> None:
        """Stop for good."""
        await self.pause()
        if self._carrier is not None:
            self._carrier.send(self.sender.goodbye(), control=True)
            self._carrier.close()
        self._encoder = self._carrier = None
        self._view.close()

    async def _run(self, start: float, carrier: Carrier) -> None:
        try:
            await self._workshop.run(self._prepare)
            await self._send_pictures(start, carrier)
        except Exception:
            log.exception("stream failed")
            self._cut()

    async def _send_pictures(self, start: float, carrier: Carrier) -> None:
        pace, reported = Pace(self._form.fps), -REPORT_EVERY
        while True:
            played = await pace.tick(2.0 if self._condition.strength("half_speed") else 1.0)
            if played >= DROP_AFTER and self._condition.strength("stream_drop"):
                self._cut()
                return
            if carrier.backlog() > MAX_BACKLOG or self._stalled(played):
                continue
            units = await self._workshop.run(self._shoot, self._now())
            if played - reported >= REPORT_EVERY:
                carrier.send(self._report(start + played), control=True)
                reported = played
            for packet in self._line.packets(units, start + played):
                carrier.send(packet)

    def _stalled(self, played: float) -> bool:
        return played >= STALL_AFTER and self._condition.strength("stream_stall") > 0

    def _report(self, moment: float) -> bytes:
        return self.sender.report(moment, self._condition.clock(self._now()))

    def _prepare(self) -> None:
        """Open the encoder and render a first picture for nothing, so that the first one sent is not late."""
        self._encoder = Encoder(self._form)
        self._view.picture(self._now())

    def _shoot(self, at: float) -> list[bytes]:
        if self._encoder is None:
            return []  # stopped meanwhile
        return self._encoder.encode(self._view.picture(at))
