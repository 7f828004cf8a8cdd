"""The outboxes as the sinks use them: what waits for the broker, and what waits for the helpdesk."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from agent.store import intents, ledger, letters, messages, orders, quiet, references
from agent.store.letters import Letter
from agent.store.orders import AuditEntry, CauseLabel, Sheet
from agent.store.questions import Questions, T
from agent.store.records import Channel, Deed, Intent, Message, QueuedIntent, QueuedMessage
from agent.store.references import Page
from models.facts import Incident
from models.quiet import Window


class Work(Questions):
    """Reads, and writes the outboxes. Each method is one transaction."""

    _box: messages.MessageBox

    def _write(self, job: Callable[[sqlite3.Connection], T], *, durable: bool = False) -> T:
        raise NotImplementedError

    # ------------------------------------------------------------ MQTT

    def add_messages(self, batch: Sequence[Message]) -> None:
        """Put messages into the outbox; events are on the disk when this returns."""
        events = any(message.channel is Channel.EVENT for message in batch)
        self._write(partial(self._box.put, messages=batch), durable=events)

    def mqtt_pending(self, channel: Channel, limit: int, *, after: int = 0) -> list[QueuedMessage]:
        """Return up to `limit` messages of a channel with ids beyond `after`, in the order of publishing."""
        return self._ask_work(partial(messages.pending, channel=channel, limit=limit, after=after))

    def mqtt_done(self, ids: Iterable[int]) -> None:
        """Take messages out that a broker took."""
        self._write(partial(self._box.done, ids=list(ids)))

    # ------------------------------------------------------------ work orders

    def commit_order(
        self,
        sheet: Sheet,
        *,
        audit: Sequence[AuditEntry] = (),
        labels: Sequence[CauseLabel] = (),
        todo: Sequence[Intent] = (),
        opens: Incident | None = None,
        closes: float | None = None,
        mail: Sequence[Letter] = (),
    ) -> None:
        """Write a step of a work order, its audit, what helpdesk and people are to be told: all or nothing.

        `opens`: an incident that a person reported; `closes`: when it is over, as no rule ever says so.
        """

        def job(db: sqlite3.Connection) -> None:
            if opens is not None:
                ledger.open_incidents(db, [opens])
            if closes is not None:
                ledger.end(db, sheet.order.key, closes)
            orders.save(db, [sheet])
            orders.add_audit(db, audit)
            orders.add_labels(db, labels)
            intents.put(db, todo, generation=sheet.order.generation)
            letters.put(db, mail)

        self._write(job, durable=True)

    # ------------------------------------------------------------ letters

    def letters(self, now: float, limit: int) -> list[Letter]:
        """Return letters that are due, oldest first."""
        return self._ask_work(partial(letters.pending, now=now, limit=limit))

    def letter_later(self, letter: Letter, due: float) -> None:
        """Note that a letter was not taken, and when the next try is due."""
        self._write(partial(letters.later, number=letter.id, due=due), durable=True)

    def letter_done(self, letter: Letter, audit: Sequence[AuditEntry]) -> None:
        """Take out a letter that was sent or given up, and note which."""

        def job(db: sqlite3.Connection) -> None:
            letters.remove(db, letter.id)
            orders.add_audit(db, audit)

        self._write(job, durable=True)

    # ------------------------------------------------------------ windows

    def add_window(self, window: Window, audit: Sequence[AuditEntry] = ()) -> Window:
        """Keep a maintenance window or silence; return it with its number."""

        def job(db: sqlite3.Connection) -> Window:
            orders.add_audit(db, audit)
            return quiet.add(db, window)

        return self._write(job, durable=True)

    def end_window(self, number: int, at: float, who: str, audit: Sequence[AuditEntry] = ()) -> Window | None:
        """End a window before its time; None, and nothing written, where there is none or it is over."""

        def job(db: sqlite3.Connection) -> Window | None:
            ended = quiet.end(db, number, at, who)
            orders.add_audit(db, audit if ended else ())
            return ended

        return self._write(job, durable=True)

    def note_audit(self, at: float, who: str, what: str, device: str) -> None:
        """Append a deed that belongs to no work order; it stands under `device/DEVICE`."""
        self.note_deed(at, who, what, f"device/{device}")

    def note_deed(self, at: float, who: str, what: str, about: str, why: str = "") -> None:
        """Append a deed about anything that is no ticket: `about` is its kind and name, such as record/7."""
        entry = AuditEntry(at, who, what, about, 0, why)
        self._write(lambda db: orders.add_audit(db, [entry]), durable=True)

    # ------------------------------------------------------------ references

    def begin_references(self, pages: Sequence[Page], audit: Sequence[AuditEntry], *, drop: str = "") -> None:
        """Begin new epochs; before that drop all epochs of the device `drop`. All or nothing."""

        def job(db: sqlite3.Connection) -> None:
            if drop:
                references.drop(db, drop)
            for page in pages:
                references.keep(db, page)
            orders.add_audit(db, audit)

        self._write(job, durable=True)

    # ------------------------------------------------------------ helpdesk

    def helpdesk_pending(self, now: float, limit: int = 100) -> list[QueuedIntent]:
        """Return the first waiting intent of each incident, where it is due, oldest first."""
        return self._ask_work(partial(intents.heads, now=now, limit=limit))

    def helpdesk_next_due(self) -> float | None:
        """Return when the next intent is due; None when nothing waits."""
        return self._ask_work(intents.next_due)

    def helpdesk_of(self, key: str, generation: int) -> list[QueuedIntent]:
        """Return all waiting intents about one ticket, in order."""
        return self._ask_work(partial(intents.of_generation, key=key, generation=generation))

    def helpdesk_begin(self, number: int, now: float) -> None:
        """Note on the disk, before the helpdesk is called, that a try begins."""
        self._write(partial(intents.begin, number=number, now=now), durable=True)

    def helpdesk_done(self, intent: QueuedIntent, *, ticket: str = "") -> None:
        """Take an intent out that the helpdesk did; `ticket` is the reference that a create gave."""

        def job(db: sqlite3.Connection) -> None:
            intents.remove(db, [intent.id])
            if ticket:
                ledger.set_ticket(db, intent.intent.key, intent.generation, ticket=ticket)

        self._write(job, durable=True)

    def helpdesk_failed(self, number: int, *, due: float, error: str, uncertain: bool) -> None:
        """Note that a try failed and when the next is due; `uncertain`: it may have arrived all the same."""
        self._write(
            partial(intents.failed, number=number, due=due, error=error, uncertain=uncertain), durable=True
        )

    def helpdesk_bury(self, number: int, error: str) -> None:
        """Move an intent to the dead letters."""
        self._write(partial(intents.bury, number=number, error=error), durable=True)

    def helpdesk_revive(self, number: int) -> None:
        """Try a dead letter again."""
        self._write(partial(intents.revive, number=number), durable=True)

    def helpdesk_collapse(self, key: str, generation: int, note: str) -> bool:
        """Drop all intents about a ticket that was never made, where they end with its being resolved.

        The ledger notes why there is no ticket. False, and nothing done, where the fault lasts.
        """

        def job(db: sqlite3.Connection) -> bool:
            waiting = intents.of_generation(db, key, generation)
            states = [one.intent.deed for one in waiting if one.intent.deed in intents.CHANGE_STATE]
            if not states or states[-1] is not Deed.RESOLVE:
                return False
            intents.remove(db, [intent.id for intent in waiting])
            ledger.set_ticket(db, key, generation, ticket="", note=note)
            return True

        return self._write(job, durable=True)
