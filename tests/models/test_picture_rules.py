import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.builders import CAMERA, T0, Looker, ok

OWN = {
    "picture_luma_ratio": 0.45,
    "picture_contrast_ratio": 0.16,
    "picture_texture_ratio": 0.7,
    "picture_change_luma": 2.9,
}
LIVE = {**OWN, "picture_luma_p99_ratio": 0.85, "picture_entropy_bits": 7.1, "picture_span_seconds": 1.0}
CODES = ("IMG_BLACK", "IMG_COVER", "IMG_BLUR", "IMG_FREEZE")


def shown(look: Looker, at: float = T0, **changed: float) -> Looker:
    values = {f"picture_{k}": v for k, v in changed.items()}
    return look.take(ok(CAMERA, "stream", at, **{k: (v, "main") for k, v in {**LIVE, **values}.items()}))


def looking(**changed: float) -> Looker:
    return shown(Looker(CAMERA).learn(**OWN), **changed)


def says(look: Looker, at: float = T0) -> dict[str, str]:
    return {code: look.says(code, "main", at) for code in CODES}


def bad(look: Looker) -> set[str]:
    return {code for code, word in says(look).items() if word == "bad"}


def test_a_usual_picture_is_good_in_every_way():
    assert set(says(looking()).values()) == {"good"}


def test_without_a_reference_only_black_can_be_told():
    look = shown(Looker(CAMERA))
    assert says(look) == dict.fromkeys(CODES, "unknown") | {"IMG_BLACK": "good"}


def test_black_is_told_without_a_reference_and_explains_all_the_rest():
    """Measured on a black picture with white text on it."""
    look = shown(Looker(CAMERA), luma_p99_ratio=0.03, contrast_ratio=0.04, luma_ratio=0.02)
    assert says(look) == dict.fromkeys(CODES, "unknown") | {"IMG_BLACK": "bad"}


def test_a_dark_picture_with_lamps_in_it_is_not_black():
    assert looking(luma_p99_ratio=0.5, contrast_ratio=0.1).says("IMG_BLACK", "main") == "good"


# texture, luma and contrast as shares of the camera's own, measured on rendered scenes and real clips
BLURRED = [(0.31, 0.96, 0.76), (0.19, 0.97, 0.88), (0.34, 0.96, 0.75), (0.28, 1.04, 0.93), (0.38, 0.97, 0.84)]
COVERED = [(0.27, 0.90, 0.53), (0.23, 1.49, 1.04), (0.27, 0.38, 1.37), (0.27, 1.06, 0.66), (0.32, 0.86, 0.47)]
CLEAN = [(1.0, 1.0, 1.0), (0.75, 1.04, 0.98), (0.47, 0.52, 0.50), (0.66, 0.49, 0.50), (1.28, 1.26, 1.25)]


def measured(texture: float, luma: float, contrast: float) -> Looker:
    return looking(texture_ratio=0.7 * texture, luma_ratio=0.45 * luma, contrast_ratio=0.16 * contrast)


@pytest.mark.parametrize("shares", BLURRED)
def test_detail_gone_and_light_as_usual_is_blur(shares):
    assert bad(measured(*shares)) == {"IMG_BLUR"}


@pytest.mark.parametrize("shares", COVERED)
def test_detail_gone_and_light_changed_is_a_cover(shares):
    assert bad(measured(*shares)) == {"IMG_COVER"}


@pytest.mark.parametrize("shares", CLEAN)
def test_clean_pictures_and_dimmer_or_brighter_scenes_are_good(shares):
    assert bad(measured(*shares)) == set()


@given(st.floats(0.5, 1.5))
def test_a_gain_on_the_whole_picture_is_neither_blur_nor_cover(gain):
    assert bad(measured(min(1.0, gain), gain, gain)) == set()


def test_in_a_scene_much_darker_than_usual_detail_cannot_be_told():
    look = measured(0.2, 0.4, 0.4)
    assert (look.says("IMG_COVER", "main"), look.detail("IMG_BLUR", "main")) == ("unknown", "unknown.dim")


def test_a_bare_wall_cannot_be_told_from_a_covered_lens():
    look = shown(Looker(CAMERA).learn(**OWN | {"picture_texture_ratio": 0.02}), texture_ratio=0.0)
    assert (look.says("IMG_COVER", "main"), look.detail("IMG_COVER", "main")) == (
        "unknown",
        "unknown.low_texture",
    )


def test_a_label_once_given_stays_while_detail_is_lost():
    look = measured(*BLURRED[0])
    look.bad.add(("IMG_COVER", "main"))
    assert bad(look) == {"IMG_COVER"}


def test_a_frozen_picture_shows_little_change_within_a_check_and_none_between_checks():
    look = shown(looking(change_luma=1.6), T0 + 10, change_luma=1.6)
    assert look.says("IMG_FREEZE", "main", T0 + 10) == "bad"


def test_little_change_within_a_check_alone_is_not_frozen():
    """At night, or with noise reduction, a live picture may be as still."""
    look = shown(looking(change_luma=1.6), T0 + 10, change_luma=1.6, luma_ratio=0.452)
    assert look.says("IMG_FREEZE", "main", T0 + 10) == "good"


def test_the_first_check_of_a_still_picture_cannot_be_frozen():
    assert looking(change_luma=0.0).says("IMG_FREEZE", "main") == "good"


def test_a_scene_as_still_as_a_frozen_one_is_unknown():
    look = Looker(CAMERA).learn(**OWN | {"picture_change_luma": 0.4})
    shown(shown(look, change_luma=0.0), T0 + 10, change_luma=0.0)
    assert look.says("IMG_FREEZE", "main", T0 + 10) == "unknown"


def test_key_frames_that_follow_too_closely_say_nothing_of_freezing():
    look = shown(looking(change_luma=0, span_seconds=0.1), T0 + 10, change_luma=0, span_seconds=0.1)
    assert look.says("IMG_FREEZE", "main", T0 + 10) == ""


@given(st.fixed_dictionaries({k.removeprefix("picture_"): st.floats(0, 8) for k in LIVE}))
def test_a_picture_has_at_most_one_cause(values):
    look = looking(**values)
    assert len(bad(shown(look, **values))) <= 1


def test_a_reference_is_one_cameras_own_stream_and_not_its_other_ones():
    look = Looker(CAMERA).learn("sub", **OWN)
    assert shown(look).says("IMG_COVER", "main") == "unknown"
