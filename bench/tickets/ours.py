"""Storm, flapping, outage and the size of the ledger, with Siteward's own parts in simulated time."""

import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.tickets.outage import episodes, is_bad
from bench.tickets.site import SWITCH, T0, Site, alive, camera, drifting, silent
from models.facts import Device, Report
from models.gate import Limits

FLAP_PERIODS = (600.0, 3600.0)
CALM_HOURS = 6


async def storm(cameras: int) -> int:
    """Return how many tickets a switch makes that takes all its cameras along."""
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), (SWITCH, *(camera(n, SWITCH.id) for n in range(cameras))))
        for _ in range(3):
            await site.round(set())
        off = {device.id for device in site.devices}
        for _ in range(8):
            await site.round(off)
        for _ in range(5):
            await site.round(set())
        count = len(site.tickets())
        site.close()
        return count


async def flap(times: int) -> dict[str, int]:
    """Return tickets and comments of a camera that comes and goes, the worst of several periods."""
    worst = {"tickets": 0, "comments": 0}
    for period in FLAP_PERIODS:
        with tempfile.TemporaryDirectory() as folder:
            site = Site(Path(folder), [camera(n) for n in range(4)])
            await site.round(set())
            for _ in range(times):
                for off in ({"cam-0000"}, set()):
                    for _ in range(round(period / 120)):
                        await site.round(off)
            for _ in range(CALM_HOURS * 30):
                await site.round(set(), 120.0)
            tickets = site.tickets()
            still = sum(ticket.is_open for ticket, _ in tickets)
            if still:
                raise SystemExit("a ticket is still open after hours of calm")
            said = sum(len(steps) - 1 for _, steps in tickets)
            worst = {"tickets": max(worst["tickets"], len(tickets)), "comments": max(worst["comments"], said)}
            site.close()
    return worst


async def outage(faults: int, hours: float, seed: int) -> dict[str, int]:
    """Return how many true faults have no open ticket, and open tickets no fault, after a long outage."""
    plan = episodes(faults, hours, random.Random(seed))
    with tempfile.TemporaryDirectory() as folder:
        devices = [camera(n) for n in range(faults)]
        site = Site(Path(folder), devices, Limits(per_day=0))
        await site.round(set())
        site.desk.is_down = True
        for minute in range(0, round(hours * 60), 2):
            await site.round({d.id for n, d in enumerate(devices) if is_bad(plan[n], minute)}, 120.0)
        end = {d.id for n, d in enumerate(devices) if is_bad(plan[n], hours * 60)}
        site.desk.is_down = False
        for _ in range(CALM_HOURS * 12):
            await site.round(end, 300.0)
        site.drain()
        open_now = [ticket for ticket, _ in site.tickets() if ticket.is_open]
        keys = {ticket.fields["device"] for ticket in open_now}
        extra = len(open_now) - len(keys & end)
        site.close()
        return {"missing": len(end - keys), "extra": extra}


async def assess(rows: int, devices: int, rounds: int) -> dict[str, Any]:
    """Return how long one cycle's judgement takes over a long ledger: all devices asked, some faults open.

    Processor time, so that other programs on the machine do not count. Most devices say what they said
    before; `assess_ms_all_new` is the same where each tells another clock every time.
    """
    usual = await _assess(rows, devices, rounds, alive)
    new = await _assess(rows, devices, rounds, drifting)
    return usual | {"assess_ms_all_new": new["assess_ms_1000_devices"]}


async def _assess(
    rows: int, devices: int, rounds: int, well: Callable[[Device, float], Report]
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        site = Site(Path(folder), [camera(n) for n in range(devices)], Limits(per_day=0))
        await site.round(set())
        _fill(Path(folder) / "siteward.db", rows)
        took, judged = [], []
        for turn in range(rounds):
            site.at += 60.0
            off = {f"cam-{n:04d}" for n in range(10 * (turn % 4), 10 * (turn % 4) + 10)}
            reports = [(silent if d.id in off else well)(d, site.at) for d in site.devices]
            began = time.process_time()
            for report in reports:
                site.pipeline._judge(partial(site.watch.observe, report), "bench", site.at)  # noqa: SLF001
            judged.append(time.process_time() - began)
            site.pipeline._judge(partial(site.watch.tick, site.at), "bench", site.at)  # noqa: SLF001
            site.pipeline._told(site.pipeline.emission.step(site.at))  # noqa: SLF001
            await site.pipeline._write_changes(site.at)  # noqa: SLF001
            took.append(time.process_time() - began)
        site.close()
        return {
            "assess_ms_1000_devices": round(1000 * statistics.median(took), 1),
            "assess_rules_ms": round(1000 * statistics.median(judged), 1),
            "assess_ms_worst": round(1000 * max(took), 1),
        }


def _fill(path: Path, rows: int) -> None:
    """Write a long past into the ledger: incidents of a year, all over."""
    year = 365 * 86400.0
    values = (
        (f"site/cam-{n % 5000:04d}/-/REACH_LOST", n // 5000 + 1, f"cam-{n % 5000:04d}", T0 - year + n * 300.0)
        for n in range(rows)
    )
    with sqlite3.connect(path, timeout=30.0) as db:
        db.executemany(
            "INSERT INTO incident (key, generation, device, part, code, opened_at, closed_at, ticket)"
            " VALUES (?, ?, ?, '', 'REACH_LOST', ?, ?, '1')",
            ((key, generation, device, at, at + 600.0) for key, generation, device, at in values),
        )
