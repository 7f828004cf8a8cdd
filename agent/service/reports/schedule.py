"""Which reports go out when (DOMAIN 5): before their deadline, each once, also after an agent that was off.

daily digest        each morning          monthly report, fault table   draft on the 24th, final on the 25th
call brief          the 15th              after-sales figures           by the 4th of the next month
yearly delta        the month before the contract's anniversary
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from agent.service.contract import ContractConfig, ReportsConfig
from models.service.rounds import Month, add_months

DRAFT_DAY, FINAL_DAY, FIGURES_DAY, CALL_DAY = 24, 25, 2, 15
LOOK_BACK_DAYS = 40  # an agent that was off so long makes up for it; a digest only for the last day


@dataclass(frozen=True, slots=True)
class Due:
    """One report that is to go out. `name` is what the book remembers it by."""

    name: str
    kind: str
    about: str
    at: float
    draft: bool = False


def due(
    now: float, sent: Mapping[str, object], config: ReportsConfig, contract: ContractConfig, zone: tzinfo
) -> list[Due]:
    """Return what should have gone out by now and did not, the earliest first."""
    today = datetime.fromtimestamp(now, zone).date()
    hour = time.fromisoformat(config.digest_at)
    found = [one for one in _all(today, hour, contract, zone) if one.at <= now and one.name not in sent]
    return sorted(found, key=lambda one: one.at)


def _all(today: date, hour: time, contract: ContractConfig, zone: tzinfo) -> Iterator[Due]:
    def at(day: date) -> float:
        return datetime.combine(day, hour, zone).timestamp()

    yesterday = today - timedelta(days=1)
    yield Due(f"digest/{yesterday}", "digest", str(yesterday), at(today))
    for back in (1, 0):
        month = Month.of(today).plus(-back)
        first, about = month.first, str(month)
        if today - first.replace(day=FINAL_DAY) <= timedelta(days=LOOK_BACK_DAYS):
            for kind in ("monthly", "faults"):
                is_over = today >= first.replace(day=FINAL_DAY)
                if not is_over:  # a draft that comes after the final is of no use
                    yield Due(
                        f"{kind}/{about}/draft", kind, about, at(first.replace(day=DRAFT_DAY)), draft=True
                    )
                yield Due(f"{kind}/{about}", kind, about, at(first.replace(day=FINAL_DAY)))
            yield Due(f"call/{about}", "call", about, at(first.replace(day=CALL_DAY)))
        following = month.plus(1).first.replace(day=FIGURES_DAY)
        for kind in ("kpi", "clocks", "follow-up", "failure-rates"):
            yield Due(f"{kind}/{about}", kind, about, at(following))
    yield from _yearly(today, contract, at)


def _yearly(today: date, contract: ContractConfig, at: Callable[[date], float]) -> Iterator[Due]:
    begins = contract.handed_over or contract.starts
    if begins is None:
        return
    years = max(1, today.year - begins.year)
    for turn in (years, years + 1):
        day = add_months(begins, 12 * turn) - timedelta(days=14)
        if timedelta(0) <= today - day <= timedelta(days=LOOK_BACK_DAYS):
            since = add_months(begins, 12 * (turn - 1))
            yield Due(f"yearly/{day.year}", "yearly", f"{since}..{day}", at(day))
