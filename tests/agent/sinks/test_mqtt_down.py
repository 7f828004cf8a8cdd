"""Brokers that are not there, do not answer, or say no: said in words, tried again, and nothing leaks."""

import itertools
import logging
import socket
import threading
import time
from contextlib import contextmanager

import pytest

from agent.sinks.link import Link, LinkError, MqttSettings, Tls
from agent.sinks.messages import status
from agent.sinks.mqtt import MqttSink
from agent.store import Store
from models.facts import Secret
from tests.agent.store.made import T0, event
from tests.fixtures.mosquitto import free_port

PASSWORD = "hunter2-very-secret"
WILL = status("s1", 1, T0, online=False, version="1")

CONNACK_5_BAD_LOGIN = bytes([0x20, 3, 0, 0x86, 0])
CONNACK_311_BAD_LOGIN = bytes([0x20, 2, 0, 5])
CONNACK_5_GOOD = bytes([0x20, 3, 0, 0, 0])


@contextmanager
def server(answer=b"", *, hang_up=False):
    """A TCP server that answers each connection with the same bytes, and counts them."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    stop, kept, moments = threading.Event(), [], []

    def serve():
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            moments.append(time.monotonic())
            kept.append(connection)
            if answer:
                connection.recv(1000)
                connection.sendall(answer)
            if hang_up:
                connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1], moments
    finally:
        stop.set()
        thread.join()
        for connection in kept:
            connection.close()
        listener.close()


def settings(port, **more):
    return MqttSettings("s1", port=port, connect_timeout=0.5, retry_first=0.1, retry_most=0.4, **more)


def open_link(given):
    link = Link(given, WILL)
    try:
        assert link.open(lambda: True)
    finally:
        link.drop()


def test_nobody_there_is_said_in_words():
    with pytest.raises(LinkError, match=r"cannot reach broker 127.0.0.1:\d+: Connection refused"):
        open_link(settings(free_port()))


def test_a_name_that_is_no_name_is_said_in_words():
    with pytest.raises(LinkError, match=r"cannot reach broker no-such-host\.invalid:1883"):
        open_link(MqttSettings("s1", host="no-such-host.invalid", connect_timeout=0.5))


def test_a_broker_that_takes_the_connection_and_never_answers_is_given_up():
    with (
        server() as (port, _),
        pytest.raises(LinkError, match=r"did not answer within 0\.5 s; if it speaks only 3\.1\.1"),
    ):
        open_link(settings(port))


@pytest.mark.parametrize(
    ("version", "answer", "words"),
    [
        ("5", CONNACK_5_BAD_LOGIN, "it refused us: Bad user name or password"),
        ("3.1.1", CONNACK_311_BAD_LOGIN, "it refused us: Not authorized"),
        ("5", b"HTTP/1.1 400 Bad Request\r\n\r\n", "127.0.0.1"),
        ("5", b"\xff" * 50, "127.0.0.1"),
        ("3.1.1", CONNACK_5_GOOD, "127.0.0.1"),
    ],
    ids=["login 5", "login 3.1.1", "a web server", "garbage", "another version"],
)
def test_a_broker_that_says_no_or_nonsense_ends_the_try(version, answer, words):
    with server(answer) as (port, _), pytest.raises(LinkError, match=words):
        open_link(settings(port, version=version, user="siteward", password=Secret(PASSWORD)))


def test_tls_files_that_are_wrong_are_said_in_words(tmp_path):
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(LinkError, match="TLS files for the broker cannot be used"):
        Link(MqttSettings("s1", tls=Tls(ca_file=tmp_path / "ca.pem")), WILL)
    with pytest.raises(LinkError, match="No such file"):
        Link(MqttSettings("s1", tls=Tls(ca_file=tmp_path / "none.pem")), WILL)


def test_tls_to_a_port_without_tls_is_given_up():
    with server(b"hello") as (port, _), pytest.raises(LinkError, match="cannot reach"):
        open_link(settings(port, tls=Tls()))


@pytest.fixture
def store(tmp_path):
    store = Store.open(tmp_path / "s.db")
    store.add_messages([event(1)])
    yield store
    store.close()


def test_the_sink_tries_again_with_growing_pauses_and_complains_once(store, caplog):
    with server(CONNACK_5_BAD_LOGIN) as (port, moments), caplog.at_level(logging.INFO):
        given = settings(port, user="siteward", password=Secret(PASSWORD))
        sink = MqttSink(store, given, boot=1, version="1", jitter=lambda: 1.0)
        sink.start()
        until = time.monotonic() + 20
        while len(moments) < 5 and time.monotonic() < until:
            time.sleep(0.02)
        sink.stop()
    pauses = [after - before for before, after in itertools.pairwise(moments)]
    assert len(pauses) >= 4
    assert pauses[1] > pauses[0] * 1.3
    assert pauses[3] >= 0.4
    assert sink.stats(T0).pending == 1
    assert not sink.stats(T0).connected
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 1
    assert "Bad user name or password" in caplog.text
    assert PASSWORD not in caplog.text


def test_the_sink_stops_at_once_while_it_waits(store):
    sink = MqttSink(store, MqttSettings("s1", port=free_port(), retry_first=600), boot=1, version="1")
    sink.start()
    time.sleep(0.3)
    began = time.monotonic()
    sink.stop()
    assert time.monotonic() - began < 5
    assert not sink._thread.is_alive()


def test_the_sink_outlives_a_store_that_was_closed_before_it(store):
    with server(CONNACK_5_GOOD) as (port, _):
        sink = MqttSink(store, settings(port), boot=1, version="1")
        sink.start()
        store.close()
        sink.stop()
    assert not sink._thread.is_alive()


def test_settings_do_not_show_the_password():
    assert PASSWORD not in repr(MqttSettings("s1", user="x", password=Secret(PASSWORD)))
