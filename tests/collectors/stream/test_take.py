"""What streams that lie, change or exceed come to, fed straight into the window: no sockets, no waiting."""

from dataclasses import replace
from fractions import Fraction
from functools import cache
from random import Random
from types import SimpleNamespace

import av
import numpy as np
import pytest

from collectors.base import BadReply
from collectors.stream import assemble, nal, take
from collectors.stream.client import Arrived
from collectors.stream.job import Level, StreamJob
from collectors.stream.look import _size_values
from collectors.stream.sdp import VIDEO, Description, Track
from collectors.stream.wire import Closed, Silence
from models.metrics import STREAM_RESIZED
from simulator.rtsp import nal as sent_nal
from simulator.rtsp.rtp import Sender, payloads

JOB = StreamJob("127.0.0.1", 554, "/v")
FPS = 12


class Playing:
    """A session that plays packets, a frame at a time, and ends."""

    def __init__(self, encoding, packets):
        self.video = Track(VIDEO, "96", encoding)
        self.description = Description([self.video])
        self.audio = None
        self._packets = list(packets)

    def next(self, until, rest=0.0):
        assert rest <= JOB.limits.window
        if not self._packets:
            raise Closed
        return [Arrived(VIDEO, control=False, packets=[memoryview(data) for data in self._packets.pop(0)])]


@cache
def encoded(codec, size, frames=3):
    """The NAL units of each frame."""
    context = av.CodecContext.create({"h264": "libx264", "h265": "libx265"}[codec], "w")
    context.width, context.height, context.pix_fmt = *size, "yuv420p"
    context.time_base, context.framerate, context.gop_size = Fraction(1, FPS), Fraction(FPS), 2
    quiet = {"x265-params": "log-level=none:pools=none:repeat-headers=1"} if codec == "h265" else {}
    context.options = {"preset": "ultrafast", "tune": "zerolatency", **quiet}
    picture = np.random.default_rng(1).integers(0, 255, (size[1] * 3 // 2, size[0]), np.uint8)
    found = []
    for number in range(frames):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        found += [sent_nal.split(bytes(packet)) for packet in context.encode(frame)]
    return found + [sent_nal.split(bytes(packet)) for packet in context.encode(None)]


def packets(codec, frames, sender=None, begin=0):
    sender = sender or Sender(Random(1))
    for number, units in enumerate(frames, begin):
        parts = [part for unit in units for part in payloads(codec, unit)]
        yield [
            sender.packet(part, number / FPS, last=place == len(parts) - 1)
            for place, part in enumerate(parts)
        ]


def test_a_change_of_size_in_the_middle_is_told_and_the_newer_one_counts():
    sender = Sender(Random(1))
    small = list(packets("h264", encoded("h264", (320, 180)), sender))
    large = packets("h264", encoded("h264", (640, 360)), sender, len(small))
    taken = take.take(Playing(nal.H264, [*small, *large]), JOB)
    assert [(shape.width, shape.height) for shape in taken.shapes] == [(320, 180), (640, 360)]
    assert dict(_size_values(taken, []))[STREAM_RESIZED] == 1
    assert taken.stalled, "it ended by itself"


@pytest.mark.parametrize(("says", "sends"), [(nal.H264, "h265"), (nal.H265, "h264")])
def test_a_stream_of_another_codec_than_it_says_is_named(says, sends):
    with pytest.raises(BadReply, match=f"says that it sends {says} and sends"):
        take.take(Playing(says, packets(sends, encoded(sends, (320, 180)))), JOB)


def test_a_picture_larger_than_any_camera_s_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(take, "LARGEST_PIXELS", 320 * 180 - 1)
    with pytest.raises(BadReply, match="320 x 180 pixels"):
        take.take(Playing(nal.H264, packets("h264", encoded("h264", (320, 180)))), JOB)


def test_of_an_enormous_frame_no_more_is_kept_than_a_frame_may_have(monkeypatch):
    monkeypatch.setattr(assemble, "LARGEST_FRAME", 4000)
    monkeypatch.setattr(take, "LARGEST_FRAME", 4000)
    frames = assemble.Frames(nal.H264, keep_all=True)
    for group in packets("h264", encoded("h264", (320, 180))):
        frames.take([memoryview(data) for data in group], 0.0)
    assert max(frame.size for frame in frames.frames) > 4000
    assert all(sum(map(len, frame.payloads)) <= 4000 for frame in frames.frames)
    taken = take.take(Playing(nal.H264, packets("h264", encoded("h264", (320, 180)))), JOB)
    assert taken.keys == [], "too large to be decoded"
    assert taken.arrivals, "and counted all the same"


def test_what_is_no_rtp_is_named():
    with pytest.raises(BadReply, match="no RTP"):
        take.take(Playing(nal.H264, [[b"\0" * 40]] * 30), JOB)


def test_a_closer_look_keeps_every_frame_and_a_cheap_one_key_frames_alone():
    frames = encoded("h264", (320, 180))
    cheap = take.take(Playing(nal.H264, packets("h264", frames)), JOB)
    close = take.take(
        Playing(nal.H264, packets("h264", frames)), StreamJob("127.0.0.1", 554, "/v", level=Level.GOP)
    )
    assert [data is not None for data in close.data] == [True] * 3
    assert (
        [data is not None for data in cheap.data]
        == [one.key for one in cheap.arrivals]
        == [True, False, True]
    )


class Reading(Playing):
    """A session whose clock goes on to the next of some moments with each reading; then it is silent."""

    def __init__(self, readings):
        super().__init__(nal.H264, readings.values())
        self.now, self._moments = 0.0, list(readings)

    def monotonic(self):
        return self.now

    def next(self, until, rest=0.0):
        if not self._moments:
            self.now = until
            raise Silence
        self.now = self._moments.pop(0)
        return super().next(until, rest)

    def is_ended(self):
        return False


@pytest.mark.parametrize(("goes_on", "stalled"), [(True, False), (False, True)])
def test_a_stream_that_stops_before_the_last_reading_of_a_look_stalls(monkeypatch, goes_on, stalled):
    """What came in the last half of the window is read at its end, and then looks as if it came just now."""
    sent = list(packets("h264", encoded("h264", (320, 180), frames=8)))
    readings = {0.0: sent[0], 0.6: sent[1] + sent[2], 1.2: sent[3]} | ({1.3: sent[4]} if goes_on else {})
    session = Reading(readings)
    monkeypatch.setattr(take, "time", SimpleNamespace(monotonic=session.monotonic, time=session.monotonic))
    job = replace(JOB, limits=replace(JOB.limits, window=1.2))
    taken = take.take(session, job)
    assert taken.stalled is stalled
    assert [one.key for one in taken.arrivals[:4]] == [True, False, True, False]
