"""The helpdesk outbox: what is to be done at the helpdesk, first in first out for each incident."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from agent.store import ledger
from agent.store.records import Deed, HelpdeskQueue, Intent, QueuedIntent
from agent.store.text import as_json, clean

CHANGE_STATE: Final = frozenset({Deed.CREATE, Deed.RESOLVE, Deed.REOPEN})
# No try is put off for longer: a due time beyond that is from before the clock was set back.
FAR_SECONDS: Final = 3600.0

_COLUMNS: Final = "id, generation, key, deed, at, body, tries, due, uncertain, begun, error, dead"


def put(db: sqlite3.Connection, intents: Iterable[Intent], *, generation: int = 0) -> None:
    """Append intents; each is about one generation of its key, 0: the newest as the ledger has it now."""
    for intent in intents:
        incident = None if generation else ledger.newest(db, intent.key)
        db.execute(
            "INSERT INTO intent (key, generation, deed, at, body) VALUES (?, ?, ?, ?, ?)",
            (
                clean(intent.key),
                incident.generation if incident else generation or 1,
                intent.deed.value,
                intent.at,
                as_json(intent.body),
            ),
        )


def heads(db: sqlite3.Connection, now: float, limit: int) -> list[QueuedIntent]:
    """Return the first living intent of each incident, where it is due, oldest first."""
    return _select(
        db,
        """WHERE id IN (SELECT min(id) FROM intent WHERE dead = 0 GROUP BY key)
        AND (due <= ? OR due > ?) ORDER BY id LIMIT ?""",
        (now, now + FAR_SECONDS, limit),
    )


def next_due(db: sqlite3.Connection) -> float | None:
    """Return when the next intent is due; None when nothing waits."""
    row = db.execute(
        "SELECT min(due) FROM intent WHERE id IN (SELECT min(id) FROM intent WHERE dead = 0 GROUP BY key)"
    ).fetchone()
    return None if row[0] is None else float(row[0])


def of_generation(db: sqlite3.Connection, key: str, generation: int) -> list[QueuedIntent]:
    """Return all living intents about one ticket, in order."""
    return _select(db, "WHERE dead = 0 AND key = ? AND generation = ? ORDER BY id", (key, generation))


def dead(db: sqlite3.Connection) -> list[QueuedIntent]:
    """Return the dead letters, oldest first."""
    return _select(db, "WHERE dead = 1 ORDER BY id", ())


def begin(db: sqlite3.Connection, number: int, now: float) -> None:
    """Note, before the helpdesk is called, that nobody knows what became of it until `done` or `failed`."""
    db.execute("UPDATE intent SET uncertain = 1, begun = ? WHERE id = ?", (now, number))


def failed(db: sqlite3.Connection, number: int, *, due: float, error: str, uncertain: bool) -> None:
    """Note that a try failed and when the next one is due; `uncertain`: it may have arrived all the same."""
    db.execute(
        "UPDATE intent SET tries = tries + 1, due = ?, error = ?, uncertain = ? WHERE id = ?",
        (due, error, uncertain, number),
    )


def bury(db: sqlite3.Connection, number: int, error: str) -> None:
    """Move an intent to the dead letters: the helpdesk will never take it as it is."""
    db.execute("UPDATE intent SET dead = 1, error = ? WHERE id = ?", (error, number))


def revive(db: sqlite3.Connection, number: int) -> None:
    """Try a dead letter again: it goes back to its place in the queue."""
    db.execute("UPDATE intent SET dead = 0, due = 0, tries = 0 WHERE id = ?", (number,))


def remove(db: sqlite3.Connection, numbers: Iterable[int]) -> None:
    """Take intents out that are done or that something newer made needless."""
    db.executemany("DELETE FROM intent WHERE id = ?", [(number,) for number in numbers])


def in_numbers(db: sqlite3.Connection, now: float) -> HelpdeskQueue:
    """Count what waits and what is dead, and the age of the oldest that waits."""
    pending, oldest = db.execute("SELECT count(*), min(at) FROM intent WHERE dead = 0").fetchone()
    gone = db.execute("SELECT count(*) FROM intent WHERE dead = 1").fetchone()[0]
    return HelpdeskQueue(pending, gone, max(0.0, now - oldest) if pending else 0.0)


def _select(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[QueuedIntent]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM intent {where}", values)
    return [
        QueuedIntent(
            id=number,
            generation=generation,
            intent=Intent(key, Deed(deed), at, json.loads(body)),
            tries=tries,
            due=due,
            uncertain=bool(uncertain),
            begun=begun,
            error=error,
            dead=bool(gone),
        )
        for number, generation, key, deed, at, body, tries, due, uncertain, begun, error, gone in rows
    ]
