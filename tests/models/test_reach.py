from dataclasses import replace

import pytest

from models.facts import Trouble
from tests.models.builders import CAMERA, SWITCH, T0, Looker, failed, ok, reached, unreached


def test_a_device_whose_ports_are_all_silent_is_lost():
    assert Looker(CAMERA).take(unreached(CAMERA)).says("REACH_LOST") == "bad"


def test_a_device_that_answers_on_a_port_is_there():
    assert Looker(CAMERA).take(reached(CAMERA)).says("REACH_LOST") == "good"


def test_a_device_nobody_asked_is_unknown():
    assert Looker(CAMERA).says("REACH_LOST") == "unknown"


def test_a_ping_alone_does_not_keep_a_device_with_service_ports_alive_but_is_told():
    look = Looker(CAMERA).take(ok(CAMERA, "reach", icmp_up=1, tcp_up=(0, "8080")))
    assert (look.says("REACH_LOST"), look.detail("REACH_LOST")) == ("bad", "reach.ping_only")


def test_a_ping_is_enough_where_nothing_else_can_be_asked():
    plain = replace(CAMERA, onvif_port=None, streams=())
    assert Looker(plain).take(ok(plain, "reach", icmp_up=1)).says("REACH_LOST") == "good"
    assert Looker(plain).take(ok(plain, "reach", icmp_up=0)).says("REACH_LOST") == "bad"


@pytest.mark.parametrize("trouble", [t for t in Trouble if t.answered])
def test_every_answer_is_a_sign_of_life_even_a_refusal(trouble):
    assert Looker(CAMERA).take(failed(CAMERA, "onvif_media", trouble)).says("REACH_LOST") == "good"


@pytest.mark.parametrize("trouble", [Trouble.DEADLINE, Trouble.BUG])
def test_our_own_slowness_or_bug_proves_nothing(trouble):
    assert Looker(CAMERA).take(failed(CAMERA, "reach", trouble)).says("REACH_LOST") == "unknown"


def test_one_silent_service_of_a_device_that_answers_elsewhere_is_no_lost_device():
    look = Looker(CAMERA).take(reached(CAMERA, T0 - 10), failed(CAMERA, "stream", Trouble.UNREACHABLE))
    assert look.says("REACH_LOST") == "good"


def test_a_silence_that_is_older_than_the_last_answer_of_another_collector_counts_for_nothing():
    """A firewall hides the probed ports, the stream is fine."""
    look = Looker(CAMERA)
    for at in range(0, 120, 30):
        look.take(unreached(CAMERA, T0 + at))
        if at == 30:
            look.take(ok(CAMERA, "stream", T0 + at, stream_open_seconds=(0.1, "main")))
    assert look.says("REACH_LOST", at=T0 + 90) == "good"


def test_the_silence_of_snmp_is_the_loss_of_a_device_that_has_nothing_else():
    look = Looker(SWITCH).take(ok(SWITCH, "reach", icmp_up=1))
    look.take(failed(SWITCH, "snmp_health", Trouble.UNREACHABLE))
    assert (look.says("REACH_LOST"), look.detail("REACH_LOST")) == ("bad", "reach.ping_only")


def test_a_switch_of_which_one_snmp_collector_answers_is_there():
    look = Looker(SWITCH).take(failed(SWITCH, "snmp_interfaces", Trouble.UNREACHABLE))
    look.take(ok(SWITCH, "snmp_health", uptime_seconds=5))
    assert look.says("REACH_LOST") == "good"


@pytest.mark.parametrize("trouble", [Trouble.AUTH, Trouble.NOT_SUPPORTED])
def test_what_a_collector_says_from_memory_does_not_keep_a_dead_device_alive(trouble):
    look = Looker(CAMERA).take(reached(CAMERA, T0 - 60), unreached(CAMERA))
    assert look.take(failed(CAMERA, "onvif_media", trouble, T0 + 1)).says("REACH_LOST", at=T0 + 1) == "bad"


def test_evidence_that_went_stale_makes_the_device_unknown():
    look = Looker(CAMERA, stale=300).take(reached(CAMERA))
    assert look.says("REACH_LOST", at=T0 + 300) == "good"
    assert look.says("REACH_LOST", at=T0 + 301) == "unknown"


def test_a_clock_that_was_set_back_does_not_turn_old_answers_into_new_ones():
    look = Looker(CAMERA, stale=300).take(reached(CAMERA, T0 + 3600), unreached(CAMERA, T0))
    assert look.says("REACH_LOST", at=T0) == "bad"


def test_the_verdict_tells_when_the_device_last_spoke():
    verdict = Looker(CAMERA).take(reached(CAMERA, T0 - 50), unreached(CAMERA)).verdicts()["REACH_LOST", ""]
    assert (verdict.detail, verdict.facts["last_sign"]) == ("reach.silent_since", T0 - 50)
