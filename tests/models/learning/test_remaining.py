"""Remaining life: forecasts of units not seen, an interval that holds, and a new way to wear that is noticed."""

import numpy as np
import pytest

from models.learning import remaining
from models.learning.remaining import CAP, Lives, RemainingLife

WEAR = np.array([1.0, -0.7, 0.5, 0.0, 0.9, -0.4])
OTHER = np.array([-0.9, -0.7, 0.1, 1.2, -0.8, 0.6])  # another direction altogether


def lives(units=20, seed=0, wear=WEAR, until=1.0):
    """Units whose sensors leave their own level as the end comes near; the last sensor never moves."""
    rng = np.random.default_rng(seed)
    unit, cycle, sensors = [], [], []
    for number in range(units):
        length = int(rng.integers(130, 260))
        at = np.arange(1, int(length * until) + 1)
        worn = 4 * np.exp(-(length - at) / 40.0)
        values = (
            rng.normal(0, 0.5, len(WEAR)) + worn[:, None] * wear + rng.normal(0, 0.3, (len(at), len(WEAR)))
        )
        unit.append(np.full(len(at), number))
        cycle.append(at.astype(float))
        sensors.append(np.column_stack([values, np.full(len(at), 3.0)]))
    return Lives(np.concatenate(unit), np.concatenate(cycle), np.concatenate(sensors))


@pytest.fixture(scope="module")
def model():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(remaining, "VOICES", 2)  # what a third adds is accuracy, and half as much time again
        return RemainingLife.fit(lives())


def test_units_that_were_not_learnt_from_are_forecast_with_an_interval_that_holds(model):
    new = lives(20, seed=9)
    found, truth = model.forecast(new), np.minimum(new.remaining(), CAP)
    assert np.sqrt(np.mean((found.left - truth) ** 2)) < 15
    assert 0.7 < ((truth >= found.low) & (truth <= found.high)).mean() < 0.95
    assert (found.low <= found.high).all()
    assert found.low.min() >= 0
    assert found.high.max() <= CAP


def test_a_new_way_to_wear_is_outside_and_the_known_one_is_not(model):
    known, strange = lives(20, seed=5), lives(20, seed=6, wear=OTHER)
    usual, other = model.forecast(known).outside, model.forecast(strange).outside
    assert np.mean([usual[rows][-1] for rows in known.each()]) <= 0.25
    assert np.mean([other[rows][-1] for rows in strange.each()]) >= 0.9


def test_only_what_lies_before_a_cycle_is_looked_at(model):
    whole = lives(4, seed=3)
    half = lives(4, seed=3).of(whole.cycle <= 80)
    a, b = model.forecast(whole), model.forecast(half)
    assert np.allclose(a.left[whole.cycle <= 80], b.left)
    assert np.array_equal(a.outside[whole.cycle <= 80], b.outside)


def test_one_cycle_of_a_unit_is_enough_to_say_something(model):
    found = model.forecast(lives(3, seed=2).of(lives(3, seed=2).cycle <= 1))
    assert len(found.left) == 3
    assert np.isfinite(found.left).all()


def test_three_lives_are_too_few():
    with pytest.raises(ValueError, match="3 whole lives"):
        RemainingLife.fit(lives(3))
