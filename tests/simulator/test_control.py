import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.site import moved
from simulator.world import World
from tests.simulator.onvif_client import camera, client, own_network, session, site

ROOT = Path(__file__).parents[2]


def controlled(*devices):
    return World(moved(site(*devices), own_network()), control=("127.0.0.1", 0))


def command(*words):
    return [sys.executable, "-m", "simulator", *words]


@pytest.fixture
def start(tmp_path):
    """Start `python -m simulator run` and return the process and what it printed; all end with the test."""
    path = tmp_path / "site.yaml"
    path.write_text(
        "name: s\ndevices:\n- {id: cam-1, kind: camera, address: 127.20.0.1, onvif: {}}\n", "utf-8"
    )
    running = []

    def start(*words, **more):
        where = ("run", str(path), "--network", own_network())
        process = subprocess.Popen(
            command(*where, *words),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **more,
        )
        running.append(process)
        return process, json.loads(process.stdout.readline())

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def run(*words):
    return subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


async def test_the_site_is_told_without_its_secrets():
    async with controlled(camera()) as world, session() as http:
        async with http.get(f"{world.control.url}/site") as answer:
            text = await answer.text()
        told = json.loads(text)
        assert told["devices"][0]["id"] == "cam-1"
        assert told["devices"][0]["onvif"]["auth"] == "wsse"
        assert "off" in told["faults"]
        assert "made up" not in text


