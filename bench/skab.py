"""Several sensors together: the Skoltech Anomaly Benchmark's outlier task.

Each run is learnt from its first 400 rows, which are clean, and judged on the rest
(`models.learning.sensors`, one parameter set). F1 over all rows of all runs; `far`: share of normal rows
called anomalous, `mar`: share of anomalous rows missed, in percent. Runs without any anomaly are judged apart
(`far_of_clean_runs`).

F1 alone says little: calling every row anomalous scores 0.70 (`all_ones`). Other rivals: `static` (any sensor
beyond its range while clean, widened by half), `ewma_3_sigma` (any sensor), `isolation_forest`
(scikit-learn's defaults).
"""

import argparse
import csv
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.output import finish, refuse
from models.learning.sensors import FEWEST, Sensors

CLEAN = 400  # rows
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
NO_SENSOR = frozenset({"datetime", "anomaly", "changepoint"})


@dataclass(frozen=True, slots=True)
class Run:
    """One run: [row, sensor], and which rows are anomalous."""

    name: str
    rows: Floats
    anomaly: Flags

    @property
    def clean(self) -> int:
        """Rows to learn from: 400; of a short run the first 40 %."""
        return min(CLEAN, int(0.4 * len(self.rows)))


def read(folder: Path) -> list[Run]:
    """Read every run below a folder; files that are none are named and left out."""
    found = []
    for path in sorted(folder.glob("**/*.csv")):
        try:
            with path.open(encoding="utf-8") as file:
                rows = list(csv.DictReader(file, delimiter=";"))
            names = [name for name in rows[0] if name not in NO_SENSOR]
            values = np.array([[float(row[name]) for name in names] for row in rows])
            anomaly = np.array([float(row.get("anomaly") or 0) > 0 for row in rows])
        except (OSError, ValueError, KeyError, IndexError, TypeError) as err:
            print(f"{path} left out, no run of sensors: {err}", file=sys.stderr)
            continue
        if len(rows) * 0.4 < FEWEST or not names:
            print(f"{path} left out: {len(rows)} rows, {len(names)} sensors", file=sys.stderr)
            continue
        found.append(Run(path.relative_to(folder).as_posix(), values, anomaly))
    return found


def ours(run: Run) -> Flags:
    return Sensors.learn(run.rows[: run.clean]).is_anomalous(run.rows)


def all_ones(run: Run) -> Flags:
    return np.ones(len(run.rows), dtype=bool)


def static(run: Run) -> Flags:
    low, high = run.rows[: run.clean].min(axis=0), run.rows[: run.clean].max(axis=0)
    room = (high - low) / 2
    return np.asarray(((run.rows < low - room) | (run.rows > high + room)).any(axis=1))


def ewma(run: Run) -> Flags:
    mean, variance = run.rows[0].copy(), np.zeros(run.rows.shape[1])
    found = np.zeros(len(run.rows), dtype=bool)
    for number, row in enumerate(run.rows):
        error = row - mean
        found[number] = bool((np.abs(error) > 3 * np.sqrt(variance) + 1e-12).any()) and number > 0
        mean += 0.05 * error
        variance = 0.95 * (variance + 0.05 * error**2)
    return found


def forest(run: Run) -> Flags:
    from sklearn.ensemble import IsolationForest

    return np.asarray(IsolationForest(random_state=0).fit(run.rows[: run.clean]).predict(run.rows) < 0)


def judge(runs: Sequence[Run], call: Callable[[Run], Flags]) -> dict[str, float]:
    """Return F1 and the false and missed alarm rates over the rows behind each run's clean part."""
    called = np.concatenate([call(run)[run.clean :] for run in runs])
    truth = np.concatenate([run.anomaly[run.clean :] for run in runs])
    hit, false, missed = (int(x.sum()) for x in (called & truth, called & ~truth, ~called & truth))
    return {
        "f1": round(2 * hit / max(1, 2 * hit + false + missed), 3),
        "far": round(100 * false / max(1, int((~truth).sum())), 1),
        "mar": round(100 * missed / max(1, int(truth.sum())), 1),
    }


RIVALS = {"all_ones": all_ones, "static": static, "ewma_3_sigma": ewma, "isolation_forest": forest}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.skab", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of runs, **/*.csv")
    parser.add_argument("--json", action="store_true", help="one line of JSON only")
    given = parser.parse_args(arguments)
    runs = read(given.data)
    if not any(run.anomaly[run.clean :].any() for run in runs):
        return refuse(f"{given.data}: {len(runs)} runs, none with a labelled anomaly to find")
    labelled = [run for run in runs if run.anomaly.any()]
    began = time.process_time()
    result: dict[str, object] = dict(judge(labelled, ours))
    spent = time.process_time() - began
    result["ms_per_1000_rows"] = round(1e6 * spent / sum(len(run.rows) for run in labelled), 2)
    result["runs"] = len(labelled)
    clean = [run for run in runs if not run.anomaly.any()]
    if clean:
        result["far_of_clean_runs"] = judge(clean, ours)["far"]
    result["rivals"] = {name: judge(labelled, call) for name, call in RIVALS.items()}
    return finish(result, as_json=given.json)


if __name__ == "__main__":
    raise SystemExit(main())
