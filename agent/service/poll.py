"""Looks how open tickets stand in the helpdesk, one after the other, at a modest pace.

Called by the helpdesk worker in its own thread and only while it has nothing else to do: adapters need not be
thread-safe, and a helpdesk in trouble is left alone.
"""

import logging
from typing import Final

from agent.helpdesk.base import Helpdesk, HelpdeskBusy, HelpdeskError
from agent.service.workorder import Orders
from agent.store.orders import Linked
from agent.store.work import Work

log = logging.getLogger(__name__)

PAUSE_AFTER_ERROR: Final = 60.0
ENDED_EVERY: Final = 10  # rounds: tickets that are over are looked at once in so many


class Poll:
    """Asks for one ticket at a time.

    Args:
        store: which tickets there are.
        helpdesk: where they are.
        orders: hears how they stand.
        every: seconds in which each open ticket is looked at once.
        recent: seconds since its end in which a ticket may be opened again by a person.
    """

    def __init__(
        self, store: Work, helpdesk: Helpdesk, orders: Orders, every: float, recent: float = 30 * 86400.0
    ) -> None:
        self._store = store
        self._helpdesk = helpdesk
        self._orders = orders
        self._every = every
        self._recent = recent
        self._queue: list[Linked] = []
        self._next = float("-inf")
        self._pause = every
        self._round = 0

    def step(self, now: float) -> None:
        """Look at the next tickets when its turn has come; a clock that was set back is not waited for."""
        if 0 < self._next - now <= max(self._every, PAUSE_AFTER_ERROR):
            return
        if not self._queue:
            linked = self._store.linked_orders()
            self._queue = [one for one in linked if one.ticket and one.sheet.order.state.is_open]
            self._queue += self._ended(now) if self._round % ENDED_EVERY == 0 else []
            self._round += 1
            self._pause = self._every / max(1, len(self._queue))
        self._next = now if self._queue else now + self._every
        while self._queue and self._next <= now:
            self._next += self._pause
            self._look(self._queue.pop(0), now)

    def _ended(self, now: float) -> list[Linked]:
        """Return what was over lately: a person may have opened it again."""
        return self._store.ended_orders(now - self._recent)

    def _look(self, one: Linked, now: float) -> None:
        order = one.sheet.order
        try:
            found = self._helpdesk.get(one.ticket)
        except HelpdeskError as err:
            wait = err.retry_after if isinstance(err, HelpdeskBusy) else PAUSE_AFTER_ERROR
            self._next = now + min(wait, PAUSE_AFTER_ERROR)
            log.warning("ticket not looked at helpdesk=%s: %s", self._helpdesk.name, err)
            return
        self._orders.desk(order.key, order.generation, found, now, who=f"helpdesk {self._helpdesk.name}")
