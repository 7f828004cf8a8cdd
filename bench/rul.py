"""Remaining life of turbofan engines (NASA C-MAPSS): `--train FD001 --test FD001|FD003`.

Where the folder has `test_X.txt` and `RUL_X.txt`, the official protocol: learn from all of `train_TRAIN.txt`,
forecast at the last cycle of each test unit. Else, for the same set, by unit in three folds: every cycle of
the units that were not learnt from; for another set, every cycle of its training units. The truth is capped
at 125.

`rmse`; `coverage80`: share of the truth inside the 80 % interval, whether or not the unit is called outside;
`flagged_new_mode`: share of test units called outside of what was learnt from. For the set that was learnt
from these are false. `coverage80_trusted`: of those not called so.

Rivals: `mean` (of the training rows), `age` (mean life less cycles run), `ridge`; `isolation_forest`
(defaults) for the share flagged.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.output import finish, refuse
from models.learning.remaining import CAP, Forecast, Lives, RemainingLife

Floats = NDArray[np.float64]
COLUMNS, SETTINGS, FOLDS = 26, 5, 3


class DataError(Exception):
    """A file is missing or no C-MAPSS file; the message says which."""


def read(path: Path) -> Lives:
    """Read a training or test file, sorted by unit and cycle.

    Raises:
        DataError: it cannot be read.
    """
    try:
        rows = np.loadtxt(path, ndmin=2)
    except (OSError, ValueError) as err:
        raise DataError(f"{path} cannot be read: {err}") from err
    if rows.shape[1] != COLUMNS or not len(rows):
        raise DataError(f"{path}: {len(rows)} rows of {rows.shape[1]} columns, expected {COLUMNS} columns")
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    return Lives(rows[:, 0].astype(np.intp), rows[:, 1], rows[:, SETTINGS:])


class Tally:
    """Forecasts beside the truth, and which units were flagged."""

    def __init__(self) -> None:
        self.rows: list[tuple[Forecast, Floats, NDArray[np.bool_]]] = []
        self.flags: list[bool] = []
        self.rivals: dict[str, list[Floats]] = {}
        self.forest: list[bool] = []
        self.fit_s = 0.0

    def add(self, train: Lives, test: Lives, truth: Floats, judged: NDArray[np.bool_]) -> None:
        """Learn from one side and judge some rows of the other."""
        began = time.process_time()
        model = RemainingLife.fit(train)
        self.fit_s += time.process_time() - began
        self.rows.append((model.forecast(test), np.minimum(truth, CAP), judged))
        self.flags += [bool(self.rows[-1][0].outside[rows][-1]) for rows in test.each()]
        for name, guess in rivals(train, test).items():
            self.rivals.setdefault(name, []).append(np.clip(guess, 0, CAP)[judged])
        self.forest += forest(train, test)

    def result(self) -> dict[str, object]:
        """Return the figures."""
        left, low, high, outside = (
            np.concatenate([getattr(f, name)[j] for f, _, j in self.rows])
            for name in ("left", "low", "high", "outside")
        )
        truth = np.concatenate([t[j] for _, t, j in self.rows])
        covers = (truth >= low - 1e-9) & (truth <= high + 1e-9)
        others = {name: {"rmse": rmse(np.concatenate(guess), truth)} for name, guess in self.rivals.items()}
        return {
            "rmse": rmse(left, truth),
            "coverage80": round(float(covers.mean()), 3),
            "flagged_new_mode": round(float(np.mean(self.flags)), 3),
            "coverage80_trusted": round(float(covers[~outside].mean()), 3) if (~outside).any() else None,
            "width80": round(float((high - low).mean()), 1),
            "judged": len(truth),
            "units": len(self.flags),
            "fit_s": round(self.fit_s / len(self.rows), 1),
            "rivals": {
                **others,
                "isolation_forest": {"flagged_new_mode": round(float(np.mean(self.forest)), 3)},
            },
        }


def rmse(guess: Floats, truth: Floats) -> float:
    return round(float(np.sqrt(np.mean((guess - truth) ** 2))), 2)


def rivals(train: Lives, test: Lives) -> dict[str, Floats]:
    target = np.minimum(train.remaining(), CAP)
    life = np.mean([train.cycle[rows][-1] for rows in train.each()])
    middle, scale = train.sensors.mean(axis=0), np.maximum(train.sensors.std(axis=0), 1e-6)
    z = np.column_stack([(train.sensors - middle) / scale, np.ones(len(target))])
    weight = np.linalg.solve(z.T @ z + np.eye(z.shape[1]), z.T @ target)
    guess = np.column_stack([(test.sensors - middle) / scale, np.ones(len(test.cycle))]) @ weight
    return {"mean": np.full(len(test.cycle), target.mean()), "age": life - test.cycle, "ridge": guess}


def forest(train: Lives, test: Lives) -> list[bool]:
    """Return whether the forest calls most of a unit's last ten rows outliers."""
    from sklearn.ensemble import IsolationForest

    called = IsolationForest(random_state=0).fit(train.sensors).predict(test.sensors) < 0
    return [bool(called[rows][-10:].mean() > 0.5) for rows in test.each()]


def measure(folder: Path, train_name: str, test_name: str) -> dict[str, object]:
    """Return the figures by the protocol that the folder's files allow.

    Raises:
        DataError: files are missing or unreadable.
        ValueError: too few units to learn from.
    """
    train = read(folder / f"train_{train_name}.txt")
    test_file, truth_file = folder / f"test_{test_name}.txt", folder / f"RUL_{test_name}.txt"
    tally = Tally()
    if test_file.exists() and truth_file.exists():
        test = read(test_file)
        ends = list(test.each())
        left = np.loadtxt(truth_file, ndmin=1)
        if len(left) != len(ends):
            raise DataError(f"{truth_file}: {len(left)} numbers for {len(ends)} units of {test_file.name}")
        truth, judged = np.zeros(len(test.cycle)), np.zeros(len(test.cycle), dtype=bool)
        for rows, number in zip(ends, left, strict=True):
            truth[rows] = number + test.cycle[rows][-1] - test.cycle[rows]
            judged[rows.stop - 1] = True
        tally.add(train, test, truth, judged)
        return {**tally.result(), "protocol": "official test file, last cycle of each unit"}
    print(f"no {test_file.name} with {truth_file.name}: judged by unit on training files", file=sys.stderr)
    if test_name != train_name:
        test = read(folder / f"train_{test_name}.txt")
        tally.add(train, test, test.remaining(), np.ones(len(test.cycle), dtype=bool))
        return {**tally.result(), "protocol": f"every cycle of the units of train_{test_name}"}
    fold = np.random.default_rng(0).permutation(np.unique(train.unit).max() + 1)[train.unit] % FOLDS
    for number in range(FOLDS):
        test = train.of(fold == number)
        tally.add(train.of(fold != number), test, test.remaining(), np.ones(len(test.cycle), dtype=bool))
    return {**tally.result(), "protocol": "three folds by unit, every cycle"}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.rul", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of the C-MAPSS files")
    parser.add_argument("--train", default="FD001", help="set to learn from")
    parser.add_argument("--test", default="FD001", help="set to judge on")
    parser.add_argument("--json", action="store_true", help="one line of JSON only")
    given = parser.parse_args(arguments)
    try:
        return finish(measure(given.data, given.train, given.test), as_json=given.json)
    except (DataError, ValueError) as err:
        return refuse(str(err))


if __name__ == "__main__":
    raise SystemExit(main())
