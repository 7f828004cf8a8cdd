"""The service book: what people of the service department wrote down, and what was promised, drawn and sent.

A SQLite file of its own beside the agent's: the command line and the agent both write it, a transaction
each, while the agent's database has one writer only. What it says of a ticket is keyed by our reference.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from agent.store.migrations import Migration, migrate
from agent.store.records import StoreError

_BUSY_SECONDS: Final = 10.0
_TRIES: Final = 20
_PAUSE_SECONDS: Final = 0.1

_FIRST: Final = (
    """CREATE TABLE handover (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, note TEXT NOT NULL,
        devices INTEGER NOT NULL)""",
    """CREATE TABLE baseline (
        handover INTEGER NOT NULL REFERENCES handover, device TEXT, metric TEXT, part TEXT,
        value NOT NULL, at REAL NOT NULL, PRIMARY KEY (handover, device, metric, part)) WITHOUT ROWID""",
    """CREATE TABLE inspection (
        id INTEGER PRIMARY KEY AUTOINCREMENT, plan TEXT NOT NULL, due TEXT NOT NULL, at REAL NOT NULL,
        data TEXT NOT NULL, signed_at REAL, signed_by TEXT NOT NULL DEFAULT '',
        customer TEXT NOT NULL DEFAULT '')""",
    """CREATE TABLE answer (
        inspection INTEGER NOT NULL REFERENCES inspection, item TEXT, device TEXT, at REAL NOT NULL,
        who TEXT NOT NULL, good INTEGER NOT NULL, note TEXT NOT NULL,
        PRIMARY KEY (inspection, item, device)) WITHOUT ROWID""",
    """CREATE TABLE form (
        reference TEXT, field TEXT, value TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL,
        PRIMARY KEY (reference, field)) WITHOUT ROWID""",
    """CREATE TABLE part (
        id INTEGER PRIMARY KEY AUTOINCREMENT, reference TEXT NOT NULL, name TEXT NOT NULL,
        number REAL NOT NULL, who TEXT NOT NULL, at REAL NOT NULL)""",
    """CREATE TABLE drawn (
        name TEXT PRIMARY KEY, at REAL NOT NULL, data TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE task (
        name TEXT PRIMARY KEY, kind TEXT NOT NULL, reference TEXT NOT NULL, due REAL NOT NULL,
        reason TEXT NOT NULL, done_at REAL, who TEXT NOT NULL DEFAULT '', satisfied INTEGER,
        note TEXT NOT NULL DEFAULT '') WITHOUT ROWID""",
    """CREATE TABLE complaint (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL,
        class INTEGER NOT NULL, reference TEXT NOT NULL, escalated TEXT NOT NULL, upheld INTEGER,
        closed_at REAL, outcome TEXT NOT NULL DEFAULT '')""",
    """CREATE TABLE sent (
        name TEXT PRIMARY KEY, at REAL NOT NULL, files TEXT NOT NULL,
        mailed INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE drill (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, device TEXT NOT NULL, reference TEXT NOT NULL,
        data TEXT NOT NULL)""",
    *(
        f"""CREATE TRIGGER {table}_is_frozen_{deed} BEFORE {deed} ON {table}
        BEGIN SELECT RAISE(ABORT, 'a {table} is frozen'); END"""
        for table in ("handover", "baseline", "drawn")
        for deed in ("update", "delete")
    ),
)
MIGRATIONS: Final = (Migration(1, "first service book", _FIRST),)


@dataclass(frozen=True, slots=True)
class Handover:
    """A frozen baseline, and who accepted it."""

    id: int
    at: float
    who: str
    note: str
    devices: int


@dataclass(frozen=True, slots=True)
class BaselineValue:
    """One frozen value: a number, or text where the metric is one."""

    device: str
    metric: str
    part: str
    value: float | str
    at: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person found on site for one item that was theirs."""

    item: str
    device: str
    at: float
    who: str
    good: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """One inspection as it is kept: `data` is the record, as plain data."""

    id: int
    plan: str
    due: str
    at: float
    data: Mapping[str, Any]
    signed_at: float | None = None
    signed_by: str = ""
    customer: str = ""
    answers: tuple[Answer, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """Something a person has to do by telephone: a follow-up, or the monthly call."""

    name: str
    kind: str  # follow_up | call
    reference: str
    due: float
    reason: str
    done_at: float | None = None
    who: str = ""
    satisfied: bool | None = None
    note: str = ""

    def is_overdue(self, at: float) -> bool:
        """Whether it should have been done."""
        return self.done_at is None and at > self.due


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint. `upheld` None: not decided yet."""

    id: int
    at: float
    who: str
    text: str
    level: int
    reference: str
    escalated: str
    upheld: bool | None = None
    closed_at: float | None = None
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class PartUse:
    """A part that a repair used."""

    reference: str
    name: str
    number: float
    who: str
    at: float


@dataclass(frozen=True, slots=True)
class Filled:
    """What people wrote about one ticket: field -> value, and the parts used."""

    fields: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[PartUse, ...] = ()


class Book:
    """The service book; every call is a transaction of its own, from any thread and process.

    Args:
        path: the file, made by the first call.

    Raises:
        StoreError: from every method: the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ready = False

    @contextmanager
    def open(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection within one transaction."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as db:
                db.execute("PRAGMA foreign_keys = ON")
                if not self._ready:
                    _prepare(db)
                    self._ready = True
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as err:
            if isinstance(err, sqlite3.IntegrityError):
                raise
            said = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
            raise StoreError(f"the service book {self._path} cannot be used: {said}") from None

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that only reads: it waits for no writer, and none waits for it."""
        if not self._ready:
            with self.open():
                pass
        try:
            with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as db:
                db.execute("PRAGMA query_only = ON")
                yield db
        except (sqlite3.OperationalError, sqlite3.DatabaseError) as err:
            raise StoreError(f"the service book {self._path} cannot be used: {err}") from None

    # ------------------------------------------------------------ hand-over

    def freeze(self, handover: Handover, values: list[BaselineValue]) -> int:
        """Freeze a baseline; return its number."""
        with self.open() as db:
            row = (handover.at, handover.who, handover.note, handover.devices)
            number = db.execute(
                "INSERT INTO handover (at, who, note, devices) VALUES (?, ?, ?, ?)", row
            ).lastrowid
            db.executemany(
                "INSERT INTO baseline VALUES (?, ?, ?, ?, ?, ?)",
                [(number, v.device, v.metric, v.part, v.value, v.at) for v in values],
            )
            return int(number or 0)

    def handovers(self) -> list[Handover]:
        """Return all hand-overs, the newest last."""
        with self.open() as db:
            return [
                Handover(*row)
                for row in db.execute("SELECT id, at, who, note, devices FROM handover ORDER BY id")
            ]

    def baseline(self) -> list[BaselineValue]:
        """Return the baseline that holds: of each value the newest that was frozen."""
        with self.open() as db:
            rows = db.execute(
                """SELECT device, metric, part, value, at, max(handover) FROM baseline
                GROUP BY device, metric, part ORDER BY device, metric, part"""
            )
            return [BaselineValue(*row[:5]) for row in rows]

    # ------------------------------------------------------------ inspections

    def add_inspection(self, plan: str, due: str, at: float, data: Mapping[str, Any]) -> int:
        """Keep a record; return its number."""
        with self.open() as db:
            text = json.dumps(data, ensure_ascii=False)
            done = db.execute(
                "INSERT INTO inspection (plan, due, at, data) VALUES (?, ?, ?, ?)", (plan, due, at, text)
            )
            return int(done.lastrowid or 0)

    def inspections(self, plan: str = "") -> list[Kept]:
        """Return the records (of one plan), the newest last, with what people answered."""
        with self.open() as db:
            rows = db.execute(
                """SELECT id, plan, due, at, data, signed_at, signed_by, customer FROM inspection
                WHERE ? IN ('', plan) ORDER BY at, id""",
                (plan,),
            ).fetchall()
            return [_kept(db, row) for row in rows]

    def dates(self, plan: str) -> list[tuple[str, float]]:
        """Return (due month, when) of each record of a plan, without reading the records."""
        with self.open() as db:
            return db.execute("SELECT due, at FROM inspection WHERE plan = ? ORDER BY at", (plan,)).fetchall()

    def inspection(self, number: int) -> Kept | None:
        """Return one record."""
        with self.open() as db:
            row = db.execute(
                """SELECT id, plan, due, at, data, signed_at, signed_by, customer FROM inspection
                WHERE id = ?""",
                (number,),
            ).fetchone()
            return _kept(db, row) if row else None

    def answer(self, number: int, answer: Answer) -> None:
        """Note what a person found; the newest answer of an item counts."""
        with self.open() as db:
            row = (number, answer.item, answer.device, answer.at, answer.who, answer.good, answer.note)
            db.execute("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def sign(self, number: int, at: float, who: str, customer: str) -> None:
        """Note who signed a record, and for the customer who."""
        with self.open() as db:
            db.execute(
                "UPDATE inspection SET signed_at = ?, signed_by = ?, customer = ? WHERE id = ?",
                (at, who, customer, number),
            )

    # ------------------------------------------------------------ what was written about tickets

    def fill(self, reference: str, fields: Mapping[str, str], who: str, at: float) -> None:
        """Note fields of a ticket's form."""
        with self.open() as db:
            db.executemany(
                "INSERT OR REPLACE INTO form VALUES (?, ?, ?, ?, ?)",
                [(reference, name, value, who, at) for name, value in fields.items()],
            )

    def use(self, part: PartUse) -> None:
        """Note a part that was used."""
        with self.open() as db:
            db.execute(
                "INSERT INTO part (reference, name, number, who, at) VALUES (?, ?, ?, ?, ?)",
                (part.reference, part.name, part.number, part.who, part.at),
            )

    def forms(self) -> dict[str, Filled]:
        """Return what people wrote, by ticket reference."""
        with self.open() as db:
            fields: dict[str, dict[str, str]] = {}
            for reference, name, value in db.execute("SELECT reference, field, value FROM form"):
                fields.setdefault(reference, {})[name] = value
            parts: dict[str, list[PartUse]] = {}
            for row in db.execute("SELECT reference, name, number, who, at FROM part ORDER BY id"):
                parts.setdefault(row[0], []).append(PartUse(*row))
        return {ref: Filled(fields.get(ref, {}), tuple(parts.get(ref, ()))) for ref in {*fields, *parts}}

    # ------------------------------------------------------------ draws and tasks

    def keep_draw(self, name: str, at: float, data: Mapping[str, Any]) -> bool:
        """Keep a draw; False where one of this name was made before: it stands."""
        with self.open() as db:
            text = json.dumps(data, ensure_ascii=False)
            done = db.execute("INSERT OR IGNORE INTO drawn VALUES (?, ?, ?)", (name, at, text))
            return done.rowcount > 0

    def drawn(self, name: str) -> Mapping[str, Any] | None:
        """Return a draw that was made."""
        with self.open() as db:
            row = db.execute("SELECT data FROM drawn WHERE name = ?", (name,)).fetchone()
        found: Mapping[str, Any] | None = json.loads(row[0]) if row else None
        return found

    def add_tasks(self, tasks: list[Task]) -> None:
        """Add tasks; one that is there already stays as it is."""
        with self.open() as db:
            db.executemany(
                "INSERT OR IGNORE INTO task (name, kind, reference, due, reason) VALUES (?, ?, ?, ?, ?)",
                [(t.name, t.kind, t.reference, t.due, t.reason) for t in tasks],
            )

    def do_task(self, name: str, at: float, who: str, *, satisfied: bool | None, note: str) -> bool:
        """Note that a task is done; False where there is none of this name."""
        with self.open() as db:
            done = db.execute(
                "UPDATE task SET done_at = ?, who = ?, satisfied = ?, note = ? WHERE name = ?",
                (at, who, satisfied, note, name),
            )
            return done.rowcount > 0

    def tasks(self, kind: str = "") -> list[Task]:
        """Return the tasks, the earliest due first."""
        with self.open() as db:
            rows = db.execute(
                """SELECT name, kind, reference, due, reason, done_at, who, satisfied, note FROM task
                WHERE ? IN ('', kind) ORDER BY due, name""",
                (kind,),
            )
            return [Task(*(*row[:7], _maybe(row[7]), row[8])) for row in rows]

    # ------------------------------------------------------------ complaints

    def complain(self, complaint: Complaint) -> int:
        """Note a complaint; return its number."""
        with self.open() as db:
            c = complaint
            done = db.execute(
                """INSERT INTO complaint (at, who, text, class, reference, escalated)
                VALUES (?, ?, ?, ?, ?, ?)""",
                (c.at, c.who, c.text, c.level, c.reference, c.escalated),
            )
            return int(done.lastrowid or 0)

    def settle(self, number: int, at: float, *, upheld: bool, outcome: str) -> bool:
        """Note how a complaint ended; False where there is none of this number."""
        with self.open() as db:
            done = db.execute(
                "UPDATE complaint SET closed_at = ?, upheld = ?, outcome = ? WHERE id = ?",
                (at, upheld, outcome, number),
            )
            return done.rowcount > 0

    def complaints(self) -> list[Complaint]:
        """Return all complaints, oldest first."""
        with self.open() as db:
            rows = db.execute(
                """SELECT id, at, who, text, class, reference, escalated, upheld, closed_at, outcome
                FROM complaint ORDER BY at, id"""
            )
            return [Complaint(*(*row[:7], _maybe(row[7]), *row[8:])) for row in rows]

    # ------------------------------------------------------------ what went out, drills

    def note_sent(self, name: str, at: float, files: list[str], *, mailed: bool) -> None:
        """Note that a report of the schedule was made."""
        with self.open() as db:
            db.execute(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?, ?)", (name, at, json.dumps(files), mailed)
            )

    def sent(self) -> dict[str, tuple[float, bool]]:
        """Return name -> (when, whether it was mailed) of the reports that were made."""
        with self.open() as db:
            return {
                name: (at, bool(mailed))
                for name, at, mailed in db.execute("SELECT name, at, mailed FROM sent")
            }

    def note_drill(self, at: float, device: str, reference: str, data: Mapping[str, Any]) -> None:
        """Note a drill: its ticket counts in no KPI."""
        with self.open() as db:
            row = (at, device, reference, json.dumps(data, ensure_ascii=False))
            db.execute("INSERT INTO drill (at, device, reference, data) VALUES (?, ?, ?, ?)", row)

    def drills(self) -> frozenset[str]:
        """Return the references of tickets that were drills."""
        with self.open() as db:
            return frozenset(row[0] for row in db.execute("SELECT reference FROM drill"))


def _prepare(db: sqlite3.Connection) -> None:
    """Make the tables; another process may be making them at this very moment."""
    for tries in reversed(range(_TRIES)):
        try:
            db.execute("PRAGMA journal_mode = WAL")
            migrate(db, MIGRATIONS)
        except sqlite3.OperationalError:
            if not tries:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _maybe(flag: int | None) -> bool | None:
    return None if flag is None else bool(flag)


def _kept(db: sqlite3.Connection, row: tuple[Any, ...]) -> Kept:
    number, plan, due, at, data, signed_at, signed_by, customer = row
    rows = db.execute(
        "SELECT item, device, at, who, good, note FROM answer WHERE inspection = ? ORDER BY item, device",
        (number,),
    )
    answers = tuple(
        Answer(item, device, when, who, bool(good), note) for item, device, when, who, good, note in rows
    )
    return Kept(number, plan, due, at, json.loads(data), signed_at, signed_by, customer, answers)
