"""Cars that come to a car park and leave it, and people before a grey wall: told from faults of the picture."""

from functools import lru_cache

import cv2
import numpy as np
import pytest

from collectors.stream.pictures import Book, Frame, folded, look_at
from models.diagnosis import Surroundings, diagnose

DAY = Surroundings(sun=40.0)
PLACES = [(30 + 98 * column, row) for row in (130, 220, 305) for column in range(6)]
TONES = np.random.default_rng(4).uniform(25, 235, 18)


def ground():
    rng = np.random.default_rng(3)
    rough = cv2.resize(rng.normal(0, 8, (90, 160)), (640, 360), interpolation=cv2.INTER_CUBIC)
    picture = (95 + rough).astype(np.float32)
    picture[:70] = 150
    for x in range(20, 620, 24):
        picture[12:34, x : x + 12] = 60
    for x, y in PLACES:
        picture[y - 45 : y + 25, x - 10 : x - 7] = 205
    return picture


def park(taken, seed=0):
    picture = ground()
    for number in taken:
        x, y = PLACES[number]
        picture[y - 12 : y + 8, x : x + 78] = TONES[number]
        picture[y - 28 : y - 12, x + 18 : x + 60] = 0.4 * TONES[number]
    return grainy(picture, seed)


def grainy(picture, seed):
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def seen(pictures, book, tint=None, *, day=True):
    colour = np.full((180, 320), 128, np.uint8) if tint is None else tint
    frames = [Frame(one, colour, colour, one, 2.0 * number) for number, one in enumerate(pictures)]
    return look_at(frames, book, day=day)


def learnt(pictures, looks=9):
    book = Book()
    for number in range(looks):
        book = folded(book, seen(pictures(number), book))
    return book


@lru_cache(maxsize=1)
def known():
    return learnt(lambda look: [park(range(0, 18, 2), 3 * look + frame) for frame in range(3)])


def says(taken, spoil=lambda picture: picture):
    return diagnose(seen([spoil(park(taken, 900 + n)) for n in range(3)], known()).values, DAY)


def smeared(picture):
    """Lay ten soft, dark smears over a picture."""
    rng = np.random.default_rng(8)
    film = np.zeros(picture.shape, np.float32)
    for _ in range(10):
        cv2.circle(film, (int(rng.uniform(60, 580)), int(rng.uniform(90, 330))), 24, 1.0, -1)
    film = 0.88 * cv2.GaussianBlur(film, (0, 0), 7)
    return (picture * (1 - film) + 45 * film).astype(np.uint8)


@pytest.mark.parametrize(
    "taken", [range(0, 18, 2), range(4, 18, 2), range(10, 18, 2), (), range(1, 18, 2), range(18)],
    ids=["as usual", "two left", "five left", "all left", "all others", "full"],
)  # fmt: skip
def test_cars_that_came_or_left_are_no_fault(taken):
    assert says(taken).label == ""


def test_dirt_is_told_while_cars_come_and_go():
    assert says(range(0, 18, 2), smeared).label == "IMG_DIRT"
    assert says(range(4, 18, 2), smeared).label == "IMG_DIRT"


def test_one_large_thing_that_left_its_place_was_no_cover():
    def lorry(seed, there):
        picture = ground()
        if there:
            picture[120:300, 330:560] = 190
            for x in range(340, 550, 30):
                picture[140:280, x : x + 4] = 90
        return grainy(picture, seed)

    book = learnt(lambda look: [lorry(3 * look + n, there=True) for n in range(3)])
    assert diagnose(seen([lorry(700 + n, there=False) for n in range(3)], book).values, DAY).label == ""


def hall(seed, *, somebody):
    """Return a grey hall and its colours: none, but of one who walks through."""
    picture = np.full((360, 640), 150, np.float32) + np.linspace(-20, 20, 640, dtype=np.float32)
    picture[90:, 430:540], picture[340:] = 135, 110
    tint = np.full((180, 320), 128, np.uint8)
    if somebody:
        picture[200:340, 100:150] = 60
        tint[100:170, 50:75] = 150
    return grainy(picture, seed), tint


def test_a_grey_room_has_one_reference_by_day_whoever_is_in_it():
    book = Book()
    for number in range(8):
        picture, tint = hall(number, somebody=number % 3 == 0)
        book = folded(book, seen([picture, hall(90 + number, somebody=number % 3 == 0)[0]], book, tint))
    assert {name: page.looks for name, page in book.modes.items()} == {"day": 8}
    picture, tint = hall(50, somebody=False)
    assert diagnose(seen([picture, hall(51, somebody=False)[0]], book, tint).values, DAY).label == ""


def test_a_grey_room_by_night_is_its_own_reference():
    book = learnt(lambda look: [hall(look, somebody=False)[0]] * 2)
    lamp = np.exp(-((np.mgrid[0:360, 0:640][1] - 320) ** 2) / 40_000)
    dark = [(hall(60 + n, somebody=False)[0] * 0.5 * lamp).astype(np.uint8) for n in range(2)]
    assert seen(dark, book, day=False).mode == "night"
