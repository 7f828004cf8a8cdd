"""What the detectors are compared with: the usual ways, each with its usual settings."""

from collections.abc import Callable
from typing import Final

import numpy as np

from bench.nab_rules import Floats, Series

DAY = 86400.0
LAG = 8


def null(series: Series, _probation: int) -> Floats:
    """Never alerts."""
    return np.zeros(len(series.at))


def static(series: Series, probation: int) -> Floats:
    """Distance from the median of the probation; one bound for all files, in their own units."""
    return np.asarray(np.abs(series.value - np.median(series.value[: max(1, probation)])))


def ewma(series: Series, _probation: int) -> Floats:
    """|value - moving mean| in moving standard deviations, 2 / (288 + 1) per sample; the usual bound is 3."""
    mean, variance, out = series.value[0], 0.0, np.zeros(len(series.at))
    share = 2 / 289
    for row, value in enumerate(series.value.tolist()):
        error = value - mean
        out[row] = abs(error) / variance**0.5 if variance > 0 else 0.0
        mean += share * error
        variance = (1 - share) * (variance + share * error * error)
    return out


def linear(series: Series, _probation: int) -> Floats:
    """Distance from the least-squares line through the 14 days before, in standard errors of that line."""
    at = (series.at - series.at[0]) / DAY
    sums = [np.concatenate(([0.0], np.cumsum(x))) for x in (np.ones(len(at)), at, at * at)]
    value = series.value - series.value[0]
    ys = [np.concatenate(([0.0], np.cumsum(y))) for y in (value, value * at, value * value)]
    first = np.searchsorted(np.maximum.accumulate(at), at - 14.0)
    row = np.arange(len(at))
    n, sx, sxx = (s[row] - s[first] for s in sums)
    sy, sxy, syy = (s[row] - s[first] for s in ys)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = n * sxx - sx * sx
        slope = (n * sxy - sx * sy) / spread
        start = (sy - slope * sx) / n
        left = (syy - start * sy - slope * sxy) / (n - 2)
        z = np.abs(value - start - slope * at) / np.sqrt(np.maximum(left, 0.0))
    return np.asarray(np.where((n > 10) & np.isfinite(z), z, 0.0))


def forest(series: Series, probation: int) -> Floats:
    """scikit-learn's IsolationForest with its defaults on windows of 8 samples, fitted on the probation."""
    from sklearn.ensemble import IsolationForest

    if probation < 2 * LAG:
        return np.zeros(len(series.at))
    windows = np.lib.stride_tricks.sliding_window_view(series.value, LAG)
    model = IsolationForest(random_state=0).fit(windows[: probation - LAG])
    return np.concatenate((np.zeros(LAG - 1), -model.score_samples(windows)))


RIVALS: Final[dict[str, Callable[[Series, int], Floats]]] = {
    "null": null, "static": static, "ewma_3_sigma": ewma, "linear_14d": linear, "isolation_forest": forest,
}  # fmt: skip
