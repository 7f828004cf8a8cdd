"""Recording plans in site.yaml and the inventory."""

import pytest

from agent.recording import PlanConfig, RecordingConfig, parse_hours, plan_of
from models.facts import Device, Kind

HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-20:00", ((8 * HOUR, 20 * HOUR),)),
        ("00:00-24:00", ((0.0, DAY),)),
        ("22:00-06:00", ((22 * HOUR, DAY), (0.0, 6 * HOUR))),
        ("8:00-9:30, 10:00-11:00", ((8 * HOUR, 9.5 * HOUR), (10 * HOUR, 11 * HOUR))),
    ],
)
def test_hours_are_read_as_people_write_them(text, hours):
    assert parse_hours(text) == hours


@pytest.mark.parametrize("text", ["always", "25:00-26:00", "08:00-08:00", "08:61-09:00", ""])
def test_hours_that_are_none_are_refused(text):
    with pytest.raises(ValueError, match="is not"):
        parse_hours(text)


def test_a_channel_has_its_own_plan_before_its_recorders_before_the_sites():
    config = RecordingConfig(
        retention=30 * DAY,
        plans={"gate": PlanConfig(retention="90d"), "shop": PlanConfig(hours="08:00-20:00")},
        channels={"nvr-1/ch3": "gate"},
    )
    find = plan_of(config)
    nvr = Device("nvr-1", Kind.NVR, "h", recording="shop")
    assert find(nvr, "ch3").retention == 90 * DAY
    assert (find(nvr, "ch1").retention, find(nvr, "ch1").hours) == (30 * DAY, ((8 * HOUR, 20 * HOUR),))
    assert find(Device("cam", Kind.CAMERA, "h"), "ch1").hours == ((0.0, DAY),)
