"""How well is the end of a fading battery dated, and does the 80 % interval hold it?

`--data DIR`: CSV files, one a cell, with the columns `discharge` (or `cycle`) and `capacity` (Ah) or `soh`
(% of the first cycle). End of life: 70 % of the rated capacity; rated is `--rated` (default: 2.0 Ah for
capacities between 1.5 and 2.3, as these cells are sold, else the median of the first five values). Each cell
is forecast at 50, 55 ... 90 % of its life from its past only; its interval is calibrated by its own past and
by the other cells, never by its own end. `coverage80`: share of true ends inside; `mae_at_70pct`: cycles, at
70 % of life.
"""

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.learning.conformal import band, own_errors
from models.learning.fade import slack, time_left
from models.learning.robust import Floats

MOMENTS = np.arange(0.50, 0.91, 0.05)


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. `end`: the first cycle below the end of life."""

    name: str
    cycles: Floats
    capacity: Floats
    level: float
    end: int

    def looks(self) -> list[int]:
        """Return how many values are known at each moment."""
        return [n for n in (int(self.end * share) for share in MOMENTS) if n >= 10]

    def left(self, known: int) -> float:
        """Return the true cycles left."""
        return float(self.cycles[self.end] - self.cycles[known - 1])

    def forecast(self, known: int) -> float:
        """Return the forecast cycles left."""
        return time_left(self.cycles[:known], self.capacity[:known], self.level)


def main() -> int:
    args = _arguments()
    files = sorted(args.data.glob("*.csv")) if args.data.is_dir() else []
    cells = [cell for path in files if (cell := _read(path, args.rated)) is not None]
    if not cells:
        print(
            f"{args.data}: no cell that comes to its end (CSV with discharge and capacity)", file=sys.stderr
        )
        return 2
    figures = _judge(cells)
    print(json.dumps(figures) if args.json else json.dumps(figures, indent=2))
    return 0


def _judge(cells: list[Cell]) -> dict[str, object]:
    errors = {cell.name: _errors(cell) for cell in cells}
    inside: list[bool] = []
    misses: list[float] = []
    at_70: list[float] = []
    widths: list[float] = []
    linear: list[float] = []
    null: list[float] = []
    for cell in cells:
        others = [errors[other.name] for other in cells if other is not cell]
        for known in cell.looks():
            left, true = cell.forecast(known), cell.left(known)
            own = own_errors(cell.cycles[:known], cell.capacity[:known], time_left)
            low, high = band(others, own).around(
                max(left, 1.0), slack(cell.cycles[:known], cell.capacity[:known])
            )
            inside.append(low <= true <= high)
            misses.append(abs(left - true))
            widths.append(high - low)
            if known == int(cell.end * MOMENTS[4]):
                at_70.append(abs(left - true))
                linear.append(abs(_line(cell, known) - true))
                null.append(
                    abs(
                        float(np.mean([float(o.end) for o in cells if o is not cell] or [float("nan")]))
                        - cell.end
                    )
                )
    return {
        "coverage80": round(float(np.mean(inside)), 4),
        "mae_at_70pct": round(float(np.mean(at_70)), 2),
        "mae": round(float(np.mean(misses)), 2),
        "width_median": round(float(np.median(widths)), 1),
        "cells": len(cells),
        "forecasts": len(inside),
        "rivals_mae_at_70pct": {
            "least squares over the last 14 values": round(float(np.mean(linear)), 2),
            "mean life of the other cells": None if np.isnan(null).any() else round(float(np.mean(null)), 2),
        },
    }


def _errors(cell: Cell) -> Floats:
    found = [(cell.forecast(known), cell.left(known)) for known in cell.looks()]
    return np.array([np.log(true / max(left, 1.0)) for left, true in found if np.isfinite(left)])


def _line(cell: Cell, known: int, width: int = 14) -> float:
    x, y = cell.cycles[known - width : known], cell.capacity[known - width : known]
    slope, start = np.polyfit(x, y, 1)
    return float(max(0.0, (cell.level - start) / slope - x[-1])) if slope < 0 else 1000.0


def _read(path: Path, rated: float) -> Cell | None:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    names = {name.strip().lower(): name for name in (rows[0] if rows else {}) if name}
    value = names.get("capacity") or names.get("soh")
    cycle = names.get("discharge") or names.get("cycle")
    if value is None:
        print(f"{path.name}: left out, no column capacity or soh", file=sys.stderr)
        return None
    points = [
        (float(row[cycle]) if cycle else float(i), float(row[value]))
        for i, row in enumerate(rows)
        if _is_number(row[value]) and (cycle is None or _is_number(row[cycle]))
    ]
    if len(points) < 30:
        print(f"{path.name}: left out, {len(points)} cycles are too few", file=sys.stderr)
        return None
    cycles, capacity = np.array(points).T
    first = float(np.median(capacity[:5]))
    whole = rated or (2.0 if 1.5 <= first <= 2.3 else first)
    below = np.flatnonzero(capacity < 0.7 * whole)
    if not below.size:
        print(f"{path.name}: left out, it does not come to its end", file=sys.stderr)
        return None
    return Cell(path.stem, cycles, capacity, 0.7 * whole, int(below[0]))


def _is_number(text: str | None) -> bool:
    try:
        return bool(np.isfinite(float(text or "")))
    except ValueError:
        return False


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of CSV files, one a cell")
    parser.add_argument("--rated", type=float, default=0.0, help="rated capacity, in the unit of the column")
    parser.add_argument("--json", action="store_true", help="one line")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
