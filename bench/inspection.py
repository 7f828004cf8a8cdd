"""Inspections and KPIs at size: 1,000 devices, 12 months.

    python -m bench.inspection --json

A year of history is written straight into the store's own tables from a truth (spans in which devices were
off, had a bad picture, a wrong clock; when the agent was off), as the agent's rollups would have it. The same
KPIs are then computed from the truth alone, minute by minute for time and ticket by ticket for the rest,
without any code of the product. A small part is played through the real pipeline (`pipeline_*`).
"""

import argparse
import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.config import SiteConfig
from agent.files import STORE_FILE
from agent.service import record
from agent.service.contract import ContractConfig
from agent.service.desk import between, open_desk
from agent.service.reports import kinds
from bench.contract_year import (
    DAY,
    HOUR,
    RETENTION_GOAL_DAYS,
    Truth,
    fleet,
    freeze,
    imagine,
    write_history,
)
from models.facts import Device, Kind
from models.service.inspection import evidenced

ZONE: Final = "UTC"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--no-pipeline", action="store_true", help="leave the small played part out")
    given = parser.parse_args()
    if given.devices < 10 or given.days < 30:
        sys.exit("bench.inspection: at least 10 devices and 30 days, else there is nothing to judge")
    result = run(given.devices, given.days, given.seed, pipeline=not given.no_pipeline)
    print(json.dumps(result) if given.json else json.dumps(result, indent=2))


