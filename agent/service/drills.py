"""The agent's end of `siteward drill`: begins and ends labelled incidents, and ends those nobody ended."""

import threading
from collections.abc import Callable, Iterable
from typing import Final

from agent.service.requests import Done, Request
from agent.store.orders import Linked
from models.facts import FaultKey

CODE: Final = "DRILL"
LONGEST_SECONDS: Final = 900.0  # a drill whose command was killed ends by itself
AT_ONCE: Final = 3  # drills at a time


class Drills:
    """Drills under way. Requests come from any thread; `step` runs in the loop and is what acts.

    Args:
        act: begins (`ends` False) or ends the drill of a fault key at a moment.
    """

    def __init__(self, act: Callable[[FaultKey, float, bool], None]) -> None:
        self._act = act
        self._lock = threading.Lock()
        self._wanted: list[tuple[FaultKey, bool]] = []
        self._running: set[FaultKey] = set()

    def ask(self, request: Request) -> Done:
        """Take a request: `ticket` names the device, `value` the drill."""
        fault = FaultKey(request.ticket, request.value, CODE)
        if not request.who.strip() or not request.value:
            return Done(ok=False, said="a drill needs a name: siteward drill DEVICE --who NAME")
        ends = request.do == "drill_end"
        with self._lock:
            if not ends and len(self._running) >= AT_ONCE:
                return Done(ok=False, said=f"{AT_ONCE} drills are under way: wait for one to end")
            if not ends:
                self._running.add(fault)
            self._wanted.append((fault, ends))
        return Done(ok=True, said=str(fault))

    def step(self, linked: Iterable[Linked], now: float) -> None:
        """Do what was asked; end what is left of a drill whose command is gone."""
        with self._lock:
            wanted, self._wanted = self._wanted, []
        for fault, ends in wanted:
            self._act(fault, now, ends)
            if ends:
                self._running.discard(fault)
        for one in linked:
            order = one.sheet.order
            began = order.detected_at or order.first_seen
            if order.root.code == CODE and one.closed_at is None and now - began > LONGEST_SECONDS:
                self._running.discard(order.root)
                self._act(order.root, now, True)
