"""The delivered broker configurations, run by a real Mosquitto: Siteward's topics pass, others do not."""

import re
import shutil
import socket
import subprocess
import threading
import time

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.deploy.boards import DEPLOY
from tests.fixtures.mosquitto import HOST, free_port

pytestmark = pytest.mark.real
FOLDER = DEPLOY / "mosquitto"
NOT_AUTHORIZED = 0x87  # MQTT 5, PUBACK reason code


@pytest.fixture(params=["mosquitto.conf", "debian.conf"])
def broker(request, tmp_path):
    """Run Mosquitto with a delivered file, its port and paths moved here; return the port."""
    port = free_port()
    text = (FOLDER / request.param).read_text(encoding="utf-8")
    text = re.sub(r"^listener .*$", f"listener {port} {HOST}", text, flags=re.MULTILINE)
    text = text.replace("/mosquitto/data/", f"{tmp_path}/")
    text = re.sub(r"^acl_file .*$", f"acl_file {FOLDER / 'acl'}", text, flags=re.MULTILINE)
    (tmp_path / "conf").write_text(text + "user root\n")
    program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin")
    assert program, "mosquitto is not installed: apt-get install mosquitto"
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([program, "-c", str(tmp_path / "conf")], stdout=log, stderr=log)
    try:
        _wait(port, process, tmp_path / "log")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def _wait(port, process, log):
    until = time.monotonic() + 15
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())


def reason_of_publishing(port: int, topic: str) -> int:
    """Publish with QoS 1 and return the reason code of the broker's PUBACK."""
    answered, codes = threading.Event(), []

    def acknowledged(_client, _data, _mid, code, _properties):
        codes.append(code.value)
        answered.set()

    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.on_publish = acknowledged
    client.on_connect = lambda *_: client.publish(topic, b"x", qos=1)
    client.connect(HOST, port)
    client.loop_start()
    try:
        assert answered.wait(15), "the broker does not answer"
        return codes[0]
    finally:
        client.disconnect()
        client.loop_stop()


def test_sitewards_topics_pass(broker):
    assert reason_of_publishing(broker, "cctv/v1/riverside/agent/status") < 0x80


def test_other_topics_are_refused(broker):
    assert reason_of_publishing(broker, "cctv/v0/riverside/agent/status") == NOT_AUTHORIZED
