"""A place in memory for the work in hand while the disk fails: states, ledger, outboxes; never history."""

import contextlib
import sqlite3
from dataclasses import dataclass, field
from typing import Any, Final

from agent.store import messages
from agent.store.connect import open_memory
from agent.store.records import Channel
from agent.store.schema import APPEND_ONLY, WORK_TABLES

_AUTO: Final = ("message", "intent", "picture", *sorted(APPEND_ONLY))
# Ids given while the file could not even be read: far above any of its own, so that they cannot meet.
_FAR: Final = 1 << 40

# All events, but only as much telemetry as memory has room for; the rest counts as dropped.
_WHICH: Final = {
    "message": f"""WHERE channel != '{Channel.TELEMETRY.value}' OR id IN (SELECT id FROM message
    WHERE channel = '{Channel.TELEMETRY.value}' ORDER BY id DESC LIMIT {messages.RING_IN_MEMORY})"""
}

_Keys = set[tuple[Any, ...]]


@dataclass(slots=True)
class Refuge:
    """The work tables in memory, and which of their rows came from the disk."""

    db: sqlite3.Connection
    seeds: dict[str, _Keys] = field(default_factory=dict)

    @classmethod
    def seeded(cls, disk: sqlite3.Connection | None) -> "Refuge":
        """Take along what the disk still lets us read; a full or read-only one lets us read all."""
        refuge = cls(open_memory())
        readable = disk is not None and refuge._copy_from(disk)
        if not readable:
            refuge.db.close()
            refuge = cls(open_memory())
            for table in _AUTO:
                refuge._continue_after(table, _FAR)
        return refuge

    def carry_back(self, disk: sqlite3.Connection) -> None:
        """Write all work back into a transaction on the disk: done rows leave, new and changed ones come."""
        for table, key in WORK_TABLES.items():
            rows = _rows(self.db, table)
            gone = self.seeds.get(table, set()) - _keys(self.db, table)
            match = " AND ".join(f"{column} = ?" for column in key)
            disk.executemany(f"DELETE FROM {table} WHERE {match}", gone)
            # A row of the same key that we never saw (the file could not be read) is older truth: it stays.
            keep = "REPLACE" if table in self.seeds else "IGNORE"
            _insert(disk, table, rows, keep)

    def _copy_from(self, disk: sqlite3.Connection) -> bool:
        with contextlib.suppress(sqlite3.Error):
            for table in WORK_TABLES.keys() - APPEND_ONLY:
                _insert(self.db, table, _rows(disk, table, _WHICH.get(table, "")), "REPLACE")
                self.seeds[table] = _keys(disk, table)
            left = len(self.seeds["message"]) - len(_keys(self.db, "message"))
            if left:
                messages.count_dropped(self.db, left)
            for table in _AUTO:
                last = disk.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
                self._continue_after(table, last[0] if last else 0)
            return True
        return False

    def _continue_after(self, table: str, number: int) -> None:
        self.db.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        self.db.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, number))


def _rows(db: sqlite3.Connection, table: str, which: str = "") -> list[tuple[Any, ...]]:
    return db.execute(f"SELECT * FROM {table} {which}").fetchall()


def _keys(db: sqlite3.Connection, table: str) -> _Keys:
    return set(db.execute(f"SELECT {', '.join(WORK_TABLES[table])} FROM {table}"))


def _insert(db: sqlite3.Connection, table: str, rows: list[tuple[Any, ...]], conflict: str) -> None:
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        db.executemany(f"INSERT OR {conflict} INTO {table} VALUES ({marks})", rows)
