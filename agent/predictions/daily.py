"""Daily values of everything that tells of wear: read from the hours of the history, kept in one file.

A day is read once, after it is over; hours that do not count (day for infrared light, night for sharpness)
are left out. A day that was not read yet because the agent was off is caught up with, oldest first, for as
long as the history has hours of it.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias
from zipfile import BadZipFile

import numpy as np

from models.learning.components import COMPONENTS
from models.learning.measures import Measure, Reduce, in_hours
from models.learning.robust import Floats, increases

DAILY_FILE: Final = "daily.npz"
KEEP_DAYS: Final = 730
CATCH_UP_DAYS: Final = 400

Row: TypeAlias = tuple[str, str]  # device, part
Day: TypeAlias = dict[str, dict[Row, float]]  # measure -> row -> value


def label(component: str, measure: Measure) -> str:
    """Return the name of a measure of a component."""
    return f"{component}|{measure.metric}"


MEASURES: Final[dict[str, Measure]] = {
    label(component.key, measure): measure
    for component in COMPONENTS.values()
    for measure in component.measures
}


@dataclass(slots=True)
class Daily:
    """Daily values. `first`: day (since 1970, in the site's standard time) of the first column."""

    first: int = 0
    days: int = 0
    rows: dict[str, list[Row]] = field(default_factory=dict)
    values: dict[str, Floats] = field(default_factory=dict)

    @property
    def next_day(self) -> int:
        """The first day that was not read yet; 0 when none was."""
        return self.first + self.days if self.days else 0

    def add(self, day: int, found: Mapping[str, Mapping[Row, float]]) -> None:
        """Add a day; days between the newest and it were not measured."""
        if not self.days:
            self.first = day
        self.days = day - self.first + 1
        for name in found.keys() | self.values.keys():
            known = self.rows.setdefault(name, [])
            fresh = sorted(found.get(name, {}).keys() - set(known))
            known += fresh
            matrix = np.full((len(known), self.days), np.nan)
            old = self.values.get(name)
            if old is not None:
                matrix[: len(old), : old.shape[1]] = old
            for index, row in enumerate(known):
                matrix[index, -1] = found.get(name, {}).get(row, np.nan)
            self.values[name] = matrix
        self._forget()

    def panel(self, name: str) -> Floats:
        """Return the values of a measure, shape (rows, days); of a counter its growth."""
        values = self.values[name]
        return increases(values) if MEASURES[name].reduce is Reduce.GROWTH else values

    def _forget(self) -> None:
        over = self.days - KEEP_DAYS
        if over > 0:
            self.first, self.days = self.first + over, KEEP_DAYS
            self.values = {name: values[:, over:] for name, values in self.values.items()}


def save(path: Path, daily: Daily) -> None:
    """Write the file; a reader sees the old one or the new one."""
    arrays: dict[str, np.ndarray] = {"span": np.array([daily.first, daily.days])}
    for name, values in daily.values.items():
        arrays[f"v:{name}"] = values.astype(np.float32)
        arrays[f"r:{name}"] = np.array(daily.rows[name], dtype=str).reshape(-1, 2)
    draft = path.with_suffix(".draft.npz")
    np.savez_compressed(draft, **arrays)  # type: ignore[arg-type]
    draft.replace(path)


def load(path: Path) -> Daily:
    """Return what the file holds; nothing where there is none, or it is damaged: it is read anew then."""
    try:
        with np.load(path, allow_pickle=False) as file:
            first, days = (int(n) for n in file["span"])
            names = [name[2:] for name in file.files if name.startswith("v:") and name[2:] in MEASURES]
            rows = {name: [(str(a), str(b)) for a, b in file[f"r:{name}"]] for name in names}
            values = {name: file[f"v:{name}"].astype(float) for name in names}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):
        return Daily()
    if any(values[name].shape != (len(rows[name]), days) for name in names):
        return Daily()
    return Daily(first, days, rows, values)


def read_day(db: sqlite3.Connection, day: int, day_offset: float) -> Day:
    """Return the values of one day of the history.

    Args:
        db: the store's database, for reading.
        day: days since 1970 in the site's standard time.
        day_offset: seconds that the site's days begin before UTC's.
    """
    wanted = sorted({m.metric for m in MEASURES.values()} | {m.times for m in MEASURES.values()} - {""})
    first = (day * 86400.0 - day_offset) / 3600.0
    rows = db.execute(
        """SELECT d.name, s.metric, s.part, r.hour, r.sum / r.n, r.last FROM rollup_hour r
        JOIN series s ON s.id = r.series JOIN device d ON d.id = s.device
        WHERE r.hour >= ? AND r.hour < ? AND s.metric IN (SELECT value FROM json_each(?))""",
        (first, first + 24, json.dumps(wanted)),
    )
    hours: dict[str, dict[Row, dict[int, tuple[float, float]]]] = {}
    for device, metric, part, hour, mean, last in rows:
        local = int((hour * 3600 + day_offset) // 3600 % 24)
        hours.setdefault(metric, {}).setdefault((device, part), {})[local] = (mean, last)
    return {name: _values(measure, hours) for name, measure in MEASURES.items()}


def first_day(db: sqlite3.Connection, day_offset: float) -> int | None:
    """Return the oldest day of which the history has hours."""
    hour = db.execute("SELECT min(hour) FROM rollup_hour").fetchone()[0]
    return None if hour is None else int((hour * 3600 + day_offset) // 86400)


def _values(
    measure: Measure, hours: Mapping[str, Mapping[Row, Mapping[int, tuple[float, float]]]]
) -> dict[Row, float]:
    counts = in_hours(measure)
    other = hours.get(measure.times, {})
    out = {}
    for row, found in hours.get(measure.metric, {}).items():
        if measure.reduce is Reduce.GROWTH:
            out[row] = found[max(found)][1]
            continue
        factor = {hour: one[0] for hour, one in other.get(row, {}).items()} if measure.times else None
        means = [
            mean * (1.0 if factor is None else factor[hour])
            for hour, (mean, _) in found.items()
            if hour in counts and (factor is None or hour in factor)
        ]
        if len(means) >= measure.least_hours:
            out[row] = float(np.median(means))
    return out
