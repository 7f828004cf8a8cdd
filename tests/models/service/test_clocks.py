"""The clocks of a ticket: pauses, due times, marks; which clocks a contract starts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import FaultKey
from models.faults import Severity
from models.service import clocks, progress
from models.service.calendar import ROUND_THE_CLOCK, Calendar
from models.service.clocks import Clock, ClockName, Pause, PauseReason
from models.service.profiles import DAY, HOUR, MINUTE, PROFILES, Level
from models.service.workorder import AGENT, Order, Proof, State, Step, move, proven

T0 = 1_760_000_000.0
OFFICE = Calendar(dict.fromkeys(range(5), ((9 * 60, 17 * 60),)))
CALENDARS = st.sampled_from([ROUND_THE_CLOCK, OFFICE])
RESPOND = Clock(ClockName.RESPOND, HOUR, T0)


@st.composite
def pauses(draw):
    made = []
    for _ in range(draw(st.integers(0, 5))):
        since = T0 + draw(st.floats(0, 50 * HOUR))
        until = since + draw(st.floats(0, 30 * HOUR))
        made.append(Pause(since, PauseReason.ACCESS, "Li", until))
    return tuple(made)


@given(calendar=CALENDARS, limit=st.floats(1, 40 * HOUR), some=pauses(), more=pauses())
def test_a_pause_never_brings_the_due_time_nearer(calendar, limit, some, more):
    few = replace(RESPOND, limit=limit, pauses=some)
    many = replace(few, pauses=(*some, *more))
    assert clocks.due(many, calendar) >= clocks.due(few, calendar) - 0.01


@given(calendar=CALENDARS, some=pauses(), more=pauses(), at=st.floats(T0, T0 + 200 * HOUR))
def test_a_pause_never_uses_time(calendar, some, more, at):
    few, many = replace(RESPOND, pauses=some), replace(RESPOND, pauses=(*some, *more))
    assert 0 <= clocks.used(many, calendar, at) <= clocks.used(few, calendar, at) + 0.01


@given(calendar=CALENDARS, limit=st.floats(1, 40 * HOUR), some=pauses())
def test_a_clock_has_used_its_time_exactly_when_it_is_due(calendar, limit, some):
    clock = replace(RESPOND, limit=limit, pauses=some)
    due = clocks.due(clock, calendar)
    assert clocks.used(clock, calendar, due) == pytest.approx(limit, abs=0.05)
    assert not clocks.is_breached(clock, calendar, due - 0.5)
    assert clocks.is_breached(clock, calendar, due + 4 * DAY)


@given(some=pauses(), moments=st.lists(st.floats(T0, T0 + 200 * HOUR), min_size=2, max_size=2))
def test_used_time_never_shrinks(some, moments):
    early, late = sorted(moments)
    clock = replace(RESPOND, pauses=some)
    assert clocks.used(clock, OFFICE, early) <= clocks.used(clock, OFFICE, late) + 0.01


def test_it_warns_at_half_at_four_fifths_and_when_it_ran_out_and_each_once():
    said = []
    clock = RESPOND
    for minute in range(0, 90, 5):
        mark = clocks.next_mark(clock, ROUND_THE_CLOCK, T0 + minute * MINUTE)
        if mark is not None:
            said.append((minute, mark))
            clock = replace(clock, told=mark)
    assert said == [(30, 0.5), (50, 0.8), (60, 1.0)]


def test_after_a_long_silence_only_the_breach_is_said():
    assert clocks.next_mark(RESPOND, ROUND_THE_CLOCK, T0 + DAY) == 1.0


def test_a_clock_without_a_limit_is_measured_and_never_breached():
    clock = replace(RESPOND, limit=None)
    assert clocks.used(clock, ROUND_THE_CLOCK, T0 + DAY) == DAY
    assert clocks.due(clock, ROUND_THE_CLOCK) is None
    assert clocks.next_mark(clock, ROUND_THE_CLOCK, T0 + DAY) is None
    assert not clocks.is_breached(clock, ROUND_THE_CLOCK, T0 + DAY)


def test_a_paused_clock_has_no_due_time_until_it_runs_again():
    paused = clocks.pause(RESPOND, T0 + 60, PauseReason.PARTS, "Li")
    assert paused.is_paused
    assert clocks.due(paused, ROUND_THE_CLOCK) is None
    assert clocks.due(clocks.resume(paused, T0 + 660), ROUND_THE_CLOCK) == T0 + HOUR + 600


def test_a_pause_after_the_breach_takes_nothing_back():
    late = clocks.pause(RESPOND, T0 + 2 * HOUR, PauseReason.APPROVED, "Li")
    assert clocks.due(late, ROUND_THE_CLOCK) == T0 + HOUR
    assert clocks.is_breached(late, ROUND_THE_CLOCK, T0 + 3 * HOUR)


def test_the_first_stop_counts_and_a_wall_clock_set_back_gives_no_negative_time():
    stopped = clocks.stop(clocks.pause(RESPOND, T0 + 60, PauseReason.ACCESS, "Li"), T0 - 500)
    assert (stopped.stopped_at, clocks.used(stopped, ROUND_THE_CLOCK, T0 + DAY)) == (T0, 0.0)
    assert clocks.stop(stopped, T0 + DAY) is stopped


# ---------------------------------------------------------------- profiles


def started(profile: str, severity=Severity.S3, **more):
    found = Level(PROFILES[profile], **more).start(severity, T0)
    return {clock.name.value: clock.limit for clock in found}


@pytest.mark.parametrize(
    ("profile", "severity", "limits"),
    [
        ("warranty-strict", Severity.S3, {"respond": 5 * MINUTE, "arrive": 2 * HOUR, "swap": DAY}),
        ("warranty", Severity.S3, {"respond": None, "arrive": 2 * HOUR}),
        ("post-warranty", Severity.S3, {"respond": 4 * HOUR}),
        ("post-warranty", Severity.S1, {"respond": 4 * HOUR, "arrive": 2 * HOUR}),
        ("building", Severity.S3, {"respond": 4 * HOUR, "restore": DAY}),
        ("general", Severity.S1, {"respond": 5 * MINUTE}),
        ("general", Severity.S3, {"arrive": 7 * DAY}),
        ("service-desk", Severity.S2, {"respond": HOUR, "answer": 8 * HOUR}),
    ],
)
def test_a_profile_starts_the_clocks_of_its_contract(profile, severity, limits):
    assert started(profile, severity) == limits


@pytest.mark.parametrize(("km", "hours"), [(0, 24), (300, 24), (301, 48), (1000, 48), (1001, 72)])
def test_a_remote_site_is_reached_later_the_further_it_is(km, hours):
    assert started("remote-areas", distance_km=km)["arrive"] == hours * HOUR


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_latent_starts_no_clock(profile):
    assert started(profile, Severity.S4) == {}


# ---------------------------------------------------------------- states and clocks

ORDER = Order(
    "site/cam-1/-/REACH_LOST", 1, FaultKey("cam-1", "", "REACH_LOST"), Severity.S3, T0, T0, since=T0
)


class Walk:
    """An order led from state to state, a minute apart."""

    def __init__(self, profile: str, *, severity=Severity.S3):
        self.level = Level(PROFILES[profile])
        self.order = replace(ORDER, severity=severity)
        self.clocks = self.level.start(severity, T0)
        self.at = T0

    def to(self, *states: State, repaired_at=None) -> "Walk":
        for state in states:
            self.at += 60
            before = self.order
            if state is State.RESOLVED:
                before = proven(before, Proof.RETEST)
            who = AGENT if state in {State.RESOLVED, State.REOPENED} else "Li"
            self.order = move(before, Step(state, who, self.at, "because"))
            self.clocks = progress.follow(
                self.clocks, before, self.order, self.level, repaired_at=repaired_at
            )
        return self

    def stopped(self) -> dict[str, float | None]:
        found = {c.name.value: c.stopped_at for c in self.clocks}
        return {name: None if at is None else at - T0 for name, at in found.items()}


def test_arriving_stops_the_arrival_and_starts_the_repair_time_of_a_general_contract():
    walk = Walk("general").to(State.REGISTERED, State.DISPATCHED, State.ON_SITE)
    assert walk.stopped() == {"arrive": 180, "restore": None}
    assert walk.clocks[-1].limit == 12 * HOUR
    assert walk.clocks[-1].started_at == T0 + 180


def test_the_acknowledgement_of_the_agent_is_the_response_and_no_answer():
    walk = Walk("service-desk")
    after = progress.acknowledged(walk.clocks, T0 + 30)
    assert {c.name.value: c.stopped_at for c in after} == {"respond": T0 + 30, "answer": None}


def test_the_time_of_the_proof_is_not_the_technicians():
    walk = Walk("building").to(State.REGISTERED, State.REPAIRING, State.VERIFYING)
    walk.to(State.RESOLVED, repaired_at=T0 + 180)
    assert walk.stopped()["restore"] == 180


def test_a_swap_stops_its_clock_and_the_repair_goes_on():
    walk = Walk("warranty-strict").to(State.REGISTERED, State.SWAPPED)
    assert walk.stopped() == {"respond": 120, "arrive": 120, "swap": 120}


def test_a_fault_that_comes_back_starts_all_clocks_anew_and_keeps_the_old():
    walk = Walk("building").to(State.REGISTERED, State.VERIFYING, State.RESOLVED, State.REOPENED)
    assert [(c.name.value, c.turn, c.is_running) for c in walk.clocks] == [
        ("respond", 0, False),
        ("restore", 0, False),
        ("respond", 1, True),
        ("restore", 1, True),
    ]
