"""What fails here moves what is believed: where nothing ever failed, more is asked."""

import json

import pytest

from models.learning.base_rate import AT_MOST, BaseRate
from models.learning.gate import Candidate, Gate, Key, Policy


def ended(device, effect=1.1, p=0.95):
    return Candidate(Key(device, "fan"), "a", 0.0, p, effect)


def lived(days, candidates_of=lambda _day: (), *, devices=100):
    rate = BaseRate()
    for day in range(days):
        rate.take(day, min(day, 1), devices, candidates_of(day))
    return rate


def test_a_year_in_which_nothing_fails_asks_for_more_and_never_for_less_than_at_first():
    assert BaseRate().asks(0.75) == pytest.approx(0.75)
    quiet = lived(366)
    assert quiet.asks(0.75) > 0.95
    assert -AT_MOST <= quiet.shift < -2
    assert lived(200, lambda day: [ended(f"cam-{day // 10}")]).shift == 0.0


def test_an_end_counts_when_it_lasts_and_once():
    assert lived(60, lambda day: [ended("cam-1")] if day < 3 else []).ends == 0, "it passed"
    assert lived(60, lambda _day: [ended("cam-1")]).ends == 1
    assert lived(60, lambda _day: [ended("cam-1", effect=0.9)]).ends == 0, "short of its end"
    assert lived(60, lambda _day: [ended("cam-1", p=0.5)]).ends == 0, "nobody believes it"
    assert lived(200, lambda day: [ended("cam-1")] if day % 100 < 20 else []).ends == 2, "repaired between"


def test_a_gap_teaches_nothing():
    rate = BaseRate()
    rate.take(0, 0, 100, ())
    rate.take(365, 365, 100, ())
    assert rate.watched < 2


def test_the_gate_asks_for_more_after_a_quiet_year_and_a_restart_changes_nothing():
    likely = Candidate(Key("cam-1", "fan"), "a", 18.0, 0.9, 0.5)
    fresh, old = Gate(devices=100), Gate(devices=100)
    for day in range(365):
        old.step(day, [ended("cam-2", p=0.9)] if day > 362 else [])
    again = Gate(devices=100)
    again.load(json.loads(json.dumps(old.dump())))
    assert again.rate == old.rate
    for gate, told in ((fresh, True), (again, False)):
        assert any(gate.step(day, [likely]).opened for day in range(366, 376)) == told


def test_a_state_of_before_has_no_rate_and_a_broken_one_changes_nothing():
    gate = Gate(Policy(), devices=10)
    state = gate.dump()
    del state["rate"]
    gate.load(state)
    assert gate.rate == BaseRate()
    with pytest.raises(KeyError):
        gate.load({**state, "rate": {"watched": 1.0}})
