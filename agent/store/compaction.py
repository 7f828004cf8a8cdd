"""What keeps the database small and quick: steps of one short transaction each, repeatable at will.

fresh ──(slot over)──▶ reading ──(too old)──▶ gone
rollup_hour ──(day over)──▶ rollup_day ; coverage_hour ──▶ coverage_day
"""

import sqlite3
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from agent.store.records import DAY, HOUR, Retention

SLOT_SECONDS: Final = 600.0
# A day is folded an hour after its end: by then the last tallies of it are written.
_GRACE_SECONDS: Final = HOUR

Step = Callable[[sqlite3.Connection], object]


def steps(now: float, keep: Retention, day_offset: float) -> Iterator[Step]:
    """Yield the work to be done at `now`.

    Args:
        now: Unix seconds.
        keep: how long each kind is kept.
        day_offset: seconds that the site's days begin before UTC's (its standard time east of Greenwich).
    """
    yield partial(move_fresh, now=now)
    yield partial(fold_days, now=now, day_offset=day_offset)
    for table, column, oldest in _limits(now, keep):
        yield partial(_forget, table=table, column=column, oldest=oldest)
    yield partial(_forget_texts, oldest=now - keep.daily)


def move_fresh(db: sqlite3.Connection, now: float) -> None:
    """Move readings of slots that are over to their sorted place.

    Only those that the rollups have: what is still in `fresh` after a kill is counted at the next start.
    """
    until = now // SLOT_SECONDS * SLOT_SECONDS
    row = db.execute("SELECT value FROM meta WHERE name = 'rolled_up'").fetchone()
    newest = row[0] if row else 0
    db.execute(
        """INSERT OR REPLACE INTO reading SELECT CAST(at / ? AS INTEGER) AS slot, series, at, value
        FROM fresh WHERE at < ? AND id <= ? ORDER BY slot, series, at""",
        (SLOT_SECONDS, until, newest),
    )
    db.execute("DELETE FROM fresh WHERE at < ? AND id <= ?", (until, newest))


def fold_days(db: sqlite3.Connection, now: float, day_offset: float) -> None:
    """Sum up every day that is over and was not summed up yet; an hour belongs to the day it begins in."""
    row = db.execute("SELECT value FROM meta WHERE name = 'folded'").fetchone()
    done = row[0] if row else -(1 << 40)
    today = int((now - _GRACE_SECONDS + day_offset) // DAY)
    values = {"offset": day_offset, "done": done, "today": today}
    db.execute(_FOLD_ROLLUPS, values)
    db.execute(_FOLD_COVERAGE, values)
    if today > done:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('folded', ?)", (today,))


_DAY_OF: Final = "CAST((hour * 3600.0 + :offset) / 86400.0 AS INTEGER)"
_HOURS: Final = (
    "hour > (:done * 86400.0 - :offset) / 3600.0 - 1 AND hour < (:today * 86400.0 - :offset) / 3600.0"
)

# SQLite takes `last` from the row that gives max(last_at) only where that is the query's one max or min.
_FOLD_ROLLUPS: Final = f"""
    WITH h AS (SELECT {_DAY_OF} AS day, * FROM rollup_hour WHERE {_HOURS}),
    f AS (SELECT day, series, sum(n) AS n, min(min) AS min, max(max) AS max, sum(sum) AS sum FROM h
          WHERE day >= :done AND day < :today GROUP BY day, series),
    l AS (SELECT day, series, last, max(last_at) AS last_at FROM h
          WHERE day >= :done AND day < :today GROUP BY day, series)
    INSERT OR REPLACE INTO rollup_day
    SELECT f.day, f.series, f.n, f.min, f.max, f.sum, l.last, l.last_at
    FROM f JOIN l ON l.day = f.day AND l.series = f.series ORDER BY f.day, f.series"""

_FOLD_COVERAGE: Final = f"""
    INSERT OR REPLACE INTO coverage_day
    SELECT {_DAY_OF} AS day, device, collector, sum(observed), sum(good), sum(ok), sum(failed), sum(blind)
    FROM coverage_hour WHERE {_HOURS} AND day >= :done AND day < :today GROUP BY day, device, collector"""


def _limits(now: float, keep: Retention) -> Iterator[tuple[str, str, float]]:
    yield "reading", "slot", (now - keep.raw) // SLOT_SECONDS
    yield "rollup_hour", "hour", (now - keep.hourly) // HOUR
    yield "coverage_hour", "hour", (now - keep.hourly) // HOUR
    yield "rollup_day", "day", (now - keep.daily) // DAY
    yield "coverage_day", "day", (now - keep.daily) // DAY
    yield "run", "seen", now - keep.daily
    yield "outcome", "at", now - keep.daily


def _forget(db: sqlite3.Connection, table: str, column: str, oldest: float) -> None:
    db.execute(f"DELETE FROM {table} WHERE {column} < ?", (oldest,))


def _forget_texts(db: sqlite3.Connection, oldest: float) -> None:
    # The newest text of a series stays, however old: it still holds.
    db.execute(
        """DELETE FROM text WHERE at < ?
        AND at < (SELECT max(t.at) FROM text t WHERE t.series = text.series)""",
        (oldest,),
    )
