import numpy as np
import pytest

from models.learning.conformal import DEFAULT, band, own_errors
from models.learning.fade import slack, time_left

TIMES = np.arange(100.0)


def test_a_straight_fade_is_dated_exactly():
    assert time_left(TIMES, 2.0 - 0.005 * TIMES, 1.4) == pytest.approx(120 - 99)


def test_what_does_not_fade_has_no_end():
    assert time_left(TIMES, np.full(100, 2.0), 1.4) == np.inf


def test_slack_is_the_noise_in_units_of_time():
    noise = np.random.default_rng(1).normal(0, 0.01, 100)
    assert slack(TIMES, 2.0 - 0.005 * TIMES) == pytest.approx(0, abs=1e-6)
    assert slack(TIMES, 2.0 - 0.005 * TIMES + noise) == pytest.approx(1.28 * 2, rel=0.3)


def test_without_anything_to_check_the_band_is_the_shipped_one():
    assert (band([]).low, band([]).high) == DEFAULT
    assert band([np.array([np.nan])]).units == 0


@pytest.mark.parametrize("units", [4, 8, 40])
def test_the_band_holds_four_of_five_new_units(units):
    """Errors within a unit are alike; the band must hold over units, whatever each gave."""
    rng = np.random.default_rng(units)
    held = []
    for _ in range(300):
        centres = rng.normal(0.1, 0.5, units + 1)
        made = [rng.normal(c, 0.05, rng.integers(1, 30)) for c in centres]
        found = band(made[:-1])
        held.append(np.log(found.low) <= centres[-1] <= np.log(found.high))
    assert 0.74 <= np.mean(held) <= 0.93


def test_own_errors_are_of_the_past_only_and_right_where_the_forecast_is():
    found = own_errors(TIMES, 2.0 - 0.005 * TIMES, time_left)
    assert found.size > 5
    np.testing.assert_allclose(found, 0, atol=1e-6)
