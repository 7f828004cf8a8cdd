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
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.config import SiteConfig
from agent.files import SERVICE_FILE, STORE_FILE
from agent.service import record
from agent.service.book import BaselineValue, Book, Handover
from agent.service.contract import ContractConfig
from agent.service.desk import between, open_desk
from agent.service.reports import kinds
from agent.store import Store
from models.facts import Device, Kind
from models.service.inspection import evidenced

HOUR, DAY = 3600.0, 86400.0
ZONE: Final = "UTC"
CHECK: Final = {"reach": 60.0, "stream": 300.0, "onvif_clock": 60.0, "snmp_health": 60.0}


@dataclass(frozen=True, slots=True)
class Truth:
    """What really was, on a grid of minutes: True where it is so."""

    since: float
    minutes: int
    agent: np.ndarray  # (minutes,)
    off: dict[str, np.ndarray]
    bad: dict[str, np.ndarray]  # no usable picture
    clock: dict[str, np.ndarray]  # (days,) worst offset of a day
    tickets: list[dict[str, Any]] = field(default_factory=list)


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
            contract=ContractConfig(handed_over=date(2025, 6, 1)),
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


# ---------------------------------------------------------------- a made-up year


def fleet(count: int) -> tuple[Device, ...]:
    """Return 92 % cameras, the rest recorders, switches, a UPS for each fifty, alarm hosts."""
    kinds_of = [Kind.NVR, Kind.SWITCH, Kind.SWITCH, Kind.UPS, Kind.ALARM_HOST]
    found = []
    for n in range(count):
        kind = kinds_of[n // 13 % 5] if n % 13 == 12 else Kind.CAMERA
        place = f"Building {n // 100}, floor {n // 10 % 10}"
        found.append(Device(f"d-{n:04d}", kind, f"10.0.{n // 250}.{n % 250}", place=place, onvif_port=80))
    return tuple(found)


def imagine(devices: Sequence[Device], since: float, days: int, seed: int) -> Truth:
    """Make up what happens; whole minutes, so that checks each minute see it as it is."""
    rng = random.Random(seed)
    minutes = days * 1440
    agent = np.ones(minutes, bool)
    for _ in range(max(1, days // 90)):
        at = rng.randrange(minutes)
        agent[at : at + rng.randrange(600, 4000)] = False
    truth = Truth(since, minutes, agent, {}, {}, {})
    for device in devices:
        off, bad = np.zeros(minutes, bool), np.zeros(minutes, bool)
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2, 3))):
            spell(off, rng, 3000)
        if device.kind is Kind.CAMERA:
            for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
                spell(bad, rng, 4000)
        worst = np.array([rng.uniform(0.0, 3.0) for _ in range(days)])
        if rng.random() < 0.1:
            at = rng.randrange(days)
            worst[at : at + rng.randrange(1, 6)] = rng.uniform(6, 90)
        truth.off[device.id], truth.bad[device.id], truth.clock[device.id] = off, bad, worst
    imagine_tickets(truth, devices, rng)
    return truth


def spell(mask: np.ndarray, rng: random.Random, longest: int) -> None:
    """Make something so for a while."""
    at = rng.randrange(len(mask))
    mask[at : at + rng.randrange(30, longest)] = True


