"""The agent, put together: the only module that knows all the others.

Eyes (collectors) ─▶ Schedule ─▶ Pipeline ─▶ Store ─┬─▶ MqttSink
                                    │               └─▶ HelpdeskWorker ─▶ the helpdesk, and its local record
                                    └─ Snapshot, Watch ─▶ /metrics
"""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

from prometheus_client import CollectorRegistry
from starlette.applications import Starlette

from agent import __version__
from agent.again import AskAgain
from agent.config import Access, SiteConfig
from agent.desk import DeskError, open_desk
from agent.discovery.scan import Scan
from agent.eyes import Eyes
from agent.files import HELPDESK_FILE, PTZ_FILE, STORE_FILE, SUBSCRIPTIONS_FILE
from agent.fittings import manner_of, mqtt_sink, store_settings
from agent.gauges import Gauges
from agent.helpdesk.base import HelpdeskError
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.worker import HelpdeskWorker
from agent.home import own_macs
from agent.lag import LoopLag
from agent.learning.learner import Learner
from agent.links import LinkNotes
from agent.pins import PINS_FILE, FilePins
from agent.pipeline import Pipeline
from agent.predictions.nightly import Nightly
from agent.ptz.job import DEADLINE_SECONDS, FileReferences, PtzJob
from agent.references import OF_PICTURES, REPAIRED, PictureReferences, Surroundings
from agent.run import Clocks
from agent.schedule import Schedule
from agent.service.command import terms_of
from agent.service.drills import Drills
from agent.service.poll import Poll
from agent.service.postman import Postman
from agent.service.quiet import Quiets
from agent.service.reports.clerk import Clerk, open_part
from agent.service.retest import Retests
from agent.service.service import Service
from agent.service.workorder import Orders
from agent.sinks.messages import Envelope
from agent.sinks.prometheus import SnapshotCollector
from agent.snapshot import Snapshot
from agent.store import Store, StoreError
from agent.subscriptions import FileBook
from agent.sun import elevation_over
from agent.tasks import running
from agent.traps import Traps
from agent.turning import Turning
from agent.web.accounts import ACCESS_FILE, AccountError, Accounts
from agent.web.app import make_app, serving
from agent.web.hooks import Hook
from agent.web.oidc import Oidc
from agent.web.settings import WebConfig
from agent.web.site import make_site
from collectors.ptz import PtzTest
from collectors.stream.executor import ClusterError
from models.emission import EMISSION
from models.facts import SITE, Device, FaultKey, Phase, Trouble
from models.service.workorder import Proof
from models.watch import Watch

log = logging.getLogger(__name__)

COMPACT_SECONDS: Final = 300.0
STUCK_SECONDS: Final = 30.0  # no progress for so long: not alive


class StartError(Exception):
    """The agent cannot start; the message says why and what to do."""


