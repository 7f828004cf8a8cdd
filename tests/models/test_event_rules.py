"""Rules over what devices tell by event."""

import pytest

from models.facts import Health, Trouble
from tests.models.builders import CAMERA, NVR, SWITCH, T0, Looker, failed, ok, reached


def told(device, *parts, value=1.0, at=T0):
    states = ok(device, "onvif_events", at)
    more = [ok(device, "x", at, event_state=(value, part)).readings[0] for part in parts]
    return type(states)(device.id, "onvif_events", at, 0.1, tuple(more))


@pytest.mark.parametrize(
    ("part", "code", "of"),
    [
        ("storage:disk9", "DISK_FAILED", "disk9"),
        ("fan:fan1", "FAN_FAILED", "fan1"),
        ("supply:psu1", "SUPPLY_FAILED", "psu1"),
        ("temperature", "OVERHEATED", ""),
        ("signal_loss:ch3", "VIDEO_LOSS", "ch3"),
        ("tamper", "TAMPER", ""),
        ("scene_change", "TAMPER", ""),
        ("recording:ch1", "REC_STOPPED", "ch1"),
    ],
)
def test_each_event_is_its_fault_and_its_end_is_good(part, code, of):
    look = Looker(NVR).take(reached(NVR), told(NVR, part))
    assert look.verdicts()[code, of].health is Health.BAD
    look.take(told(NVR, part, value=0.0))
    assert look.verdicts()[code, of].health is Health.GOOD


def test_a_subscription_that_died_makes_what_it_told_unknown_not_fine():
    look = Looker(NVR).take(told(NVR, "fan:fan1", value=0.0), failed(NVR, "onvif_events", Trouble.BAD_REPLY))
    verdict = look.verdicts()["FAN_FAILED", "fan1"]
    assert (verdict.health, verdict.detail) == (Health.UNKNOWN, "unknown.events_lost")


@pytest.mark.parametrize(
    ("trouble", "health"),
    [(Trouble.BUSY, Health.BAD), (Trouble.BAD_REPLY, Health.BAD), (Trouble.UNREACHABLE, None),
     (Trouble.AUTH, None), (Trouble.NOT_SUPPORTED, None)],
)  # fmt: skip
def test_only_a_device_that_answers_and_gives_no_events_has_lost_them(trouble, health):
    found = Looker(CAMERA).take(failed(CAMERA, "onvif_events", trouble)).verdicts()
    verdict = found.get(("EVENTS_LOST", ""))
    assert (verdict.health if verdict else None) is health


def test_a_disk_that_snmp_calls_failed_too_is_one_fault():
    look = Looker(NVR).take(
        ok(NVR, "snmp_health", T0, disk_ok=(0.0, "1")), told(NVR, "storage:disk1"), reached(NVR)
    )
    found = look.verdicts()
    assert found["DISK_FAILED", "1"].health is Health.BAD
    assert found["DISK_FAILED", "disk1"].health is Health.UNKNOWN


def test_the_same_disk_told_by_event_and_by_snmp_is_judged_once():
    bad = Looker(NVR).take(
        ok(NVR, "snmp_health", T0, disk_ok=(0.0, "d1")), told(NVR, "storage:d1", value=0.0)
    )
    assert bad.verdicts()["DISK_FAILED", "d1"].health is Health.BAD
    good = Looker(NVR).take(ok(NVR, "snmp_health", T0, disk_ok=(1.0, "d1")), told(NVR, "storage:d1"))
    assert good.verdicts()["DISK_FAILED", "d1"].health is Health.BAD  # the device says so itself


STATES = [
    ("disk_ok", "storage", "DISK_FAILED"), ("fan_ok", "fan", "FAN_FAILED"),
    ("power_supply_ok", "supply", "SUPPLY_FAILED"), ("temperature_ok", "temperature", "OVERHEATED"),
]  # fmt: skip


@pytest.mark.parametrize(("state", "event", "code"), STATES)
@pytest.mark.parametrize(
    ("asked", "heard", "health"),
    [
        (0.0, None, "bad"), (1.0, None, "good"), (0.0, 0.0, "bad"), (1.0, 1.0, "bad"), (1.0, 0.0, "good"),
        (None, 1.0, "bad"), (None, 0.0, "good"),
    ],
)  # fmt: skip
def test_what_is_asked_and_what_is_heard_of_one_part_are_one_verdict(
    state, event, code, asked, heard, health
):
    look = Looker(NVR).take(reached(NVR))
    if asked is not None:
        look.take(ok(NVR, "snmp_health", T0, **{state: (asked, "one")}))
    if heard is not None:
        look.take(told(NVR, f"{event}:one", value=heard))
    assert {key[1]: v.health.value for key, v in look.verdicts().items() if key[0] == code} == {"one": health}


