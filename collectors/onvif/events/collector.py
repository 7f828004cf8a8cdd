"""The collector: pulls each device's events once a round, and calls when there is trouble among them."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from collectors.base import AuthRejected, BadReply, CollectError, NotSupported
from collectors.onvif import xml
from collectors.onvif.client import Onvif
from collectors.onvif.events.book import Book, MemoryBook
from collectors.onvif.events.channels import channel, channels
from collectors.onvif.events.notices import Notice
from collectors.onvif.events.states import States
from collectors.onvif.events.subscription import Send, Subscription
from collectors.onvif.line import Question
from collectors.onvif.session import Told
from models.facts import Answer, Device, Kind, Reading
from models.metrics import (
    DEVICE_REBOOTS_DAY,
    EVENT_STATE,
    EVENT_SUBSCRIPTIONS,
    EVENTS_SEEN,
    Metric,
)

_MOST_SOURCES: Final = 256
REMOVE_SECONDS: Final = 4.0  # for giving one subscription back
CLOSE_SECONDS: Final = 10.0  # for giving all of them back
_CREATE: Final = ("events", "CreatePullPointSubscription")
News = Callable[[str, tuple[str, ...]], None]  # device, parts of which trouble is news


@dataclass(slots=True)
class _Held:
    subscription: Subscription
    states: States
    sources: dict[str, str] | None = None  # token -> channel; None: not asked yet
    is_alive: bool = False


class OnvifEvents:
    """Holds one subscription a device and reads what it tells.

    A short pull each round, not a long one: a long pull is a request in flight, and all else that is asked of
    the device would have to wait for it or break it off.

    Args:
        onvif: the client.
        book: where addresses outlive the agent.
        monotonic: a clock that never steps.
        on_news: called when a device reports trouble it had not reported before.
    """

    name = "onvif_events"
    metrics: tuple[Metric, ...] = (
        EVENT_STATE, EVENTS_SEEN, EVENT_SUBSCRIPTIONS, DEVICE_REBOOTS_DAY,
    )  # fmt: skip
    slots = 6

    def __init__(
        self,
        onvif: Onvif,
        book: Book | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        on_news: News | None = None,
    ) -> None:
        self.on_news = on_news
        self._onvif = onvif
        self._book = book or MemoryBook()
        self._monotonic = monotonic
        self._held: dict[str, _Held] = {}
        self._parting: set[asyncio.Task[None]] = set()

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Pull once.

        Raises:
            CollectError: nothing could be pulled.
        """
        held = self._of(device)
        try:
            told = await held.subscription.round()
            if held.sources is None:
                held.sources = await self._sources(device)
        except CollectError as err:
            held.is_alive = False
            raise self._named(device, err) from err
        held.is_alive = True
        if told.begun:
            held.states.begin()
        news = held.states.take(told.notices, lambda notice: _part(notice, held.sources or {}))
        if news and self.on_news is not None:
            self.on_news(device.id, news)
        made = Reading(EVENT_SUBSCRIPTIONS, float(held.subscription.made))
        return Answer((*held.states.readings(), made))

    def forget(self, device_id: str) -> None:
        """Give back, in the background, the subscription of a device that left the inventory."""
        held = self._held.pop(device_id, None)
        if held is None or not held.is_alive:
            self._book.put(device_id, None)
            return
        task = asyncio.get_running_loop().create_task(self._part(held))
        self._parting.add(task)
        task.add_done_callback(self._parting.discard)

    async def _part(self, held: _Held) -> None:
        device = held.subscription.device.id
        try:
            await held.subscription.remove(REMOVE_SECONDS)
        finally:
            if device not in self._held:
                self._book.put(device, None)
                self._onvif.forget(device)

    def abandon(self) -> None:
        """Drop everything without a word to any device, as a process does that is killed."""
        self._held.clear()

    async def close(self) -> None:
        """Give all subscriptions back; those out of reach stay in the book for the next start.

        One after the other in each thread of the client; a device that was silent in the last round is not
        asked.
        """
        held, self._held = self._held, {}
        given_back = [one.subscription.remove(REMOVE_SECONDS) for one in held.values() if one.is_alive]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(*given_back, *self._parting, return_exceptions=True)

    def _of(self, device: Device) -> _Held:
        held = self._held.get(device.id)
        if held is None or held.subscription.device != device:
            if held is not None and _way(held.subscription.device) != _way(device):
                self._book.put(device.id, None)  # it may be another device now: nothing of it is ours
            subscription = Subscription(device, self._sender(device), self._book, self._monotonic)
            held = self._held[device.id] = _Held(subscription, States(self._monotonic))
        return held

    def _sender(self, device: Device) -> Send:
        async def send(question: Question, seconds: float | None) -> Told:
            return await self._onvif.send(device, question, seconds=seconds)

        return send

    def _named(self, device: Device, err: CollectError) -> CollectError:
        """Return what a failure means for events; what a device does not have is asked once a firmware."""
        memory = self._onvif.session(device).memory
        if isinstance(err, AuthRejected) and memory.is_denied(_CREATE):
            return NotSupported("the login is right, but this user may not subscribe to events")
        if isinstance(err, NotSupported):
            if not memory.is_unsupported(_CREATE):
                memory.unsupported(_CREATE, str(err), self._monotonic())
            return err
        return err

    async def _sources(self, device: Device) -> dict[str, str]:
        """Return which token is which channel; nothing for a camera with one sensor."""
        try:
            told = await self._onvif.call(device, "media", "GetVideoSources")
        except (NotSupported, BadReply):
            return {}
        rows = list(islice(xml.children(told.body, "VideoSources"), _MOST_SOURCES))
        tokens = [xml.attribute(row, "token") for row in rows]
        return {} if len(tokens) < 2 and device.kind is not Kind.NVR else channels(tokens)


def _part(notice: Notice, sources: dict[str, str]) -> str:
    """Return the part of a notice's reading: `event`, or `event:source` where it may be of several."""
    event, source = notice.meaning.event, notice.source
    if notice.meaning.of == "channel":
        source = channel(source, sources) if sources else ""
    return f"{event}:{source}" if source else event


def _way(device: Device) -> tuple[object, ...]:
    return device.host, device.onvif_port
