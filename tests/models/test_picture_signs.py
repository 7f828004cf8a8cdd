"""What one sign of a picture explains of another, by measures as looks gave them."""

from models.diagnosis import Surroundings, diagnose

DAY = Surroundings(sun=40.0)
USUAL = {
    "anchors": 0.6, "looks": 12.0, "match": 0.95, "match_mean": 0.95, "luma": 0.4, "dark": 0.7, "contrast": 0.2,
    "gain": 1.0, "light": 1.0, "span": 1.0, "lift": 0.0, "fine": 1.0, "fine_mean": 1.0, "sharp": 0.32,
    "sharp_mean": 0.32, "noise": 1.0, "noise_mean": 1.0, "comb": 0.8, "comb_mean": 0.8, "text": 0.8, "text_mean": 0.8,
    "text_runs": 1.0, "text_runs_mean": 1.0, "change": 4.0, "change_mean": 6.0, "change_spread": 4.0,
    "change_least": 2.2, "change_times": 9.0,
}  # fmt: skip


def says(**measures: float) -> str:
    return diagnose({**USUAL, **measures}, DAY).label


def test_a_usual_picture_has_no_label():
    assert says() == ""


def test_exposure_that_hunts_as_it_always_does_is_no_flicker():
    assert says(flicker=0.24, sway_mean=0.07) == ""
    assert says(flicker=0.24, sway_mean=0.001) == "IMG_FLICKER"
    assert says(flicker=0.36, sway_mean=0.07) == "IMG_FLICKER"


def test_bars_that_pass_through_the_picture_are_no_flicker():
    assert says(flicker=0.09, bars_rolling=21.0) == "IMG_STRIPES"


def test_a_rough_surface_out_of_focus_is_no_fog_and_no_cover():
    assert says(gain=0.4, span=0.65, lift=0.07, sharp=0.1, lost=0.13, largest=0.05, fine=0.86) == "IMG_BLUR"
    assert says(gain=0.4, span=0.65, lift=0.07) == "IMG_FOG"


def test_where_the_clock_stands_and_less_changes_than_ever_the_picture_is_frozen():
    assert says(text_runs=0.0, change=0.7) == "IMG_FREEZE"
    assert says(text_runs=0.0) == "OSD_STILL"


def test_a_web_over_most_of_the_picture_is_one_piece():
    assert says(film=0.6, film_light=0.75, film_pieces=1.0, lost=0.01) == "IMG_DIRT"


def test_what_is_lit_up_more_has_no_stripes():
    assert says(bars=3.9, light=1.25) == ""
    assert says(bars=3.9) == "IMG_STRIPES"


SHOWN = {"firm": 0.6, "things": 0.5, "things_usual": 0.7}


def test_what_covers_a_part_leaves_the_rest_as_it_was():
    gone = {"match": 0.45, "lost": 0.4, "largest": 0.3, **SHOWN}
    assert says(**gone, stands=0.95) == "IMG_COVER"
    assert says(**{**gone, "match": 0.05}, stands=0.1) == "IMG_MOVED"


def test_a_picture_in_which_nothing_stands_any_more_is_covered():
    assert says(match=0.05, stands=-0.1, firm=0.04, things=0.01, things_usual=0.7, light=0.3) == "IMG_COVER"


def test_less_noise_than_a_frozen_picture_would_show_is_no_freeze():
    calm = {"calm": 0.2, "calm_least": 1.4, "calm_top": 1.0, "calm_top_least": 5.0, "calm_times": 8.0}
    assert says(**calm) == "IMG_FREEZE"
    assert says(**calm, noise=0.1) == ""
    assert says(**{**calm, "calm_top": 4.9}) == ""  # something moves


def test_a_light_wall_burns_out_in_little_more_light():
    assert says(light=1.15, light_unburnt=1.3, white_more=0.6) == ""
    assert says(light=1.15, light_unburnt=2.5, white_more=0.6) == "IMG_BRIGHT"


def test_mirrored_is_what_explains_more_than_the_usual_does():
    assert says(match=0.8, match_turned=0.9, match_flipped=0.9, match_unflipped=0.1) == "IMG_MIRROR"
    assert says(match=0.8, match_turned=0.82, match_flipped=0.5, match_unflipped=0.4) == ""


def test_a_clock_that_is_gone_from_beside_other_text_is_missing_and_does_not_stand():
    assert says(text=0.6, text_runs=0.0) == "OSD_MISSING"
    assert says(text=0.79, text_runs=0.0) == "OSD_STILL"


def test_a_veil_by_night_is_darker_than_the_scene_and_still_a_veil():
    assert says(gain=0.45, span=0.45, light=0.72, lift=-0.05) == "IMG_FOG"
    assert says(gain=0.7, span=0.7, light=0.7, lift=-0.05) == ""


def test_a_scene_that_is_nearly_its_own_mirror_image_is_mirrored_when_the_mirror_explains_all():
    assert says(match=0.83, match_turned=0.95, match_spread=0.004) == "IMG_MIRROR"
    assert says(match=0.83, match_turned=0.82, match_spread=0.004) == ""


def test_a_lamp_that_failed_leaves_what_stands_there_and_is_not_black():
    dark = {**USUAL, "dark": 0.1, "contrast": 0.02, "light": 0.09, "night": 1.0}
    night = Surroundings(sun=-25.0)
    assert diagnose({**dark, "match": 0.02}, night).label == "IMG_BLACK"
    assert diagnose({**dark, "match": 0.6}, night).label == "IMG_IR"


def test_what_hangs_before_a_part_of_the_lens_is_no_cast():
    assert says(cast=12.0, cast_share=0.5) == ""
    assert says(cast=12.0, cast_share=0.9) == "IMG_CAST"


def test_where_always_something_moved_and_nothing_moves_the_picture_is_frozen():
    road = {"calm": 1.5, "calm_least": 1.5, "calm_top": 0.9, "calm_top_least": 9.0, "calm_times": 8.0}
    assert says(**road, stir=1.4) == "IMG_FREEZE"
    assert says(**road, stir=6.0) == ""  # in one pair of frames
    assert says(**{**road, "calm_top_least": 2.0}, stir=1.4) == ""  # a quiet place


def test_a_veil_that_takes_the_colour_is_fog_and_no_stuck_filter():
    grey = {"night": 1.0, "other_mode": 1.0, "day_known": 1.0, "colourful_mean": 4.0}
    assert says(**grey) == "IMG_ICR"
    assert says(**grey, gain=0.4, span=0.6, lift=0.1, light=1.3) == "IMG_FOG"


def test_a_thing_that_a_hand_moves_beside_others_does_not_shake_the_camera():
    assert says(shake=0.0039, match=0.74) == ""
    assert says(shake=0.0075, match=0.74) == "IMG_SHAKE"
