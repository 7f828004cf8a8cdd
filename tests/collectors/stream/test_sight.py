"""What a look's pictures come to: labels, what was learnt, what differs, and what private zones hide."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from test_window import AT, YARD, shot, window

from collectors.stream.envelope import Envelope, read_envelope
from collectors.stream.pictures.mark import LIGHT_BYTES, read_mark
from collectors.stream.pictures.reference import read_book
from collectors.stream.sight import Shot, glance_at, see, see_gop
from models.metrics import (
    PICTURE_FAULT,
    PICTURE_REFERENCE,
    PICTURE_SURE,
    PICTURE_TEXTURE,
    PICTURE_TURNING,
    PICTURE_UNFIT,
)
from models.picture_look import UNFIT
from simulator.rtsp.damage import DAMAGES, Ailment

LOOKS = 6


def shots(frames):
    return [Shot(frame.luma, frame.blue, frame.red, frame.at, frame.full) for frame in frames]


def told(reference, **head):
    """A reference as the agent hands it over."""
    known = read_envelope(reference)
    return Envelope({"sun": 40.0, "learn": True, **head}, known.last, known.book).pack()


@cache
def commissioned() -> bytes:
    reference = b""
    for number in range(LOOKS):
        reference = see(shots(window(YARD, AT + 40 * number)), told(reference)).learnt
    return reference


def sure(sight, code):
    return sight.values.get(PICTURE_SURE[code].name, 0.0)


def test_a_usual_picture_is_as_usual_and_learnt_from():
    sight = see(shots(window(YARD, AT + 900)), told(commissioned()))
    assert sight.values[PICTURE_FAULT.name] < 0.5
    assert sight.values[PICTURE_REFERENCE.name] == LOOKS
    assert sight.box is None
    learnt = read_envelope(sight.learnt)
    assert learnt.head["learnt"] is True
    assert read_book(learnt.book).modes["day"].looks == LOOKS + 1


def test_a_cover_is_told_marked_and_not_learnt():
    covered = window(YARD, AT + 900, {"covered": Ailment(1.4)})
    sight = see(shots(covered), told(commissioned()))
    assert sure(sight, "IMG_COVER") > 0.5
    assert sight.values[PICTURE_FAULT.name] == pytest.approx(sure(sight, "IMG_COVER"), abs=0.001)
    assert sight.box is not None
    assert sight.before is not None
    assert sight.before.shape == (108, 192)
    learnt = read_envelope(sight.learnt)
    assert "learnt" not in learnt.head
    assert learnt.book == read_envelope(commissioned()).book


@pytest.mark.parametrize("head", [{"learn": False}, {"learn": None}])
def test_nothing_is_learnt_unless_it_may_be(head):
    sight = see(shots(window(YARD, AT + 900)), told(commissioned(), **head))
    assert "learnt" not in read_envelope(sight.learnt).head


@pytest.mark.parametrize("rubbish", [b"", b"x", b"SWP2" + bytes(9), b"SWP2" + b"\xff" * 200])
def test_a_reference_that_cannot_be_read_is_begun_anew(rubbish):
    assert see(shots(window(YARD, AT + 900)), rubbish).values[PICTURE_REFERENCE.name] == 0


def test_no_picture_says_nothing():
    assert see([], commissioned()).values == {}
    assert see_gop([], commissioned()).values == {}


def test_what_is_private_is_never_kept_or_judged():
    zone = ((0.0, 0.0, 0.5, 1.0),)
    reference = b""
    for number in range(LOOKS):
        reference = see(shots(window(YARD, AT + 40 * number)), told(reference), zone).learnt
    thumb = read_book(read_envelope(reference).book).modes["day"].thumb
    assert thumb[:, :90].max() < 8, "black, but for what coding leaves"
    assert thumb[:, 100:].max() > 60


def test_a_camera_that_turns_has_a_reference_for_each_way_it_looks():
    away = {"moved": Ailment(1.5)}
    reference = b""
    for number in range(2 * LOOKS):
        looks = window(YARD, AT + 40 * number, away if number % 2 else {})
        reference = see(shots(looks), told(reference, turns=True)).learnt
    assert set(read_book(read_envelope(reference).book).modes) == {"day", "day2"}
    for ailments in ({}, away):
        sight = see(shots(window(YARD, AT + 2000, ailments)), told(reference, turns=True))
        assert sight.values[PICTURE_FAULT.name] < 0.5
        assert sight.values[PICTURE_REFERENCE.name] >= LOOKS - 1
    assert sight.values[PICTURE_TURNING.name] == 0


def test_while_it_says_that_it_turns_nothing_is_said_of_where_it_looks():
    moved = window(YARD, AT + 900, {"moved": Ailment(1.5)})
    sight = see(shots(moved), told(commissioned(), turns=True, moving=True))
    assert sight.values[PICTURE_TURNING.name] == 1
    assert sure(sight, "IMG_MOVED") < 0.5


def test_a_flicker_shows_in_a_group_of_pictures():
    frames = [shot(YARD, AT + 900 + number / 12, {}) for number in range(24)]
    flicker = [
        frame._replace(luma=np.clip(frame.luma * (1.0 if n % 6 < 3 else 0.6), 0, 255).astype(np.uint8))
        for n, frame in enumerate(frames)
    ]
    calm, restless = (see_gop(shots(some), commissioned()) for some in (frames, flicker))
    assert sure(calm, "IMG_FLICKER") < 0.5
    assert sure(restless, "IMG_FLICKER") > 0.5
    assert set(restless.values) <= {PICTURE_SURE[code].name for code in ("IMG_FLICKER", "IMG_SHAKE")}


@cache
def grown() -> bytes:
    reference = commissioned()
    for number in range(LOOKS, 14):
        reference = see(shots(window(YARD, AT + 40 * number)), told(reference)).learnt
    return reference


def glanced(frames, reference=None, **head):
    """What a glance at the newest of some frames gives; None where it asks for a whole look."""
    return glance_at(shots(frames)[-1], told(reference or grown(), turn=False, **head))


def after(sight, reference):
    """The reference as it is after a glance: what was learnt is kept by the agent."""
    return replace(read_envelope(reference), last=read_envelope(sight.learnt).last).pack()


def test_what_is_well_known_is_only_glanced_at():
    whole = see(shots(window(YARD, AT + 900)), told(grown()))
    calm = glanced(window(YARD, AT + 1000), whole.learnt)
    assert calm is not None
    assert PICTURE_TEXTURE.name not in calm.values, "measured by a whole look alone"
    assert calm.values[PICTURE_FAULT.name] == whole.values[PICTURE_FAULT.name], "it stands until the next"
    assert calm.values[PICTURE_REFERENCE.name] == whole.values[PICTURE_REFERENCE.name]
    assert "learnt" not in read_envelope(calm.learnt).head


@pytest.mark.parametrize("head", [{"turn": True}, {"turns": True}, {"turn": None}])
def test_there_is_no_glance_when_a_whole_look_has_its_turn_or_the_camera_turns(head):
    assert glance_at(shots(window(YARD, AT + 900))[-1], told(grown(), **head)) is None


@pytest.mark.parametrize("reference", [b"", b"x", b"SWP2" + bytes(9)])
def test_what_is_not_known_is_not_glanced_at(reference):
    assert glance_at(shots(window(YARD, AT + 900))[-1], reference) is None


def test_a_young_reference_is_not_glanced_at():
    assert glanced(window(YARD, AT + 900), commissioned()) is None


@pytest.mark.parametrize(
    "name",
    [
        "no_video", "black", "blurred", "covered", "moved", "colour_cast", "icr_stuck", "noise", "snow", "stripes",
        "mosaic", "mirrored", "interlace", "underexposed", "overexposed", "fog", "dirt", "osd_missing",
    ],
)  # fmt: skip
def test_each_fault_of_medium_strength_makes_a_glance_ask_for_a_whole_look(name):
    frames = [shot(YARD, AT + 900, {name: Ailment(DAMAGES[name].strengths[1], AT + 800)})]
    assert glanced(frames) is None


def test_a_glance_sees_that_the_clock_stands_still_and_that_a_picture_came_again():
    first = glanced([shot(YARD, AT + 900, {})])
    assert first is not None
    reference = after(first, grown())
    assert glanced([shot(YARD, AT + 960, {})], reference) is not None
    assert glanced([shot(YARD, AT + 960, {"osd_still": Ailment(1.0, AT + 890)})], reference) is not None
    stands = glanced([shot(YARD, AT + 960, {"osd_still": Ailment(1.0, AT + 890)})], reference)
    assert (
        glanced([shot(YARD, AT + 990, {"osd_still": Ailment(1.0, AT + 890)})], after(stands, reference))
        is None
    )
    again = shot(YARD, AT + 900, {})._replace(at=AT + 960)
    assert glanced([again], reference) is None


def test_what_a_whole_look_found_in_order_is_no_news():
    """A lamp was switched on: the glance asks, the whole look sees no fault, and the next glance is content."""
    lit = {"gain_up": Ailment(1.0)}
    assert glanced(window(YARD, AT + 900, lit)) is None
    whole = see(shots(window(YARD, AT + 900, lit)), told(grown()))
    assert read_envelope(whole.learnt).head["label"] == ""
    assert glanced(window(YARD, AT + 960, lit), whole.learnt) is not None


def test_a_mark_survives_its_way_through_bytes_and_rubbish_is_none():
    blob = read_envelope(grown()).last
    mark = read_mark(blob)
    assert read_mark(mark.pack()).room == mark.room
    assert mark.pack() == blob
    for cut in (LIGHT_BYTES + 1, LIGHT_BYTES + 60, len(blob) - 20):
        with pytest.raises(ValueError, match="mark"):
            read_mark(blob[:cut])


def test_the_frames_of_one_look_that_are_one_picture_are_frozen():
    frozen = [shot(YARD, AT + 900, {})] * 3
    frames = [frame._replace(at=AT + 900 + 2 * number) for number, frame in enumerate(frozen)]
    assert sure(see(shots(frames), told(grown())), "IMG_FREEZE") > 0.5


def without_colour(frames):
    grey = np.full_like(frames[0].blue, 128)
    return [frame._replace(blue=grey, red=grey) for frame in frames]


@pytest.mark.parametrize(("sun", "label"), [(40.0, "IMG_ICR"), (-20.0, ""), (None, "")])
def test_a_picture_without_colour_is_a_stuck_filter_by_day_and_the_first_night_else(sun, label):
    sight = see(shots(without_colour(window(YARD, AT + 900))), told(grown(), sun=sun))
    head = read_envelope(sight.learnt).head
    assert (head["label"], head.get("learnt", False)) == (label, not label)


def wall():
    rng = np.random.default_rng(1)
    frames = [np.clip(rng.normal(120, 2, (360, 640)), 0, 255).astype(np.uint8) for _ in range(2)]
    return [Shot(luma, None, None, 2.0 * number, luma) for number, luma in enumerate(frames)]


def spoilt(name, strength):
    return shots(window(YARD, AT, {name: Ailment(strength, AT - 100)}))


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (lambda: spoilt("blurred", 1.0), "blurred"),
        (lambda: spoilt("black", 1.0), "black"),
        (lambda: spoilt("covered", 1.4), "black"),
        (lambda: spoilt("no_video", 1.0), "slate"),
        (wall, "flat"),
    ],
)
def test_a_camera_is_not_commissioned_by_a_picture_that_no_scene_shows(picture, reason):
    sight = see(picture(), told(b""))
    assert sight.values[PICTURE_UNFIT.name] == UNFIT[reason]
    assert "learnt" not in read_envelope(sight.learnt).head


def test_what_somebody_looked_at_and_accepted_is_learnt_all_the_same():
    sight = see(wall(), told(b"", accepted=True))
    assert read_envelope(sight.learnt).head["learnt"] is True
    assert sight.values[PICTURE_UNFIT.name] == 0


def test_a_picture_that_is_known_is_asked_nothing_of_the_kind():
    assert "unfit" not in read_envelope(see(spoilt("blurred", 1.0), told(commissioned())).learnt).head
