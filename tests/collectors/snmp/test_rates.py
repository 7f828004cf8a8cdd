"""Counters and uptimes: what two polls tell, and what they do not."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from collectors.snmp.rates import Count, Sample, growth, rates
from collectors.snmp.restarts import Age, Restart, restart
from models.metrics import (
    PORT_ERROR_RATIO,
    PORT_ERRORS,
    PORT_IN,
    PORT_IN_RATE,
    PORT_OUT,
    PORT_OUT_RATE,
    PORT_PACKETS,
)

TICKS = 100
ROUND = 2**32
COUNTS = st.builds(Count, st.integers(0, 2**64 - 1), st.just(64)) | st.builds(
    Count, st.integers(0, ROUND - 1), st.just(32)
)
SECONDS = st.floats(0.1, 100_000)
LIMITS = st.none() | st.floats(1e3, 1e12)


# ------------------------------------------------------------------------------ counters


@given(COUNTS, COUNTS, SECONDS, LIMITS, st.booleans())
def test_growth_is_never_negative_and_never_after_a_restart(before, after, seconds, limit, ran_on):
    grown = growth(before, after, seconds=seconds, ran_on=ran_on, limit=limit)
    if not ran_on or before.bits != after.bits:
        assert grown is None
    elif grown is not None:
        assert grown >= 0
        assert (before.value + grown) % 2**before.bits == after.value


@given(st.integers(0, ROUND - 1), st.integers(0, 7_000_000_000), st.floats(1, 300))
def test_a_32_bit_counter_that_went_round_once_is_read_right(start, grown, seconds):
    """A port of 1 Gb/s: what it can carry in the time, and less than once round."""
    limit = 1e9 / 8
    assume(grown < ROUND and grown <= limit * seconds)
    after = Count((start + grown) % ROUND, 32)
    assert growth(Count(start, 32), after, seconds=seconds, ran_on=True, limit=limit) == grown


@given(st.integers(0, 2**63), st.integers(0, 2**62), SECONDS)
def test_64_bits_are_counted_exactly(start, grown, seconds):
    after = Count(start + grown, 64)
    assert growth(Count(start, 64), after, seconds=seconds, ran_on=True, limit=None) == grown


@given(st.integers(1, 2**64 - 1), st.data(), SECONDS, LIMITS)
def test_64_bits_that_fell_are_a_reset(start, data, seconds, limit):
    after = Count(data.draw(st.integers(0, start - 1)), 64)
    assert growth(Count(start, 64), after, seconds=seconds, ran_on=True, limit=limit) is None


@given(st.integers(1, ROUND - 1), st.data(), st.floats(1, 30))
def test_32_bits_that_fell_are_a_reset_where_the_port_is_too_slow_to_have_gone_round(start, data, seconds):
    """A counter set to 0 must not become 4 GB in a moment: 100 Mb/s is 12.5 MB/s."""
    after = data.draw(st.integers(0, start - 1))
    limit = 100e6 / 8
    assume(after - start + ROUND > limit * seconds)
    assert growth(Count(start, 32), Count(after, 32), seconds=seconds, ran_on=True, limit=limit) is None


@given(st.integers(1, ROUND - 1), SECONDS)
def test_32_bits_that_fell_on_a_port_of_unknown_speed_tell_nothing(start, seconds):
    assert growth(Count(start, 32), Count(0, 32), seconds=seconds, ran_on=True, limit=None) is None


@pytest.mark.parametrize("seconds", [0, -5])
def test_no_time_no_rate(seconds):
    assert growth(Count(1, 64), Count(9, 64), seconds=seconds, ran_on=True, limit=None) is None


PORT = ("gi3", b"\x00\x1b\x44\x11\x3a\xb7")


def sample(at, octets, errors=0, packets=0, *, bits=64, speed=1e9):
    counts = {PORT_IN: octets, PORT_OUT: 2 * octets, PORT_ERRORS: errors, PORT_PACKETS: packets}
    return Sample(at, {metric: Count(value, bits) for metric, value in counts.items()}, speed)


def shown(readings):
    return {(one.metric, one.part): one.value for one in readings}


def test_octets_become_bits_per_second_and_errors_a_share():
    found = rates({PORT: sample(100, 1000, 5, 95)}, {PORT: sample(160, 16_000, 15, 185)}, ran_on=True)
    assert shown(found) == {
        (PORT_IN_RATE, "gi3"): 2000,
        (PORT_OUT_RATE, "gi3"): 4000,
        (PORT_ERROR_RATIO, "gi3"): 0.1,
    }


def test_an_idle_port_has_a_rate_of_0_and_no_share_of_errors():
    found = rates({PORT: sample(0, 7)}, {PORT: sample(60, 7)}, ran_on=True)
    assert shown(found) == {(PORT_IN_RATE, "gi3"): 0, (PORT_OUT_RATE, "gi3"): 0}


@pytest.mark.parametrize(
    "before",
    [
        {},
        {("gi4", PORT[1]): sample(0, 0)},
        {(PORT[0], b"another"): sample(0, 0)},
        {PORT: sample(0, 0, bits=32)},
    ],
    ids=["first sight", "another name", "another address", "another counter"],
)
def test_no_rate_is_made_across_two_different_things(before):
    assert not rates(before, {PORT: sample(60, 5)}, ran_on=True)


@given(
    st.integers(0, 2**40),
    st.integers(0, 2**40),
    st.integers(0, 2**30),
    st.integers(0, 2**30),
    st.floats(1, 600),
)
def test_rates_are_finite_not_negative_and_shares_are_shares(octets, more, bad, good, seconds):
    before, after = sample(0, octets), sample(seconds, octets + more, bad, good)
    for one in rates({PORT: before}, {PORT: after}, ran_on=True):
        assert math.isfinite(one.value)
        assert one.value >= 0
        assert one.metric is not PORT_ERROR_RATIO or one.value <= 1


# ------------------------------------------------------------------------------ uptimes


def age(at, seconds, device=None, boots=None):
    return Age(at, int(seconds * TICKS), device, boots)


@given(st.floats(0, 4e7), st.floats(1, 86_400), st.floats(-0.02, 0.02))
def test_an_uptime_that_grows_with_the_time_is_no_restart(seconds, elapsed, wrong):
    """Whatever it has reached, and with a clock that runs 2 % wrong; 4e7 s is 463 days."""
    after = age(elapsed, seconds + elapsed * (1 + wrong))
    assert restart(age(0, seconds), after) is Restart.NONE


@given(st.floats(0, 86_000), st.floats(1, 86_400))
def test_going_round_after_497_days_is_no_restart(left, elapsed):
    assume(elapsed > left)
    whole = ROUND / TICKS
    now = age(elapsed, elapsed - left)
    assert restart(age(0, whole - left - 0.01), now) is Restart.WRAP


@given(st.floats(200, 3e7), st.floats(30, 600), st.data())
def test_an_uptime_that_fell_is_a_restart(seconds, elapsed, data):
    since = data.draw(st.floats(0, min(elapsed, seconds - 20)))
    assert restart(age(0, seconds), age(elapsed, since)) is Restart.DEVICE


def test_a_restart_during_a_long_silence_is_seen_though_the_uptime_grew():
    assert restart(age(0, 60), age(3600, 1800)) is Restart.DEVICE


@pytest.mark.parametrize(
    ("device", "boots", "said"),
    [
        ((None, None), (None, None), Restart.DEVICE),  # nobody contradicts
        ((90_000, 90_060), (3, 4), Restart.AGENT),  # hrSystemUptime went on: snmpd was restarted
        ((90_000, 20), (3, 4), Restart.DEVICE),
        ((90_000, 20), (3, 3), Restart.DEVICE),  # many do not keep their boots
        ((None, None), (3, 4), Restart.DEVICE),
        ((None, None), (3, 1), Restart.DEVICE),  # set back to what it was made with
        ((None, None), (3, 3), Restart.AGENT),  # it lost count
        ((90_000, None), (3, None), Restart.DEVICE),  # missing now: no witness
        ((None, 20), (None, 4), Restart.DEVICE),
        ((42_949_600, 10), (3, 4), Restart.AGENT),  # hrSystemUptime went round by itself
    ],
)
def test_who_restarted_is_told_by_the_devices_own_age_else_by_its_boots(device, boots, said):
    before = age(0, 50_000, device[0], boots[0])
    assert restart(before, age(60, 15, device[1], boots[1])) is said


@given(st.floats(100, 4e7), st.floats(0, 9.9), st.floats(0, 20))
def test_an_uptime_that_wobbles_is_no_restart(seconds, back, elapsed):
    """Some agents count it in several places."""
    assume(back <= seconds)
    assert restart(age(0, seconds), age(elapsed, seconds - back)) is Restart.NONE


def test_an_uptime_that_stands_still_is_no_restart():
    assert restart(age(0, 0), age(600, 0)) is Restart.NONE
