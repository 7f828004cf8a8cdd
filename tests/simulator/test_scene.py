"""Rendered scenes: the same again, and like a camera's picture."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.rtsp import traffic
from simulator.rtsp.lens import Lens
from simulator.rtsp.places import PLACES
from simulator.rtsp.planes import colour, from_bgr, luma
from simulator.rtsp.scenes import SCENES, Scene
from simulator.rtsp.workshop import Workshop
from tests.simulator.rtsp_help import texture

SIZE = (320, 180)
EVERY = pytest.mark.parametrize("kind", SCENES)


@EVERY
@pytest.mark.parametrize("night", [False, True])
def test_the_same_camera_and_moment_give_the_same_picture(kind, night):
    one, other = (Scene(kind, 3, SIZE, night=night).picture(1e9) for _ in range(2))
    assert np.array_equal(one, other)


@EVERY
def test_two_cameras_in_like_places_see_different_things(kind):
    one, other = (luma(Scene(kind, seed, SIZE).picture(1e9)).astype(int) for seed in (3, 4))
    assert np.abs(one - other).mean() > 5


@EVERY
@pytest.mark.parametrize("night", [False, True])
def test_a_scene_has_light_contrast_and_detail(kind, night):
    light = luma(Scene(kind, 3, SIZE, night=night).picture(1e9))
    assert 30 < light.mean() < 200
    assert light.std() > 12
    assert texture(light) > 60


@EVERY
def test_infrared_has_no_colour_and_daylight_has(kind):
    assert np.all(colour(Scene(kind, 3, SIZE, night=True).picture(1e9)) == 128)
    assert np.ptp(colour(Scene(kind, 3, SIZE).picture(1e9))) > 10


@EVERY
def test_somebody_passes_within_a_minute(kind):
    seen = [len(list(traffic.movers(PLACES[kind].routes, 3, 1e9 + second))) for second in range(60)]
    assert max(seen) >= 1


def test_main_and_sub_show_the_same():
    large, small = (luma(Scene("street", 3, size).picture(1e9)) for size in ((640, 360), SIZE))
    shrunk = large.reshape(180, 2, 320, 2).mean(axis=(1, 3))
    assert np.abs(shrunk - small).mean() < 6


@settings(max_examples=60, deadline=None)
@given(at=st.floats(0, 4e9), seed=st.integers(0, 2**32 - 1), kind=st.sampled_from(SCENES))
def test_nobody_leaves_the_way(at, seed, kind):
    for mover in traffic.movers(PLACES[kind].routes, seed, at):
        xs = [x for route in PLACES[kind].routes for x in (route.start[0], route.end[0])]
        assert min(xs) - 3 <= mover.x <= max(xs) + 3
        assert mover.gone >= 0


def test_whoever_walks_away_gets_smaller():
    lens = Lens(height=4.0, pitch=15)
    tall = []
    for z in (5.0, 10.0, 20.0):
        feet, head = lens.point(0.0, 0.0, z), lens.point(0.0, 1.8, z)
        tall.append(feet[1] - head[1])
    assert tall[0] > tall[1] > tall[2] > 0


def test_what_is_behind_the_camera_is_not_seen():
    lens = Lens(height=4.0, pitch=15)
    assert lens.point(0.0, 0.0, -5.0) is None
    assert len(lens.outline([(-1, 0, -9), (1, 0, -9), (1, 0, -5)])) == 0
    assert len(lens.outline([(-1, 0, -9), (1, 0, -9), (1, 0, 9), (-1, 0, 9)])) >= 3


def test_planes_are_full_range():
    image = np.zeros((4, 8, 3), np.uint8)
    image[:, 4:] = 255
    planes = from_bgr(image)
    assert (luma(planes)[0, 0], luma(planes)[0, 7]) == (0, 255)
    assert np.all(colour(planes) == 128)


async def test_cancelled_work_that_has_begun_is_waited_for():
    """Its tools, an encoder or a file, are closed right after."""
    shop, done, begun = Workshop(), [], asyncio.Event()
    loop = asyncio.get_running_loop()

    def work():
        import time

        loop.call_soon_threadsafe(begun.set)
        time.sleep(0.2)
        done.append(True)

    task = asyncio.create_task(shop.run(work))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert done == [True]
    await shop.close()
