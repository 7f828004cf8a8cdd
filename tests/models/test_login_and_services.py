from models.facts import Trouble
from tests.models.builders import CAMERA, NVR, SWITCH, T0, Looker, failed, ok, reached


def test_a_refusal_is_a_refused_login():
    look = Looker(CAMERA).take(reached(CAMERA), failed(CAMERA, "onvif_media", Trouble.AUTH))
    assert look.says("AUTH_REFUSED") == "bad"


def test_an_answer_that_needs_no_login_does_not_heal_a_refusal():
    look = Looker(CAMERA).take(failed(CAMERA, "onvif_media", Trouble.AUTH, T0 - 1))
    assert look.take(ok(CAMERA, "onvif_clock", clock_offset_seconds=0)).says("AUTH_REFUSED") == "bad"


def test_a_stream_without_a_password_does_not_heal_a_refused_onvif_login():
    look = Looker(CAMERA).take(failed(CAMERA, "onvif_media", Trouble.AUTH, T0 - 1))
    assert look.take(ok(CAMERA, "stream", stream_open_seconds=(1, "main"))).says("AUTH_REFUSED") == "bad"


def test_the_same_protocol_accepting_the_login_heals_the_refusal():
    look = Looker(CAMERA).take(failed(CAMERA, "onvif_media", Trouble.AUTH, T0 - 1))
    assert look.take(ok(CAMERA, "onvif_identity")).says("AUTH_REFUSED") == "good"


def test_after_a_refusal_a_timeout_says_nothing_either_way():
    look = Looker(CAMERA).take(failed(CAMERA, "stream", Trouble.AUTH, T0 - 1))
    assert look.take(failed(CAMERA, "stream", Trouble.DEADLINE)).says("AUTH_REFUSED") == "unknown"


def test_too_many_connections_are_no_wrong_password():
    assert Looker(CAMERA).take(failed(CAMERA, "stream", Trouble.BUSY)).says("AUTH_REFUSED") == ""


def test_a_refusal_nobody_repeated_for_long_is_unknown():
    look = Looker(CAMERA, stale=300).take(failed(CAMERA, "stream", Trouble.AUTH))
    assert look.says("AUTH_REFUSED", at=T0 + 301) == "unknown"


def test_silent_snmp_of_a_recorder_that_answers_onvif_is_a_fault_of_its_own():
    look = Looker(NVR).take(reached(NVR), failed(NVR, "snmp_health", Trouble.UNREACHABLE))
    assert (look.says("SNMP_SILENT"), look.says("REACH_LOST")) == ("bad", "good")


def test_silent_snmp_of_a_switch_is_its_loss_and_not_told_twice():
    look = Looker(SWITCH).take(failed(SWITCH, "snmp_health", Trouble.UNREACHABLE))
    assert look.says("SNMP_SILENT") == ""


def test_onvif_that_refuses_a_login_is_not_silent():
    look = Looker(CAMERA).take(reached(CAMERA), failed(CAMERA, "onvif_media", Trouble.AUTH))
    assert look.says("ONVIF_SILENT") == "good"


def test_an_hourly_answer_does_not_vouch_for_a_service_that_fell_silent_since():
    look = Looker(CAMERA, stale=7200).take(ok(CAMERA, "onvif_identity", T0 - 1800), reached(CAMERA))
    assert look.take(failed(CAMERA, "onvif_clock", Trouble.UNREACHABLE)).says("ONVIF_SILENT") == "bad"


def test_quirk_10_onvif_that_is_switched_off_is_told_apart_from_silence_and_password():
    look = Looker(CAMERA).take(reached(CAMERA), failed(CAMERA, "onvif_clock", Trouble.NOT_SUPPORTED))
    assert look.detail("ONVIF_SILENT") == "service.onvif_off"
    assert look.says("AUTH_REFUSED") == ""
