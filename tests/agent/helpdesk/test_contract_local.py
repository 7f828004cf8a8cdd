from pathlib import Path

import pytest

from agent.helpdesk.base import HelpdeskUnsure
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.tickets import TicketState
from tests.agent.helpdesk.contract import Contract, Rig, Seen


class Lossy(LocalHelpdesk):
    """Does what it is asked, and loses the answer when told to."""

    lost = ""

    def create(self, draft):
        return self._answer("create", super().create(draft))

    def comment(self, ticket, text, *, once):
        return self._answer("comment", super().comment(ticket, text, once=once))

    def _answer(self, what, result):
        if self.lost == what:
            self.lost = ""
            raise HelpdeskUnsure("its answer was lost")
        return result


class LocalRig(Rig):
    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder
        self.file = Lossy(folder / "helpdesk.db", self.clock)

    def desk(self):
        return self.file

    def stranger(self):
        return None

    def is_linked(self, ticket, other):
        return self.file.ticket(int(ticket))[0].fields["follows"] == other

    def away(self):
        (self.folder / "bad.db").write_bytes(b"garbage" * 1000)
        return LocalHelpdesk(self.folder / "bad.db", self.clock)

    def lose(self, what):
        self.file.lost = what

    def decide(self, ticket, *, rejected=False):
        self.file.move(int(ticket), TicketState.CLOSED, who="li", text="no fault" if rejected else "done")

    def seen(self, ticket):
        found, steps = self.file.ticket(int(ticket))
        texts = [step.text for step in steps if step.file is None]
        files = [step.file.read_bytes() for step in steps if step.file]
        return Seen(found.subject, found.body, found.is_open, texts, files)

    def count(self, reference):
        return sum(ticket.reference == reference for ticket in self.file.tickets())


class TestLocal(Contract):
    @pytest.fixture
    def rig(self, tmp_path):
        return LocalRig(tmp_path)
