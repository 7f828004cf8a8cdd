"""The contract's loop: orders follow the ledger, requests are done, re-tests go on."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.baseline import BASELINE, baseline
from agent.references import PictureReferences
from agent.run import Clocks
from agent.service import audit
from agent.service.clocks import Timekeeper
from agent.service.drills import Drills
from agent.service.quiet import Quiets
from agent.service.requests import Done, Inbox, Request, carry_out
from agent.service.retest import Retests
from agent.service.terms import Terms
from agent.service.workorder import Orders
from agent.store.orders import Linked
from models.words import Lang

log = logging.getLogger(__name__)

STEP_SECONDS: Final = 1.0


class Service:
    """Keeps the work orders of a site while the agent runs.

    Args:
        orders: the work orders.
        retests: re-tests under way.
        terms: contract and language.
        state_dir: where requests come in.
        clocks: the agent's clocks.
        accept: takes a device as it is now; False for one that is not in the inventory.
        quiets: maintenance windows and silences.
        drills: what `siteward drill` begins and ends.
        references: what cameras usually show.
    """

    def __init__(
        self,
        orders: Orders,
        retests: Retests,
        terms: Terms,
        *,
        state_dir: Path,
        clocks: Clocks,
        accept: Callable[[str], bool] = lambda _device: False,
        quiets: Quiets | None = None,
        drills: Drills | None = None,
        references: PictureReferences | None = None,
    ) -> None:
        self.orders = orders
        self.terms = terms
        self.linked: list[Linked] = []
        self._retests = retests
        self._accept = accept
        self._quiets = quiets
        self._references = references
        self._drills = drills or Drills(lambda _fault, _now, _ends: None)
        self._clocks = clocks
        self._timekeeper = Timekeeper(orders, terms)
        self._inbox = Inbox(state_dir, self.do)

    def do(self, request: Request, lang: Lang | None = None) -> Done:
        """Do one thing that a person asks for; the answer is in `lang`, else in the site's language."""
        if request.do == "accept":
            return self._accepted(request)
        if request.do in {"drill", "drill_end"}:
            return self._drills.ask(request)
        if request.do in BASELINE and self._references is not None:
            return baseline(request, self._references)
        terms = self.terms if lang is None else replace(self.terms, lang=lang)
        return carry_out(request, self.orders, terms, self._clocks.wall(), self._quiets)

    def _accepted(self, request: Request) -> Done:
        if not self._accept(request.ticket):
            return Done(ok=False, said=f"the running agent knows no device {request.ticket!r}")
        self.orders.note(request.ticket, audit.ACCEPTED, who=request.who, now=self._clocks.wall())
        return Done(ok=True, said=f"{request.ticket}: accepted as it is, from its next answer on")

    async def run(self) -> None:
        """Work until cancelled."""
        await asyncio.to_thread(self._inbox.clear)
        while True:
            await asyncio.sleep(STEP_SECONDS)
            try:
                await self.step()
            except Exception:  # a fault of ours: what is to be done is looked at anew in a second
                log.exception("work orders failed")

    async def step(self) -> None:
        """Do once what is to be done now."""
        now = self._clocks.wall()
        self.linked = await asyncio.to_thread(self._follow, now)
        self._drills.step(self.linked, now)
        await self._retests.step(self.linked, now)

    def _follow(self, now: float) -> list[Linked]:
        self._inbox.step()
        linked = self.orders.reconcile(now)
        self._timekeeper.step(linked, now)
        return linked
