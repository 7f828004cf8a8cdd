"""Disks by the classifier: from sites' days to a model, from a model to what is expected of each disk."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agent.predictions.daily import Row
from agent.predictions.history import History
from models.facts import Cause
from models.learning.disks import HORIZON, WEEK, DiskModel, DriveDays, feature_names
from models.learning.robust import Floats

NAME: Final = "disk-model"
LEAST: Final = 5  # failures, before a model says anything
FAULT, CAUSE = "DISK_FAILED", "DISK"
SMART: Final = {5: "disk|cctv_disk_bad_sectors", 197: "disk|cctv_disk_pending_sectors"}
FRESH_DAYS: Final = 3  # a disk that told nothing for longer is not judged
RECENT: Final = 30
SIGNS: Final = 3  # told of each disk, the weightiest


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a model says of all disks of a site; `failures`: how many it was learnt from."""

    disks: Sequence["Expected"] = ()
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Expected:
    """What the model says of one disk: the probability to fail within two weeks; None: outside of it."""

    row: Row
    probability: float | None
    signs: tuple[Cause, ...] = ()


def schema() -> str:
    """Return what a saved model must have been made for."""
    return sha256(repr((feature_names(), sorted(SMART.items()))).encode()).hexdigest()[:16]


def train(histories: Sequence[History]) -> tuple[DiskModel | None, int]:
    """Return the model, None with too few failures; and how many failures are known."""
    rows, failed_on, _ = _rows(histories)
    known = len(np.unique(rows.drive[np.isfinite(failed_on)]))
    if known < LEAST:
        return None, known
    return DiskModel.fit(rows, failed_on, int(rows.day.max())), known


def judge(model: DiskModel, history: History) -> Outlook:
    """Return what is expected of each disk that told of itself these days."""
    rows, _, names = _rows([history], newest=RECENT)
    if not len(rows.day):
        return Outlook((), model.failures)
    ends = np.append(np.diff(rows.drive) != 0, True)
    last = np.asarray(ends & (rows.day > history.daily.days - 1 - FRESH_DAYS))
    odds, outside = model.probability(rows), model.is_outside(rows).tolist()
    week = rows.days_before(WEEK)
    found = []
    for index in np.flatnonzero(last):
        row = names[int(rows.drive[index])]
        signs = tuple(_signs(rows, int(index), int(week[index])))
        found.append(Expected(row, None if outside[index] else float(odds[index]), signs))
    return Outlook(found, model.failures)


def _signs(rows: DriveDays, index: int, before: int) -> Iterator[Cause]:
    for number, values in rows.smart.items():
        now, then = values[index], values[before]
        if np.isfinite(now):
            grown = max(0.0, float(now - then)) if np.isfinite(then) else 0.0
            metric = SMART[number].split("|")[1]
            yield Cause("disk.sign", {"quantity": metric, "now": float(now), "week": grown})


def summary(probability: float, failures: int) -> Cause:
    """Return the first sentence of the explanation."""
    return Cause("disk.summary", {"probability": probability, "days": HORIZON, "failures": failures})


def _rows(histories: Sequence[History], newest: int = 0) -> tuple[DriveDays, Floats, dict[int, Row]]:
    """Return the days of all disks, when each fails (inf: not yet), and whose they are."""
    drive: list[Floats] = []
    day: list[NDArray[Any]] = []
    smart: dict[int, list[Floats]] = {number: [] for number in SMART}
    failed: list[Floats] = []
    names: dict[int, Row] = {}
    for history in histories:
        for row, first, last, fails in _lives(history):
            table = {number: _of(history, SMART[number], row) for number in SMART}
            known = np.asarray(np.isfinite(np.stack(list(table.values()))).any(axis=0))
            days = np.flatnonzero(known[first : last + 1]) + first
            days = days[days >= history.daily.days - newest] if newest else days
            if not len(days):
                continue
            names[len(names)] = row
            drive.append(np.full(len(days), len(names) - 1.0))
            day.append(days + (0 if newest else history.daily.first))
            failed.append(np.full(len(days), history.daily.first + last if fails else np.inf))
            for number, values in table.items():
                smart[number].append(values[days])
    if not drive:
        nothing = np.zeros(0, dtype=np.intp)
        return DriveDays(nothing, nothing, {}, np.zeros(0)), np.zeros(0), names
    numbers = np.concatenate(drive).astype(np.intp)
    columns = {number: np.concatenate(parts) for number, parts in smart.items()}
    columns = {number: values for number, values in columns.items() if np.isfinite(values).any()}
    days_ = np.concatenate(day).astype(np.intp)
    return DriveDays(numbers, days_, columns, np.full(len(days_), np.nan)), np.concatenate(failed), names


def _of(history: History, name: str, row: Row) -> Floats:
    rows = history.daily.rows.get(name, [])
    if row not in rows:
        return np.full(history.daily.days, np.nan)
    return np.asarray(history.daily.values[name][rows.index(row)])


def _lives(history: History) -> Iterator[tuple[Row, int, int, bool]]:
    """Yield (whose, first column, last column, whether it failed then) of each disk: a failure ends one."""
    rows = sorted({row for name in SMART.values() for row in history.daily.rows.get(name, [])})
    failures = [one for one in history.happened if one.fault == FAULT or one.cause == CAUSE]
    for row in rows:
        alone = sum(other[0] == row[0] for other in rows) == 1
        ends = sorted(
            column
            for one in failures
            if one.device == row[0]
            and (one.part == row[1] or alone)
            and one.cause not in {"FALSE", "PLANNED"}
            if 0 <= (column := history.column(one.at)) < history.daily.days
        )
        first = 0
        for end in ends:
            if end >= first:
                yield row, first, end, True
                first = end + 1
        yield row, first, history.daily.days - 1, False
