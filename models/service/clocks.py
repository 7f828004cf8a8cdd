"""The clocks of a ticket: how much of its time each has used, when it is due, what is to be said of it.

started ──runs──┬──▶ 50 % ──▶ 80 % ──▶ breached        stopped: done, late or in time
                └─▶ paused (why, who) ─▶ resumed        a pause only ever moves the due time away
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from models.service.calendar import Calendar

MARKS: Final = (0.5, 0.8, 1.0)  # shares of the limit at which something is said; the last is the breach


class ClockName(StrEnum):
    """What a clock measures (DOMAIN 2). `answer` exists only where a contract asks for a full answer."""

    RESPOND = "respond"
    ANSWER = "answer"
    ARRIVE = "arrive"
    RESTORE = "restore"
    SWAP = "swap"


class PauseReason(StrEnum):
    """Why a contract lets a clock stand still."""

    ACCESS = "access"  # the customer denies access
    PARTS = "parts"  # waiting for parts, as agreed
    APPROVED = "approved"  # the customer agreed to wait


@dataclass(frozen=True, slots=True)
class Pause:
    """A clock stood still; `until` None: it still does."""

    since: float
    reason: PauseReason
    who: str
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of one ticket.

    Attributes:
        limit: working seconds allowed; None: measured only, it cannot be breached.
        calendar: "24x7" or "working".
        turn: 0 for the first time, 1 after the ticket was reopened once, …
        told: the highest mark that was said already.
        breached_at: when it ran out, as far as it was noticed.
    """

    name: ClockName
    limit: float | None
    started_at: float
    calendar: str = "24x7"
    turn: int = 0
    stopped_at: float | None = None
    pauses: tuple[Pause, ...] = ()
    told: float = 0.0
    breached_at: float | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped; it may be paused."""
        return self.stopped_at is None

    @property
    def is_paused(self) -> bool:
        """Whether it stands still now."""
        return self.is_running and any(pause.until is None for pause in self.pauses)


def used(clock: Clock, calendar: Calendar, at: float) -> float:
    """Return the working seconds a clock has run, pauses left out."""
    end = at if clock.stopped_at is None else min(at, clock.stopped_at)
    total, since = 0.0, clock.started_at
    for begin, until in _pauses(clock):
        total += calendar.elapsed(since, min(begin, end))
        since = max(since, until)
    return total + calendar.elapsed(since, end)


def due(clock: Clock, calendar: Calendar) -> float | None:
    """Return when a clock runs out; None without a limit, or while a pause without an end keeps it open."""
    if clock.limit is None:
        return None
    left, since = clock.limit, clock.started_at
    for begin, until in _pauses(clock):
        stretch = calendar.elapsed(since, begin)
        if stretch >= left:
            break
        left -= stretch
        since = max(since, until)
    return None if since == float("inf") else calendar.after(since, left)


def share(clock: Clock, calendar: Calendar, at: float) -> float | None:
    """Return the used share of the limit, 1 when it has run out; None without a limit."""
    return None if clock.limit is None else used(clock, calendar, at) / clock.limit


def is_breached(clock: Clock, calendar: Calendar, at: float) -> bool:
    """Whether a clock ran out before it was stopped."""
    spent = share(clock, calendar, at)
    return spent is not None and spent > 1.0


def next_mark(clock: Clock, calendar: Calendar, at: float) -> float | None:
    """Return the highest mark that is reached and was not said yet; a mark that was overtaken is skipped."""
    spent = share(clock, calendar, at)
    reached = [mark for mark in MARKS if spent is not None and spent >= mark > clock.told]
    return max(reached, default=None)


def pause(clock: Clock, at: float, reason: PauseReason, who: str) -> Clock:
    """Let a clock stand still; one that is stopped or paused stays as it is."""
    if not clock.is_running or clock.is_paused:
        return clock
    return replace(clock, pauses=(*clock.pauses, Pause(max(at, clock.started_at), reason, who)))


def resume(clock: Clock, at: float) -> Clock:
    """Let a clock run on; a wall clock that was set back makes the pause empty, never negative."""
    if not clock.is_paused:
        return clock
    ended = tuple(p if p.until is not None else replace(p, until=max(p.since, at)) for p in clock.pauses)
    return replace(clock, pauses=ended)


def stop(clock: Clock, at: float) -> Clock:
    """Stop a clock for good; the first stop counts."""
    if not clock.is_running:
        return clock
    return replace(resume(clock, at), stopped_at=max(at, clock.started_at))


def _pauses(clock: Clock) -> Sequence[tuple[float, float]]:
    """Return the pauses in order, those that overlap made one; an open one ends at infinity."""
    merged: list[tuple[float, float]] = []
    for one in sorted(clock.pauses, key=lambda p: p.since):
        until = float("inf") if one.until is None else one.until
        if merged and one.since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((one.since, until))
    return merged
