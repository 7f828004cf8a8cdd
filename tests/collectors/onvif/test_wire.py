"""Deadlines, sizes, connections: what one device may cost the others."""

import asyncio
import socket
import threading
import time

import pytest

from collectors.base import BadReply, CollectError, Unreachable
from collectors.onvif.wire import IDLE_SECONDS
from collectors.onvif.xml import MAX_BYTES
from models.facts import Device, Kind
from tests.collectors.onvif.conftest import Client
from tests.collectors.onvif.fake_device import envelope, information

INFO = ("device", "GetDeviceInformation")
HOST = "127.41.9.1"


@pytest.fixture
async def hasty():
    made = Client(timeout_seconds=0.4)
    yield made
    await made.onvif.close()


class Raw:
    """A listener that plays one script per connection."""

    def __init__(self, script):
        self.script = script
        self.connections = 0
        self.sock = socket.create_server((HOST, 0))
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while True:
            try:
                connection, _ = self.sock.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._play, args=(connection,), daemon=True).start()

    def _play(self, connection):
        with connection:
            try:
                connection.recv(65536)
                self.script(connection)
            except OSError:
                pass

    def device(self):
        return Device("cam-1", Kind.CAMERA, HOST, onvif_port=self.sock.getsockname()[1])

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
        self.thread.join(5)


@pytest.fixture
def raw():
    made = []

    def make(script):
        made.append(Raw(script))
        return made[-1]

    yield make
    for one in made:
        one.close()


def http(data, *, headers=""):
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(data)}\r\n{headers}\r\n".encode() + data


def drip(connection):
    for byte in http(envelope(information())):
        connection.send(bytes([byte]))
        time.sleep(0.02)


def hang(connection):
    while connection.recv(4096):
        pass


async def took(awaitable):
    began = time.monotonic()
    with pytest.raises(CollectError) as caught:
        await awaitable
    return time.monotonic() - began, caught.value


@pytest.mark.parametrize("script", [drip, hang], ids=["drips", "hangs"])
async def test_a_device_that_does_not_come_to_an_end_is_left_in_time(hasty, raw, script):
    seconds, error = await took(hasty.onvif.call(raw(script).device(), *INFO))
    assert isinstance(error, Unreachable)
    assert seconds < 3


async def test_endless_interim_answers_are_left_in_time(hasty, raw):
    def script(connection):
        while True:
            connection.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    seconds, _ = await took(hasty.onvif.call(raw(script).device(), *INFO))
    assert seconds < 3


async def test_a_reply_without_end_is_cut_at_the_cap(client, raw):
    def script(connection):
        connection.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while True:
            connection.send(b" " * 65536)

    _, error = await took(client.onvif.call(raw(script).device(), *INFO))
    assert isinstance(error, BadReply)
    assert str(MAX_BYTES) in str(error)


