"""What a site knows to learn from: daily values, what happened, and what kind of device each is."""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from agent.predictions.daily import Daily
from agent.predictions.events import Epoch, Happened, happened
from agent.store.connect import open_reader
from agent.store.records import StoreError

DAY: Final = 86400.0


@dataclass(frozen=True, slots=True)
class History:
    """One site's history.

    Attributes:
        daily: daily values.
        happened: faults and confirmed causes.
        kinds: device -> its kind.
        epochs: what is to be learnt anew from when on.
        offset: seconds that the site's days begin before UTC's.
    """

    daily: Daily
    happened: Sequence[Happened] = ()
    kinds: Mapping[str, str] = field(default_factory=dict)
    epochs: Sequence[Epoch] = ()
    offset: float = 0.0

    def column(self, at: float) -> int:
        """Return the column of a moment; may lie outside."""
        return int((at + self.offset) // DAY) - self.daily.first


def of_site(daily: Daily, book: Mapping[str, Any] | None, store: Path) -> History:
    """Return this site's history, for export: what the last night knew, and what the ledger says happened."""
    known = book or {}
    try:
        with contextlib.closing(open_reader(store)) as db:
            faults = happened(db)
    except StoreError:
        faults = ()
    return History(daily, faults, dict(known.get("kinds", {})), (), float(known.get("day_offset", 0.0)))
