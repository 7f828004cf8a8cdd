"""Every report there is, by the name that the command line and the schedule use."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from agent.service.book import Kept
from agent.service.desk import Desk, between, month_of
from agent.service.kpi import Period
from agent.service.record import load
from agent.service.reports import daily, follow, monthly, paper, visit, yearly
from agent.service.reports.document import Document
from models.service.rounds import Month
from models.words import Lang, Words

MONTH, DAY, YEAR, RECORD, DEVICE, NOW = "month", "day", "year", "record", "device", "now"


class NoReport(ValueError):
    """There is no such report, or nothing it could be about; the message says what there is."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report. `about`: what it needs to be told."""

    name: str
    about: str
    what: Words
    make: Callable[[Desk, Period], Document] | None = None


KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("monthly", MONTH, Words("monthly service report", "售后服务月报"), monthly.service),
        Kind("faults", MONTH, Words("fault-handling table", "设备故障处理记录表"), monthly.faults),
        Kind(
            "kpi",
            MONTH,
            Words("every KPI for site, groups and cameras", "站点、分组及摄像机考核指标"),
            monthly.kpis,
        ),
        Kind(
            "clocks",
            MONTH,
            Words("clock compliance: contract's clocks and devices' clocks", "服务时限及设备时钟达标情况"),
            monthly.clocks,
        ),
        Kind(
            "failure-rates",
            YEAR,
            Words("failure rates by model with spare parts", "各型号设备故障率及备件"),
            yearly.rates,
        ),
        Kind(
            "yearly",
            YEAR,
            Words("delta against hand-over, devices to replace", "与交付时对比及建议更换设备"),
            yearly.delta,
        ),
        Kind(
            "follow-up",
            MONTH,
            Words("draw, calls, satisfaction, complaints", "客户回访、满意度及投诉"),
            follow.follow_up,
        ),
        Kind(
            "call",
            MONTH,
            Words("brief for the monthly call, with questions", "月度电话回访提纲"),
            follow.brief,
        ),
        Kind("digest", DAY, Words("one day in one page", "一页日报"), daily.digest),
        Kind("inspection", RECORD, Words("an inspection record with its evidence", "检查记录及依据")),
        Kind("form", RECORD, Words("the form to fill on site", "维修保养记录书")),
        Kind("device", DEVICE, Words("device file", "一机一档")),
        Kind("archive", NOW, Words("maintenance archive of the site", "系统维护工作档案")),
        Kind("takeover", NOW, Words("one page from which anybody can take over", "一页交接说明")),
    )
}


def build(desk: Desk, name: str, about: str = "") -> Document:
    """Return a report as a document.

    Args:
        desk: the site.
        name: of the kind.
        about: a month 2026-08, a day 2026-08-31, a year 2026 (or a span of days 2026-07-01..2026-09-30), the
            number of a record or the name of its plan, the id of a device; "" is the newest there is.

    Raises:
        NoReport: there is no such report, or nothing it could be about.
    """
    return replace(_built(desk, name, about), home=(desk.config.web.base_url or "").rstrip("/"))


def _built(desk: Desk, name: str, about: str) -> Document:
    kind = KINDS.get(name)
    if kind is None:
        raise NoReport(f"no report {name!r}: there are {', '.join(KINDS)}")
    if kind.make is not None:
        return kind.make(desk, period_of(desk, kind.about, about))
    if kind.about == RECORD:
        record = load(_kept(desk, about))
        return visit.inspection(desk, record) if name == "inspection" else visit.form(desk, record)
    if kind.about == DEVICE:
        device = desk.by_id.get(about)
        if device is None:
            raise NoReport(f"no device {about!r} in the inventory: siteward devices lists them")
        return paper.device_file(desk, device)
    return paper.archive(desk) if name == "archive" else paper.takeover(desk)


def period_of(desk: Desk, what: str, about: str) -> Period:
    """Return the period that a report is about.

    Raises:
        NoReport: it is not written as it should be.
    """
    try:
        if ".." in about:
            since, _, until = about.partition("..")
            first, last = date.fromisoformat(since), date.fromisoformat(until)
            if last < first:
                raise NoReport(f"{about}: {last} is before {first}")
            return between(first, last + timedelta(days=1), desk.zone, f"{first}..{last}")
        if what == MONTH:
            return month_of(about or str(Month.of(desk.today)), desk.zone)
        if what == DAY:
            day = date.fromisoformat(about) if about else desk.today - timedelta(days=1)
            return between(day, day + timedelta(days=1), desk.zone, str(day))
        return _year(desk, about)
    except ValueError as err:
        raise NoReport(
            f"{about!r} is no period here ({err}): write 2026-08 or 2026-07-01..2026-09-30"
        ) from None


def _year(desk: Desk, about: str) -> Period:
    if not about:
        return between(
            desk.today - timedelta(days=364), desk.today + timedelta(days=1), desk.zone, f"{desk.today}"
        )
    if len(about) == len("2026"):
        return between(date(int(about), 1, 1), date(int(about) + 1, 1, 1), desk.zone, about)
    return month_of(about, desk.zone)


def _kept(desk: Desk, about: str) -> Kept:
    found = desk.book.inspections("" if about.isdecimal() else about)
    if about.isdecimal():
        found = [kept for kept in found if str(kept.id) == about]
    if not found:
        raise NoReport(f"no inspection {about or 'was made yet'}: siteward inspect makes one")
    return found[-1]


def listing(lang: Lang) -> Iterator[tuple[str, str, str]]:
    """Yield (name, what it is about, what it is)."""
    for kind in KINDS.values():
        yield kind.name, kind.about, kind.what.of(lang)
