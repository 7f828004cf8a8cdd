"""Writes history: readings on change, rollups and coverage from the tally. Lives in the writer's thread.

Report ─▶ observe ─▶ tally (all readings, all checks) ──each minute or ten──▶ rollup_hour, coverage_hour, look
      └─▶ insert  ─▶ fresh, text, outcome (what changed, or was not written for ten minutes)
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from agent.store import runs
from agent.store.names import Names
from agent.store.records import Run
from agent.store.tally import LookKey, SeriesKey, Tally
from agent.store.text import clean
from models.facts import Reading, Report

# A value that stays the same is written again after this long: a gap in the history is a gap in looking.
HEARTBEAT_SECONDS: Final = 600.0
FLUSH_CHECKS_SECONDS: Final = 60.0
FLUSH_SUMS_SECONDS: Final = 600.0
# Two checks further apart than this leave a hole between them; collectors that ask seldom get their own.
GAP_SECONDS: Final = 900.0
_TALLY_ROWS: Final = 400_000


@dataclass(slots=True)
class _Written:
    """What the database was told last of a series, or of a check."""

    value: float | str
    at: float


class Recorder:
    """Turns reports into rows.

    `observe` counts each report once. `insert` and `flush` may be repeated after a rollback: `settle` makes
    what they did final, `restore` takes it back.
    """

    def __init__(self, gaps: Mapping[str, float]) -> None:
        self._gaps = gaps
        self._names = Names()
        self._tally = Tally()
        self._taken: Tally | None = None
        self._written: dict[SeriesKey, _Written] = {}
        self._outcomes: dict[LookKey, str] = {}
        self._looked: dict[LookKey, float] = {}
        self._sums_flushed = self._checks_flushed = float("-inf")
        self.lost = 0
        self.run: Run | None = None

    def load(self, db: sqlite3.Connection) -> None:
        """Know the texts and outcomes written last; count what a killed agent wrote and did not roll up."""
        query = (
            "SELECT d.name, s.metric, s.part, t.value, max(t.at) FROM text t JOIN series s ON s.id = t.series"
        )
        for device, metric, part, value, at in db.execute(
            f"{query} JOIN device d ON d.id = s.device GROUP BY s.id"
        ):
            self._written[device, metric, part] = _Written(value, at)
        query = "SELECT d.name, c.name, o.trouble, max(o.at) FROM outcome o JOIN device d ON d.id = o.device"
        for device, collector, trouble, _ in db.execute(
            f"{query} JOIN collector c ON c.id = o.collector GROUP BY o.device, o.collector"
        ):
            self._outcomes[device, collector] = trouble
        self._recover(db)

    def observe(self, reports: Iterable[Report]) -> None:
        """Count reports: not to be repeated."""
        for report in reports:
            look = (report.device, report.collector)
            since = self._looked.get(look, report.at)
            limit = self._gaps.get(report.collector, GAP_SECONDS)
            self._tally.count_check(report, since if report.at - since <= limit else report.at)
            self._looked[look] = report.at
            for reading in report.readings:
                if is_number(reading):
                    self._tally.count_reading(_key(report, reading), float(reading.value), report.at)

    def insert(self, db: sqlite3.Connection, reports: Sequence[Report]) -> None:
        """Write what changed, and what was not written for long."""
        numbers: list[tuple[int, float, float]] = []
        texts: list[tuple[int, float, str]] = []
        for report in reports:
            self._insert_outcome(db, report)
            for reading in report.readings:
                if not self._worth_writing(report, reading):
                    continue
                series = self._names.series(db, *_key(report, reading))
                if isinstance(reading.value, str):
                    texts.append((series, report.at, clean(reading.value)))
                else:
                    numbers.append((series, report.at, float(reading.value)))
        db.executemany("INSERT INTO fresh (series, at, value) VALUES (?, ?, ?)", numbers)
        db.executemany("INSERT OR REPLACE INTO text VALUES (?, ?, ?)", texts)

    def flush_if_due(self, db: sqlite3.Connection, at: float) -> None:
        """Write the tally when it waited long enough by the reports' own time (which may jump back)."""
        if not 0 <= at - self._checks_flushed < FLUSH_CHECKS_SECONDS:
            sums = not 0 <= at - self._sums_flushed < FLUSH_SUMS_SECONDS
            self.flush(db, at, sums=sums)

    def flush(self, db: sqlite3.Connection, at: float, *, sums: bool = True) -> None:
        """Add the tally to what is in the database, and note that the agent lived at `at`."""
        taken = self._take(sums=sums)
        self._write_checks(db, taken)
        if sums:
            self._write_sums(db, taken)
            self._sums_flushed = at
        self._checks_flushed = at
        if self.run is not None:
            runs.seen(db, self.run, at)

    def settle(self) -> None:
        """The transaction was committed."""
        self._taken = None

    def restore(self) -> None:
        """The transaction was rolled back: count again what it took, and forget what is written."""
        if self._taken is not None:
            self._taken.merge(self._tally)
            self._tally, self._taken = self._taken, None
        self._names.forget()
        self._written.clear()
        self._outcomes.clear()

    def hold(self, reports: Iterable[Report]) -> None:
        """There is no disk: count what history loses, and keep the tally within bounds."""
        self.lost += sum(len(report.readings) for report in reports)
        self.lost += self._tally.forget_oldest_hours(_TALLY_ROWS)

    # ------------------------------------------------------------ on change

    def _worth_writing(self, report: Report, reading: Reading) -> bool:
        if not isinstance(reading.value, str) and not isfinite(reading.value):
            return False  # not a number is not known, and unknown is absent
        key = _key(report, reading)
        was = self._written.get(key)
        if was is not None and was.value == reading.value and _is_recent(was, report.at):
            return False
        self._written[key] = _Written(reading.value, report.at)
        return True

    def _insert_outcome(self, db: sqlite3.Connection, report: Report) -> None:
        look = (report.device, report.collector)
        trouble = report.error.trouble.value if report.error else ""
        if self._outcomes.get(look) != trouble:
            self._outcomes[look] = trouble
            detail = clean(report.error.detail) if report.error else ""
            row = (*self._names.look(db, *look), report.at, trouble, detail)
            db.execute("INSERT OR REPLACE INTO outcome VALUES (?, ?, ?, ?, ?)", row)

    # ------------------------------------------------------------ the tally

    def _take(self, *, sums: bool) -> Tally:
        taken = Tally(self._tally.sums if sums else {}, self._tally.checks, self._tally.looks)
        self._tally = Tally({} if sums else self._tally.sums)
        self._taken = taken
        return taken

    def _write_sums(self, db: sqlite3.Connection, tally: Tally) -> None:
        db.executemany(
            """INSERT INTO rollup_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (hour, series) DO UPDATE SET n = n + excluded.n, min = min(min, excluded.min),
            max = max(max, excluded.max), sum = sum + excluded.sum,
            last = iif(excluded.last_at >= last_at, excluded.last, last),
            last_at = max(last_at, excluded.last_at)""",
            [
                (hour, self._names.series(db, *key), s.n, s.min, s.max, s.sum, s.last, s.last_at)
                for (key, hour), s in tally.sums.items()
            ],
        )
        newest = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'fresh'").fetchone()
        db.execute("INSERT OR REPLACE INTO meta VALUES ('rolled_up', ?)", (newest[0] if newest else 0,))

    def _write_checks(self, db: sqlite3.Connection, tally: Tally) -> None:
        db.executemany(
            """INSERT INTO coverage_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (hour, device, collector) DO UPDATE SET observed = observed + excluded.observed,
            good = good + excluded.good, ok = ok + excluded.ok, failed = failed + excluded.failed,
            blind = blind + excluded.blind""",
            [
                (hour, *self._names.look(db, *look), c.observed, c.good, c.ok, c.failed, c.blind)
                for (look, hour), c in tally.checks.items()
            ],
        )
        db.executemany(
            "INSERT OR REPLACE INTO look VALUES (?, ?, ?, ?, ?, ?)",
            [(*self._names.look(db, *look), *_look_row(report)) for look, report in tally.looks.items()],
        )

    def _recover(self, db: sqlite3.Connection) -> None:
        row = db.execute("SELECT value FROM meta WHERE name = 'rolled_up'").fetchone()
        rows = db.execute(
            """SELECT d.name, s.metric, s.part, f.value, f.at FROM fresh f JOIN series s ON s.id = f.series
            JOIN device d ON d.id = s.device WHERE f.id > ? ORDER BY f.id""",
            (row[0] if row else 0,),
        )
        for device, metric, part, value, at in rows:
            self._tally.count_reading((device, metric, part), value, at)


def is_number(reading: Reading) -> bool:
    """Whether a reading is a finite number."""
    return not isinstance(reading.value, str) and isfinite(reading.value)


def _key(report: Report, reading: Reading) -> SeriesKey:
    return report.device, reading.metric.name, clean(reading.part)


def _is_recent(was: _Written, at: float) -> bool:
    # Texts are written on change only. A clock that jumped back makes a number worth writing again.
    return isinstance(was.value, str) or 0 <= at - was.at < HEARTBEAT_SECONDS


def _look_row(report: Report) -> tuple[float, float, str, str]:
    trouble, detail = (report.error.trouble.value, clean(report.error.detail)) if report.error else ("", "")
    return report.at, report.took_seconds, trouble, detail
