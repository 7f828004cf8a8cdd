"""Runs re-tests: asks the device now, reads the watch's fresh verdicts, round after round. Lives in the loop.

    order in `verifying` ─▶ Trial ─▶ ask now ─▶ look ─▶ judge ─▶ the next round … ─▶ end_trial
Each passed round is on the disk, so that a restart goes on where it was; the round under way begins anew.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from agent.service.workorder import Orders, trial_of
from agent.store.orders import Linked
from models import groups
from models.facts import SITE, FaultKey, Finding, Health, Phase
from models.service import retest
from models.service.retest import Result, Trial
from models.service.workorder import Order, Proof, State

log = logging.getLogger(__name__)

ASK_AGAIN_SHARE: Final = 0.25  # of the patience: so often is a device asked within one round


class Retests:
    """All re-tests under way.

    Args:
        orders: the work orders.
        findings: what the watch knows of a device.
        ask_now: brings all questions to a device forward.
        answered_since: whether every collector of a device has answered since a moment.
        missing: collectors to which a device says that it has no such thing.
        release: lets a login that was refused be tried again.
        picture: keeps the newest picture of a fault's part as evidence; called in a thread.
        on_passed: hears that a repair was verified; called in a thread.
    """

    def __init__(
        self,
        orders: Orders,
        *,
        findings: Callable[[str], Iterable[Finding]],
        ask_now: Callable[[str], None],
        answered_since: Callable[[str, float], bool],
        missing: Callable[[str], Iterable[str]],
        release: Callable[[str], None],
        picture: Callable[[FaultKey, float], int | None],
        on_passed: Callable[[FaultKey], None] = lambda _fault: None,
    ) -> None:
        self._orders = orders
        self._findings = findings
        self._ask_now = ask_now
        self._answered_since = answered_since
        self._missing = missing
        self._release = release
        self._picture = picture
        self._on_passed = on_passed
        self._trials: dict[str, Trial] = {}
        self._asked: dict[str, float] = {}

    async def step(self, linked: Sequence[Linked], now: float) -> None:
        """Go on with every re-test, and notice what came back after one."""
        verifying = {one.sheet.order.reference: one for one in linked if one.sheet.trial is not None}
        for gone in self._trials.keys() - verifying.keys():
            self._forget(gone)
        for one in verifying.values():
            await self._go_on(one, now)
        for one in linked:
            await self._look_back(one, now)

    async def _go_on(self, one: Linked, now: float) -> None:
        order = one.sheet.order
        trial = self._trials.get(order.reference) or trial_of(one.sheet)
        if trial is None or order.state is not State.VERIFYING:
            return
        if retest.is_due(trial, now):
            trial = retest.begin_round(trial, now)
            self._ask(trial, now, first=trial.passed == 0)
        elif trial.asked_at is None:
            return
        outcome = self._judge(trial, one, now)
        if isinstance(outcome, Result):
            await self._end(order, outcome, now)
            return
        if outcome.passed != trial.passed:
            await asyncio.to_thread(self._orders.keep_trial, order, outcome, now)
        self._trials[order.reference] = outcome
        self._ask_again(outcome, now)

    def _judge(self, trial: Trial, one: Linked, now: float) -> Trial | Result:
        asked_at = trial.asked_at if trial.asked_at is not None else now
        if trial.root.device == SITE or trial.root.code == groups.CODE:
            # No device to ask: the site, or what hung on a switch, is back when its incident is over.
            if one.closed_at is not None:
                return Result(passed=True, rounds=trial.rounds)
            seen = {trial.root.code: retest.Seen(retest.Sight.WAITING)}
            return retest.judge(trial, seen, now, is_settled=False)
        device = trial.root.device
        settled = self._answered_since(device, asked_at)
        seen = retest.look(trial, self._findings(device), self._missing(device))
        return retest.judge(trial, seen, now, is_settled=settled)

    async def _end(self, order: Order, result: Result, now: float) -> None:
        self._forget(order.reference)
        picture = await asyncio.to_thread(self._picture, order.root, order.since)
        ended = await asyncio.to_thread(self._orders.end_trial, order, result, now, picture=picture)
        if ended is not None:
            log.info("re-test %s order=%s", "passed" if result.passed else "failed", order.reference)
            if result.passed:
                await asyncio.to_thread(self._on_passed, order.root)

    def _ask(self, trial: Trial, now: float, *, first: bool) -> None:
        device = trial.root.device
        if first and trial.root.code == "AUTH_REFUSED":
            self._release(device)  # a named person says the login is mended: it may be tried once more
        self._asked[str(trial.root)] = now
        self._ask_now(device)

    def _ask_again(self, trial: Trial, now: float) -> None:
        last = self._asked.get(str(trial.root), now)
        if trial.asked_at is not None and now - last >= trial.patience * ASK_AGAIN_SHARE:
            self._ask(trial, now, first=False)

    def _forget(self, reference: str) -> None:
        trial = self._trials.pop(reference, None)
        if trial is not None:
            self._asked.pop(str(trial.root), None)

    async def _look_back(self, one: Linked, now: float) -> None:
        """A fault that is seen again while its incident never ended was not repaired after all."""
        order = one.sheet.order
        resolved_at = order.resolved_at
        if order.state.is_open or order.proof is not Proof.RETEST or resolved_at is None:
            return
        for finding in self._findings(order.root.device):
            if finding.key == order.root and _is_back(finding, resolved_at):
                await asyncio.to_thread(self._orders.is_back, order, str(finding.key), now)


def _is_back(finding: Finding, since: float) -> bool:
    verdict = finding.verdict
    is_bad = verdict is not None and verdict.health is Health.BAD and verdict.at > since
    return is_bad and finding.phase is Phase.OPEN
