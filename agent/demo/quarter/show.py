"""`siteward demo --story`: plays the quarter and leaves the folder of reports that its customer gets."""

import asyncio
import json
import shutil
import sys
import time
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from agent.demo.quarter import play
from agent.demo.quarter.people import CODES
from agent.demo.quarter.play import Told, begin, quarter, write_config
from agent.service.desk import Desk, between, sit
from agent.service.kpi import Period
from agent.service.refused import Refused
from agent.service.reports.make import Order, write
from agent.service.views import fault_rows
from models.words import Lang

# What the customer gets, with what it is about; a folder each month would be the schedule's doing.
_SPAN: Final = "2026-07-01..2026-09-30"
REPORTS: Final = (
    *(("monthly", month) for month in ("2026-07", "2026-08", "2026-09")),
    *((kind, _SPAN) for kind in ("faults", "kpi", "failure-rates")),
    ("yearly", "2026-07-01..2026-10-15"),
    ("clocks", "2026-07"),
    ("follow-up", "2026-08"),
    ("call", "2026-09"),
    ("digest", "2026-07-30"),
    ("digest", "2026-10-14"),
    *(("inspection", plan) for plan in ("quarterly", "two_monthly", "monthly")),
    ("form", "two_monthly"),
    ("device", "cam-05"),
    ("archive", ""),
    ("takeover", ""),
)


async def run(
    *, lang: Lang, as_json: bool, out: Path | None, formats: tuple[str, ...] = ("pdf", "xlsx")
) -> int:
    """Play the quarter; return 0 when every happening had its ticket and every report was made."""
    console = Console(stderr=True, highlight=False)
    folder = (out or Path("siteward-story")).resolve()
    reports = folder / "reports"
    config = write_config(folder, lang, reports=reports)
    shutil.rmtree(config.state_dir, ignore_errors=True)  # of a story before: it begins anew
    script = quarter(lang)
    with console.status("playing …") as status:
        told = await play.play(
            config, script, told=lambda share: status.update(f"playing the quarter … {share:.0%}")
        )
        began = time.perf_counter()
        now = begin("2026-10-16T00:00")
        try:
            desk = sit(config, script.fleet.devices, told.life.store, told.life.book, now=now, lang=lang)
            made: list[Path] = []
            for kind, about in REPORTS:
                status.update(f"writing {kind} {about} …")
                order = Order(kind, about, formats, lang)
                made += (await asyncio.to_thread(write, desk, order, reports)).paths
            result = await asyncio.to_thread(_result, desk, told, script, made, time.perf_counter() - began)
        except Refused as err:
            print(f"the story's reports cannot be made: {err}", file=sys.stderr)
            return 1
        finally:
            told.life.close(clean=True)
    result["folder"] = str(reports)
    if as_json:
        print(json.dumps(result, ensure_ascii=False), flush=True)
    else:
        _print(Console(highlight=False), result)
    return 1 if result["missed"] or result["false"] else 0


def _result(desk: Desk, told: Told, script: play.Script, made: list[Path], took: float) -> dict[str, Any]:
    since, until = begin("2026-06-26T00:00"), begin("2026-10-16T00:00")
    rows = fault_rows(desk, Period(since, until))
    wanted = Counter((h.device, CODES[h.what][0]) for h in script.fleet.happenings if h.what in CODES)
    found: Counter[tuple[str, str]] = Counter()
    for row in rows:
        order = row.one.sheet.order
        found[order.root.device, order.root.code] += 1 + order.turn
    period = between(date(2026, 7, 1), date(2026, 10, 1), desk.zone, "quarter")
    figures = desk.measured(period).figures()
    return {
        "days": round((until - since) / 86400),
        "devices": len(desk.devices),
        "checks": told.reports,
        "steps": told.steps,
        "happened": sum(wanted.values()),
        "tickets": len(rows),
        "missed": sorted(f"{d} {c}" for d, c in (wanted - found)),
        "false": sorted(f"{d} {c}" for d, c in (found - wanted)),
        "agent_off_days": [round((on - off) / 86400, 2) for off, on in script.outages],
        "kpis": {
            f.kpi.code: {
                "value": None if f.value is None else round(f.value, 6),
                "coverage": None if f.coverage is None else round(f.coverage, 4),
                "verdict": f.verdict.value,
            }
            for f in figures
        },
        "reports": [path.name for path in made],
        "play_s": round(told.took_seconds, 1),
        "reports_s": round(took, 1),
    }


def _print(console: Console, result: dict[str, Any]) -> None:
    console.print(
        f"{result['days']} days of {result['devices']} devices: {result['checks']} checks, "
        f"{result['happened']} faults, {result['tickets']} tickets."
    )
    for code, figure in result["kpis"].items():
        value = "–" if figure["value"] is None else f"{figure['value']:.2%}"
        console.print(f"  {code:<24}{value:>9}  {figure['verdict']}")
    console.print(f"{len(result['reports'])} files in {result['folder']}")
