"""From a decoded frame to luma, and to the evidence picture."""

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorRange

from collectors.stream.evidence import picture_of
from collectors.stream.frames import luma


def frame(rgb: np.ndarray, form: str) -> av.VideoFrame:
    made = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=form)
    made.color_range = ColorRange.JPEG if form.startswith("yuvj") else ColorRange.MPEG
    return made


def grey(level: int, width: int = 640, height: int = 360) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


@pytest.mark.parametrize("level", [0, 64, 128, 200, 255])
@pytest.mark.parametrize(
    "form", ["yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12", "yuv420p10le", "yuyv422"]
)
def test_black_is_0_and_white_is_255_whatever_the_pixel_format(form, level):
    measured = luma(frame(grey(level), form))
    assert measured.dtype == np.uint8
    assert abs(float(measured.mean()) - level) <= 2


def test_studio_range_is_stretched_step_by_step():
    plane = np.arange(256, dtype=np.uint8).repeat(360).reshape(256, 360).T
    made = av.VideoFrame.from_ndarray(
        np.vstack([plane, np.full((180, 256), 128, np.uint8)]), format="yuv420p"
    )
    steps = [min(255, max(0, round((step - 16) * 255 / 219))) for step in range(256)]
    assert luma(made)[0].tolist() == steps


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((1920, 1080), (360, 640)),
        ((640, 360), (360, 640)),
        ((704, 576), (360, 440)),
        ((320, 180), (360, 640)),
    ],
)
def test_luma_has_360_lines_in_the_picture_s_own_proportion(size, shape):
    assert luma(frame(grey(90, *size), "yuv420p")).shape == shape


@pytest.mark.parametrize("width", [354, 638, 1918])
def test_the_padding_of_lines_is_not_part_of_the_picture(width):
    assert luma(frame(grey(255, width, 360), "yuv420p")).min() >= 253


def test_shrinking_keeps_the_mean_of_fine_detail():
    board = np.kron(np.indices((540, 960)).sum(0) % 2, np.ones((2, 2)))[..., None].repeat(3, 2) * 255
    assert luma(frame(board.astype(np.uint8), "yuv420p")).mean() == pytest.approx(127.5, abs=3)


@pytest.mark.parametrize("size", [(3840, 2160), (1280, 720), (320, 180), (640, 40)])
def test_evidence_is_a_small_jpeg_even_of_noise(size):
    noise = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    jpeg, width, height = picture_of(frame(noise, "yuv420p"))
    assert len(jpeg) <= 60_000
    assert width <= 640
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (height, width, 3)


def test_evidence_keeps_colours_and_proportion():
    red = np.zeros((720, 1280, 3), np.uint8)
    red[..., 0] = 200
    jpeg, width, height = picture_of(frame(red, "yuv420p"))
    assert (width, height) == (640, 360)
    blue, green, strong = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).mean((0, 1))
    assert strong > 150
    assert max(blue, green) < 60
