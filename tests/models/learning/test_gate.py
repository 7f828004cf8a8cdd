import json
import random

import pytest

from models.learning.gate import Candidate, Gate, Key, Policy, grade

KEY = Key("cam-1", "ir_light")


def one(device="cam-1", component="ir_light", *, left=18.0, p=0.9, effect=0.5, site="a"):
    return Candidate(Key(device, component), site, left, p, effect)


def opened(gate, days, *candidates, **more):
    return [(day, found.key.device) for day in days for found in gate.step(day, candidates, **more).opened]


def test_a_trend_must_last_and_is_told_once():
    gate = Gate(devices=100)
    assert opened(gate, range(30), one()) == [(2, "cam-1")]


def test_the_more_time_is_left_the_longer_a_trend_must_last():
    assert opened(Gate(devices=100), range(30), one(left=48)) == [(5, "cam-1")]
    assert opened(Gate(devices=100), range(30), one(left=400)) == [(5, "cam-1")]


def test_what_is_sure_is_told_at_once_and_what_is_unlikely_only_listed():
    assert opened(Gate(devices=100), range(30), one(p=0.99)) == [(0, "cam-1")]
    gate = Gate(devices=100)
    decisions = [gate.step(day, [one(p=0.7)]) for day in range(30)]
    assert not any(decision.opened for decision in decisions)
    assert all(decision.ranked for decision in decisions)


def test_what_is_about_to_fail_is_left_to_its_fault_unless_none_comes():
    assert opened(Gate(devices=100), range(60), one(left=1.0, p=0.99, effect=1.1)) == [(27, "cam-1")]


def test_what_is_short_of_its_end_is_told_however_soon_its_end_is_forecast():
    """A date of today is a guess within noise: several of these lived for ten days more."""
    assert opened(Gate(devices=100), range(60), one(left=0.0, p=0.99, effect=0.95)) == [(0, "cam-1")]


def test_what_may_pass_by_itself_must_last_longer_however_sure_it_is():
    assert opened(Gate(devices=100), range(30), one(left=24, p=0.99)) == [(0, "cam-1")]
    assert opened(Gate(devices=100), range(30), one(component="lens", left=24, p=0.99)) == [(3, "cam-1")]
    assert opened(Gate(devices=100), range(30), one(component="lens", left=400)) == [(5, "cam-1")]


def test_a_trend_that_flickers_is_not_told():
    gate = Gate(devices=100)
    for day in range(40):
        assert not gate.step(day, [one()] if day % 3 == 0 else []).opened


def test_what_hardly_changed_does_not_matter():
    assert not opened(Gate(devices=100), range(30), one(effect=0.05))


def test_a_site_that_shows_it_everywhere_is_one_matter_and_no_predictions():
    gate = Gate(devices=10)
    all_of_them = [one(f"cam-{i}") for i in range(6)]
    decisions = [gate.step(day, all_of_them, peers={("a", "ir_light"): 10}) for day in range(8)]
    assert not any(decision.opened for decision in decisions)
    assert decisions[0].wide == {("a", "ir_light"): 6}


def test_two_of_ten_are_no_site():
    gate = Gate(devices=10)
    two = [one("cam-1"), one("cam-2")]
    assert len(opened(gate, range(6), *two, peers={("a", "ir_light"): 10})) == 2


def test_the_budget_holds_back_and_ranks_the_rest_the_most_urgent_first():
    gate = Gate(Policy(per_100_month=1, least=1), devices=100)
    # One a day, so that they are no site-wide effect; three months' budget is saved up.
    many = [one(f"cam-{i}", left=18.0 + i, site=str(i), p=0.95) for i in range(20)]
    for day in range(3):
        decision = gate.step(day, many)
    assert [found.key.device for found in decision.opened] == ["cam-0", "cam-1", "cam-2"]
    assert [found.key.device for found in decision.ranked] == [f"cam-{i}" for i in range(3, 20)]
    later = opened(gate, range(3, 95), *many)
    assert len(later) == 3


def test_doubtful_predictions_use_up_the_budget_of_false_ones():
    policy = Policy(per_100_month=1000, false_per_100_month=1, least=1, likely=0.5)
    many = [one(f"cam-{i}", site=str(i), p=0.55) for i in range(40)]
    sure = [one(f"cam-{i}", site=str(i), p=0.95) for i in range(40)]
    assert len(opened(Gate(policy, devices=100), range(3), *many)) == 6
    assert len(opened(Gate(policy, devices=100), range(3), *sure)) == 40


def test_a_prediction_ends_when_the_trend_is_gone_for_long_and_waits_before_it_comes_again():
    gate = Gate(devices=100)
    opened(gate, range(5), one())
    assert [day for day in range(5, 30) if gate.step(day, []).closed] == [18]
    assert opened(gate, range(30, 80), one()) == [(48, "cam-1")]


def test_wear_that_stays_keeps_its_prediction_longer_than_wear_that_is_gone():
    gate = Gate(devices=100)
    opened(gate, range(5), one(effect=0.5))
    assert [day for day in range(5, 90) if gate.step(day, [], measured={KEY: 0.45}).closed] == [46]


def test_unmeasured_days_end_nothing():
    gate = Gate(devices=100)
    opened(gate, range(5), one())
    assert not [day for day in range(5, 60) if gate.step(day, [], measured={}).closed]


def test_what_has_an_open_fault_is_left_alone():
    gate = Gate(devices=100)
    assert not opened(gate, range(9), one(), blocked={KEY})
    assert opened(gate, range(9, 12), one()) == [(9, "cam-1")]


def test_the_same_day_twice_and_a_clock_that_jumped_back_change_nothing():
    gate = Gate(devices=100)
    assert opened(gate, [1, 1, 1, 1, 2, 1, 0, 2], one()) == []
    assert opened(gate, [3], one()) == [(3, "cam-1")]


def test_a_restart_changes_no_decision():
    rng = random.Random(3)
    days = [
        [one(f"cam-{rng.randrange(12)}", left=rng.uniform(1, 60), p=rng.uniform(0.3, 1)) for _ in range(9)]
        for _ in range(120)
    ]
    through, restarted = Gate(devices=12), Gate(devices=12)
    for day, candidates in enumerate(days):
        if day % 7 == 0:
            state = json.loads(json.dumps(restarted.dump()))
            restarted = Gate(devices=12)
            restarted.load(state)
        assert through.step(day, candidates) == restarted.step(day, candidates)


@pytest.mark.parametrize("broken", [{}, {"standing": [["a"]], "days": [], "cool": [], "day": 1}])
def test_a_damaged_state_is_refused_and_changes_nothing(broken):
    gate = Gate(devices=10)
    opened(gate, range(5), one())
    before = gate.dump()
    with pytest.raises((KeyError, TypeError, ValueError)):
        gate.load(broken)
    assert gate.dump() == before


def test_grades_follow_probability():
    assert [grade(p) for p in (0.99, 0.85, 0.7, 0.1)] == ["A", "A", "B", "C"]
