"""Each fault of a stream, switched on in a simulated camera: a named outcome within its deadline."""

import asyncio
import socket
import time

import numpy as np
import pytest
import pytest_asyncio

from collectors.base import BadReply, CollectError, Unreachable
from collectors.stream.job import Level, Limits, StreamJob
from collectors.stream.pool import WorkerPool
from models import metrics
from models.facts import Login, Secret
from simulator.faults import FAULTS, FaultBoard
from simulator.faults_streams import STREAM_FAULTS
from simulator.rtsp.encode import Encoder, Format
from simulator.rtsp.server import RtspServer
from simulator.site import DeviceSpec, RtspSpec

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADDRESS = "127.24.3.1"
PASSWORD = 'p@s:s/w%20ö?#&"\\'
LIMITS = Limits(opening=6.0, silence=1.0, window=1.6, longest=4.0)


def free_port():
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return probe.getsockname()[1]


async def look(pool, fault="", *, strength=1.0, level=Level.SUB):
    """Return what a look at a camera with one fault says, or the error it gives; both within the deadline."""
    rtsp = RtspSpec(port=free_port(), gop_seconds=0.5, audio=True, sub=(320, 180))
    board = FaultBoard({"cam-1": ""})
    server = RtspServer(
        DeviceSpec("cam-1", "camera", ADDRESS, user="viewer", password=PASSWORD, rtsp=rtsp), board
    )
    if fault:
        board.switch_on("cam-1", fault, strength=strength, at=time.time())
    await server.start()
    job = StreamJob(ADDRESS, rtsp.port, "/sub", Login("viewer", Secret(PASSWORD)), LIMITS, level=level)
    try:
        values = (await pool.run(job, LIMITS.worst)).values
    except CollectError as error:
        return error
    finally:
        await server.stop()
    return {
        name: values[one.name]
        for name, one in vars(metrics).items()
        if isinstance(one, metrics.Metric) and one.name in values
    }


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def seen():
    """Look at a camera for each fault, several at once."""
    pool = WorkerPool(5)
    wanted = [("", {}), *((fault, {}) for fault, _ in SHOWS), *((fault, {}) for fault, *_ in NAMED)]
    wanted += [(fault, {"level": Level.DESCRIBE}) for fault in ("stream_hang", "stream_redirect")]
    wanted += [("stream_garbage", {"strength": 3.0, "level": Level.GOP})]
    await look(pool)  # scenes share what is drawn once
    found = await asyncio.gather(*(look(pool, fault, **how) for fault, how in wanted))
    await pool.close()
    return {
        (fault, how.get("level", Level.SUB)): one for (fault, how), one in zip(wanted, found, strict=True)
    }


SHOWS = [
    ("audio_lost", lambda v: v["STREAM_AUDIO"] == 0),
    ("late_stream", lambda v: v["STREAM_DELAY"] > 6),
    ("codec_changed", lambda v: v["STREAM_CODEC"] == 265),
    ("size_changed", lambda v: v["STREAM_WIDTH"] == 160),
    ("size_unsteady", lambda v: v["STREAM_RESIZED"] == 1),
    ("fps_low", lambda v: v["STREAM_FPS"] < 6),
    ("gop_long", lambda v: v.get("STREAM_GOP", 99) > 20),
    ("bitrate_high", lambda v: v["STREAM_BITRATE"] > 3e5),
    ("half_speed", lambda v: v["STREAM_ARRIVAL_FPS"] < 0.75 * v["STREAM_FPS"]),
    ("frames_dropped", lambda v: v["STREAM_GAP"] > 0.16),
    ("stream_drop", lambda v: v["STREAM_STALL"] == 1),
    ("stream_stall", lambda v: v["STREAM_STALL"] == 1),
    ("frames_enormous", lambda v: v["STREAM_KEY_BYTES"] > 3e6),
    ("slow_describe", lambda v: v["STREAM_OPEN"] > 2),
]
NAMED = [
    ("codec_lie", BadReply, "says that it sends H265 and sends H264"),
    ("stream_redirect", BadReply, "another address"),
    ("stream_rubbish", BadReply, "no RTP"),
    ("stream_hang", Unreachable, "said nothing"),
]


async def test_a_healthy_camera_with_sound_and_an_odd_password_is_read(seen):
    values = seen["", Level.SUB]
    assert values["STREAM_AUDIO"] == 1
    assert values["STREAM_CODEC"] == 264
    assert (values["STREAM_STALL"], values["STREAM_RESIZED"], values["STREAM_LOST"]) == (0, 0, 0)
    assert abs(values["STREAM_DELAY"]) < 2.5
    assert values["STREAM_KEY_BYTES"] > 1000


@pytest.mark.parametrize(("fault", "shows"), SHOWS)
async def test_a_fault_shows_in_the_numbers(seen, fault, shows):
    values = seen[fault, Level.SUB]
    assert isinstance(values, dict), values
    assert shows(values), values


@pytest.mark.parametrize(("fault", "kind", "words"), NAMED)
async def test_a_fault_has_a_named_outcome_without_a_secret(seen, fault, kind, words):
    error = seen[fault, Level.SUB]
    assert isinstance(error, kind), error
    assert words in str(error)
    assert not [secret for secret in (PASSWORD, "p%40s", "rtsp://") if secret in str(error)]


async def test_a_description_that_hangs_or_redirects_is_named_too(seen):
    assert isinstance(seen["stream_hang", Level.DESCRIBE], Unreachable)
    assert isinstance(seen["stream_redirect", Level.DESCRIBE], BadReply)


async def test_spoilt_packets_show_when_a_group_of_pictures_is_decoded(seen):
    assert seen["stream_garbage", Level.GOP]["STREAM_CORRUPT"] > 0


async def test_every_fault_of_a_stream_can_be_switched():
    assert set(STREAM_FAULTS) <= set(FAULTS)


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("rate", ["cbr", "vbr"])
async def test_bitrate_is_kept_within_its_limit(codec, rate):
    rng = np.random.default_rng(1)
    encoder = Encoder(Format(codec, 320, 176, 12, 12, rate, 300))
    scene = np.kron(rng.integers(0, 255, (33, 40), np.uint8), np.ones((8, 8), np.uint8))
    size = 0
    for _ in range(36):
        noisy = np.clip(scene + rng.normal(0, 6, scene.shape), 0, 255).astype(np.uint8)
        size += sum(map(len, encoder.encode(noisy)))
    assert size * 8 / 3 / 1000 == pytest.approx(300, rel=0.3)
