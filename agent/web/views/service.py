"""What the service department asks of a site: what is due, records, reports. Slow: in a thread."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from agent.service import rounds
from agent.service.book_parts import RecordHead, record_heads
from agent.service.desk import Desk, open_desk
from agent.service.files import FilesError
from agent.service.record import load_plans
from agent.service.refused import Refused
from agent.service.reports import kinds, render
from agent.service.reports.kinds import NoReport
from agent.store import StoreError
from models.service.plans import PlanError
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

T = TypeVar("T")
MOST_RECORDS: Final = 100
OVERDUE: Final = "overdue"
NEAR: Final = frozenset({"due", OVERDUE, "ahead"})


@dataclass(frozen=True, slots=True)
class Service:
    """The page. `due`: of a plan that was missed many times the oldest month stands for all.

    `plans`: (name, title) that a record can be made of; `problem`: why something is missing.
    """

    due: tuple[dict[str, object], ...]
    plans: tuple[tuple[str, str], ...]
    records: tuple[RecordHead, ...]
    reports: tuple[tuple[str, str, str], ...]
    problem: str = ""


class ServicePages:
    """Opens the site's books beside the running agent, for each question anew."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def overview(self, lang: Lang) -> Service:
        """Return what is due, the records and the reports there are."""
        reports = tuple(kinds.listing(lang))
        try:
            return self.at_desk(lang, lambda desk: _overview(desk, reports))
        except (Refused, NoReport, FilesError, PlanError, StoreError) as err:
            return Service((), (), (), reports, str(err))

    def report(self, name: str, about: str, lang: Lang) -> str:
        """Return a report as one page of HTML.

        Raises:
            NoReport: there is no such report, or nothing it could be about.
            Refused, FilesError, PlanError, StoreError: the books cannot be used.
        """
        return self.at_desk(lang, lambda desk: render.html(kinds.build(desk, name, about)))

    def workbook(self, name: str, about: str, lang: Lang) -> bytes:
        """Return a report as XLSX; raises as `report` does."""
        return self.at_desk(lang, lambda desk: render.xlsx(kinds.build(desk, name, about)))

    def at_desk(self, lang: Lang, do: Callable[[Desk], T]) -> T:
        """Do something with the books open."""
        agent = self._agent
        with open_desk(agent.config, agent.devices, now=agent.clocks.wall(), lang=lang) as desk:
            return do(desk)


def _overview(desk: Desk, reports: tuple[tuple[str, str, str], ...]) -> Service:
    plans = {plan.name: plan.title.of(desk.lang) for plan in load_plans(desk.contract).values()}
    due, problem = _due(desk, plans)
    return Service(due, tuple(plans.items()), tuple(record_heads(desk.book, MOST_RECORDS)), reports, problem)


def _due(desk: Desk, plans: Mapping[str, str]) -> tuple[tuple[dict[str, object], ...], str]:
    try:
        found = rounds.due(desk)
    except Refused as err:  # no contract yet: records and reports are there all the same
        return (), str(err)
    past = [one for one in found if one["standing"] not in NEAR][-6:]
    near = [one for one in found if one["standing"] in NEAR]
    missed = Counter(one["plan"] for one in near if one["standing"] == OVERDUE)
    oldest = {one["plan"]: one for one in reversed(near) if one["standing"] == OVERDUE}
    shown = [*past, *oldest.values(), *(one for one in near if one["standing"] != OVERDUE)]
    return tuple(
        {
            **one,
            "title": plans.get(one["plan"], one["plan"]),
            "missed": missed[one["plan"]] if one in oldest.values() else 0,
        }
        for one in shown
    ), ""
