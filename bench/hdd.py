"""Which disks fail next: drive-days of a data centre, learnt up to a day, judged on the days after.

`recall_at_1pct`: on each later day the one percent of drives with the highest score is inspected; a drive
that fails then counts as found if it was inspected on one of its last seven days (its last day included;
`recall_at_1pct_before` leaves that one out). `recall_far01`, `precision_far01`: each drive by its highest
score, at the bound that one in a thousand of those that live goes beyond. `auc`: drive-days, "fails within
14 days". `ece`: expected calibration error of that probability, in ten bins of equal size.

Rivals: the SMART rule (reallocated or pending sectors above 0), the same counts growing within a week,
`level` (the weighted sum of their logarithms), hours on, `isolation_forest` (scikit-learn's defaults) and
chance. Takes Parquet or CSV in the publisher's form (`date, serial_number, model, capacity_bytes, failure,
smart_N_raw`).
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from bench.output import finish, refuse
from models.learning.disks import COUNTS, HORIZON, STATES, WEEK, DiskModel, DriveDays, features

Floats = NDArray[np.float64]
EPOCH = date(1970, 1, 1)
WANTED = ("date", "serial_number", "capacity_bytes", "failure")


@dataclass(frozen=True, slots=True)
class Fleet:
    """Every drive-day, and for each the last day of its drive (inf where it lives)."""

    rows: DriveDays
    failed_on: Floats


def read(folder: Path) -> Fleet | None:
    """Read what a folder holds; None where it holds no drive-day."""
    tables = [t for path in sorted(folder.glob("**/*")) if (t := _table(path)) is not None]
    if not tables:
        return None
    table = pa.concat_tables(tables, promote_options="permissive")
    serial = table["serial_number"].combine_chunks().cast(pa.string()).dictionary_encode()
    drive = serial.indices.to_numpy(zero_copy_only=False).astype(np.intp)
    day = pc.cast(pc.cast(table["date"], pa.date32()), pa.int32()).to_numpy().astype(np.intp)
    # A drive that is listed twice a day counts once.
    order = np.lexsort((day, drive))
    order = order[np.append(True, (np.diff(drive[order]) != 0) | (np.diff(day[order]) != 0))]
    drive, day = drive[order], day[order]
    smart = {
        number: _numbers(table[f"smart_{number}_raw"])[order]
        for number in (*COUNTS, *STATES)
        if f"smart_{number}_raw" in table.column_names
    }
    smart = {number: raw for number, raw in smart.items() if np.isfinite(raw).any()}
    failed = np.nan_to_num(_numbers(table["failure"]))[order] > 0
    last = np.full(int(drive.max()) + 1, np.inf)
    last[drive[failed]] = day[failed]
    return Fleet(DriveDays(drive, day, smart, _numbers(table["capacity_bytes"])[order]), last[drive])


def _table(path: Path) -> pa.Table | None:
    try:
        if path.suffix == ".parquet":
            names = pyarrow.parquet.read_schema(path).names
            found = pyarrow.parquet.read_table(path, columns=[n for n in names if _is_wanted(n)])
        elif path.suffix == ".csv":
            found = pyarrow.csv.read_csv(path)
            found = found.select([n for n in found.column_names if _is_wanted(n)])
        else:
            return None
    except (pa.ArrowException, OSError) as err:
        print(f"{path} left out: {err}", file=sys.stderr)
        return None
    if missing := set(WANTED) - set(found.column_names):
        print(f"{path} left out: no column {', '.join(sorted(missing))}", file=sys.stderr)
        return None
    return found


def _is_wanted(name: str) -> bool:
    return name in WANTED or name in {f"smart_{number}_raw" for number in (*COUNTS, *STATES)}


def _numbers(column: Any) -> Floats:
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False), dtype=float)


def judge(fleet: Fleet, score: Floats, until: int) -> dict[str, float]:
    """Return recall at one percent a day, recall and precision at 0.1 % false alarms, and the AUC."""
    rows, later = fleet.rows, fleet.rows.day > until
    left = fleet.failed_on - rows.day
    failing = np.unique(rows.drive[later & np.isfinite(fleet.failed_on)])
    found, before = set(), set()
    for day in np.unique(rows.day[later]):
        today = np.flatnonzero(rows.day == day)
        top = today[np.argsort(-score[today], kind="stable")[: max(1, len(today) // 100)]]
        found |= set(rows.drive[top[(left[top] >= 0) & (left[top] < WEEK)]].tolist())
        before |= set(rows.drive[top[(left[top] >= 1) & (left[top] <= WEEK)]].tolist())
    highest = np.full(int(rows.drive.max()) + 1, -np.inf)
    counts = later & ((left < HORIZON) | np.isinf(left))
    np.maximum.at(highest, rows.drive[counts], score[counts])
    living = np.unique(rows.drive[later & np.isinf(left)])
    bound = np.quantile(highest[living], 0.999)
    hits, false = int((highest[failing] > bound).sum()), int((highest[living] > bound).sum())
    return {
        "recall_at_1pct": round(len(found) / len(failing), 3),
        "recall_far01": round(hits / len(failing), 3),
        "precision_far01": round(hits / max(1, hits + false), 3),
        "auc": round(auc(score[later], left[later] < HORIZON), 3),
        "recall_at_1pct_before": round(len(before) / len(failing), 3),
    }


def auc(score: Floats, truth: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve, ties counted half; nan without both kinds."""
    values, place = np.unique(score, return_inverse=True)
    bad = np.bincount(place[truth], minlength=len(values)).astype(float)
    good = np.bincount(place[~truth], minlength=len(values)).astype(float)
    if not bad.sum() or not good.sum():
        return float("nan")
    return float((bad * (np.cumsum(good) - good / 2)).sum() / bad.sum() / good.sum())


