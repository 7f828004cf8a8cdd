"""When inspections are due: by the month of hand-over, whatever became of the last one (DOMAIN 1).

hand-over 2026-02, every 3 months ─▶ 2026-05, 2026-08, 2026-11 …      a late one shifts none of them
due 2026-08: done in 07, 08 or 09 is on time, before is early, after is late
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

SLACK_MONTHS: Final = 1


class Standing(StrEnum):
    """How one due inspection stands."""

    AHEAD = "ahead"  # its time has not come
    DUE = "due"  # it may be done now, and is on time
    OVERDUE = "overdue"  # not done, and its time is over
    EARLY = "early"  # done before its time
    ON_TIME = "on_time"
    LATE = "late"  # done after its time

    @property
    def is_done(self) -> bool:
        """Whether it was done, whenever."""
        return self in {Standing.EARLY, Standing.ON_TIME, Standing.LATE}


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, as `2026-08`."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Return the month written as `2026-08`.

        Raises:
            ValueError: it is not written so.
        """
        try:
            day = date.fromisoformat(f"{text}-01")
        except ValueError:
            raise ValueError(f"{text!r} is no month: write such as 2026-08") from None
        return cls.of(day)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @property
    def first(self) -> date:
        """The first day."""
        return date(self.year, self.month, 1)

    def plus(self, months: int) -> "Month":
        """Return the month so many later."""
        return self._at(self.number + months)

    @property
    def number(self) -> int:
        """Months since the year 0."""
        return self.year * 12 + self.month - 1

    @staticmethod
    def _at(number: int) -> "Month":
        return Month(number // 12, number % 12 + 1)


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later; the last of the month where it has no such day."""
    month = Month.of(day).plus(months)
    last = (month.plus(1).first - timedelta(days=1)).day
    return date(month.year, month.month, min(day.day, last))


def dues(anchor: Month, every: int, since: Month, until: Month) -> Iterator[Month]:
    """Yield the months in which an inspection is due, from `since` to `until`, both included.

    Args:
        anchor: the month of hand-over; nothing is due in it.
        every: months between two inspections.
        since: the first month to look at.
        until: the last.

    Raises:
        ValueError: `every` is below 1.
    """
    if every < 1:
        raise ValueError("an inspection needs an interval of at least one month")
    turn = max(1, -(-(since.number - anchor.number) // every))
    while (month := anchor.plus(turn * every)) <= until:
        yield month
        turn += 1


def standing(due: Month, done: date | None, today: date, *, slack: int = SLACK_MONTHS) -> Standing:
    """Return how a due inspection stands today; one month either side is on time."""
    off = Month.of(done or today).number - due.number
    if done is not None:
        return Standing.EARLY if off < -slack else Standing.LATE if off > slack else Standing.ON_TIME
    return Standing.AHEAD if off < -slack else Standing.OVERDUE if off > slack else Standing.DUE


def belongs_to(done: date, outstanding: list[Month]) -> Month | None:
    """Return which outstanding due month an inspection counts for: the nearest, of two the earlier."""
    here = Month.of(done).number
    return min(outstanding, key=lambda due: (abs(due.number - here), due), default=None)
