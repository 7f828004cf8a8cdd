"""Work orders: led by the ledger, the helpdesk and people, through kills and restarts."""

import sqlite3

import pytest

from agent.helpdesk.tickets import TicketState
from agent.store import Store
from models.facts import Ending, FaultKey
from models.service.clocks import PauseReason
from models.service.workorder import NotAllowed, State
from tests.agent.service.rig import HOUR, KEY, T0, Desk

GOOD = ("REACH_LOST", "AUTH_REFUSED", "STREAM_LOST", "STREAM_STALL", "CLOCK_OFFSET")


@pytest.fixture
async def desk(tmp_path):
    made = Desk(tmp_path, profile="warranty-strict")
    await made.registered()
    yield made
    made.close()


# ---------------------------------------------------------------- from detection to resolution


async def test_a_fault_is_an_order_and_the_ticket_with_its_diagnosis_is_the_response(desk):
    assert desk.state == "registered"
    assert desk.clocks() == {"respond": 0, "arrive": None, "swap": None}
    assert desk.audit() == ["detected", "detected>registered", "acknowledged"]


async def test_while_the_helpdesk_is_down_nobody_has_answered(tmp_path):
    desk = Desk(tmp_path, profile="warranty-strict")
    desk.opens()
    for _ in range(10):  # ten minutes without a helpdesk
        desk.at += 60
        desk.keeper.step(desk.orders.reconcile(desk.at), desk.at)
    assert desk.state == "detected"
    await desk.step()
    await desk.step()
    sheet = desk.store.order(KEY)
    respond = next(clock for clock in sheet.clocks if clock.name.value == "respond")
    assert (respond.stopped_at, respond.breached_at) == (T0 + 600, T0 + 60 + 300)
    assert desk.store.order_counts().breached == {"respond": 1}
    desk.close()


async def test_a_fault_that_goes_by_itself_resolves_its_order_by_what_was_observed(desk):
    desk.at += 60
    desk.ends()
    await desk.step()
    assert (desk.state, desk.order.proof.value) == ("resolved", "observed")
    assert desk.ticket().state is TicketState.RESOLVED
    assert desk.clocks() == {"respond": 0, "arrive": 60, "swap": 60}


async def test_a_fault_that_turns_out_to_be_part_of_another_is_cancelled(desk):
    desk.ends(ending=Ending.EXPLAINED)
    await desk.step()
    assert (desk.state, desk.audit()[-1]) == ("cancelled", "registered>cancelled")


async def test_a_prediction_starts_no_clock(tmp_path):
    desk = Desk(tmp_path, profile="warranty-strict")
    latent = FaultKey("cam-1", "", "SNMP_SILENT")
    desk.opens(latent)
    await desk.step()
    assert desk.store.order(f"site/{latent}").clocks == ()
    desk.close()


# ---------------------------------------------------------------- verified repair


async def test_a_repair_that_is_one_is_resolved_after_its_rounds(desk):
    desk.person(TicketState.RESOLVED)
    await desk.passes(11, good=GOOD)  # the helpdesk is looked at every ten seconds
    assert desk.state == "verifying"
    began = desk.at
    await desk.passes(100, good=GOOD)
    assert (desk.state, desk.order.proof.value) == ("resolved", "retest")
    assert 45 <= desk.order.resolved_at - began <= 65  # three rounds, 30 s apart
    assert any("The re-test is passed, 3 rounds" in text and "--cause" in text for text in desk.texts())
    assert desk.ticket().state is TicketState.RESOLVED
    assert desk.clocks()["arrive"] is not None
    assert len(desk.asked) >= 3


async def test_a_repair_that_is_none_is_sent_back_with_what_still_fails(desk):
    desk.person(TicketState.RESOLVED)
    await desk.passes(40, bad=["REACH_LOST"])
    assert desk.state == "repairing"
    assert desk.ticket().state is TicketState.REOPENED
    assert any("Still seen:" in text and "REACH_LOST" in text for text in desk.texts())
    assert "retest_failed" in desk.audit()
    await desk.passes(60, bad=["REACH_LOST"])
    assert desk.audit().count("retest_began") == 1  # nobody said again that it is repaired


