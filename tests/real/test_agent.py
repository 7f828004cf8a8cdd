"""`siteward run` as a process: stops, kills, bad input. Nothing lost, nothing doubled, nothing left."""

import contextlib
import json
import signal
import socket
import time

import pytest

from simulator.site import RtspSpec
from tests.agent.cli_rig import process, simulated
from tests.agent.site_rig import FAST, camera, changed, site, written
from tests.real.agent_process import LOST, ledger, mqtt, running, start, tickets, wait

pytestmark = pytest.mark.real

SMALL = RtspSpec(main=(320, 180), sub=(320, 180), fps=8)
WITH_STREAM = {**FAST["schedule"], "stream": {"every": 2, "deadline": 15}}


# ---------------------------------------------------------------- stops and kills


def test_sigterm_ends_it_cleanly_with_its_decoders_and_says_offline(tmp_path, broker):
    with simulated(site(camera(1, rtsp=SMALL))) as sim:
        path = written(tmp_path, sim.world.site, schedule=WITH_STREAM)
        noc = mqtt(path, broker)
        with running(path) as agent:
            wait(lambda: agent.metric("cctv_stream_fps", "cam-1", "sub"), what="a stream was looked at")
            assert agent.children(), "there is no decoder process"
            began = time.monotonic()
            assert agent.end() == 0
            assert time.monotonic() - began < 10
            assert agent.survivors() == []
    with noc.listening():
        wait(lambda: [b["status"] for b in noc.bodies("agent/status")] == ["online", "offline"])
    assert "stopping site=test" in agent.log
    assert "Traceback" not in agent.log


def test_sigint_ends_it_cleanly_too(path):
    with running(path) as agent:
        assert agent.end(signal.SIGINT) == 0
    assert "Traceback" not in agent.log


def test_kill_9_leaves_no_decoder_behind(tmp_path):
    with simulated(site(camera(1, rtsp=SMALL))) as sim:
        path = written(tmp_path, sim.world.site, schedule=WITH_STREAM)
        with running(path) as agent:
            wait(agent.children, what="a decoder process")
            agent.end(signal.SIGKILL)
            assert agent.survivors() == []


def test_kill_9_and_restart_make_no_second_ticket_and_lose_none(sim, path, broker):
    """The agent is killed again and again while faults come and go; then every fault has one ticket."""
    noc = mqtt(path, broker)
    with sim.fault("cam-1", "off"):
        with running(path) as agent:
            agent.wait_ticket(LOST)
            agent.end(signal.SIGKILL)
        with sim.fault("ups-1", "on_battery"):
            for seconds in (1.0, 2.2):
                with running(path) as agent:
                    time.sleep(seconds)
                    agent.end(signal.SIGKILL)
            with running(path) as agent:
                agent.wait_ticket("ups-1/-/POWER_BATTERY")
                agent.wait_ticket(LOST)
                keys = sorted(ticket.key for ticket in agent.tickets())
                assert keys == ["test/cam-1/-/REACH_LOST", "test/ups-1/-/POWER_BATTERY"]
                agent.end(signal.SIGKILL)
    with running(path) as agent:
        agent.wait_ticket(LOST, is_open=False)
        agent.wait_ticket("ups-1/-/POWER_BATTERY", is_open=False)
        wait(lambda: agent.metric("cctv_outbox_pending", "", "mqtt") == 0)
        assert agent.end() == 0
    assert [entry.generation for entry in ledger(path)] == [1, 1]
    assert len(tickets(path)) == 2
    with noc.listening():
        wait(lambda: [b["status"] for b in noc.bodies("agent/status")][-1:] == ["offline"])
    told = {(b["key"], b["status"]) for b in noc.bodies("/incident/")}
    assert told == {(f"test/{k}", s) for k in (LOST, "ups-1/-/POWER_BATTERY") for s in ("open", "closed")}
    boots = [b["boot"] for b in noc.bodies("agent/status") if b["status"] == "online"]
    assert boots == sorted(boots)


# ---------------------------------------------------------------- refusals at the start


