"""Work orders with their clocks, the causes that were confirmed, and the audit log, as tables."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.store.records import Json
from agent.store.text import as_json, clean
from models.facts import FaultKey
from models.faults import Severity
from models.service.clocks import Clock, ClockName, Pause, PauseReason
from models.service.workorder import Order, Proof, State

MOST_ENDED: Final = 500
_ORDER: Final = (
    "key, generation, device, part, code, severity, first_seen, detected_at, reported_at, state, since, turn,"
    " repeat_of, proof, proof_by, resolved_at, cause, cause_by, is_open, data"
)
_OWN: Final = ", ".join(f"w.{column.strip()}" for column in _ORDER.split(","))
_CLOCK: Final = (
    "key, generation, turn, name, allowed, calendar, started_at, stopped_at, pauses, told, breached_at"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A work order with all that belongs to it.

    Attributes:
        order: the order.
        clocks: all its clocks, those of earlier turns too.
        trial: the re-test under way, as plain data; None when there is none.
        repaired_at: when the repair under test was reported.
        reopened: how many of the ledger's reopenings it knows of.
        desk_open: whether the ticket was open when the helpdesk was last asked, or was made so by us.
        suggested: the code of the cause that the agent suggests.
        seen_closed: whether the helpdesk was seen to have it closed since the order was over.
        declined: a person decided not to work on it: it is not opened again while its fault lasts.
        snoozed: the helpdesk's word, while a person has put the ticket off.
        sent_back: how often it was opened again because it was closed while its fault lasted.
        reminded_at: when it was said that the fault lasts in spite of that decision.
        by_person: a person opened it again after it was over: what is seen does not end it.
        left_to: the policy that the end of the fault was left to.
    """

    order: Order
    clocks: tuple[Clock, ...] = ()
    trial: Json | None = None
    repaired_at: float | None = None
    reopened: int = 0
    desk_open: bool = True
    suggested: str = ""
    seen_closed: bool = False
    declined: bool = False
    snoozed: str = ""
    sent_back: int = 0
    reminded_at: float | None = None
    by_person: bool = False
    left_to: str = ""


@dataclass(frozen=True, slots=True)
class Linked:
    """A work order and what the ledger says of its incident at the same moment."""

    sheet: Sheet
    ticket: str
    note: str
    closed_at: float | None
    ending: str
    reopened: int
    waiting: int  # intents for the helpdesk that are not done


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who or what did which step, when, why."""

    at: float
    who: str
    what: str
    key: str
    generation: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class CauseLabel:
    """A cause that a technician confirmed, beside the one that the agent suggested."""

    at: float
    who: str
    key: str
    generation: int
    fault: str
    suggested: str
    confirmed: str


@dataclass(frozen=True, slots=True)
class OrderCounts:
    """Work orders in numbers."""

    by_state: Mapping[str, int] = field(default_factory=dict)
    breached: Mapping[str, int] = field(default_factory=dict)  # by clock, ever


def save(db: sqlite3.Connection, sheets: Iterable[Sheet]) -> None:
    """Write work orders and their clocks."""
    for sheet in sheets:
        marks = ", ".join("?" * (_ORDER.count(",") + 1))
        db.execute(f"INSERT OR REPLACE INTO work_order ({_ORDER}) VALUES ({marks})", _order_row(sheet))
        marks = ", ".join("?" * (_CLOCK.count(",") + 1))
        rows = [_clock_row(sheet.order, clock) for clock in sheet.clocks]
        db.executemany(f"INSERT OR REPLACE INTO clock ({_CLOCK}) VALUES ({marks})", rows)


def add_audit(db: sqlite3.Connection, entries: Iterable[AuditEntry]) -> None:
    """Append to the audit log."""
    db.executemany(
        "INSERT INTO audit (at, who, what, key, generation, why) VALUES (?, ?, ?, ?, ?, ?)",
        [(e.at, clean(e.who), e.what, clean(e.key), e.generation, clean(e.why)) for e in entries],
    )


def add_labels(db: sqlite3.Connection, labels: Iterable[CauseLabel]) -> None:
    """Append confirmed causes; the newest of a ticket counts."""
    columns = "at, who, key, generation, fault, suggested, confirmed"
    db.executemany(
        f"INSERT INTO cause_label ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(x.at, clean(x.who), clean(x.key), x.generation, x.fault, x.suggested, x.confirmed) for x in labels],
    )


def find(db: sqlite3.Connection, key: str, generation: int) -> Sheet | None:
    """Return one work order."""
    found = _sheets(db, "WHERE w.key = ? AND w.generation = ?", (clean(key), generation))
    return found[0] if found else None


def newest(db: sqlite3.Connection, key: str) -> Sheet | None:
    """Return the newest work order of a key."""
    found = _sheets(db, "WHERE w.key = ? ORDER BY w.generation DESC LIMIT 1", (clean(key),))
    return found[0] if found else None


def by_ticket(db: sqlite3.Connection, ticket: str) -> Sheet | None:
    """Return the newest work order of a ticket, by the helpdesk's number or id, or by our reference."""
    key, mark, generation = ticket.rpartition("#")
    if mark and generation.isdecimal() and (known := find(db, key, int(generation))) is not None:
        return known
    where = "JOIN incident i USING (key, generation) WHERE i.ticket = ? ORDER BY i.opened_at DESC LIMIT 1"
    found = _sheets(db, where, (clean(ticket),)) if ticket else []
    return found[0] if found else None


