"""The life of a fault under any sequence of verdicts."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import life
from models.facts import FaultKey, Health, Phase, Verdict
from models.faults import FAULTS, Hold
from models.life import Life
from tests.models.builders import T0

KEY = FaultKey("cam-1", "", "REACH_LOST")
HOLD = Hold(3, 60.0, 2, 30.0)

healths = st.sampled_from(Health)
steps = st.lists(st.tuples(healths, st.floats(0, 120)), max_size=60)
wild_steps = st.lists(st.tuples(healths, st.floats(-7200, 7200)), max_size=60)
strict = st.builds(Hold, st.integers(1, 5), st.floats(0, 300), st.integers(1, 5), st.floats(0, 300))
holds = st.one_of(
    strict,
    st.builds(lambda hold, more: replace(hold, open_of=hold.open_count + more), strict, st.integers(0, 3)),
)


def verdict(health: Health, at: float) -> Verdict:
    return Verdict("cam-1", FAULTS["REACH_LOST"], health, at=at)


def live(sequence, hold=HOLD, one=None):
    """Yield the phase before, the health seen, the moment and the life after each step."""
    one = one or Life(KEY)
    at = T0
    for health, gap in sequence:
        at += gap
        before = one.phase
        one.step(verdict(health, at), hold, at)
        yield before, health, at, one


def after(*healths_and_gaps, hold=HOLD):
    for _, _, _, one in live(healths_and_gaps, hold):
        last = one
    return last


BAD, GOOD, UNKNOWN = Health.BAD, Health.GOOD, Health.UNKNOWN


def test_it_opens_after_enough_looks_over_enough_time_and_tells_when_it_began():
    one = after((BAD, 0), (BAD, 30), (BAD, 30))
    assert (one.phase, one.finding().opened_at) == (Phase.OPEN, T0)


def test_enough_looks_in_too_short_a_time_keep_it_pending():
    assert after(*[(BAD, 1)] * 50).phase is Phase.PENDING


def test_enough_time_with_too_few_looks_keeps_it_pending():
    assert after((BAD, 0), (BAD, 3600)).phase is Phase.PENDING


def test_one_good_look_ends_a_suspicion():
    assert after((BAD, 0), (BAD, 30), (GOOD, 30)).phase is Phase.OK


MOSTLY = Hold(2, 60.0, 2, 30.0, open_of=3)


@pytest.mark.parametrize(
    ("looks", "phase"),
    [
        ("BB", Phase.PENDING),  # not long enough
        ("BBB", Phase.OPEN),
        ("BGB", Phase.OPEN),
        ("BGG", Phase.OK),
        ("BGGB", Phase.PENDING),
        ("BGUB", Phase.OPEN),
        ("BBGG", Phase.OK),
        ("BBGB", Phase.OPEN),
    ],
)
def test_two_looks_of_three_are_enough_where_a_hold_says_so(looks, phase):
    health = {"B": BAD, "G": GOOD, "U": UNKNOWN}
    assert after(*((health[one], 30) for one in looks), hold=MOSTLY).phase is phase


def test_one_good_look_counts_once_however_often_it_is_judged():
    one = Life(KEY)
    for at, seen, health in ((0, 0, BAD), (30, 30, GOOD), (40, 30, GOOD), (60, 60, BAD)):
        one.step(verdict(health, T0 + seen), MOSTLY, T0 + at)
    assert one.phase is Phase.OPEN


def test_a_shorter_hold_forgives_as_many_looks():
    assert MOSTLY.scaled(0.1) == Hold(2, 6.0, 2, 3.0, 720.0, 3)
    assert Hold(6, 60.0, 2, 30.0, open_of=8).scaled(0.1).lapses == 2


@pytest.mark.parametrize("of", [-1, 1])
def test_more_bad_looks_than_looks_are_refused(of):
    with pytest.raises(ValueError, match="more bad looks"):
        Hold(2, 60.0, 2, 30.0, open_of=of)


def test_the_same_evidence_seen_again_and_again_counts_once():
    one = Life(KEY)
    for at in range(0, 3600, 10):
        one.step(verdict(BAD, T0), HOLD, T0 + at)
    assert one.phase is Phase.PENDING


def test_it_closes_after_enough_good_looks_over_enough_time():
    opened = ((BAD, 0), (BAD, 30), (BAD, 30))
    assert after(*opened, (GOOD, 10), (GOOD, 20)).phase is Phase.RECOVERING
    assert after(*opened, (GOOD, 10), (GOOD, 30)).phase is Phase.OK


def test_a_fault_that_cannot_be_seen_any_more_stays_open():
    assert after((BAD, 0), (BAD, 30), (BAD, 30), *[(UNKNOWN, 3600)] * 20).phase is Phase.OPEN


def test_a_good_fault_that_cannot_be_seen_any_more_is_unknown():
    assert after((GOOD, 0), (UNKNOWN, 10)).phase is Phase.UNKNOWN


def test_a_hundred_flaps_within_the_hold_are_one_opening():
    flaps = [(BAD, 0), (BAD, 30), (BAD, 30)] + [(GOOD, 10), (BAD, 10)] * 100
    openings = sum(before is Phase.PENDING and one.phase is Phase.OPEN for before, _, _, one in live(flaps))
    assert openings == 1


def test_an_open_fault_shows_the_newest_bad_evidence():
    one = after((BAD, 0), (BAD, 30), (BAD, 30), (BAD, 30), (UNKNOWN, 30))
    assert one.finding().verdict.at == T0 + 90


@given(wild_steps, holds)
def test_it_never_opens_without_enough_bad_looks_since_the_last_good_one(sequence, hold):
    bad = good = 0
    for before, health, _, one in live(sequence, hold):
        good = 0 if before is not Phase.PENDING else good + (health is GOOD)
        bad = 0 if good > hold.lapses or (health is GOOD and not good) else bad + (health is BAD)
        if before is not Phase.OPEN and one.phase is Phase.OPEN and before is not Phase.RECOVERING:
            assert bad >= hold.open_count
            assert health is BAD


@given(steps, holds)
def test_it_never_opens_before_its_time(sequence, hold):
    for before, _, at, one in live(sequence, hold):
        if before is Phase.PENDING and one.phase is Phase.OPEN:
            assert at - one.began >= hold.open_seconds - 1e-3


@given(wild_steps, holds)
def test_it_ends_only_by_good_looks_in_a_row(sequence, hold):
    good = 0
    for before, health, _, one in live(sequence, hold):
        good = 0 if health is BAD else good + (health is GOOD)
        if before in {Phase.OPEN, Phase.RECOVERING} and one.phase is Phase.OK:
            assert good >= hold.close_count
            assert health is GOOD


@given(wild_steps, holds)
def test_unknown_changes_nothing_but_what_was_good(sequence, hold):
    for before, health, _, one in live(sequence, hold):
        if health is UNKNOWN:
            assert one.phase is (Phase.UNKNOWN if before is Phase.OK else before)


@given(st.integers(1, 5), st.floats(0, 300), st.floats(-1e6, 1e6))
def test_one_jump_of_the_clock_neither_opens_early_nor_blocks_opening(count, seconds, jump):
    hold = Hold(count, seconds, 1, 0.0)
    gap = max(10.0, seconds / max(1, count - 1))
    sequence = [(BAD, gap)] * (count - 1) + [(BAD, gap + jump)] + [(BAD, gap)] * 3
    phases = [one.phase for _, _, _, one in live(sequence, hold)]
    assert Phase.OPEN not in phases[: count - 1]
    assert phases[-1] is Phase.OPEN


@given(wild_steps, wild_steps, holds)
def test_a_life_that_was_stored_and_read_again_goes_on_as_if_nothing_had_been(first, second, hold):
    one = Life(KEY)
    for _ in live(first, hold, one):
        pass
    again = life.load("cam-1", json.loads(json.dumps(one.dump())))
    told = [(a.phase, a.since, a.began) for _, _, _, a in live(second, hold, one)]
    assert told == [(b.phase, b.since, b.began) for _, _, _, b in live(second, hold, again)]


def flap(one, times, period, at=T0, hold=HOLD):
    """Let a fault be bad for half of each period and good for the other half, asked every 10 s."""
    ends = 0
    for _ in range(times):
        for health in (BAD, GOOD):
            for _ in range(int(period / 20)):
                at += 10
                ends += one.step(verdict(health, at), hold, at) and one.phase is Phase.OK
    return at, ends


def test_a_fault_that_comes_and_goes_a_hundred_times_ends_once_it_is_calm_and_at_most_once_before():
    for period in (180, 300, 1200, 3600):
        one = Life(KEY)
        at, ends = flap(one, 100, period)
        assert ends <= 1
        assert one.finding().is_restless
        calm = flap(one, 1, 20, at)[0]
        while one.phase is not Phase.OK:
            calm += 60
            one.step(verdict(GOOD, calm), HOLD, calm)
        assert calm - at <= 2.2 * HOLD.calm_seconds


def test_two_outages_of_one_day_are_no_flapping():
    one = Life(KEY)
    at, first = flap(one, 1, 600)
    _, second = flap(one, 1, 600, at + 6 * 3600)
    assert (first, second, one.finding().is_restless) == (1, 1, False)


def test_restlessness_survives_a_restart_and_a_clock_that_is_set_back():
    one = Life(KEY)
    at, _ = flap(one, 5, 300)
    again = life.load("cam-1", json.loads(json.dumps(one.dump())))
    assert again.flaps == one.flaps
    again.step(verdict(GOOD, at - 50_000), HOLD, at - 50_000)
    assert again.flaps.is_restless
