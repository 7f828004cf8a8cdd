"""Maintenance windows and silences as a table. They are ended, never removed: reports ask for past ones."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from agent.store.text import clean
from models import weekly
from models.quiet import Quiet, Window

_COLUMNS: Final = "id, kind, devices, since, until, who, why, faults, ended_at, ended_by, each, zone"


def add(db: sqlite3.Connection, window: Window) -> Window:
    """Keep a window and return it with its number."""
    names = (json.dumps(window.devices), window.since, window.until, clean(window.who), clean(window.why))
    cursor = db.execute(
        "INSERT INTO quiet (kind, devices, since, until, who, why, faults, each, zone)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (window.kind.value, *names, json.dumps(window.faults), *_hours(window)),
    )
    return replace(window, id=int(cursor.lastrowid or 0))


def end(db: sqlite3.Connection, number: int, at: float, who: str) -> Window | None:
    """End a window before its time; None where there is none, or it is over."""
    cursor = db.execute(
        "UPDATE quiet SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL AND until > ?",
        (at, clean(who), number, at),
    )
    found = _select(db, "WHERE id = ?", (number,))
    return found[0] if cursor.rowcount and found else None


def between(db: sqlite3.Connection, since: float, until: float) -> list[Window]:
    """Return the windows that touch a range of time, oldest first."""
    where = "WHERE since < ? AND min(until, coalesce(ended_at, until)) > ? ORDER BY since, id"
    return _select(db, where, (until, since))


def _select(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Window]:
    return [_window(row) for row in db.execute(f"SELECT {_COLUMNS} FROM quiet {where}", values)]


def _window(row: Sequence[Any]) -> Window:
    number, kind, devices, since, until, who, why, faults, ended_at, ended_by, each, zone = row
    scope, codes = tuple(json.loads(devices)), tuple(json.loads(faults))
    hours = weekly.parse(each, ZoneInfo(zone)) if each else None
    return Window(number, Quiet(kind), scope, since, until, who, why, codes, ended_at, ended_by, hours)


def _hours(window: Window) -> tuple[str, str]:
    return ("", "") if window.each is None else (str(window.each), str(window.each.zone))
