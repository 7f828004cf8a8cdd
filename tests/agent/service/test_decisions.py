"""What a person decides in the helpdesk is respected; what he reports has a ticket; what he opens stays open."""

import pytest

from agent.helpdesk.base import TicketRef
from agent.helpdesk.tickets import TicketState
from agent.service.report import Report
from models.facts import FaultKey
from models.faults import Policy
from models.service.workorder import NotAllowed, State
from tests.agent.service.rig import HOUR, KEY, T0, Desk

GOOD = ("REACH_LOST", "AUTH_REFUSED", "STREAM_LOST", "STREAM_STALL", "CLOCK_OFFSET")
WHO = "helpdesk local"


@pytest.fixture
async def desk(tmp_path):
    made = Desk(tmp_path, profile="warranty-strict")
    await made.registered()
    yield made
    made.close()


def says(desk, state, *, is_open, key=KEY):
    found = TicketRef("1", f"{key}#1", is_open, state)
    desk.orders.desk(key, 1, found, desk.at, who=WHO)


async def test_wont_fix_is_not_opened_again_while_the_fault_lasts_and_is_mentioned_once(desk):
    says(desk, "Rejected", is_open=False)
    assert (desk.state, desk.store.order(KEY).declined) == ("cancelled", True)
    for _ in range(3):
        desk.at += 24 * HOUR
        await desk.step()
    assert (desk.state, desk.audit().count("reminded")) == ("cancelled", 1)


async def test_what_comes_back_after_wont_fix_leaves_the_order_as_the_person_left_it(desk):
    says(desk, "wont_fix", is_open=False)
    desk.at += HOUR
    desk.ends()
    await desk.step()
    desk.at += HOUR
    desk.returns()
    await desk.step()
    assert desk.state == "cancelled"
    assert "seen_again_after_decision" in desk.audit()


async def test_a_ticket_closed_while_its_fault_lasts_is_sent_back_twice_and_then_left(desk):
    for times in (1, 2):
        desk.local.move(1, TicketState.RESOLVED, who="Li", text="done")
        await desk.passes(40, bad=("REACH_LOST",), good=GOOD[1:])
        assert (desk.state, desk.ticket().state) == ("repairing", TicketState.REOPENED)
        assert desk.store.order(KEY).sent_back == times
    desk.local.move(1, TicketState.RESOLVED, who="Li", text="leave it")
    await desk.passes(40, bad=("REACH_LOST",), good=GOOD[1:])
    assert (desk.state, desk.ticket().state) == ("cancelled", TicketState.RESOLVED)
    assert "decision_respected" in desk.audit()


async def test_a_ticket_that_is_put_off_stops_its_clocks_until_it_is_taken_up(desk):
    says(desk, "Stalled", is_open=True)
    assert all(clock.is_paused for clock in desk.store.order(KEY).clocks if clock.is_running)
    desk.at += HOUR
    says(desk, "open", is_open=True)
    assert not any(clock.is_paused for clock in desk.store.order(KEY).clocks)
    assert desk.audit()[-2:] == ["snoozed_in_helpdesk", "taken_up_again_in_helpdesk"]


async def test_a_person_opens_it_again_after_it_was_over_and_it_stays_open(desk):
    desk.ends()
    await desk.step()
    assert desk.state == "resolved"
    await desk.passes(120, good=GOOD)
    desk.local.move(1, TicketState.REOPENED, who="Wang", text="still dark at night")
    await desk.passes(150, good=GOOD)
    assert (desk.state, desk.order.turn) == ("reopened", 1)
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    await desk.passes(200, good=GOOD)
    assert desk.state == "resolved"


async def test_a_helpdesk_that_cannot_close_is_not_a_person_who_opens(desk):
    desk.ends()
    await desk.step()
    says(desk, "open", is_open=True)
    assert desk.state == "resolved"


async def test_the_command_line_opens_it_again_too(desk):
    desk.ends()
    await desk.step()
    desk.orders.move("1", State.REOPENED, who="Li", why="still dark at night", now=desk.at)
    await desk.step()
    assert (desk.state, desk.ticket().is_open) == ("reopened", True)


# ---------------------------------------------------------------- policies


@pytest.mark.parametrize(
    ("policy", "states"),
    [
        (Policy.AUTO_RESOLVE, ("resolved", "resolved")),
        (Policy.COMMENT_ONLY, ("registered", "registered")),
        (Policy.RESOLVE_AFTER_RETEST, ("verifying", "resolved")),
    ],
)
async def test_what_becomes_of_a_ticket_when_its_fault_is_gone(tmp_path, policy, states):
    desk = Desk(tmp_path, policies={"REACH_LOST": policy})
    await desk.registered()
    desk.at += HOUR
    desk.ends(resolve=policy is Policy.AUTO_RESOLVE)
    await desk.step()
    seen = [desk.state]
    await desk.passes(200, good=GOOD)
    assert (*seen, desk.state) == states
    assert desk.ticket().is_open is (policy is Policy.COMMENT_ONLY)
    assert desk.audit().count("left_to_policy") == (policy is not Policy.AUTO_RESOLVE)
    desk.close()


# ---------------------------------------------------------------- reports of people


def said(device="cam-1", fault="", at=T0):
    return Report(device, "Wang", "no picture on monitor 3", at, fault)


async def test_a_report_is_a_ticket_whose_clocks_start_at_the_report(tmp_path):
    desk = Desk(tmp_path, profile="warranty-strict")
    desk.at += 600
    order = desk.orders.report(said(), desk.at)
    assert (order.reported_at, order.detected_at, order.started_at) == (T0, None, T0)
    assert {clock.started_at for clock in desk.store.order(order.key).clocks} == {T0}
    await desk.step()
    await desk.step()
    ticket = desk.ticket()
    assert "no picture on monitor 3" in ticket.body
    assert desk.store.order(order.key).order.state is State.REGISTERED
    desk.close()


async def test_a_report_is_over_when_its_retest_is_passed(tmp_path):
    desk = Desk(tmp_path)
    order = desk.orders.report(said(), desk.at)
    await desk.step()
    await desk.step()
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    await desk.passes(200, good=(*GOOD, "IMG_BLACK", "IMG_FREEZE", "IMG_BLUR", "IMG_COVER"))
    assert desk.store.order(order.key).order.state is State.RESOLVED
    assert not desk.store.incident(order.key).is_open
    again = desk.orders.report(said(at=desk.at), desk.at)
    assert again.generation == 2
    desk.close()


async def test_a_report_of_what_has_a_ticket_goes_onto_it(desk):
    order = desk.orders.report(said(), desk.at + 60)
    assert (order.key, order.reported_at) == (KEY, T0)
    await desk.step()
    assert len(desk.local.tickets()) == 1


async def test_a_report_of_another_fault_is_a_ticket_of_its_own(desk):
    order = desk.orders.report(said(fault="CLOCK_OFFSET"), desk.at)
    assert order.root == FaultKey("cam-1", "CLOCK_OFFSET", "REPORTED")


@pytest.mark.parametrize("wrong", [{"device": "cam-9"}, {"fault": "SOMETHING"}, {"fault": "PREDICTED"}])
async def test_a_report_that_means_nothing_is_refused(desk, wrong):
    with pytest.raises(NotAllowed):
        desk.orders.report(said(**wrong), desk.at)
