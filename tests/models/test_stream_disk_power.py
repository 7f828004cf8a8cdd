from dataclasses import replace

import pytest

from models.facts import StreamUri, Trouble
from tests.models.builders import CAMERA, NVR, T0, UPS, Looker, failed, ok, reached


@pytest.mark.parametrize("trouble", [Trouble.UNREACHABLE, Trouble.BAD_REPLY])
def test_a_stream_that_does_not_open_on_a_device_that_answers_is_lost_video(trouble):
    look = Looker(CAMERA).take(reached(CAMERA), failed(CAMERA, "stream", trouble), reached(CAMERA, T0 + 1))
    assert look.says("STREAM_LOST", at=T0 + 1) == "bad"


@pytest.mark.parametrize("trouble", [Trouble.AUTH, Trouble.BUSY, Trouble.DEADLINE, Trouble.BUG])
def test_a_refusal_no_room_or_our_slowness_say_nothing_of_the_video(trouble):
    look = Looker(CAMERA).take(reached(CAMERA), failed(CAMERA, "stream", trouble))
    assert look.says("STREAM_LOST") == "unknown"


UNNAMED = replace(CAMERA, streams=())  # its streams are what it says they are


def test_no_such_stream_is_a_fault_only_where_there_was_one():
    look = Looker(UNNAMED).take(failed(UNNAMED, "stream", Trouble.NOT_SUPPORTED))
    assert look.says("STREAM_LOST") == "good"
    look.take(ok(UNNAMED, "stream"), failed(UNNAMED, "stream", Trouble.NOT_SUPPORTED))
    assert look.says("STREAM_LOST") == "bad"


def test_what_an_outage_made_of_a_stream_that_never_was_ends_with_it():
    look = Looker(UNNAMED).take(reached(UNNAMED), failed(UNNAMED, "stream", Trouble.UNREACHABLE))
    look.take(reached(UNNAMED, T0 + 1), failed(UNNAMED, "stream", Trouble.NOT_SUPPORTED, T0 + 2))
    assert look.says("STREAM_LOST", at=T0 + 2) == "good"


def test_a_stream_that_the_operator_named_must_be_there():
    named = replace(CAMERA, streams=(StreamUri("main", "rtsp://192.0.2.1/a"),))
    look = Looker(named).take(failed(named, "stream", Trouble.NOT_SUPPORTED))
    assert look.says("STREAM_LOST") == "unknown"


def test_frames_that_stop_are_a_stall_of_that_stream_only():
    look = Looker(CAMERA).take(ok(CAMERA, "stream", stream_stalled=(1, "main")))
    look.take(ok(CAMERA, "stream", stream_stalled=(0, "sub")))
    assert (look.says("STREAM_STALL", "main"), look.says("STREAM_STALL", "sub")) == ("bad", "good")


@pytest.mark.parametrize(
    ("code", "bad", "well"),
    [
        ("STREAM_STALL", {"stream_stalled": (1, "%s")}, {"stream_stalled": (0, "%s")}),
        (
            "STREAM_LOSS",
            {"stream_lost_packets_ratio": (0.2, "%s")},
            {"stream_lost_packets_ratio": (0.0, "%s")},
        ),
    ],
)
def test_a_closer_look_that_bears_a_fault_out_is_no_second_fault(code, bad, well):
    def of(part, values):
        return {name: (value, where % part) for name, (value, where) in values.items()}

    look = Looker(CAMERA).take(ok(CAMERA, "stream", **of("sub", bad)))
    look.take(ok(CAMERA, "stream_main", **of("main", bad)))
    assert (look.says(code, "sub"), look.says(code, "main")) == ("bad", "unknown")
    other = ok(CAMERA, "stream_main", T0 + 1, **of("ch2/main", bad))
    assert look.take(other).says(code, "ch2/main", T0 + 1) == "bad", "another channel's is its own"
    look.take(
        ok(CAMERA, "stream", T0 + 2, **of("sub", well)), ok(CAMERA, "stream_main", T0 + 3, **of("main", bad))
    )
    assert (look.says(code, "sub", T0 + 3), look.says(code, "main", T0 + 3)) == ("good", "unknown")
    look.take(ok(CAMERA, "stream", T0 + 4, **of("sub", well)))
    assert look.says(code, "main", T0 + 4) == "bad", (
        "the first stream was well afterwards: it is the main's own"
    )


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"stream_lost_packets_ratio": (0.0, "main")}, "good"),
        ({"stream_lost_packets_ratio": (0.05, "main")}, "bad"),
        ({"stream_corrupt_frames_ratio": (0.5, "main")}, "bad"),
        ({"stream_lost_packets_ratio": (0.0, "main"), "stream_corrupt_frames_ratio": (0.5, "main")}, "bad"),
    ],
)
def test_lost_packets_or_damaged_frames_are_damaged_video(values, says):
    assert Looker(CAMERA).take(ok(CAMERA, "stream", **values)).says("STREAM_LOSS", "main") == says


def test_damaged_video_is_good_again_only_well_below_where_it_was_bad():
    look = Looker(CAMERA).take(ok(CAMERA, "stream", stream_lost_packets_ratio=(0.01, "main")))
    assert look.says("STREAM_LOSS", "main") == "good"
    look.bad.add(("STREAM_LOSS", "main"))
    assert look.says("STREAM_LOSS", "main") == "bad"


def test_each_disk_is_judged_by_itself():
    look = Looker(NVR).take(ok(NVR, "snmp_health", disk_ok=(0, "1"), disk_size_bytes=(4e12, "1")))
    look.take(ok(NVR, "snmp_health", disk_ok=(1, "2")))
    assert (look.says("DISK_FAILED", "1"), look.says("DISK_FAILED", "2")) == ("bad", "good")


def test_a_full_disk_that_overwrites_is_no_fault():
    look = Looker(NVR).take(ok(NVR, "snmp_health", disk_ok=(1, "1"), disk_used_ratio=(1.0, "1")))
    assert {code for (code, _), v in look.verdicts().items() if v.health == "bad"} == set()


def ups(**values):
    return Looker(UPS).take(ok(UPS, "snmp_ups", **values))


def test_a_ups_on_mains_is_well():
    look = ups(ups_on_battery=0, ups_battery_ok=1, ups_charge_ratio=1)
    assert [look.says(c) for c in ("POWER_BATTERY", "POWER_BATTERY_LOW", "BATTERY_BAD")] == ["good"] * 3


def test_a_ups_on_battery_is_a_power_fault_and_its_battery_is_doing_its_duty():
    look = ups(ups_on_battery=1, ups_battery_ok=1, ups_charge_ratio=0.9)
    says = [look.says(c) for c in ("POWER_BATTERY", "POWER_BATTERY_LOW", "BATTERY_BAD")]
    assert says == ["bad", "good", "unknown"]


@pytest.mark.parametrize(
    "low", [{"ups_battery_ok": 0}, {"ups_charge_ratio": 0.1}, {"ups_runtime_seconds": 60}]
)
def test_a_battery_that_runs_out_is_told_whichever_way_the_ups_says_so(low):
    assert ups(ups_on_battery=1, **low).says("POWER_BATTERY_LOW") == "bad"


def test_a_ups_that_tells_nothing_of_its_battery_leaves_it_unknown():
    assert ups(ups_on_battery=1).says("POWER_BATTERY_LOW") == "unknown"


def test_a_battery_that_is_low_on_mains_is_weak_and_not_running_out():
    look = ups(ups_on_battery=0, ups_battery_ok=0)
    assert (look.says("BATTERY_BAD"), look.says("POWER_BATTERY_LOW")) == ("bad", "good")