async def test_a_fault_is_switched_and_the_truth_tells_it():
    async with controlled(camera()) as world, session() as http:
        order = {"device": "cam-1", "fault": "black", "on": True, "strength": 0.5}
        async with http.post(f"{world.control.url}/faults", json=order) as answer:
            assert answer.status == 200
        assert world.board.strength("cam-1", "black") == 0.5
        async with http.post(f"{world.control.url}/faults", json={**order, "on": False}) as answer:
            assert answer.status == 200
        await client(http, world).login("SystemReboot")
        async with http.get(f"{world.control.url}/truth") as answer:
            truth = await answer.json()
        (entry,) = truth["faults"]
        assert (entry["device"], entry["fault"], entry["strength"]) == ("cam-1", "black", 0.5)
        assert entry["on_at"] <= entry["off_at"]
        counts = truth["devices"]["cam-1"]
        assert (counts["writes"], counts["refused_logins"], counts["max_in_flight"]) == (1, 0, 1)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{", "the body is not JSON"),
        ("[]", "the body needs device and fault"),
        ('{"device": "cam-1"}', "the body needs device and fault"),
        ('{"device": "cam-1", "fault": "off", "onn": true}', "the body needs device and fault"),
        ('{"device": 1, "fault": "off"}', "device and fault are names"),
        ('{"device": "cam-1", "fault": "off", "on": "yes"}', "on is true or false"),
        ('{"device": "cam-1", "fault": "off", "strength": "much"}', "strength is a number"),
        ('{"device": "cam-1", "fault": "off", "strength": true}', "strength is a number"),
        ('{"device": "cam-1", "fault": "off", "strength": -1}', "strength is above 0"),
        ('{"device": "cam-1", "fault": "off", "strength": NaN}', "strength is above 0"),
        ('{"device": "cam-1", "fault": "off", "strength": 1e9}', "strength is above 0"),
        ('{"device": "cam-1", "fault": "off", "strength": 1' + "0" * 400 + "}", "strength is above 0"),
        ("[" * 100_000, "the body is not JSON"),
        ('{"device": "cam-9", "fault": "off"}', "no device 'cam-9' on this site"),
        ('{"device": "cam-1", "fault": "earthquake"}', "no fault 'earthquake': choose one of off"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_with_the_reason(body, sentence):
    async with controlled(camera()) as world, session() as http:
        async with http.post(f"{world.control.url}/faults", data=body) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"].startswith(sentence)
        assert world.truth.entries == []


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/faults", 405)])
async def test_what_is_not_there_is_said_as_json_too(method, path, status):
    async with (
        controlled(camera()) as world,
        session() as http,
        http.request(method, f"{world.control.url}{path}") as answer,
    ):
        assert answer.status == status
        assert path in (await answer.json())["error"]


async def test_a_stop_is_passed_on():
    async with controlled(camera()) as world, session() as http:
        async with http.post(f"{world.control.url}/stop") as answer:
            assert answer.status == 200
        await asyncio.wait_for(world.stopping.wait(), 5)


def test_the_command_line_runs_a_site_switches_a_fault_and_tells_the_truth(start):
    process, ready = start()
    assert (ready["ready"], ready["devices"]) == (True, 1)
    switched = run("fault", "cam-1", "clock_offset", "on", "--strength", "2", "--control", ready["control"])
    assert switched.returncode == 0, switched.stderr
    truth = json.loads(run("truth", "--control", ready["control"]).stdout)
    assert [(e["fault"], e["strength"]) for e in truth["faults"]] == [("clock_offset", 2.0)]
    wrong = run("fault", "cam-2", "off", "on", "--control", ready["control"])
    assert (wrong.returncode, wrong.stderr.strip()) == (2, "no device 'cam-2' on this site")
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert process.stderr.read() == ""
    assert run("truth", "--control", ready["control"]).returncode == 1


def test_the_simulator_ends_when_its_standard_input_closes(start):
    process, _ = start("--with-parent", stdin=subprocess.PIPE)
    process.stdin.close()
    process.stdin = None  # else it is closed once more at the end
    assert process.wait(20) == 0


def test_the_simulator_ends_when_its_parent_is_killed(start, tmp_path):
    """A parent that is killed cannot tell anybody; its simulator must notice by itself."""
    script = (
        "import subprocess, sys, time\n"
        "pipes = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE}\n"
        "child = subprocess.Popen(sys.argv[1:], text=True, **pipes)\n"
        "print(child.pid, child.stdout.readline().strip(), flush=True)\n"
        "time.sleep(60)\n"
    )
    path = tmp_path / "site.yaml"
    words = command("run", str(path), "--network", own_network(), "--with-parent")
    parent = subprocess.Popen(
        [sys.executable, "-c", script, *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    child, ready = parent.stdout.readline().split(" ", 1)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    host, port = json.loads(ready)["control"].removeprefix("http://").split(":")
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex((host, int(port))) != 0:
                    break
            time.sleep(0.1)
        else:
            pytest.fail("the simulator outlived its parent")
    finally:
        if (
            Path(f"/proc/{child}/cmdline").exists()
            and b"simulator" in Path(f"/proc/{child}/cmdline").read_bytes()
        ):
            os.kill(int(child), signal.SIGKILL)


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ((), 2, "choose one: a site file, --demo, or --big N"),
        (("--demo", "--big", "3"), 2, "choose one"),
        (("--big", "0"), 2, "1 to 60000 devices"),
        (("--demo", "--network", "10.0.0.0"), 2, "10.0.0.0 is not within 127.0.0.0/8"),
        (("--demo", "--network", "127.0.0.9"), 2, "'127.0.0.9' is no network such as"),
        (("--demo", "--control", "0.0.0.0:1"), 2, "--control wants HOST:PORT on loopback"),
        (("/nothing.yaml",), 2, "No such file"),
    ],
)
def test_wrong_use_is_said_in_a_sentence_without_a_traceback(words, status, sentence):
    done = run("run", *words)
    assert (done.returncode, done.stdout) == (status, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_low_limit_of_open_files_is_raised():
    words = command("run", "--big", "200", "--network", own_network(), "--with-parent")
    limited = ["bash", "-c", 'ulimit -S -n 100 && exec "$@"', "bash", *words]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(limited, cwd=ROOT, text=True, **pipes) as process:
        ready = process.stdout.readline()
        _, errors = process.communicate(timeout=60)
    assert (json.loads(ready)["devices"], process.returncode, errors) == (200, 0, "")


def test_an_address_that_is_taken_ends_the_run_with_status_1(start):
    _, ready = start()
    taken = ready["control"].removeprefix("http://")
    done = run("run", "--big", "1", "--network", own_network(), "--control", taken)
    assert done.returncode == 1
    assert "control cannot listen" in done.stderr
