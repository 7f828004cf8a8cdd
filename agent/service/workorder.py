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
from agent.service import audit, fromdesk, report
from agent.service.edit import Edit
from agent.service.terms import Terms
from agent.store.orders import CauseLabel, Linked, Sheet
from agent.store.records import Deed
from agent.store.work import Work
from models.facts import Ending, FaultKey
from models.faults import Policy
from models.service import causes, clocks, retest, texts, workorder
from models.service.clocks import PauseReason
from models.service.retest import Result, Trial
from models.service.workorder import AGENT, NotAllowed, Order, Proof, State

log = logging.getLogger(__name__)

_JUST_NOW = 60.0
Suggest = Callable[[FaultKey], tuple[str, float, int] | None]
_NOT_REPAIRED = frozenset({Ending.EXPLAINED, Ending.REMOVED, Ending.CONVERTED, Ending.LIFTED})


class Orders:
    """All work orders of a site. Thread-safe; every method may have to wait for the disk.

    Args:
        store: ledger, orders and outbox.
        terms: contract and language.
        suggest: what is probably behind a fault, as learnt from confirmed causes: cause, probability, cases.
    """

    def __init__(self, store: Work, terms: Terms, *, suggest: Suggest = lambda _fault: None) -> None:
        self._store = store
        self._terms = terms
        self._suggest = suggest
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
        reported_at = self._reported(root, now)
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
            reported_at=reported_at,
            since=now,
            repeat_of=before.order.reference if before is not None and is_repeat else "",
        )
        learned = self._suggest(root)
        usual = causes.suggested(root.code, self._terms.device(root.device))
        sheet = Sheet(
            order,
            self._terms.level.start(severity, now if reported_at is None else min(now, reported_at)),
            reopened=reopened,
            suggested=usual if learned is None else learned[0],
        )
        edit = Edit(sheet, self._terms, now).note(State.DETECTED.value)
        if before is not None and is_repeat:
            self._tell_repeat(edit, before.order.resolved_at)
        edit.commit(self._store)

    def _reported(self, root: FaultKey, now: float) -> float | None:
        """Return when a person had reported this fault, where his ticket now goes on as this one's."""
        for fault in (root.code, ""):
            key = report.key_of(self._terms.site, root.device, fault)
            entry, sheet = self._store.incident(key), self._store.order(key)
            if entry and sheet and entry.closed_at is not None and abs(now - entry.closed_at) < _JUST_NOW:
                return sheet.order.reported_at
        return None

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
        elif one.closed_at is None and one.sheet.declined:
            self._remind(one, edit, now)
        elif state is State.DETECTED and one.ticket:
            edit.step(State.REGISTERED).acknowledge()
        elif state is State.REOPENED and one.ticket and not one.waiting:
            edit.acknowledge()
        if one.closed_at is not None and edit.order.state.is_open:
            self._is_over(one, edit, now)

    def _came_back(self, one: Linked, edit: Edit) -> None:
        order = edit.order
        if order.state is State.CANCELLED and one.sheet.declined:
            edit.change(reopened=one.reopened).note(audit.BACK_ALL_THE_SAME)
            return
        edit.change(reopened=one.reopened, desk_open=True, by_person=False, left_to="", sent_back=0)
        if order.state.is_open:
            return
        edit.step(State.REOPENED, why="the fault came back")
        if order.resolved_at is not None and order.proof:
            self._tell_repeat(edit, order.resolved_at)

    def _remind(self, one: Linked, edit: Edit, now: float) -> None:
        """Say once that a fault lasts although a person decided to leave it."""
        after = self._terms.service.remind_after
        if one.sheet.reminded_at is None and now - one.sheet.order.since >= after and one.ticket:
            edit.change(reminded_at=now).note(audit.REMINDED)
            edit.comment(self._terms.say("order.still_there", since=one.sheet.order.first_seen))

    def _is_over(self, one: Linked, edit: Edit, now: float) -> None:
        order, closed_at = edit.order, one.closed_at or now
        if one.ending in _NOT_REPAIRED:
            if order.state is not State.DETECTED or one.ticket or one.note:
                edit.step(State.CANCELLED, why=one.ending).change(desk_open=False)
        elif order.state.has_hands_on:
            if closed_at > order.since:  # it went by somebody's hands: that is a repair to be proven
                edit.step(State.VERIFYING, why="seen good again").begin_trial(AGENT)
        elif order.state.stays_open or one.sheet.by_person or one.sheet.left_to:
            return  # a part is away, a proof is under way, or it is for a person to say
        elif (policy := self._terms.policy(order.root.code)) is not Policy.AUTO_RESOLVE:
            self._leave_to(policy, edit)
        else:
            edit.reorder(workorder.proven(order, Proof.OBSERVED))
            edit.step(State.RESOLVED, why="seen good again").change(desk_open=False)

    def _leave_to(self, policy: Policy, edit: Edit) -> None:
        if edit.order.state is State.DETECTED:
            return  # its ticket is not made yet; then it is registered first
        edit.change(left_to=policy.value).note(audit.POLICY, why=policy.value)
        if policy is Policy.RESOLVE_AFTER_RETEST:
            edit.step(State.VERIFYING, why="seen good again").begin_trial(AGENT)

    def _tell_repeat(self, edit: Edit, resolved_at: float | None) -> None:
        edit.note(audit.REPEAT, why=edit.order.repeat_of or edit.order.reference)
        edit.comment(texts.repeat(edit.order, resolved_at, self._terms.say))

    # ------------------------------------------------------------ from the helpdesk

    def desk(self, key: str, generation: int, found: TicketRef | None, now: float, *, who: str) -> None:
        """Take in how a ticket stands in the helpdesk; `who`: the helpdesk, or the person it names."""
        with self._lock:
            one = self._store.linked_order(key, generation)
            if one is None or one.waiting or found is None:
                return  # what we asked of it ourselves is still under way
            edit = Edit(one.sheet, self._terms, now)
            if one.sheet.order.state.is_open:
                is_stuck = self._is_stuck(one, Deed.REOPEN)
                fromdesk.taken(one, found, edit, self._terms, who, is_stuck=is_stuck)
            else:
                fromdesk.after_end(one, found, edit, who, is_stuck=self._is_stuck(one, Deed.RESOLVE))
            if edit.sheet is not one.sheet:
                edit.commit(self._store)

    def _is_stuck(self, one: Linked, deed: Deed) -> bool:
        """Whether the helpdesk refused a change of state: then a person did not make the other one."""
        order = one.sheet.order
        return any(
            dead.intent.key == order.key and dead.generation == order.generation and dead.intent.deed is deed
            for dead in self._store.dead_letters()
        )

    def of_ticket(self, ticket: str) -> Order | None:
        """Return the order of a ticket, by the helpdesk's number or id, or by our reference."""
        sheet = self._store.order_of_ticket(ticket)
        return sheet.order if sheet else None

    def ticket_of(self, order: Order) -> str:
        """Return the helpdesk's number of an order's ticket, "" where it has none so far."""
        entry = self._store.incident_of(order.key, order.generation)
        return entry.ticket if entry else ""

    def note(self, device: str, what: str, *, who: str, now: float) -> None:
        """Write into the audit log what a person did to a device, beside any ticket."""
        self._store.note_audit(now, who, what, device)

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
            elif to is State.REOPENED:
                edit.change(by_person=True, declined=False, sent_back=0)
                edit.reopen(texts.moved(edit.order, step, self._terms.say))
            elif edit.order.state.is_open:
                edit.comment(texts.moved(edit.order, step, self._terms.say))
            else:
                edit.change(declined=to is State.CANCELLED)
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

    def report(self, said: report.Report, now: float) -> Order:
        """Take a fault that a person reports; return the order that speaks of it.

        Raises:
            NotAllowed: see `agent.service.report`.
        """
        with self._lock:
            return report.take(said, self._store, self._terms, now)

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
                self._failed(edit, result, text, picture)
            self.retests["passed" if result.passed else "failed"] += 1
            return edit.commit(self._store).order

    def _failed(self, edit: Edit, result: Result, text: str, picture: int | None) -> None:
        """Send a repair back; one closed in the helpdesk again and again is left as the person wants it."""
        still = ", ".join((*result.bad, *(f"{code}?" for code in result.unseen)))
        edit.note(audit.TRIAL_FAILED, why=still)
        edit.attach(picture, f"{edit.order.root.device}-still.jpg")
        was_closed = not edit.sheet.desk_open
        if was_closed and edit.sheet.sent_back >= self._terms.service.send_back:
            edit.step(State.CANCELLED, why=still).note(audit.DECLINED, why="closed while failing")
            edit.change(declined=True, seen_closed=True)
            edit.comment("\n".join([text, self._terms.say("order.respected")]))
            return
        edit.step(State.REPAIRING, why=still)
        if was_closed:
            edit.change(sent_back=edit.sheet.sent_back + 1).note(audit.SENT_BACK)
        edit.reopen(text)

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
