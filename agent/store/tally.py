"""What is counted in memory between two writes: rollups of readings and coverage of checks. Pure.

A tally only ever holds what was not written yet, and is added to what is in the database. So a restart needs
no reload, and a commit that failed needs only to put its tally back.
"""

from dataclasses import dataclass, field

from agent.store.records import HOUR
from models.facts import Report, Trouble

SeriesKey = tuple[str, str, str]  # device, metric, part
LookKey = tuple[str, str]  # device, collector


@dataclass(slots=True)
class Sums:
    """Readings of one series in one hour."""

    n: int
    min: float
    max: float
    sum: float
    last: float
    last_at: float

    def add(self, value: float, at: float) -> None:
        """Count one more reading."""
        self.merge(Sums(1, value, value, value, value, at))

    def merge(self, other: "Sums") -> None:
        """Count what another tally of the same hour counted."""
        self.n += other.n
        self.min = min(self.min, other.min)
        self.max = max(self.max, other.max)
        self.sum += other.sum
        if other.last_at >= self.last_at:
            self.last, self.last_at = other.last, other.last_at


@dataclass(slots=True)
class Checks:
    """Checks of one collector on one device in one hour; see `records.Coverage`."""

    observed: float = 0.0
    good: float = 0.0
    ok: int = 0
    failed: int = 0
    blind: int = 0

    def merge(self, other: "Checks") -> None:
        """Count what another tally of the same hour counted."""
        self.observed += other.observed
        self.good += other.good
        self.ok += other.ok
        self.failed += other.failed
        self.blind += other.blind


@dataclass(slots=True)
class Tally:
    """Rollups, coverage and newest looks that wait to be written."""

    sums: dict[tuple[SeriesKey, int], Sums] = field(default_factory=dict)
    checks: dict[tuple[LookKey, int], Checks] = field(default_factory=dict)
    looks: dict[LookKey, Report] = field(default_factory=dict)

    def count_reading(self, series: SeriesKey, value: float, at: float) -> None:
        """Count one reading in its hour."""
        place = (series, int(at // HOUR))
        sums = self.sums.get(place)
        if sums is None:
            self.sums[place] = Sums(1, value, value, value, value, at)
        else:
            sums.add(value, at)

    def count_check(self, report: Report, since: float) -> None:
        """Count one check, and the seconds from `since` to it as observed, each in its hour."""
        look = (report.device, report.collector)
        self.looks[look] = report
        trouble = report.error.trouble if report.error else None
        blind = trouble is Trouble.BUG
        checks = self._checks(look, int(report.at // HOUR))
        checks.ok += report.ok
        checks.failed += not report.ok and not blind
        checks.blind += blind
        if not blind:
            self._observe(look, since, report.at, good=report.ok)

    def merge(self, other: "Tally") -> None:
        """Take in a newer tally."""
        for place, sums in other.sums.items():
            if place in self.sums:
                self.sums[place].merge(sums)
            else:
                self.sums[place] = sums
        for spot, checks in other.checks.items():
            self._checks(*spot).merge(checks)
        self.looks.update(other.looks)

    def forget_oldest_hours(self, keep: int) -> int:
        """Drop the oldest hours until at most `keep` rows are left; return how many rows went."""
        before = len(self.sums) + len(self.checks)
        while len(self.sums) + len(self.checks) > keep:
            oldest = min(hour for rows in (self.sums, self.checks) for _, hour in rows)
            self.sums = {place: row for place, row in self.sums.items() if place[1] != oldest}
            self.checks = {place: row for place, row in self.checks.items() if place[1] != oldest}
        return before - len(self.sums) - len(self.checks)

    def _observe(self, look: LookKey, since: float, until: float, *, good: bool) -> None:
        while since < until:
            hour = int(since // HOUR)
            end = min(until, (hour + 1) * HOUR)
            checks = self._checks(look, hour)
            checks.observed += end - since
            checks.good += (end - since) * good
            since = end

    def _checks(self, look: LookKey, hour: int) -> Checks:
        return self.checks.setdefault((look, hour), Checks())
