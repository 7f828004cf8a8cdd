"""A ticket with its pictures, clocks, re-test and history; read in a thread, as it asks databases."""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.helpdesk.base import HelpdeskError
from agent.helpdesk.tickets import Step, Ticket
from agent.service.show import sheet_row
from models.service.causes import CAUSES
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

MOST: Final = 500  # tickets in a list
FRESH_SECONDS: Final = 1.0
MOST_OF_DEVICE: Final = 20
MOST_ENDED: Final = 50
_REPAIR: Final = ("before", "still", "after")  # what stands side by side
_ORDER: Final = (*_REPAIR, "", "intact", "curve")
_ABOUT: Final = re.compile(r"-(before|intact|after|still|curve)\.\w+$")
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png"})


@dataclass(frozen=True, slots=True)
class Card:
    """One ticket in a list."""

    number: int
    subject: str
    severity: str
    state: str
    is_open: bool
    opened_at: float
    changed_at: float
    device: str
    key: str
    reference: str


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a ticket: its place in the history, when it came, and what it is called."""

    index: int
    at: float
    name: str

    @property
    def about(self) -> str:
        """What it shows: before, intact, after, still, curve; "" for one that somebody else attached."""
        told = _ABOUT.search(self.name)
        return told[1] if told else ""

    @property
    def is_of_repair(self) -> bool:
        """Whether it shows the fault, or what became of it."""
        return self.about in _REPAIR


@dataclass(frozen=True, slots=True)
class Whole:
    """A ticket as a page shows it. `order`: its work order as `siteward ticket --json` prints it, or None."""

    card: Card
    body: str
    fields: Mapping[str, str]
    history: tuple[Step, ...]
    shots: tuple[Shot, ...]
    order: Mapping[str, Any] | None = None
    causes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as it was read.

    `at`: monotonic; `numbers`: incident key -> number of its newest ticket; `ended`: those that are not open,
    the last to end first.
    """

    at: float
    cards: list[Card]
    numbers: dict[str, int]
    ended: list[Card]


NO_TICKETS: Final = Listed(float("-inf"), [], {}, [])


class Tickets:
    """Tickets of the local helpdesk: its own, or the record of those that went to another one."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._lock = threading.Lock()
        self._kept: dict[bool, Listed] = {}

    def listed(self, *, only_open: bool) -> list[Card]:
        """Return the newest tickets, newest first; at most a moment old, read once for all who ask.

        Raises:
            HelpdeskError: they cannot be read.
        """
        return self.read(only_open=only_open).cards

    def known(self, *, only_open: bool = False) -> Listed | None:
        """Return what was read within the last second, None where it has to be read; waits for nothing."""
        kept = self._kept.get(only_open)
        now = self._agent.clocks.monotonic()
        return kept if kept is not None and now - kept.at < FRESH_SECONDS else None

    def of_device(self, device: str) -> list[Card]:
        """Return the newest tickets of a device."""
        found = [one for one in self.listed(only_open=False) if one.device == device]
        return found[:MOST_OF_DEVICE]

    def numbers(self) -> dict[str, int]:
        """Return incident key -> number of its newest ticket."""
        return self.read().numbers

    def read(self, *, only_open: bool = False) -> Listed:
        """Return the newest tickets with what is made of them; as `listed`."""
        with self._lock:
            kept = self.known(only_open=only_open)
            if kept is None:
                at = self._agent.clocks.monotonic()
                found = self._agent.local_helpdesk.tickets(only_open=only_open, limit=MOST)
                kept = self._kept[only_open] = _kept(at, [_card(one) for one in found])
        return kept

    def whole(self, number: int, lang: Lang) -> Whole | None:
        """Return one ticket, None when there is none.

        Raises:
            HelpdeskError: it cannot be read.
        """
        found = self._agent.local_helpdesk.ticket(number)
        if found is None:
            return None
        ticket, history = found
        store, terms = self._agent.store, self._agent.service.terms
        sheet = store.order_of_ticket(ticket.reference)
        order = None
        if sheet is not None:
            lines = store.audit(sheet.order.key, sheet.order.generation)
            order = sheet_row(sheet, lines, terms, self._agent.clocks.wall())
        causes = {code: cause.name.of(lang) for code, cause in CAUSES.items()}
        return Whole(
            _card(ticket), ticket.body, ticket.fields, tuple(history), _shots(history), order, causes
        )

    def file(self, number: int, index: int) -> Path | None:
        """Return a file that hangs on a ticket, by its place in the history; None where there is none."""
        try:
            found = self._agent.local_helpdesk.ticket(number)
        except HelpdeskError:
            return None
        if found is None or not 0 <= index < len(found[1]):
            return None
        file = found[1][index].file
        return Path(file) if file and Path(file).suffix.lower() in _PICTURES else None


def _kept(at: float, cards: list[Card]) -> Listed:
    numbers: dict[str, int] = {}
    for one in cards:
        numbers.setdefault(one.key, one.number)
    ended = sorted((one for one in cards if not one.is_open), key=lambda one: -one.changed_at)
    return Listed(at, cards, numbers, ended[:MOST_ENDED])


def _card(ticket: Ticket) -> Card:
    return Card(
        ticket.number,
        ticket.subject,
        ticket.severity,
        ticket.state.value,
        ticket.is_open,
        ticket.opened_at,
        ticket.changed_at,
        ticket.fields.get("device", ""),
        ticket.key,
        ticket.reference,
    )


def _shots(history: Sequence[Step]) -> tuple[Shot, ...]:
    shots = (
        Shot(index, step.at, step.text or Path(step.file).name)
        for index, step in enumerate(history)
        if step.file and Path(step.file).suffix.lower() in _PICTURES
    )
    return tuple(sorted(shots, key=lambda shot: _ORDER.index(shot.about)))
