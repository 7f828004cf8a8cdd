"""Predictions through pipeline, ledger and helpdesk: one ticket for what is expected and what then comes."""

import pytest

from agent.helpdesk.worker import HelpdeskWorker
from agent.service.config import ServiceConfig
from agent.service.terms import Terms
from agent.service.workorder import Orders
from models.facts import Prediction
from models.service.workorder import State
from tests.agent.helpdesk.fake import FakeHelpdesk
from tests.agent.helpdesk.test_worker import drain
from tests.agent.pipeline_rig import CAMERA, T0, Rig, black, bright

KEY, FAULT = "site/cam-1/ir_light/PREDICTED", "site/cam-1/main/IMG_BLACK"
IR = Prediction("cam-1", "", "ir_light", ("IMG_BLACK",), T0, grade="A", model="ir 1")


class Site:
    """A pipeline, its work orders and a helpdesk."""

    def __init__(self, folder):
        self.rig = Rig(folder)
        self.desk = FakeHelpdesk(lambda: self.rig.at)

    @property
    def orders(self):
        terms = Terms.of(ServiceConfig(profile="warranty-strict"), {"cam-1": CAMERA}.get)
        return Orders(self.rig.store, terms)

    @property
    def now(self):
        return self.rig.at

    @now.setter
    def now(self, at):
        self.rig.at = at

    async def live(self, *predictions, seconds=30.0, see=bright, carry=True):
        self.rig.pipeline.predict(predictions, self.rig.at)
        await self.rig.poll(seconds, see())
        self.orders.reconcile(self.rig.at)
        if carry:
            worker = HelpdeskWorker(self.rig.store, self.desk, clock=lambda: self.rig.at, jitter=lambda: 1.0)
            drain(worker, self)
            self.orders.reconcile(self.rig.at)

    def order(self, key):
        return self.rig.store.order(key).order


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    yield site
    site.rig.store.close()


async def test_a_prediction_is_a_ticket_without_a_clock(site):
    await site.live(IR)
    assert [ticket.subject[:4] for ticket in site.desk.tickets.values()] == ["[S4]"]
    assert site.rig.store.order(KEY).clocks == ()
    assert site.order(KEY).state is State.REGISTERED


async def test_the_fault_goes_on_in_the_ticket_of_its_prediction(site):
    await site.live(IR)
    await site.live(IR, seconds=300, see=black)
    (ticket,) = site.desk.tickets.values()
    assert ticket.state == "open"
    assert "What was expected has come" in ticket.texts[0]
    assert (site.order(KEY).state, site.order(FAULT).state) == (State.CANCELLED, State.REGISTERED)
    assert site.rig.store.order(FAULT).clocks
    await site.live(seconds=300)
    assert site.desk.tickets["1"].state != "open"
    assert len(site.desk.tickets) == 1


async def test_it_does_so_too_where_the_helpdesk_was_down_all_the_time(site):
    await site.live(IR, carry=False)
    await site.live(IR, seconds=300, see=black, carry=False)
    await site.live(seconds=300)
    assert len(site.desk.tickets) == 1
    assert site.desk.tickets["1"].state != "open"


async def test_a_prediction_that_is_lifted_resolves_its_ticket(site):
    await site.live(IR)
    await site.live()
    (ticket,) = site.desk.tickets.values()
    assert ticket.state != "open"
    assert "No longer expected" in ticket.texts[-1]
    assert site.order(KEY).state is State.CANCELLED


async def test_a_prediction_survives_kill_nine(site):
    await site.live(IR)
    site.rig = site.rig.again()
    await site.live(IR)
    assert len(site.desk.tickets) == 1
    assert site.rig.store.incident(KEY).is_open
