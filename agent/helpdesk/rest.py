"""The steps that the helpdesks behind a REST interface share: what is said once, and who may reopen what.

    resolve   open ──▶ text + close ──▶ read back      closed ──▶ text only: somebody decided already
    reopen    closed ──▶ open ──▶ read back, text      turned down ("won't do") ──▶ text only

Every text and every file carries a short mark of its request. So a request whose answer was lost is
recognised when it is made again, and nothing is said twice.
"""

import html
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePath
from typing import Any, ClassVar

from agent.check import Check
from agent.helpdesk.base import (
    Abilities,
    Attachment,
    Draft,
    HelpdeskRefused,
    HelpdeskUnsure,
    TicketRef,
)
from agent.helpdesk.http import Answer, Http
from agent.helpdesk.marks import ascii_name, digest, mark
from agent.helpdesk.preflight import Look, steps


class RestDesk(ABC):
    """A helpdesk behind REST, told by its adapter how each step is done there.

    Attributes:
        max_text: characters of a comment or a body, 0 for no limit.
        close_speaks: closing takes the text with it, so that no comment is needed.
        mute: states (lower case) in which a ticket takes no comment.
    """

    name: str
    max_text: ClassVar[int] = 0
    close_speaks: ClassVar[bool] = False
    mute: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, http: Http, abilities: Abilities, *, turned_down: Iterable[str] = ()) -> None:
        self.abilities = replace(abilities, can_edit=self._has("_edit"), can_link=self._has("_link"))
        self._http = http
        self._turned_down = frozenset(state.casefold() for state in turned_down)

    def comment(self, ticket: str, text: str, *, once: str) -> None:
        """Add a comment, unless this very one is there."""
        word = mark(once)
        if not any(word in said for said in self._said(ticket)):
            self._say(ticket, marked(text, word, self.max_text))

    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None:
        """Add a file under a name of its own, unless it is there."""
        path = PurePath(ascii_name(attachment.name))
        name = f"{path.stem}-{digest(once)}{path.suffix}"
        if name not in self._files(ticket):
            self._upload(ticket, replace(attachment, name=name))

    def resolve(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is gone; a ticket that a person resolved or closed stays as it is."""
        found = self._existing(ticket)
        if found.is_open:
            if not self.close_speaks:
                self.comment(ticket, text, once=once)
            self._close(found, marked(text, mark(once), self.max_text))
            self._must(ticket, is_open=False)
        elif found.state.casefold() not in self.mute:
            self.comment(ticket, text, once=once)

    def reopen(self, ticket: str, text: str, *, once: str) -> None:
        """Say that the fault is back; a ticket that is open, or that a person turned down, stays as it is."""
        found = self._existing(ticket)
        if not found.is_open and found.state.casefold() not in self._turned_down:
            self._reopen(found)
            self._must(ticket, is_open=True)
        elif found.state.casefold() in self.mute:
            raise HelpdeskRefused(f"ticket {ticket} is {found.state} and takes no comment any more")
        self.comment(ticket, text, once=once)

    def edit(self, ticket: str, draft: Draft) -> None:
        """Give a ticket the subject and priority of a draft."""
        self._edit(ticket, draft)

    def link(self, ticket: str, other: str) -> None:
        """Link a ticket with an older one that it follows."""
        self._link(ticket, other)

    def preflight(self) -> list[Check]:
        """Look whether tickets can be made as they should, without making one; raises nothing."""
        return steps(*self._looks())

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def _has(self, step: str) -> bool:
        """Whether the adapter knows how to do a step that not every helpdesk has."""
        return getattr(type(self), step) is not getattr(RestDesk, step)

    def _existing(self, ticket: str) -> TicketRef:
        found = self.get(ticket)
        if found is None:
            raise HelpdeskRefused(f"there is no ticket {ticket}")
        return found

    def _must(self, ticket: str, *, is_open: bool) -> None:
        """Read a ticket back: more than one helpdesk says "done" and leaves it as it was."""
        now = self._existing(ticket)
        if now.is_open != is_open:
            wanted = "open" if is_open else "closed"
            raise HelpdeskRefused(f"ticket {ticket} stays {now.state}: may this user make it {wanted}?")

    # ------------------------------------------------------------ what an adapter knows

    @abstractmethod
    def find(self, reference: str) -> TicketRef | None:
        """Return the ticket made with this reference, open or not."""

    @abstractmethod
    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its id, None where there is no such ticket."""

    @abstractmethod
    def create(self, draft: Draft) -> str:
        """Make a ticket and return its id."""

    @abstractmethod
    def _said(self, ticket: str) -> Iterable[str]:
        """Return the texts of a ticket."""

    @abstractmethod
    def _files(self, ticket: str) -> Iterable[str]:
        """Return the names of a ticket's files."""

    @abstractmethod
    def _say(self, ticket: str, text: str) -> None: ...

    @abstractmethod
    def _upload(self, ticket: str, attachment: Attachment) -> None: ...

    @abstractmethod
    def _close(self, found: TicketRef, text: str) -> None: ...

    @abstractmethod
    def _reopen(self, found: TicketRef) -> None: ...

    def _edit(self, ticket: str, draft: Draft) -> None:
        raise HelpdeskRefused(f"{self.name} cannot change ticket {ticket}: {draft.subject}")

    def _link(self, ticket: str, other: str) -> None:
        raise HelpdeskRefused(f"{self.name} cannot link {ticket} with {other}")

    @abstractmethod
    def _looks(self) -> Iterable[Look]:
        """Return what preflight looks at, the most basic first."""


def marked(text: str, word: str, limit: int = 0) -> str:
    """Return a text with its mark below, cut so that both fit."""
    tail = f"\n\n[{word}]"
    return cut(text, limit - len(tail) if limit else 0) + tail


def cut(text: str, limit: int) -> str:
    """Return a text that is not longer than `limit` characters (0: as it is)."""
    return text if not limit or len(text) <= limit else text[: limit - 1] + "…"


def as_html(text: str) -> str:
    """Return a text as HTML in which nothing of it is markup."""
    return html.escape(text).replace("\n", "<br>\n")


def dig(answer: Answer, *steps: str | int) -> Any:
    """Return a part of a JSON answer.

    Raises:
        HelpdeskUnsure: it is not there; whatever was asked may have been done.
    """
    part = answer.json()
    for step in steps:
        try:
            part = part[step]
        except (KeyError, IndexError, TypeError):
            path = ".".join(map(str, steps))
            raise HelpdeskUnsure(f"{answer.host} answered {answer.status} without {path}") from None
    return part


def rows(value: Any) -> list[dict[str, Any]]:
    """Return the records of a list, whatever else stands in it."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def number(ticket: str) -> int:
    """Return the number of a ticket where the helpdesk has numbers.

    Raises:
        HelpdeskRefused: it is none, as when the ledger comes from another helpdesk.
    """
    if not (ticket.isascii() and ticket.isdecimal()):
        raise HelpdeskRefused(f"{ticket!r} is no ticket number here")
    return int(ticket)
