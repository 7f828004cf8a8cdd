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


class Poll:
    """Asks for one ticket at a time.

    Args:
        store: which tickets there are.
        helpdesk: where they are.
        orders: hears how they stand.
        every: seconds in which each open ticket is looked at once.
    """

    def __init__(self, store: Work, helpdesk: Helpdesk, orders: Orders, every: float) -> None:
        self._store = store
        self._helpdesk = helpdesk
        self._orders = orders
        self._every = every
        self._queue: list[Linked] = []
        self._next = float("-inf")
        self._pause = every

    def step(self, now: float) -> None:
        """Look at the next tickets when its turn has come; a clock that was set back is not waited for."""
        if 0 < self._next - now <= max(self._every, PAUSE_AFTER_ERROR):
            return
        if not self._queue:
            linked = self._store.linked_orders()
            self._queue = [one for one in linked if one.ticket and one.sheet.order.state.is_open]
            self._pause = self._every / max(1, len(self._queue))
        self._next = now if self._queue else now + self._every
        while self._queue and self._next <= now:
            self._next += self._pause
            self._look(self._queue.pop(0), now)

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
