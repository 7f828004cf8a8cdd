"""Which cells of the text strips are an on-screen clock."""

import numpy as np

from collectors.stream.pictures import clock


def strips():
    """Return how often each cell changed and held ink: a clock at the bottom right, its last digit thin."""
    flips, inks = np.full(clock.SHAPE, 0.2, np.float32), np.zeros(clock.SHAPE, np.float32)
    inks[15, 60:76], inks[15, 76] = 1.0, 0.7
    flips[15, 60:76], flips[15, 76] = 0.0, 1.0
    return flips, inks


def test_a_clock_is_found_by_its_last_digit_though_that_is_thin():
    found = clock.find(*strips(), looks=8)
    assert found[15, 60:77].all()
    assert not found[:9].any()


def test_traffic_before_light_signs_is_no_clock():
    flips, inks = strips()
    inks[0, 38:48], flips[0, 46] = 0.9, 0.9
    flips[0:2, 44:49] = np.maximum(
        flips[0:2, 44:49], 0.5
    )  # what passes there changes its surroundings as well
    found = clock.find(flips, inks, looks=8)
    assert not found[:9].any()
    assert found[15, 60:77].all()


def test_a_digit_changes_many_pixels_and_an_encoder_a_few():
    first = np.zeros((2 * clock.STRIP, 640), np.uint8)
    second = first.copy()
    second[120:128, 600:604] = 200  # half a cell
    second[120, 616] = 90
    changed = clock.changed(first, second)
    assert changed[15, 75] == 32
    assert changed[15, 77] == 1
    assert changed.sum() == 33