def runs(mask: np.ndarray) -> Iterator[tuple[int, int]]:
    """Yield (begin, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def imagine_tickets(truth: Truth, devices: Sequence[Device], rng: random.Random) -> None:
    """Make a ticket of each spell that the agent saw begin."""
    for device in devices:
        for code, mask in (("REACH_LOST", truth.off[device.id]), ("IMG_BLACK", truth.bad[device.id])):
            for begin, end in runs(mask):
                truth.tickets.append(ticket(device.id, code, begin, end, rng))


def ticket(device: str, code: str, begin: int, end: int, rng: random.Random) -> dict[str, Any]:
    """Make up what people did about one spell."""
    cause = rng.choice(("CABLE", "HARDWARE", "POWER_SUPPLY"))
    is_latent = rng.random() < 0.05
    return {
        "device": device,
        "code": code,
        "begin": begin,
        "end": end,
        "breached": rng.random() < 0.08,
        "suggested": cause if rng.random() < 0.9 else "HUNG",
        "cause": cause,
        "repeat": rng.random() < 0.03,
        "closed": rng.random() < 0.8,
        "complete": rng.random() < 0.9,
        "satisfied": None if is_latent else rng.choice((None, None, True, True, False)),
        "latent": is_latent,
    }


# ---------------------------------------------------------------- into the store's own tables


def write_history(folder: Path, devices: Sequence[Device], truth: Truth) -> None:
    """Write rollups, coverage, outcomes, lives, incidents and work orders as the agent would have."""
    Store.open(folder / STORE_FILE).close()
    with sqlite3.connect(folder / STORE_FILE, isolation_level=None) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("BEGIN")
        first_day = round(truth.since / DAY)
        days = truth.minutes // 1440
        db.execute("INSERT OR REPLACE INTO meta VALUES ('folded', ?)", (first_day + days,))
        db.executemany(
            "INSERT INTO device (id, name) VALUES (?, ?)", [(n, d.id) for n, d in enumerate(devices, 1)]
        )
        db.executemany("INSERT INTO collector (id, name) VALUES (?, ?)", enumerate(CHECK, 1))
        for begin, end in runs(truth.agent):
            clean = end < truth.minutes
            db.execute("INSERT INTO run (version, started, seen, clean) VALUES ('bench', ?, ?, ?)",
                       (truth.since + begin * 60, truth.since + end * 60, int(clean)))  # fmt: skip
        write_devices(db, devices, truth, first_day)
        write_tickets(db, folder, truth)
        db.execute("COMMIT")


SERIES: Final = {
    Kind.CAMERA: ("cctv_stream_fps", "cctv_picture_texture_ratio", "cctv_stream_lost_packets_ratio"),
    Kind.NVR: ("cctv_recording_completeness_ratio", "cctv_temperature_celsius"),
    Kind.SWITCH: ("cctv_port_error_ratio",),
    Kind.UPS: ("cctv_ups_runtime_seconds",),
}
VALUES: Final = {
    "cctv_stream_fps": 25.0, "cctv_picture_texture_ratio": 0.4, "cctv_stream_lost_packets_ratio": 0.0005,
    "cctv_recording_completeness_ratio": 0.997, "cctv_temperature_celsius": 42.0,
    "cctv_port_error_ratio": 1e-6,
    "cctv_ups_runtime_seconds": 2400.0,
}  # fmt: skip
FAULTS_SEEN: Final = {
    Kind.CAMERA: ("REACH_LOST", "AUTH_REFUSED", "STREAM_LOST", "STREAM_STALL", "STREAM_LOSS",
                  "IMG_BLACK", "IMG_FREEZE", "IMG_BLUR", "IMG_COVER"),
    Kind.NVR: ("REACH_LOST", "AUTH_REFUSED", "DISK_FAILED"), Kind.SWITCH: ("REACH_LOST", "POE_BUDGET"),
    Kind.UPS: ("REACH_LOST", "POWER_BATTERY", "BATTERY_BAD"), Kind.ALARM_HOST: ("REACH_LOST",),
}  # fmt: skip


def write_devices(db: sqlite3.Connection, devices: Sequence[Device], truth: Truth, first_day: int) -> None:
    """Write what was asked of every device, and what it told, day by day."""
    days = truth.minutes // 1440
    series = 0
    seen_by_day = truth.agent.reshape(days, 1440).sum(axis=1) * 60.0
    for number, device in enumerate(devices, 1):
        off = truth.off[device.id]
        good = (truth.agent & ~off).reshape(days, 1440).sum(axis=1) * 60.0
        collectors = (1, 2, 3) if device.kind is Kind.CAMERA else (1, 3, 4)
        db.executemany(
            "INSERT INTO coverage_day VALUES (?, ?, ?, ?, ?, 1, 0, 0)",
            [
                (first_day + day, number, collector, float(seen_by_day[day]), float(good[day]))
                for day in range(days) if seen_by_day[day] for collector in collectors
            ],
        )  # fmt: skip
        for begin, end in runs(off):
            rows = [
                (number, 1, truth.since + begin * 60, "unreachable", ""),
                (number, 1, truth.since + end * 60, "", ""),
            ]
            db.executemany("INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?, ?)", rows)
        db.executemany("INSERT INTO look VALUES (?, ?, ?, 0.1, '', '')",
                       [(number, c, truth.since + truth.minutes * 60 - 30) for c in collectors])  # fmt: skip
        told = [day for day in range(days) if good[day]]
        for metric in ("cctv_clock_offset_seconds", *SERIES.get(device.kind, ())):
            series += 1
            db.execute("INSERT INTO series VALUES (?, ?, ?, ?)", (series, number, metric, ""))
            is_clock = metric == "cctv_clock_offset_seconds"
            rows_of = [
                (
                    first_day + day,
                    series,
                    100,
                    *_extremes(float(truth.clock[device.id][day]) if is_clock else VALUES[metric]),
                )
                for day in told
            ]
            stamped = [(*row, truth.since + (row[0] - first_day + 1) * DAY - 60) for row in rows_of]
            db.executemany("INSERT INTO rollup_day VALUES (?, ?, ?, ?, ?, ?, ?, ?)", stamped)
        at = truth.since + truth.minutes * 60 - 60
        good_now = {"health": "good", "detail": "", "facts": {}, "at": at}
        life = {"part": "", "phase": "ok", "since": truth.since, "began": 0.0, "run": [0, 0.0, None]}
        lives = [{**life, "code": code, "verdict": good_now} for code in FAULTS_SEEN[device.kind]]
        db.execute(
            "INSERT INTO watch VALUES (?, ?)", (device.id, json.dumps({"lives": lives, "baselines": {}}))
        )


def _extremes(value: float) -> tuple[float, float, float, float]:
    return value, value, value * 100, value


def write_tickets(db: sqlite3.Connection, folder: Path, truth: Truth) -> None:
    """Write incidents with their work orders, and what people wrote of them."""
    book = Book(folder / SERVICE_FILE)
    forms, tasks = [], []
    for n, t in enumerate(truth.tickets):
        key = f"bench/{t['device']}/-/{t['code']}"
        generation = n + 1
        begin, end = truth.since + t["begin"] * 60, truth.since + t["end"] * 60
        insert(
            db, "incident", key=key, generation=generation, device=t["device"], part="", code=t["code"],
            opened_at=begin, closed_at=end, ticket=str(n + 1),
        )  # fmt: skip
        data = {
            "trial": None, "repaired_at": end, "reopened": 0, "desk_open": False, "suggested": t["suggested"],
        }  # fmt: skip
        insert(
            db, "work_order", key=key, generation=generation, device=t["device"], part="", code=t["code"],
            severity="S4" if t["latent"] else "S3", first_seen=begin, detected_at=begin, reported_at=None,
            state="closed" if t["closed"] else "resolved", since=end, turn=0,
            repeat_of="x" if t["repeat"] else "", proof="retest", proof_by="", resolved_at=end,
            cause=t["cause"], cause_by="x", is_open=0, data=json.dumps(data),
        )  # fmt: skip
        insert(
            db, "clock", key=key, generation=generation, turn=0, name="arrive", allowed=7200.0,
            calendar="24x7", started_at=begin, stopped_at=begin + 3600, pauses="[]", told=0,
            breached_at=begin + 7200 if t["breached"] else None,
        )  # fmt: skip
        reference = f"{key}#{generation}"
        if t["complete"]:
            forms += [(reference, name, "x", "x", end) for name in ("technician", "work", "customer")]
        if t["satisfied"] is not None:
            name = f"follow_up/{reference}"
            tasks.append((name, "follow_up", reference, end, "drawn", end, "x", int(t["satisfied"]), ""))
    with book.open() as mine:
        mine.executemany("INSERT INTO form VALUES (?, ?, ?, ?, ?)", forms)
        mine.executemany("INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tasks)


def insert(db: sqlite3.Connection, table: str, /, **row: object) -> None:
    """Insert a row by its columns' names: those that came later have defaults."""
    marks = ", ".join("?" * len(row))
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608


