"""The clock decides, not the number of samples: thinned, filled up, rescaled or moved, a series gets the same verdicts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.learning.anomaly import THRESHOLD, Detectors
from models.learning.baseline import Baselines

DAY = 86400.0
START = 1_700_438_400.0
DAYS = 9
EVERY = 200.0  # seconds between the samples that all others are thinned from
BURSTS = tuple(START + day * DAY for day in (4.3, 7.8, 8.55))  # further apart than a record lasts
LASTS = 1800.0
COLUMNS = 6


def world(every, *, shift=0.0):
    """Times and [time, series] values: a day's course, slow unrest, noise; three bursts of half an hour."""
    at = np.arange(START, START + DAYS * DAY, EVERY)
    rng = np.random.default_rng(5)
    unrest = np.cumsum(rng.normal(0, 0.02, (len(at), COLUMNS)), axis=0)
    value = 20 + 5 * np.sin(2 * np.pi * at / DAY)[:, None] + unrest + rng.normal(0, 1, (len(at), COLUMNS))
    for burst in BURSTS:
        value[(at >= burst) & (at < burst + LASTS)] += 14.0
    keep = slice(0, None, int(every // EVERY))
    return at[keep] + shift, value[keep]


def alerts(at, value):
    """Return which samples of which series alert."""
    found, every = Detectors(COLUMNS), np.arange(COLUMNS)
    return np.array(
        [
            found.take(every, np.full(COLUMNS, t), row).score >= THRESHOLD
            for t, row in zip(at, value, strict=True)
        ]
    )


def summary(at, flags, shift=0.0):
    """Return [burst, series] which bursts are seen, and the alerts a day and series beside them."""
    near = [(at >= b + shift - 600) & (at < b + shift + LASTS + 3600) for b in BURSTS]
    seen = np.array([flags[rows].any(axis=0) for rows in near])
    beside = flags[~np.any(near, axis=0) & (at > START + shift + 2 * DAY)]
    return seen, beside.sum() / COLUMNS / (DAYS - 2)


@pytest.mark.parametrize("every", [EVERY, 600.0, 1000.0])
def test_a_series_asked_more_or_less_often_gets_the_same_verdicts(every):
    at, value = world(every)
    seen, beside = summary(at, alerts(at, value))
    assert seen.mean() >= 0.95
    assert beside < 1.0


@settings(max_examples=1, deadline=None)
@given(
    factor=st.floats(1e-9, 1e9),
    offset=st.floats(-1e3, 1e3),
    moved=st.integers(-3000, 3000),
    hours=st.integers(0, 23),
)
def test_unit_offset_and_date_change_no_verdict(factor, offset, moved, hours):
    at, value = world(1200.0)
    shift = moved * DAY + hours * 3600.0
    plain, other = alerts(at, value), alerts(at + shift, (value + offset) * factor)
    assert (plain != other).mean() < 0.002


def test_irregular_times_and_gaps_change_little():
    at, value = world(EVERY)
    rng = np.random.default_rng(1)
    keep = rng.random(len(at)) < 0.6
    keep[900:1050] = False
    seen, beside = summary(at[keep], alerts(at[keep] + rng.uniform(0, 60, keep.sum()), value[keep]))
    assert seen.mean() >= 0.9
    assert beside < 1.0


@pytest.mark.parametrize("every", [400.0, 1200.0])
def test_the_baseline_knows_as_much_after_the_same_time(every):
    at, value = world(every)
    base, numbers = Baselines(COLUMNS), np.arange(COLUMNS)
    judged = [base.take(numbers, np.full(COLUMNS, t), row) for t, row in zip(at, value, strict=True)]
    assert base.learnt() == pytest.approx(np.full(COLUMNS, DAYS * DAY), rel=0.03)
    unusual = np.array([one.unusual for one in judged])
    burst = (at >= BURSTS[2]) & (at < BURSTS[2] + LASTS)
    assert unusual[burst].mean() > 0.9
    assert unusual[~burst & (at < BURSTS[1]) & (at > START + 7.1 * DAY)].mean() < 0.01
