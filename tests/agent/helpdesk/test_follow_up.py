"""What comes again after its window names and links the older ticket; what was foreseen is renamed when it comes."""

from datetime import UTC

import pytest

from agent.batch import Builder
from agent.helpdesk import intents
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.worker import HelpdeskWorker
from agent.store import Store
from agent.store.records import Deed
from models.facts import Ending, FaultKey, Finding, Incident, Phase
from models.ticket_setting import Setting
from models.watch import Changes
from tests.agent.store.made import T0

KEY = FaultKey("cam-1", "", "REACH_LOST")
NAME = f"site/{KEY}"


class Desk:
    """A store, the local helpdesk and its worker; the clock moves by hand."""

    def __init__(self, folder):
        self.now = T0
        self.store = Store.open(folder / "siteward.db")
        self.desk = LocalHelpdesk(folder / "helpdesk.db", lambda: self.now)
        self.worker = HelpdeskWorker(self.store, self.desk, clock=lambda: self.now)

    def tell(self, *, opened=(), closed=(), repeat_seconds=100.0):
        builder = Builder(
            Setting("Site", {}, "en", UTC), None, None,
            known=self.store.incident, keep=lambda _: None, now=self.now, repeat_seconds=repeat_seconds,
        )  # fmt: skip
        batch = builder.build([Changes(opened=tuple(opened), closed=tuple(closed))], {})
        self.store.commit_incidents(
            opened=batch.net.opened.values(), reopened=batch.net.reopened.values(),
            closed=batch.net.closed.values(), intents=batch.intents,
        )  # fmt: skip
        while self.worker.step(self.now):
            pass
        return [intent.deed for intent in batch.intents]

    def tickets(self):
        return self.desk.tickets()[::-1]


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    yield made
    made.store.close()
    made.desk.close()


def lost(desk):
    return Incident(NAME, Finding(KEY, Phase.OPEN, desk.now, desk.now), opened_at=desk.now)


def back(desk):
    root = Finding(KEY, Phase.OK, desk.now)
    return Incident(NAME, root, opened_at=desk.now - 10, closed_at=desk.now, ending=Ending.RECOVERED)


def once(desk):
    desk.tell(opened=[lost(desk)])
    desk.now += 10
    desk.tell(closed=[back(desk)])


def test_after_the_window_a_new_ticket_names_the_old_one_and_is_linked_with_it(desk):
    once(desk)
    desk.now += 1000
    assert desk.tell(opened=[lost(desk)]) == [Deed.CREATE, Deed.LINK]
    old, new = desk.tickets()
    assert f"had ticket {old.number}" in new.body
    assert new.fields["follows"] == str(old.number)
    assert "had ticket" not in old.body


def test_within_the_window_the_ticket_goes_on_and_nothing_is_linked(desk):
    once(desk)
    desk.now += 50
    assert desk.tell(opened=[lost(desk)]) == [Deed.REOPEN]
    (ticket,) = desk.tickets()
    assert ticket.is_open


def test_a_link_that_is_refused_holds_nothing_up(desk):
    once(desk)
    desk.now += 1000
    desk.store.commit_incidents(
        opened=[lost(desk)],
        intents=[
            intents.create(NAME, desk.now, subject="lost", body="b"),
            intents.link(NAME, desk.now, ticket="no number"),
            intents.comment(NAME, desk.now, "still"),
        ],
    )
    desk.desk.link = lambda *_: (_ for _ in ()).throw(_refused())
    while desk.worker.step(desk.now):
        pass
    stats = desk.worker.stats(desk.now)
    assert (stats.pending, stats.dead) == (0, 0)


def _refused():
    from agent.helpdesk.base import HelpdeskRefused

    return HelpdeskRefused("no such right")


def test_a_ticket_that_goes_on_takes_the_subject_and_the_severity_of_what_came(desk):
    foreseen = FaultKey("cam-1", "lens", "PREDICTED")
    before = Incident(f"site/{foreseen}", Finding(foreseen, Phase.OPEN, T0, T0), opened_at=T0)
    desk.store.commit_incidents(
        opened=[before],
        intents=[intents.create(before.key, T0, subject="expected to fail", body="b", severity="S4")],
    )
    while desk.worker.step(desk.now):
        pass
    came = Incident(NAME, Finding(KEY, Phase.OPEN, T0, T0), opened_at=T0, goes_on_from=before.key)
    desk.tell(opened=[came])
    (ticket,) = desk.tickets()
    assert ticket.severity == "S3"
    assert "expected" not in ticket.subject
    assert "cam-1" in ticket.subject
