"""Descriptions, NAL units, parameter sets and RTP as they come, whole and broken."""

import struct
from fractions import Fraction

import av
import pytest
from av.codec.context import Flags
from hypothesis import given
from hypothesis import strategies as st

from collectors.stream import nal, rtp, sdp, sps

CAMERA = """v=0
o=- 14665860 31787219 IN IP4 192.0.2.10
s=Session streamed
t=0 0
a=control:*
m=video 0 RTP/AVP 96
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1; profile-level-id=4D001F; sprop-parameter-sets=Z00AH5WoFAFuQA==,aO48gA==
a=framerate:25.0
a=control:trackID=1
m=audio 0 RTP/AVP 0
a=control:rtsp://192.0.2.99/other/trackID=2
m=application 0 RTP/AVP 107
a=rtpmap:107 vnd.onvif.metadata/90000
"""


def test_a_camera_s_description_names_its_tracks():
    told = sdp.read(CAMERA)
    video, audio = told.first("video"), told.first("audio")
    assert (video.encoding, video.clock_hz, video.fps, video.mode) == ("H264", 90_000, 25.0, 1)
    assert [nal.kind("H264", unit) for unit in video.sets] == [7, 8]
    assert (audio.encoding, audio.control) == ("PCMU", "rtsp://192.0.2.99/other/trackID=2")
    assert told.control == "*"


@pytest.mark.parametrize(
    ("base", "control", "address"),
    [
        ("rtsp://h:1/a/b", "trackID=1", "rtsp://h:1/a/b/trackID=1"),
        ("rtsp://h:1/a/b/", "trackID=1", "rtsp://h:1/a/b/trackID=1"),
        ("rtsp://h:1/a?x=1", "*", "rtsp://h:1/a?x=1"),
        ("rtsp://h:1/a", "/c/d", "rtsp://h:1/c/d"),
        ("rtsp://h:1/a", "rtsp://elsewhere/t?q=2", "rtsp://h:1/t?q=2"),
        ("rtsp://h:1/a", "", "rtsp://h:1/a"),
    ],
)
def test_a_track_s_address_never_leaves_the_device(base, control, address):
    assert sdp.resolve(base, control) == address


@given(st.text(max_size=400))
def test_any_description_is_read_without_complaint(text):
    sdp.read(text)
    sdp.read("m=video 0 RTP/AVP 96\n" + text)


def parameter_sets(name, width, height):
    context = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = Fraction(1, 25)
    context.flags |= Flags.global_header
    context.options = {"x265-params": "log-level=none"} if name == "libx265" else {}
    context.open()
    return [unit.rstrip(b"\0") for unit in context.extradata.split(b"\0\0\1") if unit.strip(b"\0")]


@pytest.mark.parametrize("size", [(640, 360), (704, 576), (1920, 1080), (1280, 722), (3840, 2160)])
@pytest.mark.parametrize(("name", "codec"), [("libx264", "H264"), ("libx265", "H265")])
def test_size_and_profile_stand_in_the_parameter_set(name, codec, size):
    found = [sps.shape(codec, unit) for unit in parameter_sets(name, *size)]
    (shape,) = [one for one in found if one]
    assert (shape.width, shape.height) == size
    assert shape.profile == ("High" if codec == "H264" else "Main")


@given(st.sampled_from(["H264", "H265"]), st.binary(max_size=80))
def test_a_broken_parameter_set_says_nothing(codec, rest):
    head = b"\x67" if codec == "H264" else b"\x42\x01"
    found = sps.shape(codec, head + rest)
    assert found is None or (found.width > 0 and found.height > 0)


def fragments(codec, unit, size):
    head = 1 if codec == "H264" else 2
    body = [unit[at : at + size] for at in range(head, len(unit), size)]
    for number, piece in enumerate(body):
        edge = (number == 0) << 7 | (number == len(body) - 1) << 6
        if codec == "H264":
            yield bytes((unit[0] & 0xE0 | 28, edge | unit[0] & 31)) + piece
        else:
            yield bytes((unit[0] & 0x81 | 49 << 1, unit[1], edge | unit[0] >> 1 & 63)) + piece


@given(st.sampled_from([("H264", b"\x65"), ("H265", b"\x26\x01")]), st.binary(min_size=5, max_size=900))
def test_a_unit_cut_into_fragments_comes_together_again(kind, body):
    codec, head = kind
    unit = head + body
    cut = list(fragments(codec, unit, 100))
    assert list(nal.units(codec, cut)) == [unit]
    assert nal.opens_picture(codec, cut[0])


def test_several_units_in_one_payload_come_apart():
    sets = [b"\x67abc", b"\x68d", b"\x65slice"]
    payload = b"\x18" + b"".join(len(unit).to_bytes(2) + unit for unit in sets)
    assert list(nal.units("H264", [payload])) == sets
    assert nal.opens_picture("H264", payload)
    assert nal.opens_picture("H264", b"\x18" + b"\0\4\x67abc") is None
    assert nal.opens_picture("H264", b"\x41slice") is False


@given(st.sampled_from(["H264", "H265"]), st.lists(st.binary(max_size=40), max_size=9))
def test_any_payload_is_taken_apart_without_complaint(codec, payloads):
    list(nal.units(codec, payloads))
    for payload in payloads:
        nal.opens_picture(codec, payload)


def packet(sequence, payload=b"x", first=0x80, extra=b""):
    return memoryview(struct.pack("!BBHII", first, 96, sequence & 0xFFFF, 1, 1) + extra + payload)


def test_extension_and_padding_are_no_payload():
    extended = packet(1, b"video", 0x90, b"\xbe\xde\0\1\1\2\3\4")
    assert rtp.read(extended).payload == b"video"
    assert rtp.read(packet(1, b"video\0\0\3", 0xA0)).payload == b"video"
    assert rtp.read(packet(1, b"", 0xA0, b"\xff")) is None
    assert rtp.read(memoryview(b"\x80`")) is None
    assert rtp.read(packet(1, b"", 0x10)) is None


@given(st.integers(0, 0xFFFF), st.sets(st.integers(1, 198), max_size=20))
def test_what_is_missing_is_counted_also_across_the_wrap(start, lost):
    counting = rtp.Counting()
    for number in range(200):
        if number not in lost:
            counting.take(start + number & 0xFFFF)
    assert counting.missed == len(lost)
    assert counting.lost_ratio == pytest.approx(len(lost) / 200)


def test_a_packet_that_comes_late_is_not_missing_and_a_restart_is_no_loss():
    counting = rtp.Counting()
    for sequence in (1, 2, 4, 3, 5):
        counting.take(sequence)
    assert counting.missed == 0
    counting.take(40_000)
    assert counting.missed == 0


def test_a_sender_report_gives_the_sender_s_wall_clock():
    ntp = round((1_700_000_000.5 + rtp.NTP_EPOCH) * 2**32)
    data = memoryview(struct.pack("!BBHIQIII", 0x80, 200, 6, 1, ntp, 777, 1, 1))
    report = rtp.sender_report(data)
    assert report.stamp == 777
    assert report.unix == pytest.approx(1_700_000_000.5)
    assert rtp.sender_report(memoryview(bytes(40))) is None


@given(st.integers(0, 2**32 - 1), st.integers(-(2**31) + 1, 2**31 - 1))
def test_stamps_are_told_apart_across_the_wrap(begin, step):
    assert rtp.ticks_between((begin + step) % 2**32, begin) == step
