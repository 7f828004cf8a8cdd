"""Rules over the PTZ function test."""

import pytest

from models.facts import Health
from tests.models.builders import CAMERA, T0, Looker, ok


def judged(**values):
    reports = [
        ok(CAMERA, "ptz_test", T0, **{f"ptz_{name}": (value, "Gate")}) for name, value in values.items()
    ]
    return Looker(CAMERA).take(*reports).verdicts()


def test_a_preset_that_is_not_reached():
    assert judged(arrived=0.0)["PTZ_STUCK", ""].health is Health.BAD
    assert judged(arrived=1.0)["PTZ_STUCK", ""].health is Health.GOOD


@pytest.mark.parametrize(
    ("values", "health", "detail"),
    [
        ({"offset_ratio": 0.001, "picture_match_ratio": 0.9}, Health.GOOD, "ptz.arrives"),
        ({"offset_ratio": 0.04}, Health.BAD, "ptz.off"),
        ({"offset_ratio": 0.0, "picture_match_ratio": 0.1}, Health.BAD, "ptz.picture"),
        ({"offset_ratio": 0.0, "travel_seconds": 9.0, "travel_usual_seconds": 4.0}, Health.BAD, "ptz.slow"),
        (
            {"offset_ratio": 0.0, "travel_seconds": 0.9, "travel_usual_seconds": 0.5},
            Health.GOOD,
            "ptz.arrives",
        ),
    ],
)
def test_wear_shows_as_offset_another_picture_or_longer_ways(values, health, detail):
    verdict = judged(arrived=1.0, **values)["PTZ_WORN", ""]
    assert (verdict.health, verdict.detail) == (health, detail)
