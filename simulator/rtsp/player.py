"""One running stream: a picture rendered, encoded, packed and sent whenever one is due."""

import asyncio
import itertools
import logging
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from simulator.rtsp import nal
from simulator.rtsp.carrier import Carrier
from simulator.rtsp.condition import Condition
from simulator.rtsp.encode import Encoder, Format
from simulator.rtsp.line import Line
from simulator.rtsp.planes import colour, luma
from simulator.rtsp.rtp import Sender
from simulator.rtsp.workshop import Workshop

STALL_AFTER: Final = 0.7  # seconds of pictures before the fault `stream_stall` stops them
RESIZE_AFTER: Final = 1.0  # seconds of pictures before the fault `size_unsteady` changes their size
FRAMES_DROPPED: Final = 0.3  # share of pictures left out at strength 1
LATE: Final = 8.0  # seconds, at strength 1
ENORMOUS: Final = 4 << 20  # bytes more in a key frame at strength 1
SOUND_HZ: Final = 8000
SOUND_STEP: Final = 0.04
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
        self._now, self._cut, self._rng = now, cut, rng
        self._shrunk = False
        self.sender = Sender(Random())
        self._line = Line(form.codec, self.sender, condition, rng)
        self._carrier: Carrier | None = None
        self._voice: Carrier | None = None
        self._voice_task: asyncio.Task[None] | None = None
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

    def speak_by(self, carrier: Carrier) -> None:
        """Send sound by this carrier."""
        if self._voice is not None:
            self._voice.close()
        self._voice = carrier

    def play(self) -> float:
        """Start, or go on after a pause, with a key frame; return its stream time in seconds."""
        clock = asyncio.get_running_loop().time
        if self._began is None:
            self._began = clock()
        if not self.playing and self._carrier is not None:
            self._start = clock() - self._began
            self._task = asyncio.create_task(self._run(self._start, self._carrier), name="rtsp-player")
            if self._voice is not None:
                self._voice_task = asyncio.create_task(self._speak(self._voice), name="rtsp-sound")
        return self._start

    async def pause(self) -> None:
        """Stop the pictures; `play` goes on."""
        tasks = [task for task in (self._task, self._voice_task) if task is not None]
        self._task = self._voice_task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def stop(self) -> None:
        """Stop for good."""
        await self.pause()
        if self._carrier is not None:
            self._carrier.send(self.sender.goodbye(), control=True)
            self._carrier.close()
        if self._voice is not None:
            self._voice.close()
        self._encoder = self._carrier = self._voice = None
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
            if carrier.backlog() > MAX_BACKLOG or self._stalled(played) or self._drops():
                continue
            if self._condition.strength("stream_rubbish"):
                carrier.send(self._rng.randbytes(600))
                continue
            self._resize(played)
            units = await self._workshop.run(self._shoot, self._now() - self._lateness())
            if played - reported >= REPORT_EVERY:
                carrier.send(self._report(start + played), control=True)
                reported = played
            for packet in self._line.packets(units, start + played):
                carrier.send(packet)

    async def _speak(self, carrier: Carrier) -> None:
        """Send 40 ms of a quiet tone (PCMU, RFC 3551, 4.5.14) at a time."""
        sender = Sender(Random(), clock_hz=SOUND_HZ, payload_type=0)
        for number in itertools.count():
            await asyncio.sleep(SOUND_STEP)
            if not self._condition.strength("audio_lost"):
                tone = bytes(0xF0 + (at // 8) % 2 * 0x08 for at in range(round(SOUND_HZ * SOUND_STEP)))
                carrier.send(sender.packet(tone, number * SOUND_STEP, last=False))

    def _drops(self) -> bool:
        """Whether this picture is left out."""
        return self._rng.random() < FRAMES_DROPPED * self._condition.strength("frames_dropped")

    def _lateness(self) -> float:
        """Return how many seconds ago the picture that is sent now was taken."""
        return LATE * self._condition.strength("late_stream")

    def _resize(self, played: float) -> None:
        """Change to half the size in the middle of the stream, as a device does that is being set."""
        if played < RESIZE_AFTER or self._shrunk or not self._condition.strength("size_unsteady"):
            return
        self._shrunk = True
        half = replace(self._form, width=self._form.width // 4 * 2, height=self._form.height // 4 * 2)
        self._encoder = Encoder(half)

    def _stalled(self, played: float) -> bool:
        return played >= STALL_AFTER and self._condition.strength("stream_stall") > 0

    def _report(self, moment: float) -> bytes:
        return self.sender.report(moment, self._condition.clock(self._now() - self._lateness()))

    def _prepare(self) -> None:
        """Open the encoder and render a first picture for nothing, so that the first one sent is not late."""
        self._encoder = Encoder(self._form)
        self._view.picture(self._now())

    def _shoot(self, at: float) -> list[bytes]:
        if self._encoder is None:
            return []  # stopped meanwhile
        picture = self._view.picture(at)
        if self._shrunk:
            picture = _halved(picture)
        units = self._encoder.encode(picture)
        if (grown := self._condition.strength("frames_enormous")) and any(
            nal.is_key(self._form.codec, unit) for unit in units
        ):
            units.insert(len(units) - 1, self._filler(round(ENORMOUS * grown)))
        return units

    def _filler(self, size: int) -> bytes:
        """Return a unit of filler data (type 12; H.265: 38), which decoders read over."""
        head = b"\x0c" if self._form.codec == "h264" else b"\x4c\x01"
        return head + b"\xff" * size + b"\x80"


def _halved(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return planes of half the width and height, both even."""
    width, height = picture.shape[1] // 4 * 2, picture.shape[0] * 2 // 3 // 4 * 2
    small = np.empty((height * 3 // 2, width), np.uint8)
    luma(small)[:] = luma(picture)[: height * 2 : 2, : width * 2 : 2]
    colour(small)[:] = colour(picture)[:, :height:2, :width:2]
    return small
