"""Work orders over a real store and a real local helpdesk, driven by hand; the clock stands still until moved."""

from collections.abc import Iterable

from agent.helpdesk import intents
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.tickets import TicketState
from agent.helpdesk.worker import HelpdeskWorker
from agent.service.clocks import Timekeeper
from agent.service.config import ServiceConfig
from agent.service.poll import Poll
from agent.service.retest import Retests
from agent.service.terms import Terms
from agent.service.workorder import Orders
from agent.store import Store
from models.facts import Device, Ending, FaultKey, Finding, Health, Incident, Kind, Phase, Verdict
from models.faults import FAULTS
from models.service.workorder import Order

T0 = 1_760_000_000.0
HOUR = 3600.0
KEY = "site/cam-1/-/REACH_LOST"
ROOT = FaultKey("cam-1", "", "REACH_LOST")
DEVICE = Device("cam-1", Kind.CAMERA, "127.9.0.1", onvif_port=80)


class Desk:
    """One life of what keeps the orders; `again` is the next one over the same files, after a kill."""

    def __init__(self, folder, *, at=T0, policies=None, **service):
        self.folder, self.at, self.given = folder, at, service
        self.store = Store.open(folder / "siteward.db")
        self.local = LocalHelpdesk(folder / "helpdesk.db", lambda: self.at)
        self.worker = HelpdeskWorker(self.store, self.local, clock=lambda: self.at)
        config = ServiceConfig(**{"poll": 10, "retest_patience": 60, **service})
        self.terms = Terms.of(config, {DEVICE.id: DEVICE}.get, policies=policies)
        self.orders = Orders(self.store, self.terms)
        self.poll = Poll(self.store, self.local, self.orders, 10)
        self.keeper = Timekeeper(self.orders, self.terms)
        self.seen: dict[FaultKey, Finding] = {}
        self.asked: list[float] = []
        self.missing: list[str] = []
        self.released: list[str] = []
        self.pictures: list[float] = []
        self.retests = Retests(
            self.orders,
            findings=lambda device: [f for f in self.seen.values() if f.key.device == device],
            ask_now=lambda _device: self.asked.append(self.at),
            answered_since=lambda _device, _at: True,
            missing=lambda _device: self.missing,
            release=self.released.append,
            picture=self._picture,
        )

    def _picture(self, _root, since) -> None:
        self.pictures.append(since)

    def again(self) -> "Desk":
        self.close()
        return Desk(self.folder, at=self.at, **self.given)

    def close(self) -> None:
        self.store.close()
        self.local.close()

    # ------------------------------------------------------------ what happens at the site

    def opens(self, root: FaultKey = ROOT) -> None:
        finding = Finding(root, Phase.OPEN, self.at, self.at)
        incident = Incident(f"site/{root}", finding, opened_at=self.at)
        make = intents.create(incident.key, self.at, subject="lost", body="…")
        self.store.commit_incidents(opened=[incident], intents=[make])

    def ends(self, root: FaultKey = ROOT, *, ending=Ending.RECOVERED, resolve=True) -> None:
        finding = Finding(root, Phase.OK, self.at)
        incident = Incident(f"site/{root}", finding, opened_at=self.at, closed_at=self.at, ending=ending)
        todo = [intents.resolve(incident.key, self.at, "over")] if resolve else []
        self.store.commit_incidents(closed=[incident], intents=todo)

    def returns(self, root: FaultKey = ROOT) -> None:
        incident = Incident(f"site/{root}", Finding(root, Phase.OPEN, self.at, self.at), opened_at=self.at)
        again = intents.reopen(incident.key, self.at, "again")
        self.store.commit_incidents(reopened=[incident], intents=[again])

    def sees(self, *, bad: Iterable[str] = (), good: Iterable[str] = (), unknown: Iterable[str] = ()) -> None:
        """Let the watch have fresh opinions on faults of the device."""
        told = {Health.BAD: bad, Health.GOOD: good, Health.UNKNOWN: unknown}
        phases = {Health.BAD: Phase.OPEN, Health.GOOD: Phase.OK, Health.UNKNOWN: Phase.UNKNOWN}
        for health, codes in told.items():
            for code in codes:
                key = FaultKey(DEVICE.id, "", code)
                verdict = Verdict(DEVICE.id, FAULTS[code], health, at=self.at)
                self.seen[key] = Finding(key, phases[health], self.at, verdict=verdict)

    async def passes(self, seconds: float, *, step: float = 1.0, good=(), bad=(), unknown=()) -> None:
        """Let time pass; the device is looked at every second or so."""
        for _ in range(round(seconds / step)):
            self.at += step
            self.sees(good=good, bad=bad, unknown=unknown)
            await self.step()

    async def step(self) -> None:
        linked = self.orders.reconcile(self.at)
        self.keeper.step(linked, self.at)
        await self.retests.step(linked, self.at)
        while self.worker.step(self.at):
            pass
        self.poll.step(self.at)

    async def registered(self) -> "Desk":
        """Open a fault and let its ticket be made."""
        self.opens()
        await self.step()
        await self.step()
        return self

    # ------------------------------------------------------------ what became of it

    @property
    def order(self) -> Order:
        return self.store.order(KEY).order

    @property
    def state(self) -> str:
        return self.order.state.value

    def ticket(self):
        return self.local.ticket(1)[0]

    def texts(self) -> list[str]:
        return [step.text for step in self.local.ticket(1)[1] if step.text]

    def audit(self) -> list[str]:
        return [line.what for line in self.store.audit(KEY, self.order.generation)]

    def person(self, state: TicketState, text="done") -> None:
        self.local.move(1, state, who="Li", text=text)

    def clocks(self) -> dict[str, float | None]:
        """Return name -> when it was stopped, in seconds after the beginning."""
        stops = {c.name.value: c.stopped_at for c in self.store.order(KEY).clocks}
        return {name: None if at is None else at - T0 for name, at in stops.items()}
