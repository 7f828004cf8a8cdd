"""Small integer ids for names, given once; lives in the writer's thread."""

import sqlite3

from agent.store.tally import SeriesKey


class Names:
    """Finds or makes the id of a device, a collector or a series, and remembers it."""

    def __init__(self) -> None:
        self._named: dict[tuple[str, str], int] = {}
        self._series: dict[SeriesKey, int] = {}

    def device(self, db: sqlite3.Connection, name: str) -> int:
        """Return the id of a device."""
        return self._id(db, "device", name)

    def look(self, db: sqlite3.Connection, device: str, collector: str) -> tuple[int, int]:
        """Return the ids of a device and a collector."""
        return self._id(db, "device", device), self._id(db, "collector", collector)

    def series(self, db: sqlite3.Connection, device: str, metric: str, part: str) -> int:
        """Return the id of one metric of one part of a device."""
        key = (device, metric, part)
        number = self._series.get(key)
        if number is None:
            row = (self.device(db, device), metric, part)
            db.execute("INSERT OR IGNORE INTO series (device, metric, part) VALUES (?, ?, ?)", row)
            query = "SELECT id FROM series WHERE device = ? AND metric = ? AND part = ?"
            number = self._series[key] = int(db.execute(query, row).fetchone()[0])
        return number

    def forget(self) -> None:
        """A transaction was rolled back: ids it gave do not exist."""
        self._named.clear()
        self._series.clear()

    def _id(self, db: sqlite3.Connection, table: str, name: str) -> int:
        number = self._named.get((table, name))
        if number is None:
            db.execute(f"INSERT OR IGNORE INTO {table} (name) VALUES (?)", (name,))
            row = db.execute(f"SELECT id FROM {table} WHERE name = ?", (name,)).fetchone()
            number = self._named[table, name] = int(row[0])
        return number
