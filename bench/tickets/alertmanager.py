"""The same storm, flapping and outage through Alertmanager with a plain webhook-to-ticket receiver.

Alertmanager runs in its own time, so the plan is squeezed: a minute is `MINUTE` seconds, its intervals with
it (group_wait 30 s, group_interval 5 min, as its documentation has them). Alerts are grouped per fault and
device, and a dead switch inhibits its cameras, as users do it. The receiver is what the small bridges are: an
open ticket per alert group, a comment for each further word, closed when it is resolved.
"""

import http.client
import json
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.tickets.outage import episodes, is_bad

PROGRAM = "prometheus-alertmanager"
HINT = f"Alertmanager is not there: apt-get install {PROGRAM} (0.25), or --skip-alertmanager"
MINUTE = 0.05
CONFIG = """
route:
  receiver: tickets
  group_by: [alertname, device]
  group_wait: {wait}ms
  group_interval: {interval}ms
  repeat_interval: 4h
receivers:
  - name: tickets
    webhook_configs:
      - url: http://127.0.0.1:{port}/
        send_resolved: true
inhibit_rules:
  - source_matchers: [alertname = SwitchDown]
    target_matchers: [alertname = CameraDown]
    equal: [switch]
"""


@dataclass
class Tickets:
    """The receiver's tickets: by alert group, open or closed."""

    is_down: bool = False
    made: list[str] = field(default_factory=list)
    comments: int = 0
    open: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, told: dict[str, Any]) -> bool:
        """Take one notification; False while the helpdesk is down."""
        with self.lock:
            if self.is_down:
                return False
            key, firing = str(told["groupKey"]), told["status"] == "firing"
            if firing and key not in self.open:
                self.open[key] = str(told["commonLabels"].get("device", ""))
                self.made.append(key)
            elif key in self.open:
                self.comments += 1
            if not firing:
                self.open.pop(key, None)
            return True


class Manager:
    """A running Alertmanager to which alerts are posted as Prometheus does."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def tell(self, alerts: Sequence[tuple[dict[str, str], bool]]) -> None:
        """Post alerts: labels, and whether each is firing."""
        now = datetime.now(UTC)
        ahead = timedelta(seconds=4 * MINUTE)
        body = [
            {
                "labels": labels,
                "startsAt": (now - timedelta(seconds=MINUTE)).isoformat(),
                "endsAt": (now + ahead if firing else now).isoformat(),
            }
            for labels, firing in alerts
        ]
        headers = {"content-type": "application/json"}
        self._connection.request("POST", "/api/v2/alerts", json.dumps(body), headers)
        answer = self._connection.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"Alertmanager answers {answer.status} to alerts")


def compare(cameras: int, flaps: int, faults: int, hours: float, seed: int) -> dict[str, Any]:
    """Return storm, flap and outage as the ours are counted."""
    return {
        "storm_tickets": _storm(cameras),
        "flap": _flap(flaps),
        "outage": _outage(faults, hours, seed),
    }


def _storm(cameras: int) -> int:
    with _running() as (manager, tickets):
        lost = [
            ({"alertname": "CameraDown", "device": f"c{n}", "switch": "sw-1"}, True) for n in range(cameras)
        ]
        # A camera and its switch are found by rules of equal `for`; which is evaluated first is chance.
        switch = ({"alertname": "SwitchDown", "device": "sw-1", "switch": "sw-1"}, True)
        half = cameras // 2
        for minute in range(8):
            manager.tell(lost[:half] if not minute else [*lost, switch])
            time.sleep(MINUTE)
        time.sleep(10 * MINUTE)
        return len(tickets.made)


def _flap(times: int) -> dict[str, int]:
    with _running() as (manager, tickets):
        labels = _camera_down(1, "sw-1")
        for _ in range(times):
            for firing in (True, False):
                for _ in range(5):
                    manager.tell([(labels, firing)])
                    time.sleep(MINUTE)
        time.sleep(20 * MINUTE)
        return {"tickets": len(tickets.made), "comments": tickets.comments}


def _outage(faults: int, hours: float, seed: int) -> dict[str, int]:
    plan = episodes(faults, hours, random.Random(seed))
    with _running() as (manager, tickets):
        tickets.is_down = True
        since: set[int] = set()
        for minute in range(round(hours * 60)):
            since = _minute(manager, plan, minute, since)
        end = {f"c{n}" for n in range(faults) if is_bad(plan[n], hours * 60)}
        tickets.is_down = False
        for _ in range(60):
            since = _minute(manager, plan, hours * 60, since)
        open_now = list(tickets.open.values())
        return {"missing": len(end - set(open_now)), "extra": len(open_now) - len(set(open_now) & end)}


def _camera_down(number: int, switch: str) -> dict[str, str]:
    return {"alertname": "CameraDown", "device": f"c{number}", "switch": switch}


def _minute(manager: Manager, plan: Sequence[Any], minute: float, before: set[int]) -> set[int]:
    began = time.monotonic()
    bad = {n for n, times in enumerate(plan) if is_bad(times, minute)}
    told = [
        ({"alertname": "CameraDown", "device": f"c{n}", "switch": f"s{n}"}, n in bad)
        for n in sorted(bad | before)
    ]
    manager.tell(told)
    time.sleep(max(0.0, MINUTE - (time.monotonic() - began)))
    return bad


@contextmanager
def _running() -> Iterator[tuple[Manager, Tickets]]:
    program = shutil.which(PROGRAM) or shutil.which("alertmanager")
    if program is None:
        raise SystemExit(HINT)
    tickets = Tickets()
    with tempfile.TemporaryDirectory() as name, _receiver(tickets.take) as port:
        folder, own = Path(name), _free_port()
        config = folder / "alertmanager.yml"
        wait, interval = round(500 * MINUTE), round(5000 * MINUTE)
        config.write_text(CONFIG.format(wait=wait, interval=interval, port=port), encoding="utf-8")
        command = [program, f"--config.file={config}", f"--storage.path={folder / 'data'}"]
        command += [f"--web.listen-address=127.0.0.1:{own}", "--cluster.listen-address=", "--log.level=error"]
        with (folder / "log").open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            _wait(own, process)
            yield Manager(own), tickets
        finally:
            process.kill()
            process.wait(10)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if process.poll() is not None:
            raise SystemExit("Alertmanager ended at once")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("Alertmanager did not start")


@contextmanager
def _receiver(take: Callable[[dict[str, Any]], bool]) -> Iterator[int]:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200 if take(json.loads(body)) else 503)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
