"""What should be recorded, and how much of it was: spans of time, [start, end) in Unix seconds. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

Span = tuple[float, float]
DAY: Final = 86400.0
SEAM: Final = 2.0  # seconds; files of one recording do not meet to the second


@dataclass(frozen=True, slots=True)
class Plan:
    """What a contract asks of a channel.

    Attributes:
        retention: how long recordings are kept, seconds; 0: no goal.
        hours: what is recorded of each local day, (from, to) in seconds after midnight.
    """

    retention: float = 30 * DAY
    hours: tuple[tuple[float, float], ...] = ((0.0, DAY),)


def day_before(at: float, zone: tzinfo) -> Span:
    """Return the local day before a moment, from midnight to midnight: 23 to 25 hours."""
    today = datetime.fromtimestamp(at, zone).date()
    return _midnight(today - timedelta(days=1), zone), _midnight(today, zone)


def required(plan: Plan, start: float, end: float, zone: tzinfo) -> list[Span]:
    """Return what the plan asks for between two moments."""
    found = []
    day = datetime.fromtimestamp(start, zone).date()
    while (midnight := _midnight(day, zone)) < end:
        length = _midnight(day + timedelta(days=1), zone) - midnight
        for begins, ends in plan.hours:
            upto = length if ends >= DAY else min(ends, length)  # a day of 25 hours ends at midnight too
            found.append((midnight + begins, midnight + upto))
        day += timedelta(days=1)
    return overlap(merged(found), [(start, end)])


def _midnight(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()


def merged(spans: Iterable[Span], seam: float = 0.0) -> list[Span]:
    """Return spans in order, those that touch (or are at most `seam` apart) made one."""
    found: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if found and start - found[-1][1] <= seam:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found


def overlap(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return what is in both; each in order and without overlaps of its own."""
    found, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            found.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def without(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what of `spans` is not in `taken`; both in order and without overlaps of their own."""
    found = []
    for begins, end in spans:
        start = begins
        for lower, upper in taken:
            if upper <= start or lower >= end:
                continue
            if lower > start:
                found.append((start, lower))
            start = max(start, upper)
        if start < end:
            found.append((start, end))
    return found


def total(spans: Iterable[Span]) -> float:
    """Return their length, seconds."""
    return sum(end - start for start, end in spans)


def from_states(states: Iterable[tuple[float, bool]], start: float, end: float) -> list[Span] | None:
    """Return when something was true between two moments, by its changes; None when they say nothing.

    Args:
        states: (moment, value) in any order; one at or before `start` is the state at the start. Without
            one, the first change tells that it was the other way before.
        start: of the window.
        end: of the window.
    """
    ordered = sorted((at, value) for at, value in states if at < end)
    if not ordered:
        return None
    before = [value for at, value in ordered if at <= start]
    now = before[-1] if before else not ordered[0][1]
    since, found = start, []
    for at, value in ordered:
        if at <= start or value == now:
            continue
        if now:
            found.append((since, at))
        now, since = value, at
    return merged([*found, (since, end)] if now else found)
