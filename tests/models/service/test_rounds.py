"""When inspections are due, and what is on time."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.service.draws import draw
from models.service.rounds import Month, Standing, belongs_to, dues, standing

FEBRUARY = Month(2026, 2)


def listed(every: int, since: Month, until: Month) -> list[str]:
    return [str(month) for month in dues(FEBRUARY, every, since, until)]


def test_due_months_are_counted_from_the_hand_over():
    assert listed(3, Month(2026, 1), Month(2026, 12)) == ["2026-05", "2026-08", "2026-11"]
    assert listed(12, Month(2026, 1), Month(2028, 12)) == ["2027-02", "2028-02"]
    assert listed(2, Month(2026, 7), Month(2026, 10)) == ["2026-08", "2026-10"]


def test_a_late_inspection_does_not_move_the_next():
    late = date(2026, 7, 20)
    assert standing(Month(2026, 5), late, late) is Standing.LATE
    assert listed(3, Month(2026, 8), Month(2026, 9)) == ["2026-08"]


@pytest.mark.parametrize(
    ("done", "wanted"),
    [("2026-06-30", "early"), ("2026-07-01", "on_time"), ("2026-09-30", "on_time"), ("2026-10-01", "late")],
)
def test_one_month_either_side_is_on_time(done, wanted):
    assert standing(Month(2026, 8), date.fromisoformat(done), date(2027, 1, 1)) == wanted


@pytest.mark.parametrize(
    ("today", "wanted"), [("2026-06-30", "ahead"), ("2026-09-30", "due"), ("2026-10-01", "overdue")]
)
def test_what_is_not_done_becomes_overdue_when_its_month_of_grace_is_over(today, wanted):
    assert standing(Month(2026, 8), None, date.fromisoformat(today)) == wanted


def test_an_inspection_counts_for_the_nearest_outstanding_month():
    assert belongs_to(date(2026, 7, 9), [Month(2026, 5), Month(2026, 8)]) == Month(2026, 8)
    assert belongs_to(date(2026, 7, 9), [Month(2026, 6), Month(2026, 8)]) == Month(2026, 6)
    assert belongs_to(date(2026, 7, 9), []) is None


@given(every=st.integers(1, 24), shift=st.integers(-40, 40))
def test_every_interval_is_kept_wherever_one_begins_to_look(every, shift):
    since = FEBRUARY.plus(shift)
    found = list(dues(FEBRUARY, every, since, since.plus(60)))
    assert all(
        (due.number - FEBRUARY.number) % every == 0 and due > FEBRUARY and due >= since for due in found
    )
    assert len(found) >= min((60 + min(shift, 0)) // every, 1)  # nothing is due before it began


@pytest.mark.parametrize("text", ["2026", "2026-13", "", "2026-8", "x"])
def test_a_month_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="write such as 2026-08"):
        Month.parse(text)


def test_a_draw_rounds_up_and_can_be_repeated():
    ten, four = draw([f"t{n}" for n in range(10)], 0.3, "2026-08/x"), draw("abcd", 0.3, "y")
    assert (len(ten.chosen), len(four.chosen)) == (3, 2)
    assert ten.is_true
    assert draw(reversed(ten.population), 0.3, "2026-08/x").chosen == ten.chosen
    assert draw(ten.population, 0.3, "another").chosen != ten.chosen


def test_a_draw_is_fair_enough_over_many_seeds():
    names = [f"t{n}" for n in range(10)]
    hits = sum("t0" in draw(names, 0.3, str(seed)).chosen for seed in range(1000))
    assert 240 <= hits <= 360


def test_a_share_beyond_all_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        draw("ab", 1.1, "")
