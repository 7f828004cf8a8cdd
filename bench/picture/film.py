"""A window through a simulated camera: spoilt, stamped with a clock, encoded, decoded again."""

import time
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorRange

from collectors.stream.frames import shrink
from collectors.stream.pictures import Frame
from simulator.rtsp import damage, osd
from simulator.rtsp.damage import Ailment, Stage
from simulator.rtsp.planes import Plane, colour, luma

STEP: Final = 2.0  # seconds between the key frames of a window
BITS_PER_PIXEL: Final = 0.55  # of a key frame at a low constant rate: 16 kB at 640 x 360


class Coding(NamedTuple):
    """One way to encode."""

    name: str
    codec: str
    options: Mapping[str, str]
    constant: bool


_SILENT: Final = (
    "log-level=none:info=0:pools=none:frame-threads=1:ctu=16:rc-lookahead=0:bframes=0:lookahead-slices=0"
)
CODINGS: Final = (
    Coding(
        "h264 constant", "libx264", {"preset": "ultrafast", "tune": "zerolatency", "nal-hrd": "cbr"}, True
    ),
    Coding(
        "h265 variable",
        "libx265",
        {"preset": "ultrafast", "tune": "zerolatency", "x265-params": f"{_SILENT}:crf=29"},
        False,
    ),
    Coding("h264 variable", "libx264", {"preset": "ultrafast", "tune": "zerolatency", "crf": "27"}, False),
    Coding(
        "h265 constant",
        "libx265",
        {"preset": "ultrafast", "tune": "zerolatency", "x265-params": f"{_SILENT}:strict-cbr=1"},
        True,
    ),
)


class View(NamedTuple):
    """What the camera looks at, and what is wrong with it."""

    ailments: Mapping[str, Ailment]
    seed: int
    night: bool = False
    clock: bool = True


def shoot(pictures: Sequence[Plane], view: View, begin: float) -> list[Plane]:
    """Return the pictures as the camera would send them, taken `STEP` seconds apart from `begin` on."""
    still = "frozen" in view.ailments
    return [
        _develop(pictures[0] if still else picture, view, begin + number * STEP)
        for number, picture in enumerate(pictures)
    ]


def _develop(picture: Plane, view: View, at: float) -> Plane:
    picture = picture.copy()
    shown = damage.scene_time(view.ailments, at)
    _spoil(picture, Stage.LENS, view, shown)
    _spoil(picture, Stage.SIGNAL, view, at)
    time = damage.text_time(view.ailments, at)
    if time is not None and view.clock:
        osd.stamp(picture, time, "CAM 01")
    _spoil(picture, Stage.OUTPUT, view, at)
    return picture


def _spoil(picture: Plane, stage: Stage, view: View, at: float) -> None:
    damage.spoil(picture, stage, view.ailments, at=at, seed=view.seed, night=view.night)


def through(pictures: Sequence[Plane], coding: Coding) -> tuple[list[Plane], float]:
    """Return the pictures encoded as key frames and decoded again, and the CPU seconds of decoding."""
    height, width = luma(pictures[0]).shape
    encoder = _encoder(coding, width, height)
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.color_range, frame.pts = ColorRange.JPEG, number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    decoder = av.CodecContext.create("h264" if "264" in coding.codec else "hevc", "r")
    decoder.thread_count = 1
    start = time.process_time()
    decoded = [frame for packet in [*packets, None] for frame in decoder.decode(packet)]
    seconds = time.process_time() - start
    return [np.asarray(frame.to_ndarray(), np.uint8) for frame in decoded], seconds


def _encoder(coding: Coding, width: int, height: int) -> VideoCodecContext:
    encoder = av.CodecContext.create(coding.codec, "w")
    if not isinstance(encoder, VideoCodecContext):
        raise TypeError(f"{coding.codec} is no video encoder")
    encoder.width, encoder.height = width, height
    encoder.pix_fmt, encoder.color_range = "yuv420p", ColorRange.JPEG
    encoder.time_base, encoder.framerate = Fraction(1, 1), Fraction(1)
    encoder.gop_size, encoder.max_b_frames, encoder.thread_count = 1, 0, 1
    options = dict(coding.options)
    if coding.constant:
        rate = int(width * height * BITS_PER_PIXEL)
        encoder.bit_rate = rate
        if coding.codec == "libx264":
            options |= {"maxrate": str(rate), "minrate": str(rate), "bufsize": str(rate)}
        else:
            kilo = max(1, rate // 1000)
            options["x265-params"] += f":bitrate={kilo}:vbv-maxrate={kilo}:vbv-bufsize={kilo}"
    encoder.options = options
    encoder.open()
    return encoder


def frames(pictures: Sequence[Plane], begin: float) -> list[Frame]:
    """Return decoded planes as the picture measures take them."""
    return [
        Frame(shrink(luma(one)), colour(one)[0], colour(one)[1], luma(one), begin + number * STEP)
        for number, one in enumerate(pictures)
    ]
