"""Everything one can ask the store, the same for the agent itself and for another process beside it."""

import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from agent.store import bulk, evidence, intents, ledger, messages, orders, queries, quiet, references, watch
from agent.store import panel as panels
from agent.store.orders import AuditEntry, CauseLabel, Linked, OrderCounts, Sheet
from agent.store.records import (
    HOUR,
    Coverage,
    Evidence,
    HelpdeskQueue,
    Json,
    LedgerEntry,
    Look,
    MessageQueue,
    Newest,
    Point,
    QueuedIntent,
    Rollup,
    Run,
)
from agent.store.references import Page
from models.facts import FaultKey
from models.quiet import Window

T = TypeVar("T")
Query = Callable[[sqlite3.Connection], T]


class Ask(Protocol):
    """Runs a query on the connection that can answer it and returns its answer."""

    def __call__(self, query: Query[T]) -> T:
        """Run `query`."""
        ...


class Questions:
    """Reads; a range of time is always since <= at < until.

    Args:
        ask_history: answers about readings, rollups, coverage and runs.
        ask_work: answers about incidents, tickets, outboxes, watch state and evidence.
        pictures: the folder of the evidence pictures.
        day_offset: seconds that the site's days begin before UTC's.
    """

    def __init__(self, ask_history: Ask, ask_work: Ask, *, pictures: Path, day_offset: float = 0.0) -> None:
        self._ask_history = ask_history
        self._ask_work = ask_work
        self._pictures = pictures
        self._day_offset = day_offset

    # ------------------------------------------------------------ history

    def history(self, device: str, metric: str, part: str, since: float, until: float) -> list[Point]:
        """Return the stored values of a series; one that stays the same is stored every ten minutes."""
        series = (device, metric, part)
        return self._ask_history(partial(queries.history, series=series, since=since, until=until))

    def rollups(
        self, device: str, metric: str, part: str, since: float, until: float, *, span: float = HOUR
    ) -> list[Rollup]:
        """Return the hours or days (`span` HOUR or DAY) of a series that begin in the range."""
        return self._ask_history(
            partial(
                queries.rollups,
                series=(device, metric, part),
                since=since,
                until=until,
                span=span,
                day_offset=self._day_offset,
            )
        )

    def panel(
        self, device: str, keys: Sequence[tuple[str, str]], since: float, until: float, *, span: float = HOUR
    ) -> panels.Panel:
        """Return (metric, part) -> (beginning, mean) of the hours or days of a device's series, in one go."""
        ask = partial(
            panels.panel, device=device, keys=keys, since=since, until=until, span=span,
            day_offset=self._day_offset,
        )  # fmt: skip
        return self._ask_history(ask)

    def newest(self, device: str, since: float) -> list[Newest]:
        """Return the newest value of each series of a device written since then; texts however old."""
        return self._ask_history(partial(queries.newest, device=device, since=since))

    def coverage(self, since: float, until: float, *, device: str = "", span: float = HOUR) -> list[Coverage]:
        """Return how much of each hour or day was observed; `device` "" is all devices."""
        return self._ask_history(
            partial(
                queries.coverage,
                since=since,
                until=until,
                device=device,
                span=span,
                day_offset=self._day_offset,
            )
        )

    def looks(self, device: str = "") -> list[Look]:
        """Return how the newest check of each collector went, at most a minute old."""
        return self._ask_history(partial(queries.looks, device=device))

    def outcomes(self, device: str, since: float, until: float) -> list[Look]:
        """Return the moments when a collector began to fail, failed otherwise, or did well again."""
        return self._ask_history(partial(queries.outcomes, device=device, since=since, until=until))

    def runs(self, since: float, until: float) -> list[Run]:
        """Return the agent's lives that touch the range, oldest first."""
        return self._ask_history(partial(queries.runs, since=since, until=until))

    # ------------------------------------------------------------ all devices at once

    def observed(self, since: float, until: float, *, device: str = "") -> list[bulk.Observed]:
        """Return what each collector observed of each device (or one) in a range, to the nearest hour."""
        offset = self._day_offset
        return self._ask_history(
            partial(bulk.observed, since=since, until=until, day_offset=offset, device=device)
        )

    def observed_by_day(self, since: float, until: float) -> list[tuple[float, bulk.Observed]]:
        """Return the same day by day, each with its beginning."""
        return self._ask_history(
            partial(bulk.observed_by_day, since=since, until=until, day_offset=self._day_offset)
        )

    def summaries(self, metric: str, since: float, until: float) -> list[bulk.Summary]:
        """Return every series of a metric over a range."""
        return self._ask_history(
            partial(bulk.summaries, metric=metric, since=since, until=until, day_offset=self._day_offset)
        )

    def daily(self, metric: str, since: float, until: float) -> list[bulk.DayValue]:
        """Return every day of every series of a metric, in order of time."""
        return self._ask_history(
            partial(bulk.daily, metric=metric, since=since, until=until, day_offset=self._day_offset)
        )

    def texts(self, metric: str) -> list[tuple[str, str, str]]:
        """Return (device, part, newest text) of a metric that is text."""
        return self._ask_history(partial(bulk.texts, metric=metric))

    def turns(self, devices: Sequence[str], since: float, until: float) -> list[bulk.Turn]:
        """Return when outcomes changed on some devices in a range, and how they stood at its beginning."""
        return self._ask_history(partial(bulk.turns, devices=devices, since=since, until=until))

    def known_metrics(self) -> frozenset[str]:
        """Return the names of all metrics that anything ever told."""
        return self._ask_history(bulk.known_metrics)

    # ------------------------------------------------------------ work

    def orders_between(self, since: float, until: float) -> list[Linked]:
        """Return the work orders that began, changed or were open in a range, oldest first."""
        return self._ask_work(partial(orders.between, since=since, until=until))

    def load_states(self) -> dict[str, Json]:
        """Return the watch state of every device."""
        return self._ask_work(watch.load)

    def incident(self, key: str) -> LedgerEntry | None:
        """Return the newest generation of an incident's key."""
        return self._ask_work(partial(ledger.newest, key=key))

    def incident_of(self, key: str, generation: int) -> LedgerEntry | None:
        """Return one generation of an incident's key."""
        return self._ask_work(partial(ledger.entry, key=key, generation=generation))

    def open_incidents(self) -> list[LedgerEntry]:
        """Return the incidents that last, oldest first."""
        return self._ask_work(ledger.open_entries)

    def incidents(self, since: float = 0.0) -> list[LedgerEntry]:
        """Return the incidents that last or ended at or after `since`, oldest first."""
        return self._ask_work(partial(ledger.entries_since, since=since))

    def helpdesk_queue(self, now: float) -> HelpdeskQueue:
        """Return the helpdesk outbox in numbers."""
        return self._ask_work(partial(intents.in_numbers, now=now))

    def dead_letters(self) -> list[QueuedIntent]:
        """Return what the helpdesk will not take, oldest first."""
        return self._ask_work(intents.dead)

    def order(self, key: str) -> Sheet | None:
        """Return the newest work order of an incident's key."""
        return self._ask_work(partial(orders.newest, key=key))

    def order_of(self, key: str, generation: int) -> Sheet | None:
        """Return the work order of one ticket."""
        return self._ask_work(partial(orders.find, key=key, generation=generation))

    def order_of_ticket(self, ticket: str) -> Sheet | None:
        """Return the work order of a ticket, by the helpdesk's number or id, or by our reference."""
        return self._ask_work(partial(orders.by_ticket, ticket=ticket))

    def linked_orders(self) -> list[Linked]:
        """Return the open work orders, and those that are over while their incident lasts."""
        return self._ask_work(orders.linked)

    def ended_orders(self, since: float) -> list[Linked]:
        """Return the work orders with a ticket that were over at or after `since`, the newest first."""
        return self._ask_work(partial(orders.ended_since, since=since))

    def orders_on(self, device: str) -> list[Linked]:
        """Return the open work orders about a device, or about a fault that explains one of it."""
        return self._ask_work(partial(orders.open_on, device=device))

    def linked_order(self, key: str, generation: int) -> Linked | None:
        """Return one work order with what the ledger says of it."""
        return self._ask_work(partial(orders.one_linked, key=key, generation=generation))

    def unordered(self) -> list[tuple[str, int, FaultKey, float, int]]:
        """Return (key, generation, root, first seen, reopened) of open incidents without a work order."""
        return self._ask_work(orders.unordered)

    def audit(self, key: str, generation: int) -> list[AuditEntry]:
        """Return who did what about one ticket, oldest first."""
        return self._ask_work(partial(orders.audit_of, key=key, generation=generation))

    def audit_log(self, most: int, before: float) -> list[AuditEntry]:
        """Return who did what before a moment, the newest first."""
        return self._ask_work(partial(orders.audit_log, most=most, before=before))

    def cause_labels(self) -> list[CauseLabel]:
        """Return every confirmed cause, oldest first."""
        return self._ask_work(orders.labels)

    def order_counts(self) -> OrderCounts:
        """Return the open work orders by state, and the clocks that ran out."""
        return self._ask_work(orders.in_numbers)

    def quiet(self, since: float, until: float) -> list[Window]:
        """Return the maintenance windows and silences that touch a range of time, oldest first."""
        return self._ask_work(partial(quiet.between, since=since, until=until))

    def references(self, device: str = "") -> list[Page]:
        """Return what cameras (or one) usually show: all epochs that are kept, oldest first."""
        return self._ask_work(partial(references.pages, device=device))

    def mqtt_queue(self, now: float) -> MessageQueue:
        """Return the MQTT outbox in numbers."""
        return self._ask_work(partial(messages.in_numbers, now=now))

    def picture(self, number: int) -> Evidence | None:
        """Return where a picture is, or None when it expired."""
        return self._ask_work(partial(evidence.find, number=number, folder=self._pictures))

    def pictures_of(self, device: str, most: int) -> list[Evidence]:
        """Return the newest evidence pictures of a device, oldest first."""
        ask = partial(evidence.of_device, device=device, most=most, folder=self._pictures)
        return self._ask_work(ask)
