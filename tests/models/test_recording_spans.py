"""Spans of recorded and required time."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from models.recording import DAY, Plan, day_before, from_states, merged, overlap, required, total, without

BERLIN = ZoneInfo("Europe/Berlin")


def at(*when, zone=UTC):
    return datetime(*when, tzinfo=zone).timestamp()


def test_the_day_before_is_that_of_the_site():
    start, end = day_before(at(2026, 3, 10, 1), ZoneInfo("Asia/Shanghai"))
    assert (start, end) == (at(2026, 3, 8, 16), at(2026, 3, 9, 16))


def test_a_day_of_25_hours_is_required_whole():
    start, end = day_before(at(2026, 10, 26, 12), BERLIN)
    assert end - start == 25 * 3600
    assert total(required(Plan(), start, end, BERLIN)) == 25 * 3600


def test_hours_of_a_plan_are_local():
    plan = Plan(hours=((8 * 3600.0, 20 * 3600.0),))
    start, end = day_before(at(2026, 7, 2, 12), BERLIN)
    assert required(plan, start, end, BERLIN) == [(at(2026, 7, 1, 6), at(2026, 7, 1, 18))]


def test_a_change_tells_the_state_before_it():
    assert from_states([(10.0, False)], 0.0, 100.0) == [(0.0, 10.0)]
    assert from_states([(10.0, True)], 0.0, 100.0) == [(10.0, 100.0)]
    assert from_states([(-5.0, True), (10.0, True)], 0.0, 100.0) == [(0.0, 100.0)]
    assert from_states([], 0.0, 100.0) is None
    assert from_states([(200.0, True)], 0.0, 100.0) is None


spans = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=8).map(
    lambda rows: merged((min(a, b), max(a, b)) for a, b in rows)
)


@given(spans, spans)
def test_what_is_in_both_and_what_is_only_in_one_make_the_one(one, other):
    assert total(overlap(one, other)) + total(without(one, other)) == total(one)
    assert overlap(one, other) == overlap(other, one)
    assert overlap(without(one, other), other) == []


@given(st.lists(st.tuples(st.integers(-50, 150), st.booleans()), min_size=1, max_size=12))
def test_states_make_ordered_spans_within_the_window(states):
    found = from_states([(float(a), v) for a, v in states], 0.0, 100.0)
    assert found is None or (found == merged(found) and all(0 <= a < b <= 100 for a, b in found))


def test_a_day_is_86400_seconds():
    assert DAY == 86400
