"""A made-up year of a contract, written into the store's own tables as the agent's rollups would have it."""

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from agent.files import SERVICE_FILE, STORE_FILE
from agent.service.book import BaselineValue, Book, Handover
from agent.store import Store
from models.facts import Device, Kind

HOUR, DAY = 3600.0, 86400.0
RETENTION_GOAL_DAYS: Final = 30
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
    recorded: dict[str, np.ndarray]  # (days,) seconds that a recorder kept of the seconds it should have
    required: dict[str, np.ndarray]  # (days,) those seconds
    kept: dict[str, float]  # days that a recorder keeps
    upheld: list[tuple[int, float]]  # complaints that were: number of the ticket from 0, when
    tickets: list[dict[str, Any]] = field(default_factory=list)


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
    truth = Truth(since, minutes, agent, {}, {}, {}, {}, {}, {}, [])
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
        if device.kind is Kind.NVR:
            imagine_recordings(truth, device.id, days, rng)
    imagine_tickets(truth, devices, rng)
    for number, one in enumerate(truth.tickets):
        if not one["latent"] and rng.random() < 0.04:
            truth.upheld.append((number, since + rng.uniform(0, days) * DAY))
    return truth


def imagine_recordings(truth: Truth, recorder: str, days: int, rng: random.Random) -> None:
    """Make up what a recorder keeps: all of most days, by a plan of whole days or of hours on workdays."""
    plan = np.full(days, DAY)
    if rng.random() < 0.3:
        plan = np.where(np.arange(days) % 7 < 5, 10 * HOUR, 0.0)
    share = np.array([1.0 if rng.random() < 0.9 else rng.uniform(0.2, 1.0) for _ in range(days)])
    truth.required[recorder], truth.recorded[recorder] = plan, plan * share
    truth.kept[recorder] = rng.uniform(0.6, 1.4) * RETENTION_GOAL_DAYS


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


RECORDINGS: Final = (
    "cctv_recording_recorded_seconds",
    "cctv_recording_required_seconds",
    "cctv_recording_retention_seconds",
)
SERIES: Final = {
    Kind.CAMERA: ("cctv_stream_fps", "cctv_picture_texture_ratio", "cctv_stream_lost_packets_ratio"),
    Kind.NVR: ("cctv_temperature_celsius", "cctv_recording_completeness_ratio", *RECORDINGS),
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
                  "ENCODER_CHANGED", "IMG_BLACK", "IMG_FREEZE", "IMG_BLUR", "IMG_COVER"),
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
            values = told_each_day(device, metric, truth)
            rows_of = [
                (
                    first_day + day,
                    series,
                    100,
                    *_extremes(float(values[day])),
                )
                for day in told
                if not np.isnan(values[day])
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


def told_each_day(device: Device, metric: str, truth: Truth) -> np.ndarray:
    """Return (days,) what a device tells of a metric each day; NaN where it tells nothing."""
    days = truth.minutes // 1440
    if metric == "cctv_clock_offset_seconds":
        return truth.clock[device.id]
    if metric == "cctv_recording_retention_seconds":
        return np.full(days, truth.kept[device.id] * DAY)
    if metric in RECORDINGS:  # told on the day after
        wanted, got = truth.required[device.id], truth.recorded[device.id]
        return np.concatenate(([np.nan], (got if metric == RECORDINGS[0] else wanted)[:-1]))
    return np.full(days, VALUES[metric])


def _extremes(value: float) -> tuple[float, float, float, float]:
    return value, value, value * 100, value


def write_tickets(db: sqlite3.Connection, folder: Path, truth: Truth) -> None:
    """Write incidents with their work orders, and what people wrote of them."""
    book = Book(folder / SERVICE_FILE)
    forms, tasks, references = [], [], []
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
        references.append(reference)
        if t["complete"]:
            forms += [(reference, name, "x", "x", end) for name in ("technician", "work", "customer")]
        if t["satisfied"] is not None:
            name = f"follow_up/{reference}"
            tasks.append((name, "follow_up", reference, end, "drawn", end, "x", int(t["satisfied"]), ""))
    with book.open() as mine:
        mine.executemany("INSERT INTO form VALUES (?, ?, ?, ?, ?)", forms)
        mine.executemany("INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", tasks)
        mine.executemany(
            """INSERT INTO complaint (at, who, text, class, reference, escalated, upheld, closed_at, outcome)
               VALUES (?, 'bench', '', 1, ?, '', 1, ?, '')""",
            [(at, references[number], at) for number, at in truth.upheld],
        )


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
        if metric in VALUES
    ]
    Book(folder / SERVICE_FILE).freeze(Handover(0, at, "bench", "", len(devices)), values)
