"""The contract's figures of site, group or device, with coverage; slow: in a thread, kept for minutes."""

import threading
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.service.desk import open_desk
from agent.service.kpi import Measured
from agent.service.reports.kinds import MONTH, period_of
from agent.service.reports.tongue import WHY, Tongue
from models.service.figures import Figure
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

FRESH_SECONDS: Final = 300.0
MONTHS_KEPT: Final = 6
WORST: Final = 15  # devices
COLUMNS: Final = ("online_rate", "intact_picture", "clock_accuracy", "timeliness")  # of the table of groups


class NoSuchThing(LookupError):
    """There is no such group or device."""


@dataclass(frozen=True, slots=True)
class KpiRow:
    """One figure as people read it; `tone` is good, bad, warn or muted, `why` says why it is not measured."""

    code: str
    name: str
    formula: str
    value: str
    counted: str
    excluded: str
    coverage: str
    goal: str
    verdict: str
    tone: str
    why: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of devices with its main figures, in the order of COLUMNS."""

    name: str
    devices: int
    figures: tuple[KpiRow, ...]


@dataclass(frozen=True, slots=True)
class FiguresPage:
    """The page. `worst`: (device, online rate, coverage) of those that answered least, the least first."""

    month: str
    at: float
    rows: tuple[KpiRow, ...]
    groups: tuple[GroupRow, ...]
    worst: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Month:
    """What a month was measured as, and when."""

    at: float
    name: str
    measured: Measured
    groups: Mapping[str, str]


class Figures:
    """The figures of a running agent's site."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._lock = threading.Lock()
        self._months: OrderedDict[str, Month] = OrderedDict()

    def page(self, month: str, lang: Lang, *, group: str = "", device: str = "") -> FiguresPage:
        """Return the figures of a month ("" is this one).

        Raises:
            NoSuchThing: there is no such group or device.
            NoReport: it is no month.
            StoreError, FilesError: the books cannot be used.
        """
        known = self.month(month)
        tongue = Tongue(lang, self._agent.config.zone)
        rows = tuple(kpi_row(one, tongue) for one in known.measured.figures(_chosen(known, group, device)))
        if group or device:
            return FiguresPage(known.name, known.at, rows, (), ())
        return FiguresPage(known.name, known.at, rows, _groups(known, tongue), _worst(known, tongue))

    def numbers(self, month: str, *, group: str = "", device: str = "") -> tuple[str, list[Figure]]:
        """Return the name of a month and its figures as numbers; raises as `page` does."""
        known = self.month(month)
        return known.name, known.measured.figures(_chosen(known, group, device))

    def month(self, text: str) -> Month:
        """Return what a month is made of, at most some minutes old; one thread measures, others wait."""
        now = self._agent.clocks.wall()
        with self._lock:
            known = self._months.get(text)
            if known is None or not 0 <= now - known.at < FRESH_SECONDS:
                known = self._months[text] = self._measure(text, now)
                self._months.move_to_end(text)
            while len(self._months) > MONTHS_KEPT:
                self._months.popitem(last=False)
        return known

    def _measure(self, text: str, now: float) -> Month:
        with open_desk(self._agent.config, self._agent.devices, now=now) as desk:
            period = period_of(desk, MONTH, text)
            return Month(now, period.name, desk.measured(period), desk.groups)


def kpi_row(one: Figure, tongue: Tongue) -> KpiRow:
    """Return a figure as people read it."""
    verdict = tongue.verdict(one)
    return KpiRow(
        one.kpi.code,
        one.kpi.name.of(tongue.lang),
        one.kpi.formula.of(tongue.lang),
        tongue.share(one.value, 2),
        f"{tongue.amount(one.numerator)} / {tongue.amount(one.denominator)} {one.kpi.counts.of(tongue.lang)}",
        tongue.amount(one.excluded) if one.excluded else "",
        tongue.share(one.coverage),
        tongue.goal(one),
        verdict.text,
        verdict.tone,
        WHY[one.why].of(tongue.lang) if one.why in WHY else one.why,
    )


def _chosen(known: Month, group: str, device: str) -> Collection[str] | None:
    if device:
        if device not in known.groups:
            raise NoSuchThing(device)
        return {device}
    if group:
        members = {id_ for id_, name in known.groups.items() if name == group}
        if not members:
            raise NoSuchThing(group)
        return members
    return None


def _groups(known: Month, tongue: Tongue) -> tuple[GroupRow, ...]:
    members: dict[str, set[str]] = {}
    for id_, name in known.groups.items():
        members.setdefault(name, set()).add(id_)
    if len(members) < 2:
        return ()
    return tuple(
        GroupRow(
            name,
            len(ids),
            tuple(kpi_row(one, tongue) for one in known.measured.figures(ids) if one.kpi.code in COLUMNS),
        )
        for name, ids in sorted(members.items())
    )


def _worst(known: Month, tongue: Tongue) -> tuple[tuple[str, str, str], ...]:
    online = known.measured.shares.get("online_rate", {})
    seen = [(share.good / share.seen, id_, share) for id_, share in online.items() if share.seen > 0]
    bad = sorted((row for row in seen if row[0] < 1.0), key=lambda row: row[:2])[:WORST]
    return tuple(
        (
            id_,
            tongue.share(ratio, 2),
            tongue.share(share.covered / share.expected if share.expected else None),
        )
        for ratio, id_, share in bad
    )
