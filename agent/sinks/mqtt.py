"""MQTT: publishes the outbox, and takes a message out only when the broker took it.

    store ──▶ flow ──▶ under way (at most the window) ──PUBACK──▶ taken: out of the outbox
                                                         └──────▶ refused: stays, counted; its topic waits

One thread of its own. The connection is made anew after every failure, with back-off and jitter; what was
under way is then sent again (QoS 1: a subscriber may see a message twice, never not at all).
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.sinks import messages
from agent.sinks.flow import Flow
from agent.sinks.link import Link, LinkError, MqttSettings, Tls
from agent.store.records import Message, StoreError
from agent.store.work import Work

__all__ = ["MqttSettings", "MqttSink", "MqttStats", "Tls"]

log = logging.getLogger(__name__)

_TURN_SECONDS: Final = 0.1
_FAREWELL_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class MqttStats:
    """The sink in numbers; `published` and `refused` since the start, `dropped` over the outbox's life."""

    connected: bool
    published: int
    refused: int
    dropped: int
    pending: int
    oldest_pending_seconds: float


class MqttSink:
    """Publishes what is in the store's outbox, from `start` to `stop`.

    Args:
        store: the outbox.
        settings: the broker.
        boot: the agent's run, for birth and will.
        version: of the agent, for birth and will.
        clock: Unix seconds, for birth and will.
        jitter: 0 to 1, spreads the reconnects of many sites after their centre was down.
    """

    def __init__(
        self,
        store: Work,
        settings: MqttSettings,
        *,
        boot: int,
        version: str,
        clock: Callable[[], float] = time.time,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._settings = settings
        self._boot = boot
        self._version = version
        self._clock = clock
        self._jitter = jitter
        self._flow = Flow(store)
        self._stopping = threading.Event()
        self._failures = 0
        self._complaints: set[str] = set()
        self._connected = False
        self._published = self._refused = 0
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect and publish."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what waits (for a few seconds at most) and `offline`, then disconnect."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(self._settings.connect_timeout + 2 * _FAREWELL_SECONDS)

    def stats(self, now: float) -> MqttStats:
        """Return the sink in numbers."""
        queue = self._store.mqtt_queue(now)
        return MqttStats(
            connected=self._connected,
            published=self._published,
            refused=self._refused,
            dropped=queue.dropped,
            pending=queue.pending,
            oldest_pending_seconds=queue.oldest_pending_seconds,
        )

    # ------------------------------------------------------------ in the sink's thread

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._session()
            except LinkError as err:
                self._complain(f"mqtt down: {err}")
            except StoreError:  # the store was closed before us: there is nothing left to publish
                return
            except Exception:  # a fault of ours must not end publishing for good
                log.exception("mqtt failed inside the agent")
            self._failures += 1
            self._stopping.wait(self._pause())

    def _session(self) -> None:
        settings = self._settings
        link = Link(settings, self._status(online=False))
        try:
            if not link.open(lambda: not self._stopping.is_set()):
                return
            self._begin(link)
            while not self._stopping.is_set():
                self._turn(link)
            self._farewell(link)
        finally:
            self._connected = False
            link.drop()
            self._flow.restart()

    def _begin(self, link: Link) -> None:
        self._tell(link, online=True, seconds=self._settings.connect_timeout)
        self._connected, self._failures = True, 0
        self._complaints.clear()
        log.info("mqtt connected host=%s port=%d", self._settings.host, self._settings.port)

    def _turn(self, link: Link) -> None:
        self._fill(link)
        self._listen(link)

    def _fill(self, link: Link) -> None:
        now = time.monotonic()
        while len(self._flow) < link.window and (row := self._flow.next(now)) is not None:
            self._flow.sent(link.send(row.message), row)

    def _listen(self, link: Link) -> None:
        link.run(_TURN_SECONDS)
        for ack in link.take_acks():
            self._hear(ack.mid, ack.refusal)
        if not len(self._flow):
            self._flow.settle()

    def _hear(self, mid: int, refusal: str) -> None:
        if not refusal:
            self._published += self._flow.taken(mid)
            return
        self._refused += 1
        topic = self._flow.refused(mid, time.monotonic()) or "the status topic"
        self._complain(f"mqtt publish refused: {refusal}", topic)

    def _farewell(self, link: Link) -> None:
        """Publish what waits, within bounds of time, and `offline`; then end in a way that needs no will."""
        until = time.monotonic() + _FAREWELL_SECONDS
        while time.monotonic() < until:
            self._flow.look()
            self._fill(link)
            if not len(self._flow):
                break
            self._listen(link)
        if len(self._flow) < link.window:
            self._tell(link, online=False, seconds=_FAREWELL_SECONDS)
        link.close()

    def _tell(self, link: Link, *, online: bool, seconds: float) -> None:
        """Publish birth or end and wait for the answer; it takes a place in the window too."""
        number = link.send(self._status(online=online))
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for ack in link.take_acks():
                self._hear(ack.mid, ack.refusal)
                if ack.mid == number:
                    return
            link.run(_TURN_SECONDS)

    # ------------------------------------------------------------ small things

    def _status(self, *, online: bool) -> Message:
        return messages.status(
            self._settings.site, self._boot, self._clock(), online=online, version=self._version
        )

    def _pause(self) -> float:
        longest = min(
            self._settings.retry_most, self._settings.retry_first * 2.0 ** min(self._failures - 1, 16)
        )
        return longest * (0.5 + 0.5 * self._jitter())

    def _complain(self, what: str, topic: str = "") -> None:
        """Log once when it goes wrong; again only after it went well."""
        if what not in self._complaints:
            self._complaints.add(what)
            log.warning("%s%s", what, f" topic={topic}" if topic else "")
