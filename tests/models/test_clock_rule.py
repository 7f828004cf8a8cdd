import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.clock import is_zone
from tests.models.builders import CAMERA, T0, Looker, ok


def looking(offset, **more):
    return Looker(CAMERA).take(ok(CAMERA, "onvif_clock", clock_offset_seconds=offset, **more))


@pytest.mark.parametrize(
    ("offset", "says"), [(0, "good"), (4.9, "good"), (-4.9, "good"), (5, "bad"), (-40, "bad")]
)
def test_five_seconds_either_way_are_the_limit(offset, says):
    assert looking(offset).says("CLOCK_OFFSET") == says


def test_a_clock_that_failed_is_good_again_only_below_the_warning():
    look = looking(4)
    look.bad.add(("CLOCK_OFFSET", ""))
    assert look.says("CLOCK_OFFSET") == "bad"
    assert look.take(ok(CAMERA, "onvif_clock", T0, clock_offset_seconds=2.9)).says("CLOCK_OFFSET") == "good"


@pytest.mark.parametrize("offset", [3600, -3600, 8 * 3600 + 12, 5.5 * 3600, -1800 + 59])
def test_whole_and_half_hours_are_a_wrong_zone_and_explain_the_offset(offset):
    look = looking(offset)
    assert (look.says("CLOCK_ZONE"), look.says("CLOCK_OFFSET")) == ("bad", "unknown")


@pytest.mark.parametrize("offset", [40, 1700, 3600 + 300, 40 * 3600])
def test_other_offsets_are_a_wrong_clock(offset):
    look = looking(offset)
    assert (look.says("CLOCK_ZONE"), look.says("CLOCK_OFFSET")) == ("good", "bad")


def test_a_clock_that_began_anew_is_a_fault_of_its_own_and_explains_the_offset():
    look = looking(-20 * 365 * 86400.0, clock_ntp=0)
    assert (look.says("CLOCK_RESET"), look.detail("CLOCK_RESET")) == ("bad", "clock.reset")
    assert [look.says(code) for code in ("CLOCK_OFFSET", "CLOCK_ZONE", "CLOCK_BY_HAND")] == ["unknown"] * 3


@pytest.mark.parametrize(
    ("offset", "ntp", "says"), [(0.4, 0, "good"), (2.5, 0, "bad"), (-40, 0, "unknown"), (2.5, 1, "good")]
)
def test_a_clock_by_hand_is_a_latent_fault_only_where_nothing_keeps_it_right(offset, ntp, says):
    assert looking(offset, clock_ntp=ntp).says("CLOCK_BY_HAND") == says


def test_a_clock_by_hand_that_drifted_is_good_again_only_below_half_the_limit():
    look = looking(1.5, clock_ntp=0)
    look.bad.add(("CLOCK_BY_HAND", ""))
    assert look.says("CLOCK_BY_HAND") == "bad"
    assert look.take(ok(CAMERA, "onvif_clock", T0, clock_offset_seconds=0.9)).says("CLOCK_BY_HAND") == "good"


@pytest.mark.parametrize(("ntp", "detail"), [(1, "clock.wrong_ntp"), (0, "clock.wrong_by_hand")])
def test_it_is_told_whether_the_device_believes_to_be_synchronised(ntp, detail):
    assert looking(40, clock_ntp=ntp).detail("CLOCK_OFFSET") == detail


@given(st.floats(-1e9, 1e9), st.floats(0, 120))
def test_an_offset_is_a_zone_either_way_round(offset, slack):
    assert is_zone(offset, slack) == is_zone(-offset, slack)
