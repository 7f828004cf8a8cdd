"""Metrics of a folder that belong together."""

import numpy as np

from bench.years.related import telling
from bench.years.strip import Strip


def strip(component, metric, values, devices=("a", "b")):
    return Strip(component, metric, devices, np.zeros(len(devices), int), np.asarray(values, dtype=float))


def test_heat_is_seen_above_the_rooms_and_the_room_wears_nothing():
    heat = strip("fan", "device_temperature", [[40.0, 45.0], [41.0, np.nan]])
    room = strip("fan", "ambient_temperature", [[20.0, 25.0]], devices=("a",))
    (found,) = telling([heat, room])
    np.testing.assert_array_equal(found.values, [[20.0, 20.0], [41.0, np.nan]])


def test_runtime_is_seen_at_the_load_it_was_told_at():
    minutes = strip("ups", "upsEstimatedMinutesRemaining", [[30.0, 60.0], [10.0, 10.0]])
    load = strip("ups", "output_percent_load", [[40.0, 20.0], [50.0, 50.0]])
    (found,) = telling([minutes, load, strip("ups", "battery_temperature", [[20, 30], [20, 30]])])
    np.testing.assert_array_equal(found.values, [[1200.0, 1200.0], [500.0, 500.0]])


def test_what_nobody_knows_the_end_of_says_nothing_beside_what_is_known():
    known, other = strip("lens", "sharpness", np.ones((2, 3))), strip("lens", "haze_index", np.ones((2, 3)))
    assert telling([other, known]) == [known]
    assert telling([other]) == [other]
