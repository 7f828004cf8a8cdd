from dataclasses import replace

import numpy as np
import pytest

from models.learning.components import COMPONENTS
from models.learning.gate import Policy
from models.learning.measures import Measure, Scale, Toward
from models.learning.trend import outlooks, outlooks_on
from models.learning.wear import Panel, wear

DAYS = 200
MEASURE = Measure("light", Toward.FALLING, Scale.RATIO, 0.5, shared=False)
SHARED = replace(MEASURE, shared=True)


def panel(*rows, noise=0.02, seed=1, site=None):
    rng = np.random.default_rng(seed)
    values = np.array(rows) * np.exp(rng.normal(0, noise, (len(rows), DAYS)))
    return Panel.of(values, site)


def told(seen, days, **which):
    """Return the outlooks that the gate would let through; what has no slope is a state, told by rule."""
    found = outlooks_on(seen, np.array(days), **which)
    return [one for one in found if one.probability >= Policy().likely or one.window == 0]


def first(values, measure=MEASURE, **which):
    """Return row -> the first day with an outlook."""
    (seen,) = wear(values, measure)
    found = {}
    for one in told(seen, range(DAYS), **which):
        found.setdefault(one.row, (one.column, one))
    return found


def fading(from_day, to_half_in, base=0.4):
    progress = np.clip((np.arange(DAYS) - from_day) / to_half_in, 0, None)
    return base * 0.5**progress


def test_fading_light_is_seen_weeks_before_it_is_half_and_dated_well():
    found = first(panel(fading(60, 100)), within=60)
    day, one = found[0]
    assert 70 < day < 130
    assert abs(day + one.days_left - 160) < 20
    assert one.base == pytest.approx(0.4, rel=0.03)
    assert 0.15 <= one.depleted < 0.7


def test_steady_noisy_and_improving_light_is_left_alone():
    steady, better = np.full(DAYS, 0.4), fading(30, -150)
    assert not first(panel(steady, better, *[steady] * 30, noise=0.08))


@pytest.mark.parametrize("size", [0.95, 0.85, 0.78])
def test_a_single_step_is_no_trend(size):
    step = np.where(np.arange(DAYS) < 90, 0.4, 0.4 * size)
    assert not first(panel(*[step] * 20, noise=0.03))


def test_a_large_step_that_stays_for_two_weeks_is_told_without_a_slope():
    step = np.where(np.arange(DAYS) < 90, 0.4, 0.25)
    day, one = first(panel(step))[0]
    assert 100 <= day <= 110
    assert one.window == 0
    assert 0.5 < one.depleted < 0.8


def test_a_step_past_the_end_is_told_once_it_stays():
    step = np.where(np.arange(DAYS) < 90, 0.4, 0.15)
    day, one = first(panel(step))[0]
    assert 92 <= day <= 97
    assert (one.days_left, one.window) == (0.0, 0)


def test_a_dip_of_a_week_is_no_trend():
    dip = np.where((np.arange(DAYS) > 90) & (np.arange(DAYS) < 98), 0.28, 0.4)
    assert not first(panel(*[dip] * 10, noise=0.03))


def test_what_all_siblings_show_is_season_and_what_one_shows_is_wear():
    season = 0.4 * np.exp(-0.3 * np.sin(np.arange(DAYS) / 365 * 2 * np.pi))
    rows = [season] * 11 + [season * fading(60, 100, base=1.0)]
    assert set(first(panel(*rows), SHARED)) == {11}


def test_with_two_devices_nothing_is_taken_off():
    rows = [fading(60, 100), fading(60, 100)]
    assert set(first(panel(*rows), SHARED, within=60)) == {0, 1}


def test_a_season_that_comes_again_is_no_wear():
    """Worse than ever before is the least that wear must be."""
    years = 0.4 * np.exp(-0.25 * (1 - np.cos(np.arange(3 * 365) / 365 * 2 * np.pi)) / 2)
    rng = np.random.default_rng(5)
    values = years * np.exp(rng.normal(0, 0.02, (5, len(years))))
    (seen,) = wear(Panel.of(values), MEASURE)
    assert not told(seen, range(430, len(years)), within=90)


def test_gaps_change_little():
    whole = panel(fading(60, 100))
    rng = np.random.default_rng(6)
    holes = Panel.of(np.where(rng.random(whole.values.shape) < 0.3, np.nan, whole.values))
    assert abs(first(whole, within=60)[0][0] - first(holes, within=60)[0][0]) < 25


def test_nothing_measured_says_nothing():
    nothing = Panel.of(np.full((3, DAYS), np.nan))
    assert not first(nothing)


def test_a_forecast_reads_the_past_only():
    whole = panel(fading(60, 100), np.full(DAYS, 0.4), *[np.full(DAYS, 0.4)] * 6)
    cut = Panel.of(whole.values[:, :121])
    for measure in (MEASURE, SHARED):
        (a,), (b,) = wear(whole, measure), wear(cut, measure)
        assert outlooks(a, 120) == outlooks(b, 120)
        assert outlooks(a, 120)


def test_scale_does_not_matter():
    whole = panel(fading(60, 100))
    bigger = Panel.of(whole.values * 255)
    a, b = first(whole)[0], first(bigger)[0]
    assert a[0] == b[0]
    assert a[1].days_left == pytest.approx(b[1].days_left)


def test_a_repaired_component_begins_anew_and_may_fail_again():
    once = np.concatenate([fading(30, 40)[:80], np.full(30, 0.4), fading(40, 60)[30:120]])
    (seen,) = wear(panel(once), MEASURE)
    days = [one.column for one in told(seen, range(DAYS), within=45)]
    assert [day for day in days if day < 85]
    assert not [day for day in days if 92 < day < 120]
    assert [day for day in days if 130 < day < 180]


def test_an_unknown_metric_is_judged_both_ways_by_its_own_noise():
    unknown = Measure("x", Toward.EITHER, Scale.AUTO, 0.0, shared=False)
    rng = np.random.default_rng(7)
    ramp = np.clip(np.arange(DAYS) - 60, 0, None) * 0.3
    values = np.stack([ramp, -ramp, 0 * ramp]) + rng.normal(0, 1.0, (3, DAYS))
    found = set()
    for seen in wear(Panel.of(values), unknown):
        found |= {(one.row, seen.measure.toward) for one in told(seen, range(DAYS), within=60)}
    assert found == {(0, Toward.RISING), (1, Toward.FALLING)}


def test_clock_drift_is_dated_by_its_five_seconds():
    clock = COMPONENTS["clock"].measures[0]
    drift = -0.05 * np.clip(np.arange(DAYS) - 40, 0, None)  # behind: the sign does not matter
    (seen,) = wear(Panel.of(drift[None] + np.random.default_rng(8).normal(0, 0.02, (1, DAYS))), clock)
    (one,) = outlooks(seen, 100)
    assert one.days_left == pytest.approx((5 - 3) / 0.05, rel=0.1)


@pytest.mark.parametrize("every", [1, 3, 7])
def test_wear_that_is_measured_every_few_days_is_seen_too(every):
    days = np.arange(200)
    values = 100 * np.exp(
        -np.clip(days - 60, 0, None) / 150 + np.random.default_rng(4).normal(0, 0.01, (1, 200))
    )
    values[:, days % every > 0] = np.nan
    (seen,) = wear(Panel.of(values), Measure("m", Toward.FALLING, Scale.RATIO, 0.5))
    (found,) = outlooks(seen, 140)
    assert found.probability > 0.9
    assert found.days_left == pytest.approx(24, abs=12)
