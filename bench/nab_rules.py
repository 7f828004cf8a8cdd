"""The scoring rules of the Numenta Anomaly Benchmark, read from its published scorer (Lavin and Ahmad, 2015).

A file's first 15 % (of at most 5,000 rows) are probation and count nothing. Each labelled window is worth at
most one hit, and the more the earlier in the window the first alert comes; each alert outside is a false one,
the cheaper the closer behind a window. The sum over all files is put on a scale from 0 (never alerts) to 100
(alerts at the first row of each window and nowhere else).
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PROBATION: Final = 0.15
PROBATION_ROWS: Final = 5000


@dataclass(frozen=True, slots=True)
class Profile:
    """What a false alert and a missed window cost."""

    name: str
    false: float
    missed: float


PROFILES: Final = (Profile("standard", 0.11, 1.0), Profile("low_fp", 0.22, 1.0), Profile("low_fn", 0.11, 2.0))


@dataclass(frozen=True, slots=True)
class Series:
    """One file of the corpus: times in Unix seconds, values, and its windows as (first, last) row."""

    name: str
    at: Floats
    value: Floats
    windows: tuple[tuple[int, int], ...]


class CorpusError(Exception):
    """The folder is no corpus; the message says what is missing."""


def read_corpus(folder: Path) -> list[Series]:
    """Read `data/**.csv` and `labels/combined_windows.json`; files without a label entry are left out.

    Raises:
        CorpusError: nothing usable is there.
    """
    labels = folder / "labels" / "combined_windows.json"
    try:
        windows = json.loads(labels.read_text(encoding="utf-8"))
    except (OSError, ValueError) as err:
        raise CorpusError(f"{labels} cannot be read ({err}): --data wants a folder of the corpus") from err
    found = []
    for path in sorted((folder / "data").glob("**/*.csv")):
        name = path.relative_to(folder / "data").as_posix()
        if name in windows:
            found.append(_read(path, name, windows[name]))
    if not found:
        raise CorpusError(f"{folder}/data holds no file that {labels.name} names")
    return found


def _read(path: Path, name: str, windows: Sequence[Sequence[str]]) -> Series:
    try:
        with path.open(encoding="utf-8") as file:
            rows = [(_seconds(row["timestamp"]), float(row["value"])) for row in csv.DictReader(file)]
        at = [row[0] for row in rows]
        limits = tuple((at.index(_seconds(first)), at.index(_seconds(last))) for first, last in windows)
    except (KeyError, ValueError, TypeError) as err:
        raise CorpusError(f"{path} is no file of the corpus or does not fit its windows: {err}") from err
    return Series(name, np.array(at), np.array([row[1] for row in rows]), limits)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def scaled_sigmoid(position: Floats) -> Floats:
    """Return the worth of an alert by its place: -1 a window's left edge, 0 its right edge, > 0 behind it."""
    return np.where(position > 3.0, -1.0, 2.0 / (1.0 + np.exp(5.0 * np.minimum(position, 3.0))) - 1.0)


def probation(rows: int) -> int:
    """Return how many rows at the start of a file count nothing."""
    return int(np.ceil(min(np.floor(PROBATION * rows), PROBATION * PROBATION_ROWS)))


@dataclass(frozen=True, slots=True)
class Worth:
    """Per row that counts: its window (index in the file, -1 outside) and what an alert there is worth."""

    first: int  # rows before are probation
    window: NDArray[np.intp]
    worth: Floats  # unweighted: inside 0 to 1, outside -1 to 0


