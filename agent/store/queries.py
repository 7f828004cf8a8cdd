"""Questions to the history, as functions of a connection. A range is always since <= at < until."""

import sqlite3
from typing import Any, Final

from agent.store.compaction import SLOT_SECONDS
from agent.store.records import DAY, HOUR, Coverage, Look, Newest, Point, Rollup, Run
from agent.store.tally import SeriesKey

# One seek for each slot and series: the key begins with the slot, so that writing stays local (see schema).
_SLOTS: Final = """WITH RECURSIVE slots(slot) AS (
    SELECT :first WHERE :first <= :last UNION ALL SELECT slot + 1 FROM slots WHERE slot < :last)"""

# `+value` takes the column's affinity off: in a union of numbers and texts "1.0" must not become a number.


def history(db: sqlite3.Connection, series: SeriesKey, since: float, until: float) -> list[Point]:
    """Return the stored values of a series in order of time."""
    number = _series_id(db, series)
    if number is None:
        return []
    rows = db.execute(
        f"""{_SLOTS}
        SELECT at, +value FROM slots CROSS JOIN reading USING (slot)
        WHERE series = :series AND at >= :since AND at < :until
        UNION ALL SELECT at, +value FROM fresh WHERE series = :series AND at >= :since AND at < :until
        UNION ALL SELECT at, +value FROM text WHERE series = :series AND at >= :since AND at < :until
        ORDER BY at""",
        {"series": number, "since": since, "until": until, **_slots(db, since, until)},
    )
    return [Point(at, value) for at, value in rows]


def newest(db: sqlite3.Connection, device: str, since: float) -> list[Newest]:
    """Return the newest value of each series of a device written at or after `since`; texts however old."""
    values = {"device": device, "since": since, **_slots(db, since, float("inf"))}
    rows = db.execute(
        f"""{_SLOTS}, mine AS (
            SELECT s.id, s.metric, s.part FROM series s JOIN device d ON d.id = s.device
            WHERE d.name = :device),
        found AS (
            SELECT r.series, r.at, +r.value AS value FROM slots CROSS JOIN mine
            CROSS JOIN reading r ON r.slot = slots.slot AND r.series = mine.id WHERE r.at >= :since
            UNION ALL SELECT series, at, +value FROM fresh
            WHERE series IN (SELECT id FROM mine) AND at >= :since
            UNION ALL SELECT series, at, +value FROM text WHERE series IN (SELECT id FROM mine))
        SELECT metric, part, max(at), value FROM found JOIN mine ON mine.id = found.series
        GROUP BY mine.id ORDER BY metric, part""",
        values,
    )
    return [Newest(metric, part, at, value) for metric, part, at, value in rows]


def rollups(
    db: sqlite3.Connection, series: SeriesKey, since: float, until: float, *, span: float, day_offset: float
) -> list[Rollup]:
    """Return the hours or days of a series that begin in the range."""
    number = _series_id(db, series)
    column, offset = _span(span, day_offset)
    # Reading by (hour, series): one seek for each hour there is of this series' range.
    rows = db.execute(
        f"""WITH RECURSIVE spans(n) AS (
            SELECT :first WHERE :first <= :last UNION ALL SELECT n + 1 FROM spans WHERE n < :last)
        SELECT n.n, r.n, min, max, sum, last FROM spans n CROSS JOIN rollup_{column} r
        ON r.{column} = n.n AND r.series = :series ORDER BY n.n""",
        {"series": number, **_spans(db, f"rollup_{column}", since, until, span=span, offset=offset)},
    )
    return [Rollup(index * span - offset, *values) for index, *values in rows]


