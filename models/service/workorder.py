"""A work order and the steps it may take (DOMAIN 4), as a table with guards. Pure.

detected ─▶ registered ─▶ triaged ─▶ dispatched ─▶ on site ─▶ repairing ─▶ verifying ─▶ resolved
             │            └▶ remote fix ─▶ verifying              │           │           ├▶ follow-up
             └▶ cancelled     waiting parts | returned | swapped ◀┘  ◀─ fails ┘           ├▶ closed
                                                                                 recurs ─▶└▶ reopened
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from models.facts import FaultKey
from models.faults import Severity

AGENT: Final = "siteward"  # who does what no person does
REPEAT_SECONDS: Final = 30 * 86400.0  # DOMAIN 3: the same fault within 30 days of its verified repair


class State(StrEnum):
    """Where a work order stands."""

    DETECTED = "detected"
    REGISTERED = "registered"
    TRIAGED = "triaged"
    DISPATCHED = "dispatched"
    ON_SITE = "on_site"
    REPAIRING = "repairing"
    REMOTE_FIX = "remote_fix"
    WAITING_PARTS = "waiting_parts"
    RETURNED = "returned_to_maker"
    SWAPPED = "swapped"
    VERIFYING = "verifying"
    RESOLVED = "resolved"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REOPENED = "reopened"

    @property
    def is_open(self) -> bool:
        """Whether there is still something to repair, to bring back or to prove."""
        return self not in {State.RESOLVED, State.FOLLOW_UP, State.CLOSED, State.CANCELLED}

    @property
    def is_away(self) -> bool:
        """Whether the original, or a part of it, is not there: the order waits for it, whatever is seen."""
        return self in {State.WAITING_PARTS, State.RETURNED, State.SWAPPED}

    @property
    def has_hands_on(self) -> bool:
        """Whether somebody is at work: a fault that goes away now went by his hands, and is tested."""
        return self in {State.ON_SITE, State.REPAIRING, State.REMOTE_FIX}

    @property
    def stays_open(self) -> bool:
        """Whether a fault that is gone does not end it by itself: work, proof or a part is outstanding."""
        return self.is_away or self.has_hands_on or self is State.VERIFYING


class Proof(StrEnum):
    """Why a repair is believed."""

    NONE = ""
    RETEST = "retest"  # the fault's recipe passed all its rounds
    OBSERVED = "observed"  # it went by itself: seen good for as long as its hold asks
    WAIVER = "waiver"  # a named person answers for it


@dataclass(frozen=True, slots=True)
class Order:
    """One work order: one ticket of one fault.

    Attributes:
        key: the incident's key; `generation`: which of its tickets.
        first_seen: first bad sight of the fault.
        detected_at: when the agent was sure; `reported_at`: when a person said so. Both stamps are kept.
        state: and since when.
        turn: how often it was reopened.
        repeat_of: reference of the earlier order that this fault repeats.
        proof: why the repair is believed; `proof_by` names who answers for a waiver.
        cause: confirmed by `cause_by`.
    """

    key: str
    generation: int
    root: FaultKey
    severity: Severity
    first_seen: float
    detected_at: float | None = None
    reported_at: float | None = None
    state: State = State.DETECTED
    since: float = 0.0
    turn: int = 0
    repeat_of: str = ""
    proof: Proof = Proof.NONE
    proof_by: str = ""
    resolved_at: float | None = None
    cause: str = ""
    cause_by: str = ""

    @property
    def reference(self) -> str:
        """The same as the ledger's: key#generation."""
        return f"{self.key}#{self.generation}"

    @property
    def started_at(self) -> float:
        """When its clocks started: at the report of a person, else at detection."""
        if self.reported_at is not None and self.detected_at is None:
            return self.reported_at
        return self.detected_at if self.detected_at is not None else self.first_seen


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody wants an order in another state. `who` is AGENT or a person's name."""

    to: State
    who: str
    at: float
    why: str = ""


class NotAllowed(Exception):
    """A step that an order may not take; the message says what is missing, as a key and its facts."""

    def __init__(self, message: str, **facts: str) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Guard:
    """What a step asks for."""

    person: bool = True  # a person may take it
    agent: bool = False
    why: bool = False  # a reason must be written
    proof: bool = False  # passed re-test, or a named waiver
    cause: bool = False  # confirmed by a technician


_PERSON: Final = Guard()
_REASON: Final = Guard(why=True)
_BOTH: Final = Guard(agent=True)
_AGENT: Final = Guard(person=False, agent=True)
_PROVEN: Final = Guard(agent=True, proof=True)
_END: Final = Guard(proof=True, cause=True)
_CANCEL: Final = Guard(agent=True, why=True)

_S = State
_AT_WORK: Final = (_S.TRIAGED, _S.DISPATCHED, _S.ON_SITE, _S.REPAIRING, _S.REMOTE_FIX)
_AWAY: Final = (_S.WAITING_PARTS, _S.RETURNED, _S.SWAPPED)
_BEGUN: Final = (_S.REGISTERED, _S.REOPENED)

