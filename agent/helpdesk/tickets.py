"""The local helpdesk's tables: tickets, the history of who did what, attachments."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from agent.helpdesk.base import Draft, TicketRef
from agent.store.migrations import Migration, migrate

AGENT: Final = "siteward"  # who does what no person does


class TicketState(StrEnum):
    """Where a ticket stands (DOMAIN 4)."""

    REGISTERED = "registered"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self in {TicketState.REGISTERED, TicketState.REOPENED}


# From a state to those a step may lead to. The agent's step to any other leaves a ticket as a person left it.
STEPS: Final[Mapping[TicketState, frozenset[TicketState]]] = {
    TicketState.REGISTERED: frozenset({TicketState.RESOLVED, TicketState.CLOSED}),
    TicketState.RESOLVED: frozenset({TicketState.REOPENED, TicketState.CLOSED}),
    TicketState.REOPENED: frozenset({TicketState.RESOLVED, TicketState.CLOSED}),
    TicketState.CLOSED: frozenset({TicketState.REOPENED}),
}

MIGRATIONS: Final = (
    Migration(
        1,
        "first schema",
        (
            """CREATE TABLE ticket (
                number INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL, key TEXT NOT NULL,
                subject TEXT NOT NULL, body TEXT NOT NULL, severity TEXT NOT NULL, state TEXT NOT NULL,
                opened_at REAL NOT NULL, changed_at REAL NOT NULL)""",
            "CREATE INDEX ticket_reference ON ticket (reference)",
            "CREATE INDEX ticket_state ON ticket (state, number)",
            """CREATE TABLE field (
                ticket INTEGER REFERENCES ticket, name TEXT, value TEXT NOT NULL,
                PRIMARY KEY (ticket, name)) WITHOUT ROWID""",
            """CREATE TABLE step (
                id INTEGER PRIMARY KEY AUTOINCREMENT, ticket INTEGER NOT NULL REFERENCES ticket,
                at REAL NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, state TEXT NOT NULL,
                text TEXT NOT NULL, once TEXT)""",
            "CREATE UNIQUE INDEX step_once ON step (ticket, once) WHERE once IS NOT NULL",
            """CREATE TABLE attachment (
                step INTEGER PRIMARY KEY REFERENCES step, name TEXT NOT NULL, media_type TEXT NOT NULL,
                bytes INTEGER NOT NULL, file TEXT NOT NULL)""",
        ),
    ),
    Migration(2, "tickets by field", ("CREATE INDEX field_value ON field (name, value)",)),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a ticket's history. `what` is created, comment, attachment, or the state it led to."""

    at: float
    who: str
    what: str
    state: TicketState  # after the step
    text: str = ""
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as a person reads it."""

    number: int
    reference: str
    key: str
    subject: str
    body: str
    severity: str
    state: TicketState
    opened_at: float
    changed_at: float
    fields: Mapping[str, str]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.state.is_open


def connect(path: Path) -> sqlite3.Connection:
    """Open and migrate the file; every commit is on the disk before it returns.

    Raises:
        sqlite3.Error: it cannot be used.
        StoreNewer: a newer siteward wrote it.
    """
    db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        migrate(db, MIGRATIONS)
    except BaseException:
        db.close()
        raise
    return db


def insert(db: sqlite3.Connection, draft: Draft, at: float) -> int:
    """Register a ticket and return its number."""
    state = TicketState.REGISTERED
    row = (draft.reference, draft.key, draft.subject, draft.body, draft.severity, state.value, at, at)
    columns = "reference, key, subject, body, severity, state, opened_at, changed_at"
    cursor = db.execute(f"INSERT INTO ticket ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    number = int(cursor.lastrowid or 0)
    fields = [(number, name, value) for name, value in draft.fields.items()]
    db.executemany("INSERT INTO field VALUES (?, ?, ?)", fields)
    add_step(db, number, Step(at, AGENT, "created", state), once=None)
    return number


def add_step(db: sqlite3.Connection, number: int, step: Step, *, once: str | None) -> int:
    """Append to a ticket's history and return the step's id; 0 where `once` says it was done already."""
    row = (number, step.at, step.who, step.what, step.state.value, step.text, once)
    columns = "ticket, at, who, what, state, text, once"
    cursor = db.execute(f"INSERT OR IGNORE INTO step ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    if not cursor.rowcount:
        return 0
    db.execute(
        "UPDATE ticket SET state = ?, changed_at = ? WHERE number = ?", (step.state.value, step.at, number)
    )
    return int(cursor.lastrowid or 0)


def add_file(db: sqlite3.Connection, step: int, *, name: str, media_type: str, size: int, file: str) -> None:
    """Note the file of an attachment step."""
    db.execute("INSERT INTO attachment VALUES (?, ?, ?, ?, ?)", (step, name, media_type, size, file))


def state_of(db: sqlite3.Connection, number: int) -> TicketState | None:
    """Return where a ticket stands, None where there is no such ticket."""
    row = db.execute("SELECT state FROM ticket WHERE number = ?", (number,)).fetchone()
    return TicketState(row[0]) if row else None


def by_reference(db: sqlite3.Connection, reference: str) -> TicketRef | None:
    """Return the newest ticket that carries a reference."""
    query = "SELECT number, state FROM ticket WHERE reference = ? ORDER BY number DESC LIMIT 1"
    row = db.execute(query, (reference,)).fetchone()
    return TicketRef(str(row[0]), reference, TicketState(row[1]).is_open, row[1]) if row else None


def rename(db: sqlite3.Connection, number: int, subject: str, severity: str) -> None:
    """Give a ticket another subject and severity."""
    db.execute("UPDATE ticket SET subject = ?, severity = ? WHERE number = ?", (subject, severity, number))


def set_field(db: sqlite3.Connection, number: int, name: str, value: str) -> None:
    """Set one of a ticket's fields."""
    db.execute("INSERT OR REPLACE INTO field VALUES (?, ?, ?)", (number, name, value))


