"""All collectors of a site, with what they share: login guard, protocol clients, decoder processes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from agent.config import SiteConfig, knowledge_of
from agent.recording import plan_of
from agent.run import Clocks
from agent.streams import Manners, workers_of
from collectors.base import Collector
from collectors.guard import LoginGuard
from collectors.onvif.access import OnvifAccess
from collectors.onvif.client import Onvif
from collectors.onvif.clock import OnvifClock
from collectors.onvif.equipment import OnvifEquipment
from collectors.onvif.events import Book, OnvifEvents
from collectors.onvif.exchange import Exchange
from collectors.onvif.gaps import OnvifGaps
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from collectors.onvif.network import OnvifNetwork
from collectors.onvif.recording import OnvifRecording
from collectors.onvif.sight import OnvifSight
from collectors.onvif.snapshot import OnvifSnapshot
from collectors.onvif.tls import Pins
from collectors.reach import Reach
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps
from collectors.snmp.engine import Value
from collectors.snmp.topology import SnmpTopology
from collectors.stream.collector import NoReferences, References, Room, StreamCheck
from collectors.stream.job import Level, Limits
from collectors.vendor import RecorderPages
from models.facts import Answer, Device
from models.metrics import DEVICE_INFO

_CALL_SHARE: Final = 0.4  # of the clock's deadline: two calls and a retry fit into it
_SPARE_SECONDS: Final = 2.0  # for a decoder process that has to be started first


@dataclass(frozen=True, slots=True)
class Taps:
    """Who sees the raw exchanges (secrets blanked); None: nobody."""

    onvif: Callable[[Exchange], None] | None = None
    snmp: Callable[[str, str, Value], None] | None = None


class _Identity(OnvifIdentity):
    """Remembers maker and model of each device: the last hint at which SNMP knowledge applies to it."""

    def __init__(self, onvif: Onvif) -> None:
        super().__init__(onvif)
        self.makers: dict[str, str] = {}

    async def collect(self, device: Device) -> Answer:
        """Ask once; see `OnvifIdentity`.

        Raises:
            CollectError: as there.
        """
        answer = await super().collect(device)
        said = {one.part: one.value for one in answer.readings if one.metric is DEVICE_INFO}
        self.makers[device.id] = f"{said.get('maker', '')} {said.get('model', '')}".strip()
        return answer


class Eyes:
    """Builds the collectors that a config switches on, and closes what they hold.

    Args:
        config: the site's configuration.
        clocks: the agent's clocks.
        taps: who sees raw exchanges.
        pins: certificates of devices seen before; kept in memory when not given.
        book: where event subscriptions outlive the agent; None: nowhere.
        is_suspected: whether something is pending or open on a device.
        references: what cameras usually show; None: nothing is known, and nothing kept.
    """

    def __init__(
        self,
        config: SiteConfig,
        clocks: Clocks,
        taps: Taps | None = None,
        pins: Pins | None = None,
        book: Book | None = None,
        *,
        is_suspected: Callable[[str], bool] = lambda _device: False,
        references: References | None = None,
    ) -> None:
        taps = taps or Taps()
        self.guard = LoginGuard(clocks.monotonic, config.retry_refused_login)
        self.onvif = Onvif(
            self.guard,
            wall=clocks.wall,
            monotonic=clocks.monotonic,
            timeout_seconds=config.timing("onvif_clock")[1] * _CALL_SHARE,
            tap=taps.onvif,
            pins=pins,
        )
        identity = _Identity(self.onvif)
        self.snmp = Snmp(
            knowledge=knowledge_of(config),
            tap=taps.snmp,
            maker=lambda device: identity.makers.get(device, ""),
            clock=clocks.monotonic,
        )
        self.media = OnvifMedia(self.onvif, clocks.monotonic)
        self.snapshots = OnvifSnapshot(self.onvif, self.media, clocks.monotonic)
        plan = plan_of(config.recording)
        self.events = OnvifEvents(self.onvif, book, clocks.monotonic)
        window = config.stream_window
        limits = replace(Limits(), window=window, longest=max(2 * window, Limits().longest))
        self.workers = workers_of(config.streams, config.stream_workers)
        self.manners = Manners(config.streams, keep_pictures=config.keep_pictures)
        self.room = Room(
            self.workers,
            self.guard,
            self.media,
            limits=limits,
            manner=self.manners.of,
            is_suspected=is_suspected,
            references=references or NoReferences(),
        )
        streams = tuple(StreamCheck(self.room, level) for level in Level)
        self._worst = {check.name: check.worst + _SPARE_SECONDS for check in streams}
        self._config = config
        self._identity = identity
        every: tuple[Collector, ...] = (
            Reach(icmp=config.icmp),
            OnvifClock(self.onvif),
            identity,
            self.media,
            self.events,
            OnvifNetwork(self.onvif),
            OnvifAccess(self.onvif),
            OnvifEquipment(self.onvif),
            OnvifSight(self.onvif, self.media),
            self.snapshots,
            OnvifRecording(self.onvif, self.media, plan_of=plan, wall=clocks.wall, zone=config.zone),
            OnvifGaps(self.onvif, self.media, plan_of=plan, wall=clocks.wall, zone=config.zone),
            RecorderPages(self.onvif, lambda device: identity.makers.get(device, ""), clocks.monotonic),
            SnmpHealth(self.snmp),
            SnmpInterfaces(self.snmp),
            SnmpUps(self.snmp),
            SnmpTopology(self.snmp),
            *streams,
        )
        self.collectors = tuple(c for c in every if config.is_enabled(c.name))

    def timing(self, collector: str) -> tuple[float, float]:
        """Return interval and deadline of a collector in seconds; a stream has all the time of its limits."""
        every, deadline = self._config.timing(collector)
        return every, max(deadline, self._worst.get(collector, 0.0))

    def set_devices(self, devices: Iterable[Device]) -> None:
        """Take the inventory: who hangs on whom decides how many streams are taken at once."""
        self.manners.set_devices(devices)

    def forget(self, devices: Iterable[str]) -> None:
        """Drop what is held for devices that left the inventory; a change of access is noticed by itself."""
        for device in devices:
            self.events.forget(device)
            self.onvif.forget(device)
            self.media.forget(device)
            self.snapshots.forget(device)
            self.snmp.forget(device)
            self._identity.makers.pop(device, None)
            self.guard.release(device)
            self.room.forget(device)

    async def close(self) -> None:
        """Close connections, threads and decoder processes."""
        await self.workers.close()
        await self.events.close()
        await self.onvif.close()
        self.snmp.close()
