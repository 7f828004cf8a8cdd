"""Take the frames of a stream for a while, still encoded, and note when each came."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from collectors.stream.facts import Arrival
from collectors.stream.ffmpeg_log import Session
from collectors.stream.job import Limits
from collectors.stream.open import FAILURES

MOST_BYTES: Final = 48 << 20  # 48 Mbit/s for the longest window


@dataclass(slots=True)
class Taken:
    """The frames of one window.

    Args:
        packets: the encoded frames.
        arrivals: the same frames as facts, in the same order.
        stalled: frames stopped, or the stream ended, before the window was over.
    """

    packets: "list[Packet[VideoStream]]" = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    stalled: bool = False

    @property
    def timely(self) -> list[Arrival]:
        """The frames whose time of arrival is known: the last before a stall is handed out after it."""
        return self.arrivals[:-1] if self.stalled else self.arrivals

    @property
    def keys(self) -> list[int]:
        """Places of the key frames."""
        return [place for place, arrival in enumerate(self.arrivals) if arrival.key]


def take(container: InputContainer, limits: Limits, session: Session) -> Taken:
    """Take frames for the window, and on until two key frames came, but not longer than the longest window.

    A gap in the sequence is noticed before the frame that it tears is complete. An end of the stream raises
    nothing in FFmpeg, and a dead connection raises this or that: all of it is a stall. What was kept back is
    handed out after the connection broke, and does not make the window a whole one.
    """
    taken = Taken()
    stream = container.streams.video[0]
    begin = time.monotonic()
    held = 0
    missed = 0  # a gap while opening tears the first frame …
    session.silent = False  # … but silence while opening is over with the first frame
    try:
        for packet in _packets(container, stream):
            now = time.monotonic()
            taken.packets.append(packet)
            taken.arrivals.append(_arrival(packet, now, torn=session.missed > missed))
            missed = session.missed
            held += packet.size
            if held > MOST_BYTES or _is_over(taken, now - begin, limits, broken=session.broken):
                taken.stalled = session.broken
                return taken
    except FAILURES:  # whatever FFmpeg calls it, the stream has stopped; its message holds the URL
        pass
    taken.stalled = True
    return taken


def _packets(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[VideoStream]]":
    return (packet for packet in container.demux(stream) if packet.size)  # the last one is empty: a flush


def _arrival(packet: "Packet[VideoStream]", now: float, *, torn: bool) -> Arrival:
    stamp = float(packet.pts * packet.time_base) if packet.pts is not None else None
    return Arrival(now, stamp, packet.size, packet.is_keyframe, torn)


def _is_over(taken: Taken, elapsed: float, limits: Limits, *, broken: bool) -> bool:
    if elapsed >= limits.longest:
        return True
    return elapsed >= limits.window and len(taken.keys) > 1 and not broken
