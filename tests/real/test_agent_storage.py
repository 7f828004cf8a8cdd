"""`siteward run` as a process while broker, disk or a file of its own fail it: nothing lost, nothing doubled."""

import resource
import signal
import time

import pytest

from tests.agent.site_rig import changed
from tests.fixtures.mosquitto import free_port
from tests.real.agent_process import LOST, mqtt, running, wait

pytestmark = pytest.mark.real


def test_while_the_broker_is_away_the_agent_goes_on_and_loses_no_message(sim, path, broker):
    noc = mqtt(path, broker)
    with running(path) as agent:
        wait(lambda: agent.metric("cctv_mqtt_connected") == 1)
        broker.stop()
        with sim.fault("cam-1", "off"):
            agent.wait_ticket(LOST)
            assert agent.metric("cctv_mqtt_connected") == 0
            assert agent.metric("cctv_outbox_pending", "", "mqtt") > 0
        agent.wait_ticket(LOST, is_open=False)
        broker.start()
        wait(lambda: agent.metric("cctv_mqtt_connected") == 1)
        wait(lambda: agent.metric("cctv_outbox_pending", "", "mqtt") == 0)
        assert agent.end() == 0
    with noc.listening():
        wait(lambda: [b["status"] for b in noc.bodies("agent/status")][-1:] == ["offline"])
    sequence = {body["seq"] for body in noc.bodies() if "seq" in body}
    assert sequence == set(range(1, max(sequence) + 1))
    assert [b["status"] for b in noc.bodies("/incident/")] == ["open", "closed"]


def test_a_broker_that_was_never_there_does_not_hold_up_the_stop(path):
    changed(path, mqtt={"host": "127.0.0.1", "port": free_port()})
    with running(path) as agent:
        agent.wait_log("mqtt down")
        began = time.monotonic()
        assert agent.end() == 0
        assert time.monotonic() - began < 10


def test_a_disk_that_takes_no_more_is_told_and_loses_no_ticket(sim, path):
    """The kernel refuses every write beyond the first byte, as a full disk does; at the end it takes them again."""
    with running(path) as agent:
        wait(lambda: agent.metric("cctv_device_up", "cam-1") == 1)
        assert agent.metric("cctv_agent_store_ok") == 1
        whole = resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, (1, whole[1]))
        wait(lambda: agent.metric("cctv_agent_store_ok") == 0)
        with sim.fault("cam-1", "off"):
            wait(lambda: agent.metric("cctv_incidents_open", "", "S3") == 1)
            assert agent.metric("cctv_device_up", "cam-1") == 0
            assert agent.metric("cctv_device_up", "cam-2") == 1
            assert agent.metric("cctv_outbox_pending", "", "helpdesk") == 1
            resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, whole)
            assert agent.end() == 0
            agent.wait_log("store is back on disk")
            with running(path) as after:
                after.wait_ticket(LOST)
                assert len(after.tickets()) == 1
                assert after.metric("cctv_agent_store_ok") == 1


def test_a_damaged_database_is_told_and_the_agent_watches_all_the_same(sim, path):
    (path.parent / "state").mkdir()
    (path.parent / "state" / "siteward.db").write_bytes(b"this was a database once" * 200)
    with running(path) as agent, sim.fault("cam-1", "off"):
        agent.wait_log(r"siteward\.db is damaged .*move it away or restore a backup")
        assert agent.metric("cctv_agent_store_ok") == 0
        agent.wait_ticket(LOST)
        assert agent.end() == 0


def test_a_deleted_database_begins_anew(sim, path):
    with running(path) as agent:
        wait(lambda: agent.metric("cctv_device_up", "cam-1") == 1)
        agent.end(signal.SIGKILL)
    for file in (path.parent / "state").glob("siteward.db*"):
        file.unlink()
    with running(path) as agent, sim.fault("cam-1", "off"):
        agent.wait_ticket(LOST)
        assert agent.metric("cctv_agent_store_ok") == 1


def test_tickets_wait_while_their_file_is_damaged(sim, path):
    (path.parent / "state").mkdir()
    (path.parent / "state" / "helpdesk.db").write_bytes(b"these were tickets once" * 200)
    with running(path) as agent, sim.fault("cam-1", "off"):
        agent.wait_log(r"helpdesk down.*helpdesk\.db cannot be used")
        assert agent.metric("cctv_outbox_pending", "", "helpdesk") > 0
        assert agent.end() == 0
        for file in (path.parent / "state").glob("helpdesk.db*"):
            file.unlink()
        with running(path) as after:
            after.wait_ticket(LOST)
    assert "Traceback" not in agent.log
