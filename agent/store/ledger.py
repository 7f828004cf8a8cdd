"""The incident ledger: which incidents there are, and which ticket speaks of each. It decides; no search."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from agent.store.records import LedgerEntry
from agent.store.text import clean
from models.facts import Incident

_COLUMNS = (
    "key, generation, device, part, code, opened_at, closed_at, ticket, state_hash, children, reopened, note"
)


def state_hash(incident: Incident) -> str:
    """Return a short hash of what a ticket says of an incident: equal hash, nothing worth a comment.

    Numbers behind the verdict are left out: they change with every look.
    """
    root = incident.root
    state = [str(root.key), root.phase.value, sorted(map(str, incident.children)), incident.closed_at is None]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:16]


def open_incidents(db: sqlite3.Connection, incidents: Iterable[Incident]) -> None:
    """Begin a new generation for each; one that is open already is only brought up to date."""
    for incident in incidents:
        last = newest(db, incident.key)
        if last is not None and last.is_open:
            update_incidents(db, [incident])
        else:
            _insert(db, incident, last.generation + 1 if last else 1)


def reopen_incidents(db: sqlite3.Connection, incidents: Iterable[Incident]) -> None:
    """Let the newest generation of each last again; where it has no ticket on purpose, begin a new one."""
    for incident in incidents:
        db.execute(
            """UPDATE incident SET closed_at = NULL, reopened = reopened + 1
            WHERE key = ? AND closed_at IS NOT NULL AND note = ''
            AND generation = (SELECT max(generation) FROM incident WHERE key = ?)""",
            (clean(incident.key), clean(incident.key)),
        )
        open_incidents(db, [incident])


def update_incidents(db: sqlite3.Connection, incidents: Iterable[Incident]) -> None:
    """Write the children and state of incidents that last."""
    db.executemany(
        "UPDATE incident SET state_hash = ?, children = ? WHERE key = ? AND closed_at IS NULL",
        [(state_hash(incident), _children(incident), clean(incident.key)) for incident in incidents],
    )


def close_incidents(db: sqlite3.Connection, incidents: Iterable[Incident]) -> None:
    """End incidents at their `closed_at`; without one, at the last moment that is known of them."""
    for incident in incidents:
        update_incidents(db, [incident])
        ended = incident.root.since if incident.closed_at is None else incident.closed_at
        db.execute(
            "UPDATE incident SET closed_at = ?, ending = ? WHERE key = ? AND closed_at IS NULL",
            (ended, incident.ending.value if incident.ending else "", clean(incident.key)),
        )


def end(db: sqlite3.Connection, key: str, at: float) -> None:
    """End an incident that a person reported: he, or the re-test, says that it is over."""
    db.execute(
        "UPDATE incident SET closed_at = ?, ending = 'recovered' WHERE key = ? AND closed_at IS NULL",
        (at, clean(key)),
    )


def set_ticket(db: sqlite3.Connection, key: str, generation: int, *, ticket: str, note: str = "") -> None:
    """Note which ticket speaks of an incident, or why none does."""
    db.execute(
        "UPDATE incident SET ticket = ?, note = ? WHERE key = ? AND generation = ?",
        (ticket, note, clean(key), generation),
    )


def newest(db: sqlite3.Connection, key: str) -> LedgerEntry | None:
    """Return the newest generation of a key."""
    entries = _select(db, "WHERE key = ? ORDER BY generation DESC LIMIT 1", (clean(key),))
    return entries[0] if entries else None


def entry(db: sqlite3.Connection, key: str, generation: int) -> LedgerEntry | None:
    """Return one generation of a key."""
    entries = _select(db, "WHERE key = ? AND generation = ?", (clean(key), generation))
    return entries[0] if entries else None


def open_entries(db: sqlite3.Connection) -> list[LedgerEntry]:
    """Return the incidents that last, oldest first."""
    return _select(db, "WHERE closed_at IS NULL ORDER BY opened_at, key", ())


def entries_since(db: sqlite3.Connection, since: float) -> list[LedgerEntry]:
    """Return the incidents that last or ended at or after `since`, oldest first."""
    return _select(db, "WHERE closed_at IS NULL OR closed_at >= ? ORDER BY opened_at, key", (since,))


def _insert(db: sqlite3.Connection, incident: Incident, generation: int) -> None:
    key = incident.root.key
    values = (clean(incident.key), generation, key.device, clean(key.part), key.code, incident.opened_at)
    db.execute(
        """INSERT INTO incident (key, generation, device, part, code, opened_at, state_hash, children)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        (*values, state_hash(incident), _children(incident)),
    )


def _children(incident: Incident) -> str:
    return json.dumps([str(child) for child in incident.children])


def _select(db: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[LedgerEntry]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM incident {where}", values)
    return [_entry(row) for row in rows]


def _entry(row: Sequence[Any]) -> LedgerEntry:
    key, generation, device, part, code, opened_at, closed_at, ticket, digest, children, *rest = row
    where = (key, generation, device, part, code)
    return LedgerEntry(*where, opened_at, closed_at, ticket, digest, tuple(json.loads(children)), *rest)
