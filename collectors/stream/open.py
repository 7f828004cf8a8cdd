"""Read with FFmpeg what our own client cannot: other codecs, streams inside streams, odd descriptions.

The content is probed, which costs a second or more. Bounded in time, with a name for each way it can fail.
No message here repeats what the library says: FFmpeg puts the whole URL into its errors, password included.
"""

import time
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from collectors.base import NotSupported, Unreachable
from collectors.stream import refusals
from collectors.stream.assemble import LARGEST_FRAME
from collectors.stream.decode import Codec
from collectors.stream.facts import Arrival, fill_first_stamp
from collectors.stream.ffmpeg_log import Session, hear_everything
from collectors.stream.job import Level, StreamJob
from collectors.stream.take import MOST_BYTES, Taken

OPTIONS: Final = {
    "allowed_media_types": "video",
    "reorder_queue_size": "2",  # the least that makes it say gaps; more waits for what is lost
}
WHITELIST: Final = {  # without "rtsp" it follows no redirection; with it, to any host
    "tcp": "tcp,tls",
    "udp": "tcp,tls,udp,rtp",
}
FAILURES: Final = (av.error.FFmpegError, OSError, ValueError)  # some of PyAV's errors are only the first


class Mute(Exception):
    """The stream was agreed upon and then no packet came: a stall, not a failure to ask."""


def read_probed(job: StreamJob, session: Session) -> tuple[Codec, Taken]:
    """Open the stream with FFmpeg's default probing, take its frames and close it.

    Raises:
        Mute: the server agreed to play and sent nothing.
        CollectError: what the server said, or that it said nothing.
    """
    hear_everything()
    with _open(job, session) as container:
        if not container.streams.video:
            raise NotSupported("plays a stream without video")
        context = container.streams.video[0].codec_context
        if context is None:
            raise NotSupported("sends a codec that cannot be decoded here")
        codec = Codec(context.name, context.extradata)
        taken = _take(container, job, session)
    taken.arrivals = fill_first_stamp(taken.arrivals)
    taken.received, taken.missed = session.packets, session.missed
    return codec, taken


def _open(job: StreamJob, session: Session) -> InputContainer:
    transport = "udp" if job.udp else "tcp"
    options = {**OPTIONS, "rtsp_transport": transport, "protocol_whitelist": WHITELIST[transport]}
    waits = (job.limits.opening, job.limits.silence)
    try:
        return av.open(address(job), format="rtsp", options=options, timeout=waits)
    except FAILURES as error:
        raise explain(error, job, session) from None


def address(job: StreamJob) -> str:
    """Return the URL FFmpeg wants, the login percent-encoded (RFC 3986). It must not leave the worker."""
    host = f"[{job.host}]" if ":" in job.host else job.host
    user = ""
    if job.login is not None:
        user = f"{quote(job.login.user, safe='')}:{quote(job.login.password.reveal(), safe='')}@"
    return f"{job.scheme}://{user}{host}:{job.port}{job.path}"


def explain(error: Exception, job: StreamJob, session: Session) -> Exception:
    """Return the named error for what FFmpeg raised, by what the log told of the session."""
    if (
        session.status >= 300 and not session.broken
    ):  # broken: the status is an earlier reply's, a 401's question
        return refusals.by_status(session.status, job.login, transport="UDP" if job.udp else "TCP")
    if not session.connected:
        late = isinstance(error, av.error.ExitError)
        cause = TimeoutError() if late else error if isinstance(error, OSError) else OSError()
        return Unreachable(refusals.no_connection(cause, job.port, job.limits.opening))
    if session.playing and session.broken:
        return Mute()
    if session.status == 0 and session.silent:
        return Unreachable(refusals.said_nothing(job.limits.opening))
    if session.broken:
        broke = refusals.closed if session.closed else refusals.fell_silent
        return broke(described=session.described)
    return refusals.unreadable(answered=bool(session.status))


def _take(container: InputContainer, job: StreamJob, session: Session) -> Taken:
    """Take frames as `take.take` does.

    A gap in the sequence is noticed before the frame that it tears is complete. An end of the stream raises
    nothing in FFmpeg, and a dead connection raises this or that: all of it is a stall. What was kept back is
    handed out after the connection broke, and does not make the window a whole one.
    """
    taken = Taken()
    begin = time.monotonic()
    held = 0
    missed = 0  # a gap while opening tears the first frame …
    session.silent = False  # … but silence while opening is over with the first frame
    try:
        for packet in _packets(container, container.streams.video[0]):
            now = time.monotonic()
            taken.arrivals.append(_arrival(packet, now, torn=session.missed > missed))
            is_kept = (packet.is_keyframe or job.level == Level.GOP) and packet.size <= LARGEST_FRAME
            taken.data.append(bytes(packet) if is_kept else None)
            missed = session.missed
            held += packet.size
            if held > MOST_BYTES or _is_over(taken, now - begin, job, broken=session.broken):
                taken.stalled = taken.held_back = session.broken
                return taken
    except FAILURES:  # whatever FFmpeg calls it, the stream has stopped; its message holds the URL
        pass
    taken.stalled = taken.held_back = True
    return taken


def _packets(container: InputContainer, stream: VideoStream) -> "Iterator[Packet[VideoStream]]":
    return (packet for packet in container.demux(stream) if packet.size)  # the last one is empty: a flush


def _arrival(packet: "Packet[VideoStream]", now: float, *, torn: bool) -> Arrival:
    stamp = float(packet.pts * packet.time_base) if packet.pts is not None else None
    return Arrival(now, stamp, packet.size, packet.is_keyframe, torn)


def _is_over(taken: Taken, elapsed: float, job: StreamJob, *, broken: bool) -> bool:
    if elapsed >= job.limits.longest:
        return True
    wanted = 1 if job.level == Level.MAIN else 2
    return elapsed >= job.limits.window and len(taken.keys) >= wanted and not broken
