"""What cameras usually show, as a table: a row per camera, stream and epoch. The newest epoch holds."""

import sqlite3
from dataclasses import dataclass, field
from typing import Final

from agent.store.text import clean

KEPT: Final = 3  # epochs of a stream


@dataclass(frozen=True, slots=True)
class Page:
    """One epoch of a stream's reference.

    Attributes:
        device: id of the camera.
        part: name of the stream.
        epoch: counts from 1.
        began: since when it holds, Unix seconds.
        why: what began it: commissioned, accepted, reset, repaired, swapped; `waits: ` and the reason before
            any picture was good enough to be learnt.
        who: who said so; siteward where nobody did.
        updated: when it last learnt, Unix seconds.
        blob: the packed references, one for each mode; empty before the first quiet look.
    """

    device: str
    part: str
    epoch: int
    began: float
    why: str
    who: str
    updated: float
    blob: bytes = field(default=b"", repr=False)


def keep(db: sqlite3.Connection, page: Page) -> None:
    """Write an epoch, and drop those that are too old."""
    db.execute(
        "INSERT OR REPLACE INTO picture_reference (device, part, epoch, began, why, who, updated, blob)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            page.device, page.part, page.epoch, page.began,
            page.why, clean(page.who), page.updated, page.blob,
        ),
    )  # fmt: skip
    db.execute(
        "DELETE FROM picture_reference WHERE device = ? AND part = ? AND epoch <= ?",
        (page.device, page.part, page.epoch - KEPT),
    )


def drop(db: sqlite3.Connection, device: str) -> None:
    """Remove all epochs of a camera."""
    db.execute("DELETE FROM picture_reference WHERE device = ?", (device,))


def pages(db: sqlite3.Connection, device: str = "") -> list[Page]:
    """Return the epochs (of one camera), oldest first."""
    where, values = ("WHERE device = ?", (device,)) if device else ("", ())
    columns = "device, part, epoch, began, why, who, updated, blob"
    rows = db.execute(f"SELECT {columns} FROM picture_reference {where} ORDER BY device, part, epoch", values)
    return [Page(*row) for row in rows]
