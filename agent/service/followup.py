"""Follow-up (回访): which closed tickets are called back, complaints and who is told, the monthly call.

Every day so many of the month's closed tickets are drawn that 30 % of them (rounded up) are; each draw is
kept with its pot and its seed, so that an auditor can repeat it. Breached and repeat ones come on top.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from math import ceil
from typing import Any, Final

from agent.service.book import Book, Complaint, Task
from agent.service.contract import ContractConfig
from agent.service.measure import counts
from agent.store.orders import Linked
from agent.store.questions import Questions
from agent.store.records import DAY
from models.service.draws import Draw, draw
from models.service.rounds import Month
from models.service.workorder import State

FOLLOW_UP: Final = "follow_up"
CALL: Final = "call"
CALL_DAY: Final = 20  # of the month: by then the month's call should be made
_OVER: Final = frozenset({State.RESOLVED, State.FOLLOW_UP, State.CLOSED})


@dataclass(frozen=True, slots=True)
class KeptDraw:
    """One draw as it was kept."""

    name: str
    at: float
    draw: Draw


def span_of(month: Month, zone: tzinfo) -> tuple[float, float]:
    """Return when a month begins and ends at a site."""

    def at(one: Month) -> float:
        return datetime(one.year, one.month, 1, tzinfo=zone).timestamp()

    return at(month), at(month.plus(1))


def closed_in(store: Questions, book: Book, month: Month, zone: tzinfo) -> list[Linked]:
    """Return the tickets resolved in a month that count, oldest first."""
    since, until = span_of(month, zone)
    drills = book.drills()
    found = [
        one
        for one in store.orders_between(since, until)
        if counts(one, drills)
        and one.sheet.order.state in _OVER
        and one.sheet.order.resolved_at is not None
        and since <= one.sheet.order.resolved_at < until
    ]
    return sorted(found, key=lambda one: one.sheet.order.resolved_at or 0.0)


def draw_month(
    store: Questions, book: Book, contract: ContractConfig, month: Month, *, now: float, zone: tzinfo = UTC
) -> list[Task]:
    """Draw what the month still lacks, and return the new tasks.

    Calling it again without a newly closed ticket draws nothing.
    """
    closed = closed_in(store, book, month, zone)
    before = draws_of(book, month)
    taken = {name for one in before for name in one.draw.chosen}
    pot = [one.sheet.order.reference for one in closed if one.sheet.order.reference not in taken]
    lacking = ceil(round(len(closed) * contract.follow_up_share, 9)) - len(taken)
    chosen: set[str] = set()
    if lacking > 0 and pot:
        name = f"{FOLLOW_UP}/{month}/{len(before) + 1}"
        made = draw(pot, min(1.0, lacking / len(pot)), f"{name}/{secrets.token_hex(8)}")
        book.keep_draw(name, now, _as_data(made))
        chosen = set(made.chosen)
    tasks = [
        Task(
            f"{FOLLOW_UP}/{one.sheet.order.reference}", FOLLOW_UP, one.sheet.order.reference,
            (one.sheet.order.resolved_at or now) + contract.follow_up_days * DAY, reason,
        )
        for one in closed
        if (reason := _reason(one, chosen))
    ]  # fmt: skip
    known = {task.name for task in book.tasks(FOLLOW_UP)}
    book.add_tasks(tasks)
    return [task for task in tasks if task.name not in known]


def draws_of(book: Book, month: Month) -> list[KeptDraw]:
    """Return the draws that were made for a month, in order."""
    found: list[KeptDraw] = []
    while (data := book.drawn(f"{FOLLOW_UP}/{month}/{len(found) + 1}")) is not None:
        made = Draw(data["seed"], data["share"], tuple(data["population"]), tuple(data["chosen"]))
        found.append(KeptDraw(f"{FOLLOW_UP}/{month}/{len(found) + 1}", data.get("at", 0.0), made))
    return found


def add_call(book: Book, month: Month, zone: tzinfo) -> None:
    """Add the month's call to the operator as a task."""
    due = datetime(month.year, month.month, CALL_DAY, 23, 59, tzinfo=zone).timestamp()
    book.add_tasks([Task(f"{CALL}/{month}", CALL, "", due, str(month))])


def complain(
    book: Book, contract: ContractConfig, *, who: str, text: str, reference: str, level: int, now: float
) -> Complaint:
    """Note a complaint. One who complained within the year before is at least class 2 (repeated)."""
    again = [c for c in book.complaints() if c.who == who and now - c.at < 365 * DAY]
    level = max(level, 2) if again else level
    escalated = "; ".join(name for step in range(1, level + 1) if (name := _told(contract, str(step))))
    made = Complaint(0, now, who, text, level, reference, escalated)
    return Complaint(book.complain(made), now, who, text, level, reference, escalated)


def overdue(tasks: Iterable[Task], now: float) -> list[Task]:
    """Return the tasks that should have been done."""
    return [task for task in tasks if task.is_overdue(now)]


def months_to_draw(now: float, zone: tzinfo) -> Sequence[Month]:
    """Return the months whose draw may still lack something: this one, and in its first days the last."""
    today = datetime.fromtimestamp(now, zone).date()
    return sorted({Month.of(today), Month.of(today - timedelta(days=7))})


def _reason(one: Linked, chosen: set[str]) -> str:
    if any(clock.breached_at is not None for clock in one.sheet.clocks):
        return "breached"
    if one.sheet.order.repeat_of or one.sheet.order.turn > 0:
        return "repeat"
    return "drawn" if one.sheet.order.reference in chosen else ""


def _told(contract: ContractConfig, level: str) -> str:
    names: dict[Any, str] = dict(contract.escalation)
    return names.get(level, "")


def _as_data(made: Draw) -> dict[str, Any]:
    return {
        "seed": made.seed,
        "share": made.share,
        "population": list(made.population),
        "chosen": list(made.chosen),
    }
