"""What people do with a ticket in the helpdesk, taken into its work order: closed, opened, declined, put off.

closed while open here ──▶ a repair is claimed: re-test ── fails ─▶ sent back, `send_back` times at most;
then the person's decision stands
won't fix, duplicate ────▶ cancelled and respected: not opened again while the fault lasts
stalled, on hold ────────▶ put off: clocks stand still, nobody is warned
opened after it was over ▶ reopened by a person: what the agent sees does not end it
"""

from typing import Final

from agent.helpdesk.base import TicketRef
from agent.service import audit
from agent.service.edit import Edit
from agent.service.terms import Terms
from agent.store.orders import Linked
from models.service import clocks
from models.service.clocks import PauseReason
from models.service.workorder import State

# What helpdesks call a ticket that a person decided not to work on, or put off.
WONT_FIX: Final = frozenset(
    {"rejected", "wont_fix", "won't fix", "wont fix", "wontfix", "cancelled", "canceled", "duplicate"}
)
PUT_OFF: Final = frozenset({"stalled", "pending", "on hold", "waiting", "deferred", "snoozed", "suspended"})


def taken(one: Linked, found: TicketRef, edit: Edit, terms: Terms, who: str, *, is_stuck: bool) -> None:
    """Take in how a ticket of an open order stands.

    Args:
        one: the order as it is.
        found: the ticket.
        edit: gathers what follows.
        terms: contract and language.
        who: the helpdesk, as it names no person.
        is_stuck: the helpdesk had refused to open the ticket again: then nobody closed it.
    """
    _put_off(one, found, edit, who)
    if found.is_open == one.sheet.desk_open:
        return
    edit.change(desk_open=found.is_open)
    if found.is_open:
        edit.note(audit.DESK_OPENED, who)
    elif not is_stuck and one.sheet.order.state is not State.DETECTED:
        _closed(edit, found.state, terms, who)


def after_end(one: Linked, found: TicketRef, edit: Edit, who: str, *, is_stuck: bool) -> None:
    """Take in how the ticket of an order stands that was over: a person may have opened it again.

    `is_stuck`: the helpdesk had refused to close it: then nobody opened it.
    """
    if not found.is_open:
        if not one.sheet.seen_closed:
            edit.change(seen_closed=True, desk_open=False)
    elif one.sheet.seen_closed and not is_stuck:
        edit.step(State.REOPENED, who, why="opened again in the helpdesk").note(audit.DESK_OPENED, who)
        edit.change(desk_open=True, seen_closed=False, declined=False, by_person=True, sent_back=0)


def _put_off(one: Linked, found: TicketRef, edit: Edit, who: str) -> None:
    said = found.state if found.is_open and _word(found.state) in PUT_OFF else ""
    if said == one.sheet.snoozed:
        return
    edit.change(snoozed=said).note(audit.SNOOZED if said else audit.WOKEN, who, said)
    at, running = edit.at, edit.sheet.clocks
    if said:
        edit.set_clocks(tuple(clocks.pause(clock, at, PauseReason.APPROVED, who) for clock in running))
    else:
        edit.set_clocks(tuple(clocks.resume(clock, at) for clock in running))


def _closed(edit: Edit, said: str, terms: Terms, who: str) -> None:
    state = edit.order.state
    if _word(said) in WONT_FIX:
        edit.step(State.CANCELLED, who, why=said).change(declined=True, seen_closed=True)
    elif state.is_away:
        edit.note(audit.HELD_OPEN, why=state.value)
        edit.reopen(terms.say("order.stays_open", state=terms.say(f"state.{state.value}")))
    elif state is not State.VERIFYING:
        edit.step(State.VERIFYING, who, why=f"{said or 'closed'} in the helpdesk").begin_trial(who)


def _word(state: str) -> str:
    return state.lower().replace("-", " ").replace("_", " ")
