"""Pictures to H.264 and H.265 with PyAV, as cheaply as possible: no B-frames, no lookahead, one thread."""

import fractions
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import av
import numpy as np
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from simulator.rtsp import nal

# A constant quantiser, no rate control: a picture that stands still gives equal key frames.
_X264: Final = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "qp": "26",
    "x264-params": "scenecut=0:sliced-threads=0:threads=1:open-gop=0:annexb=1",
}
_X265: Final = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    # Silent; IDR rather than CRA, so that one may join there; small blocks cost a third less.
    "x265-params": "log-level=none:info=0:pools=none:frame-threads=1:scenecut=0:open-gop=0:ctu=16:qp=28",
}
_ENCODERS: Final = {"h264": ("libx264", _X264), "h265": ("libx265", _X265)}


@dataclass(frozen=True, slots=True)
class Format:
    """How a stream is encoded: size in pixels (both even), pictures a second, pictures from key to key."""

    codec: str  # h264 | h265
    width: int
    height: int
    fps: int
    gop: int
    rate: str = "quality"  # quality: constant quantiser; cbr, vbr: `kbps` constant or at most
    kbps: int = 0
    finer: int = 0  # taken off the quantiser


class Encoder:
    """Encodes one stream; its first picture is a key frame. Use it from one thread at a time."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self._context = _open(form)
        self._count = 0
        units = nal.split(self._context.extradata or b"")
        self.parameter_sets = tuple(unit for unit in units if nal.is_parameter_set(form.codec, unit))

    def encode(self, picture: NDArray[np.uint8]) -> list[bytes]:
        """Return the NAL units of one picture, a key frame with its parameter sets in front.

        Args:
            picture: planar 4:2:0, full range, shape (height * 3 / 2, width).
        """
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = self._count
        frame.color_range = ColorRange.JPEG
        self._count += 1
        units = [unit for packet in self._context.encode(frame) for unit in nal.split(bytes(packet))]
        return [*self._front(units), *units]

    def _front(self, units: list[bytes]) -> tuple[bytes, ...]:
        codec = self._form.codec
        return self.parameter_sets if any(nal.is_key(codec, unit) for unit in units) else ()


def _open(form: Format) -> VideoCodecContext:
    name, options = _ENCODERS[form.codec]
    context = av.CodecContext.create(name, "w")
    if not isinstance(context, VideoCodecContext):
        raise TypeError(f"{name} is no video encoder")
    context.width, context.height = form.width, form.height
    context.pix_fmt = "yuv420p"
    context.color_range = ColorRange.JPEG  # as most cameras send: black is 0, not 16
    context.time_base = fractions.Fraction(1, form.fps)
    context.framerate = fractions.Fraction(form.fps)
    context.gop_size = form.gop
    context.max_b_frames = 0
    context.thread_count = 1
    context.flags |= Flags.global_header
    context.options = {**options, **_rate_control(form, options)}
    context.open()
    return context


def _rate_control(form: Format, options: dict[str, str]) -> dict[str, str]:
    """Return what differs from a constant quantiser; a second of buffer, as cameras have."""
    name = "x264-params" if form.codec == "h264" else "x265-params"
    if form.rate == "quality":
        quantiser = max(1, (26 if form.codec == "h264" else 28) - form.finer)
        if form.codec == "h264":
            return {"qp": str(quantiser)}
        return {name: options[name].replace("qp=28", f"qp={quantiser}")}
    limits = f"bitrate={form.kbps}:vbv-maxrate={form.kbps}:vbv-bufsize={form.kbps}"
    if form.rate == "vbr":
        limits = f"crf=23:vbv-maxrate={form.kbps}:vbv-bufsize={form.kbps}"
    if form.rate == "cbr" and form.codec == "h264":
        limits += ":nal-hrd=cbr:filler=1"
    made = {name: options[name].replace(":qp=28", "") + f":{limits}"}
    return {**made, "qp": "-1"} if form.codec == "h264" else made


@lru_cache(maxsize=64)
def parameter_sets(form: Format) -> tuple[bytes, ...]:
    """Return what an encoder of this format will announce, for the stream's description."""
    return Encoder(form).parameter_sets
