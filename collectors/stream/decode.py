"""Decode a few frames, after the connection is closed, and count those that came out damaged."""

from typing import Final, NamedTuple

import av
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from collectors.stream.ffmpeg_log import Session, hear_errors
from collectors.stream.take import Taken

LARGEST_PIXELS: Final = 64_000_000  # twice 8K


class Codec(NamedTuple):
    """What is needed to decode packets of a stream: FFmpeg's name of the codec, and its parameter sets."""

    name: str
    extradata: bytes | None


class Damage(NamedTuple):
    """How many frames were decoded, and how many of them the decoder had to repair or give up."""

    frames: int
    damaged: int


class Key(NamedTuple):
    """A key frame: its place in the window, its picture (None when none came out), whether it is damaged."""

    place: int
    frame: VideoFrame | None
    damaged: bool


def decode_key(codec: Codec, taken: Taken, place: int, session: Session) -> Key:
    """Decode the key frame at `place` alone.

    Raised errors, error lines in the log, concealment and missing packets all count as damage: the H.265
    decoder conceals without a word.
    """
    hear_errors()
    context = _context(codec)
    before = session.decode_errors
    frames = [*_decode(context, taken.packets[place]), *_decode(context, None)]
    frame = frames[0] if frames else None
    torn = taken.arrivals[place].torn or session.decode_errors > before
    return Key(place, frame, torn or frame is None or frame.is_corrupt)


def decode_all(codec: Codec, taken: Taken, session: Session) -> Damage:
    """Decode all frames from the first key frame on and count the damaged ones. Dear: on suspicion only."""
    hear_errors()
    context = _context(codec)
    begin = taken.keys[0]
    frames = damaged = 0
    for packet, arrival in zip(taken.packets[begin:], taken.arrivals[begin:], strict=True):
        before = session.decode_errors
        pictures = _decode(context, packet)
        frames += len(pictures)
        corrupt = any(picture.is_corrupt for picture in pictures)
        damaged += arrival.torn or corrupt or session.decode_errors > before
    frames += len(_decode(context, None))
    total = len(taken.packets) - begin
    return Damage(total, max(damaged, total - frames))


def _context(codec: Codec) -> VideoCodecContext:
    context = CodecContext.create(codec.name, "r")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{codec.name} is no video codec")
    context.extradata = codec.extradata
    context.thread_count = 1
    context.options = {"max_pixels": str(LARGEST_PIXELS)}
    return context


def _decode(context: VideoCodecContext, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
    try:
        return context.decode(packet)
    except (av.error.FFmpegError, ValueError):
        return []
