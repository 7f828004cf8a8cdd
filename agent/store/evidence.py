"""Evidence pictures: a file and a row that says when it expires. They are personal data: they must leave."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from agent.store.records import Evidence
from agent.store.text import clean

_COLUMNS: Final = "id, device, part, at, expires, file"
# A file without a row this long after it was written belongs to a transaction that never came to an end.
_ORPHAN_SECONDS: Final = 3600.0


def write_file(folder: Path, jpeg: bytes) -> Path:
    """Write a picture so that it is there whole or not at all, readable by the agent's user only.

    Raises:
        OSError: the disk does not take it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(suffix=".jpg", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(jpeg)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def add(db: sqlite3.Connection, picture: Evidence) -> int:
    """Note a picture; its `id` is ignored, the new one returned."""
    row = (picture.device, clean(picture.part), picture.at, picture.expires, picture.path.name)
    cursor = db.execute("INSERT INTO picture (device, part, at, expires, file) VALUES (?, ?, ?, ?, ?)", row)
    return int(cursor.lastrowid or 0)


def find(db: sqlite3.Connection, number: int, folder: Path) -> Evidence | None:
    """Return a picture, or None when it expired."""
    row = db.execute(f"SELECT {_COLUMNS} FROM picture WHERE id = ?", (number,)).fetchone()
    if row is None:
        return None
    number, device, part, at, expires, name = row
    return Evidence(number, device, part, at, expires, folder / name)


def of_device(db: sqlite3.Connection, device: str, most: int, folder: Path) -> list[Evidence]:
    """Return the newest pictures of a device, oldest first."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM picture WHERE device = ? ORDER BY at DESC LIMIT ?", (device, most)
    ).fetchall()
    return [Evidence(*(*row[:5], folder / row[5])) for row in reversed(rows)]


def expire(db: sqlite3.Connection, now: float, folder: Path) -> list[Path]:
    """Take out the pictures that are too old and return their files, to be removed after the commit."""
    rows = db.execute("SELECT file FROM picture WHERE expires <= ?", (now,)).fetchall()
    db.execute("DELETE FROM picture WHERE expires <= ?", (now,))
    return [folder / name for (name,) in rows]


def names(db: sqlite3.Connection) -> set[str]:
    """Return every file name that a row knows."""
    return {name for (name,) in db.execute("SELECT file FROM picture")}


def remove_files(paths: Iterable[Path]) -> None:
    """Remove files; one that is gone already is no trouble."""
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()


def orphans(folder: Path, known: set[str], now: float) -> list[Path]:
    """Return old picture files that no row knows: a killed agent wrote them and got no further."""
    return [
        path
        for path in folder.glob("*.jpg")
        if path.name not in known and now - path.stat().st_mtime > _ORPHAN_SECONDS
    ]
