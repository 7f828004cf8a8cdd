"""A camera's reference and what a look against it measures, on rendered scenes spoilt in known ways."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.stream.frames import shrink
from collectors.stream.pictures import Book, Frame, folded, look_at, read_book
from models.diagnosis import Surroundings, diagnose
from simulator.rtsp import grain, osd
from simulator.rtsp.damage import DAMAGES, Ailment, Stage, spoil, text_time
from simulator.rtsp.planes import colour, luma
from simulator.rtsp.scenes import Scene

AT = 1_700_000_000.0
DAY = Surroundings(sun=40.0)


@lru_cache(maxsize=64)
def drawn(scene, at):
    return scene.picture(at)


def shot(scene, at, ailments):
    picture = drawn(scene, at).copy()
    spoil(picture, Stage.LENS, ailments, at=at, seed=3, night=scene.night)
    grain.sprinkle(picture, scene.noise, seed=3, at=at)
    spoil(picture, Stage.SIGNAL, ailments, at=at, seed=3, night=scene.night)
    if (clock := text_time(ailments, at)) is not None:
        osd.stamp(picture, clock, "CAM 01")
    spoil(picture, Stage.OUTPUT, ailments, at=at, seed=3, night=scene.night)
    return Frame(shrink(luma(picture)), *colour(picture), luma(picture), at)


def window(scene, at, ailments=None):
    return [shot(scene, at + 2 * number, ailments or {}) for number in range(3)]


def commissioned(scene, looks=9):
    book = Book()
    for number in range(looks):
        book = folded(book, look_at(window(scene, AT + 40 * number), book))
    return book


YARD = Scene("yard", 5, (640, 360))
BOOK = commissioned(YARD)


def says(name="", strength=0.0, *, at=AT + 900, around=DAY, book=BOOK):
    ailments = {name: Ailment(strength, at - 100)} if name else {}
    return diagnose(look_at(window(YARD, at, ailments), book).values, around).label


def test_in_one_frame_what_passes_is_no_dirt():
    looks = [look_at([shot(YARD, AT + 900 + 7 * number, {})], BOOK).values for number in range(12)]
    assert {diagnose(look, DAY).label for look in looks} == {""}
    assert not any("film" in look for look in looks), "what lies on the lens stays while things move"


def test_dirt_is_not_told_by_a_reference_of_few_looks():
    """Somebody who stood there in one of them has left a trace: its place is lighter or darker for good."""
    young = commissioned(YARD, looks=7)
    assert says("dirt", DAMAGES["dirt"].strengths[2], book=young) == ""
    assert says("covered", DAMAGES["covered"].strengths[2], book=young) == "IMG_COVER"


def test_a_usual_picture_has_no_label_whenever_one_looks():
    assert {says(at=AT + 300 * number) for number in range(1, 6)} == {""}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("no_video", "IMG_NO_VIDEO"), ("black", "IMG_BLACK"), ("blurred", "IMG_BLUR"), ("covered", "IMG_COVER"),
        ("moved", "IMG_MOVED"), ("shake", "IMG_SHAKE"), ("colour_cast", "IMG_CAST"), ("icr_stuck", "IMG_ICR"),
        ("noise", "IMG_NOISE"), ("stripes", "IMG_STRIPES"), ("mosaic", "IMG_MOSAIC"), ("mirrored", "IMG_MIRROR"),
        ("interlace", "IMG_INTERLACE"), ("underexposed", "IMG_DARK"), ("overexposed", "IMG_BRIGHT"),
        ("fog", "IMG_FOG"), ("dirt", "IMG_DIRT"), ("osd_missing", "OSD_MISSING"), ("osd_still", "OSD_STILL"),
    ],
)  # fmt: skip
def test_what_is_clearly_wrong_has_its_own_label(name, label):
    assert says(name, DAMAGES[name].strengths[2]) == label


@pytest.mark.parametrize(
    ("name", "strength"), [("gain_up", 1.0), ("gain_down", 1.0), ("rain", 0.7), ("headlights", 1.0)]
)
def test_light_and_weather_are_no_fault(name, strength):
    assert says(name, strength) == ""


def test_dusk_is_no_fault_while_the_sun_sets_and_one_at_noon():
    at = AT + 900
    dusk = look_at(window(YARD, at, {"underexposed": Ailment(0.7, at)}), BOOK).values
    assert diagnose(dusk, Surroundings(sun=0.0)).label == ""
    assert diagnose(dusk, Surroundings()).label == "", "nobody knows where the sun stands"
    assert diagnose(dusk, Surroundings(sun=40.0)).label == "IMG_DARK"


def test_a_picture_that_is_the_same_again_is_frozen():
    frozen = [shot(YARD, AT + 900, {})] * 3
    stamped = [frame._replace(at=AT + 900 + 2 * number) for number, frame in enumerate(frozen)]
    assert diagnose(look_at(stamped, BOOK).values, DAY).label == "IMG_FREEZE"


def test_a_clock_that_stands_shows_though_the_first_key_frame_is_spoilt():
    """A session under a low constant bitrate begins with a frame in which all text looks otherwise."""
    strength = DAMAGES["osd_still"].strengths[2]
    at = AT + 900
    frames = window(YARD, at, {"osd_still": Ailment(strength, at - 100)})
    noise = np.random.default_rng(1).integers(0, 120, frames[0].luma.shape).astype(np.uint8)
    spoilt = np.where(noise > 60, 255 - frames[0].luma, frames[0].luma).astype(np.uint8)
    frames[0] = frames[0]._replace(luma=spoilt)
    assert look_at(frames, BOOK).values["text_runs"] == 0
    assert look_at([frames[0], *window(YARD, at)[1:]], BOOK).values["text_runs"] == 1


def test_while_a_camera_moves_by_itself_nothing_is_said_of_where_it_looks():
    around = Surroundings(sun=40.0, ptz_moving=True)
    assert says("moved", 1.2, around=around) == ""


def test_without_a_reference_only_little_can_be_told():
    found = diagnose(look_at(window(YARD, AT)).values)
    assert found.label == ""
    assert found.blind["IMG_MOVED"] == "unknown.learning"
    assert diagnose(look_at(window(YARD, AT, {"black": Ailment(1.0)})).values).label == "IMG_BLACK"


def test_a_wall_without_anything_on_it_is_said_to_be_one():
    rng = np.random.default_rng(1)

    def wall(at):
        noise = rng.normal(120, 2, (360, 640))
        return Frame(np.clip(noise, 0, 255).astype(np.uint8), at=at)

    book = Book()
    for _ in range(6):
        book = folded(book, look_at([wall(2.0 * k) for k in range(3)], book))
    found = diagnose(look_at([wall(2.0 * k) for k in range(3)], book).values)
    assert (found.label, found.blind["IMG_MOVED"]) == ("", "unknown.low_texture")


def test_a_book_survives_its_way_through_bytes():
    again = read_book(BOOK.pack())
    assert len(BOOK.pack()) <= 64 * 1024, "of one mode"
    assert says(book=again) == ""
    assert says("covered", 1.0, book=again) == "IMG_COVER"
    assert again.modes["day"].looks == BOOK.modes["day"].looks


@given(st.binary(max_size=200), st.integers(0, 5000))
def test_rubbish_is_no_book(rubbish, cut):
    with pytest.raises(ValueError, match="book"):
        read_book(b"x" + rubbish)
    with pytest.raises(ValueError, match="book"):
        read_book(BOOK.pack()[: cut + 1])


def test_a_look_that_was_not_quiet_teaches_nothing():
    seen = look_at(window(YARD, AT + 900, {"covered": Ailment(1.4)}), BOOK)
    after = folded(BOOK, seen, quiet=False)
    assert after.modes is BOOK.modes
    assert after.last is seen.look.light