def linked(db: sqlite3.Connection) -> list[Linked]:
    """Return the open orders, and those that are over while their incident lasts."""
    where = """JOIN incident i USING (key, generation) WHERE w.is_open = 1
        UNION SELECT {columns} FROM work_order w JOIN incident i USING (key, generation)
        WHERE i.closed_at IS NULL"""
    more = (
        "i.ticket, i.note, i.closed_at, i.ending, i.reopened, (SELECT count(*) FROM intent n WHERE"
        " n.dead = 0 AND n.key = w.key AND n.generation = w.generation)"
    )
    columns = f"{_OWN}, {more}"
    rows = db.execute(
        f"SELECT {columns} FROM work_order w {where.format(columns=columns)} ORDER BY 7, 1"
    ).fetchall()
    return [Linked(_sheet(db, row[:20]), *row[20:]) for row in rows]


def between(db: sqlite3.Connection, since: float, until: float) -> list[Linked]:
    """Return the orders that began before `until` and were open, or changed, at or after `since`."""
    rows = db.execute(
        f"""SELECT {_OWN}, i.ticket, i.note, i.closed_at, i.ending, i.reopened, 0
        FROM work_order w JOIN incident i USING (key, generation)
        WHERE w.first_seen < :until AND (w.is_open = 1 OR w.since >= :since OR w.resolved_at >= :since
            OR coalesce(w.detected_at, w.reported_at, w.first_seen) >= :since)
        ORDER BY w.first_seen, w.key""",
        {"since": since, "until": until},
    ).fetchall()
    return [Linked(_sheet(db, row[:20]), *row[20:]) for row in rows]


def one_linked(db: sqlite3.Connection, key: str, generation: int) -> Linked | None:
    """Return one order with what the ledger says of it."""
    row = db.execute(
        f"""SELECT {_OWN}, i.ticket, i.note, i.closed_at, i.ending, i.reopened,
        (SELECT count(*) FROM intent n WHERE n.dead = 0 AND n.key = w.key AND n.generation = w.generation)
        FROM work_order w JOIN incident i USING (key, generation) WHERE w.key = ? AND w.generation = ?""",
        (clean(key), generation),
    ).fetchone()
    return Linked(_sheet(db, row[:20]), *row[20:]) if row else None


def ended_since(db: sqlite3.Connection, since: float) -> list[Linked]:
    """Return the orders that were over at or after a moment, with what the ledger says, the newest first."""
    rows = db.execute(
        f"""SELECT {_OWN}, i.ticket, i.note, i.closed_at, i.ending, i.reopened,
        (SELECT count(*) FROM intent n WHERE n.dead = 0 AND n.key = w.key AND n.generation = w.generation)
        FROM work_order w JOIN incident i USING (key, generation)
        WHERE w.is_open = 0 AND w.since >= ? AND i.ticket <> '' ORDER BY w.since DESC LIMIT ?""",
        (since, MOST_ENDED),
    ).fetchall()
    return [Linked(_sheet(db, row[:20]), *row[20:]) for row in rows]


def open_on(db: sqlite3.Connection, device: str) -> list[Linked]:
    """Return the open orders about a device, or about a fault that explains one of it, oldest first."""
    mine = json.dumps(device)[1:-1].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rows = db.execute(
        f"""SELECT {_OWN}, i.ticket, i.note, i.closed_at, i.ending, i.reopened, 0
        FROM work_order w JOIN incident i USING (key, generation)
        WHERE w.is_open = 1 AND (w.device = ? OR i.children LIKE ? ESCAPE '\\') ORDER BY w.first_seen""",
        (device, f'%"{mine}/%'),
    ).fetchall()
    return [Linked(_sheet(db, row[:20]), *row[20:]) for row in rows]


def unordered(db: sqlite3.Connection) -> list[tuple[str, int, FaultKey, float, int]]:
    """Return (key, generation, root, first seen, reopened) of incidents that last and have no order yet."""
    rows = db.execute(
        """SELECT i.key, i.generation, i.device, i.part, i.code, i.opened_at, i.reopened FROM incident i
        LEFT JOIN work_order w USING (key, generation) WHERE i.closed_at IS NULL AND w.state IS NULL
        ORDER BY i.opened_at"""
    )
    return [
        (key, generation, FaultKey(*root), opened, times) for key, generation, *root, opened, times in rows
    ]


