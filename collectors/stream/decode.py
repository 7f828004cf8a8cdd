"""Decode a few frames, after the connection is closed, and count those that came out damaged."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import av
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from collectors.stream.ffmpeg_log import Session, hear_errors
from collectors.stream.take import LARGEST_PIXELS, Taken

_NAMES: Final = {"H264": "h264", "H265": "hevc"}


class Codec(NamedTuple):
    """What is needed to decode frames of a stream: FFmpeg's name of the codec, and its parameter sets."""

    name: str
    extradata: bytes | None = None

    @classmethod
    def of(cls, encoding: str, extradata: bytes) -> "Codec":
        """Return the codec of an RTP encoding name."""
        return cls(_NAMES[encoding], extradata or None)


class Key(NamedTuple):
    """A decoded frame: its place in the window, its picture (None when none came out), and its damage."""

    place: int
    frame: VideoFrame | None
    damaged: bool


class Decoder:
    """One decoder for several frames that can each be decoded alone; making it costs more than a frame."""

    def __init__(self, codec: Codec, session: Session) -> None:
        hear_errors()
        self._context = _context(codec)
        self._session = session

    def key(self, taken: Taken, place: int) -> Key:
        """Decode the key frame at `place` alone.

        Raised errors, error lines in the log, concealment and missing packets all count as damage: the H.265
        decoder conceals without a word.
        """
        before = self._session.decode_errors
        frames = [*_decode(self._context, taken.data[place]), *_decode(self._context, None)]
        self._context.flush_buffers()
        frame = frames[0] if frames else None
        torn = taken.arrivals[place].torn or self._session.decode_errors > before
        return Key(place, frame, torn or frame is None or frame.is_corrupt)


def decode_all(codec: Codec, taken: Taken, session: Session) -> Iterator[Key]:
    """Decode all frames from the first key frame on. Dear: on suspicion, or now and then.

    Pictures come out in the order they are shown. What was sent and gave no picture comes last, as damaged.
    """
    hear_errors()
    context = _context(codec)
    begin = taken.keys[0]
    shown = 0
    for place in range(begin, len(taken.arrivals)):
        before = session.decode_errors
        frames = _decode(context, taken.data[place]) if taken.data[place] else []
        hurt = taken.arrivals[place].torn or session.decode_errors > before
        for frame in frames:
            yield Key(begin + shown, frame, hurt or frame.is_corrupt)
            shown += 1
    for frame in _decode(context, None):
        yield Key(begin + shown, frame, frame.is_corrupt)
        shown += 1
    for place in range(begin + shown, len(taken.arrivals)):
        yield Key(place, None, damaged=True)


def _context(codec: Codec) -> VideoCodecContext:
    context = CodecContext.create(codec.name, "r")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{codec.name} is no video codec")
    context.extradata = codec.extradata
    context.thread_count = 1
    context.options = {"max_pixels": str(LARGEST_PIXELS)}
    return context


def _decode(context: VideoCodecContext, data: bytes | None) -> list[VideoFrame]:
    try:
        return context.decode(Packet(data) if data else None)
    except (av.error.FFmpegError, ValueError):
        return []