def by_field(db: sqlite3.Connection, name: str, value: str) -> int | None:
    """Return the newest ticket with this field."""
    query = "SELECT ticket FROM field WHERE name = ? AND value = ? ORDER BY ticket DESC LIMIT 1"
    row = db.execute(query, (name, value)).fetchone()
    return int(row[0]) if row else None


def read(db: sqlite3.Connection, number: int) -> Ticket | None:
    """Return a ticket."""
    found = _select(db, "WHERE number = ?", (number,))
    return found[0] if found else None


def read_all(db: sqlite3.Connection, *, only_open: bool, limit: int) -> list[Ticket]:
    """Return the newest tickets, newest first."""
    states = tuple(state.value for state in TicketState if state.is_open or not only_open)
    marks = ", ".join("?" * len(states))
    return _select(db, f"WHERE state IN ({marks}) ORDER BY number DESC LIMIT ?", (*states, limit))


def count_open(db: sqlite3.Connection) -> int:
    """Return how many tickets are worked on."""
    states = tuple(state.value for state in TicketState if state.is_open)
    marks = ", ".join("?" * len(states))
    return int(db.execute(f"SELECT count(*) FROM ticket WHERE state IN ({marks})", states).fetchone()[0])


def history(db: sqlite3.Connection, number: int, folder: Path) -> list[Step]:
    """Return who did what to a ticket, oldest first; `folder` is where attachments are."""
    rows = db.execute(
        """SELECT at, who, what, state, text, file FROM step LEFT JOIN attachment ON step = id
        WHERE ticket = ? ORDER BY id""",
        (number,),
    )
    return [
        Step(at, who, what, TicketState(state), text, folder / file if file else None)
        for at, who, what, state, text, file in rows
    ]


def _select(db: sqlite3.Connection, where: str, values: tuple[Any, ...]) -> list[Ticket]:
    columns = "number, reference, key, subject, body, severity, state, opened_at, changed_at"
    rows = db.execute(f"SELECT {columns} FROM ticket {where}", values).fetchall()
    return [_ticket(row, _fields(db, row[0])) for row in rows]


def _ticket(row: Sequence[Any], fields: Mapping[str, str]) -> Ticket:
    number, reference, key, subject, body, severity, state, opened_at, changed_at = row
    return Ticket(
        number=number,
        reference=reference,
        key=key,
        subject=subject,
        body=body,
        severity=severity,
        state=TicketState(state),
        opened_at=opened_at,
        changed_at=changed_at,
        fields=fields,
    )


def _fields(db: sqlite3.Connection, number: int) -> dict[str, str]:
    return dict(db.execute("SELECT name, value FROM field WHERE ticket = ? ORDER BY name", (number,)))
