"""`siteward followup`, `complaint` and `writeup`: what people do by telephone and write on forms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from agent.service import followup
from agent.service.book import PartUse
from agent.service.desk import Desk
from agent.service.refused import Refused
from models.service.rounds import Month


def listed(desk: Desk, month: str) -> list[dict[str, Any]]:
    """Draw what the month still lacks, and return its calls.

    Raises:
        Refused: it is no month.
    """
    try:
        wanted = Month.parse(month) if month else Month.of(desk.today)
    except ValueError as err:
        raise Refused(str(err)) from None
    followup.add_call(desk.book, wanted, desk.zone)
    followup.draw_month(desk.store, desk.book, desk.contract, wanted, now=desk.now, zone=desk.zone)
    closed = {
        one.sheet.order.reference: one.ticket
        for one in followup.closed_in(desk.store, desk.book, wanted, desk.zone)
    }
    return [
        {
            "task": task.name if task.kind == followup.CALL else closed[task.reference] or task.reference,
            "reason": task.reason,
            "due": datetime.fromtimestamp(task.due, desk.zone).strftime("%Y-%m-%d"),
            "standing": "done" if task.done_at else "overdue" if task.is_overdue(desk.now) else "open",
            "by": task.who,
            "satisfied": task.satisfied,
            "note": task.note,
        }
        for task in desk.book.tasks()
        if task.reference in closed or (task.kind == followup.CALL and task.reason == str(wanted))
    ]


def note(desk: Desk, task: str, *, who: str, satisfied: bool | None, text: str) -> str:
    """Note that a call was made.

    Raises:
        Refused: there is no such task, nobody is named, or a follow-up without its answer.
    """
    if not who.strip():
        raise Refused("say who called with --who NAME")
    is_call = task.startswith(f"{followup.CALL}/")
    if not is_call and satisfied is None:
        raise Refused("say what was answered: --satisfied or --dissatisfied")
    name = task if is_call else f"{followup.FOLLOW_UP}/{_reference(desk, task)}"
    if not desk.book.do_task(name, desk.now, who, satisfied=satisfied, note=text):
        raise Refused(f"no call {task!r} is due: siteward followup lists them")
    if satisfied is False:
        return "noted; the customer is not satisfied: siteward complaint notes what about"
    return "noted"


def complain(desk: Desk, text: str, *, who: str, level: int, ticket: str) -> str:
    """Note a complaint; return its class and who is to be told.

    Raises:
        Refused: nobody is named, or there is no such ticket.
    """
    if not who.strip():
        raise Refused("say who complains with --who NAME")
    reference = _reference(desk, ticket) if ticket else ""
    made = followup.complain(
        desk.book, desk.contract, who=who, text=text, reference=reference, level=level, now=desk.now
    )
    told = made.escalated or "nobody is named in contract.escalation"
    return f"complaint {made.id}, class {made.level}; to be told: {told}"


def settle(desk: Desk, number: int, *, upheld: bool | None, outcome: str) -> str:
    """Note how a complaint ended.

    Raises:
        Refused: it is not said whether it was right, or there is no such complaint.
    """
    if upheld is None:
        raise Refused("say whether it was right: --upheld or --not-upheld")
    if not desk.book.settle(number, desk.now, upheld=upheld, outcome=outcome):
        raise Refused(f"no complaint {number}: siteward complaint lists them")
    return f"complaint {number} is settled"


def complaints(desk: Desk) -> list[dict[str, Any]]:
    """Return all complaints."""
    return [
        {
            "number": c.id, "day": datetime.fromtimestamp(c.at, desk.zone).strftime("%Y-%m-%d"), "who": c.who,
            "class": c.level, "about": c.text, "told": c.escalated, "upheld": c.upheld, "outcome": c.outcome,
        }
        for c in desk.book.complaints()
    ]  # fmt: skip


def write_up(desk: Desk, ticket: str, *, fields: Sequence[str], parts: Sequence[str], who: str) -> str:
    """Fill the form of a ticket.

    Raises:
        Refused: nobody is named, there is no such ticket, or a field or part is not written as it should be.
    """
    if not who.strip():
        raise Refused("say who with --who NAME")
    if not fields and not parts:
        raise Refused(
            f"nothing to write: --field NAME=TEXT; mandatory are {', '.join(desk.contract.mandatory)}"
        )
    reference = _reference(desk, ticket)
    pairs = dict(_pair(text) for text in fields)
    used = [PartUse(reference, name, _number(count), who, desk.now) for name, count in map(_pair, parts)]
    desk.book.fill(reference, pairs, who, desk.now)
    for part in used:
        desk.book.use(part)
    return f"ticket {ticket}: {len(pairs)} fields, {len(used)} parts"


def _reference(desk: Desk, ticket: str) -> str:
    sheet = desk.store.order_of_ticket(ticket)
    if sheet is None:
        raise Refused(f"no ticket {ticket!r}: siteward tickets --all lists them")
    return sheet.order.reference


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name.strip() or not value.strip():
        raise Refused(f"{text!r}: write NAME=VALUE")
    return name.strip(), value.strip()


def _number(text: str) -> float:
    try:
        count = float(text)
    except ValueError:
        raise Refused(f"{text!r} is no number of parts") from None
    if not 0 < count < 1e6:
        raise Refused(f"{text!r} is no number of parts")
    return count
