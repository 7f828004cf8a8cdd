"""A site in simulated time: the product's own pipeline, store, work orders, worker and local helpdesk."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from pathlib import Path

from agent.helpdesk.base import HelpdeskDown
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.tickets import Step, Ticket
from agent.helpdesk.worker import HelpdeskWorker
from agent.pipeline import Manner, Pipeline
from agent.run import Clocks
from agent.service.config import ServiceConfig
from agent.service.terms import Terms
from agent.service.workorder import Orders
from agent.sinks.messages import Envelope
from agent.snapshot import Snapshot
from agent.store import Store
from models.facts import Device, Failure, Kind, Reading, Report, Trouble
from models.gate import Limits
from models.metrics import CLOCK_OFFSET, ICMP_UP, TCP_UP
from models.watch import Watch

T0 = 1_760_000_000.0
SWITCH = Device("sw-1", Kind.SWITCH, "192.0.2.1", onvif_port=80)


class Desk(LocalHelpdesk):
    """The local helpdesk, which can be down."""

    is_down = False

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[sqlite3.Connection]:
        if self.is_down:
            raise HelpdeskDown("the bench switched it off")
        with super()._transaction(begin) as db:
            yield db


class Site:
    """Everything between a collector's report and a ticket; the clock moves by `round` only.

    Args:
        folder: for the database and the tickets.
        devices: the inventory.
        limits: of the day's tickets.
        at: when this life begins; what a life before left in the folder is taken up.
    """

    def __init__(
        self, folder: Path, devices: Iterable[Device], limits: Limits | None = None, *, at: float = T0
    ) -> None:
        self.devices = tuple(devices)
        self.at = at
        self.store = Store.open(folder / "siteward.db")
        self.desk = Desk(folder / "helpdesk.db", lambda: self.at)
        self.worker = HelpdeskWorker(self.store, self.desk, clock=lambda: self.at, jitter=lambda: 1.0)
        known = {device.id: device for device in self.devices}
        self.orders = Orders(self.store, Terms.of(ServiceConfig(profile="warranty"), known.get))
        self.watch = Watch("site", self.devices, correlate_seconds=90.0, stale_after=lambda _name: 400.0)
        self.watch.restore(self.store.load_states())
        manner = Manner(
            site_name="Site", language="en", zone=UTC, publish=False,
            keep_pictures=False, pictures_seconds=0.0, limits=limits or Limits(),
        )  # fmt: skip
        clocks = Clocks(lambda: self.at, lambda: self.at)
        self.pipeline = Pipeline(
            self.watch, Snapshot(), self.store, Envelope("site", 1), manner, clocks=clocks
        )
        self.pipeline.set_devices(self.devices)
        self.pipeline.load_windows()

    async def round(self, off: set[str], seconds: float = 60.0) -> None:
        """Let time pass and ask every device once."""
        self.at += seconds
        for device in self.devices:
            self.pipeline.take((silent if device.id in off else alive)(device, self.at))
        await self.pipeline.cycle()
        self.orders.reconcile(self.at)
        while self.worker.step(self.at):
            pass

    def drain(self) -> None:
        """Let the worker finish, however long it waits between two tries."""
        for _ in range(100_000):
            while self.worker.step(self.at):
                pass
            if not self.worker.stats(self.at).pending:
                return
            self.at += 5.0
        raise SystemExit("the outbox does not get empty")

    def tickets(self) -> list[tuple[Ticket, list[Step]]]:
        """Return every ticket with its history."""
        found = (self.desk.ticket(one.number) for one in self.desk.tickets(limit=10_000))
        return [one for one in found if one is not None]

    def close(self) -> None:
        """Close the files."""
        self.store.close()
        self.desk.close()


def camera(number: int, parent: str = "") -> Device:
    """Return a camera."""
    return Device(f"cam-{number:04d}", Kind.CAMERA, f"192.0.2.{number % 250}", onvif_port=80, parent=parent)


def alive(device: Device, at: float) -> Report:
    """Return the report of a device that answers."""
    readings = (Reading(ICMP_UP, 1), Reading(TCP_UP, 1, str(device.onvif_port)))
    return Report(device.id, "reach", at, 0.01, readings)


def drifting(device: Device, at: float) -> Report:
    """Return the report of a device whose clock is a little otherwise each time."""
    usual = alive(device, at)
    return replace(usual, readings=(*usual.readings, Reading(CLOCK_OFFSET, at % 420.0 / 1000.0)))


def silent(device: Device, at: float) -> Report:
    """Return the report of a device that does not."""
    return Report(device.id, "reach", at, 5.0, error=Failure(Trouble.UNREACHABLE, "no answer"))
