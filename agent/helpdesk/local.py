"""The helpdesk that comes with the agent: tickets in a SQLite file of their own.

It is a true peer of the agent: its own file, its own transactions, and no reference is unique in it. So what
holds with it holds with a helpdesk at the other end of a wire.
"""

import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final, Self

from agent.check import Check
from agent.helpdesk import tickets
from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskDown, HelpdeskRefused, TicketRef
from agent.helpdesk.marks import one_line
from agent.helpdesk.tickets import AGENT, STEPS, Step, Ticket, TicketState
from agent.store.records import StoreError

_PICTURES: Final = "attachments"
FOLLOWS: Final = "follows"  # the number of an older ticket of the same fault
_READ: Final = "BEGIN"  # takes no lock that a writer would wait for


class LocalHelpdesk:
    """Tickets in one file; pictures in the folder `attachments` beside it. Thread-safe.

    The file is opened, or made, by the first call, and anew after a call that failed. While it cannot be used
    each call raises HelpdeskDown, as a helpdesk does that is out of reach, and the work waits in the outbox.

    Args:
        path: the file.
        clock: Unix seconds, for the history of a ticket.
    """

    name = "local"
    abilities = Abilities(can_edit=True, can_link=True)

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._folder = path.parent / _PICTURES
        self._lock = threading.Lock()
        self._db: sqlite3.Connection | None = None

    @classmethod
    def open(cls, path: Path, clock: Callable[[], float] = time.time) -> Self:
        """Do as the constructor."""
        return cls(path, clock)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------ what the worker needs

    def find(self, reference: str) -> TicketRef | None:
        """Return the ticket made with this reference, open or not."""
        with self._transaction(_READ) as db:
            return tickets.by_reference(db, reference)

    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its id."""
        with self._transaction(_READ) as db:
            found = tickets.read(db, _number(ticket))
        return TicketRef(ticket, found.reference, found.is_open, found.state.value) if found else None

    def create(self, draft: Draft) -> str:
        """Register a ticket and return its number."""
        with self._transaction() as db:
            named = replace(draft, subject=one_line(draft.subject))
            return str(tickets.insert(db, named, self._clock()))

    def comment(self, ticket: str, text: str, *, once: str) -> None:
        """Add a comment, whatever the ticket's state."""
        self._say(ticket, AGENT, "comment", text, once=once)

    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None:
        """Add a file."""
        with self._transaction() as db:
            number, state = _existing(db, ticket)
            step = Step(self._clock(), AGENT, "attachment", state, attachment.name)
            added = tickets.add_step(db, number, step, once=once)
            if added:
                file = self._write(attachment.data)
                tickets.add_file(
                    db,
                    added,
                    name=attachment.name,
                    media_type=attachment.media_type,
                    size=len(attachment.data),
                    file=file,
                )

    def resolve(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is gone; where a person resolved or closed the ticket, only add the text."""
        self._move(ticket, AGENT, TicketState.RESOLVED, text, once=once)

    def reopen(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is back; where the ticket is open, only add the text."""
        self._move(ticket, AGENT, TicketState.REOPENED, text, once=once)

    def edit(self, ticket: str, draft: Draft) -> None:
        """Give a ticket the subject and severity of a draft."""
        with self._transaction() as db:
            number, _ = _existing(db, ticket)
            tickets.rename(db, number, one_line(draft.subject), draft.severity)

    def link(self, ticket: str, other: str) -> None:
        """Note which older ticket this one follows."""
        self.set_field(ticket, FOLLOWS, other)

    def set_field(self, ticket: str, name: str, value: str) -> None:
        """Set one of a ticket's fields."""
        with self._transaction() as db:
            number, _ = _existing(db, ticket)
            tickets.set_field(db, number, name, value)

    def by_field(self, name: str, value: str) -> str | None:
        """Return the number of the newest ticket with this field."""
        with self._transaction(_READ) as db:
            number = tickets.by_field(db, name, value)
        return None if number is None else str(number)

    def preflight(self) -> list[Check]:
        """Look whether the file can be used."""
        try:
            with self._transaction() as db:
                number = tickets.count_open(db)
        except HelpdeskDown as err:
            return [
                Check("helpdesk", False, str(err), "mend the state folder, or move the damaged file away")
            ]
        return [Check("helpdesk", True, f"local, {number} open tickets in {self._path}")]

    # ------------------------------------------------------------ what people need

    def tickets(self, *, only_open: bool = False, limit: int = 1000) -> list[Ticket]:
        """Return the newest tickets, newest first."""
        with self._transaction(_READ) as db:
            return tickets.read_all(db, only_open=only_open, limit=limit)

    def ticket(self, number: int) -> tuple[Ticket, list[Step]] | None:
        """Return a ticket and its history."""
        with self._transaction(_READ) as db:
            found = tickets.read(db, number)
            return (found, tickets.history(db, number, self._folder)) if found else None

    def move(self, number: int, state: TicketState, *, who: str, text: str) -> None:
        """Let a person resolve, reopen or close a ticket.

        Raises:
            HelpdeskRefused: there is no such ticket, or no such step from where it stands.
        """
        found = self.get(str(number))
        if found is not None and state not in STEPS[TicketState(found.state)]:
            raise HelpdeskRefused(f"ticket {number} is {found.state} and cannot become {state.value}")
        self._move(str(number), who, state, text, once=None)

    def say(self, number: int, text: str, *, who: str) -> None:
        """Let a person comment on a ticket."""
        self._say(str(number), who, "comment", text, once=None)

    # ------------------------------------------------------------ inside

    def _say(self, ticket: str, who: str, what: str, text: str, *, once: str | None) -> None:
        with self._transaction() as db:
            number, state = _existing(db, ticket)
            tickets.add_step(db, number, Step(self._clock(), who, what, state, text), once=once)

    def _move(self, ticket: str, who: str, state: TicketState, text: str, *, once: str | None) -> None:
        with self._transaction() as db:
            number, now = _existing(db, ticket)
            allowed = state in STEPS[now]
            what, after = (state.value, state) if allowed else ("comment", now)
            tickets.add_step(db, number, Step(self._clock(), who, what, after, text), once=once)

    def _write(self, data: bytes) -> str:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(suffix=".jpg", dir=self._folder)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return Path(name).name

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                db = self._connection()
                db.execute(begin)
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
            except (sqlite3.Error, OSError, StoreError) as err:
                self._drop()
                raise HelpdeskDown(f"the tickets in {self._path} cannot be used: {err}") from None

    def _connection(self) -> sqlite3.Connection:
        if self._db is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._db = tickets.connect(self._path)
        return self._db

    def _drop(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None


def _existing(db: sqlite3.Connection, ticket: str) -> tuple[int, TicketState]:
    number = _number(ticket)
    state = tickets.state_of(db, number)
    if state is None:
        raise HelpdeskRefused(f"there is no ticket {ticket}")
    return number, state


def _number(ticket: str) -> int:
    try:
        return int(ticket)
    except ValueError:
        raise HelpdeskRefused(f"{ticket!r} is no ticket number") from None