class Agent:
    """One site's agent; an async context manager that watches while it is open.

    Args:
        config: the site's configuration.
        access: its secrets.
        devices: the inventory.
        clocks: wall and monotonic time.
    """

    def __init__(
        self, config: SiteConfig, access: Access, devices: Sequence[Device], *, clocks: Clocks | None = None
    ) -> None:
        self.config = config
        self.clocks = clocks or Clocks(time.time, time.monotonic)
        self.devices = tuple(devices)
        self.snapshot = Snapshot()
        self.lag = LoopLag(self.clocks.monotonic)
        self.port = 0
        self._access = access
        self.accounts: Accounts | None = None
        self.traps: Traps | None = None
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except (
            StoreError,
            HelpdeskError,
            DeskError,
            AccountError,
            ClusterError,
            OSError,
        ) as err:
            await self._stack.aclose()
            raise StartError(str(err)) from err
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def set_devices(self, devices: Sequence[Device]) -> None:
        """Take a new inventory while running."""
        gone = {device.id for device in self.devices} - {device.id for device in devices}
        self.devices = tuple(devices)
        self.eyes.forget(gone)
        for device in gone:
            self.references.forget(device)
        self.eyes.set_devices(self.devices)
        self.pipeline.set_devices(self.devices)
        self.learner.set_devices(self.devices)
        self.schedule.set_devices(self.devices)
        if self.traps:
            self.traps.set_devices(self.devices)

    def stuck(self) -> str:
        """Return what does not get on, "" while all is well."""
        now = self.clocks.monotonic()
        parts = {"schedule": self.schedule.last_progress, "pipeline": self.pipeline.last_progress}
        late = [name for name, at in parts.items() if now - at > STUCK_SECONDS]
        return f"no progress for {STUCK_SECONDS:.0f} s: {', '.join(late)}" if late else ""

    def waiting(self) -> str:
        """Return what the first round still waits for, "" once each device was asked."""
        asked = {report.device for report in self.snapshot.reports()}
        missing = sum(device.id not in asked for device in self.devices if self._is_asked(device))
        return f"{missing} of {len(self.devices)} devices were not asked yet" if missing else ""

    def stale_after(self, collector: str) -> float:
        """Return the age in seconds from which a collector's report says nothing any more."""
        return self.config.timing(collector)[0] * self.config.judgement.stale_intervals

    # ------------------------------------------------------------ putting together

    async def _open(self) -> None:
        config, clocks, push = self.config, self.clocks, self._stack
        _make_folder(config.state_dir)
        self.store = Store.open_or_memory(
            config.state_dir / STORE_FILE, store_settings(self.config, self.clocks.wall())
        )
        push.callback(lambda: self.store.close(clocks.wall()))
        run = self.store.begin_run(clocks.wall(), __version__)
        self.local_helpdesk = LocalHelpdesk.open(config.state_dir / HELPDESK_FILE)
        push.callback(self.local_helpdesk.close)
        self.helpdesk = open_desk(config, self._access, self.local_helpdesk)
        push.callback(self.helpdesk.close)
        self.worker = HelpdeskWorker(self.store, self.helpdesk, clock=clocks.wall)
        push.push_async_callback(asyncio.to_thread, self.worker.stop)
        self.worker.start()
        self.mqtt = mqtt_sink(config, self._access, self.store, run.boot, clocks.wall)
        if self.mqtt:
            push.push_async_callback(asyncio.to_thread, self.mqtt.stop)
            self.mqtt.start()
        self.pipeline = self._pipeline(Envelope(config.site, run.boot))
        self.references = self._references()
        self.eyes = Eyes(
            config,
            clocks,
            pins=FilePins(config.state_dir / PINS_FILE),
            book=FileBook(config.state_dir / SUBSCRIPTIONS_FILE),
            is_suspected=self._is_suspected,
            references=self.references,
        )
        push.push_async_callback(self.eyes.close)
        self.schedule = Schedule(self.eyes.collectors, self.eyes.timing, self.pipeline.take, clocks=clocks)
        again = AskAgain(self.schedule.ask_now)
        push.callback(again.stop)
        self.eyes.events.on_news = lambda device, news: again.call(device, f"reports {', '.join(news)}")
        self.pipeline.set_devices(self.devices)
        self.eyes.set_devices(self.devices)
        self.service = self._service()
        await push.enter_async_context(running(self.pipeline.run(), "pipeline"))
        self.learner, self.gauges = self._learner(), Gauges(self)
        if config.web.pages:
            self.accounts = Accounts(config.state_dir / ACCESS_FILE)
            push.callback(self.accounts.close)
        self.port = await push.enter_async_context(self._web())
        self.schedule.set_devices(self.devices)
        await push.enter_async_context(running(self.schedule.run(), "schedule"))
        await push.enter_async_context(running(self.service.run(), "service"))
        if config.reports.enabled:
            await push.enter_async_context(running(self._clerk().run(), "reports"))
        if config.traps:
            self.traps = Traps(config.traps, self.schedule.ask_now, clocks)
            await self.traps.start()
            push.push_async_callback(self.traps.stop)
            self.traps.set_devices(self.devices)
        if config.ptz_test:
            await push.enter_async_context(running(self._ptz_job().run(), "ptz"))
        if config.discovery:
            scan = Scan(
                config.discovery,
                devices=lambda: self.devices,
                deliver=self.pipeline.take,
                strangers=self.pipeline.take_strangers,
                clocks=clocks,
            )
            await push.enter_async_context(running(scan.run(), "discovery"))
        await self._run_side_jobs()

    async def _run_side_jobs(self) -> None:
        push = self._stack
        if self.config.predictions.enabled:
            await push.enter_async_context(running(self.nightly.run(), "nightly"))
        await push.enter_async_context(running(self.lag.run(), "lag"))
        if (server := self.config.mail_server) is not None:
            section, mail = server
            password = self._access.mail_password(section)
            postman = Postman(self.store, mail, password, clock=self.clocks.wall)
            await push.enter_async_context(running(postman.run(), "postman"))
        await push.enter_async_context(running(self._compact(), "compact"))
        await push.enter_async_context(running(self.learner.run(), "learning"))
        await push.enter_async_context(running(LinkNotes(self.pipeline.watch).run(), "links"))

    def _nightly(self) -> Nightly:
        return Nightly(
            self.config.predictions,
            self.config.state_dir,
            day_offset=store_settings(self.config, self.clocks.wall()).day_offset,
            devices=lambda: {device.id: device.kind.value for device in self.devices},
            standing=self.pipeline.watch.standing,
            labels=lambda: [(one.fault, one.key, one.confirmed) for one in self.store.cause_labels()],
            hand=self.pipeline.predict,
            clock=self.clocks.wall,
        )

    def _pipeline(self, envelope: Envelope) -> Pipeline:
        config = self.config
        judgement = config.judgement
        watch = Watch(
            config.site,
            self.devices,
            hold_scale=judgement.hold_scale,
            correlate_seconds=judgement.correlate,
            stale_after=self.stale_after,
            baseline_samples=judgement.baseline_samples,
            home=own_macs(),
            blind_after=config.tickets.blind_after,
            sun=elevation_over(config.location),
        )
        states = self.store.load_states()
        for gone in states.keys() - {device.id for device in self.devices} - {SITE, EMISSION}:
            self.store.forget_state(gone)
        unread = watch.restore(states)
        if unread:
            log.warning("state unreadable, begun anew devices=%s", ",".join(unread))
        manner = manner_of(config, self.devices)
        return Pipeline(watch, self.snapshot, self.store, envelope, manner, clocks=self.clocks)

    def _references(self) -> PictureReferences:
        turning = Turning(self.snapshot, self.clocks.wall)
        around = Surroundings(
            self.pipeline.watch.findings,
            elevation_over(self.config.location),
            turning.turns,
            turning.is_moving,
        )
        return PictureReferences(self.store, wall=self.clocks.wall, around=around)

    def _service(self) -> Service:
        config, watch = self.config, self.pipeline.watch
        reopens = self.helpdesk.abilities.can_reopen
        terms = terms_of(config, self._device, reopens=reopens)
        self.nightly = self._nightly()
        self.pipeline.likely = self.nightly.suggest
        orders = Orders(self.store, terms, suggest=self.nightly.suggest)
        look = config.service
        self.worker.on_idle = Poll(self.store, self.helpdesk, orders, look.poll, look.repeat_window).step
        quiets = Quiets(self.store, lambda: self.devices, self.pipeline.load_windows)
        self.pipeline.load_windows()
        retests = Retests(
            orders,
            findings=watch.findings,
            ask_now=self.schedule.ask_now,
            answered_since=self._answered_since,
            missing=self._missing,
            release=self.eyes.guard.release,
            picture=self.pipeline.keep_picture,
            on_passed=self._begin_after_repair,
        )
        return Service(
            orders,
            retests,
            terms,
            state_dir=config.state_dir,
            clocks=self.clocks,
            accept=self._accept_device,
            quiets=quiets,
            references=self.references,
            drills=Drills(lambda fault, now, ends: self.pipeline.drill(fault, now, ends=ends)),
        )

    def _begin_after_repair(self, fault: FaultKey) -> None:
        """A picture that was repaired may look otherwise from now on: cleaner, sharper, a little aside."""
        if fault.code.startswith(OF_PICTURES):
            self.references.begin(fault.device, REPAIRED)

    def _accept_device(self, device: str) -> bool:
        """Accept a device as it is now: the watch compares with that, and learning begins anew from it."""
        if not self.pipeline.watch.accept(device):
            return False
        self.learner.begin_epoch(device)
        return True

    def _repaired_since(self, at: float) -> set[str]:
        """Return the devices whose repair was proven since."""
        orders = (one.sheet.order for one in self.store.ended_orders(at))
        return {
            one.root.device for one in orders if one.proof is Proof.RETEST and (one.resolved_at or 0) > at
        }

    def _clerk(self) -> Clerk:
        password = self._access.reports_mail.get("password")
        return Clerk(
            self.config, lambda: [open_part(d) for d in self.devices], password, clock=self.clocks.wall
        )

    def _ptz_job(self) -> PtzJob:
        assert self.config.ptz_test is not None  # noqa: S101  the caller looked
        references = FileReferences(self.config.state_dir / PTZ_FILE)
        test = PtzTest(self.eyes.onvif, references, self._audit_move, monotonic=self.clocks.monotonic)
        return PtzJob(
            self.config.ptz_test,
            zone=self.config.zone,
            devices=lambda: self.devices,
            references=references,
            ask=lambda device: self.schedule.ask_alone(test, device, DEADLINE_SECONDS),
            deliver=self.pipeline.take,
            clocks=self.clocks,
        )

    def _audit_move(self, device: str, what: str) -> None:
        """Write down what moves a camera before it is moved."""
        log.info("%s device=%s", what, device)
        self.store.note_audit(self.clocks.wall(), "siteward", what, device)

    def _learner(self) -> Learner:
        def ahead(at: float) -> float:
            return (datetime.fromtimestamp(at, self.config.zone).utcoffset() or timedelta()).total_seconds()

        learner = Learner(
            self.snapshot,
            self.pipeline.watch,
            self.config.state_dir,
            clocks=self.clocks,
            ahead=ahead,
            repaired=self._repaired_since,
        )
        learner.set_devices(self.devices)
        return learner

    def _device(self, id_: str) -> Device | None:
        return next((device for device in self.devices if device.id == id_), None)

    def _is_suspected(self, id_: str) -> bool:
        """Whether something is pending or open on a device: its pictures are evidence then."""
        quiet = {Phase.OK, Phase.UNKNOWN}
        return any(finding.phase not in quiet for finding in self.pipeline.watch.findings(id_))

    def _missing(self, id_: str) -> list[str]:
        """Return the collectors to which a device says that it has no such thing."""
        reports = self.snapshot.device(id_)
        return [r.collector for r in reports if r.error and r.error.trouble is Trouble.NOT_SUPPORTED]

    def _answered_since(self, id_: str, at: float) -> bool:
        """Whether all that is asked of a device was asked, from the beginning, since a moment."""
        device = self._device(id_)
        if device is None:
            return False
        began = {report.collector: report.at - report.took_seconds for report in self.snapshot.device(id_)}
        names = [collector.name for collector in self.eyes.collectors if collector.applies(device)]
        return bool(names) and all(began.get(name, 0.0) >= at for name in names)

    def _web(self) -> contextlib.AbstractAsyncContextManager[int]:
        registry = CollectorRegistry()
        registry.register(SnapshotCollector(self.config.site, self.snapshot, [self.gauges.samples]))
        secret = self._access.helpdesk_hook
        service, wall = self.service, self.clocks.wall
        hook = Hook(secret, service.orders, service.do, wall) if secret else None
        site = make_site(self, self.accounts, hook, self._oidc()) if self.accounts else None
        app = make_app(
            registry,
            alive=self.stuck,
            ready=self.waiting,
            refresh=self.gauges.refresh,
            site=site,
            hooks=[hook.route()] if hook else [],
        )
        return _served(app, self.config.web)

    def _oidc(self) -> Oidc | None:
        web, secret = self.config.web, self._access.oidc
        if web.oidc is None or secret is None:
            return None
        return Oidc(web.oidc, secret, f"{web.base_url}/login/oidc/back", self.clocks.wall)

    async def _compact(self) -> None:
        while True:
            await asyncio.sleep(COMPACT_SECONDS)
            try:
                await asyncio.to_thread(self.store.compact, self.clocks.wall())
            except Exception:  # history grows until the next round; nothing else must suffer
                log.exception("history not compacted")

    def _is_asked(self, device: Device) -> bool:
        return any(collector.applies(device) for collector in self.eyes.collectors)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as err:
        raise StartError(
            f"the state folder {folder} cannot be made: {err.strerror}; mend state_dir or its permissions"
        ) from err


@contextlib.asynccontextmanager
async def _served(app: Starlette, web: WebConfig) -> AsyncIterator[int]:
    try:
        async with serving(app, web.host, web.port, tls=web.tls, proxies=web.trusted_proxies) as bound:
            yield bound
    except ssl.SSLError as err:
        raise StartError(
            f"web.tls: the certificate and its key do not go together, or are no PEM: {err.reason}"
        ) from err
    except OSError as err:
        raise StartError(
            f"the metrics page cannot listen on {web.host}:{web.port}: {err.strerror or err}; "
            "end what uses it, or choose another web.port"
        ) from err