@pytest.mark.parametrize(("state", "event", "code"), STATES)
def test_an_event_with_another_name_for_a_part_that_is_seen_failed_is_no_second_fault(state, event, code):
    look = Looker(NVR).take(ok(NVR, "snmp_health", T0, **{state: (0.0, "1")}), told(NVR, f"{event}:other"))
    assert look.says(code, "1") == "bad"
    assert look.says(code, "other") == "unknown"


@pytest.mark.parametrize(("state", "event", "code"), STATES)
def test_without_events_the_answers_of_the_device_count_alone(state, event, code):
    look = Looker(NVR).take(
        told(NVR, f"{event}:one"),
        ok(NVR, "snmp_health", T0, **{state: (1.0, "one")}),
        failed(NVR, "onvif_events", Trouble.BAD_REPLY),
    )
    assert look.says(code, "one") == "good"


def test_a_crashed_array_is_a_fault():
    look = Looker(NVR).take(ok(NVR, "snmp_health", T0, raid_ok=(0.0, "volume 1")))
    assert look.says("RAID_FAILED", "volume 1") == "bad"


def test_the_supply_of_a_switchs_ports_has_its_own_fault_and_only_that():
    look = Looker(SWITCH).take(ok(SWITCH, "snmp_interfaces", T0, power_supply_ok=(0.0, "1")))
    assert look.says("POE_SUPPLY", "1") == "bad"
    assert look.says("SUPPLY_FAILED", "1") == ""


def test_tampering_that_the_picture_shows_too_is_one_fault():
    look = Looker(CAMERA).take(
        told(CAMERA, "tamper"), ok(CAMERA, "stream", T0, picture_contrast_ratio=(0.2, "main"))
    )
    look.bad.add(("IMG_COVER", "main"))
    assert look.verdicts()["TAMPER", ""].health is Health.UNKNOWN


@pytest.mark.parametrize(("count", "health"), [(0, Health.GOOD), (2, Health.GOOD), (3, Health.BAD)])
def test_a_device_that_restarts_again_and_again(count, health):
    look = Looker(CAMERA).take(ok(CAMERA, "onvif_events", T0, device_reboots_day=count))
    assert look.verdicts()["REBOOTING", ""].health is health


def test_a_channel_is_judged_by_the_recorders_pages_where_events_do_not_tell():
    look = Looker(NVR).take(ok(NVR, "vendor_http", T0, channel_ok=(0.0, "ch2")), reached(NVR))
    assert look.verdicts()["VIDEO_LOSS", "ch2"].health is Health.BAD
    look.take(told(NVR, "signal_loss:ch2", value=0.0))
    assert look.verdicts()["VIDEO_LOSS", "ch2"].health is Health.GOOD


def test_a_channel_that_snmp_calls_empty_is_no_fault():
    look = Looker(NVR).take(ok(NVR, "snmp_health", T0, channel_ok=(0.0, "1")), reached(NVR))
    assert ("VIDEO_LOSS", "1") not in look.verdicts()


def test_tampering_waits_for_the_next_picture_where_pictures_are_judged():
    look = Looker(CAMERA).take(
        told(CAMERA, "tamper", value=0.0, at=T0),
        ok(CAMERA, "stream", T0 + 1, picture_contrast_ratio=(0.2, "main")),
    )
    look.take(told(CAMERA, "tamper", at=T0 + 30))
    assert look.verdicts(T0 + 31)["TAMPER", ""].health is Health.UNKNOWN
    look.take(ok(CAMERA, "stream", T0 + 60, picture_contrast_ratio=(0.2, "main")))
    assert look.verdicts(T0 + 61)["TAMPER", ""].health is Health.BAD


@pytest.mark.parametrize("collector", ["vendor_http", "ptz_test"])
def test_who_may_look_and_not_do_more_is_not_refused(collector):
    look = Looker(NVR).take(ok(NVR, "onvif_media", T0, video_sources=1), failed(NVR, collector, Trouble.AUTH))
    assert look.verdicts()["AUTH_REFUSED", ""].health is Health.GOOD
