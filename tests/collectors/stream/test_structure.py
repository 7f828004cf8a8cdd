"""What stands where, on made-up pictures: steps aside, mirrors, light that swings."""

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from collectors.stream.pictures import structure
from collectors.stream.pictures.alone import between
from collectors.stream.pictures.kit import GRID, THUMB, Frame, floats

ALL = np.ones(GRID[::-1], np.bool_)
BLOCKS = GRID[::-1]
ONES = np.ones(BLOCKS, np.float32)


def textured(seed=1, smooth=3.0):
    rough = np.random.default_rng(seed).normal(0, 1, THUMB[::-1]).astype(np.float32)
    return floats(120 + 200 * cv2.GaussianBlur(rough, (0, 0), smooth))


def moved(picture, x, y):
    return floats(
        cv2.warpAffine(picture, np.float32([[1, 0, x], [0, 1, y]]), THUMB, borderMode=cv2.BORDER_REFLECT)
    )


def test_a_step_aside_is_found_where_something_always_stands():
    scene = textured()
    (step,) = structure.steps(scene, [moved(scene, 3, -2)], ALL)
    assert (step.x * THUMB[0], step.y * THUMB[0]) == pytest.approx((3, -2), abs=0.4)
    assert step.like > 0.9
    assert step.gained > 0.1


def test_what_passes_beside_it_is_no_step():
    scene, other = textured(), textured(2)
    anchors = ALL.copy()
    anchors[:, 16:] = False
    pages = [scene.copy() for _ in range(3)]
    for number, page in enumerate(pages):
        page[:, 96:] = moved(other, 4 * number, 0)[:, 96:]
    found = structure.steps(scene, pages, anchors)
    assert max(abs(step.x) + abs(step.y) for step in found) < 0.002


def test_along_a_straight_edge_no_step_is_told():
    scene = np.full(THUMB[::-1], 60, np.float32)
    scene[50:] = 180
    (step,) = structure.steps(scene, [moved(scene, 3, 2)], ALL)
    assert abs(step.x) < 0.002
    assert step.y * THUMB[0] == pytest.approx(2, abs=0.4)


def test_a_mirror_is_told_by_what_would_look_otherwise_in_it():
    even = textured()
    even = floats((even + even[:, ::-1]) / 2)  # its own mirror image …
    scene = even.copy()
    scene[20:50, 10:60] = textured(2)[20:50, 10:60]  # … but for this
    found = structure.turned(scene, floats(scene[:, ::-1]), ALL, ONES)
    assert found["match_flipped"] > 0.9
    assert found["match_unflipped"] < 0.4
    straight = structure.turned(scene, scene, ALL, ONES)
    assert straight["match_flipped"] < straight["match_unflipped"]


def test_what_is_the_same_in_each_mirror_tells_nothing():
    quarter = textured()[:54, :96]
    half = np.concatenate([quarter, quarter[:, ::-1]], axis=1)
    assert structure.turned(floats(np.concatenate([half, half[::-1]])), textured(2), ALL, ONES).keys() == {
        "match_turned"
    }


def swing(lights):
    pages = [SimpleNamespace(light=floats(light)) for light in lights]
    frames = [Frame(np.zeros((360, 640), np.uint8), None, None, None, float(n)) for n in range(len(pages))]
    look = SimpleNamespace(coarse=np.zeros(BLOCKS, np.float32), alike=np.ones(BLOCKS, np.float32))
    return between(pages, frames, None, look)["flicker"]


def test_all_of_a_picture_flickers_and_a_bar_that_rolls_through_does_not():
    rows = np.arange(BLOCKS[0])[:, None] / BLOCKS[0]
    flat = np.full(BLOCKS, 100.0)
    assert swing([flat, 1.3 * flat, 0.8 * flat, 1.2 * flat]) > 0.3
    bars = [
        flat * (1 - 0.5 * np.clip(np.sin(2 * np.pi * (1.5 * rows + at)), 0, 1)) for at in (0, 0.3, 0.7, 0.9)
    ]
    assert swing(bars) < 0.05


def test_light_flickers_beside_a_wall_that_is_burnt_out():
    room = np.full(BLOCKS, 255.0)
    dark = np.zeros(BLOCKS, np.bool_)
    dark[:, :10] = True
    assert swing([np.where(dark, 100 * gain, room) for gain in (1, 1.3, 0.8, 1.2)]) > 0.3
