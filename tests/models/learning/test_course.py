"""The course of wear: what came in a jump, what was there before, what healed by itself."""

from dataclasses import replace

import numpy as np
import pytest

from models.learning.course import NAMES, course, healed
from models.learning.measures import Measure, Scale, Toward
from models.learning.signs import FEATURES
from models.learning.wear import Panel, wear

DAYS = 120
MEASURE = Measure("rise", Toward.RISING, Scale.OFFSET, 10.0, shared=False)


def named(values, day=DAYS - 1):
    """Return NAMES -> value of one series at a day; its end is 10 above hand-over."""
    (seen,) = wear(Panel.of(np.array([values], dtype=float)), MEASURE)
    recent = np.full((1, 112), np.nan)
    known = seen.apart[0, max(0, day - 111) : day + 1]
    recent[0, -len(known) :] = known
    found = course(seen, np.array([0]), np.array([day]), recent)
    return dict(zip(NAMES, (float(one[0]) for one in found), strict=True))


def test_of_a_jump_its_size_its_age_and_what_was_before_are_told():
    jumped = np.where(np.arange(DAYS) < DAYS - 9, 2.0, 6.0)
    jumped[:21] = 0.0
    found = named(jumped)
    assert found["greatest jump"] == pytest.approx(0.4)
    assert found["days since"] == 9
    assert found["level before it"] == pytest.approx(0.2)
    assert found["risen since"] == pytest.approx(0.0)


def test_steady_wear_has_no_jump_to_speak_of_and_was_less_before():
    found = named(np.clip(np.arange(DAYS) - 20, 0, None) / 10)
    assert found["greatest jump"] == pytest.approx(0.03, abs=1e-6)
    assert found["level 56 days before"] < found["level 14 days before"] < found["level 7 days before"]


def test_days_without_values_are_no_jump():
    values = np.full(DAYS, 5.0)
    values[:21] = 0.0
    values[-8:-2] = np.nan
    found = named(values)
    assert found["greatest jump"] == 0.0
    assert found["least of two weeks"] == pytest.approx(0.5)


def test_what_went_back_by_itself_is_remembered_until_a_new_life_begins():
    level = np.array([[0.0, 4.0, 1.0, 2.0, 2.0, np.nan, 1.5]])
    begins = np.array([[0, 0, 0, 0, 4, 4, 4]])
    np.testing.assert_allclose(healed(level, begins), [[0.0, 0.0, 3.0, 3.0, 0.0, 0.0, 0.5]])


def test_the_trees_know_all_of_it_and_a_site_that_moves_together_is_told():
    assert set(NAMES) <= set(FEATURES)
    rows = np.tile(np.linspace(20, 24, DAYS), (8, 1))
    (seen,) = wear(Panel.of(rows), replace(MEASURE, shared=True))
    day = np.array([DAYS - 1])
    found = dict(zip(NAMES, course(seen, np.array([0]), day, np.zeros((1, 112))), strict=True))
    assert found["siblings move"][0] == pytest.approx(28 * 4 / (DAYS - 1) / 10, rel=0.05)
    assert found["days lived"][0] == DAYS - 1
