"""The same look over UDP, over TLS, and as a single picture over HTTP."""

import asyncio
import contextlib
import http.server
import ssl
import subprocess
import threading
from dataclasses import replace

import cv2
import numpy as np
import pytest
from conftest import LONGER, free_port
from fake_rtsp import FPS, SIZE, Behaviour, FakeRtsp

from collectors.base import AuthRejected, BadReply, NotSupported, Unreachable
from collectors.stream import snapshot
from collectors.stream.job import Level, StreamJob
from models import metrics
from models.facts import Login, Secret
from simulator.faults import FaultBoard
from simulator.rtsp.server import RtspServer
from simulator.site import DeviceSpec, RtspSpec

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the pool lives as long as the file

LOGIN = Login("viewer", Secret("p@ss:/w"))
LIMITS = replace(LONGER, opening=8.0)


async def look(pool, port, **more):
    job = StreamJob(more.pop("host", "127.0.0.1"), port, more.pop("path", "/v"), LOGIN, LIMITS, **more)
    return await pool.run(job, LIMITS.worst)


async def test_a_simulated_camera_is_read_over_udp_with_its_loss(pool):
    address = "127.24.2.1"
    rtsp = RtspSpec(port=free_port(address), gop_seconds=0.5)
    spec = DeviceSpec("cam-1", "camera", address, user="viewer", password="p@ss:/w", rtsp=rtsp)
    board = FaultBoard({"cam-1": ""})
    server = RtspServer(spec, board)
    await server.start()
    try:
        whole = (await look(pool, rtsp.port, host=address, path="/sub", udp=True)).values
        board.switch_on("cam-1", "packet_loss", strength=2.0)
        lossy = (await look(pool, rtsp.port, host=address, path="/sub", udp=True)).values
    finally:
        await server.stop()
    assert whole[metrics.STREAM_FPS.name] == pytest.approx(12, rel=0.1)
    assert whole[metrics.STREAM_LOST.name] == 0
    assert whole[metrics.PICTURE_LUMA.name] > 0
    assert lossy[metrics.STREAM_LOST.name] > 0.02


async def test_a_server_without_udp_says_so(pool):
    async with FakeRtsp(Behaviour(statuses={"SETUP": "461 Unsupported Transport"})) as server:
        with pytest.raises(NotSupported, match="over UDP"):
            await look(pool, server.port, udp=True)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=camera"]
    subprocess.run([*words, "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


async def test_rtsps_is_read_with_the_camera_s_own_certificate(pool, certificate):
    async with FakeRtsp(Behaviour(login="viewer:p@ss:/w")) as server:
        wrapped = await asyncio.start_server(server._serve, "127.0.0.1", 0, ssl=certificate)
        port = wrapped.sockets[0].getsockname()[1]
        result = await look(pool, port, scheme="rtsps")
        wrapped.close()
    assert result.values[metrics.STREAM_FPS.name] == pytest.approx(FPS, rel=0.05)
    assert result.logged_in


async def test_a_server_without_tls_is_named(pool):
    async with FakeRtsp(Behaviour()) as server:
        with pytest.raises((BadReply, Unreachable)):
            await look(pool, server.port, scheme="rtsps")


async def test_a_description_alone_sends_no_frame(pool):
    async with FakeRtsp(Behaviour(login="viewer:p@ss:/w")) as server:
        result = await look(pool, server.port, level=Level.DESCRIBE)
        assert server.requests == ["OPTIONS", "DESCRIBE", "DESCRIBE"]
    assert result.values[metrics.STREAM_WIDTH.name] == SIZE[0]
    assert result.values[metrics.STREAM_CODEC.name] == 264
    assert metrics.STREAM_FPS.name not in result.values
    assert result.texts[metrics.STREAM_INFO.name].startswith("H264 ")


async def test_a_group_of_pictures_is_decoded_whole(pool):
    async with FakeRtsp(Behaviour(loses=lambda sequence: sequence % 40 == 20)) as server:
        values = (await look(pool, server.port, level=Level.GOP)).values
    assert values[metrics.STREAM_CORRUPT.name] > 0.2, (
        "what a lost packet spoils lasts until the next key frame"
    )


class Snapshots(http.server.BaseHTTPRequestHandler):
    """A camera's still pictures, with Digest login."""

    body, status, logins = b"", 200, 0

    def do_GET(self):
        if self.path == "/elsewhere":
            return self.reply(302, b"", Location="http://192.0.2.1/")
        if self.path == "/none":
            return self.reply(404, b"")
        given = self.headers.get("Authorization", "")
        if not given.startswith("Digest") or 'username="viewer"' not in given:
            challenge = 'Digest realm="cam", nonce="n1", qop="auth"'
            return self.reply(401, b"", **{"WWW-Authenticate": challenge})
        type(self).logins += 1
        if self.path == "/wrong":
            return self.reply(401, b"", **{"WWW-Authenticate": 'Digest realm="cam", nonce="n2"'})
        return self.reply(200, type(self).body if self.path == "/pic" else b"GIF89a not a jpeg")

    def reply(self, status, body, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Nothing."""


@pytest.fixture
def camera():
    scene = np.kron(
        np.random.default_rng(1).integers(0, 255, (27, 48), np.uint8), np.ones((40, 40), np.uint8)
    )
    Snapshots.body = cv2.imencode(".jpg", cv2.merge([scene, scene, scene]))[1].tobytes()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Snapshots)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with contextlib.closing(server.socket):
        yield server.server_address[1]
        server.shutdown()


async def test_a_still_picture_over_http_is_measured_and_kept(pool, camera):
    result = await look(pool, camera, scheme="http", path="/pic", zones=((0.0, 0.0, 0.5, 1.0),))
    values = result.values
    assert (values[metrics.STREAM_WIDTH.name], values[metrics.STREAM_HEIGHT.name]) == (1920, 1080)
    assert 0.3 < values[metrics.PICTURE_LUMA.name] < 0.7
    assert values[metrics.STREAM_STALL.name] == 0
    assert result.logged_in
    shown = cv2.imdecode(np.frombuffer(result.jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert shown[:, : shown.shape[1] // 2 - 8].max() < 16, "the private half is black"
    assert shown[:, shown.shape[1] // 2 + 8 :].std() > 20


@pytest.mark.parametrize(
    ("path", "kind", "word"),
    [
        ("/elsewhere", BadReply, "another address"),
        ("/none", NotSupported, "no such picture"),
        ("/wrong", AuthRejected, "'viewer'"),
        ("/gif", BadReply, "no JPEG"),
    ],
)
async def test_what_is_no_picture_is_named_without_a_secret(pool, camera, path, kind, word):
    with pytest.raises(kind, match=word) as caught:
        await look(pool, camera, scheme="http", path=path)
    assert "p@ss" not in str(caught.value)


async def test_a_camera_without_http_is_unreachable(pool):
    with pytest.raises(Unreachable, match="refused the connection"):
        await look(pool, free_port("127.0.0.1"), scheme="http", path="/pic")


@pytest.mark.parametrize("cut", [3, 20, 200, 2000])
async def test_a_jpeg_cut_short_is_named(camera, cut):
    try:
        width, height = snapshot.size_of(Snapshots.body[:cut])
        snapshot.decode(Snapshots.body[:cut], height)
    except BadReply:
        return
    assert (width, height) == (1920, 1080)  # the decoder fills in what is missing