async def test_what_cannot_be_seen_is_not_passed(desk):
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    await desk.passes(70, good=[code for code in GOOD if code != "CLOCK_OFFSET"], unknown=["CLOCK_OFFSET"])
    assert desk.state == "repairing"
    assert any("unknown is not passed" in text and "CLOCK_OFFSET" in text for text in desk.texts())
    assert desk.ticket().state is TicketState.REGISTERED  # it was open all along


async def test_a_second_try_after_a_failed_one_counts(desk):
    desk.person(TicketState.RESOLVED)
    await desk.passes(40, bad=["REACH_LOST"])
    desk.person(TicketState.RESOLVED)
    await desk.passes(100, good=GOOD)
    assert desk.state == "resolved"
    assert desk.audit().count("retest_began") == 2


async def test_a_restart_in_the_middle_goes_on_with_the_rounds_that_are_passed(desk):
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    await desk.passes(5, good=GOOD)
    assert desk.store.order(KEY).trial["passed"] == 1
    other = desk.again()
    try:
        await other.passes(62, good=GOOD)
        assert other.state == "resolved"
        assert other.audit().count("retest_began") == 1
        assert len(other.asked) == 2  # the two rounds that were left
    finally:
        other.store.close()


async def test_an_end_of_the_fault_during_the_retest_does_not_resolve_it_early(desk):
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    desk.ends(resolve=False)
    await desk.passes(5, good=GOOD)
    assert desk.state == "verifying"
    await desk.passes(100, good=GOOD)
    assert desk.order.proof.value == "retest"


async def test_a_fault_that_goes_while_hands_are_on_it_is_tested_without_being_asked(desk):
    desk.orders.move("1", State.REPAIRING, who="Li", why="", now=desk.at)
    desk.at += 60
    desk.ends(resolve=False)
    await desk.passes(100, good=GOOD)
    assert (desk.state, desk.order.proof.value) == ("resolved", "retest")


async def test_after_a_failed_retest_an_ended_fault_waits_for_the_technician(desk):
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    desk.ends(resolve=False)
    await desk.passes(70, good=["REACH_LOST"], bad=["STREAM_STALL"])
    assert desk.state == "repairing"
    await desk.passes(60, good=GOOD)
    assert desk.state == "repairing"
    assert desk.audit().count("retest_began") == 1


async def test_a_fault_seen_again_right_after_its_retest_opens_the_ticket_again(desk):
    desk.person(TicketState.RESOLVED)
    await desk.passes(100, good=GOOD)
    await desk.passes(3, bad=["REACH_LOST"])
    assert desk.state == "reopened"
    assert desk.ticket().state is TicketState.REOPENED
    assert "repeat_fault" in desk.audit()


async def test_a_refused_login_may_be_tried_once_more_after_a_named_repair(tmp_path):
    desk = Desk(tmp_path)
    root = FaultKey("cam-1", "", "AUTH_REFUSED")
    desk.opens(root)
    await desk.step()
    await desk.step()
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    await desk.passes(5, good=GOOD)
    assert desk.released == ["cam-1"]
    desk.close()


# ---------------------------------------------------------------- what people decide


async def test_a_waiver_resolves_without_a_test_and_names_who_answers(desk):
    desk.orders.move("1", State.VERIFYING, who="Li", why="", now=desk.at)
    desk.orders.waive("1", who="Wang", why="the site is closed", now=desk.at)
    await desk.passes(60, bad=["REACH_LOST"])
    assert (desk.state, desk.order.proof.value, desk.order.proof_by) == ("resolved", "waiver", "Wang")
    assert desk.ticket().state is TicketState.RESOLVED
    assert any("Wang answers for it: the site is closed" in text for text in desk.texts())


@pytest.mark.parametrize(("who", "why"), [("", "because"), ("siteward", "because"), ("Wang", " ")])
async def test_a_waiver_needs_a_name_and_a_reason(desk, who, why):
    with pytest.raises(NotAllowed):
        desk.orders.waive("1", who=who, why=why, now=desk.at)
    assert desk.state == "registered"


async def test_the_confirmed_cause_is_kept_beside_the_suggested_one_and_opens_the_archive(desk):
    desk.ends()
    await desk.step()
    with pytest.raises(NotAllowed, match="needs_cause"):
        desk.orders.move("1", State.CLOSED, who="Wang", why="", now=desk.at)
    desk.orders.confirm("1", "CABLE", who="Li", now=desk.at)
    desk.orders.move("1", State.CLOSED, who="Wang", why="", now=desk.at)
    (label,) = desk.store.cause_labels()
    assert (label.fault, label.suggested, label.confirmed, label.who) == (
        "REACH_LOST", "POWER_SUPPLY", "CABLE", "Li",
    )  # fmt: skip
    assert desk.state == "closed"


