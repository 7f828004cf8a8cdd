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
