"""Two helpdesks as one: a record beside the true one, and e-mail for what a create-only one cannot do."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Protocol

from agent.check import Check
from agent.helpdesk.base import Abilities, Attachment, Draft, Helpdesk, HelpdeskError, TicketRef
from agent.helpdesk.local import LocalHelpdesk

log = logging.getLogger(__name__)

TICKET_FIELD: Final = "ticket"  # in the record: the number of the true ticket


class _Replies(Protocol):
    def comment(self, ticket: str, text: str, *, once: str) -> None: ...
    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None: ...
    def preflight(self) -> list[Check]: ...
    def close(self) -> None: ...


class Recorded:
    """A helpdesk with the local one as its record: `siteward tickets` shows what was asked of it.

    The true one decides: a text that it did not take is not in the record, and a record that fails holds
    nothing up. A ticket without a number in its field `ticket` is one that the true one did not take so far.
    """

    def __init__(self, true: Helpdesk, record: LocalHelpdesk) -> None:
        self.name = true.name
        self.abilities = true.abilities
        self._true = true
        self._record = record

    def find(self, reference: str) -> TicketRef | None:
        """Ask the true one."""
        found = self._true.find(reference)
        if found is not None:
            self._note(lambda: self._link(Draft(reference, reference, reference, ""), found.id))
        return found

    def get(self, ticket: str) -> TicketRef | None:
        """Ask the true one."""
        return self._true.get(ticket)

    def create(self, draft: Draft) -> str:
        """Register the ticket in the record, then make it, then note its number."""
        self._note(lambda: self._recorded(draft))
        ticket = self._true.create(draft)
        self._note(lambda: self._link(draft, ticket))
        return ticket

    def comment(self, ticket: str, text: str, *, once: str) -> None:
        """Do it in both."""
        self._true.comment(ticket, text, once=once)
        self._also(ticket, lambda number: self._record.comment(number, text, once=once))

    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None:
        """Do it in both."""
        self._true.attach(ticket, attachment, once=once)
        self._also(ticket, lambda number: self._record.attach(number, attachment, once=once))

    def resolve(self, ticket: str, text: str, *, once: str) -> None:
        """Do it in both."""
        self._true.resolve(ticket, text, once=once)
        self._also(ticket, lambda number: self._record.resolve(number, text, once=once))

    def reopen(self, ticket: str, text: str, *, once: str) -> None:
        """Do it in both."""
        self._true.reopen(ticket, text, once=once)
        self._also(ticket, lambda number: self._record.reopen(number, text, once=once))

    def edit(self, ticket: str, draft: Draft) -> None:
        """Do it in both."""
        self._true.edit(ticket, draft)
        self._also(ticket, lambda number: self._record.edit(number, draft))

    def link(self, ticket: str, other: str) -> None:
        """Do it in both."""
        self._true.link(ticket, other)
        self._also(ticket, lambda number: self._record.link(number, other))

    def preflight(self) -> list[Check]:
        """Look at both."""
        return [*self._true.preflight(), *self._record.preflight()]

    def close(self) -> None:
        """Close both."""
        self._true.close()
        self._record.close()

    def _recorded(self, draft: Draft) -> str:
        found = self._record.find(draft.reference)
        return found.id if found else self._record.create(draft)

    def _link(self, draft: Draft, ticket: str) -> None:
        self._record.set_field(self._recorded(draft), TICKET_FIELD, ticket)

    def _also(self, ticket: str, do: Callable[[str], None]) -> None:
        def both() -> None:
            number = self._record.by_field(TICKET_FIELD, ticket)
            if number:
                do(number)

        self._note(both)

    def _note(self, do: Callable[[], object]) -> None:
        try:
            do()
        except HelpdeskError as err:
            log.warning("the ticket is not in the local record: %s", err)


class WithMail:
    """A helpdesk that only takes new tickets, and e-mail that speaks of them further.

    The mails carry the ticket's number as that helpdesk writes it in subjects: its mailbox files them so.
    """

    def __init__(self, true: Helpdesk, mail: _Replies, mail_abilities: Abilities) -> None:
        self.name = true.name
        own = true.abilities
        self.abilities = replace(
            own,
            can_update=True,
            can_attach=own.can_attach or mail_abilities.can_attach,
            max_attachment=own.max_attachment if own.can_attach else mail_abilities.max_attachment,
        )
        self._true = true
        self._mail = mail

    def find(self, reference: str) -> TicketRef | None:
        """Ask the true one."""
        return self._true.find(reference)

    def get(self, ticket: str) -> TicketRef | None:
        """Ask the true one."""
        return self._true.get(ticket)

    def create(self, draft: Draft) -> str:
        """Ask the true one."""
        return self._true.create(draft)

    def comment(self, ticket: str, text: str, *, once: str) -> None:
        """Add a comment, or mail it."""
        able = self._true if self._true.abilities.can_update else self._mail
        able.comment(ticket, text, once=once)

    def attach(self, ticket: str, attachment: Attachment, *, once: str) -> None:
        """Add a file, or mail it."""
        able = self._true if self._true.abilities.can_attach else self._mail
        able.attach(ticket, attachment, once=once)

    def resolve(self, ticket: str, text: str, *, once: str) -> None:
        """Resolve, or say so."""
        self._true.resolve(ticket, text, once=once)

    def reopen(self, ticket: str, text: str, *, once: str) -> None:
        """Reopen, or say so."""
        self._true.reopen(ticket, text, once=once)

    def edit(self, ticket: str, draft: Draft) -> None:
        """Ask the true one."""
        self._true.edit(ticket, draft)

    def link(self, ticket: str, other: str) -> None:
        """Ask the true one."""
        self._true.link(ticket, other)

    def preflight(self) -> list[Check]:
        """Look at both."""
        return [*self._true.preflight(), *self._mail.preflight()]

    def close(self) -> None:
        """Close both."""
        self._true.close()
        self._mail.close()
