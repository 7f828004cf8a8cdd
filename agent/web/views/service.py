"""What the service department asks of a site: what is due, figures, records, reports. Slow: in a thread."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from agent.service import rounds
from agent.service.book_parts import record_heads
from agent.service.desk import Desk, open_desk
from agent.service.files import FilesError
from agent.service.refused import Refused
from agent.service.reports import kinds, render
from agent.service.reports.kinds import KINDS, MONTH, NoReport, period_of
from agent.service.reports.tongue import Tongue
from agent.store import StoreError
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

T = TypeVar("T")
MOST_RECORDS: Final = 100


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One figure as people read it; `tone` is good, bad, warn or muted."""

    name: str
    value: str
    counted: str
    coverage: str
    goal: str
    verdict: str
    tone: str


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One inspection that was made."""

    number: int
    plan: str
    due: str
    at: float
    signed_by: str
    customer: str


@dataclass(frozen=True, slots=True)
class Service:
    """The page. `problem`: why something is missing, "" if nothing."""

    due: tuple[dict[str, object], ...]
    month: str
    figures: tuple[KpiRow, ...]
    records: tuple[RecordRow, ...]
    reports: tuple[tuple[str, str, str], ...]
    problem: str = ""


class ServicePages:
    """Opens the site's books beside the running agent, for each question anew."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def overview(self, month: str, lang: Lang) -> Service:
        """Return what is due, a month's figures, the records and the reports there are."""
        reports = tuple((kind.name, kind.about, kind.what) for kind in KINDS.values())
        try:
            return self._at_desk(lang, lambda desk: _overview(desk, month, reports))
        except (Refused, NoReport, FilesError, StoreError) as err:
            return Service((), month, (), (), reports, str(err))

    def report(self, name: str, about: str, lang: Lang) -> str:
        """Return a report as one page of HTML.

        Raises:
            NoReport: there is no such report, or nothing it could be about.
            Refused, FilesError, StoreError: the books cannot be used.
        """
        return self._at_desk(lang, lambda desk: render.html(kinds.build(desk, name, about)))

    def sign(self, number: int, who: str, customer: str) -> str:
        """Sign a record; return what was done.

        Raises:
            Refused: there is no such record, or it was signed already.
        """
        return self._at_desk(
            self._agent.config.language,
            lambda desk: rounds.complete(
                desk, number, answers=(), sign=who, customer=customer, who=who, note=""
            ),
        )

    def _at_desk(self, lang: Lang, do: Callable[[Desk], T]) -> T:
        agent = self._agent
        with open_desk(agent.config, agent.devices, now=agent.clocks.wall(), lang=lang) as desk:
            return do(desk)


def _overview(desk: Desk, month: str, reports: tuple[tuple[str, str, str], ...]) -> Service:
    period = period_of(desk, MONTH, month)
    due, problem = _due(desk)
    tongue = Tongue.of(desk)
    figures = [
        KpiRow(
            one.kpi.name.of(desk.lang),
            tongue.share(one.value, 2),
            f"{tongue.amount(one.numerator)} / {tongue.amount(one.denominator)}",
            tongue.share(one.coverage),
            tongue.goal(one),
            tongue.verdict(one).text,
            tongue.verdict(one).tone,
        )
        for one in desk.measured(period).figures()
    ]
    records = [
        RecordRow(one.id, one.plan, one.due, one.at, one.signed_by, one.customer)
        for one in record_heads(desk.book, MOST_RECORDS)
    ]
    return Service(due, period.name, tuple(figures), tuple(records), reports, problem)


def _due(desk: Desk) -> tuple[tuple[dict[str, object], ...], str]:
    try:
        return tuple(rounds.due(desk)), ""
    except Refused as err:  # no contract yet: figures and reports are there all the same
        return (), str(err)
