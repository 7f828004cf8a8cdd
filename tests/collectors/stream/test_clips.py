"""The measures on real footage; left out where there is none."""

from pathlib import Path

import av
import cv2
import pytest

from collectors.stream.evidence import picture_of
from collectors.stream.frames import luma
from collectors.stream.pictures.levels import change, measure, sharpness, texture

CLIPS = Path(__file__).parents[4] / "shared" / "data" / "clips"
NAMES = ("vtest.avi", "intel_bottle-detection.mp4", "intel_one-by-one-person-detection.mp4")


@pytest.fixture(params=NAMES)
def frames(request):
    """A second apart, three of them."""
    path = CLIPS / request.param
    if not path.is_file():
        pytest.skip(f"no footage: {request.param} is not in {CLIPS.name}")
    with av.open(path) as container:
        step = round(container.streams.video[0].average_rate)
        taken = []
        for number, frame in enumerate(container.decode(video=0)):
            if number % step == 0:
                taken.append(frame)
            if len(taken) == 3:
                return taken
    raise AssertionError("the clip is too short")


def test_real_footage_measures_as_a_picture(frames):
    values = {metric.name: value for metric, value in measure(luma(frames[0]))}
    assert 0.1 < values["cctv_picture_luma_ratio"] < 0.9
    assert values["cctv_picture_contrast_ratio"] > 0.08
    assert values["cctv_picture_entropy_bits"] > 5
    assert values["cctv_picture_texture_ratio"] > 0.05


def test_live_footage_changes_and_a_repeated_frame_does_not(frames):
    assert change(luma(frames[0]), luma(frames[0])) == 0
    assert all(change(luma(frames[0]), luma(later)) > 0.3 for later in frames[1:])


def test_defocus_and_cover_show_on_real_footage(frames):
    seen = luma(frames[0])
    soft = cv2.GaussianBlur(seen, (0, 0), 5)
    assert sharpness(soft) < 0.1 * sharpness(seen)
    assert texture(soft) < 0.6 * texture(seen)
    covered = seen.copy()
    covered[:] = 40
    assert texture(covered) == 0


def test_evidence_of_real_footage_is_small(frames):
    jpeg, width, _ = picture_of(frames[0])
    assert len(jpeg) <= 60_000
    assert width <= 640
