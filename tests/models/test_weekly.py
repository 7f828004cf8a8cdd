"""Hours that come back every week."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import weekly
from models.facts import FaultKey
from models.quiet import Quiet, Site, Window, covering
from models.weekly import Weekly

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def moment(text: str, zone=SHANGHAI) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


SUNDAY = weekly.parse("sun 02:00-04:00", SHANGHAI)
WINDOW = Window(
    1, Quiet.MAINTENANCE, ("nvr-1",), moment("2026-03-01T00:00"), moment("2026-04-01T00:00"), "Li", "restarts",
    each=SUNDAY,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sun 02:00-04:00", "sun 02:00-04:00"), (" Sat,Sun 22:00 - 6:00", "sat,sun 22:00-06:00"),
        ("mon-fri 12:00-13:00", "mon,tue,wed,thu,fri 12:00-13:00"), ("daily 00:00-24:00", "daily 00:00-24:00"),
        ("sat-mon 01:00-02:00", "mon,sat,sun 01:00-02:00"),
    ],
)  # fmt: skip
def test_hours_are_read_and_written(text, said):
    found = weekly.parse(text, SHANGHAI)
    assert str(found) == said
    assert weekly.parse(said, SHANGHAI) == found


@pytest.mark.parametrize(
    "text", ["", "sun", "sun 25:00-26:00", "sun 02:61-03:00", "sol 02:00-03:00", "sun 24:00-02:00"]
)
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(ValueError, match=r"write|days are|there is no|nothing begins"):
        weekly.parse(text, SHANGHAI)


@pytest.mark.parametrize(
    ("at", "holds"),
    [
        ("2026-03-01T01:59:59", False), ("2026-03-01T02:00", True), ("2026-03-01T03:59", True),
        ("2026-03-01T04:00", False), ("2026-03-02T03:00", False), ("2026-03-08T03:00", True),
        ("2026-04-05T03:00", False),  # the window is over
    ],
)  # fmt: skip
def test_a_window_holds_in_its_hours_only(at, holds):
    assert WINDOW.holds(moment(at)) is holds
    found = covering([WINDOW], FaultKey("nvr-1", "", "REACH_LOST"), Site({}), moment(at))
    assert (found is WINDOW) is holds


def test_it_is_over_at_the_end_of_the_hours_and_its_times_can_be_listed():
    assert WINDOW.lasts_until(moment("2026-03-08T03:00")) == moment("2026-03-08T04:00")
    found = list(WINDOW.spans(moment("2026-03-02T00:00"), moment("2026-03-16T00:00")))
    days = ("2026-03-08", "2026-03-15")
    assert found == [(moment(f"{day}T02:00"), moment(f"{day}T04:00")) for day in days]


def test_a_night_ends_on_the_next_day_and_summer_time_moves_the_clock_not_the_hours():
    night = weekly.parse("sat 22:00-06:00", BERLIN)
    assert night.at(moment("2026-03-29T05:59", BERLIN)) is not None  # a Sunday
    assert night.at(moment("2026-03-29T06:00", BERLIN)) is None
    begin, end = night.at(moment("2026-03-29T01:00", BERLIN)) or (0.0, 0.0)
    assert end - begin == 7 * 3600  # the clock was put forward in this night


@given(
    st.builds(
        Weekly, st.frozensets(st.integers(0, 6), min_size=1), st.integers(0, 1439), st.integers(0, 1440),
        st.sampled_from([UTC, SHANGHAI, BERLIN]),
    ),
    st.integers(1_760_000_000, 1_800_000_000),
)  # fmt: skip
def test_a_moment_is_within_the_hours_exactly_when_a_listed_time_holds_it(hours, at):
    listed = [span for span in hours.spans(at - 1, at + 1) if span[0] <= at < span[1]]
    assert bool(listed) is (hours.at(at) is not None)
    assert weekly.parse(str(hours), hours.zone) == hours
