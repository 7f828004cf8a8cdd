"""No more messages are under way than the broker allows; a broker of a few lines that counts them."""

import socket
import threading
import time

import pytest

from agent.sinks.mqtt import MqttSettings, MqttSink
from agent.store import Store
from tests.agent.store.made import telemetry

PUBLISH, CONNECT = 3, 1


class Counting:
    """Takes the first publish (birth) and leaves the rest unanswered until `answer` is called."""

    def __init__(self, connack):
        self.waiting, self.seen, self._connack = [], 0, connack
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def answer(self):
        """Take everything that waits."""
        waiting, self.waiting = self.waiting, []
        for number in waiting:
            self._connection.sendall(bytes([0x40, 2]) + number)

    def close(self):
        self._thread.join(20)
        self._listener.close()

    def _serve(self):
        self._connection, _ = self._listener.accept()
        with self._connection, self._connection.makefile("rb") as stream:
            while head := stream.read(1):
                self._packet(head[0] >> 4, stream.read(_length(stream)))

    def _packet(self, kind, body):
        if kind == CONNECT:
            self._connection.sendall(self._connack)
        elif kind == PUBLISH:
            topic = int.from_bytes(body[:2], "big")
            self.waiting.append(body[2 + topic : 4 + topic])
            self.seen += 1
            if self.seen == 1:
                self.answer()


def wait(true):
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.005)


def _length(stream):
    value = shift = 0
    while True:
        byte = stream.read(1)[0]
        value |= (byte & 127) << shift
        shift += 7
        if not byte & 128:
            return value


@pytest.mark.parametrize(
    ("connack", "window", "most"),
    [
        (bytes([0x20, 6, 0, 0, 3, 0x21, 0, 2]), 20, 2),
        (bytes([0x20, 6, 0, 0, 3, 0x21, 0, 50]), 20, 20),
        (bytes([0x20, 3, 0, 0, 0]), 7, 7),
    ],
    ids=["the broker's is smaller", "ours is smaller", "the broker says nothing"],
)
def test_the_smaller_window_is_kept(tmp_path, connack, window, most):
    store = Store.open(tmp_path / "s.db")
    store.add_messages([telemetry(n, f"cctv/v1/s1/cam-{n}/state") for n in range(40)])
    broker = Counting(connack)
    sink = MqttSink(store, MqttSettings("s1", port=broker.port, window=window), boot=1, version="1")
    sink.start()
    wait(lambda: broker.seen > 1)
    while broker.seen < 41:
        wait(lambda: len(broker.waiting) >= most or broker.seen == 41)
        time.sleep(0.05)  # time for one too many
        assert len(broker.waiting) <= most
        broker.answer()
    broker.answer()
    wait(lambda: store.mqtt_queue(0.0).pending == 0)
    stopper = threading.Thread(target=sink.stop)
    stopper.start()
    while stopper.is_alive():
        broker.answer()
        time.sleep(0.02)
    broker.close()
    store.close()