def calibration_error(probability: Floats, truth: NDArray[np.bool_]) -> float:
    """Return the mean gap between what is said and what happens, over ten bins of equal size."""
    parts = np.array_split(np.argsort(probability, kind="stable"), 10)
    gaps = [len(p) * abs(probability[p].mean() - truth[p].mean()) for p in parts if len(p)]
    return float(sum(gaps) / len(probability))


def rivals(fleet: Fleet, until: int) -> dict[str, dict[str, float]]:
    names, table = features(fleet.rows)
    column = dict(zip(names, np.nan_to_num(table).T, strict=True))
    tie = np.random.default_rng(0).random(len(table)) * 1e-6  # among equals chance decides
    scores = {
        "smart_rule": column["smart_5_any"] + column["smart_197_any"] > 0,
        "growth_rule": column["smart_5_week"] + column["smart_197_week"] > 0,
        "level": column["smart_5"] + 2 * column["smart_197"],
        "hours_on": column["years_on"],
        "isolation_forest": _forest(np.nan_to_num(table), fleet.rows.day <= until),
        "chance": tie,
    }
    return {name: judge(fleet, score.astype(float) + tie, until) for name, score in scores.items()}


def _forest(table: Floats, past: NDArray[np.bool_]) -> Floats:
    from sklearn.ensemble import IsolationForest

    return np.asarray(-IsolationForest(random_state=0).fit(table[past]).score_samples(table))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.hdd", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of drive-days, *.parquet or *.csv")
    parser.add_argument(
        "--train-until",
        type=date.fromisoformat,
        help="last day to learn from; default: the middle of the failures",
    )
    parser.add_argument("--json", action="store_true", help="one line of JSON only")
    given = parser.parse_args(arguments)
    fleet = read(given.data)
    if fleet is None:
        return refuse(f"{given.data} holds no drive-days: *.parquet or *.csv with {', '.join(WANTED)}")
    days = np.unique(fleet.failed_on[np.isfinite(fleet.failed_on)])
    if len(days) < 2:
        return refuse(
            f"{given.data}: drives fail on {len(days)} days; learning and judging need two at least"
        )
    until = (given.train_until - EPOCH).days if given.train_until else int(days[(len(days) - 1) // 2])
    later = fleet.rows.day > until
    if later.all() or not np.isfinite(fleet.failed_on[later]).any():
        return refuse(f"nothing to learn from up to {_day(until)}, or no failure after it")
    return finish(_measure(fleet, until), as_json=given.json)


def _day(number: int) -> str:
    return date.fromordinal(EPOCH.toordinal() + number).isoformat()


def _measure(fleet: Fleet, until: int) -> Mapping[str, object]:
    later = fleet.rows.day > until
    began = time.process_time()
    model = DiskModel.fit(fleet.rows, fleet.failed_on, until)
    fitted = time.process_time()
    score = model.score(fleet.rows)
    scored = time.process_time()
    soon = fleet.failed_on - fleet.rows.day < HORIZON
    result: dict[str, object] = dict(judge(fleet, score, until))
    probability = model.calibration.probability(score[later])
    result["ece"] = round(calibration_error(probability, soon[later]), 5)
    result["base_rate"] = round(float(soon[later].mean()), 5)
    result["train_until"] = _day(until)
    result["failures_learnt"] = model.failures
    result["failures_judged"] = len(np.unique(fleet.rows.drive[later & np.isfinite(fleet.failed_on)]))
    result["drives"] = len(np.unique(fleet.rows.drive))
    result["attributes"] = sorted(fleet.rows.smart)
    result["outside"] = round(float(model.is_outside(fleet.rows)[later].mean()), 4)
    result["fit_s"] = round(fitted - began, 2)
    result["us_per_row"] = round(1e6 * (scored - fitted) / len(score), 2)
    result["rivals"] = rivals(fleet, until)
    return result


if __name__ == "__main__":
    raise SystemExit(main())
