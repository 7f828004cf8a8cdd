"""`siteward demo`, as everybody runs it: every fault has its ticket, no ticket is false, nothing stays behind."""

import json
import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.demo.plan import ACTS
from tests.real.demo_process import alive, family, kinds, start_demo, wait_gone

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

KEYS = {
    "devices",
    "reports",
    "faults_injected",
    "tickets",
    "missed",
    "false",
    "mqtt_messages",
    "prometheus_series",
}


@dataclass
class Show:
    """A demo that ran to its end."""

    status: int
    stdout: str
    stderr: str
    seen: dict[int, str]
    left: list[int]
    files: list[Path]

    @property
    def result(self) -> dict:
        return json.loads(self.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def show(tmp_path_factory) -> Show:
    """Play the demo; once more where others wanted the processors too: they are part of what it measures."""
    played = play(tmp_path_factory.mktemp("demo"))
    if played.status == 1 and os.getloadavg()[1] > (os.cpu_count() or 1):
        played = play(tmp_path_factory.mktemp("demo"))
    return played


def play(folder: Path) -> Show:
    process = start_demo(folder, "--seconds", "90", "--json")
    seen: dict[int, str] = {}
    try:
        until = time.monotonic() + 400  # it paints, and is commissioned, first
        while process.poll() is None and time.monotonic() < until:
            seen |= family(process)
            time.sleep(1)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    wait_gone(seen)
    return Show(process.returncode, stdout, stderr, seen, alive(seen), [*folder.iterdir()])


def test_the_last_line_is_json_with_what_happened(show):
    assert set(show.result) >= KEYS
    assert show.result["devices"] == 17
    assert show.result["reports"] > 500
    assert show.result["mqtt_messages"] > 100
    assert show.result["prometheus_series"] > 500


def test_every_planned_fault_was_injected(show):
    injected = [(one["device"], one["fault"]) for one in show.result["faults_injected"]]
    assert sorted(injected) == sorted((act.device, act.fault) for act in ACTS)
    assert all(0 <= one["at_s"] <= 90 for one in show.result["faults_injected"])


def test_no_fault_is_missed(show):
    assert show.result["missed"] == []


def test_no_ticket_is_false(show):
    assert show.result["false"] == []
    assert len(show.result["tickets"]) == sum(bool(act.expected) for act in ACTS)


def test_the_demo_ends_well(show):
    assert show.status == 0
    assert show.stderr == ""


def test_the_dead_switch_is_one_ticket_with_its_eight_cameras(show):
    tickets = [ticket for ticket in show.result["tickets"] if ticket["device"] == "sw-1"]
    assert [ticket["fault"] for ticket in tickets] == ["REACH_LOST"]
    # The recorder says that it lost the picture of a channel: that is part of it too.
    assert set(tickets[0]["children"]) - {"nvr-1"} == {f"cam-0{n}" for n in range(1, 9)}
    lost = Counter(t["device"] for t in show.result["tickets"] if t["fault"] == "REACH_LOST")
    assert lost == {"sw-1": 1, "cam-09": 1}


def test_every_ticket_says_when_it_opened_and_single_faults_are_resolved(show):
    for ticket in show.result["tickets"]:
        assert set(ticket) >= {"key", "device", "fault", "opened_after_s", "children"}
        assert 0 < ticket["opened_after_s"] < 60
    quick = {"REACH_LOST", "CLOCK_OFFSET", "DISK_FAILED", "POWER_BATTERY"}
    over = [t for t in show.result["tickets"] if t["fault"] in quick and t["device"] != "sw-1"]
    assert over
    assert all(ticket["resolved"] for ticket in over)


def test_it_ran_the_real_things_and_left_no_process_and_no_file(show):
    assert kinds(show.seen.values()) == {"simulator", "broker", "decoder"}
    assert show.left == []
    assert show.files == []
