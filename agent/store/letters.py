"""Letters to people that wait to be mailed: written with what they tell of, removed when they are sent."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from agent.store.text import clean


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to people. `once`: the same for each try, so that who gets it twice can tell."""

    at: float
    to: tuple[str, ...]
    subject: str
    body: str
    once: str
    key: str = ""  # of the incident that it tells of
    generation: int = 0
    id: int = 0
    tries: int = 0


def put(db: sqlite3.Connection, letters: Iterable[Letter]) -> None:
    """Keep letters to be sent; one that is there already is not kept twice."""
    rows = [
        (one.at, json.dumps(one.to), *_said(one), one.once, one.key, one.generation, one.at)
        for one in letters
    ]
    db.executemany(
        'INSERT OR IGNORE INTO letter (at, "to", subject, body, once, key, generation, due)'
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _said(letter: Letter) -> tuple[str, str]:
    return clean(letter.subject), clean(letter.body)


def pending(db: sqlite3.Connection, now: float, limit: int) -> list[Letter]:
    """Return the letters that are due, oldest first."""
    found = db.execute(
        'SELECT at, "to", subject, body, once, key, generation, id, tries FROM letter'
        " WHERE due <= ? ORDER BY id LIMIT ?",
        (now, limit),
    )
    return [Letter(at, tuple(json.loads(to)), *rest) for at, to, *rest in found]


def later(db: sqlite3.Connection, number: int, due: float) -> None:
    """Note a try that failed, and when the next is due."""
    db.execute("UPDATE letter SET tries = tries + 1, due = ? WHERE id = ?", (due, number))


def remove(db: sqlite3.Connection, number: int) -> None:
    """Take out a letter that was sent, or given up."""
    db.execute("DELETE FROM letter WHERE id = ?", (number,))
