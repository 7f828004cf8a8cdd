"""A demo that is ended before its time: by Ctrl-C, by a kill, by its simulator's death. Nothing of it stays behind.

How well it plays is judged in `test_agent_demo.py`, while nothing else runs; here nothing depends on how quick it is.
"""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.real.agent_process import wait
from tests.real.demo_process import alive, family, kinds, start_demo, wait_gone
from tests.simulator.rtsp_help import write_clip

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> Path:
    """What the cameras show where it does not matter: a scene takes seconds to paint."""
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "ramp.mp4")
    return folder


def begun(folder: Path, clips: Path) -> tuple[subprocess.Popen, dict[int, str]]:
    """Start a demo and wait until everything of it runs."""
    process = start_demo(folder, "--seconds", "75", "--json", "--clips", str(clips))
    parts = {"simulator", "broker", "decoder"}
    wait(lambda: kinds(family(process).values()) == parts, what="all parts of the demo")
    return process, family(process)


def test_kill_9_leaves_no_simulator_broker_or_decoder(tmp_path, clips):
    process, seen = begun(tmp_path, clips)
    process.kill()
    process.communicate(timeout=20)
    wait_gone(seen)
    assert {pid: seen[pid] for pid in alive(seen)} == {}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_an_interrupted_demo_clears_everything_away(tmp_path, clips, number):
    process, seen = begun(tmp_path, clips)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    wait_gone(seen)
    assert {pid: seen[pid] for pid in alive(seen)} == {}
    assert [*tmp_path.iterdir()] == []


def test_a_simulator_that_dies_ends_the_demo_with_1(tmp_path, clips):
    """What was never switched cannot be missed: a demo without its faults must not look like a good one."""
    process, seen = begun(tmp_path, clips)
    (simulator,) = [pid for pid, command in seen.items() if "simulator run" in command]
    os.kill(simulator, signal.SIGKILL)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the demo cannot run: the simulator does not switch any more" in stderr
    wait_gone(seen)
    assert alive(seen) == []
