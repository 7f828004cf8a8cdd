"""What a helpdesk is to the agent, and the ways it may fail.

HelpdeskError
├── HelpdeskDown      it did not take the request: nothing happened there, try again
│   └── HelpdeskBusy  it said when
├── HelpdeskUnsure    the answer was lost: it may have happened all the same
└── HelpdeskRefused   it will never take this as it is: a person must look
    └── HelpdeskDenied  it lets us in no more: all that waits goes on waiting until the login is mended

An adapter raises nothing else on purpose, never retries by itself, and puts no secret into a message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from agent.check import Check


class HelpdeskError(Exception):
    """A helpdesk did not do what it was asked; the message says what, in one sentence."""


class HelpdeskDown(HelpdeskError):
    """It was not reached, or did not take the request; nothing happened there."""


class HelpdeskBusy(HelpdeskDown):
    """It took no request and said when to come again."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class HelpdeskUnsure(HelpdeskError):
    """Nobody knows whether the request was done: its answer did not arrive."""


class HelpdeskRefused(HelpdeskError):
    """It will not take this request, however often it is asked."""


class HelpdeskDenied(HelpdeskRefused):
    """It does not let us in: the login is wrong or expired. Nothing happened there."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a helpdesk can do; the worker makes do with less.

    Attributes:
        can_search_key: `find` works.
        search_is_consistent: a ticket is found at once; otherwise only after `index_lag_seconds`.
        can_update: comments can be added.
        can_close: `resolve` works; otherwise it becomes a comment.
        can_reopen: `reopen` works; otherwise it becomes a comment.
        can_edit: a ticket's subject and priority can be changed.
        can_link: tickets can be linked with one another.
        can_attach: pictures can be attached.
        max_attachment: bytes, 0 for no limit.
        max_subject: characters, 0 for no limit.
        idempotent_create: a second create of the same reference makes no second ticket.
    """

    can_search_key: bool = True
    search_is_consistent: bool = True
    index_lag_seconds: float = 0.0
    can_update: bool = True
    can_close: bool = True
    can_reopen: bool = True
    can_edit: bool = False
    can_link: bool = False
    can_attach: bool = True
    max_attachment: int = 0
    max_subject: int = 0
    idempotent_create: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket to be made. `reference` (LedgerEntry.reference) is kept in it, so that it can be found."""

    reference: str
    key: str
    subject: str
    body: str
    severity: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)  # site, device, part, fault, …


@dataclass(frozen=True, slots=True)
class TicketRef:
    """A ticket as the helpdesk has it: its own number or id, and whether it is still worked on."""

    id: str
    reference: str
    is_open: bool
    state: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file to be attached."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


class Helpdesk(Protocol):
    """A helpdesk. Each method raises HelpdeskError.

    `once` names one request: an adapter that can tell it was done already does nothing and is content.
    """

    name: str
    abilities: Abilities

    def find(self, reference: str) -> TicketRef | None:
        """Return the ticket made with this reference, open or not."""
        ...

    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its id, None where there is no such ticket."""
        ...

    def create(self, draft: Draft) -> str:
        """Make a ticket and return its id."""
        ...

    def comment(self, ticket: str, text: str, *, once: str) -> None:
        """Add a comment."""
        ...

    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None:
        """Add a file."""
        ...

    def resolve(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is gone; a ticket that a person resolved or closed stays as it is."""
        ...

    def reopen(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is back; a ticket that is open stays as it is."""
        ...

    def edit(self, ticket: str, draft: Draft) -> None:
        """Give a ticket the subject and priority of a draft; only asked for where `can_edit`."""
        ...

    def link(self, ticket: str, other: str) -> None:
        """Link a ticket with an older one that it follows; only asked for where `can_link`."""
        ...

    def preflight(self) -> Sequence[Check]:
        """Look whether tickets can be made as they should, without making one; raises nothing.

        Reached, let in, allowed; the fields that carry the reference are there and can be read; and as far as
        the helpdesk offers it, a dry run.
        """
        ...

    def close(self) -> None:
        """Let connections and files go; a later call takes them up anew."""
        ...
