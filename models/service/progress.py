"""What a step of a work order does to its clocks."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from models.service import clocks
from models.service.clocks import Clock, ClockName
from models.service.profiles import Level
from models.service.workorder import Order, State

_C = ClockName
_ENDED: Final = frozenset({State.RESOLVED, State.CANCELLED, State.CLOSED, State.FOLLOW_UP})
_BEEN_THERE: Final = frozenset({State.ON_SITE, State.REPAIRING, State.SWAPPED, State.RETURNED})
_TAKEN_UP: Final = frozenset({State.TRIAGED, State.DISPATCHED, State.REMOTE_FIX, State.WAITING_PARTS})

# Which clocks a state stops. A remote fix makes an arrival needless, so `verifying` stops that too.
STOPS: Final[Mapping[ClockName, frozenset[State]]] = {
    _C.RESPOND: _TAKEN_UP | _BEEN_THERE | {State.VERIFYING} | _ENDED,
    _C.ANSWER: _TAKEN_UP | _BEEN_THERE | {State.VERIFYING} | _ENDED,
    _C.ARRIVE: _BEEN_THERE | {State.VERIFYING} | _ENDED,
    _C.RESTORE: _ENDED,
    _C.SWAP: frozenset({State.SWAPPED}) | _ENDED,
}


def follow(
    running: Iterable[Clock], before: Order, after: Order, level: Level, *, repaired_at: float | None = None
) -> tuple[Clock, ...]:
    """Return all clocks of an order after it went from one state to another.

    Args:
        running: all its clocks so far.
        before: the order before the step.
        after: the order after it.
        level: what the contract promises.
        repaired_at: when the repair that is now proven was reported: the proof took time that nobody owes.
    """
    at = after.since
    if after.state is State.REOPENED:
        return (*running, *level.start(after.severity, at, turn=after.turn))
    if before.state is State.VERIFYING and after.state is State.RESOLVED and repaired_at is not None:
        at = min(at, repaired_at)
    result: list[Clock] = []
    for clock in running:
        if clock.is_running and after.state in STOPS[clock.name]:
            result += [clocks.stop(clock, at), *_started_by(clock, after, level, at)]
        else:
            result.append(clock)
    return tuple(result)


def acknowledged(running: Iterable[Clock], at: float) -> tuple[Clock, ...]:
    """Return the clocks after the ticket, with its diagnosis, is in the helpdesk: that is the response."""
    return tuple(clocks.stop(c, at) if c.name is _C.RESPOND else c for c in running)


def _started_by(clock: Clock, after: Order, level: Level, at: float) -> tuple[Clock, ...]:
    if after.state in _ENDED:
        return ()
    return tuple(replace(c, turn=clock.turn) for c in level.follow(after.severity, clock.name, at))