async def test_a_cause_that_does_not_exist_is_refused(desk):
    with pytest.raises(NotAllowed):
        desk.orders.confirm("1", "GREMLINS", who="Li", now=desk.at)
    assert desk.store.cause_labels() == []


@pytest.mark.parametrize("away", [State.SWAPPED, State.RETURNED])
async def test_a_swapped_device_keeps_the_ticket_open_though_the_picture_is_back(desk, away):
    desk.orders.move("1", away, who="Li", why="spare installed", now=desk.at)
    desk.at += 60
    desk.ends(resolve=False)
    await desk.passes(30, good=GOOD)
    assert desk.state == away.value
    desk.person(TicketState.RESOLVED)
    await desk.passes(15, good=GOOD)
    assert desk.ticket().state is TicketState.REOPENED
    desk.orders.move("1", State.REPAIRING, who="Li", why="", now=desk.at)
    desk.orders.move("1", State.VERIFYING, who="Li", why="original is back", now=desk.at)
    await desk.passes(100, good=GOOD)
    assert desk.state == "resolved"


async def test_an_unknown_ticket_is_said_to_be_unknown(desk):
    with pytest.raises(NotAllowed, match=r"order\.unknown"):
        desk.orders.move("99", State.VERIFYING, who="Li", why="", now=desk.at)


# ---------------------------------------------------------------- clocks


async def test_it_warns_on_the_ticket_names_who_is_to_be_told_and_records_the_breach(tmp_path):
    desk = Desk(
        tmp_path, profile="warranty-strict", escalation={"S3": {"at_80": "shift lead", "breached": "head"}}
    )
    await desk.registered()
    for minutes in (61, 97, 121, 180):
        desk.at = T0 + minutes * 60
        await desk.step()
        await desk.step()
    said = [text for text in desk.texts() if "arrive" in text]
    assert ["50" in said[0], "80" in said[1], "ran out" in said[2], len(said)] == [True, True, True, 3]
    assert "shift lead" in said[1]
    assert "head" in said[2]
    assert [what for what in desk.audit() if what.startswith("clock_")] == [
        "clock_warning", "clock_warning", "clock_breached",
    ]  # fmt: skip
    assert desk.store.order_counts().breached == {"arrive": 1}
    desk.close()


async def test_a_pause_moves_the_due_time_and_says_why(desk):
    desk.orders.pause("1", PauseReason.ACCESS, who="Li", why="guard refuses", now=desk.at)
    desk.at += 10 * HOUR
    await desk.step()
    desk.orders.resume("1", who="Li", now=desk.at)
    desk.at += HOUR
    await desk.step()
    assert desk.store.order_counts().breached == {}
    assert {"clocks_paused", "clocks_resumed"} <= set(desk.audit())
    desk.at += 1.1 * HOUR
    await desk.step()
    assert desk.store.order_counts().breached == {"arrive": 1}


# ---------------------------------------------------------------- again


async def test_a_fault_that_comes_back_is_a_repeat_with_new_clocks(desk):
    desk.ends()
    await desk.step()
    desk.at += 3600
    desk.returns()
    await desk.step()
    await desk.step()
    assert (desk.state, desk.order.turn) == ("reopened", 1)
    assert any("Repeat fault (1)" in text for text in desk.texts())
    sheet = desk.store.order(KEY)
    assert [(c.name.value, c.is_running) for c in sheet.clocks if c.turn == 1] == [
        ("arrive", True), ("respond", False), ("swap", True),
    ]  # fmt: skip


async def test_a_new_ticket_of_the_same_fault_within_thirty_days_is_linked_to_the_old(desk):
    desk.ends()
    await desk.step()
    desk.at += 20 * 86400
    desk.opens()
    await desk.step()
    assert desk.order.generation == 2
    assert desk.order.repeat_of == f"{KEY}#1"
    assert "repeat_fault" in desk.audit()


