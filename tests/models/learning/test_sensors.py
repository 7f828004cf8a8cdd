"""Several numbers together: what is usual, what is not, and a fit that bad rows do not bend."""

import numpy as np
import pytest

from models.learning.ellipse import Ellipse, chi_square
from models.learning.sensors import Sensors, moving_mean


def bench_rows(rows=1000, seed=0):
    """Two sensors that move together, and one that does not move at all."""
    rng = np.random.default_rng(seed)
    one = rng.normal(0, 1, rows)
    return np.stack([one, 2 * one + rng.normal(0, 0.2, rows), np.full(rows, 5.0)], axis=1)


def test_sensors_that_part_ways_are_anomalous_though_each_is_in_its_range():
    rows = bench_rows()
    rows[700:, 1] -= 2.0
    found = Sensors.learn(rows[:400]).is_anomalous(rows)
    assert found[720:].mean() > 0.95
    assert not found[:700].any()


def test_unit_and_offset_of_a_sensor_do_not_matter():
    rows = bench_rows()
    rows[700:, 1] -= 2.0
    other = rows * np.array([1e6, 1e-3, 1.0]) + np.array([1e5, 273.15, 0.0])
    plain, moved = Sensors.learn(rows[:400]).score(rows), Sensors.learn(other[:400]).score(other)
    assert np.allclose(plain, moved, rtol=1e-3, atol=1e-3)


def test_a_sensor_that_was_silent_is_unknown_and_not_anomalous():
    rows = bench_rows()
    rows[500:510, 0] = np.nan
    sensors = Sensors.learn(rows[:400])
    assert np.isnan(sensors.score(rows)[500:510]).all()
    assert not sensors.is_anomalous(rows)[500:510].any()


def test_too_short_a_commissioning_is_refused():
    with pytest.raises(ValueError, match="40 at least"):
        Sensors.learn(bench_rows(30))


def test_the_moving_mean_is_the_mean_of_the_last_twenty():
    rows = bench_rows(100)
    assert moving_mean(rows)[60] == pytest.approx(rows[41:61].mean(axis=0))
    assert moving_mean(rows)[4] == pytest.approx(rows[:5].mean(axis=0))


def test_a_third_of_bad_rows_does_not_bend_the_robust_fit():
    rng = np.random.default_rng(1)
    rows = rng.normal(0, 1, (300, 4))
    rows[:100] += 40
    distance = Ellipse.of_most(rows).distance(rows)
    assert distance[:100].min() > 10
    assert np.quantile(distance[100:] ** 2, 0.9) < chi_square(0.999, 4)


@pytest.mark.parametrize(
    ("share", "degrees", "exact"), [(0.5, 1, 0.455), (0.99, 3, 11.345), (0.999, 10, 29.588)]
)
def test_chi_square_agrees_with_the_tables(share, degrees, exact):
    assert chi_square(share, degrees) == pytest.approx(exact, rel=0.06)


def test_features_that_never_vary_and_wild_values_give_numbers():
    rows = np.zeros((20, 3))
    rows[3, 1] = 1e200
    assert np.isfinite(Ellipse.of_most(rows).distance(np.zeros((1, 3)))).all()
