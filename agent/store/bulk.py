"""Questions about all devices at once, for inspections, KPIs and reports: one walk, not a thousand.

A range is always since <= at < until. Whole days come from the day tables, its edges from the hours.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from agent.store.records import DAY, HOUR


@dataclass(frozen=True, slots=True)
class Observed:
    """How long a collector observed a device in a range, and how long of it all went well (seconds)."""

    device: str
    collector: str
    observed: float
    good: float


@dataclass(frozen=True, slots=True)
class Summary:
    """One series over a range: extremes, mean and the newest value, from the rollups."""

    device: str
    part: str
    n: int
    min: float
    max: float
    mean: float
    last: float
    last_at: float


@dataclass(frozen=True, slots=True)
class DayValue:
    """One series on one day (which begins at `at`)."""

    at: float
    device: str
    part: str
    min: float
    max: float
    mean: float
    last: float


@dataclass(frozen=True, slots=True)
class Turn:
    """A collector's outcome on a device changed; `trouble` "" is well."""

    device: str
    collector: str
    at: float
    trouble: str


@dataclass(frozen=True, slots=True)
class Spans:
    """A range as whole days and the hours at its edges; hours and days are numbers, last one excluded."""

    days: tuple[int, int]
    hours: tuple[tuple[int, int], ...]


