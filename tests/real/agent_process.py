"""`siteward run` as a process of its own, and a subscriber that misses nothing."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.helpdesk.base import HelpdeskDown
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.tickets import Ticket
from agent.store import Reader
from tests.agent.site_rig import changed, samples, scrape

ROOT = Path(__file__).parents[2]
LOST = "cam-1/-/REACH_LOST"


def wait(is_so: Callable[[], Any], seconds: float = 90.0, what: str = "") -> Any:
    """Wait until something is so, and return it; fail after a generous while."""
    until = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < until, f"did not come true in {seconds:g} s: {what}"
        time.sleep(0.1)
    return found


@dataclass
class AgentProcess:
    """An agent over the config at `path`; everything it writes lies in the config's folder."""

    path: Path
    process: subprocess.Popen
    port: int = 0
    family: set[int] = field(default_factory=set)  # its own pid and those of all children ever seen

    @property
    def log(self) -> str:
        return self.path.with_name("stderr.log").read_text(errors="replace")

    def metrics(self) -> dict[tuple[str, str, str], float]:
        return dict(samples(scrape(self.port)))

    def metric(self, name: str, device: str = "", rest: str = "") -> float | None:
        return self.metrics().get((name, device, rest))

    def tickets(self) -> list[Ticket]:
        return tickets(self.path)

    def wait_ticket(self, key: str, *, is_open: bool = True) -> Ticket:
        def found():
            return [t for t in self.tickets() if t.key == f"test/{key}" and t.is_open is is_open]

        return wait(found, what=f"ticket {key}")[0]

    def wait_log(self, pattern: str, *, times: int = 1) -> None:
        wait(lambda: len(re.findall(pattern, self.log)) >= times, what=f"{pattern!r} in the log:\n{self.log}")

    def children(self) -> list[psutil.Process]:
        found = psutil.Process(self.process.pid).children(recursive=True)
        self.family |= {child.pid for child in found}
        return found

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM, seconds: float = 15.0) -> int:
        """Send a signal and wait for the exit status."""
        if self.process.poll() is None:
            self.children()
            self.send(number)
        return self.process.wait(seconds)

    def survivors(self) -> list[int]:
        """Return which of its children still live, after a moment."""
        until = time.monotonic() + 5
        while alive := [pid for pid in self.family if _is_alive(pid)]:
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        return alive


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def start(path: Path, **env: str) -> AgentProcess:
    """Start an agent and do not wait for anything."""
    port_file = path.with_name("port")
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "agent", "run", str(path), "--port-file", str(port_file)]
    with path.with_name("stderr.log").open("ab") as err:
        process = subprocess.Popen(command, cwd=ROOT, stderr=err, stdout=err, env={**os.environ, **env})
    return AgentProcess(path, process)


@contextmanager
def running(path: Path, **env: str) -> Iterator[AgentProcess]:
    """Run an agent that watches; it is ended by its pid, whatever happens."""
    agent = start(path, **env)
    port_file = path.with_name("port")
    try:
        wait(lambda: port_file.exists() or agent.process.poll() is not None, what="start")
        assert agent.process.poll() is None, f"it ended at once: {agent.log}"
        agent.port = int(wait(port_file.read_text))
        yield agent
    finally:
        if agent.process.poll() is None:
            agent.process.kill()
            agent.process.wait()


def tickets(path: Path) -> list[Ticket]:
    """Return all tickets of a site, oldest first, read beside the agent."""
    file = path.parent / "state" / "helpdesk.db"
    if not file.exists():
        return []
    try:
        with LocalHelpdesk.open(file) as desk:
            return desk.tickets()[::-1]
    except HelpdeskDown:  # it is being made at this moment, or a test damaged it: ask again
        return []


def ledger(path: Path) -> list:
    with Reader(path.parent / "state" / "siteward.db") as store:
        return store.incidents()


class Subscriber:
    """Hears every message, also those published while it is not connected: its session lasts at the broker."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.heard: list[tuple[str, bytes]] = []
        with self.listening() as client:  # the broker keeps the session from now on
            subscribed = []
            client.on_subscribe = lambda *_: subscribed.append(True)
            client.subscribe("cctv/#", qos=1)
            wait(lambda: subscribed)

    @contextmanager
    def listening(self) -> Iterator[Client]:
        client = Client(CallbackAPIVersion.VERSION2, client_id="noc", protocol=MQTTProtocolVersion.MQTTv5)
        client.on_message = lambda _c, _u, message: self.heard.append((message.topic, message.payload))
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = 3600
        client.connect("127.0.0.1", self._port, clean_start=False, properties=lasting)
        client.loop_start()
        try:
            wait(client.is_connected)
            yield client
        finally:
            client.disconnect()
            client.loop_stop()

    def bodies(self, ending: str = "") -> list[dict]:
        return [json.loads(payload) for topic, payload in list(self.heard) if ending in topic and payload]


def mqtt(path, broker):
    """Let the site tell a broker, and listen there."""
    changed(path, mqtt={"host": broker.host, "port": broker.port})
    return Subscriber(broker.port)
