import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.diagnosis import ABSOLUTE, MOVING, STRUCTURE
from models.metrics import PICTURE_SURE
from tests.models.builders import CAMERA, T0, Looker, ok

LIVE = {
    "picture_contrast_ratio": 0.16,
    "picture_luma_p99_ratio": 0.85,
    "picture_fault_confidence_ratio": 0.1,
    "picture_reference_looks": 9.0,
    "picture_structure_ratio": 0.6,
}
NAMES = {code: metric.name.removeprefix("cctv_") for code, metric in PICTURE_SURE.items()}


def shown(look: Looker, at: float = T0, *, sure: dict[str, float] | None = None, **changed: float) -> Looker:
    told = {NAMES[code]: confidence for code, confidence in (sure or {}).items()}
    values = {**LIVE, "picture_fault_confidence_ratio": max(told.values(), default=0.1), **told, **changed}
    return look.take(ok(CAMERA, "stream", at, **{k: (v, "main") for k, v in values.items()}))


def looking(*bad: str, **sure: float) -> Looker:
    look = Looker(CAMERA)
    look.bad |= {(code, "main") for code in bad}
    return shown(look, sure=sure)


def says(look: Looker, at: float = T0) -> dict[str, str]:
    return {code: look.says(code, "main", at) for code in PICTURE_SURE}


def bad(look: Looker, at: float = T0) -> set[str]:
    return {code for code, word in says(look, at).items() if word == "bad"}


def test_a_usual_picture_is_good_in_every_way():
    assert set(says(looking()).values()) == {"good"}


def test_a_cause_hides_all_else_and_says_what_else_it_might_be():
    look = looking(IMG_BLUR=0.8, IMG_FOG=0.4, IMG_DIRT=0.3, IMG_CAST=0.25)
    assert says(look) == dict.fromkeys(PICTURE_SURE, "unknown") | {"IMG_BLUR": "bad"}
    facts = look.verdicts()["IMG_BLUR", "main"].facts
    assert (facts["second"], facts["second_confidence"], facts["third"]) == ("IMG_FOG", 0.4, "IMG_DIRT")


@pytest.mark.parametrize(("runners", "detail"), [({}, "told_alone"), ({"IMG_FOG": 0.3}, "told_two")])
def test_fewer_runners_up_are_not_made_up(runners, detail):
    assert looking(IMG_BLUR=0.8, **runners).detail("IMG_BLUR", "main") == f"picture.{detail}"


def test_what_is_not_sure_is_no_fault_but_one_that_was_seen_lasts_a_little_longer():
    assert bad(looking(IMG_BLUR=0.45)) == set()
    assert bad(looking("IMG_BLUR", IMG_BLUR=0.45)) == {"IMG_BLUR"}
    assert bad(looking("IMG_BLUR", IMG_BLUR=0.3)) == set()


def test_a_name_once_given_stays_while_it_is_sure():
    assert bad(looking("IMG_FOG", IMG_FOG=0.6, IMG_BLUR=0.9)) == {"IMG_FOG"}
    assert bad(looking("IMG_FOG", IMG_FOG=0.4, IMG_BLUR=0.9)) == {"IMG_BLUR"}


def test_while_the_usual_picture_is_learnt_only_little_can_be_told():
    look = shown(Looker(CAMERA), picture_reference_looks=2.0)
    assert says(look) == {code: "good" if code in ABSOLUTE else "unknown" for code in PICTURE_SURE}
    assert look.detail("IMG_MOVED", "main") == "unknown.learning"


def test_dirt_waits_for_more_looks_than_all_else():
    look = shown(Looker(CAMERA), picture_reference_looks=7.0)
    assert {code for code, word in says(look).items() if word == "unknown"} == {"IMG_DIRT"}
    assert look.detail("IMG_DIRT", "main") == "unknown.learning"


def test_a_picture_that_cannot_be_learnt_is_said_to_be_waited_out():
    look = shown(Looker(CAMERA), picture_reference_looks=0.0, picture_unfit=6.0)
    assert look.detail("IMG_MOVED", "main") == "unknown.unfit_blurred"
    assert says(look)["IMG_BLACK"] == "good"


def test_a_bare_wall_is_said_to_be_one():
    look = shown(Looker(CAMERA), picture_structure_ratio=0.01)
    assert {code for code, word in says(look).items() if word == "unknown"} == STRUCTURE
    assert look.detail("IMG_MOVED", "main") == "unknown.low_texture"


def test_of_a_camera_that_turns_nothing_is_said_of_where_it_looks():
    look = shown(Looker(CAMERA), picture_turning=1.0)
    assert {code for code, word in says(look).items() if word == "unknown"} == MOVING


def test_an_older_look_does_not_speak_for_the_newest():
    look = shown(looking(IMG_BLUR=0.8), T0 + 10)
    assert bad(look, T0 + 10) == set()


def test_a_stream_of_which_only_the_levels_are_known_is_black_or_not():
    levels = {"picture_luma_p99_ratio": (0.03, "main"), "picture_contrast_ratio": (0.01, "main")}
    look = Looker(CAMERA).take(ok(CAMERA, "stream", T0, **levels))
    assert {code: word for code, word in says(look).items() if word} == {"IMG_BLACK": "bad"}


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(PICTURE_SURE)), st.floats(0.2, 1)),
    st.sets(st.sampled_from(sorted(PICTURE_SURE))),
)
def test_a_picture_has_at_most_one_cause(sure, before):
    assert len(bad(looking(*before, **sure))) <= 1
