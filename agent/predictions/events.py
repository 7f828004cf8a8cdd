"""What happened to devices, from the ledger: faults, causes that were confirmed, and what begins a new epoch.

A repair that was proven, a swap, another firmware, a change that somebody accepted: from that day on a
component is compared with itself as it is then.
"""

import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from agent.service.audit import ACCEPTED
from models.facts import PREDICTED
from models.learning.components import COMPONENTS

NO_FAULT: Final = frozenset({"FALSE", "PLANNED"})
CHANGES: Final = frozenset({"REPLACED", "FW_CHANGED"})
DAY: Final = 86400.0
Row = tuple[str, str]  # device, part


@dataclass(frozen=True, slots=True)
class Happened:
    """A fault that was open, and what a technician confirmed to be behind it; "" while nobody did."""

    device: str
    part: str
    fault: str
    at: float
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Epoch:
    """From when on some components of a device are to be learnt anew. `part` "": of all its parts."""

    device: str
    at: float
    components: frozenset[str]
    part: str = ""


def happened(db: sqlite3.Connection) -> tuple[Happened, ...]:
    """Return every fault that was open, the oldest first, with the newest cause that was confirmed."""
    rows = db.execute(
        """SELECT i.device, i.part, i.code, i.opened_at, coalesce((SELECT c.confirmed FROM cause_label c
        WHERE c.key = i.key AND c.generation = i.generation ORDER BY c.id DESC LIMIT 1), '')
        FROM incident i WHERE i.code != ? ORDER BY i.opened_at, i.key""",
        (PREDICTED,),
    )
    return tuple(Happened(*row) for row in rows)


def epochs(db: sqlite3.Connection) -> tuple[Epoch, ...]:
    """Return what begins an epoch, in no order."""
    every = frozenset(COMPONENTS)
    found = [
        Epoch(device, at, every)
        for device, at in db.execute(
            "SELECT device, opened_at FROM incident WHERE code IN ('REPLACED', 'FW_CHANGED')"
        )
    ]
    found += [
        Epoch(str(key).removeprefix("device/"), at, every)
        for key, at in db.execute("SELECT key, at FROM audit WHERE what = ?", (ACCEPTED,))
    ]
    proven = db.execute(
        """SELECT device, part, code, resolved_at, cause FROM work_order
        WHERE proof = 'retest' AND resolved_at IS NOT NULL"""
    )
    for device, part, code, at, cause in proven:
        if cause not in NO_FAULT:
            found.append(_of_repair(device, part, code, at))
    return tuple(one for one in found if one.components)


def _of_repair(device: str, part: str, code: str, at: float) -> Epoch:
    if code == PREDICTED:  # its part is part/component
        of, _, component = part.rpartition("/")
        return Epoch(device, at, frozenset({component} & COMPONENTS.keys()), of)
    mended = frozenset(name for name, one in COMPONENTS.items() if code in one.becomes)
    return Epoch(device, at, mended, part)


def begins(
    rows: Collection[Row], component: str, found: Iterable[Epoch], *, first: int, days: int, offset: float
) -> NDArray[np.int_]:
    """Return the first column of each row's present epoch: the day after it began; 0 without one.

    Args:
        rows: devices and parts.
        component: whose.
        found: of all devices.
        first: day of the first column, since 1970 in the site's standard time.
        days: how many columns.
        offset: seconds that the site's days begin before UTC's.
    """
    newest: dict[Row, float] = {}
    for one in found:
        if component in one.components:
            key = (one.device, one.part)
            newest[key] = max(newest.get(key, one.at), one.at)
    out = np.zeros(len(rows), dtype=int)
    for index, (device, part) in enumerate(rows):
        at = max((newest[key] for key in ((device, part), (device, "")) if key in newest), default=None)
        if at is not None:
            out[index] = min(max(int((at + offset) // DAY) + 1 - first, 0), days)
    return out