def spans(db: sqlite3.Connection, since: float, until: float, day_offset: float) -> Spans:
    """Split a range. Days that are not folded yet are taken by the hour; an edge by its nearest hour."""
    row = db.execute("SELECT value FROM meta WHERE name = 'folded'").fetchone()
    folded = row[0] if row else -(1 << 40)
    first, last = round(since / HOUR), round(until / HOUR)
    begin = -int(-(first * HOUR + day_offset) // DAY)
    end = min(int((last * HOUR + day_offset) // DAY), folded)
    if end <= begin:
        return Spans((0, 0), ((first, last),))
    return Spans(
        (begin, end),
        ((first, round((begin * DAY - day_offset) / HOUR)), (round((end * DAY - day_offset) / HOUR), last)),
    )


def observed(
    db: sqlite3.Connection, since: float, until: float, *, day_offset: float, device: str = ""
) -> list[Observed]:
    """Return what each collector observed of each device (or one) in a range."""
    split = spans(db, since, until, day_offset)
    parts = [("day", *split.days), *(("hour", *hours) for hours in split.hours)]
    totals: dict[tuple[int, int], list[float]] = {}
    for column, first, last in parts:
        for key, seen, good in _sums(db, column, first, last, device):
            total = totals.setdefault(key, [0.0, 0.0])
            total[0] += seen
            total[1] += good
    devices, collectors = _names(db, "device"), _names(db, "collector")
    return [Observed(devices[d], collectors[c], seen, good) for (d, c), (seen, good) in totals.items()]


def observed_by_day(
    db: sqlite3.Connection, since: float, until: float, *, day_offset: float
) -> list[tuple[float, Observed]]:
    """Return the same day by day (each with its beginning), for pictures of a month."""
    first, last = round(since / HOUR), round(until / HOUR)
    day = "CAST((hour * 3600.0 + :offset) / 86400.0 AS INTEGER)"
    split = spans(db, since, until, day_offset)
    rows = db.execute(
        f"""SELECT day AS n, device, collector, observed, good FROM coverage_day
        WHERE day >= :begin AND day < :end
        UNION ALL SELECT {day} AS n, device, collector, sum(observed), sum(good) FROM coverage_hour
        WHERE hour >= :first AND hour < :last AND ({day} < :begin OR {day} >= :end)
        GROUP BY n, device, collector ORDER BY 1""",
        {"begin": split.days[0], "end": split.days[1], "first": first, "last": last, "offset": day_offset},
    )
    devices, collectors = _names(db, "device"), _names(db, "collector")
    return [
        (n * DAY - day_offset, Observed(devices[d], collectors[c], seen, good))
        for n, d, c, seen, good in rows
    ]


def _sums(
    db: sqlite3.Connection, column: str, first: int, last: int, device: str
) -> Iterator[tuple[tuple[int, int], float, float]]:
    if last <= first:
        return
    rows = db.execute(
        f"""SELECT device, collector, sum(observed), sum(good) FROM coverage_{column}
        WHERE {column} >= :first AND {column} < :last
        AND (:device = '' OR device = (SELECT id FROM device WHERE name = :device))
        GROUP BY device, collector""",
        {"first": first, "last": last, "device": device},
    )
    for number, collector, seen, good in rows:
        yield (number, collector), seen, good


def summaries(
    db: sqlite3.Connection, metric: str, since: float, until: float, *, day_offset: float
) -> list[Summary]:
    """Return each series of a metric over a range, all devices; a series without a reading is absent."""
    split = spans(db, since, until, day_offset)
    wanted = {number: (device, part) for number, device, part in _series(db, metric)}
    found: dict[int, list[float]] = {}
    for column, first, last in (("day", *split.days), *(("hour", *hours) for hours in split.hours)):
        for number, n, low, high, total, newest, at in _rollups(db, column, first, last, wanted):
            was = found.get(number)
            if was is None:
                found[number] = [n, low, high, total, newest, at]
                continue
            was[0] += n
            was[1], was[2] = min(was[1], low), max(was[2], high)
            was[3] += total
            if at >= was[5]:
                was[4], was[5] = newest, at
    return [
        Summary(*wanted[number], int(n), low, high, total / n, newest, at)
        for number, (n, low, high, total, newest, at) in sorted(found.items())
    ]


def daily(
    db: sqlite3.Connection, metric: str, since: float, until: float, *, day_offset: float
) -> list[DayValue]:
    """Return each day of each series of a metric, in order of time; today's from the hours so far."""
    split = spans(db, since, until, day_offset)
    wanted = {number: (device, part) for number, device, part in _series(db, metric)}
    rows: list[tuple[int, int, float, float, float, float, float]] = []
    for number, n, low, high, total, newest, _, day in _rollups_by_day(db, split, wanted, day_offset):
        rows.append((day, number, low, high, total / n, newest, n))
    rows.sort()
    return [
        DayValue(day * DAY - day_offset, *wanted[number], low, high, mean, newest)
        for day, number, low, high, mean, newest, _ in rows
    ]


def _series(db: sqlite3.Connection, metric: str) -> list[tuple[int, str, str]]:
    return db.execute(
        "SELECT s.id, d.name, s.part FROM series s JOIN device d ON d.id = s.device WHERE s.metric = ?",
        (metric,),
    ).fetchall()


_ROLLED: Final = "series, n, min, max, sum, last, last_at"


def _rollups(
    db: sqlite3.Connection, column: str, first: int, last: int, series: Iterable[int]
) -> Iterator[tuple[int, int, float, float, float, float, float]]:
    """Yield rows of the wanted series; by a seek each where they are few, else by one walk."""
    if last <= first:
        return
    yield from db.execute(
        f"""WITH RECURSIVE wanted AS (SELECT value AS series FROM json_each(:wanted)),
        span(k) AS (SELECT :first UNION ALL SELECT k + 1 FROM span WHERE k < :last - 1)
        SELECT {_ROLLED} FROM span CROSS JOIN wanted CROSS JOIN rollup_{column} r
        USING (series) WHERE r.{column} = span.k""",
        {"wanted": _json(series), "first": first, "last": last},
    )


def _rollups_by_day(
    db: sqlite3.Connection, split: Spans, series: Iterable[int], day_offset: float
) -> Iterator[tuple[int, int, float, float, float, float, float, int]]:
    wanted = _json(series)
    first, last = split.days
    if last > first:
        yield from db.execute(
            f"""WITH RECURSIVE wanted AS (SELECT value AS series FROM json_each(:wanted)),
            span(k) AS (SELECT :first UNION ALL SELECT k + 1 FROM span WHERE k < :last - 1)
            SELECT {_ROLLED}, span.k FROM span CROSS JOIN wanted CROSS JOIN rollup_day r
            USING (series) WHERE r.day = span.k""",
            {"wanted": wanted, "first": first, "last": last},
        )
    for begin, end in split.hours:
        if end > begin:
            yield from db.execute(
                """WITH RECURSIVE wanted AS (SELECT value AS series FROM json_each(:wanted)),
                span(k) AS (SELECT :first UNION ALL SELECT k + 1 FROM span WHERE k < :last - 1)
                SELECT series, sum(n), min(min), max(max), sum(sum), last, max(last_at),
                CAST((hour * 3600.0 + :offset) / 86400.0 AS INTEGER) AS day
                FROM span CROSS JOIN wanted CROSS JOIN rollup_hour r USING (series)
                WHERE r.hour = span.k GROUP BY series, day""",
                {"wanted": wanted, "first": begin, "last": end, "offset": day_offset},
            )


def texts(db: sqlite3.Connection, metric: str) -> list[tuple[str, str, str]]:
    """Return (device, part, newest text) of a metric that is text."""
    return db.execute(
        """SELECT d.name, s.part, t.value FROM series s JOIN device d ON d.id = s.device
        JOIN text t ON t.series = s.id
        WHERE s.metric = ? AND t.at = (SELECT max(at) FROM text WHERE series = s.id)""",
        (metric,),
    ).fetchall()


def turns(db: sqlite3.Connection, devices: Sequence[str], since: float, until: float) -> list[Turn]:
    """Return when outcomes changed on some devices in a range, and how each stood at its beginning."""
    rows = db.execute(
        """WITH mine AS (SELECT d.id, d.name FROM json_each(:names) j JOIN device d ON d.name = j.value)
        SELECT m.name, c.name, o.at, o.trouble FROM mine m JOIN outcome o ON o.device = m.id
        JOIN collector c ON c.id = o.collector WHERE o.at < :until AND o.at >= coalesce(
            (SELECT max(p.at) FROM outcome p WHERE p.device = o.device AND p.collector = o.collector
             AND p.at < :since), :since)
        ORDER BY m.name, c.name, o.at""",
        {"names": _json(devices), "since": since, "until": until},
    )
    return [Turn(*row) for row in rows]


def known_metrics(db: sqlite3.Connection) -> frozenset[str]:
    """Return the names of all metrics that anything ever told."""
    return frozenset(name for (name,) in db.execute("SELECT DISTINCT metric FROM series"))


def _names(db: sqlite3.Connection, table: str) -> dict[int, str]:
    return dict(db.execute(f"SELECT id, name FROM {table}"))


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values))