def worth(series: Series) -> Worth:
    """Return what alerts of one file are worth, before the weights of a profile."""
    rows = len(series.at)
    window = np.full(rows, -1, dtype=np.intp)
    value = np.full(rows, -1.0)
    index = np.arange(rows, dtype=float)
    for first, last in series.windows:
        if last - first > 0:
            value[last + 1 :] = scaled_sigmoid((index[last + 1 :] - last) / (last - first))
    best = float(scaled_sigmoid(np.array(-1.0)))
    for number, (first, last) in enumerate(series.windows):
        inside = slice(first, last + 1)
        window[inside] = number
        value[inside] = scaled_sigmoid(-(last - index[inside] + 1) / (last - first + 1)) / best
    start = probation(rows)
    return Worth(start, window[start:], value[start:])


def gain_by_threshold(scores: Floats, given: Worth, profile: Profile) -> tuple[Floats, Floats]:
    """Return (thresholds, falling; what a file gains when it alerts at `score >= threshold`).

    The gain is over never alerting: a hit saves the price of the missed window and earns its place.
    """
    counted = scores[given.first :]
    order = np.argsort(-counted, kind="stable")
    gain = np.zeros(len(counted))
    best = np.full(given.window.max(initial=-1) + 1, -np.inf)
    window, value = given.window[order], given.worth[order]
    gain[window < 0] = profile.false * value[window < 0]
    for row in np.flatnonzero(window >= 0):
        number = window[row]
        had = profile.missed + best[number] if np.isfinite(best[number]) else 0.0
        if value[row] > best[number]:
            best[number] = value[row]
            gain[row] = profile.missed + value[row] - had
    thresholds = counted[order]
    last_of = np.append(np.flatnonzero(np.diff(thresholds)), len(thresholds) - 1)
    return thresholds[last_of], np.cumsum(gain)[last_of]


class Gains:
    """Every file's gain as a function of the threshold, for one profile."""

    def __init__(self, scores: Sequence[Floats], corpus: Sequence[Series], profile: Profile) -> None:
        self._profile = profile
        self._curves = [gain_by_threshold(s, worth(c), profile) for s, c in zip(scores, corpus, strict=True)]
        self.windows = sum(len(series.windows) for series in corpus)
        self.grid = np.unique(np.concatenate([curve[0] for curve in self._curves]))
        self._table = np.array([self._on_grid(*curve) for curve in self._curves])

    def _on_grid(self, thresholds: Floats, gain: Floats) -> Floats:
        # `thresholds` fall; those at or above a grid point alert there.
        alerting = np.searchsorted(-thresholds, -self.grid, side="right")
        return np.concatenate(([0.0], gain))[alerting]

    def best_threshold(self, files: Sequence[int]) -> float:
        """Return the threshold that gains most on these files; infinity where silence is best."""
        total = self._table[list(files)].sum(axis=0)
        best = len(total) - 1 - int(np.argmax(total[::-1]))  # of equals the highest, as the published scorer
        return float(self.grid[best]) if total[best] > 0 else np.inf

    def at(self, file: int, threshold: float) -> float:
        """Return what one file gains at a threshold."""
        above = np.searchsorted(self.grid, threshold, side="left")
        return float(self._table[file, above]) if above < len(self.grid) else 0.0

    def normalised(self, gain: float) -> float:
        """Return a gain on the scale from 0 (silent) to 100 (perfect); nan without any window."""
        perfect = self.windows * (1.0 + self._profile.missed)
        return 100.0 * gain / perfect if perfect else float("nan")

    def on_others(self, folds: Sequence[Sequence[int]]) -> tuple[float, list[float]]:
        """Return (score with each fold's threshold chosen on the other folds, those thresholds)."""
        total, chosen = 0.0, []
        for fold in folds:
            others = [i for i in range(len(self._curves)) if i not in fold]
            threshold = self.best_threshold(others or fold)
            chosen.append(threshold)
            total += sum(self.at(file, threshold) for file in fold)
        return self.normalised(total), chosen

    def optimal(self) -> float:
        """Return the score with the threshold chosen on the same files, as the public table does."""
        everything = range(len(self._curves))
        threshold = self.best_threshold(everything)
        return self.normalised(sum(self.at(file, threshold) for file in everything))