def audit_of(db: sqlite3.Connection, key: str, generation: int) -> list[AuditEntry]:
    """Return what was done about one ticket, oldest first."""
    rows = db.execute(
        """SELECT at, who, what, key, generation, why FROM audit WHERE key = ? AND generation = ?
        ORDER BY id""",
        (clean(key), generation),
    )
    return [AuditEntry(*row) for row in rows]


def audit_log(db: sqlite3.Connection, most: int, before: float) -> list[AuditEntry]:
    """Return what was done about anything before a moment, the newest first."""
    rows = db.execute(
        "SELECT at, who, what, key, generation, why FROM audit WHERE at < ? ORDER BY id DESC LIMIT ?",
        (before, most),
    )
    return [AuditEntry(*row) for row in rows]


def labels(db: sqlite3.Connection) -> list[CauseLabel]:
    """Return every confirmed cause, oldest first."""
    rows = db.execute(
        "SELECT at, who, key, generation, fault, suggested, confirmed FROM cause_label ORDER BY id"
    )
    return [CauseLabel(*row) for row in rows]


def in_numbers(db: sqlite3.Connection) -> OrderCounts:
    """Count open orders by state, and clocks that ran out by name."""
    states = db.execute("SELECT state, count(*) FROM work_order WHERE is_open = 1 GROUP BY state")
    breached = db.execute("SELECT name, count(*) FROM clock WHERE breached_at IS NOT NULL GROUP BY name")
    return OrderCounts(dict(states.fetchall()), dict(breached.fetchall()))


# ---------------------------------------------------------------- rows


def _order_row(sheet: Sheet) -> tuple[Any, ...]:
    o = sheet.order
    data = {
        "trial": sheet.trial,
        "repaired_at": sheet.repaired_at,
        "reopened": sheet.reopened,
        "desk_open": sheet.desk_open,
        "suggested": sheet.suggested,
        "seen_closed": sheet.seen_closed,
        "declined": sheet.declined,
        "snoozed": sheet.snoozed,
        "sent_back": sheet.sent_back,
        "reminded_at": sheet.reminded_at,
        "by_person": sheet.by_person,
        "left_to": sheet.left_to,
    }
    names = (clean(o.key), o.generation, o.root.device, clean(o.root.part), o.root.code, o.severity.value)
    stamps = (o.first_seen, o.detected_at, o.reported_at, o.state.value, o.since, o.turn, o.repeat_of)
    end = (o.proof.value, clean(o.proof_by), o.resolved_at, o.cause, clean(o.cause_by), o.state.is_open)
    return (*names, *stamps, *end, as_json(data))


def _clock_row(order: Order, clock: Clock) -> tuple[Any, ...]:
    pauses = json.dumps([[p.since, p.reason.value, clean(p.who), p.until] for p in clock.pauses])
    where = (clean(order.key), order.generation, clock.turn, clock.name.value, clock.limit, clock.calendar)
    return (*where, clock.started_at, clock.stopped_at, pauses, clock.told, clock.breached_at)


def _sheets(db: sqlite3.Connection, where: str, values: tuple[object, ...]) -> list[Sheet]:
    rows = db.execute(f"SELECT {_OWN} FROM work_order w {where}", values).fetchall()
    return [_sheet(db, row) for row in rows]


def _sheet(db: sqlite3.Connection, row: Sequence[Any]) -> Sheet:
    key, generation, device, part, code, severity, *rest = row
    first_seen, detected_at, reported_at, state, since, turn, repeat_of, proof, proof_by, *end = rest
    resolved_at, cause, cause_by, _is_open, data = end
    order = Order(
        key=key,
        generation=generation,
        root=FaultKey(device, part, code),
        severity=Severity(severity),
        first_seen=first_seen,
        detected_at=detected_at,
        reported_at=reported_at,
        state=State(state),
        since=since,
        turn=turn,
        repeat_of=repeat_of,
        proof=Proof(proof),
        proof_by=proof_by,
        resolved_at=resolved_at,
        cause=cause,
        cause_by=cause_by,
    )
    return Sheet(order, _clocks(db, key, generation), **json.loads(data))


def _clocks(db: sqlite3.Connection, key: str, generation: int) -> tuple[Clock, ...]:
    rows = db.execute(
        f"SELECT {_CLOCK} FROM clock WHERE key = ? AND generation = ? ORDER BY turn, started_at, name",
        (key, generation),
    )
    return tuple(_clock(row) for row in rows)


def _clock(row: Sequence[Any]) -> Clock:
    _key, _generation, turn, name, limit, calendar, started, stopped, pauses, told, breached = row
    return Clock(
        ClockName(name),
        limit,
        started,
        calendar,
        turn,
        stopped,
        tuple(Pause(at, PauseReason(why), who, until) for at, why, who, until in json.loads(pauses)),
        told,
        breached,
    )