def coverage(
    db: sqlite3.Connection, since: float, until: float, *, device: str, span: float, day_offset: float
) -> list[Coverage]:
    """Return the hours or days of coverage that begin in the range; `device` "" is all devices."""
    column, offset = _span(span, day_offset)
    rows = db.execute(
        f"""SELECT {column}, d.name, c.name, observed, good, ok, failed, blind FROM coverage_{column} v
        JOIN device d ON d.id = v.device JOIN collector c ON c.id = v.collector
        WHERE {column} >= (:since + :offset) / :span AND {column} < (:until + :offset) / :span
        AND (:device = '' OR d.name = :device) ORDER BY {column}, d.name, c.name""",
        {"since": since, "until": until, "offset": offset, "span": span, "device": device},
    )
    return [Coverage(index * span - offset, *values) for index, *values in rows]


def looks(db: sqlite3.Connection, device: str) -> list[Look]:
    """Return the newest check of each collector on a device; "" is all devices."""
    rows = db.execute(
        """SELECT d.name, c.name, l.at, l.took, l.trouble, l.detail FROM look l
        JOIN device d ON d.id = l.device JOIN collector c ON c.id = l.collector
        WHERE :device = '' OR d.name = :device ORDER BY d.name, c.name""",
        {"device": device},
    )
    return [Look(*row) for row in rows]


def outcomes(db: sqlite3.Connection, device: str, since: float, until: float) -> list[Look]:
    """Return the moments in the range when a collector's outcome on a device changed; `took_seconds` is 0."""
    rows = db.execute(
        """SELECT d.name, c.name, o.at, 0.0, o.trouble, o.detail FROM outcome o
        JOIN device d ON d.id = o.device JOIN collector c ON c.id = o.collector
        WHERE d.name = ? AND o.at >= ? AND o.at < ? ORDER BY o.at, c.name""",
        (device, since, until),
    )
    return [Look(*row) for row in rows]


def runs(db: sqlite3.Connection, since: float, until: float) -> list[Run]:
    """Return the agent's lives that touch the range, oldest first."""
    rows = db.execute(
        """SELECT boot, version, started, seen, clean FROM run
        WHERE seen >= ? AND started < ? ORDER BY started""",
        (since, until),
    )
    return [Run(boot, version, started, seen, bool(clean)) for boot, version, started, seen, clean in rows]


def _series_id(db: sqlite3.Connection, series: SeriesKey) -> int | None:
    row = db.execute(
        """SELECT s.id FROM series s JOIN device d ON d.id = s.device
        WHERE d.name = ? AND s.metric = ? AND s.part = ?""",
        series,
    ).fetchone()
    return None if row is None else int(row[0])


def _slots(db: sqlite3.Connection, since: float, until: float) -> dict[str, int]:
    return _spans(db, "reading", since, until, span=SLOT_SECONDS, offset=0.0)


def _spans(
    db: sqlite3.Connection, table: str, since: float, until: float, *, span: float, offset: float
) -> dict[str, Any]:
    """Return the first and last number of a span to look at: the range, within what the table has."""
    column = {"reading": "slot", "rollup_hour": "hour", "rollup_day": "day"}[table]
    # Two queries: SQLite answers one min or max from the key at once, both together by a walk over all.
    low = db.execute(f"SELECT min({column}) FROM {table}").fetchone()[0]
    high = db.execute(f"SELECT max({column}) FROM {table}").fetchone()[0]
    if low is None:
        return {"first": 1, "last": 0}
    whole = table != "reading"  # a rollup must begin in the range, a reading's slot only touch it
    first = -(-(since + offset) // span) if whole else (since + offset) // span
    return {"first": int(max(low, first)), "last": int(min(high, -(-(until + offset) // span) - 1))}


def range_of(
    db: sqlite3.Connection, since: float, until: float, *, span: float, day_offset: float
) -> tuple[str, float, dict[str, Any]]:
    """Return (hour or day, its offset, first and last number) of the rollups that begin in a range."""
    column, offset = _span(span, day_offset)
    return column, offset, _spans(db, f"rollup_{column}", since, until, span=span, offset=offset)


def _span(span: float, day_offset: float) -> tuple[str, float]:
    if span not in {HOUR, DAY}:
        raise ValueError(f"no rollup of {span} s: choose HOUR or DAY")
    return ("hour", 0.0) if span == HOUR else ("day", day_offset)
