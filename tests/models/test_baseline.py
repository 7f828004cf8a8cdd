import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.baseline import SERIES_LIMIT, Baselines, reference

numbers = st.floats(-1e6, 1e6)


def learnt(*values: float, samples: int = 3) -> Baselines:
    baselines = Baselines(samples)
    for value in values:
        baselines.learn("m", "main", value)
    return baselines


def test_there_is_no_reference_before_enough_quiet_checks():
    assert learnt(1, 2).get("m", "main") is None
    assert learnt(1, 2).progress("m", "main") == pytest.approx(2 / 3)


def test_the_reference_is_the_median_of_the_first_checks():
    assert learnt(1, 9, 2).get("m", "main").median == 2


@given(st.lists(numbers, max_size=50))
def test_a_reference_never_moves_once_it_stands(later):
    assert learnt(1, 2, 3, *later).get("m", "main") == learnt(1, 2, 3).get("m", "main")


@given(st.lists(numbers, min_size=3, max_size=3), numbers)
def test_one_outlier_in_five_leaves_the_reference_among_the_others(others, outlier):
    middle = reference([others[0], *others, outlier]).median
    assert min(others) <= middle <= max(others)


def test_a_value_that_is_no_number_is_not_learnt():
    assert learnt(float("nan"), float("inf"), 1).progress("m", "main") == pytest.approx(1 / 3)


def test_a_repaired_camera_starts_anew():
    baselines = learnt(1, 2, 3)
    baselines.reset("main")
    assert baselines.get("m", "main") is None


def test_a_device_that_invents_parts_does_not_fill_the_memory():
    baselines = Baselines(1)
    for part in range(10_000):
        baselines.learn("m", str(part), 1.0)
    assert len(baselines.dump()["known"]) == SERIES_LIMIT


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["main", "sub"]), numbers), max_size=40))
def test_stored_references_are_read_again_exactly(values):
    one, again = Baselines(3), Baselines(3)
    for metric, part, value in values:
        one.learn(metric, part, value)
    again.load(json.loads(json.dumps(one.dump())))
    assert again == one
