"""The agent tells systemd that it is ready, alive and stopping, over a real datagram socket."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from agent.notify import Notifier
from agent.serve import _until

SITE = """
site: tiny
state_dir: state
icmp: false
web: {port: 0}
"""


@pytest.fixture
def systemd(tmp_path):
    """Return a socket such as systemd listens on, and its address."""
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        listener.settimeout(30)
        yield listener, address


def test_states_go_out_in_the_form_that_systemd_reads(systemd):
    listener, address = systemd
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000000"})
    notifier.ready("watching 3 devices")
    notifier.alive()
    notifier.stopping()
    assert [listener.recv(200) for _ in range(3)] == [
        b"READY=1\nSTATUS=watching 3 devices", b"WATCHDOG=1", b"STOPPING=1",
    ]  # fmt: skip
    assert notifier.watchdog_seconds == 60.0


def test_an_abstract_socket_is_reached_too():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0siteward-test-{os.getpid()}")
        listener.settimeout(10)
        Notifier({"NOTIFY_SOCKET": f"@siteward-test-{os.getpid()}"}).alive()
        assert listener.recv(200) == b"WATCHDOG=1"


@pytest.mark.parametrize(
    "environ", [{}, {"NOTIFY_SOCKET": "/nowhere/notify"}], ids=["no systemd", "it is gone"]
)
def test_without_systemd_nothing_happens(environ):
    notifier = Notifier(environ)
    notifier.ready("x")
    notifier.alive()
    assert notifier.watchdog_seconds is None


@pytest.mark.parametrize("usec", ["", "soon", "-1"])
def test_an_unreadable_watchdog_time_is_none(usec):
    assert Notifier({"WATCHDOG_USEC": usec}).watchdog_seconds is None


def test_a_supervisor_that_does_not_read_does_not_hold_up_the_agent(systemd):
    _, address = systemd
    notifier = Notifier({"NOTIFY_SOCKET": address})
    for _ in range(2000):  # more than the socket's queue holds; a blocking send would stop here for ever
        notifier.alive()


async def test_an_agent_that_is_stuck_does_not_feed_the_watchdog(systemd):
    listener, address = systemd
    notifier = Notifier({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "60000"})
    stop, problem = asyncio.Event(), ""
    waiting = asyncio.create_task(_until(stop, lambda: problem, notifier))
    assert await asyncio.to_thread(listener.recv, 200) == b"WATCHDOG=1"
    problem = "no progress for 30 s: pipeline"
    await asyncio.sleep(0.1)
    listener.setblocking(False)
    _drain(listener)
    await asyncio.sleep(0.3)
    assert _drain(listener) == []
    stop.set()
    await waiting


@pytest.mark.real
def test_a_running_agent_says_ready_then_alive_then_stopping(systemd, tmp_path):
    listener, address = systemd
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "devices.csv").write_text("id,kind,host,tcp_ports\ncam-1,camera,127.93.0.1,9\n")
    port_file = tmp_path / "port"
    process = subprocess.Popen(
        [sys.executable, "-m", "agent", "run", str(tmp_path / "site.yaml"), "--port-file", str(port_file)],
        env={**os.environ, "NOTIFY_SOCKET": address, "WATCHDOG_USEC": "900000"},
        stderr=(tmp_path / "log").open("wb"),
    )
    try:
        assert listener.recv(200) == b"READY=1\nSTATUS=watching 1 devices"
        assert port_file.read_text().isdigit(), "ready means that it serves"
        for _ in range(3):
            assert listener.recv(200) == b"WATCHDOG=1"
        process.send_signal(signal.SIGTERM)
        assert _last_of(listener) == b"STOPPING=1"
        assert process.wait(20) == 0, (tmp_path / "log").read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)


def _drain(listener: socket.socket) -> list[bytes]:
    """Return what waits in a socket that does not block."""
    found = []
    with contextlib.suppress(BlockingIOError):
        while True:
            found.append(listener.recv(200))
    return found


def _last_of(listener: socket.socket) -> bytes:
    """Return the first message that is not the watchdog's."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        said = listener.recv(200)
        if said != b"WATCHDOG=1":
            return said
    raise AssertionError("nothing but WATCHDOG=1")
