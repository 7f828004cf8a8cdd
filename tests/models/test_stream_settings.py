"""A stream that is not as it is set, or not as it always was."""

import pytest

from models.facts import Health
from models.rules import stream_settings
from tests.models.builders import CAMERA, T0, Looker, ok

USUAL = {
    "stream_codec": 264,
    "stream_width_pixels": 1920,
    "stream_height_pixels": 1080,
    "stream_fps": 25.0,
    "stream_arrival_fps": 25.0,
    "stream_bitrate_bps": 4e6,
    "stream_gop_frames": 50,
    "stream_audio": 1,
}
SET = {
    "stream_configured_codec": 264,
    "stream_configured_width_pixels": 1920,
    "stream_configured_height_pixels": 1080,
    "stream_configured_fps": 25.0,
    "stream_configured_bitrate_bps": 4.096e6,
    "stream_configured_gop_frames": 50,
}


def report(collector, at, values):
    return ok(CAMERA, collector, at, **{name: (value, "main") for name, value in values.items()})


def looker(*, learnt=True, configured=True) -> Looker:
    seen = Looker(CAMERA)
    if configured:
        seen.take(report("onvif_media", T0, SET))
    if learnt:
        for metric in stream_settings.OWN:
            for _ in range(seen.baselines.samples):
                seen.baselines.learn(metric.name, "main", float(USUAL[metric.name.removeprefix("cctv_")]))
    return seen


def says(seen, code, **now):
    seen.take(report("stream", T0 + 1, {**USUAL, **now}))
    return [v for v in seen.verdicts(T0 + 1).values() if v.fault.code == code]


CASES = [
    ("STREAM_CODEC", {"stream_codec": 265}),
    ("STREAM_SIZE", {"stream_width_pixels": 704, "stream_height_pixels": 576}),
    ("STREAM_SIZE", {"stream_resized": 1}),
    ("STREAM_FPS", {"stream_fps": 10.0, "stream_arrival_fps": 10.0}),
    ("STREAM_BITRATE", {"stream_bitrate_bps": 30e6}),
    ("STREAM_BITRATE", {"stream_bitrate_bps": 2e4}),
    ("STREAM_GOP", {"stream_gop_frames": 400}),
    ("STREAM_GOP", {"stream_gop_frames": 1}),
    ("STREAM_AUDIO", {"stream_audio": 0}),
    ("STREAM_LATE", {"stream_arrival_fps": 12.0}),
]


@pytest.mark.parametrize(("code", "now"), CASES, ids=str)
def test_what_is_far_from_settings_and_history_is_a_fault(code, now):
    assert [v.health for v in says(looker(), code)] == [Health.GOOD]
    assert [v.health for v in says(looker(), code, **now)] == [Health.BAD]


@pytest.mark.parametrize(
    ("code", "now"),
    [case for case in CASES if case[0] != "STREAM_AUDIO" and 2e4 not in case[1].values()],
)
def test_settings_alone_are_enough(code, now):
    assert [v.health for v in says(looker(learnt=False), code, **now)] == [Health.BAD]


@pytest.mark.parametrize(("code", "now"), CASES)
def test_a_history_of_its_own_alone_is_enough(code, now):
    assert [v.health for v in says(looker(configured=False), code, **now)] == [Health.BAD]


@pytest.mark.parametrize("code", sorted({code for code, _ in CASES} - {"STREAM_LATE"}))
def test_without_either_nothing_is_said(code):
    assert says(looker(learnt=False, configured=False), code, stream_fps=1.0, stream_bitrate_bps=1.0) == []


def test_a_camera_that_never_sent_what_it_is_set_to_is_no_fault_of_rate():
    seen = looker()
    for metric, value in (("cctv_stream_fps", 12.0), ("cctv_stream_gop_frames", 200.0)):
        seen.baselines.reset("main")
        for _ in range(3):
            seen.baselines.learn(metric, "main", value)
        code = "STREAM_FPS" if "fps" in metric else "STREAM_GOP"
        now = {metric.removeprefix("cctv_"): value}
        assert [v.health for v in says(seen, code, **now)] == [Health.GOOD]


def test_a_picture_turned_by_a_quarter_has_the_same_size():
    turned = says(looker(), "STREAM_SIZE", stream_width_pixels=1080, stream_height_pixels=1920)
    assert [v.health for v in turned] == [Health.GOOD]


@pytest.mark.parametrize(
    ("delay", "offset", "health"),
    [
        (40.2, -40.0, Health.GOOD),
        (8.0, 0.0, Health.BAD),
        (-39.8, 40.0, Health.GOOD),
        (-31.0, 40.0, Health.BAD),
    ],
)
def test_a_clock_that_is_wrong_is_no_delay(delay, offset, health):
    seen = looker()
    seen.take(ok(CAMERA, "onvif_clock", T0, clock_offset_seconds=offset))
    assert [v.health for v in says(seen, "STREAM_LATE", stream_delay_seconds=delay)] == [health]


def test_a_delay_by_an_unknown_clock_says_nothing():
    assert [v.detail for v in says(looker(), "STREAM_LATE", stream_delay_seconds=500.0)] == ["stream.in_time"]


def test_a_camera_that_never_had_sound_has_lost_none():
    seen = looker(learnt=False)
    assert says(seen, "STREAM_AUDIO", stream_audio=0) == []


def test_a_fault_ends_only_well_within_its_limit():
    seen = looker()
    seen.bad.add(("STREAM_FPS", "main"))
    assert [v.health for v in says(seen, "STREAM_FPS", stream_fps=16.0)] == [Health.BAD]
    assert [v.health for v in says(seen, "STREAM_FPS", stream_fps=23.0)] == [Health.GOOD]


def test_few_bits_of_an_empty_picture_are_the_picture_s_fault():
    seen = looker()
    seen.bad.add(("IMG_BLACK", "main"))
    assert [v.health for v in says(seen, "STREAM_BITRATE", stream_bitrate_bps=2e4)] == [Health.UNKNOWN]


@pytest.mark.parametrize(
    ("code", "now"),
    [("STREAM_BITRATE", {"stream_bitrate_bps": 30e6}), ("STREAM_GOP", {"stream_gop_frames": 300})],
)
def test_a_look_that_lost_packets_does_not_tell_bits_and_groups(code, now):
    (torn,) = says(looker(), code, stream_lost_packets_ratio=0.03, **now)
    assert torn.health is Health.UNKNOWN
    assert torn.facts == {"by": "STREAM_LOSS"}
    (whole,) = says(looker(), code, stream_lost_packets_ratio=0.001, **now)
    assert whole.health is Health.BAD
