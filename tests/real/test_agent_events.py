"""Event subscriptions of the agent as a process: one at the device through kills and restarts, none after a stop."""

import signal

import pytest

from simulator.site import OnvifSpec
from tests.agent.cli_rig import simulated
from tests.agent.site_rig import FAST, camera, site, written
from tests.real.agent_process import running, wait

pytestmark = pytest.mark.real

EVENTS = {**FAST["schedule"], "onvif_events": {"every": 0.5, "deadline": 3}}


def test_kills_leave_one_subscription_and_a_stop_leaves_none(tmp_path):
    with simulated(site(camera(1, onvif=OnvifSpec(auth="both", max_pull_points=2)))) as sim:
        server = sim.world.servers["cam-1", "onvif"]
        path = written(tmp_path, sim.world.site, schedule=EVENTS)
        book = path.parent / "state" / "subscriptions.jsonl"
        for _ in range(2):
            with running(path) as agent:
                wait(lambda: server.counts["subscriptions"] >= 1, what="a subscription")
                wait(book.read_text, what="it is in the book")
                agent.end(signal.SIGKILL)
            assert server.counts["subscriptions"] == 1
        with running(path) as agent:
            wait(lambda: agent.metric("cctv_check_success", "cam-1", "onvif_events") == 1, what="a pull")
            assert server.counts["subscriptions"] == 1
            assert agent.end() == 0
        assert server.counts["subscriptions"] == 0
        assert server.counts["refused_logins"] == 0
