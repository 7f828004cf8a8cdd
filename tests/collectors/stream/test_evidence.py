"""The pictures that are kept: small, masked, and marked where they differ."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.stream.evidence import MARK, encoded, mark, pixels, shrunk

GREY = np.full((360, 640, 3), 128, np.uint8)
shares = st.floats(0, 1)


def shown(jpeg: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def test_what_is_private_is_black_and_all_else_is_left():
    jpeg, *_ = encoded(GREY, ((0.25, 0.5, 0.5, 0.25),), None)
    picture = shown(jpeg)
    assert picture[188:262, 168:472].max() < 12
    assert abs(int(picture[40, 40, 0]) - 128) < 4
    assert abs(int(picture[320, 320, 0]) - 128) < 4


def test_what_differs_is_framed_and_not_painted_over():
    picture = shown(encoded(GREY, (), (0.25, 0.25, 0.5, 0.5))[0])
    assert np.abs(picture[90, 300].astype(int) - MARK).max() < 60
    assert abs(int(picture[180, 320, 0]) - 128) < 4


def test_no_mark_uncovers_what_is_private():
    picture = shown(encoded(GREY, ((0.0, 0.0, 1.0, 1.0),), (0.1, 0.1, 0.5, 0.5))[0])
    assert picture.max() < 12


def test_the_intact_picture_is_masked_in_the_same_way():
    picture = shown(mark(np.full((360, 640), 200, np.uint8), ((0.0, 0.0, 0.5, 1.0),)))
    assert picture[:, :312].max() < 12
    assert picture[:, 328:].min() > 190
    assert mark(None) == b""


@given(st.tuples(shares, shares, shares, shares), st.integers(1, 4000), st.integers(1, 4000))
def test_a_zone_never_leaves_the_picture(zone, width, height):
    left, top, right, bottom = pixels(zone, width, height)
    assert 0 <= left <= right <= width or right == width
    assert 0 <= top <= bottom <= height or bottom == height


@pytest.mark.parametrize("size", [(2160, 3840), (360, 640), (100, 5000)])
def test_no_picture_is_wider_than_evidence_may_be(size):
    assert shrunk(np.zeros((*size, 3), np.uint8)).shape[1] <= 640
