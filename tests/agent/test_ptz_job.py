"""When cameras that can be turned are tested."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from agent.ptz.config import PtzConfig
from agent.ptz.job import AGAIN_SECONDS, FileReferences, PtzJob
from agent.run import Clocks
from models.facts import Device, Failure, Kind, Report, Trouble

DOME = Device("dome-1", Kind.CAMERA, "10.0.0.5", onvif_port=80)
FIXED = Device("cam-1", Kind.CAMERA, "10.0.0.6", onvif_port=80)
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC).timestamp()


class Rig:
    def __init__(self, path, *, at=NOON, **config):
        self.now = at
        self.error = None
        self.asked, self.told = [], []
        self.path = path
        self.config = PtzConfig(devices=("dome-1",), **{"begin": "11:00", "end": "13:00", **config})
        self.start()

    def start(self):
        self.job = PtzJob(
            self.config, zone=UTC, devices=lambda: [DOME, FIXED], references=FileReferences(self.path), ask=self.ask,
            deliver=self.told.append, clocks=Clocks(lambda: self.now, lambda: self.now),
        )  # fmt: skip

    async def ask(self, device):
        self.asked.append(device.id)
        return Report(device.id, "ptz_test", self.now, 1.0, error=self.error)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ptz.json"


async def test_only_named_cameras_are_tested_and_once_in_their_interval(path):
    rig = Rig(path)
    await rig.job.look()
    await rig.job.look()
    assert rig.asked == ["dome-1"]
    rig.start()  # the agent restarts
    await rig.job.look()
    assert rig.asked == ["dome-1"]
    rig.now += 7 * 86400
    await rig.job.look()
    assert rig.asked == ["dome-1"] * 2


@pytest.mark.parametrize(
    ("begin", "end", "tested"),
    [
        ("11:00", "13:00", True),
        ("12:01", "13:00", False),
        ("22:00", "02:00", False),
        ("22:00", "12:30", True),
    ],
)
async def test_only_within_the_hours(path, begin, end, tested):
    rig = Rig(path, begin=begin, end=end)
    await rig.job.look()
    assert bool(rig.asked) is tested


async def test_where_an_operator_had_it_it_is_tried_again_later(path):
    rig = Rig(path)
    rig.error = Failure(Trouble.BUSY, "an operator is moving it")
    await rig.job.look()
    await rig.job.look()
    assert len(rig.asked) == 1
    rig.now += AGAIN_SECONDS
    await rig.job.look()
    assert len(rig.asked) == 2


async def test_a_clock_that_was_set_back_does_not_stop_the_tests_for_ever(path):
    rig = Rig(path)
    await rig.job.look()
    rig.now -= 30 * 86400
    await rig.job.look()
    assert len(rig.asked) == 2


def test_without_cameras_or_with_odd_hours_the_config_is_refused():
    for wrong in ({"devices": ()}, {"devices": ("a",), "begin": "25:00"}, {"devices": ("a",), "every": "5m"}):
        with pytest.raises(ValidationError):
            PtzConfig(**wrong)


def test_a_damaged_file_is_begun_anew(path):
    path.write_text("{")
    assert FileReferences(path).get("dome-1") == {}
