"""The watch state: what the judgement of each device must remember across a restart, as JSON."""

import json
import sqlite3
from collections.abc import Mapping

from agent.store.records import Json
from agent.store.text import as_json


def save(db: sqlite3.Connection, states: Mapping[str, Json]) -> None:
    """Write the state of devices."""
    rows = [(device, as_json(data)) for device, data in states.items()]
    db.executemany("INSERT OR REPLACE INTO watch VALUES (?, ?)", rows)


def load(db: sqlite3.Connection) -> dict[str, Json]:
    """Return the state of every device."""
    return {device: json.loads(data) for device, data in db.execute("SELECT device, data FROM watch")}


def forget(db: sqlite3.Connection, device: str) -> None:
    """Drop the state of a device that left the inventory."""
    db.execute("DELETE FROM watch WHERE device = ?", (device,))
