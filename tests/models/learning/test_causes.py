"""Causes from confirmed cases: right on new devices, silent with few labels and on strange rows."""

import numpy as np

from models.learning.causes import CauseModel

MIDDLE = {"CABLE": (3.0, 0.0), "POWER": (0.0, 3.0), "LENS": (-3.0, -3.0)}


def cases(number=90, seed=0, only=None):
    rng = np.random.default_rng(seed)
    cause = [only or list(MIDDLE)[i % 3] for i in range(number)]
    rows = np.array([MIDDLE[one] for one in cause]) + rng.normal(0, 1, (number, 2))
    return rows, cause, np.arange(number) // 2, rng.integers(0, 200, number)


def test_new_devices_get_the_right_cause_with_a_probability_that_adds_up():
    model = CauseModel.fit(*cases())
    rows, cause, *_ = cases(60, seed=5)
    inside = ~model.is_outside(rows)
    said = model.probability(rows)[inside]
    right = np.array([model.causes[i] for i in said.argmax(axis=1)]) == np.array(cause)[inside]
    assert right.mean() > 0.85
    assert (said.sum(axis=1) <= 1 + 1e-9).all()


def test_a_cause_confirmed_on_few_devices_is_not_spoken_of():
    rows, cause, device, day = cases()
    cause[0] = "LIGHTNING"
    assert "LIGHTNING" not in CauseModel.fit(rows, cause, device, day).causes
    few = cases(6)
    assert CauseModel.fit(*few).probability(few[0]).shape == (6, 0)


def test_a_row_unlike_all_others_or_without_a_measure_has_no_opinion():
    model = CauseModel.fit(*cases())
    said = model.probability(np.array([[90.0, 0.0], [np.nan, np.nan], [3.0, np.nan]]))
    assert np.isnan(said[:2]).all()
    assert np.isfinite(said[2]).all()
