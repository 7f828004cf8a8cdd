"""The demo's broker: there when it is needed, gone when we are."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.sinks.broker import start_broker
from agent.sinks.mqtt import MqttSettings, MqttSink
from agent.store import Store
from tests.agent.store.made import T0, telemetry
from tests.fixtures.listener import listening

ROOT = Path(__file__).parents[3]

PARENT = """
import sys, time
from agent.sinks.broker import start_broker
broker = start_broker(prefer=sys.argv[1])
print(broker.process.pid, broker.port, flush=True)
time.sleep(600)
"""


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("prefer", [pytest.param("mosquitto", marks=pytest.mark.real), "amqtt"])
def test_messages_go_through_it_in_the_protocol_it_names(tmp_path, prefer):
    broker = start_broker(prefer=prefer)
    assert broker.name == prefer, f"{prefer} is not installed"
    store = Store.open(tmp_path / "s.db")
    store.add_messages([telemetry(n, f"cctv/v1/s1/cam-{n}/state") for n in range(20)])
    sink = MqttSink(store, MqttSettings("s1", port=broker.port, version=broker.protocol), boot=1, version="1")
    try:
        with listening(broker.port, "cctv/v1/s1/+/state", v5=broker.protocol == "5") as heard:
            sink.start()
            heard.wait(lambda h: len(h.messages) == 20)
        sink.stop()
        assert store.mqtt_queue(T0).pending == 0
    finally:
        store.close()
        broker.stop()
    assert not listens(broker.port)
    assert not broker.folder.exists()


@pytest.mark.parametrize("prefer", [pytest.param("mosquitto", marks=pytest.mark.real), "amqtt"])
def test_it_dies_with_a_parent_that_is_killed(prefer):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, prefer],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    pid, port = map(int, parent.stdout.readline().split())
    assert listens(port)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until = time.monotonic() + 10
    while listens(port):
        assert time.monotonic() < until, f"process {pid} outlived its parent"
        time.sleep(0.05)


def test_it_listens_on_loopback_only():
    with pytest.raises(ValueError, match="no loopback address"):
        start_broker("0.0.0.0")
