"""The steps of a work order: who may take which, and what each asks for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import Device, FaultKey, Kind
from models.faults import FAULTS, Severity
from models.messages import MESSAGES
from models.service import texts
from models.service.causes import CAUSES, suggested
from models.service.workorder import (
    AGENT,
    STEPS,
    NotAllowed,
    Order,
    Proof,
    State,
    Step,
    confirmed,
    move,
    next_steps,
    proven,
    repeats,
)

T0 = 1_760_000_000.0
DAY = 86400.0
S = State
ORDER = Order("site/cam-1/-/REACH_LOST", 1, FaultKey("cam-1", "", "REACH_LOST"), Severity.S3, T0, T0)


def in_state(state: State, **more) -> Order:
    return replace(ORDER, state=state, **more)


def refused(order: Order, to: State, who: str = "Li", why: str = "") -> str:
    with pytest.raises(NotAllowed) as caught:
        move(order, Step(to, who, T0, why))
    return caught.value.message


def test_the_whole_road_from_detection_to_the_archive():
    order = move(ORDER, Step(S.REGISTERED, AGENT, T0 + 1))
    for state in (S.TRIAGED, S.DISPATCHED, S.ON_SITE, S.REPAIRING, S.VERIFYING):
        order = move(order, Step(state, "Li", order.since + 60))
    order = move(proven(order, Proof.RETEST, AGENT), Step(S.RESOLVED, AGENT, order.since + 60))
    order = move(order, Step(S.FOLLOW_UP, "Wang", order.since + DAY))
    order = move(confirmed(order, "CABLE", "Li"), Step(S.CLOSED, "Wang", order.since + DAY))
    assert (order.state, order.cause, order.proof) == (S.CLOSED, "CABLE", Proof.RETEST)


def test_nobody_resolves_what_is_not_proven():
    for state in (S.REGISTERED, S.ON_SITE, S.REPAIRING, S.VERIFYING, S.SWAPPED):
        assert refused(in_state(state), S.RESOLVED, why="it works") == "order.needs_proof"
        assert refused(in_state(state), S.RESOLVED, who=AGENT, why="…") in {
            "order.needs_proof",
            "order.not_yours",
        }


def test_closing_asks_for_the_confirmed_cause():
    resolved = in_state(S.RESOLVED, proof=Proof.RETEST)
    assert refused(resolved, S.CLOSED) == "order.needs_cause"
    assert refused(replace(resolved, proof=Proof.NONE, cause="CABLE"), S.CLOSED) == "order.needs_proof"
    assert move(replace(resolved, cause="CABLE"), Step(S.CLOSED, "Li", T0)).state is S.CLOSED


def test_the_agent_does_not_close_and_people_do_not_send_a_repair_back():
    ready = in_state(S.RESOLVED, proof=Proof.RETEST, cause="CABLE")
    assert refused(ready, S.CLOSED, who=AGENT) == "order.not_yours"
    assert refused(in_state(S.VERIFYING), S.REPAIRING) == "order.not_yours"


def test_a_waiver_needs_a_person():
    for nobody in ("", AGENT):
        with pytest.raises(NotAllowed, match="needs_name"):
            proven(in_state(S.VERIFYING), Proof.WAIVER, nobody)


def test_a_swap_or_a_return_to_the_maker_keeps_the_order_open():
    for away in (S.SWAPPED, S.RETURNED, S.WAITING_PARTS):
        order = move(in_state(S.REPAIRING), Step(away, "Li", T0, "sent away"))
        assert order.state.is_open
        assert order.state.stays_open
        assert refused(order, S.VERIFYING) == "order.no_step"
        assert move(order, Step(S.REPAIRING, "Li", T0)).state is S.REPAIRING


def test_cancelling_and_going_back_want_a_reason():
    assert refused(in_state(S.REGISTERED), S.CANCELLED) == "order.needs_why"
    assert refused(in_state(S.ON_SITE), S.TRIAGED) == "order.needs_why"
    assert refused(in_state(S.REPAIRING), S.WAITING_PARTS, why="  ") == "order.needs_why"


def test_a_proof_does_not_outlive_its_repair():
    order = in_state(S.RESOLVED, proof=Proof.RETEST, cause="CABLE", cause_by="Li", resolved_at=T0)
    again = move(order, Step(S.REOPENED, AGENT, T0 + 60))
    assert (again.turn, again.proof, again.cause, again.resolved_at) == (1, Proof.NONE, "", None)
    waived = in_state(S.REPAIRING, proof=Proof.WAIVER)
    assert move(waived, Step(S.VERIFYING, "Li", T0)).proof is Proof.NONE


def test_every_state_is_left_again_but_the_archive_only_by_a_recurrence():
    assert {at for at, _ in STEPS} == set(S)
    assert [to for at, to in STEPS if at is S.CLOSED] == [S.REOPENED]
    assert {to for _, to in STEPS} == set(S) - {S.DETECTED}


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(S), st.sampled_from([AGENT, "Li", ""]), st.sampled_from(["", "why"])),
        max_size=40,
    ),
    waivers=st.sets(st.integers(0, 40)),
    causes=st.sets(st.integers(0, 40)),
)
def test_whatever_is_tried_what_is_closed_is_proven_and_has_a_cause(steps, waivers, causes):
    order = ORDER
    for n, (to, who, why) in enumerate(steps):
        try:
            order = proven(order, Proof.WAIVER, "Wang") if n in waivers else order
            order = confirmed(order, "CABLE", "Li") if n in causes else order
            order = move(order, Step(to, who, T0 + n, why))
        except NotAllowed:
            continue
        if order.state in {S.RESOLVED, S.FOLLOW_UP, S.CLOSED}:
            assert order.proof
        if order.state is S.CLOSED:
            assert order.cause
            assert order.cause_by


def test_a_fault_within_thirty_days_of_its_proven_repair_is_a_repeat():
    repaired = in_state(S.CLOSED, proof=Proof.RETEST, resolved_at=T0)
    assert repeats(repaired, T0 + 29 * DAY)
    assert not repeats(repaired, T0 + 31 * DAY)
    assert repeats(repaired, T0 - DAY)  # the wall clock was set back
    assert not repeats(in_state(S.CANCELLED), T0 + DAY)


def test_both_stamps_are_kept_and_a_persons_report_starts_the_clocks_of_his_ticket():
    reported = replace(ORDER, detected_at=None, reported_at=T0 + 500)
    assert reported.started_at == T0 + 500
    assert replace(ORDER, reported_at=T0 + 500).started_at == T0


def test_what_a_person_may_do_next_is_told():
    assert State.VERIFYING in next_steps(in_state(S.REPAIRING))
    assert State.REPAIRING not in next_steps(in_state(S.VERIFYING))


# ---------------------------------------------------------------- words


@pytest.mark.parametrize("state", S, ids=str)
def test_every_state_has_its_words(state):
    assert f"state.{state.value}" in MESSAGES


@pytest.mark.parametrize("step", STEPS, ids=lambda s: f"{s[0]}-{s[1]}")
def test_every_refusal_can_be_said(step):
    order = in_state(step[0])
    for who in (AGENT, "Li", ""):
        try:
            move(order, Step(step[1], who, T0))
        except NotAllowed as err:
            said = texts.refusal(err, lambda key, /, **facts: MESSAGES[key].en.format(**facts))
            assert "{" not in said


@pytest.mark.parametrize("code", FAULTS)
def test_every_fault_has_a_cause_to_suggest_on_every_kind_of_device(code):
    for kind in Kind:
        assert suggested(code, Device("d", kind, "127.0.0.1")) in CAUSES
    assert suggested(code, None) in CAUSES
