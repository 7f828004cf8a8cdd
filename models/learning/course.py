"""The course that wear took of late: where it stood before, and how much of it came in one jump.

What comes in a jump and stays flat is weather, a spider or another scene far oftener than wear; wear goes on.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from models.learning.robust import Floats, median

if TYPE_CHECKING:
    from models.learning.wear import Wear

Ints = NDArray[np.int_]

BEFORE: Final = (7, 14, 28, 56)  # days before which the level is looked up
BLOCK: Final = 3  # days of which one number is made
BLOCKS: Final = 7  # so many of them are searched for a jump
LIVED: Final = 400  # days; what is older is old
LONG: Final = 14  # days whose least tells what lasts longer than most of what passes

NAMES: Final = (
    *(f"level {days} days before" for days in BEFORE),
    "greatest jump", "days since", "level before it", "risen since", "least of two weeks", "healed before",
    "siblings move", "days lived",
)  # fmt: skip


def course(seen: "Wear", row: Ints, column: Ints, recent: Floats) -> tuple[Floats, ...]:
    """Return NAMES of each cell, in shares of the way from hand-over to the end.

    Args:
        seen: the wear.
        row: of each cell.
        column: of each cell.
        recent: wear of their last days, of the present life, shape [cell, days].
    """
    end = seen.end[row]
    begins = seen.begins[row, column]
    before = [_level(seen, row, column - days, begins) / end for days in BEFORE]
    jump, days, level, since = _jump(recent)
    return (
        *(np.clip(one, -0.5, 1.5) for one in before),
        np.clip(jump / end, 0, 1.5),
        days,
        np.clip(level / end, -0.5, 1.5),
        np.clip(since / end, -1, 1),
        np.clip(least(recent[:, -LONG:]) / end, -0.5, 1.5),
        np.clip(seen.healed[row, column] / end, 0, 1.5),
        np.clip(np.abs(_common_moves(seen, row, column)) / end, 0, 1),
        np.minimum(column - np.maximum(begins, 0), LIVED).astype(float),
    )


def least(values: Floats) -> Floats:
    """Return the smallest of each row, 0 where nothing was measured."""
    low = np.where(np.isnan(values), np.inf, values).min(axis=1)
    return np.where(np.isfinite(low), low, 0.0)


def healed(level: Floats, begins: Ints) -> Floats:
    """Return by how much wear went back by itself at most, in this life, shape (series, days)."""
    out = np.zeros(level.shape)
    worst, most = np.full(len(level), -np.inf), np.zeros(len(level))
    for column in range(level.shape[1]):
        now = level[:, column]
        fresh = begins[:, column] == column
        worst = np.where(fresh, now, np.fmax(worst, now))
        with np.errstate(invalid="ignore"):
            most = np.where(fresh, 0.0, np.fmax(most, worst - now))
        out[:, column] = np.where(np.isfinite(most), most, 0.0)
    return out


def _level(seen: "Wear", row: Ints, column: Ints, begins: Ints) -> Floats:
    found = seen.level[row, np.maximum(column, 0)]
    return np.where((column >= begins) & ~np.isnan(found), found, 0.0)


def _jump(recent: Floats) -> tuple[Floats, ...]:
    """Return the greatest rise between blocks of days, its age, the level before, what came since."""
    part = recent[:, -BLOCK * BLOCKS :]
    blocks = median(part.reshape(len(part), BLOCKS, BLOCK))
    for i in range(1, BLOCKS):
        blocks[:, i] = np.where(np.isnan(blocks[:, i]), blocks[:, i - 1], blocks[:, i])
    blocks = np.where(np.isnan(blocks), 0.0, blocks)  # before this life: at hand-over
    rises = np.diff(blocks, axis=1)
    at, cell = np.argmax(rises, axis=1), np.arange(len(part))
    before, after = blocks[cell, at], blocks[cell, at + 1]
    age = BLOCK * (BLOCKS - 1.0 - at)
    return rises[cell, at], age, before, blocks[:, -1] - after


def _common_moves(seen: "Wear", row: Ints, column: Ints, days: int = 28) -> Floats:
    earlier = np.maximum(column - days, 0)
    common = seen.common
    moved = common[row, column] - common[row, earlier]
    return np.where(np.isnan(moved), 0.0, moved)
