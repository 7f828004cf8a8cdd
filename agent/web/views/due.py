"""What somebody has to do next: clocks of tickets, inspections, calls; at most a minute old."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from agent.service import record
from agent.service.book_parts import record_heads
from agent.service.desk import Desk, open_desk
from agent.service.files import FilesError
from agent.store import StoreError
from agent.store.records import DAY
from models.service.clocks import due as clock_due
from models.service.plans import PlanError
from models.service.rounds import Standing
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

FRESH_SECONDS: Final = 60.0
AHEAD_SECONDS: Final = 7 * DAY
MOST_CLOCKS: Final = 8
MOST_RECORDS: Final = 50


@dataclass(frozen=True, slots=True)
class Due:
    """One thing to do. `name`: of a clock its message; `at`: until when, None for a month."""

    kind: str  # clock | inspection | call | follow_up
    name: str
    link: str
    is_late: bool
    at: float | None = None
    month: str = ""
    count: int = 1  # how often it was missed


class Dues:
    """What is due at a site."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._lock = threading.Lock()
        self._known: dict[Lang, tuple[float, tuple[Due, ...]]] = {}

    def clocks(self, numbers: dict[str, int]) -> list[Due]:
        """Return the clocks that run, the next to end first; asked of memory, for the loop."""
        service, now = self._agent.service, self._agent.clocks.wall()
        found = []
        for one in service.linked:
            number = numbers.get(one.sheet.order.key)
            for clock in one.sheet.clocks:
                until = clock_due(clock, service.terms.calendar(clock))
                if number is not None and until is not None and clock.stopped_at is None:
                    name = f"sla.{clock.name.value}"
                    found.append(Due("clock", name, f"/tickets/{number}", until < now, until))
        return sorted(found, key=lambda one: one.at or 0.0)[:MOST_CLOCKS]

    def service(self, lang: Lang) -> tuple[Due, ...]:
        """Return inspections and calls that are due; in a thread. What cannot be read is not told here."""
        with self._lock:
            known = self.known(lang)
            if known is None:
                now = self._agent.clocks.wall()
                known = self._read(now, lang)
                self._known[lang] = now, known
        return known

    def known(self, lang: Lang) -> tuple[Due, ...] | None:
        """Return what was read within the last minute, None where it has to be read; waits for nothing."""
        at, known = self._known.get(lang, (0.0, None))
        return known if 0 <= self._agent.clocks.wall() - at < FRESH_SECONDS else None

    def _read(self, now: float, lang: Lang) -> tuple[Due, ...]:
        agent = self._agent
        try:
            with open_desk(agent.config, agent.devices, now=now, lang=lang) as desk:
                return (*_inspections(desk), *_tasks(desk))
        except (StoreError, FilesError, PlanError):
            return ()


def _inspections(desk: Desk) -> Iterator[Due]:
    plans = record.load_plans(desk.contract)
    found: dict[str, list[record.Due]] = {}
    for one in record.calendar(plans, desk.book, desk.contract, desk.today, zone=desk.zone, ahead=1):
        if one.standing in {Standing.DUE, Standing.OVERDUE}:
            found.setdefault(one.plan.name, []).append(one)
    for dues in found.values():  # of a plan that was missed many times the oldest month stands for all
        late = [one for one in dues if one.standing is Standing.OVERDUE]
        name = dues[0].plan.title.of(desk.lang)
        yield Due("inspection", name, "/service", bool(late), month=str(dues[0].month), count=len(late) or 1)
    for head in record_heads(desk.book, MOST_RECORDS):
        if not head.signed_by:
            day = datetime.fromtimestamp(head.at, desk.zone).strftime("%Y-%m-%d")
            plan = plans.get(head.plan)
            title = plan.title.of(desk.lang) if plan else head.plan
            yield Due("unsigned", f"{title} {day}", f"/service/records/{head.id}", is_late=False)


def _tasks(desk: Desk) -> Iterator[Due]:
    for task in desk.book.tasks():
        if task.done_at is None and task.due < desk.now + AHEAD_SECONDS:
            yield Due(task.kind, task.reference or task.name, "/service", task.is_overdue(desk.now), task.due)
