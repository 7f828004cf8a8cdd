"""A pipeline over a real store, driven by hand: the clock stands still until a test moves it."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC

from agent.pipeline import Manner, Pipeline
from agent.run import Clocks
from agent.sinks.messages import Envelope
from agent.snapshot import Snapshot
from agent.store import Channel, Store
from models.facts import Device, Kind, Picture, Reading, Report
from models.metrics import METRICS
from models.watch import Watch
from tests.models.builders import reached, unreached

T0 = 1_700_000_000.0
CAMERA = Device("cam-1", Kind.CAMERA, "127.9.0.1", name="Gate A", onvif_port=80)
SWITCH = Device("sw-1", Kind.SWITCH, "127.9.0.9", name="Switch 1", onvif_port=80)
LOST = "site/cam-1/-/REACH_LOST"
MANNER = Manner(
    site_name="Test site", language="en", zone=UTC, publish=True, keep_pictures=True, pictures_seconds=86400.0
)


class Rig:
    """One life of the agent's pipeline; `again` is the next one, over the same file."""

    def __init__(self, folder, devices: Iterable[Device] = (CAMERA,), *, at=T0, boot=1, **manner):
        self.folder, self.devices, self.at = folder, tuple(devices), at
        self.manner = replace(MANNER, **manner)
        self.off: set[str] = set()
        self.store = Store.open(folder / "siteward.db")
        self.snapshot = Snapshot()
        self.watch = Watch(
            "site", self.devices, hold_scale=0.1, correlate_seconds=20, stale_after=lambda _: 60.0
        )
        self.unread = self.watch.restore(self.store.load_states())
        clocks = Clocks(lambda: self.at, lambda: self.at)
        envelope = Envelope("site", boot)
        self.pipeline = Pipeline(self.watch, self.snapshot, self.store, envelope, self.manner, clocks=clocks)
        self.pipeline.set_devices(self.devices)

    async def poll(self, seconds: float, *extra, step: float = 10.0) -> None:
        """Let every device be asked each `step` seconds; `extra` are functions (device, at) -> report."""
        for _ in range(round(seconds / step)):
            self.at += step
            for device in self.devices:
                is_off = device.id in self.off
                self.pipeline.take((unreached if is_off else reached)(device, self.at))
                for ask in () if is_off else extra:
                    self.pipeline.take(ask(device, self.at))
            await self.pipeline._cycle_safely()

    def again(self, devices: Iterable[Device] | None = None) -> "Rig":
        """End this life without a word, as kill -9 does, and begin the next."""
        self.store.close()
        return Rig(self.folder, self.devices if devices is None else devices, at=self.at, boot=2)

    # ------------------------------------------------------------ what was written

    def intents(self) -> list[tuple[str, str]]:
        """Return (deed, key) of all that waits for the helpdesk, in order."""
        return [(deed, key) for deed, key, _ in self.rows("SELECT deed, key, id FROM intent ORDER BY id")]

    def rows(self, query: str) -> list[tuple]:
        with sqlite3.connect(self.folder / "siteward.db") as db:
            return db.execute(query).fetchall()

    def sql(self, statement: str) -> None:
        with sqlite3.connect(self.folder / "siteward.db") as db:
            db.execute(statement)

    def published(self, channel: Channel = Channel.EVENT) -> list[tuple[str, dict]]:
        found = self.store.mqtt_pending(channel, 100_000)
        return [(one.message.topic, json.loads(one.message.payload)) for one in found]


def black(part: str = "main"):
    """A stream check that sees a black picture, with the picture."""

    def ask(device: Device, at: float) -> Report:
        return _stream(device, at, part, p99=0.02, contrast=0.01)

    return ask


def bright(part: str = "main"):
    """A stream check that sees a good picture, with the picture."""

    def ask(device: Device, at: float) -> Report:
        return _stream(device, at, part, p99=0.9, contrast=0.3)

    return ask


def _stream(device, at, part, *, p99, contrast):
    values = {"cctv_picture_luma_p99_ratio": p99, "cctv_picture_contrast_ratio": contrast}
    readings = tuple(Reading(METRICS[name], value, part) for name, value in values.items())
    picture = Picture(f"jpeg {part} {p99}".encode(), 64, 36, part)
    return Report(device.id, "stream", at, 1.0, readings, pictures=(picture,))


async def until(is_so, *, seconds: float = 20.0, every: float = 0.05, what: str = "") -> None:
    """Wait until `is_so()`; fail after a generous while."""
    try:
        async with asyncio.timeout(seconds):
            while not is_so():  # noqa: ASYNC110  nothing tells of a ticket in another thread
                await asyncio.sleep(every)
    except TimeoutError:
        raise AssertionError(f"did not come true in {seconds:g} s: {what or is_so}") from None
