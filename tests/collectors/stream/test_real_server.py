"""Streams of a server nobody here wrote: GStreamer's, with digest login."""

import subprocess
from pathlib import Path

import pytest

from collectors.base import AuthRejected, NotSupported
from collectors.stream.job import Limits, StreamJob
from models import metrics
from models.facts import Login, Secret

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="module")]

PYTHON = "/usr/bin/python3"  # Debian's, which has the GStreamer bindings
PASSWORD = "s@fe:p/w %41ä"
LIMITS = Limits(opening=5.0, silence=2.0, window=1.6, longest=4.0)


@pytest.fixture(scope="module")
def server():
    script = Path(__file__).with_name("gst_server.py")
    with subprocess.Popen(
        [PYTHON, script, "127.0.0.1", "viewer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        process.stdin.write(PASSWORD + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line.strip(), "GStreamer's RTSP server did not start: is gir1.2-gst-rtsp-server-1.0 installed?"
        yield int(line)
        process.stdin.close()
        process.kill()


async def look(pool, port, path, *, password=PASSWORD):
    job = StreamJob("127.0.0.1", port, path, Login("viewer", Secret(password)), LIMITS)
    return await pool.run(job, LIMITS.worst)


@pytest.mark.parametrize("path", ["/h264", "/h265"])
async def test_the_right_password_reads_both_codecs(pool, server, path):
    result = await look(pool, server, path)
    values = result.values
    assert result.logged_in
    assert values[metrics.STREAM_FPS.name] == pytest.approx(12, rel=0.03)
    assert values[metrics.STREAM_ARRIVAL_FPS.name] == pytest.approx(12, rel=0.25)
    assert values[metrics.STREAM_WIDTH.name] == 640
    assert values[metrics.STREAM_STALL.name] == values[metrics.STREAM_LOST.name] == 0
    assert 0 < values[metrics.PICTURE_LUMA.name] < 0.2  # a white ball on black
    assert result.jpeg


async def test_a_wrong_password_is_rejected_and_named_so(pool, server):
    with pytest.raises(AuthRejected, match="'viewer'") as caught:
        await look(pool, server, "/h264", password="wr@ng")
    assert "wr@ng" not in str(caught.value)


async def test_a_path_without_a_stream_is_not_supported(pool, server):
    with pytest.raises((NotSupported, AuthRejected)):  # it hides from a user what he may not see
        await look(pool, server, "/nothing")


async def test_motion_jpeg_is_read_as_well(pool, server):
    values = (await look(pool, server, "/mjpeg")).values
    assert values[metrics.STREAM_GOP.name] == 1
    assert values[metrics.STREAM_WIDTH.name] == 640
    assert values[metrics.STREAM_CORRUPT.name] == 0
    assert values[metrics.PICTURE_LUMA.name] < 0.2


async def test_a_stream_whose_description_hides_its_codec_is_read_as_well(pool, server):
    result = await look(pool, server, "/ts")
    assert result.values[metrics.STREAM_FPS.name] == pytest.approx(12, rel=0.1)
    assert result.values[metrics.STREAM_WIDTH.name] == 640


async def test_packets_left_out_of_the_sequence_are_counted(pool, server):
    values = (await look(pool, server, "/lossy")).values
    assert values[metrics.STREAM_LOST.name] == pytest.approx(0.05, abs=0.045)
    assert values[metrics.STREAM_CORRUPT.name] > 0
