"""What the wear of a component shows on a day, as numbers that a probability can be read from.

A cell is one series on one day. Only cells that are some way from hand-over are looked at, all at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from models.learning.course import NAMES, course, least
from models.learning.robust import Floats, line_error, step_error, theil_sen

if TYPE_CHECKING:
    from models.learning.wear import Wear

Ints = NDArray[np.int_]

WINDOWS: Final = (10, 14, 21, 28, 56, 112)  # days over which slopes are taken
MEASURED: Final = 0.5  # share of a window that must be
FEWEST: Final = 5  # values in a window
MEMORY: Final = 1.6  # by how much noise that is alike from day to day widens that of a slope
SOME_WAY: Final = 0.08  # share of the way below which nobody looks
DATED: Final = 2.5  # standard deviations from which on a slope tells a date
NEVER: Final = 400.0  # days; as good as never
AT_ONCE: Final = 512  # cells: what fits a processor's cache

FEATURES: Final = (
    *(f"significance {window}" for window in WINDOWS),
    "significance", "line or step", "line or step of any", "time left by the best", "time left",
    "window", "level", "level with season", "noise", "among siblings", "above record", "least of late",
    *NAMES,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signs:
    """Cells and what they show; all arrays have one entry a cell.

    Attributes:
        row, column: of the wear.
        table: [cell, FEATURES].
        window, level, significance: of the best slope, in wear and days; window 0: none.
        slope: wear a day that leads to the end in `left` days.
        left: days until the end, at most NEVER: between what the best slope says and the soonest of the
            significant ones; wear that speeds up is ahead of the one, and single weeks mislead the other.
    """

    row: Ints
    column: Ints
    table: Floats
    window: Ints
    slope: Floats
    level: Floats
    significance: Floats
    left: Floats


def signs(seen: "Wear", columns: Ints) -> Iterator[Signs]:
    """Yield the signs of some days, some thousand cells at a time."""
    row, place = np.nonzero(_some_way(seen, columns))
    column = columns[place]
    for at in range(0, len(row), AT_ONCE):
        yield _signs(seen, row[at : at + AT_ONCE], column[at : at + AT_ONCE])


def _some_way(seen: "Wear", columns: Ints) -> NDArray[np.bool_]:
    level, end = seen.level[:, columns], seen.end[:, None]
    with np.errstate(invalid="ignore"):
        far = level >= np.maximum(SOME_WAY * end, seen.noise[:, columns])
        far &= seen.raw_level[:, columns] >= SOME_WAY / 2 * end
        far &= ~(level < seen.record[:, columns] - SOME_WAY / 4 * end)
    return np.asarray(far & seen.ready[:, columns])


def _signs(seen: "Wear", row: Ints, column: Ints) -> Signs:
    recent = _recent(seen, row, column, max(WINDOWS))
    end, noise = seen.end[row], np.maximum(seen.noise[row, column], 1e-12)
    raw = seen.raw_level[row, column]
    shape = (len(WINDOWS), len(row))
    significance, gain, left = np.full(shape, -3.0), np.full(shape, -5.0), np.full(shape, NEVER)
    slope, level = np.zeros(shape), np.full(shape, np.nan)
    for i, days in enumerate(WINDOWS):
        part = recent[:, -days:]
        count = np.sum(~np.isnan(part), axis=1)
        ok = np.flatnonzero(count >= max(FEWEST, MEASURED * days))
        if not len(ok):
            continue
        part, count = part[ok], count[ok]
        slope[i, ok], level[i, ok] = theil_sen(part)
        significance[i, ok] = slope[i, ok] * days / (noise[ok] * MEMORY * np.sqrt(12 / count))
        off = np.maximum(line_error(part, slope[i, ok], level[i, ok]), 1e-12)
        gain[i, ok] = count * np.log(np.maximum(step_error(part), 1e-12) / off)
        # The end is felt by the whole value, season and all; what leads there is what siblings do not show.
        to_go = np.maximum(0.0, end[ok] - np.maximum(level[i, ok], raw[ok]))
        left[i, ok] = np.where(slope[i, ok] > 0, to_go / np.maximum(slope[i, ok], 1e-12), NEVER)
    significance, gain, left = np.clip(significance, -3, 15), np.clip(gain, -5, 15), np.minimum(left, NEVER)
    cell = np.arange(len(row))
    best = np.argmax(significance, axis=0)
    soonest = np.where(significance >= DATED, left, NEVER).min(axis=0)
    record, between = seen.record[row, column], seen.between[column]
    above = np.where(np.isfinite(record), (seen.level[row, column] - record) / end, 1.0)
    apart = np.where(np.isnan(between), 0.0, seen.level[row, column] / np.maximum(between, 1e-9))
    columns = (
        *significance, significance[best, cell], gain[best, cell], gain.max(axis=0),
        np.log1p(left[best, cell]), np.log1p(soonest), np.array(WINDOWS)[best],
        np.clip(seen.level[row, column] / end, 0, 1.5), np.clip(raw / end, 0, 1.5),
        np.log(noise / end + 1e-4),
        np.clip(apart, 0, 8), np.clip(above, -0.1, 1), np.clip(least(recent[:, -5:]) / end, -0.5, 1.5),
        *course(seen, row, column, recent),
    )  # fmt: skip
    window = np.where(slope[best, cell] > 0, np.array(WINDOWS)[best], 0)
    now, to_end = np.fmax(level[best, cell], raw), np.sqrt(soonest * left[best, cell])
    # The slope that is told is the one that leads to the date that is told.
    told = np.where((to_end > 0) & (now < end), (end - now) / np.maximum(to_end, 1e-12), slope[best, cell])
    return Signs(
        row, column, np.stack(columns, axis=1), window, told, now, significance[best, cell], to_end
    )  # fmt: skip


def _recent(seen: "Wear", row: Ints, column: Ints, width: int) -> Floats:
    """Return the last days of each cell, the present life's only, shape [cell, width]."""
    days = column[:, None] + np.arange(1 - width, 1)
    values = seen.apart[row[:, None], np.maximum(days, 0)]
    return np.where(days >= np.maximum(seen.begins[row, column], 0)[:, None], values, np.nan)
