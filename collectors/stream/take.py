"""Take the frames of a stream for a while, still encoded, and note when each came.

Only what may be decoded is kept: key frames, or all frames of the window where a whole GOP is wanted. Of the
others the packets are counted and forgotten.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from collectors.base import BadReply
from collectors.stream import nal, rtp, sdp, sps
from collectors.stream.assemble import LARGEST_FRAME, SAMPLE, Frames
from collectors.stream.client import Arrived, Session
from collectors.stream.facts import SHORTEST_SECONDS, Arrival, Sound
from collectors.stream.job import Level, StreamJob
from collectors.stream.sps import Shape
from collectors.stream.wire import Closed, NotRtsp, Silence

MOST_BYTES: Final = 48 << 20  # 48 Mbit/s for the longest window
LARGEST_PIXELS: Final = 64_000_000  # twice 8K


@dataclass(slots=True)
class Taken:
    """The frames of one window.

    Attributes:
        arrivals: what each frame tells without being decoded.
        data: the same frames encoded, in the same order; None where it was not kept.
        stalled: frames stopped, or the stream ended, before the window was over.
        held_back: the last frame was handed out long after it came (FFmpeg, before a stall).
        received, missed: RTP packets of the video, and those missing by sequence number.
        shapes: profile and size as the parameter sets named them, in order; two are a change mid-way.
        sound: what came of the audio track.
        late_seconds: by how long the newest frame came after it was taken, by the sender's own clock.
        began: when the first packet came, monotonic seconds.
    """

    arrivals: list[Arrival] = field(default_factory=list)
    data: list[bytes | None] = field(default_factory=list)
    stalled: bool = False
    held_back: bool = False
    received: int = 0
    missed: int = 0
    shapes: list[Shape] = field(default_factory=list)
    sound: Sound = field(default_factory=Sound)
    late_seconds: float | None = None
    began: float | None = None

    @property
    def timely(self) -> list[Arrival]:
        """The frames whose time of arrival is known."""
        return self.arrivals[:-1] if self.held_back else self.arrivals

    @property
    def keys(self) -> list[int]:
        """Places of the key frames that were kept."""
        return [place for place, one in enumerate(self.arrivals) if one.key and self.data[place]]


@dataclass(slots=True)
class _Window:
    """What came so far, and until when to wait for more; times are monotonic seconds."""

    job: StreamJob
    session: Session
    frames: Frames
    sound: Sound
    until: float  # for the first frame; then for each next one
    over: float
    begin: float | None = None
    newest: float = 0.0
    odd: int = 0
    reports: list[rtp.Report] = field(default_factory=list)

    def hear(self, found: Sequence[Arrived]) -> None:
        """Take in what came."""
        for medium, control, packets in found:
            if medium == sdp.VIDEO and not control:
                self._hear_video(packets)
            elif medium == sdp.VIDEO:
                reports = map(rtp.sender_report, packets)
                self.reports += [report for report in reports if report is not None]
            elif not control:
                self._hear_audio(packets)

    def _hear_video(self, video: Sequence[memoryview]) -> None:
        now = time.monotonic()
        odd = self.frames.take(video, now)
        self.odd += odd
        if odd == len(video):
            return
        limits, self.newest, self.until = self.job.limits, now, now + self.job.limits.silence
        if self.begin is None:
            self.begin, self.over = now, now + limits.longest

    def _hear_audio(self, audio: Sequence[memoryview]) -> None:
        for packet in map(rtp.read, audio):
            self.odd += packet is None
            self.sound.packets += packet is not None and bool(packet.payload)

    @property
    def is_over(self) -> bool:
        """Whether enough was taken: a second key frame tells the GOP, and ends it where one is decoded."""
        if self.begin is None or not self.frames.frames[-1].whole:
            return False
        elapsed, limits = self.newest - self.begin, self.job.limits
        wanted = 1 if self.job.level == Level.MAIN else 2
        is_full = self.frames.kept_bytes > MOST_BYTES or elapsed >= limits.longest
        return is_full or (elapsed >= limits.window and self.frames.keys >= wanted)

    @property
    def rest(self) -> float:
        """Seconds until the next read: half a window, and no later than its end."""
        if self.begin is None:
            return 0.0
        left = self.begin + self.job.limits.window - self.newest
        return min(left, max(self.job.limits.window / 2, SHORTEST_SECONDS)) if left > 0 else SHORTEST_SECONDS

    @property
    def is_silent(self) -> bool:
        """Whether a wait that ended was for a frame, and not for the end of the longest window."""
        return self.begin is None or self.until <= self.over


def take(session: Session, job: StreamJob) -> Taken:
    """Take frames for the window, and on until enough key frames came, but not longer than the longest.

    Raises:
        BadReply: what comes is no RTP, another codec than it says, or larger than any camera's picture.
    """
    sound = Sound(told=session.description.first(sdp.AUDIO) is not None, played=session.audio is not None)
    until = time.monotonic() + job.limits.opening + job.limits.silence
    frames = Frames(session.video.encoding, keep_all=job.level == Level.GOP)
    window = _Window(job, session, frames, sound, until, until + job.limits.longest)
    taken = Taken(sound=sound)
    try:
        while not window.is_over:
            window.hear(session.next(min(window.until, window.over), window.rest))
        taken.stalled = not _goes_on(window) or session.is_ended()
    except Silence:
        taken.stalled = window.is_silent
    except (Closed, NotRtsp):
        taken.stalled = True
    if window.odd > max(10, len(frames.frames)):
        raise BadReply("sends something that is no RTP")
    taken.began = window.begin
    _finish(taken, frames, session)
    taken.late_seconds = _lateness(taken, window, time.time() - time.monotonic())
    return taken


def _goes_on(window: _Window) -> bool:
    """Whether one more packet of the video comes.

    Packets are read some at a time, each with the time of its reading: the last that were read may be what
    was left of a stream that stopped in the middle of the window.
    """
    until, counting = time.monotonic() + window.job.limits.silence, window.frames.counting
    before = counting.received
    try:
        while counting.received == before and time.monotonic() < until:
            window.hear(window.session.next(until))
    except Silence:
        return False
    return counting.received > before


def _finish(taken: Taken, frames: Frames, session: Session) -> None:
    found = frames.frames if not frames.frames or frames.frames[-1].whole else frames.frames[:-1]
    codec, clock = session.video.encoding, session.video.clock_hz
    first = found[0].stamp if found else 0
    for frame in found:
        stamp = rtp.ticks_between(frame.stamp, first) / clock
        taken.arrivals.append(Arrival(frame.at, stamp, frame.size, bool(frame.key), frame.torn))
        is_kept = frame.payloads and (frame.key or frames.keep_all) and frame.size <= LARGEST_FRAME
        units = list(nal.units(codec, frame.payloads)) if is_kept else []
        taken.data.append(nal.annex_b(units) if units else None)
        if frame.key:
            _note_shapes(taken, codec, units)
    taken.received, taken.missed = frames.counting.received, frames.counting.missed
    if not taken.shapes:
        _note_shapes(taken, codec, session.video.sets)
    if not frames.keys:
        _unmask(frames, codec)
    for shape in taken.shapes:
        if shape.width * shape.height > LARGEST_PIXELS:
            raise BadReply(f"claims to send pictures of {shape.width} x {shape.height} pixels")


def _note_shapes(taken: Taken, codec: str, units: Sequence[bytes]) -> None:
    for unit in units:
        shape = sps.shape(codec, unit) if nal.is_set(codec, unit) else None
        if shape is not None and (not taken.shapes or taken.shapes[-1] != shape):
            taken.shapes.append(shape)


def _unmask(frames: Frames, codec: str) -> None:
    """Look for the parameter sets of the other codec in a stream that shows no key frame.

    Raises:
        BadReply: they are there.
    """
    other = nal.H265 if codec == nal.H264 else nal.H264
    for frame in frames.frames[:SAMPLE]:
        for unit in nal.units(other, frame.payloads):
            if sps.shape(other, unit) is not None:
                raise BadReply(f"says that it sends {codec} and sends {other}")


def _lateness(taken: Taken, window: _Window, to_wall: float) -> float | None:
    """Return how long after it was taken the newest frame came, by the sender's clock (RFC 3550, 6.4.1)."""
    if not window.reports or not taken.arrivals:
        return None
    newest, report = window.frames.frames[len(taken.arrivals) - 1], window.reports[-1]
    ticks = rtp.ticks_between(newest.stamp, report.stamp)
    return newest.at + to_wall - (report.unix + ticks / window.session.video.clock_hz)
