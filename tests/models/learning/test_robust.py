import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.learning.robust import (
    held,
    increases,
    line_error,
    median,
    spread,
    step_error,
    theil_sen,
    trailing_mean,
    trailing_median,
)

values = arrays(float, (3, 9), elements=st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)))


@settings(deadline=None)
@given(values)
def test_the_median_is_numpys(found):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it says so of rows without a value
        expected = np.nanmedian(found, axis=1)
    np.testing.assert_allclose(median(found), expected)


def test_the_spread_of_normal_noise_is_its_standard_deviation():
    noise = np.random.default_rng(1).normal(0, 3.0, (4, 5000))
    np.testing.assert_allclose(spread(noise), 3.0, rtol=0.06)


def test_a_trailing_median_reads_the_past_only():
    series = np.array([[1.0, 2.0, 3.0, 100.0]])
    np.testing.assert_array_equal(trailing_median(series, 3), [[1.0, 1.5, 2.0, 3.0]])


def test_a_line_is_found_beneath_a_quarter_of_wild_values_and_gaps():
    rng = np.random.default_rng(2)
    line = 5.0 + 0.3 * np.arange(60)
    series = np.tile(line, (50, 1)) + rng.normal(0, 0.1, (50, 60))
    series[rng.random(series.shape) < 0.2] = np.nan
    series[rng.random(series.shape) < 0.2] = 1e6
    slope, level = theil_sen(series)
    np.testing.assert_allclose(slope, 0.3, atol=0.03)
    np.testing.assert_allclose(level, line[-1], atol=1.0)


def test_a_step_is_better_explained_by_a_step_and_a_line_by_a_line():
    rng = np.random.default_rng(3)
    line = np.linspace(0, 10, 40)
    step = np.where(np.arange(40) < 17, 0.0, 10.0)
    both = np.stack([line, step]) + rng.normal(0, 0.3, (2, 40))
    slope, level = theil_sen(both)
    straight, stepped = line_error(both, slope, level), step_error(both)
    assert straight[0] < 0.5 * stepped[0]
    assert stepped[1] < 0.5 * straight[1]


def test_many_series_and_few_give_the_same_step():
    series = np.random.default_rng(4).normal(0, 1, (600, 20))
    np.testing.assert_array_equal(step_error(series)[:5], step_error(series[:5]))


def test_the_best_step_is_the_best_of_all():
    series = np.random.default_rng(5).normal(0, 1, (4, 20))
    series[1, 3:9] = np.nan
    for row, found in zip(series, step_error(series), strict=True):
        tried = [
            np.nansum(np.abs(row[:k] - np.nanmedian(row[:k])))
            + np.nansum(np.abs(row[k:] - np.nanmedian(row[k:])))
            for k in range(3, 18)
        ]
        assert found == pytest.approx(min(tried) / np.sum(~np.isnan(row)))


def test_counts_are_taken_as_a_mean_over_days_where_half_were_measured():
    counts = np.array([[0.0, 0.0, 7.0, 0.0, np.nan, np.nan, np.nan, np.nan, np.nan]])
    found = trailing_mean(counts)
    np.testing.assert_allclose(found[0, [2, 3, 6]], [np.nan, 7 / 4, 7 / 4])
    assert np.isnan(found[0, 7:]).all()


def test_a_counter_grows_by_day_through_restarts_and_gaps():
    last = np.array([[10.0, 14.0, np.nan, 20.0, 3.0]])
    np.testing.assert_array_equal(increases(last), [[np.nan, 4.0, 3.0, 3.0, 3.0]])


def test_what_is_measured_every_few_days_is_held_until_the_next_and_not_for_ever():
    nan = np.nan
    weekly = np.full(40, nan)
    weekly[[0, 7, 14, 21]] = [1.0, 2.0, 3.0, 4.0]
    daily = np.arange(40.0)
    daily[10:20] = nan
    once = np.full(40, nan)
    once[5] = 1.0
    found = held(np.array([weekly, daily, once]))
    np.testing.assert_array_equal(found[0, :22], np.repeat([1.0, 2.0, 3.0, 4.0], 7)[:22])
    assert np.isfinite(found[0, 31]), "ten days are one and a half weeks"
    assert np.isnan(found[0, 32:]).all()
    np.testing.assert_array_equal(found[1:], [daily, once])
