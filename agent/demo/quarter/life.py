"""One life of the agent in simulated time: the real pipeline, store, helpdesk, work orders and re-tests.

Only the collectors and the clock are not real: reports come from the fleet, and time passes when told.
"""

from datetime import datetime
from typing import Final

from agent.config import SiteConfig
from agent.demo.quarter.fleet import Fleet
from agent.files import HELPDESK_FILE, SERVICE_FILE, STORE_FILE
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.worker import HelpdeskWorker
from agent.pipeline import Manner, Pipeline
from agent.run import Clocks
from agent.service.book import Book
from agent.service.clocks import Timekeeper
from agent.service.poll import Poll
from agent.service.retest import Retests
from agent.service.terms import Terms
from agent.service.workorder import Orders
from agent.sinks.messages import Envelope
from agent.snapshot import Snapshot
from agent.store import Store, StoreSettings
from models.facts import Device
from models.watch import Watch

COLLECTORS: Final = ("reach", "onvif_clock", "onvif_identity", "snmp_health", "snmp_ups", "stream")
COARSE_SECONDS: Final = 3600.0
VERSION: Final = "story"


class Life:
    """The agent from one start to one stop.

    Args:
        config: the site's.
        fleet: what there is to see.
        at: when it starts.
        coarse: seconds between two checks where nothing happens.
    """

    def __init__(
        self, config: SiteConfig, fleet: Fleet, at: float, *, coarse: float = COARSE_SECONDS
    ) -> None:
        self.coarse = coarse
        self.config, self.fleet, self.at = config, fleet, at
        self.reports = 0
        folder = config.state_dir
        folder.mkdir(parents=True, exist_ok=True)
        offset = _utc_offset(config, at)
        gaps = dict.fromkeys(COLLECTORS, coarse * 2.5)
        self.store = Store.open(folder / STORE_FILE, StoreSettings(gaps=gaps, day_offset=offset))
        run = self.store.begin_run(at, VERSION)
        self.book = Book(folder / SERVICE_FILE)
        self.local = LocalHelpdesk(folder / HELPDESK_FILE, lambda: self.at)
        self.worker = HelpdeskWorker(self.store, self.local, clock=lambda: self.at)
        self._by_id = {device.id: device for device in fleet.devices}
        self.terms = Terms.of(config.service, self._by_id.get, lang=config.language, zone=config.zone)
        self.orders = Orders(self.store, self.terms)
        self._poll = Poll(self.store, self.local, self.orders, 60.0)
        self._keeper = Timekeeper(self.orders, self.terms)
        self.snapshot = Snapshot()
        self.watch = Watch(config.site, fleet.devices, stale_after=lambda _: coarse * 3, baseline_samples=5)
        self.watch.restore(self.store.load_states())
        manner = Manner(
            site_name=config.name or config.site, language=config.language, zone=config.zone, publish=False,
            keep_pictures=True, pictures_seconds=365 * 86400.0,
        )  # fmt: skip
        clocks = Clocks(lambda: self.at, lambda: self.at)
        self.pipeline = Pipeline(
            self.watch, self.snapshot, self.store, Envelope(config.site, run.boot), manner, clocks=clocks
        )
        self.pipeline.set_devices(fleet.devices)
        self._asked: set[str] = set()
        self._retests = Retests(
            self.orders,
            findings=self.watch.findings,
            ask_now=self._asked.add,
            answered_since=self._answered_since,
            missing=lambda _device: [],
            release=lambda _device: None,
            picture=self.pipeline.keep_picture,
        )

    @property
    def wants_haste(self) -> bool:
        """Whether a re-test is under way: its rounds are seconds apart."""
        return any(one.sheet.trial is not None for one in self.store.linked_orders())

    async def step(self, at: float) -> None:
        """Let time pass to a moment: every device is asked, and all that follows is done."""
        self.at = at
        for device in self.fleet.devices:
            self._look(device)
        self._asked.clear()
        await self.pipeline.cycle()
        linked = self.orders.reconcile(at)
        self._keeper.step(linked, at)
        await self._retests.step(linked, at)
        for device in [self._by_id[name] for name in self._asked if name in self._by_id]:
            self._look(device)
        while self.worker.step(at):
            pass
        self._poll.step(at)

    def close(self, *, clean: bool) -> None:
        """Stop: by itself, or (the power went) without a word."""
        self.store.close(self.at if clean else None)
        self.local.close()

    def _look(self, device: Device) -> None:
        for report in self.fleet.look(device, self.at):
            self.pipeline.take(report)
            self.reports += 1

    def _answered_since(self, device: str, at: float) -> bool:
        reports = self.snapshot.device(device)
        return bool(reports) and all(report.at >= at for report in reports)


def _utc_offset(config: SiteConfig, at: float) -> float:
    offset = datetime.fromtimestamp(at, config.zone).utcoffset()
    return offset.total_seconds() if offset else 0.0