STEPS: Final[Mapping[tuple[State, State], Guard]] = {
    (_S.DETECTED, _S.REGISTERED): _BOTH,
    (_S.DETECTED, _S.CANCELLED): _CANCEL,
    (_S.DETECTED, _S.RESOLVED): _PROVEN,
    # a person takes it up; stages may be left out, never gone back without a word
    **{(a, b): _PERSON for a in _BEGUN for b in _AT_WORK},
    **{(a, b): _PERSON for n, a in enumerate(_AT_WORK) for b in _AT_WORK[n + 1 :]},
    **{(a, b): _REASON for n, a in enumerate(_AT_WORK) for b in _AT_WORK[:n]},
    # the original is away, and comes back
    **{(a, b): _REASON for a in (*_BEGUN, *_AT_WORK) for b in _AWAY},
    **{(a, b): _REASON for a in _AWAY for b in _AWAY if a is not b},
    **{(a, b): _PERSON for a in _AWAY for b in (_S.ON_SITE, _S.REPAIRING)},
    # "repaired"
    **{(a, _S.VERIFYING): _BOTH for a in (*_BEGUN, *_AT_WORK)},
    (_S.VERIFYING, _S.REPAIRING): _AGENT,
    (_S.VERIFYING, _S.RESOLVED): _PROVEN,
    # seen good without anybody's word, or a person answers for it
    **{(a, _S.RESOLVED): _PROVEN for a in (*_BEGUN, *_AT_WORK)},
    **{(a, _S.RESOLVED): Guard(proof=True, why=True) for a in _AWAY},
    **{(a, _S.CANCELLED): _CANCEL for a in (*_BEGUN, *_AT_WORK, *_AWAY, _S.VERIFYING)},
    # afterwards
    (_S.RESOLVED, _S.FOLLOW_UP): _PERSON,
    (_S.RESOLVED, _S.CLOSED): _END,
    (_S.FOLLOW_UP, _S.CLOSED): _END,
    **{(a, _S.REOPENED): _BOTH for a in (_S.RESOLVED, _S.FOLLOW_UP, _S.CLOSED)},
    (_S.CANCELLED, _S.REOPENED): _CANCEL,
}


def move(order: Order, step: Step) -> Order:
    """Return the order after a step.

    Raises:
        NotAllowed: there is no such step from here, or what it asks for is missing.
    """
    guard = STEPS.get((order.state, step.to))
    if guard is None:
        raise NotAllowed("order.no_step", state=order.state.value, to=step.to.value)
    _check(order, step, guard)
    moved = replace(order, state=step.to, since=step.at)
    if step.to is State.RESOLVED:
        return replace(moved, resolved_at=step.at)
    if step.to is State.REOPENED:
        again = replace(moved, turn=order.turn + 1, proof=Proof.NONE, proof_by="", resolved_at=None)
        return replace(again, cause="", cause_by="")
    if step.to in {State.VERIFYING, State.REPAIRING}:
        return replace(moved, proof=Proof.NONE, proof_by="")
    return moved


def proven(order: Order, proof: Proof, who: str = "") -> Order:
    """Return the order with what makes its repair believed.

    Raises:
        NotAllowed: a waiver without a person's name.
    """
    if proof is Proof.WAIVER and (not who or who == AGENT):
        raise NotAllowed("order.needs_name")
    return replace(order, proof=proof, proof_by=who)


def confirmed(order: Order, cause: str, who: str) -> Order:
    """Return the order with the cause that a technician found.

    Raises:
        NotAllowed: nobody is named, or the order is over.
    """
    if not who or who == AGENT:
        raise NotAllowed("order.needs_name")
    if order.state in {State.CLOSED, State.CANCELLED}:
        raise NotAllowed("order.is_over", state=order.state.value)
    return replace(order, cause=cause, cause_by=who)


def next_steps(order: Order) -> tuple[State, ...]:
    """Return where a person may lead the order from here, whatever that may still ask for."""
    return tuple(to for (at, to), guard in STEPS.items() if at is order.state and guard.person)


def repeats(before: Order, at: float, window: float = REPEAT_SECONDS) -> bool:
    """Whether a fault that comes now repeats an order: the same fault, soon after its repair was proven.

    A wall clock that was set back since counts as soon.
    """
    return before.resolved_at is not None and bool(before.proof) and at - before.resolved_at < window


def _check(order: Order, step: Step, guard: Guard) -> None:
    is_agent = step.who == AGENT
    if not step.who:
        raise NotAllowed("order.needs_name")
    if not (guard.agent if is_agent else guard.person):
        raise NotAllowed("order.not_yours", to=step.to.value)
    if guard.why and not step.why.strip():
        raise NotAllowed("order.needs_why", to=step.to.value)
    if guard.proof and not order.proof:
        raise NotAllowed("order.needs_proof", to=step.to.value)
    if guard.cause and not order.cause:
        raise NotAllowed("order.needs_cause", to=step.to.value)