async def test_a_new_ticket_long_after_is_no_repeat(desk):
    desk.ends()
    await desk.step()
    desk.at += 40 * 86400
    desk.opens()
    await desk.step()
    assert (desk.order.generation, desk.order.repeat_of) == (2, "")


# ---------------------------------------------------------------- kills, the helpdesk, the log


async def test_our_own_reopening_is_not_taken_for_a_persons_closing(desk):
    desk.ends()
    await desk.step()
    desk.at += 60
    desk.returns()
    desk.orders.reconcile(desk.at)  # the ticket is still resolved, and our reopening waits
    desk.poll.step(desk.at)
    assert desk.state == "reopened"
    await desk.passes(30, bad=["REACH_LOST"])
    assert desk.state == "reopened"
    assert "retest_began" not in desk.audit()


async def test_a_killed_agent_finds_every_order_where_it_was(desk):
    desk.orders.move("1", State.DISPATCHED, who="Li", why="", now=desk.at)
    before = desk.store.order(KEY)
    other = desk.again()
    try:
        await other.step()
        assert other.store.order(KEY) == before
    finally:
        other.store.close()


@pytest.mark.parametrize(
    "statement", ["DELETE FROM audit", "UPDATE audit SET who = 'nobody'", "DELETE FROM cause_label"]
)
async def test_what_is_in_the_log_stays_whoever_opens_the_file(desk, statement):
    desk.orders.confirm("1", "CABLE", who="Li", now=desk.at)
    lines = desk.audit()
    with (
        sqlite3.connect(desk.folder / "siteward.db") as db,
        pytest.raises(sqlite3.IntegrityError, match="added to"),
    ):
        db.execute(statement)
    assert desk.audit() == lines


async def test_a_step_is_written_with_its_words_or_not_at_all(desk, monkeypatch):
    """The audit, the state and the comment are one transaction."""
    before, waiting = desk.store.order(KEY), desk.store.helpdesk_queue(desk.at).pending
    monkeypatch.setattr("agent.store.orders.add_labels", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        desk.orders.move("1", State.DISPATCHED, who="Li", why="", now=desk.at)
    assert desk.store.order(KEY) == before
    assert desk.store.helpdesk_queue(desk.at).pending == waiting
    assert desk.audit() == ["detected", "detected>registered", "acknowledged"]


async def test_orders_and_log_outlive_a_failing_disk(desk):
    """The refuge in memory begins with an empty log and adds what happened there to the one on disk."""
    from agent.store.fallback import Refuge

    disk = sqlite3.connect(desk.folder / "siteward.db", isolation_level=None)
    lines = desk.store.audit(KEY, 1)
    desk.store.close()
    refuge = Refuge.seeded(disk)
    refuge.db.execute(
        "INSERT INTO audit (at, who, what, key, generation, why) VALUES (?, 'Li', 'in memory', ?, 1, '')",
        (T0, KEY),
    )
    refuge.db.execute("UPDATE work_order SET state = 'dispatched'")
    disk.execute("BEGIN")
    refuge.carry_back(disk)
    disk.execute("COMMIT")
    disk.close()
    store = Store.open(desk.folder / "siteward.db")
    assert [line.what for line in store.audit(KEY, 1)] == [*(line.what for line in lines), "in memory"]
    assert store.order(KEY).order.state is State.DISPATCHED
    store.close()


async def test_the_helpdesk_is_asked_for_each_open_ticket_once_a_turn(tmp_path):
    desk = Desk(tmp_path)
    for number in range(5):
        desk.opens(FaultKey("cam-1", str(number), "STREAM_STALL"))
    await desk.step()
    await desk.step()
    asked = []
    get = desk.local.get
    desk.local.get = lambda ticket: asked.append(ticket) or get(ticket)
    for _ in range(40):
        desk.at += 1
        desk.poll.step(desk.at)
    assert 3 * 5 <= len(asked) <= 5 * 5
    assert {asked.count(ticket) for ticket in set(asked)} <= {3, 4, 5}
    desk.close()


async def test_an_order_is_found_by_the_number_of_its_ticket_and_by_our_reference(desk):
    assert desk.store.order_of_ticket("1") == desk.store.order_of_ticket(f"{KEY}#1") == desk.store.order(KEY)
    assert desk.store.order_of_ticket(f"{KEY}#2") is None
    assert desk.store.order_of_ticket("") is None
