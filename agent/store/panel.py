"""Several series of a device at once, as one row of JSON.

Python's sqlite3 gives up the interpreter's lock and waits for it again at every row: beside a loop that polls
a thousand devices two thousand rows take seconds, one row takes as long as the disk does.
"""

import json
import sqlite3
from collections.abc import Sequence
from typing import TypeAlias

from agent.store.queries import range_of

Panel: TypeAlias = dict[tuple[str, str], list[tuple[float, float]]]


def panel(
    db: sqlite3.Connection,
    device: str,
    keys: Sequence[tuple[str, str]],
    since: float,
    until: float,
    *,
    span: float,
    day_offset: float,
) -> Panel:
    """Return (metric, part) -> (beginning, mean) of the hours or days in a range, oldest first."""
    column, offset, spans = range_of(db, since, until, span=span, day_offset=day_offset)
    (text,) = db.execute(
        f"""WITH RECURSIVE spans(n) AS (
            SELECT :first WHERE :first <= :last UNION ALL SELECT n + 1 FROM spans WHERE n < :last),
        mine AS (SELECT s.id, s.metric, s.part FROM json_each(:keys) k
            JOIN device d ON d.name = :device
            JOIN series s ON s.device = d.id AND s.metric = k.value ->> 0 AND s.part = k.value ->> 1)
        SELECT json_group_array(json_array(metric, part, n, mean)) FROM (
            SELECT m.metric, m.part, spans.n, r.sum / r.n AS mean FROM spans CROSS JOIN mine m
            CROSS JOIN rollup_{column} r ON r.{column} = spans.n AND r.series = m.id ORDER BY spans.n)""",
        {"keys": json.dumps([list(key) for key in keys]), "device": device, **spans},
    ).fetchone()
    found: Panel = {}
    for metric, part, number, mean in json.loads(text):
        found.setdefault((metric, part), []).append((number * span - offset, mean))
    return found
