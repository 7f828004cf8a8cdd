"""Ordered migrations, each applied and recorded in one transaction, so that none is ever half done."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from agent.store.records import StoreNewer

_TABLE = "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the schema: numbers grow by one, statements run in order."""

    number: int
    name: str
    statements: tuple[str, ...]


def applied(db: sqlite3.Connection) -> dict[int, str]:
    """Return number -> name of the migrations recorded in a database; {} for an empty one."""
    there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'migration'").fetchone()
    return dict(db.execute("SELECT number, name FROM migration")) if there else {}


def check(db: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Refuse a database that knows more than we do.

    Raises:
        StoreNewer: it holds a migration that is not in `migrations`.
    """
    known = {step.number for step in migrations}
    newer = {number: name for number, name in applied(db).items() if number not in known}
    if newer:
        number = max(newer)
        raise StoreNewer(
            f"the database was written by a newer siteward (schema {number} {newer[number]!r}; "
            f"this one knows up to {max(known, default=0)}): upgrade siteward, or use another state folder"
        )


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration]) -> list[int]:
    """Apply what is missing and return the numbers applied. `db` must be in autocommit mode.

    Raises:
        StoreNewer: see `check`.
        sqlite3.Error: a step failed; it left nothing behind.
    """
    check(db, migrations)
    done = applied(db)
    missing = [step for step in migrations if step.number not in done]
    for step in missing:
        _apply(db, step)
    return [step.number for step in missing]


def _apply(db: sqlite3.Connection, step: Migration) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        db.execute(_TABLE)
        for statement in step.statements:
            db.execute(statement)
        db.execute("INSERT INTO migration VALUES (?, ?)", (step.number, step.name))
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
