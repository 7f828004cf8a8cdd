"""The tickets bench on a small site: it counts what it says."""

import random

import pytest

from bench.tickets import ours
from bench.tickets.outage import QUIET_MINUTES, episodes, is_bad


async def test_a_switch_that_takes_its_cameras_along_is_one_ticket():
    assert await ours.storm(12) == 1


async def test_after_an_outage_exactly_the_true_faults_have_tickets():
    assert await ours.outage(12, 1.5, seed=3) == {"missing": 0, "extra": 0}


@pytest.mark.parametrize("seed", range(5))
def test_nothing_changes_shortly_before_the_end_of_the_plan(seed):
    for times in episodes(50, 8.0, random.Random(seed)):
        assert is_bad(times, 480.0) is is_bad(times, 480.0 - QUIET_MINUTES)
        assert all(until - since >= 10 for since, until in times)
