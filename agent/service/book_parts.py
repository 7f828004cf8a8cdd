"""The service book asked in part: one device, or rows without the records in them; cheap for pages."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from agent.service.book import BaselineValue, Book, PartUse


def baseline_of(book: Book, device: str) -> list[BaselineValue]:
    """Return the baseline of one device that holds: of each value the newest that was frozen.

    Raises:
        StoreError: the book cannot be used.
    """
    with book.reading() as db:
        rows = db.execute(
            """SELECT device, metric, part, value, at, max(handover) FROM baseline WHERE device = ?
            GROUP BY metric, part ORDER BY metric, part""",
            (device,),
        )
        return [BaselineValue(*row[:5]) for row in rows]


def handed_over(book: Book) -> set[str]:
    """Return the devices of which a baseline was frozen.

    Raises:
        StoreError: the book cannot be used.
    """
    with book.reading() as db:
        return {device for (device,) in db.execute("SELECT DISTINCT device FROM baseline")}


def parts_of(book: Book, references: Sequence[str]) -> list[PartUse]:
    """Return the parts that tickets used, the newest first.

    Raises:
        StoreError: the book cannot be used.
    """
    if not references:
        return []
    with book.reading() as db:
        rows = db.execute(
            """SELECT reference, name, number, who, at FROM part
            WHERE reference IN (SELECT value FROM json_each(?)) ORDER BY id DESC""",
            (json.dumps(list(references)),),
        )
        return [PartUse(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class RecordHead:
    """An inspection record without what is in it."""

    id: int
    plan: str
    due: str
    at: float
    signed_by: str
    customer: str


def record_heads(book: Book, most: int) -> list[RecordHead]:
    """Return the newest records, the newest first.

    Raises:
        StoreError: the book cannot be used.
    """
    with book.reading() as db:
        rows = db.execute(
            """SELECT id, plan, due, at, signed_by, customer FROM inspection
            ORDER BY at DESC, id DESC LIMIT ?""",
            (most,),
        )
        return [RecordHead(*row) for row in rows]
