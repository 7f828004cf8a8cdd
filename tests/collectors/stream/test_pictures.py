"""The numbers a picture gives: what each must follow, and what it must not."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.stream.pictures import levels as pictures
from collectors.stream.pictures.levels import (
    change,
    contrast,
    entropy,
    histogram,
    mean,
    percentile,
    sharpness,
    texture,
)

SHAPE = (360, 640)


def street(seed: int = 1, *, noise: float = 3.0, noise_seed: int = 1) -> np.ndarray:
    """Return something with large shapes, fine detail and sensor noise."""
    rng = np.random.default_rng(seed)
    scene = np.kron(rng.integers(30, 200, (9, 16)), np.ones((40, 40)))
    for _ in range(60):
        x, y, w, h = rng.integers(0, (600, 340, 40, 20))
        scene[y : y + h + 2, x : x + w + 2] = rng.integers(20, 220)
    grain = np.random.default_rng(noise_seed).normal(0, noise, SHAPE)
    return np.clip(scene + grain, 0, 255).astype(np.uint8)


def flat(level: int) -> np.ndarray:
    return np.full(SHAPE, level, np.uint8)


lumas = st.builds(
    lambda seed, low, high: np.random.default_rng(seed).integers(low, high + 1, SHAPE, dtype=np.uint8),
    st.integers(0, 2**32 - 1),
    st.integers(0, 100),
    st.integers(101, 255),
)


@given(luma=lumas)
@settings(max_examples=25, deadline=None)
def test_every_number_stays_in_its_range(luma):
    values = {metric.name: value for metric, value in pictures.measure(luma)}
    assert all(0 <= value <= 1 for name, value in values.items() if name.endswith("_ratio"))
    assert 0 <= values["cctv_picture_entropy_bits"] <= 8
    assert values["cctv_picture_sharpness"] >= 0


@given(luma=lumas)
@settings(max_examples=25, deadline=None)
def test_brightness_numbers_agree_with_numpy(luma):
    levels = histogram(luma)
    assert mean(levels) == pytest.approx(luma.mean() / 255)
    assert contrast(levels) == pytest.approx(luma.std() / 255)
    assert percentile(levels, 0.99) == pytest.approx(np.percentile(luma, 99) / 255, abs=1.01 / 255)


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_a_flat_picture_has_nothing_but_its_brightness(level):
    levels = histogram(flat(level))
    assert mean(levels) == pytest.approx(level / 255)
    assert percentile(levels, 0.99) == pytest.approx(level / 255)
    assert contrast(levels) == entropy(levels) == sharpness(flat(level)) == texture(flat(level)) == 0


def test_half_black_half_white_is_the_greatest_contrast_and_one_bit():
    halves = flat(0)
    halves[:, :320] = 255
    assert contrast(histogram(halves)) == pytest.approx(0.5)
    assert entropy(histogram(halves)) == pytest.approx(1.0)


def test_a_lamp_on_a_black_picture_lifts_the_99th_percentile_only_if_it_is_large():
    small, large = flat(4), flat(4)
    cv2.circle(small, (320, 180), 20, 255, -1)  # 0.5 % of the picture
    cv2.circle(large, (320, 180), 40, 255, -1)  # 2 %
    assert percentile(histogram(small), 0.99) < 0.1
    assert percentile(histogram(large), 0.99) > 0.9


def test_gain_changes_brightness_in_proportion_and_leaves_the_texture_of_a_scene_nearly_alone():
    dim = cv2.convertScaleAbs(street(), alpha=0.7)
    assert mean(histogram(dim)) == pytest.approx(0.7 * mean(histogram(street())), rel=0.02)
    assert texture(dim) == pytest.approx(texture(street()), rel=0.1)


@pytest.mark.parametrize("sigma", [1.5, 3, 6])
def test_defocus_takes_most_of_the_sharpness_away_and_not_the_brightness(sigma):
    soft = cv2.GaussianBlur(street(), (0, 0), sigma)
    assert sharpness(soft) < 0.15 * sharpness(street())
    assert mean(histogram(soft)) == pytest.approx(mean(histogram(street())), rel=0.01)


def test_more_defocus_is_less_sharp_and_shows_fewer_edges():
    softer = [street(), *(cv2.GaussianBlur(street(), (0, 0), sigma) for sigma in (1, 2, 4))]
    assert sorted((sharpness(one) for one in softer), reverse=True) == [sharpness(one) for one in softer]
    assert sorted((texture(one) for one in softer), reverse=True) == [texture(one) for one in softer]


def test_sensor_noise_alone_shows_no_edges():
    for sigma in (2, 4, 6):
        noise = np.clip(np.random.default_rng(3).normal(110, sigma, SHAPE), 0, 255).astype(np.uint8)
        assert texture(noise) < 0.02


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_cover_takes_its_share_of_the_edges(share):
    covered = street()
    covered[:, : int(640 * share)] = 30
    assert texture(covered) == pytest.approx((1 - share) * texture(street()), rel=0.25)


def test_a_plain_cover_lowers_the_entropy():
    covered = street()
    covered[:, :560] = 30
    assert entropy(histogram(covered)) < 0.5 * entropy(histogram(street()))


def test_identical_pictures_have_not_changed():
    assert change(street(), street()) == 0


def test_a_clock_running_on_the_screen_is_no_change():
    later = street()
    cv2.putText(later, "2026-03-01 12:00:07", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 255, 2)
    assert change(street(), later) == 0


def test_one_person_in_a_still_picture_is_no_change_but_sensor_noise_is():
    person = street()
    person[150:300, 300:360] = 20
    assert change(street(), person) == 0
    assert change(street(noise_seed=1), street(noise_seed=2)) > 1.5


@pytest.mark.parametrize("sigma", [1, 2, 4])
def test_change_follows_sensor_noise(sigma):
    quiet, loud = (
        change(street(noise=level, noise_seed=1), street(noise=level, noise_seed=2))
        for level in (sigma, 2 * sigma)
    )
    assert quiet < loud
    assert loud == pytest.approx(
        2 * sigma * 2 / np.sqrt(np.pi), rel=0.2
    )  # mean |a - b| of two normal variables


def test_another_scene_is_a_great_change():
    assert change(street(1), street(2)) > 20


def test_change_is_the_same_in_both_directions():
    assert change(street(1), street(2)) == change(street(2), street(1))


def test_pictures_of_different_size_cannot_be_compared():
    assert change(street(), street()[:, :480]) is None
