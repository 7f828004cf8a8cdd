"""Plays the quarter: time passes in hours, in minutes where something happens, in seconds in a re-test."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from agent.config import SiteConfig, read_config
from agent.demo.quarter import people
from agent.demo.quarter.fleet import DAY, HOUR, MINUTE, Fleet, Happening, devices_of
from agent.demo.quarter.life import COARSE_SECONDS, Life
from agent.demo.quarter.people import Repair
from models.service.workorder import State
from models.words import Lang

ZONE: Final = "Asia/Shanghai"
HASTE_SECONDS: Final = 20.0
HOT_BEFORE: Final = 2 * MINUTE
HOT_AFTER: Final = 12 * MINUTE
Deed = Callable[[Life], None]


@dataclass(frozen=True, slots=True)
class Script:
    """What is to happen.

    Attributes:
        since, until: of the story, Unix seconds.
        outages: when the agent is off.
        deeds: what people do, and when.
    """

    fleet: Fleet
    since: float
    until: float
    outages: tuple[tuple[float, float], ...] = ()
    deeds: tuple[tuple[float, Deed], ...] = ()
    coarse: float = COARSE_SECONDS  # how far apart checks are where nothing happens


@dataclass(slots=True)
class Told:
    """What was played."""

    life: Life
    reports: int = 0
    steps: int = 0
    took_seconds: float = 0.0
    lives: list[tuple[float, float]] = field(default_factory=list)


async def play(
    config: SiteConfig, script: Script, *, told: Callable[[float], None] = lambda _share: None
) -> Told:
    """Play a script; the last life stays open."""
    began = time.perf_counter()
    life = Life(config, script.fleet, script.since, coarse=script.coarse)
    out = Told(life)
    pending = sorted(script.deeds, key=lambda deed: deed[0])
    edges = script.fleet.edges()
    at, since = script.since, script.since
    for off, on in (*script.outages, (script.until, script.until)):
        while at < off:
            at = min(off, _next(life, at, edges, pending))
            await life.step(at)
            out.steps += 1
            while pending and pending[0][0] <= at:
                deed = pending.pop(0)[1]
                deed(life)
            if out.steps % 20 == 0:
                life.store.compact(at)
                told((at - script.since) / (script.until - script.since))
                await asyncio.sleep(0)
        out.reports += life.reports
        out.lives.append((since, off))
        if on > off:
            life.close(clean=False)
            at = since = on
            out.life = life = Life(config, script.fleet, on, coarse=script.coarse)
    life.store.compact(at + 3 * HOUR)
    out.took_seconds = time.perf_counter() - began
    return out


def _next(life: Life, at: float, edges: Sequence[float], pending: Sequence[tuple[float, Deed]]) -> float:
    if life.wants_haste:
        return at + HASTE_SECONDS
    if any(edge - HOT_BEFORE <= at < edge + HOT_AFTER for edge in edges):
        return at + MINUTE
    coarse = (at // life.coarse + 1) * life.coarse
    ahead = [edge - HOT_BEFORE for edge in edges if edge - HOT_BEFORE > at]
    ahead += [when for when, _ in pending if when > at]
    return min([coarse, *ahead])


# ---------------------------------------------------------------- the quarter


def begin(text: str) -> float:
    """Return a moment written as local time of the story's site."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(ZONE)).timestamp()


def quarter(lang: Lang, *, cameras: int = 16) -> Script:
    """Return the script of the quarter that the demo shows."""
    happened = list(_happenings())
    fleet = Fleet(devices_of(cameras, zh=lang == "zh_CN"), tuple(h for h, _ in happened))
    deeds: list[tuple[float, Deed]] = [(begin("2026-06-30T12:00"), people.hand_over)]
    for happening, repair in happened:
        deeds += _repairing(happening, repair)
    visits = (
        ("2026-07-28T10:00", "monthly", "2026-07"),
        ("2026-09-04T09:30", "two_monthly", "2026-08"),
        ("2026-10-15T09:30", "monthly", "2026-08"),  # late: more than a month after it was due
        ("2026-09-22T09:00", "quarterly", "2026-09"),
        ("2026-09-28T10:00", "monthly", "2026-09"),
    )
    deeds += [(begin(at), partial(people.inspect, plan=plan, due=due)) for at, plan, due in visits]
    for month in ("07", "08", "09"):
        for day in ("08", "16", "24", "30"):
            good = (month, day) != ("08", "30")
            deeds.append((begin(f"2026-{month}-{day}T16:00"), partial(people.call_back, satisfied=good)))
    deeds.append((begin("2026-10-06T16:00"), partial(people.call_back, satisfied=True)))
    outage = (begin("2026-08-11T08:00"), begin("2026-08-13T08:00"))
    return Script(fleet, begin("2026-06-26T00:00"), begin("2026-10-16T00:00"), (outage,), tuple(deeds))


