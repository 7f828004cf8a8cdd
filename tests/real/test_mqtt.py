"""The sink against a real Mosquitto: birth and will, outages, kills, refusals."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.sinks.mqtt import MqttSettings, MqttSink, Tls
from agent.store import Store
from models.facts import Secret
from tests.agent.store.made import T0, event, telemetry
from tests.fixtures.listener import listening
from tests.fixtures.mosquitto import mosquitto

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
STATUS = "cctv/v1/s1/agent/status"
PASSWORD = "hunter2-very-secret"

AGENT = """
import sys, time
from pathlib import Path
from agent.sinks.mqtt import MqttSettings, MqttSink
from agent.store import Store
from tests.agent.store.made import *

folder, port, first, version = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
store = Store.open(folder / "siteward.db")
sink = MqttSink(store, MqttSettings("s1", port=port, version=version, retry_first=0.1, retry_most=0.3),
                boot=1, version="1")
sink.start()
for n in range(first, first + 100000):
    store.add_messages([event(n, f"cctv/v1/s1/cam-{n % 7}/event")])
    print(n, flush=True)
    time.sleep(0.002)
"""


@pytest.fixture
def broker(tmp_path):
    with mosquitto(tmp_path / "broker") as running:
        yield running


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "siteward.db")
    yield store
    store.close()


@pytest.fixture
def sink_to(store):
    sinks = []

    def start(port, **more):
        given = MqttSettings("s1", port=port, retry_first=0.1, retry_most=0.5, **more)
        sink = MqttSink(store, given, boot=1, version="1")
        sink.start()
        sinks.append(sink)
        return sink

    yield start
    for sink in sinks:
        sink.stop()


def wait(true, what):
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until, what()
        time.sleep(0.02)


def drained(sink):
    wait(lambda: sink.stats(T0).pending == 0, lambda: sink.stats(T0))


def statuses(heard):
    return [json.loads(payload)["status"] for payload in heard.on(STATUS)]


def start_agent(folder, port, first=0, version="5"):
    return subprocess.Popen(
        [sys.executable, "-c", AGENT, str(folder), str(port), str(first), version],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process):
    """Kill it and return all the numbers it said it had put into its outbox."""
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read()
    process.wait(10)
    process.stdout.close()
    return [int(line) for line in rest.split()]


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_messages_arrive_in_order_of_their_topic_and_leave_the_outbox(broker, store, sink_to, version):
    store.add_messages([telemetry(n, f"cctv/v1/s1/cam-{n % 10}/state") for n in range(500)])
    with listening(broker.port, "cctv/v1/s1/+/state") as heard:
        sink = sink_to(broker.port, version=version)
        heard.wait(lambda h: len(h.messages) >= 500)
        drained(sink)
    for cam in range(10):
        numbers = [int(payload) for payload in heard.on(f"cctv/v1/s1/cam-{cam}/state")]
        assert numbers == list(range(cam, 500, 10))
    assert sink.stats(T0).published == 500
    assert sink.stats(T0).connected


def test_states_are_retained_and_events_are_not(broker, store, sink_to):
    store.add_messages([telemetry(1), event(2)])
    drained(sink_to(broker.port))
    with listening(broker.port, "cctv/v1/site/cam-1/#") as heard:
        heard.wait(lambda h: h.messages)
        time.sleep(0.2)
    assert [message.topic for message in heard.messages] == ["cctv/v1/site/cam-1/state"]


def test_a_clean_stop_publishes_what_waits_and_offline(broker, store, sink_to):
    with listening(broker.port) as heard:
        sink = sink_to(broker.port)
        heard.wait(lambda h: statuses(h) == ["online"])
        store.add_messages([event(n) for n in range(50)])
        sink.stop()
        heard.wait(lambda h: statuses(h) == ["online", "offline"])
        time.sleep(0.2)
    assert statuses(heard) == ["online", "offline"], "said by the agent itself; its will stayed unpublished"
    assert len(heard.messages) == 52
    assert store.mqtt_queue(T0).pending == 0


def test_the_world_hears_of_an_agent_that_was_killed(broker, tmp_path):
    with listening(broker.port) as heard:
        process = start_agent(tmp_path, broker.port)
        heard.wait(lambda h: statuses(h) == ["online"])
        kill(process)
        heard.wait(lambda h: statuses(h) == ["online", "offline"])
    with listening(broker.port, STATUS) as later:
        later.wait(lambda h: statuses(h) == ["offline"])


def test_nothing_is_lost_when_the_broker_is_away_and_killed(broker, store, sink_to):
    sink = sink_to(broker.port)
    wait(lambda: sink.stats(T0).connected, lambda: sink.stats(T0))
    for n in range(100):
        store.add_messages([telemetry(n, f"cctv/v1/s1/cam-{n}/state")])
    broker.kill()
    for n in range(100, 200):
        store.add_messages([telemetry(n, f"cctv/v1/s1/cam-{n}/state")])
    wait(lambda: not sink.stats(T0).connected, lambda: sink.stats(T0))
    before = 200 - store.mqtt_queue(T0).pending
    broker.start()
    drained(sink)
    with listening(broker.port, "cctv/v1/s1/+/state") as heard:  # they are retained
        heard.wait(lambda h: {int(message.payload) for message in h.messages} >= set(range(before, 200)))


@pytest.mark.parametrize("version", ["5", "3.1.1"])
def test_nothing_is_lost_when_the_agent_is_killed_again_and_again(broker, tmp_path, version):
    said = set()
    with listening(broker.port, "cctv/v1/s1/+/event") as heard:
        for _ in range(3):
            process = start_agent(tmp_path, broker.port, len(said), version)
            said.add(int(process.stdout.readline()))
            time.sleep(0.3)
            said.update(kill(process))
        store = Store.open(tmp_path / "siteward.db")
        sink = MqttSink(store, MqttSettings("s1", port=broker.port, version=version), boot=2, version="1")
        sink.start()
        drained(sink)
        heard.wait(lambda h: {int(message.payload) for message in h.messages} >= said)
        sink.stop()
        store.close()
    assert len(said) > 100


def test_a_denied_publish_is_no_success_and_the_rest_goes_on(tmp_path, store, sink_to, caplog):
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite cctv/v1/s1/#\n")
    with mosquitto(tmp_path / "broker", [f"acl_file {acl}"]) as broker, caplog.at_level(logging.WARNING):
        store.add_messages([event(1, "forbidden/a"), event(2, "forbidden/a"), event(3, "cctv/v1/s1/x/event")])
        sink = sink_to(broker.port)
        with listening(broker.port):
            wait(lambda: sink.stats(T0).published == 1, lambda: sink.stats(T0))
            wait(lambda: sink.stats(T0).refused == 1, lambda: sink.stats(T0))
            wait(lambda: sink.stats(T0).pending == 2, lambda: sink.stats(T0))
        refusals = [record for record in caplog.records if "refused" in record.message]
        assert len(refusals) == 1
        assert "Not authorized" in refusals[0].message
        assert "topic=forbidden/a" in refusals[0].message
        sink.stop()
    with mosquitto(tmp_path / "broker2") as broker, listening(broker.port, "forbidden/#") as heard:
        drained(sink_to(broker.port))
        heard.wait(lambda h: h.on("forbidden/a") == [b"1", b"2"])


def test_a_broker_that_takes_one_at_a_time_gets_all_in_one_connection(tmp_path, store, sink_to):
    with mosquitto(tmp_path / "broker", ["max_inflight_messages 1"]) as broker:
        store.add_messages([telemetry(n, f"cctv/v1/s1/cam-{n}/state") for n in range(200)])
        sink = sink_to(broker.port)
        drained(sink)
        assert broker.log().count("New client connected") == 1
        assert sink.stats(T0).published == 200


def test_a_message_too_large_for_the_broker_stays_and_holds_nothing_up(tmp_path, store, sink_to):
    with mosquitto(tmp_path / "broker", ["max_packet_size 2000"]) as broker:
        large = event(1, "cctv/v1/s1/large/event")
        object.__setattr__(large, "payload", b"x" * 5000)
        store.add_messages([large, *(telemetry(n, f"cctv/v1/s1/cam-{n}/state") for n in range(20))])
        sink = sink_to(broker.port)
        wait(lambda: sink.stats(T0).published == 20, lambda: sink.stats(T0))
        assert (sink.stats(T0).pending, sink.stats(T0).refused) == (1, 1)
        assert broker.log().count("New client connected") == 1


def test_user_and_password_are_used_and_never_shown(tmp_path, store, sink_to, caplog):
    users = tmp_path / "users"
    subprocess.run(["mosquitto_passwd", "-b", "-c", str(users), "siteward", PASSWORD], check=True)
    lines = ["allow_anonymous false", f"password_file {users}"]
    with mosquitto(tmp_path / "broker", lines) as broker, caplog.at_level(logging.DEBUG):
        store.add_messages([event(1)])
        wrong = sink_to(broker.port, user="siteward", password=Secret("wrong"), client_id="wrong")
        wait(lambda: "refused us" in caplog.text, lambda: caplog.text)
        assert not wrong.stats(T0).connected
        wrong.stop()
        drained(sink_to(broker.port, user="siteward", password=Secret(PASSWORD)))
    assert PASSWORD not in caplog.text


def test_tls_works_with_a_trusted_certificate_and_only_then(tmp_path, store, sink_to, caplog):
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    make += ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    make += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(make, check=True, capture_output=True)
    lines = [f"certfile {tmp_path / 'cert.pem'}", f"keyfile {tmp_path / 'key.pem'}"]
    with mosquitto(tmp_path / "broker", lines) as broker:
        store.add_messages([event(1)])
        stranger = sink_to(broker.port, tls=Tls(), client_id="stranger")
        wait(lambda: "its certificate is not trusted" in caplog.text, lambda: caplog.text)
        stranger.stop()
        assert store.mqtt_queue(T0).pending == 1
        drained(sink_to(broker.port, tls=Tls(ca_file=tmp_path / "cert.pem")))
