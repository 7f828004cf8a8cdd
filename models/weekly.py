"""Hours that come back every week in a site's own time: "sun 02:00-04:00", "mon-fri 12:00-13:00".

"daily" is every day. A night that ends before it begins ends on the next day: "sat 22:00-06:00". Pure; the
zone is handed in.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_EVERY: Final = "daily"
_FORM: Final = re.compile(r"([a-z,\- ]+?)\s+(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Weekly:
    """Hours of some days of the week.

    Attributes:
        days: 0 Monday to 6 Sunday, on which it begins.
        begin, end: minutes after midnight by the clock on the wall; at most a day, where `end` is not after
            `begin` it is on the next day.
        zone: of that clock.
    """

    days: frozenset[int]
    begin: int
    end: int
    zone: tzinfo = UTC

    def at(self, moment: float) -> tuple[float, float] | None:
        """Return from when to when it lasts, of the time that holds a moment; None where none does."""
        today = datetime.fromtimestamp(moment, self.zone).date()
        for day in (today, today - timedelta(days=1)):
            span = self._of(day)
            if span is not None and span[0] <= moment < span[1]:
                return span
        return None

    def spans(self, since: float, until: float) -> Iterator[tuple[float, float]]:
        """Yield each time that touches a range of moments, whole."""
        day = datetime.fromtimestamp(since, self.zone).date() - timedelta(days=1)
        last = datetime.fromtimestamp(until, self.zone).date()
        while day <= last:
            span = self._of(day)
            if span is not None and span[0] < until and span[1] > since:
                yield span
            day += timedelta(days=1)

    def _of(self, day: date) -> tuple[float, float] | None:
        if day.weekday() not in self.days:
            return None
        after = 0 if self.end > self.begin else 1
        return self._moment(day, self.begin), self._moment(day + timedelta(days=after), self.end)

    def _moment(self, day: date, minute: int) -> float:
        days, rest = divmod(minute, _DAY_MINUTES)
        clock = time(rest // 60, rest % 60, tzinfo=self.zone)
        return datetime.combine(day + timedelta(days=days), clock).timestamp()

    def __str__(self) -> str:
        days = sorted(self.days)
        named = _EVERY if len(days) == len(DAYS) else ",".join(DAYS[day] for day in days)
        return f"{named} {_clock(self.begin)}-{_clock(self.end)}"


def parse(text: str, zone: tzinfo) -> Weekly:
    """Return the hours that a text names.

    Raises:
        ValueError: it names none; the message says how to write them.
    """
    match = _FORM.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError(f"{text!r} names no hours of a week: write such as 'sun 02:00-04:00'")
    begin, end = (_minute(match[n], match[n + 1], text) for n in (2, 4))
    if begin == _DAY_MINUTES:
        raise ValueError(f"{text!r}: nothing begins at 24:00, write 00:00 of the next day")
    return Weekly(frozenset(_days(match[1], text)), begin, end, zone)


def _minute(hour: str, minute: str, text: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > _DAY_MINUTES:
        raise ValueError(f"{text!r}: there is no {hour}:{minute}")
    return total


def _days(text: str, whole: str) -> Iterator[int]:
    if text.strip() == _EVERY:
        yield from range(len(DAYS))
        return
    for part in text.split(","):
        first, _, last = (one.strip() for one in part.partition("-"))
        if first not in DAYS or (last and last not in DAYS):
            raise ValueError(f"{whole!r}: days are {', '.join(DAYS)}, mon-fri, or {_EVERY}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        yield from ((begin + n) % len(DAYS) for n in range((end - begin) % len(DAYS) + 1))


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