def test_a_bad_config_ends_with_2_and_every_problem(path):
    changed(path, colour="blue", stream_workers="many", timezone="Mars/Olympus")
    done = process("run", path)
    assert done.returncode == 2
    for wrong in ("colour: unknown key", "stream_workers", "Mars/Olympus"):
        assert wrong in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_ends_with_1_and_says_which(path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        changed(path, web={"port": port})
        done = process("run", path)
    assert done.returncode == 1
    assert f"the metrics page cannot listen on 127.0.0.1:{port}: Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_folder_that_cannot_be_made_ends_with_1(path):
    (path.parent / "file").write_text("")
    changed(path, state_dir="file/state")
    done = process("run", path)
    assert done.returncode == 1
    assert "the state folder" in done.stderr
    assert "cannot be made" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_agent_on_the_same_state_folder_ends_with_1_and_the_first_goes_on(path):
    with running(path) as agent:
        done = process("run", path)
        assert done.returncode == 1
        assert "in use by another siteward" in done.stderr
        assert "Traceback" not in done.stderr
        assert agent.metric("cctv_agent_store_ok") == 1


# ---------------------------------------------------------------- SIGHUP, systemd


def test_sighup_takes_a_new_inventory_and_keeps_the_old_one_when_it_is_broken(sim, path):
    table = path.with_name("devices.csv")
    rows = table.read_text().splitlines()
    with running(path) as agent, sim.fault("cam-2", "off"):
        agent.wait_ticket("cam-2/-/REACH_LOST")
        table.write_text("\n".join([*rows[:2], rows[1], "x,y"]) + "\n")
        agent.send(signal.SIGHUP)
        agent.wait_log("inventory not taken, the old one stays.*row 3, column id.*stands in row 2 already")
        assert agent.metric("cctv_agent_devices") == 3
        table.write_text("\n".join(rows[:2] + rows[3:]) + "\n")  # without cam-2
        agent.send(signal.SIGHUP)
        agent.wait_log("inventory taken devices=2")
        assert agent.metric("cctv_agent_devices") == 2
        agent.wait_ticket("cam-2/-/REACH_LOST", is_open=False)
        assert [key for key in agent.metrics() if key[1] == "cam-2"] == []
        table.unlink()
        agent.send(signal.SIGHUP)
        agent.wait_log("inventory not taken, the old one stays.*cannot be read")
        assert agent.end() == 0
    assert "Traceback" not in agent.log


def test_sighup_during_the_start_is_no_end(path):
    agent = start(path)
    try:
        wait(lambda: path.with_name("stderr.log").exists())
        for _ in range(20):
            time.sleep(0.1)
            if path.with_name("port").exists():
                break
        agent.send(signal.SIGHUP)
        wait(path.with_name("port").exists)
        assert agent.process.poll() is None
        assert agent.end() == 0
    finally:
        agent.end(signal.SIGKILL)


def test_systemd_hears_ready_then_alive_then_stopping(path, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(20)
        with running(path, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="1500000") as agent:
            said = [supervisor.recv(100).split(b"\n")[0] for _ in range(3)]
            assert agent.end() == 0
        supervisor.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                said.append(supervisor.recv(100))
    assert said[0] == b"READY=1"
    assert said[1] == b"WATCHDOG=1"
    assert said[-1] == b"STOPPING=1"


def test_logs_as_json_are_one_object_a_line(path):
    with running(path, SITEWARD_LOG="json") as agent:
        assert agent.end() == 0
    lines = [json.loads(line) for line in agent.log.splitlines()]
    assert any(line["event"].startswith("watching site=test") for line in lines)


def test_a_device_moved_to_another_address_is_found_there(sim, path):
    """A row that changed while the agent runs: the old address is asked no more."""
    table = path.with_name("devices.csv")
    good = table.read_text()
    host = sim.world.site.device("cam-1").address
    table.write_text(good.replace(host, host.rpartition(".")[0] + ".77"))
    with running(path) as agent:
        agent.wait_ticket(LOST)
        table.write_text(good)
        agent.send(signal.SIGHUP)
        agent.wait_ticket(LOST, is_open=False)
        assert agent.metric("cctv_device_up", "cam-1") == 1