@pytest.mark.parametrize(
    "reply",
    [
        b"RTSP/1.0 400 Bad Request\r\n\r\n",
        b"\x00\x01\x02\x03",
        b"SSH-2.0-dropbear\r\n",
        http(b"<html>Login</html>"),
        http(b""),
        http(envelope(information()))[:-40],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500,
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
        b"",
    ],
    ids=[
        "RTSP", "bytes", "ssh", "a login page", "nothing", "cut off", "bad chunk", "half a chunk", "headers",
        "redirect", "closes",
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_a_bad_reply(client, raw, reply):
    _, error = await took(client.onvif.call(raw(lambda c: c.send(reply)).device(), *INFO))
    assert isinstance(error, BadReply)


async def test_a_redirect_is_not_followed(client, raw):
    other = raw(hang)
    place = f"http://{HOST}:{other.device().onvif_port}/onvif/device_service"
    head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()
    await took(client.onvif.call(raw(lambda c: c.send(head)).device(), *INFO))
    assert other.connections == 0


async def test_a_closed_port_is_unreachable(client):
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        device = Device("cam-1", Kind.CAMERA, HOST, onvif_port=sock.getsockname()[1])
        _, error = await took(client.onvif.call(device, *INFO))
    assert isinstance(error, Unreachable)


async def test_a_name_that_cannot_be_resolved_is_unreachable(client):
    _, error = await took(
        client.onvif.call(Device("c", Kind.CAMERA, "no.such.invalid", onvif_port=80), *INFO)
    )
    assert isinstance(error, Unreachable)


async def test_the_connection_is_kept(client, fake):
    for _ in range(5):
        await client.onvif.call(fake.device(), *INFO)
    assert len({r.peer for r in fake.requests}) == 1


async def test_a_connection_that_was_idle_is_not_trusted(client, fake):
    await client.onvif.call(fake.device(), *INFO)
    client.later += IDLE_SECONDS + 1
    await client.onvif.call(fake.device(), *INFO)
    assert len({r.peer for r in fake.requests}) == 2


async def test_a_kept_connection_the_device_closed_is_opened_again(client, raw):
    server = raw(lambda c: c.send(http(envelope(information()))))  # says keep-alive and closes
    for _ in range(3):
        await client.onvif.call(server.device(), *INFO)
    assert server.connections == 3


async def test_an_answer_that_ends_with_the_connection_is_read_whole(client, raw):
    reply = b"HTTP/1.0 200 OK\r\n\r\n" + envelope(information())
    told = await client.onvif.call(raw(lambda c: c.send(reply)).device(), *INFO)
    assert told.body is not None


async def test_idle_connections_of_other_devices_are_closed(client, fake, raw):
    await client.onvif.call(fake.device(), *INFO)
    session = client.onvif.session(fake.device())
    client.later += IDLE_SECONDS + 1
    server = raw(lambda c: c.send(http(envelope(information()))))
    await client.onvif.call(Device("cam-2", Kind.CAMERA, HOST, onvif_port=server.device().onvif_port), *INFO)
    assert not session._line.wire.is_open


async def test_one_request_is_in_flight_at_a_device(client, fake):
    fake.delay = 0.03
    await asyncio.gather(*(client.onvif.call(fake.device(), *INFO) for _ in range(8)))
    assert fake.most_at_once == 1


async def test_a_call_nobody_waits_for_any_more_frees_its_thread_at_once(raw):
    client = Client(threads=1, timeout_seconds=30.0)
    hanging, well = raw(hang).device(), raw(lambda c: c.send(http(envelope(information())))).device()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.onvif.call(hanging, *INFO), 0.2)
    began = time.monotonic()
    await client.onvif.call(Device("cam-2", Kind.CAMERA, HOST, onvif_port=well.onvif_port), *INFO)
    assert time.monotonic() - began < 10
    await client.onvif.close()


async def test_another_login_or_address_starts_a_fresh_session(client, fake):
    first = client.onvif.session(fake.device())
    assert client.onvif.session(fake.device(name="renamed")) is first
    assert client.onvif.session(fake.device(password="other")) is not first


async def test_a_forgotten_device_leaves_no_connection(client, fake):
    await client.onvif.call(fake.device(), *INFO)
    session = client.onvif.session(fake.device())
    client.onvif.forget("cam-1")
    await client.onvif.close()
    assert not session._line.wire.is_open


def onvif_threads():
    return {thread for thread in threading.enumerate() if thread.name.startswith("onvif")}


async def test_closing_ends_all_threads():
    before = onvif_threads()  # of other tests
    client = Client()
    device = Device("cam-1", Kind.CAMERA, "127.0.0.1", onvif_port=1)
    with pytest.raises(Unreachable):
        await client.onvif.call(device, *INFO)
    assert onvif_threads() - before
    await client.onvif.close()
    assert not onvif_threads() - before


# ---------------------------------------------------------------- probe --raw


async def test_the_tap_sees_each_exchange_with_secrets_blanked(client, fake):
    fake.answers["GetDeviceInformation"] = lambda message: (
        200,
        message.replace(b"<s:Body>", b"<s:Body><x/>", 1),
    )
    with pytest.raises(BadReply):
        await client.onvif.call(fake.device(), *INFO)
    last = client.tap.of("cam-1")[-1]
    sent = fake.asked()[-1].body
    digest = sent.split(b'PasswordDigest">')[1].split(b"<")[0]
    assert digest in sent
    assert digest not in last.request
    assert digest not in last.reply  # a device that echoes our header
    assert (last.operation, last.login, last.status) == ("GetDeviceInformation", "wsse", 200)


async def test_the_tap_sees_a_failure_too(client):
    with pytest.raises(Unreachable):
        await client.onvif.call(Device("cam-1", Kind.CAMERA, "127.0.0.1", onvif_port=1), *INFO)
    last = client.tap.of("cam-1")[-1]
    assert (last.status, last.error) == (None, "the port refuses connections")
