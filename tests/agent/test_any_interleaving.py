"""Tickets under any interleaving of faults, crashes, helpdesk outages, clock jumps and people.

Always: at most one open ticket per key, and what is told about one ticket is told in order.
In the end, when the helpdesk is there and there was calm: nothing that is still true is without a ticket, and
nothing that is over has an open one, except where a person decided otherwise.
"""

import asyncio
import contextlib
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.helpdesk.base import TicketRef
from agent.service.report import Report
from bench.tickets.site import SWITCH, Site, camera
from models.gate import Limits
from models.quiet import Quiet, Window
from models.service.workorder import NotAllowed, State

DEVICES = (SWITCH, camera(1, SWITCH.id), camera(2, SWITCH.id), camera(3))
IDS = st.sampled_from([device.id for device in DEVICES])
CALM_HOURS = 8


class Interleaving(RuleBasedStateMachine):
    """One site, driven by chance."""

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.site = Site(Path(self.folder.name), DEVICES, Limits(per_day=3))
        self.site.desk.tickets()  # makes the file
        self.off: set[str] = set()
        self.reported: set[str] = set()

    @initialize()
    def all_is_well(self):
        self.live(2)

    def live(self, rounds, seconds=60.0):
        dark = {d.id for d in DEVICES if d.parent in self.off}
        for _ in range(rounds):
            self.loop.run_until_complete(self.site.round(self.off | dark, seconds))

    # ------------------------------------------------------------ the site and the machine

    @rule(device=IDS)
    def breaks(self, device):
        self.off.add(device)

    @rule(device=IDS)
    def is_mended(self, device):
        self.off.discard(device)

    @rule(rounds=st.integers(1, 12))
    def time_passes(self, rounds):
        self.live(rounds)

    @rule(seconds=st.sampled_from([-90_000.0, -3600.0, -5.0, 3600.0, 90_000.0]))
    def the_clock_jumps(self, seconds):
        self.site.at += seconds

    @rule()
    def the_agent_is_killed(self):
        at, is_down = self.site.at, self.site.desk.is_down
        self.site.close()
        self.site = Site(Path(self.folder.name), DEVICES, Limits(per_day=3), at=at)
        self.site.desk.is_down = is_down

    @rule(is_down=st.booleans())
    def the_helpdesk_goes_or_comes(self, is_down):
        self.site.desk.is_down = is_down

    # ------------------------------------------------------------ people

    @rule(device=IDS, minutes=st.integers(5, 300))
    def somebody_wants_silence(self, device, minutes):
        at = self.site.at
        window = Window(0, Quiet.SILENCE, (device,), at, at + 60 * minutes, "Li", "known")
        self.site.store.add_window(window)
        self.site.pipeline.load_windows()

    @rule(word=st.sampled_from(["rejected", "stalled", "duplicate"]), choice=st.integers(0, 9))
    def somebody_decides_in_the_helpdesk(self, word, choice):
        linked = [one for one in self.site.store.linked_orders() if one.ticket]
        if linked:
            order = linked[choice % len(linked)].sheet.order
            found = TicketRef("", order.reference, word == "stalled", word)
            self.site.orders.desk(order.key, order.generation, found, self.site.at, who="helpdesk")

    @rule(choice=st.integers(0, 9))
    def somebody_is_sent(self, choice):
        linked = self.site.store.linked_orders()
        if linked:
            reference = linked[choice % len(linked)].sheet.order.reference
            with contextlib.suppress(NotAllowed):
                self.site.orders.move(reference, State.DISPATCHED, who="Li", why="visit", now=self.site.at)

    @rule(device=IDS)
    def somebody_reports(self, device):
        order = self.site.orders.report(Report(device, "guard", "dark", self.site.at), self.site.at)
        self.reported.add(order.key)

    # ------------------------------------------------------------ what must hold

    @invariant()
    def there_is_at_most_one_open_ticket_per_key(self):
        with sqlite3.connect(Path(self.folder.name) / "helpdesk.db") as db:
            rows = db.execute("SELECT key FROM ticket WHERE state IN ('registered', 'reopened')").fetchall()
        assert max(Counter(rows).values(), default=0) <= 1

    @invariant()
    def what_is_told_of_an_incident_is_told_in_order(self):
        with sqlite3.connect(Path(self.folder.name) / "helpdesk.db") as db:
            rows = db.execute("SELECT once FROM step WHERE once IS NOT NULL ORDER BY id").fetchall()
        told: dict[str, int] = {}
        for (once,) in rows:
            reference, _, number = once.rpartition(":")
            assert int(number) > told.get(reference, 0)
            told[reference] = int(number)

    def teardown(self):
        try:
            self._ends_well()
        finally:
            self.site.close()
            self.loop.close()
            self.folder.cleanup()

    def _ends_well(self):
        self.site.desk.is_down = False
        self.site.at += 86_400.0 * 2  # windows end, and the day has room again
        self.live(5)
        self.live(CALM_HOURS * 10, 360.0)  # a little more often than evidence goes stale
        self.site.drain()
        store = self.site.store
        open_keys = {ticket.key for ticket, _ in self.site.tickets() if ticket.is_open}
        spoken_of = {}
        for entry in store.open_incidents():
            sheet = store.order(entry.key)
            is_told = self.site.desk.get(entry.ticket).is_open if entry.ticket else False
            for device in (entry.device, *(child.split("/")[0] for child in entry.children)):
                spoken_of[device] = spoken_of.get(device, False) or is_told or sheet.declined
        lost = self.off | {d.id for d in DEVICES if d.parent in self.off}
        assert {device for device in lost if not spoken_of.get(device)} == set()
        over = {key for key in open_keys if not _still_true(store, key)}
        assert over - self.reported == set()


def _still_true(store, key):
    """Whether the incident of a ticket lasts, or the fault it became does: that goes on in the same ticket."""
    entry = store.incident(key)
    if entry is None or entry.is_open:
        return entry is not None
    return any(other.is_open and other.ticket == entry.ticket for other in store.open_incidents())


Interleaving.TestCase.settings = settings(max_examples=12, stateful_step_count=28, deadline=None)
TestInterleaving = Interleaving.TestCase