def run(count: int, days: int, seed: int, *, pipeline: bool) -> dict[str, Any]:
    """Write a year, measure, compare."""
    with tempfile.TemporaryDirectory(prefix="bench-inspection-") as name:
        folder = Path(name)
        config = SiteConfig(
            site="bench",
            state_dir=folder,
            timezone=ZONE,
            contract=ContractConfig(
                handed_over=date(2025, 6, 1), retention_days={"default": RETENTION_GOAL_DAYS}
            ),
        )
        devices = fleet(count)
        since = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
        truth = imagine(devices, since, days, seed)
        say(f"{count} devices, {days} days; writing their history")
        write_history(folder, devices, truth)
        freeze(folder, devices, since)
        now = since + days * DAY
        until = datetime.fromtimestamp(now, UTC).date()
        say("KPIs")
        with open_desk(config, devices, now=now) as desk:
            period = between(date(2026, 1, 1), until, desk.zone)
            began = time.perf_counter()
            measured = desk.measured(period)
            figures = {f.kpi.code: f for f in measured.figures()}
            kpi_s = time.perf_counter() - began
            say("yearly record")
            plans = record.load_plans(config.contract)
            began = time.perf_counter()
            made = record.keep(
                desk.book,
                record.make(
                    desk.store, desk.book, config.contract, plans["yearly"], devices, now=now, seed="bench"
                ),
            )
            yearly_s = time.perf_counter() - began
            began = time.perf_counter()
            kinds.build(desk, "inspection", str(made.number))
            document_s = time.perf_counter() - began
            shares = {}
            for plan_name, plan in plans.items():
                one = record.make(
                    desk.store, desk.book, config.contract, plan, devices, now=now, seed="bench"
                )
                shares[plan_name] = round(evidenced(one.entries) or 0.0, 4)
            say("the same from the truth")
            errors, coverage_error = compare(figures, truth, devices)
            subset = {d.id for d in devices[: max(5, count // 20)]}
            part = {f.kpi.code: f for f in measured.figures(subset)}
            part_errors, part_coverage = compare(part, truth, [d for d in devices if d.id in subset])
        result = {
            "evidenced_share": shares,
            "yearly_record_s": round(yearly_s, 2),
            "kpi_s": round(kpi_s, 2),
            "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
            "kpi_max_abs_error": max(*errors.values(), *part_errors.values()),
            "coverage_abs_error": max(coverage_error, part_coverage),
            "devices": count,
            "days": days,
            "seed": seed,
            "kpi_abs_errors": errors,
            "items_evidenced_share": {n: round(automatic(p), 4) for n, p in plans.items()},
            "yearly_entries": len(made.entries),
            "yearly_document_s": round(document_s, 2),
            "store_mb": round((folder / STORE_FILE).stat().st_size / 2**20, 1),
        }
    if pipeline:
        say("six days of a small site through the real pipeline")
        result |= asyncio.run(played())
    return result


def automatic(plan: Any) -> float:
    """Return the share of a plan's items that have an evidence query at all."""
    return sum(bool(item.queries) for item in plan.items) / len(plan.items)


# ---------------------------------------------------------------- the same, from the truth alone


def compare(
    figures: dict[str, Any], truth: Truth, devices: Sequence[Device]
) -> tuple[dict[str, float], float]:
    """Return KPI -> absolute error, and the worst error of a coverage."""
    wanted = expected(truth, devices)
    errors = {
        code: abs(
            (figures[code].value if figures[code].value is not None else -1.0)
            - (-1.0 if value is None else value)
        )
        for code, (value, _) in wanted.items()
    }
    coverage = max(abs((figures[code].coverage or 0.0) - covered) for code, (_, covered) in wanted.items())
    return errors, coverage


def expected(truth: Truth, devices: Sequence[Device]) -> dict[str, tuple[float | None, float]]:
    """Return KPI -> value and coverage by the definitions of the contract, from the grid of minutes."""
    agent = truth.agent
    alive = float(agent.mean())
    cameras = [d.id for d in devices if d.kind is Kind.CAMERA]
    rates, online_minutes, intact_minutes = [], 0, 0
    for id_ in cameras:
        online = agent & ~truth.off[id_]
        rates.append(online.sum() / agent.sum())
        online_minutes += int(online.sum())
        intact_minutes += int((online & ~truth.bad[id_]).sum())
    right = told = 0
    for d in devices:
        seen = (agent & ~truth.off[d.id]).reshape(-1, 1440).any(axis=1)
        told += int(seen.sum())
        right += int((seen & (truth.clock[d.id] <= 5.0)).sum())
    recorders = [d.id for d in devices if d.kind is Kind.NVR]
    got = wanted = told_days = 0.0
    for id_ in recorders:
        asked = (agent & ~truth.off[id_]).reshape(-1, 1440).any(axis=1)
        told_of = np.append(asked[1:], np.False_)  # it tells of a day on the day after
        got += truth.recorded[id_][told_of].sum()
        wanted += truth.required[id_][told_of].sum()
        told_days += told_of.sum()
    kept = [min(1.0, truth.kept[id_] / RETENTION_GOAL_DAYS) for id_ in recorders]
    ids = {d.id for d in devices}
    upheld = sum(truth.tickets[number]["device"] in ids for number, _ in truth.upheld)
    tickets = [t for t in truth.tickets if t["device"] in ids and not t["latent"]]
    started = [t for t in tickets if t["begin"] < truth.minutes]
    done = [t for t in tickets if t["end"] < truth.minutes]
    closed = [t for t in done if t["closed"]]
    answered = [t["satisfied"] for t in done if t["satisfied"] is not None]

    def share(good: float, of: float) -> float | None:
        return good / of if of else None

    return {
        "online_rate": (float(np.mean(rates)), alive),
        "intact_picture": (share(intact_minutes, online_minutes), alive),
        "intact_picture_all": (share(intact_minutes, int(agent.sum()) * len(cameras)), alive),
        "clock_accuracy": (share(right, told), alive),
        "recording_completeness": (
            share(got, wanted),
            told_days / (len(recorders) * len(agent) // 1440) if recorders else 0.0,
        ),
        "retention": (float(np.mean(kept)) if kept else None, alive if kept else 0.0),
        "complaint_rate": (share(upheld, len(started)), alive),
        "timeliness": (share(sum(not t["breached"] for t in started), len(started)), alive),
        "diagnosis_accuracy": (share(sum(t["suggested"] == t["cause"] for t in done), len(done)), alive),
        "repeat_faults": (share(sum(t["repeat"] for t in done), len(done)), alive),
        "satisfaction": (share(sum(answered), len(answered)), alive),
        "record_completeness": (share(sum(t["complete"] for t in closed), len(closed)), alive),
    }


# ---------------------------------------------------------------- a small part, through the real pipeline


async def played() -> dict[str, Any]:
    """Play ten days of a small site from readings on; compare online rate and coverage with its truth."""
    from agent.demo.quarter.fleet import Fleet, Happening, devices_of
    from agent.demo.quarter.play import Script, begin, play, write_config

    since = begin("2026-08-01T00:00")
    until = since + 6 * DAY
    rng = random.Random(5)
    happened = []
    for n in range(1, 9):
        at = since + rng.randrange(12, 110) * HOUR + 720
        happened.append(Happening(f"cam-{n:02d}", "off", at, at + rng.randrange(2, 30) * HOUR, "CABLE"))
    outage = (since + 4 * DAY, since + 4.4 * DAY)
    with tempfile.TemporaryDirectory(prefix="bench-inspection-") as name:
        config = write_config(Path(name), "en")
        fleet_of = Fleet(devices_of(8, zh=False), tuple(happened))
        told = await play(config, Script(fleet_of, since, until, (outage,), coarse=180.0))
        told.life.close(clean=False)
        with open_desk(config, fleet_of.devices, now=until) as desk:
            found = desk.measured(between(date(2026, 8, 1), date(2026, 8, 7), desk.zone)).figures()[0]
    grid = np.arange(since, until, 60.0)
    agent = (grid < outage[0]) | (grid >= outage[1])
    rates = [np.mean(~((grid >= h.since) & (grid < h.until))[agent]) for h in happened]
    return {
        "pipeline_online_rate_abs_error": round(abs((found.value or 0.0) - float(np.mean(rates))), 6),
        "pipeline_coverage_abs_error": round(abs((found.coverage or 0.0) - float(agent.mean())), 6),
        "pipeline_reports": told.reports,
    }


def say(text: str) -> None:
    """Print progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
