"""The MQTT outbox: telemetry is a ring whose drops are counted; events stay until a broker took them."""

import sqlite3
from collections.abc import Iterable
from typing import Final

from agent.store.records import Channel, Message, MessageQueue, QueuedMessage
from agent.store.text import clean

DROPPED: Final = "mqtt_dropped"
RING_IN_MEMORY: Final = 5_000  # a few megabytes, while there is no disk


class MessageBox:
    """Puts messages into the outbox; lives in the writer's thread and remembers how full the ring is.

    `in_memory`: the disk fails, and the ring is a small one.
    """

    def __init__(self, ring: int) -> None:
        self._size = ring
        self.in_memory = False
        self._telemetry: int | None = None  # unknown: count again

    def put(self, db: sqlite3.Connection, messages: Iterable[Message]) -> None:
        """Append messages; the oldest telemetry beyond the ring's size leaves and is counted."""
        rows = [(m.channel.value, clean(m.topic), m.payload, m.retain, m.at) for m in messages]
        db.executemany(
            "INSERT INTO message (channel, topic, payload, retain, at) VALUES (?, ?, ?, ?, ?)", rows
        )
        if self._telemetry is None:
            self._telemetry = _telemetry(db)
        else:
            self._telemetry += sum(row[0] == Channel.TELEMETRY for row in rows)
        self._drop_oldest(db, self._telemetry - self._ring())

    def done(self, db: sqlite3.Connection, ids: Iterable[int]) -> None:
        """Take messages out that a broker took."""
        db.executemany("DELETE FROM message WHERE id = ?", [(number,) for number in ids])
        self._telemetry = None

    def forget(self) -> None:
        """A transaction was rolled back, or the database changed: count again."""
        self._telemetry = None

    def _ring(self) -> int:
        return min(self._size, RING_IN_MEMORY) if self.in_memory else self._size

    def _drop_oldest(self, db: sqlite3.Connection, excess: int) -> None:
        if excess <= 0:
            return
        db.execute(
            "DELETE FROM message WHERE id IN (SELECT id FROM message WHERE channel = ? ORDER BY id LIMIT ?)",
            (Channel.TELEMETRY.value, excess),
        )
        count_dropped(db, excess)
        self._telemetry = self._ring()


def count_dropped(db: sqlite3.Connection, number: int) -> None:
    """Count telemetry that was dropped."""
    db.execute(
        """INSERT INTO counter VALUES (?, ?)
        ON CONFLICT (name) DO UPDATE SET value = value + excluded.value""",
        (DROPPED, number),
    )


def pending(db: sqlite3.Connection, channel: Channel, *, limit: int, after: int) -> list[QueuedMessage]:
    """Return up to `limit` messages of a channel with ids beyond `after`, in the order they were put in."""
    rows = db.execute(
        """SELECT id, topic, payload, at, retain FROM message
        WHERE channel = ? AND id > ? ORDER BY id LIMIT ?""",
        (channel.value, after, limit),
    )
    return [
        QueuedMessage(number, Message(topic, payload, channel, at, bool(retain)))
        for number, topic, payload, at, retain in rows
    ]


def in_numbers(db: sqlite3.Connection, now: float) -> MessageQueue:
    """Count what waits, what was dropped, and the age of the oldest."""
    count = db.execute("SELECT count(*) FROM message").fetchone()[0]
    oldest = db.execute("SELECT at FROM message ORDER BY id LIMIT 1").fetchone()
    dropped = db.execute("SELECT value FROM counter WHERE name = ?", (DROPPED,)).fetchone()
    return MessageQueue(
        pending=count,
        dropped=dropped[0] if dropped else 0,
        oldest_pending_seconds=max(0.0, now - oldest[0]) if oldest else 0.0,
    )


def _telemetry(db: sqlite3.Connection) -> int:
    query = "SELECT count(*) FROM message WHERE channel = ?"
    return int(db.execute(query, (Channel.TELEMETRY.value,)).fetchone()[0])