def _one(
    device: str,
    what: str,
    since: str,
    hours: float,
    cause: str,
    *,
    arrives: float | None = 1.2,
    false_after: float | None = None,
    size: float = 0.0,
    closes: bool = True,
) -> tuple[Happening, Repair | None]:
    at = begin(since)
    repair = None if arrives is None else Repair(arrives, false_after, closes)
    return Happening(device, what, at, at + hours * HOUR, cause, size), repair


def _happenings() -> Iterator[tuple[Happening, Repair | None]]:
    yield _one("cam-05", "off", "2026-07-03T09:12", 6.5, "POWER_SUPPLY")
    yield _one("cam-02", "black", "2026-07-09T18:40", 20, "HARDWARE", arrives=1.6, false_after=15)
    yield _one("ups-1", "mains", "2026-07-14T03:05", 1.4, "MAINS", arrives=None)
    yield _one("cam-11", "clock", "2026-07-20T11:00", 5, "TIME_SOURCE", arrives=1.0, size=47.0)
    yield _one("cam-08", "stream", "2026-07-27T14:20", 4.5, "HUNG", arrives=1.5)
    yield _one("sw-2", "off", "2026-08-04T10:30", 3.2, "POWER_SUPPLY", arrives=1.1)
    yield _one("cam-05", "off", "2026-07-30T08:20", 26, "CABLE", arrives=5.5)  # again, and late
    yield _one("nvr-1", "disk", "2026-08-18T02:15", 31, "DISK", arrives=1.4)
    yield _one("cam-14", "black", "2026-08-22T19:05", 9, "LIGHT", arrives=1.9)
    yield _one("cam-03", "off", "2026-08-27T07:45", 7, "CABLE", arrives=1.3)
    yield _one("cam-09", "stream", "2026-09-02T13:10", 3, "HUNG", arrives=1.2)
    yield _one("cam-07", "off", "2026-09-11T16:30", 18, "HARDWARE", arrives=1.8)
    yield _one("cam-16", "clock", "2026-09-17T09:00", 6, "TIME_SOURCE", arrives=1.1, size=-93.0)
    yield _one("cam-12", "black", "2026-09-25T20:10", 14, "OBSTRUCTED", arrives=1.7)
    yield _one("cam-13", "fade", "2026-08-20T00:00", 9000, "LENS", arrives=None)
    yield _one("cam-04", "off", "2026-10-15T15:10", 60, "HARDWARE", arrives=1.5, closes=False)  # still open


def _repairing(happening: Happening, repair: Repair | None) -> Iterator[tuple[float, Deed]]:
    if repair is None:
        return
    at = happening.since

    def deed(after_hours: float, to: State) -> tuple[float, Deed]:
        return at + after_hours * HOUR, partial(people.move, happening=happening, to=to)

    yield deed(0.5, State.DISPATCHED)
    yield deed(repair.arrives, State.ON_SITE)
    yield deed(repair.arrives + 0.4, State.REPAIRING)
    if repair.false_after is not None:
        yield deed(repair.false_after, State.VERIFYING)
    if not repair.closes:
        return
    yield happening.until + MINUTE, partial(people.move, happening=happening, to=State.VERIFYING)
    yield happening.until + 2 * HOUR, partial(people.write_up, happening=happening)
    yield happening.until + DAY, partial(people.move, happening=happening, to=State.CLOSED)


def write_config(folder: Path, lang: Lang, *, reports: Path | None = None) -> SiteConfig:
    """Write the story's site.yaml and return it, read."""
    zh = lang == "zh_CN"
    folder.mkdir(parents=True, exist_ok=True)
    person = {"name": "值班长" if zh else "Duty manager", "phone": "010-0000 0000"}
    data: dict[str, Any] = {
        "site": "harbour",
        "name": "滨港大厦" if zh else "Harbour House",
        "language": lang,
        "timezone": ZONE,
        "state_dir": "state",
        "service": {"profile": "warranty-strict", "retest_patience": 300},
        "contract": {
            "customer": "滨港物业" if zh else "Harbour Property Management",
            "number": "MC-2026-017",
            "address": "滨港路8号" if zh else "8 Harbour Road",
            "provider": "示例安防工程公司" if zh else "Example Security Contractors",
            "hotline": "400-000-0000",
            "access": "东门登记，机房钥匙在消控中心" if zh else "Sign in at the east gate; key at the desk",
            "contacts": [person],
            "starts": "2026-06-26",
            "ends": "2028-06-25",
            "handed_over": "2026-06-26",
            "retention_days": {"default": 30},
            "intervals": {"half_yearly": 6},
            "escalation": {"1": "Service manager", "2": "Regional manager", "3": "Management"},
        },
        "reports": {"folder": str(reports or Path("reports"))},
    }
    path = folder / "site.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return read_config(path)
