"""A helpdesk in memory that fails when it is told to; not a mock: it keeps tickets."""

from dataclasses import dataclass, field

from agent.helpdesk.base import Abilities, TicketRef


@dataclass
class FakeTicket:
    reference: str
    subject: str
    body: str
    visible_at: float
    state: str = "open"
    texts: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)


class FakeHelpdesk:
    """`errors`: raised one by one, each before (or, when `late`, after) the request was done."""

    name = "fake"

    def __init__(self, clock, abilities=None):
        self.abilities = abilities or Abilities()
        self.tickets = {}
        self.calls = []
        self.errors = []
        self.late = False
        self.clock = clock

    def _call(self, name, do):
        self.calls.append((name, self.clock()))
        error = self.errors.pop(0) if self.errors else None
        if error is not None and not self.late:
            raise error
        result = do()
        if error is not None:
            raise error
        return result

    def find(self, reference):
        def do():
            for number, ticket in self.tickets.items():
                if ticket.reference == reference and ticket.visible_at <= self.clock():
                    return TicketRef(number, reference, ticket.state == "open", ticket.state)
            return None

        return self._call("find", do)

    def get(self, ticket):
        found = self.tickets.get(ticket)
        return found and TicketRef(ticket, found.reference, found.state == "open", found.state)

    def create(self, draft):
        def do():
            number = str(len(self.tickets) + 1)
            lag = 0.0 if self.abilities.search_is_consistent else self.abilities.index_lag_seconds
            self.tickets[number] = FakeTicket(draft.reference, draft.subject, draft.body, self.clock() + lag)
            return number

        return self._call("create", do)

    def comment(self, ticket, text, *, once):
        self._call("comment", lambda: self.tickets[ticket].texts.append(text))

    def attach(self, ticket, attachment, *, once):
        self._call("attach", lambda: self.tickets[ticket].files.append(attachment.data))

    def resolve(self, ticket, text, *, once):
        self._call("resolve", lambda: self._set(ticket, "resolved", text))

    def reopen(self, ticket, text, *, once):
        self._call("reopen", lambda: self._set(ticket, "open", text))

    def _set(self, ticket, state, text):
        self.tickets[ticket].state = state
        self.tickets[ticket].texts.append(text)
