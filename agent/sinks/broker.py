"""A broker of our own, for the demo: Mosquitto where it is installed, else the one written in Python.

It listens on loopback only, keeps nothing, lets everybody in, and ends with us, however we end.
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Literal

from agent.sinks.leash import Process, start_leashed

_AMQTT: Final = Path(__file__).with_name("amqtt_broker.py")
_START_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 5.0
_DEBIAN_SBIN: Final = "/usr/sbin"  # where Debian puts it; not in everybody's PATH


class BrokerError(Exception):
    """No broker could be started; the message says why."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker. `protocol` is what to speak to it: the Python one hangs up silently on MQTT 5."""

    host: str
    port: int
    protocol: Literal["5", "3.1.1"]
    name: str
    process: Process
    folder: Path

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def start_broker(host: str = "127.0.0.1", port: int = 0, *, prefer: str = "mosquitto") -> Broker:
    """Start a broker on a loopback address and wait until it answers; port 0 takes a free one.

    Args:
        host: a loopback address.
        port: where it listens.
        prefer: `mosquitto` where it is installed, or `amqtt` in any case.

    Raises:
        BrokerError: it did not come up. ValueError: the address is not loopback.
    """
    if not ip_address(host).is_loopback:
        raise ValueError(f"{host} is no loopback address: this broker asks nobody for a password")
    port = port or _free_port(host)
    folder = Path(tempfile.mkdtemp(prefix="siteward-broker-"))
    found = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:{_DEBIAN_SBIN}")
    if found and prefer == "mosquitto":
        program, name = [found, "-c", str(_mosquitto_file(folder, host, port))], "mosquitto"
    else:
        program, name = [sys.executable, "-P", str(_AMQTT), host, str(port)], "amqtt"
    process = start_leashed(program)
    broker = Broker(host, port, "5" if name == "mosquitto" else "3.1.1", name, process, folder)
    try:
        _wait(broker)
    except BrokerError:
        broker.stop()
        raise
    return broker


def _mosquitto_file(folder: Path, host: str, port: int) -> Path:
    # Mosquitto started by root changes its user, and a change of user takes the leash off.
    with suppress(KeyError):
        user = pwd.getpwuid(os.geteuid()).pw_name
        lines = [f"user {user}"]
    lines += [f"listener {port} {host}", "allow_anonymous true", "persistence false"]
    file = folder / "mosquitto.conf"
    file.write_text("\n".join(lines) + "\n", encoding="ascii")
    return file


def _free_port(host: str) -> int:
    with socket.socket() as sock:
        sock.bind((host, 0))
        return int(sock.getsockname()[1])


def _wait(broker: Broker) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if broker.process.poll() is not None:
            raise BrokerError(f"{broker.name} ended at once with status {broker.process.returncode}")
        with suppress(OSError), socket.create_connection((broker.host, broker.port), timeout=1.0):
            return
        time.sleep(0.05)
    raise BrokerError(f"{broker.name} did not listen on {broker.host}:{broker.port}")
