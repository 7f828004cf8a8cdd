"""The re-test of a repair: what passes, what fails, and that unknown is not passed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import FaultKey, Finding, Health, Phase, Verdict
from models.faults import FAULTS, Retest
from models.service import retest
from models.service.retest import Result, Sight, Trial

T0 = 1_760_000_000.0
ROOT = FaultKey("cam-1", "main", "IMG_BLACK")
RECIPE = Retest(("REACH_LOST", "STREAM_STALL", "IMG_BLUR"), rounds=3, every_seconds=30.0)


def trial(**more) -> Trial:
    made = retest.begin(ROOT, RECIPE, T0, first_seen=T0 - 600, who="Li", scale=1.0, patience=60.0, **more)
    return retest.begin_round(made, T0)


def finding(code: str, health: Health, at: float, *, part="main", device="cam-1", detail="", opened_at=None):
    key = FaultKey(device, part, code)
    phases = {Health.GOOD: Phase.OK, Health.BAD: Phase.OPEN, Health.UNKNOWN: Phase.UNKNOWN}
    verdict = Verdict(device, FAULTS[code], health, part, detail, {}, at)
    return Finding(key, phases[health], at, opened_at, verdict)


def all_good(at: float) -> list[Finding]:
    return [
        finding("IMG_BLACK", Health.GOOD, at),
        finding("REACH_LOST", Health.GOOD, at, part=""),
        finding("STREAM_STALL", Health.GOOD, at),
        finding("IMG_BLUR", Health.GOOD, at),
    ]


def but(findings, changed: Finding) -> list[Finding]:
    return [changed if one.key == changed.key else one for one in findings]


def judged(one: Trial, findings, at: float, *, is_settled=True):
    return retest.judge(one, retest.look(one, findings), at, is_settled=is_settled)


def test_it_passes_after_all_its_rounds_and_not_before():
    one, at = trial(), T0
    for n in range(3):
        outcome = judged(one, all_good(at + 2), at + 2)
        if n == 2:
            assert outcome == Result(passed=True, rounds=3)
            return
        assert (outcome.passed, outcome.asked_at) == (n + 1, None)
        assert not retest.is_due(outcome, at + 20)
        at += 30
        assert retest.is_due(outcome, at)
        one = retest.begin_round(outcome, at)


def test_what_was_seen_before_the_device_was_asked_proves_nothing():
    one = trial()
    assert judged(one, all_good(T0 - 1), T0 + 5) == one


def test_one_bad_look_may_be_from_before_the_repair_two_are_not():
    one = trial()
    first = judged(one, but(all_good(T0 + 2), finding("IMG_BLACK", Health.BAD, T0 + 2)), T0 + 3)
    assert isinstance(first, Trial)
    same = judged(first, but(all_good(T0 + 2), finding("IMG_BLACK", Health.BAD, T0 + 2)), T0 + 4)
    assert isinstance(same, Trial)
    second = judged(same, but(all_good(T0 + 7), finding("IMG_BLACK", Health.BAD, T0 + 7)), T0 + 8)
    assert second == Result(passed=False, rounds=0, bad=("IMG_BLACK",))


def test_another_fault_of_the_recipe_fails_it_too():
    one = trial()
    for n in (2, 9):
        one = judged(one, but(all_good(T0 + n), finding("STREAM_STALL", Health.BAD, T0 + n)), T0 + n)
    assert one == Result(passed=False, rounds=0, bad=("STREAM_STALL",))


@pytest.mark.parametrize("code", ["IMG_BLACK", "STREAM_STALL"])
def test_unknown_is_not_passed(code):
    one = trial()
    unseen = but(all_good(T0 + 2), finding(code, Health.UNKNOWN, T0 + 2, detail="unknown.device_lost"))
    assert judged(one, unseen, T0 + 30) == one
    assert judged(one, unseen, T0 + 61) == Result(passed=False, rounds=0, unseen=(code,))


def test_the_fault_itself_must_be_seen_gone_even_where_this_scene_cannot_tell():
    one = trial()
    dim = but(all_good(T0 + 2), finding("IMG_BLACK", Health.UNKNOWN, T0 + 2, detail="unknown.dim"))
    assert judged(one, dim, T0 + 61).unseen == ("IMG_BLACK",)


def test_what_can_never_be_told_here_is_left_out_and_named():
    one = trial()
    learning = but(all_good(T0 + 2), finding("IMG_BLUR", Health.UNKNOWN, T0 + 2, detail="unknown.learning"))
    outcome = judged(one, learning, T0 + 3)
    assert outcome.passed == 1
    absent = [f for f in all_good(T0 + 2) if f.key.code != "STREAM_STALL"]
    assert retest.look(one, absent)["STREAM_STALL"].sight is Sight.LEFT_OUT


def test_a_device_without_streams_is_not_asked_for_one_but_for_its_own_fault_it_is():
    one = trial()
    seen = retest.look(one, [], ["stream"])
    assert (seen["STREAM_STALL"].sight, seen["IMG_BLACK"].sight) == (Sight.LEFT_OUT, Sight.WAITING)
    stalled = [finding("STREAM_STALL", Health.BAD, T0 + 2)]
    assert retest.look(one, stalled, ["stream"])["STREAM_STALL"].sight is Sight.BAD


def test_nothing_passes_before_every_collector_was_asked():
    """A rule that never spoke may speak yet."""
    one = trial()
    assert judged(one, all_good(T0 + 2), T0 + 3, is_settled=False) == one


def test_a_fault_with_a_ticket_of_its_own_does_not_block_this_one():
    one = trial()
    old = but(all_good(T0 + 2), finding("STREAM_STALL", Health.BAD, T0 + 2, opened_at=T0 - 5000))
    assert judged(one, old, T0 + 3).passed == 1


def test_another_stream_of_a_recorder_is_another_repair():
    one = trial()
    other = [*all_good(T0 + 2), finding("IMG_BLACK", Health.BAD, T0 + 2, part="ch2")]
    assert judged(one, other, T0 + 3).passed == 1


def test_a_clock_set_back_begins_the_round_anew():
    one = trial()
    assert judged(one, all_good(T0 + 2), T0 - 100) == retest.begin_round(one, T0 - 100)
    waiting = judged(one, all_good(T0 + 2), T0 + 3)
    assert retest.is_due(waiting, T0 - 3600)


def test_it_survives_as_plain_data_and_begins_the_round_anew():
    one = judged(trial(), all_good(T0 + 2), T0 + 2)
    again = retest.load(json.loads(json.dumps(one.dump())))
    assert (again.passed, again.rounds, again.root, again.asked_at) == (1, 3, ROOT, None)


@given(st.lists(st.tuples(st.sampled_from(Health), st.floats(-5, 20), st.booleans()), max_size=60))
def test_whatever_is_seen_it_never_passes_with_a_round_in_which_the_fault_was_not_seen_gone(looks):
    one, at, gone = trial(), T0, 0
    for health, offset, settled in looks:
        at += 7
        if retest.is_due(one, at):
            one = retest.begin_round(one, at)
        if one.asked_at is None:
            continue
        seen = finding("IMG_BLACK", health, at + offset)
        outcome = judged(one, but(all_good(at), seen), at + 1, is_settled=settled)
        if isinstance(outcome, Result) or outcome.passed > one.passed:
            if isinstance(outcome, Trial) or outcome.passed:
                assert health is Health.GOOD
                assert settled
                gone += 1
            if isinstance(outcome, Result):
                assert not outcome.passed or gone == RECIPE.rounds
                return
        one = outcome
