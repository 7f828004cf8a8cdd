"""When a clock of the contract runs: round the clock, or in working hours without holidays.

Working time is counted in the site's local hours and summed in UTC, so that the night the clocks change
counts what it really lasted. A local time that does not exist or exists twice is read as the first of the
two; spans that overlap for that reason count once.
"""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

Hours = tuple[tuple[int, int], ...]  # minutes after local midnight, from and to; 1440 is the day's end

DAY_MINUTES: Final = 1440
_FURTHEST_DAYS: Final = 36_600


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working hours of a site.

    Attributes:
        hours: weekday (0 is Monday) -> spans of the day in minutes; None runs round the clock.
        holidays: days without work.
        workdays: days that are worked although their weekday is free or they are holidays (调休).
        workday_hours: the spans of those days.
        zone: the site's time zone.
        public_holidays: likewise days without work; a weekend that is worked for one (调休) is in `workdays`.

    Raises:
        ValueError: no weekday has any hours, or a span is not in order within its day.
    """

    hours: Mapping[int, Hours] | None = None
    holidays: frozenset[date] = frozenset()
    workdays: frozenset[date] = frozenset()
    workday_hours: Hours = field(default=((9 * 60, 17 * 60),))
    zone: tzinfo = UTC
    public_holidays: Container[date] = frozenset()

    def __post_init__(self) -> None:
        if self.hours is None:
            return
        if not any(self.hours.get(day) for day in range(7)):
            raise ValueError("working hours without an hour: no clock would ever run")
        for spans in (*self.hours.values(), self.workday_hours):
            ends = [0, *(minute for span in spans for minute in span), DAY_MINUTES]
            if ends != sorted(ends) or any(begin == end for begin, end in spans):
                raise ValueError("hours of a day must be in order, without overlap, within 00:00 and 24:00")

    def elapsed(self, since: float, until: float) -> float:
        """Return the working seconds between two moments (Unix seconds); 0 where `until` is not later."""
        if until <= since:
            return 0.0
        if self.hours is None:
            return until - since
        spans = self._spans(since, until)
        return sum(max(0.0, min(end, until) - max(begin, since)) for begin, end in spans)

    def after(self, since: float, seconds: float) -> float:
        """Return the first moment at which so many working seconds have passed.

        Raises:
            OverflowError: not within a hundred years.
        """
        if self.hours is None or seconds <= 0:
            return since + max(0.0, seconds)
        for begin, end in self._spans(since, None):
            begin = max(begin, since)  # noqa: PLW2901  the first span may have begun already
            if end - begin >= seconds:
                return begin + seconds
            seconds -= max(0.0, end - begin)
        raise OverflowError("this much working time does not pass in a hundred years")

    def is_open(self, at: float) -> bool:
        """Whether a clock runs at this moment."""
        return self.hours is None or any(begin <= at < end for begin, end in self._spans(at, at + 1))

    def _spans(self, since: float, until: float | None) -> Iterator[tuple[float, float]]:
        """Yield working spans that may touch a range, in order, never overlapping."""
        day = datetime.fromtimestamp(since, self.zone).date() - timedelta(days=1)
        reached = float("-inf")
        for _ in range(_FURTHEST_DAYS):
            for first, last in self._of(day):
                begin, end = max(self._at(day, first), reached), self._at(day, last)
                if until is not None and begin >= until:
                    return
                if end > max(begin, since):
                    yield begin, end
                reached = max(reached, end)
            if until is not None and self._at(day, 0) > until:
                return
            day += timedelta(days=1)

    def _of(self, day: date) -> Hours:
        assert self.hours is not None  # noqa: S101  round the clock has no spans
        if day in self.workdays:
            return self.hours.get(day.weekday()) or self.workday_hours
        is_free = day in self.holidays or day in self.public_holidays
        return () if is_free else self.hours.get(day.weekday(), ())

    def _at(self, day: date, minute: int) -> float:
        day, minute = day + timedelta(days=minute // DAY_MINUTES), minute % DAY_MINUTES
        return datetime.combine(day, time(minute // 60, minute % 60), self.zone).timestamp()


ROUND_THE_CLOCK: Final = Calendar()
