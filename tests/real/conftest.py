"""The site of two cameras and a UPS that the tests of the agent's process run on, and its broker."""

import pytest

from tests.agent.cli_rig import simulated
from tests.agent.site_rig import camera, site, ups, written
from tests.fixtures.mosquitto import mosquitto


@pytest.fixture
def sim():
    with simulated(site(camera(1), camera(2), ups())) as sim:
        yield sim


@pytest.fixture
def path(sim, tmp_path):
    return written(tmp_path, sim.world.site)


@pytest.fixture
def broker(tmp_path):
    with mosquitto(tmp_path / "broker", ["max_queued_messages 0"]) as broker:
        yield broker
