"""Robust statistics over many series at once: rows are series, columns are days, NaN is "not measured"."""

from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]

MAD_TO_SIGMA: Final = 1.4826  # of a normal distribution
PAIRS: Final = 400  # sampled pairs of a Theil-Sen slope: as good as all of them for daily values


def median(values: Floats) -> Floats:
    """Return the median along the last axis over what was measured; NaN where nothing was.

    Many times quicker than `numpy.nanmedian` on short rows: a sort puts NaN last.
    """
    if values.shape[-1] == 0:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)
    count = np.sum(~np.isnan(ordered), axis=-1)
    upper = np.minimum(count // 2, values.shape[-1] - 1)
    lower = np.maximum((count - 1) // 2, 0)
    low = np.take_along_axis(ordered, lower[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(ordered, upper[..., None], axis=-1)[..., 0]
    return np.where(count > 0, (low + high) / 2, np.nan)


def spread(values: Floats) -> Floats:
    """Return the standard deviation along the last axis as the median absolute deviation tells it."""
    return MAD_TO_SIGMA * median(np.abs(values - median(values)[..., None]))


def trailing_median(values: Floats, width: int) -> Floats:
    """Return for each column the median of it and the `width` - 1 columns before."""
    padded = np.concatenate([np.full((len(values), width - 1), np.nan), values], axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=1)
    if windows.size < 4_000_000:
        return median(windows)
    return np.concatenate([median(windows[i : i + 64]) for i in range(0, len(windows), 64)])


def trailing_mean(values: Floats, width: int = 7) -> Floats:
    """Return for each column the mean of it and the `width` - 1 before: of counts, most of which are 0.

    NaN where fewer than half of them were measured.
    """
    known = ~np.isnan(values)
    sums, counts = (
        np.cumsum(np.pad(one, ((0, 0), (width, 0))), axis=1) for one in (np.where(known, values, 0.0), known)
    )
    count = counts[:, width:] - counts[:, :-width]
    return np.where(2 * count >= width, (sums[:, width:] - sums[:, :-width]) / np.maximum(count, 1), np.nan)


def held(values: Floats, *, longest: int = 14) -> Floats:
    """Return the values of series that are measured every few days held until they are measured again.

    A series that is measured daily, with gaps, is as it was. Only the past is held, one and a half times as
    long as it mostly takes, at most `longest` columns.
    """
    measured = ~np.isnan(values)
    column = np.arange(values.shape[1])
    newest = np.maximum.accumulate(np.where(measured, column, -1), axis=1)
    before = np.concatenate([np.full((len(values), 1), -1), newest[:, :-1]], axis=1)
    usual = median(np.where(measured & (before >= 0), column - before, np.nan))
    rare = np.flatnonzero(usual >= 2)  # NaN is not
    out = values.copy()
    age = column - newest[rare]
    fresh = (newest[rare] >= 0) & (age <= np.minimum(1.5 * usual[rare], longest)[:, None])
    out[rare] = np.where(fresh, np.take_along_axis(values[rare], np.maximum(newest[rare], 0), axis=1), np.nan)
    return out


def theil_sen(values: Floats, at: Floats | None = None) -> tuple[Floats, Floats]:
    """Return slope per column (or per unit of `at`) and the level at the last column, for each row.

    The median of the slopes of pairs of points (Theil 1950, Sen 1968): up to 29 % of the points may be
    anything. Of long windows the pairs are sampled evenly, always the same ones, so that a restart changes
    nothing.
    """
    width = values.shape[1]
    at = np.arange(width, dtype=float) if at is None else at
    first, second = _pairs(width)
    slopes = median((values[:, second] - values[:, first]) / (at[second] - at[first]))
    level = median(values - slopes[:, None] * (at - at[-1]))
    return slopes, level


def _pairs(width: int) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    first, second = np.triu_indices(width, max(1, width // 4))  # pairs of near neighbours are mostly noise
    if len(first) > PAIRS:
        # Strides that share no factor with a row's length would repeat positions; evenly spaced ranks do not.
        keep = np.linspace(0, len(first) - 1, PAIRS).round().astype(int)
        first, second = first[keep], second[keep]
    return first, second


def line_error(values: Floats, slope: Floats, level: Floats) -> Floats:
    """Return the mean absolute error of a line that ends at `level` in the last column."""
    back = np.arange(values.shape[1]) - (values.shape[1] - 1.0)
    return _mean_abs(values - (level[:, None] + slope[:, None] * back))


def step_error(values: Floats, *, shortest: int = 3) -> Floats:
    """Return the mean absolute error of the best single step: one level before it, another after it."""
    width = values.shape[1]
    least = np.full(len(values), np.inf)
    for split in range(shortest, width - shortest + 1, max(1, width // 28)):
        least = np.minimum(least, _sum_abs(values[:, :split]) + _sum_abs(values[:, split:]))
    count = np.sum(~np.isnan(values), axis=1)
    return np.where(count > 0, least / np.maximum(count, 1), np.nan)


def _sum_abs(values: Floats) -> Floats:
    """Return the sum of the distances of each row's values to their median: the upper half less the lower."""
    ordered = np.sort(values, axis=1)
    missing = np.isnan(ordered)
    ordered[missing] = 0.0
    count = (values.shape[1] - missing.sum(axis=1))[:, None]
    place = np.arange(values.shape[1])
    side = (place >= (count + 1) // 2).astype(float) - (place < count // 2)
    return np.asarray(np.einsum("ij,ij->i", ordered, side))


def _mean_abs(values: Floats) -> Floats:
    count = np.sum(~np.isnan(values), axis=1)
    return np.where(count > 0, np.nansum(np.abs(values), axis=1) / np.maximum(count, 1), np.nan)


def increases(last: Floats) -> Floats:
    """Return what a counter grew by from column to column; a restart counts from 0, a gap spreads evenly.

    `last`: the counter's newest value of each column, shape (series, columns). The first is not measured.
    """
    grown = np.full(last.shape, np.nan)
    for row, values in enumerate(last):
        known = np.flatnonzero(~np.isnan(values))
        for before, after in pairwise(known):
            delta = values[after] - values[before]
            grown[row, before + 1 : after + 1] = (delta if delta >= 0 else values[after]) / (after - before)
    return grown
