"""Working time: counted in local hours, summed in UTC."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.service.calendar import ROUND_THE_CLOCK, Calendar

BERLIN = ZoneInfo("Europe/Berlin")
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOUR = 3600.0
OFFICE = Calendar(
    dict.fromkeys(range(5), ((9 * 60, 12 * 60), (13 * 60, 17 * 60))),
    holidays=frozenset({date(2026, 10, 1), date(2026, 10, 2)}),
    workdays=frozenset({date(2026, 10, 10)}),  # a Saturday
    zone=SHANGHAI,
)


def at(text: str, zone=SHANGHAI, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


# Spans of a day in order, of any weekdays; days around the changes of daylight saving time are among the moments.
SPANS = st.lists(st.integers(0, 48), min_size=2, max_size=6, unique=True).map(
    lambda cuts: tuple((a * 30, b * 30) for a, b in zip(sorted(cuts)[::2], sorted(cuts)[1::2], strict=False))
)
ZONES = st.sampled_from([SHANGHAI, BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")])
MOMENTS = st.floats(at("2026-01-01"), at("2027-12-31"))


@st.composite
def calendars(draw):
    hours = draw(st.dictionaries(st.integers(0, 6), SPANS, min_size=1))
    days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
    return Calendar(
        hours,
        frozenset(draw(st.sets(days, max_size=10))),
        frozenset(draw(st.sets(days, max_size=5))),
        zone=draw(ZONES),
    )


@given(calendar=calendars(), since=MOMENTS, seconds=st.floats(0, 300 * HOUR))
def test_after_is_the_inverse_of_elapsed(calendar, since, seconds):
    until = calendar.after(since, seconds)
    assert until >= since
    assert calendar.elapsed(since, until) == pytest.approx(seconds, abs=0.01)


@given(calendar=calendars(), moments=st.lists(MOMENTS, min_size=3, max_size=3))
def test_working_time_adds_up_and_is_never_more_than_time(calendar, moments):
    a, b, c = sorted(moments)
    first, second, both = calendar.elapsed(a, b), calendar.elapsed(b, c), calendar.elapsed(a, c)
    assert first + second == pytest.approx(both, abs=0.01)
    assert 0 <= both <= c - a + 0.01
    assert calendar.elapsed(c, a) == 0 or a == c


@given(calendar=calendars(), since=MOMENTS, seconds=st.floats(1, 100 * HOUR))
def test_a_clock_never_runs_out_while_the_calendar_is_closed(calendar, since, seconds):
    assert calendar.is_open(calendar.after(since, seconds) - 0.5) or calendar.after(since, seconds) == since


@given(since=MOMENTS, seconds=st.floats(0, 1e6))
def test_round_the_clock_every_second_counts(since, seconds):
    assert ROUND_THE_CLOCK.elapsed(since, since + seconds) == pytest.approx(seconds, abs=1e-3)
    assert ROUND_THE_CLOCK.after(since, seconds) == since + seconds
    assert ROUND_THE_CLOCK.is_open(since)


def test_two_hours_begun_on_friday_evening_end_on_monday_morning():
    assert OFFICE.after(at("2026-09-18T16:00"), 2 * HOUR) == at("2026-09-21T10:00")


def test_holidays_do_not_count_and_shifted_workdays_do():
    assert OFFICE.after(at("2026-09-30T16:30"), HOUR) == at("2026-10-05T09:30")
    assert OFFICE.elapsed(at("2026-10-10T00:00"), at("2026-10-11T00:00")) == 8 * HOUR


def test_the_lunch_break_does_not_count():
    assert OFFICE.elapsed(at("2026-09-21T11:30"), at("2026-09-21T13:30")) == HOUR


def test_the_night_the_clocks_change_counts_what_it_lasted():
    """Berlin, 2026: 29 March has 23 hours, 25 October 25."""
    nights = Calendar(dict.fromkeys(range(7), ((0, 1440),)), zone=BERLIN)
    assert nights.elapsed(at("2026-03-29T00:00", BERLIN), at("2026-03-30T00:00", BERLIN)) == 23 * HOUR
    assert nights.elapsed(at("2026-10-25T00:00", BERLIN), at("2026-10-26T00:00", BERLIN)) == 25 * HOUR


def test_hours_that_do_not_exist_that_night_count_once():
    """02:00 to 03:00 is skipped: what lies in it and what follows must not be counted twice."""
    cut = Calendar({6: ((2 * 60, 2 * 60 + 30), (3 * 60, 4 * 60))}, zone=BERLIN)
    day = at("2026-03-29T00:00", BERLIN)
    assert cut.elapsed(day, day + 23 * HOUR) == HOUR


@pytest.mark.parametrize(
    "hours",
    [{}, {0: ()}, {0: ((600, 500),)}, {0: ((0, 1441),)}, {0: ((0, 600), (500, 700))}, {0: ((60, 60),)}],
    ids=str,
)
def test_hours_that_cannot_be_are_refused(hours):
    with pytest.raises(ValueError, match=r"hour"):
        Calendar(hours)
