"""The damages themselves: each changes the picture, more so when stronger, the same when asked again."""

import numpy as np
import pytest

from simulator.rtsp.damage import CLEAN, DAMAGES, Ailment, Damage, Stage, scene_time, spoil, text_time
from simulator.rtsp.planes import colour, luma
from simulator.rtsp.scenes import Scene

SCENE = Scene("yard", 3, (320, 180))
NIGHT = Scene("yard", 3, (320, 180), night=True)
AT = 1_700_000_000.4
TABLE = {**DAMAGES, **CLEAN}
WITHOUT_PIXELS = {"osd_missing", "osd_still", "frozen"}  # they are about time: tested below
EQUAL = {"no_video", "mirrored", "flipped", "rolling"}  # other kinds rather than more of it


def spoilt(name, strength, *, at=AT, seed=5):
    scene = NIGHT if name == "ir_failed" else SCENE
    picture = scene.picture(AT)
    for stage in Stage:
        spoil(picture, stage, {name: Ailment(strength, AT - 3600)}, at=at, seed=seed, night=scene.night)
    return picture


def distance(picture, name):
    before = (NIGHT if name == "ir_failed" else SCENE).picture(AT)
    return float(np.abs(picture.astype(int) - before.astype(int)).mean())


@pytest.mark.parametrize("name", sorted(set(TABLE) - WITHOUT_PIXELS))
def test_a_damage_shows_and_grows_with_its_strength(name):
    changes = [distance(spoilt(name, strength), name) for strength in TABLE[name].strengths]
    assert changes[0] > 0.05
    if name not in EQUAL:
        assert changes[0] < changes[2]


@pytest.mark.parametrize("name", sorted(TABLE))
def test_the_same_camera_moment_and_strength_give_the_same_picture(name):
    strength = TABLE[name].strengths[1]
    assert np.array_equal(spoilt(name, strength), spoilt(name, strength))


@pytest.mark.parametrize("name", ["noise", "snow", "shake", "flicker", "rolling", "mosaic", "rain"])
def test_what_moves_differs_from_moment_to_moment(name):
    strength = TABLE[name].strengths[2]
    assert not np.array_equal(spoilt(name, strength), spoilt(name, strength, at=AT + 1.37))


@pytest.mark.parametrize("name", ["blurred", "covered", "moved", "drops", "web", "dirt", "light_spot"])
def test_what_stays_is_the_same_at_every_moment(name):
    strength = TABLE[name].strengths[2]
    assert np.array_equal(spoilt(name, strength), spoilt(name, strength, at=AT + 1.37))


def test_strengths_of_nothing_do_nothing():
    picture = SCENE.picture(AT)
    for stage in Stage:
        spoil(picture, stage, {name: Ailment(0.0) for name in TABLE}, at=AT, seed=1)
    assert np.array_equal(picture, SCENE.picture(AT))


def test_strengths_are_ordered_low_to_high():
    for damage in TABLE.values():
        assert isinstance(damage, Damage)
        assert 0 < damage.strengths[0] <= damage.strengths[1] <= damage.strengths[2]


def test_a_frozen_picture_keeps_its_moment_and_its_clock_runs_on_unless_that_is_frozen_too():
    assert scene_time({}, AT) == AT
    frozen = {"frozen": Ailment(1.0, AT - 60)}
    assert (scene_time(frozen, AT), text_time(frozen, AT)) == (AT - 60, AT)
    assert text_time({"frozen": Ailment(1.4, AT - 60)}, AT) == AT - 60


def test_the_text_may_be_missing_or_stand_still():
    assert text_time({}, AT) == AT
    assert text_time({"osd_missing": Ailment(1.0, AT - 60)}, AT) is None
    assert text_time({"osd_still": Ailment(1.0, AT - 60)}, AT) == AT - 60


def test_grey_pictures_of_the_night_stay_grey_under_cover_dirt_and_web():
    for name in ("covered", "dirt", "web", "drops", "fog"):
        picture = NIGHT.picture(AT)
        spoil(picture, Stage.LENS, {name: Ailment(1.0)}, at=AT, seed=4, night=True)
        assert np.abs(colour(picture).astype(int) - 128).max() <= 2, name


def test_a_failed_lamp_shows_by_night_alone():
    day = SCENE.picture(AT)
    spoil(day, Stage.LENS, {"ir_failed": Ailment(1.0)}, at=AT, seed=4)
    assert np.array_equal(day, SCENE.picture(AT))
    assert luma(spoilt("ir_failed", 1.0)).mean() < 0.5 * luma(NIGHT.picture(AT)).mean()
