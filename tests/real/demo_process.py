"""`siteward demo` as a process of its own, and everything that it starts."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]


def start_demo(folder: Path, *arguments: str) -> subprocess.Popen:
    """Start a demo whose temporary files lie in `folder`."""
    # A shell has its jobs in the background deaf to Ctrl-C, and their children with them: undo it.
    hearing = ("env", "--default-signal=INT")
    return subprocess.Popen(
        [*hearing, sys.executable, "-m", "agent", "demo", *arguments],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def family(process: subprocess.Popen) -> dict[int, str]:
    """Return pid -> command line of everything a demo started, as of now."""
    found = {}
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            found[child.pid] = " ".join(child.cmdline())
        except psutil.NoSuchProcess:
            continue
    return found


def alive(pids) -> list[int]:
    """Return which of these still live."""
    return [
        pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    ]


def kinds(commands) -> set[str]:
    names = {
        "simulator run": "simulator",
        "mosquitto": "broker",
        "amqtt": "broker",
        "stream.worker": "decoder",
    }
    return {kind for command in commands for part, kind in names.items() if part in command}


def wait_gone(pids) -> None:
    until = time.monotonic() + 5
    while alive(pids) and time.monotonic() < until:
        time.sleep(0.1)