def freeze(folder: Path, devices: Sequence[Device], at: float) -> None:
    """Freeze a hand-over that everything still performs like."""
    values = [
        BaselineValue(device.id, metric, "", VALUES[metric], at)
        for device in devices
        for metric in SERIES.get(device.kind, ())
    ]
    Book(folder / SERVICE_FILE).freeze(Handover(0, at, "bench", "", len(devices)), values)


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
    ids = {d.id for d in devices}
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
        "timeliness": (share(sum(not t["breached"] for t in started), len(started)), alive),
        "diagnosis_accuracy": (share(sum(t["suggested"] == t["cause"] for t in done), len(done)), alive),
        "repeat_faults": (share(sum(t["repeat"] for t in done), len(done)), alive),
        "satisfaction": (share(sum(answered), len(answered)), alive),
        "record_completeness": (share(sum(t["complete"] for t in closed), len(closed)), alive),
    }


# ---------------------------------------------------------------- a small part, through the real pipeline


async def played() -> dict[str, Any]:
    """Play ten days of a small site from readings on; compare online rate and coverage with its truth."""
    from agent.demo.quarter.fleet import Fleet, Happening, devices_of  # noqa: PLC0415
    from agent.demo.quarter.play import Script, begin, play, write_config  # noqa: PLC0415

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
