"""Work orders follow the ledger, the helpdesk and the people; each step is one transaction.

    ledger ──reconcile──▶ ┐                         ┌─▶ state, clocks, audit
    helpdesk ──desk─────▶ ├──▶ Edit ──one commit────┤
    CLI ──requests──────▶ │                         └─▶ intents: comment, attach, resolve, reopen
    re-test ──ended─────▶ ┘

Reconciling looks at what is, not at what happened: a kill at any moment loses no step, only makes it later.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from agent.helpdesk.base import TicketRef
from agent.service import audit
from agent.service.edit import Edit
from agent.service.terms import Terms
from agent.store.orders import CauseLabel, Linked, Sheet
from agent.store.records import Deed
from agent.store.work import Work
from models.facts import Ending, FaultKey
from models.service import causes, clocks, retest, texts, workorder
from models.service.clocks import PauseReason
from models.service.retest import Result, Trial
from models.service.workorder import AGENT, NotAllowed, Order, Proof, State

log = logging.getLogger(__name__)

_NOT_REPAIRED = frozenset({Ending.EXPLAINED, Ending.REMOVED, Ending.CONVERTED, Ending.LIFTED})
# What helpdesks call a ticket that a person decided not to work on.
WONT_FIX = frozenset({"rejected", "wont_fix", "won't fix", "wontfix", "cancelled", "canceled", "duplicate"})


class Orders:
    """All work orders of a site. Thread-safe; every method may have to wait for the disk.

    Args:
        store: ledger, orders and outbox.
        terms: contract and language.
    """

    def __init__(self, store: Work, terms: Terms) -> None:
        self._store = store
        self._terms = terms
        self._lock = threading.RLock()
        self.retests = {"passed": 0, "failed": 0}

    # ------------------------------------------------------------ from the ledger

    def reconcile(self, now: float) -> list[Linked]:
        """Let the orders follow the ledger; return the open ones and those whose incident lasts."""
        with self._lock:
            for key, generation, root, first_seen, reopened in self._store.unordered():
                self._begin(key, generation, root, first_seen, now, reopened=reopened)
            return [self._followed(one, now) for one in self._store.linked_orders()]

    def _begin(
        self, key: str, generation: int, root: FaultKey, first_seen: float, now: float, *, reopened: int
    ) -> None:
        severity = self._terms.severity(root)
        before = self._store.order_of(key, generation - 1)
        is_repeat = before is not None and workorder.repeats(
            before.order, now, self._terms.service.repeat_window
        )
        order = Order(
            key=key,
            generation=generation,
            root=root,
            severity=severity,
            first_seen=first_seen,
            detected_at=now,
            since=now,
            repeat_of=before.order.reference if before is not None and is_repeat else "",
        )
        sheet = Sheet(
            order,
            self._terms.level.start(severity, now),
            reopened=reopened,
            suggested=causes.suggested(root.code, self._terms.device(root.device)),
        )
        edit = Edit(sheet, self._terms, now).note(State.DETECTED.value)
        if before is not None and is_repeat:
            self._tell_repeat(edit, before.order.resolved_at)
        edit.commit(self._store)

    def _followed(self, one: Linked, now: float) -> Linked:
        edit = Edit(one.sheet, self._terms, now)
        try:
            self._follow(one, edit, now)
        except NotAllowed:  # a fault of ours: the order stays as it is, and the others go on
            log.exception("work order does not follow order=%s", one.sheet.order.reference)
            return one
        if edit.sheet is one.sheet:
            return one
        return replace(one, sheet=edit.commit(self._store))

    def _follow(self, one: Linked, edit: Edit, now: float) -> None:
        state = one.sheet.order.state
        if one.closed_at is None and one.reopened > one.sheet.reopened:
            self._came_back(one, edit)
        elif state is State.DETECTED and one.ticket:
            edit.step(State.REGISTERED).acknowledge()
        elif state is State.REOPENED and one.ticket and not one.waiting:
            edit.acknowledge()
        if one.closed_at is not None and edit.order.state.is_open:
            self._is_over(one, edit, now)

    def _came_back(self, one: Linked, edit: Edit) -> None:
        order = edit.order
        edit.change(reopened=one.reopened, desk_open=True)
        if order.state.is_open:
            return
        edit.step(State.REOPENED, why="the fault came back")
        if order.resolved_at is not None and order.proof:
            self._tell_repeat(edit, order.resolved_at)

    def _is_over(self, one: Linked, edit: Edit, now: float) -> None:
        order, closed_at = edit.order, one.closed_at or now
        if one.ending in _NOT_REPAIRED:
            if order.state is not State.DETECTED or one.ticket or one.note:
                edit.step(State.CANCELLED, why=one.ending).change(desk_open=False)
        elif order.state.has_hands_on:
            if closed_at > order.since:  # it went by somebody's hands: that is a repair to be proven
                edit.step(State.VERIFYING, why="seen good again").begin_trial(AGENT)
        elif not order.state.stays_open:
            edit.reorder(workorder.proven(order, Proof.OBSERVED))
            edit.step(State.RESOLVED, why="seen good again").change(desk_open=False)

    def _tell_repeat(self, edit: Edit, resolved_at: float | None) -> None:
        edit.note(audit.REPEAT, why=edit.order.repeat_of or edit.order.reference)
        edit.comment(texts.repeat(edit.order, resolved_at, self._terms.say))

    # ------------------------------------------------------------ from the helpdesk

    def desk(self, key: str, generation: int, found: TicketRef | None, now: float, *, who: str) -> None:
        """Take in how a ticket stands in the helpdesk; `who`: the helpdesk, as it names no person."""
        with self._lock:
            one = self._store.linked_order(key, generation)
            if one is None or one.waiting or not one.sheet.order.state.is_open:
                return  # what we asked of it ourselves is still under way
            if found is None or found.is_open == one.sheet.desk_open:
                return
            edit = Edit(one.sheet, self._terms, now).change(desk_open=found.is_open)
            if found.is_open:
                edit.note(audit.DESK_OPENED, who)
            elif not self._is_stuck(one) and one.sheet.order.state is not State.DETECTED:
                self._desk_closed(edit, found.state, who)
            edit.commit(self._store)

    def _desk_closed(self, edit: Edit, said: str, who: str) -> None:
        state = edit.order.state
        if said.lower().replace("-", " ") in WONT_FIX:
            edit.step(State.CANCELLED, who, why=said)
        elif state.is_away:
            edit.note(audit.HELD_OPEN, why=state.value)
            edit.reopen(self._terms.say("order.stays_open", state=self._terms.say(f"state.{state.value}")))
        elif state is not State.VERIFYING:
            edit.step(State.VERIFYING, who, why=f"{said or 'closed'} in the helpdesk").begin_trial(who)

    def _is_stuck(self, one: Linked) -> bool:
        """Whether the helpdesk refused to open the ticket again: then nobody closed it."""
        order = one.sheet.order
        return any(
            dead.intent.key == order.key
            and dead.generation == order.generation
            and dead.intent.deed is Deed.REOPEN
            for dead in self._store.dead_letters()
        )

    # ------------------------------------------------------------ from people

    def _edit(self, ticket: str, now: float) -> Edit:
        sheet = self._store.order_of_ticket(ticket)
        if sheet is None:
            raise NotAllowed("order.unknown", ticket=ticket)
        return Edit(sheet, self._terms, now)

    def move(self, ticket: str, to: State, *, who: str, why: str, now: float) -> Order:
        """Let a person lead an order to another state; `verifying` begins the re-test.

        Raises:
            NotAllowed: see `models.service.workorder`.
        """
        with self._lock:
            edit = self._edit(ticket, now)
            edit.step(to, who, why)
            step = workorder.Step(to, who, now, why)
            if to is State.VERIFYING:
                edit.begin_trial(who)
            elif edit.order.state.is_open:
                edit.comment(texts.moved(edit.order, step, self._terms.say))
            else:
                edit.resolve(texts.moved(edit.order, step, self._terms.say))
            return edit.commit(self._store).order

    def waive(self, ticket: str, *, who: str, why: str, now: float) -> Order:
        """Let a named person answer for a repair that no re-test proved.

        Raises:
            NotAllowed: nobody is named, no reason is given, or the order is over.
        """
        with self._lock:
            edit = self._edit(ticket, now)
            if not why.strip():
                raise NotAllowed("order.needs_why", to=State.RESOLVED.value)
            edit.reorder(workorder.proven(edit.order, Proof.WAIVER, who)).note(audit.WAIVED, who, why)
            edit.step(State.RESOLVED, who, why)
            terms = self._terms
            edit.resolve(texts.waived(edit.order, why, edit.sheet.suggested, terms.lang, terms.say))
            return edit.commit(self._store).order

    def confirm(self, ticket: str, cause: str, *, who: str, now: float) -> Order:
        """Take the cause that a technician found, and keep it beside the suggested one.

        Raises:
            NotAllowed: there is no such cause, nobody is named, or the order is over.
        """
        if cause not in causes.CAUSES:
            raise NotAllowed("cause.unknown", code=cause, codes=", ".join(causes.CAUSES))
        with self._lock:
            edit = self._edit(ticket, now)
            edit.reorder(workorder.confirmed(edit.order, cause, who)).note(audit.CAUSE, who, cause)
            order, suggested = edit.order, edit.sheet.suggested
            edit.label(CauseLabel(now, who, order.key, order.generation, order.root.code, suggested, cause))
            edit.comment(texts.confirmed(order, self._terms.lang, self._terms.say))
            return edit.commit(self._store).order

    def pause(self, ticket: str, reason: PauseReason, *, who: str, why: str, now: float) -> Order:
        """Let all clocks of an order stand still.

        Raises:
            NotAllowed: nobody is named, or the order is over.
        """
        with self._lock:
            edit = self._edit(ticket, now)
            self._check_clocks(edit, who)
            running = tuple(clocks.pause(clock, now, reason, who) for clock in edit.sheet.clocks)
            said = self._terms.say(f"pause.{reason.value}")
            edit.set_clocks(running).note(audit.PAUSED, who, f"{reason.value}: {why}".removesuffix(": "))
            edit.comment(self._terms.say("order.paused", who=who, reason=said, why=why).strip())
            return edit.commit(self._store).order

    def resume(self, ticket: str, *, who: str, now: float) -> Order:
        """Let the clocks run on.

        Raises:
            NotAllowed: nobody is named, or the order is over.
        """
        with self._lock:
            edit = self._edit(ticket, now)
            self._check_clocks(edit, who)
            edit.set_clocks(tuple(clocks.resume(clock, now) for clock in edit.sheet.clocks))
            edit.note(audit.RESUMED, who).comment(self._terms.say("order.resumed", who=who))
            return edit.commit(self._store).order

    def _check_clocks(self, edit: Edit, who: str) -> None:
        if not who:
            raise NotAllowed("order.needs_name")
        if not edit.order.state.is_open:
            raise NotAllowed("order.is_over", state=edit.order.state.value)

    # ------------------------------------------------------------ from the re-test

    def keep_trial(self, order: Order, trial: Trial, now: float) -> None:
        """Note how far a re-test has come, unless it was dropped meanwhile."""
        with self._lock:
            sheet = self._tried(order)
            if sheet is not None:
                Edit(sheet, self._terms, now).keep_trial(trial).commit(self._store)

    def end_trial(self, order: Order, result: Result, now: float, *, picture: int | None) -> Order | None:
        """Take in how a re-test ended; None when it was dropped meanwhile."""
        with self._lock:
            sheet = self._tried(order)
            if sheet is None:
                return None
            edit = Edit(sheet, self._terms, now)
            recipe, terms = self._terms.recipe(order.root), self._terms
            by_hand = recipe.by_hand.of(terms.lang) if recipe.by_hand else ""
            text = texts.ended(result, order, sheet.suggested, terms.lang, terms.say, by_hand=by_hand)
            if result.passed:
                edit.note(audit.TRIAL_PASSED, why=f"{result.rounds} rounds")
                edit.reorder(workorder.proven(edit.order, Proof.RETEST, AGENT))
                edit.step(State.RESOLVED).attach(picture, f"{order.root.device}-after.jpg").resolve(text)
            else:
                still = ", ".join((*result.bad, *(f"{code}?" for code in result.unseen)))
                edit.note(audit.TRIAL_FAILED, why=still).step(State.REPAIRING, why=still)
                edit.attach(picture, f"{order.root.device}-still.jpg").reopen(text)
            self.retests["passed" if result.passed else "failed"] += 1
            return edit.commit(self._store).order

    def is_back(self, order: Order, seen: str, now: float) -> None:
        """The fault of an order whose re-test was passed is seen again, before its incident ever ended."""
        with self._lock:
            sheet = self._store.order_of(order.key, order.generation)
            if sheet is None or sheet.order.state.is_open:
                return
            edit = Edit(sheet, self._terms, now).change(desk_open=False)
            edit.step(State.REOPENED, why=seen).reopen(self._terms.say("order.still_back", seen=seen))
            self._tell_repeat(edit, sheet.order.resolved_at)
            edit.commit(self._store)

    def _tried(self, order: Order) -> Sheet | None:
        sheet = self._store.order_of(order.key, order.generation)
        return sheet if sheet is not None and sheet.order.state is State.VERIFYING else None

    # ------------------------------------------------------------ from the clocks

    def change(self, order: Order, edit_with: Callable[[Edit], None], now: float) -> None:
        """Change an order as it is now; nothing is written where nothing changes."""
        with self._lock:
            sheet = self._store.order_of(order.key, order.generation)
            if sheet is not None:
                edit = Edit(sheet, self._terms, now)
                edit_with(edit)
                if edit.sheet is not sheet:
                    edit.commit(self._store)


def trial_of(sheet: Sheet) -> Trial | None:
    """Return the re-test under way; None where there is none or it cannot be read."""
    try:
        return retest.load(sheet.trial) if sheet.trial is not None else None
    except (KeyError, TypeError, ValueError):
        log.warning("re-test unreadable order=%s", sheet.order.reference)
        return None
