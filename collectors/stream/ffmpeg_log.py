"""What FFmpeg says in its log and nowhere else, read as it is said.

Its RTSP demuxer hands out frames only. The server's status lines, how a connection ended and the gaps in
RTP sequence numbers are in the log, so that is where they are taken from (libavformat/rtsp.c, rtpdec.c). PyAV
forwards each line, in the thread that caused it, to Python's logger `libav.<component>`.

A line may hold the password: lines are matched and dropped, never kept, never passed on.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Final

import av.logging

DECODERS: Final = ("h264", "hevc", "mjpeg", "mpeg4", "av1", "vp8", "vp9")

_STATUS = re.compile(r"line='RTSP/1\.\d (\d{3})")  # at level trace, like each header line of a reply
_REQUEST = re.compile(r"Sending:\n(\w+) ")
_PACKET = re.compile(r"id=(\d+) len=")  # at level trace: one interleaved block (RFC 2326, section 10.12)
_MISSED = re.compile(r"RTP: missed (\d+) packets")  # said only with reorder_queue_size > 1


@dataclass(slots=True)
class Session:
    """What the log told of one RTSP session so far.

    Args:
        connected: the TCP connection stood.
        status: the last status code of a reply, 0 before the first.
        method: of the last request.
        asked_login: a reply was 401.
        described: a description of the stream (SDP) was read.
        playing: the server agreed to play.
        silent: reading ended because nothing came in time.
        closed: reading ended because the connection did.
        packets: RTP packets received.
        missed: RTP packets missing by sequence number.
        decode_errors: errors reported by decoders.
    """

    connected: bool = False
    status: int = 0
    method: str = ""
    asked_login: bool = False
    described: bool = False
    playing: bool = False
    silent: bool = False
    closed: bool = False
    packets: int = 0
    missed: int = 0
    decode_errors: int = 0

    def hear_rtsp(self, _level: int, line: str) -> None:
        """Take in a line of the RTSP demuxer."""
        if match := _PACKET.match(line):  # by far the most frequent
            self.packets += int(match[1]) % 2 == 0  # FFmpeg asks for RTP on even channels, RTCP on odd ones
        elif match := _STATUS.match(line):
            self.hear_status(int(match[1]))
        elif match := _REQUEST.match(line):
            self.method = match[1]
        elif match := _MISSED.match(line):
            self.missed += int(match[1])
        elif line.startswith("SDP:"):
            self.described = True
        elif line.startswith("Failed reading RTSP data"):
            self.silent = line.endswith("Immediate exit requested")  # our own timeout
            self.closed = not self.silent

    def hear_status(self, status: int) -> None:
        """Take in the status of a reply."""
        self.status = status
        self.asked_login |= status == 401
        self.playing |= status == 200 and self.method == "PLAY"

    @property
    def broken(self) -> bool:
        """Whether the connection fell silent or ended."""
        return self.silent or self.closed

    def forget(self) -> None:
        """Forget all, for a second attempt."""
        for one in fields(self):
            setattr(self, one.name, one.default)

    def hear_tcp(self, _level: int, line: str) -> None:
        """Take in a line of the TCP layer."""
        self.connected |= line.startswith("Successfully connected")

    def hear_decoder(self, level: int, _line: str) -> None:
        """Take in a line of a decoder."""
        self.decode_errors += level >= logging.ERROR


class _Tap(logging.Logger):
    """A logger that hands lines to one listener and makes no records: they come by the thousand."""

    hear: Callable[[int, str], None] | None = None

    def log(self, level: int, msg: object, *_args: object, **_kwargs: object) -> None:
        if self.hear is not None:
            self.hear(level, str(msg))


def _tap(component: str) -> _Tap:
    usual = logging.getLoggerClass()
    logging.setLoggerClass(_Tap)
    try:
        tap = logging.getLogger(f"libav.{component}")
    finally:
        logging.setLoggerClass(usual)
    if not isinstance(tap, _Tap):
        raise TypeError(f"logger libav.{component} was taken before us")
    return tap


_root = logging.getLogger("libav")  # every other component: nobody listens, and nothing reaches a log
_root.propagate = False
_root.disabled = True
_root.addHandler(logging.NullHandler())
_root.setLevel(logging.CRITICAL + 1)
_taps = {component: _tap(component) for component in ("rtsp", "tcp", *DECODERS)}


@contextmanager
def listening() -> Iterator[Session]:
    """Listen to FFmpeg's log for one session."""
    session = Session()
    av.logging.set_skip_repeated(False)  # the same gap twice is two gaps
    for component, tap in _taps.items():
        tap.hear = {"rtsp": session.hear_rtsp, "tcp": session.hear_tcp}.get(component, session.hear_decoder)
    try:
        yield session
    finally:
        av.logging.set_level(None)
        for tap in _taps.values():
            tap.hear = None


def hear_everything() -> None:
    """Let FFmpeg say all it knows: needed while a stream is opened and read."""
    av.logging.set_level(av.logging.TRACE)


def hear_errors() -> None:
    """Let FFmpeg say errors only: enough while decoding."""
    av.logging.set_level(av.logging.ERROR)
