"""What foreign readers see: PyAV, GStreamer; with and without faults."""

import asyncio
import subprocess
import time

import av
import numpy as np
import pytest

from simulator.faults import FaultBoard
from tests.simulator.rtsp_help import QUICK, camera, looking, running, texture, url, write_clip

CODECS = pytest.mark.parametrize("codec", ["h264", "h265"])


def scene(luma):
    """The picture without the lines the name and the clock stand in."""
    return luma[luma.shape[0] // 8 : -luma.shape[0] // 8].astype(int)


def change(a, b):
    return float(np.abs(scene(a) - scene(b)).mean())


@CODECS
@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_stream_opens_quickly_and_runs_at_its_rate(codec, transport):
    spec = camera(codec=codec)
    async with running(spec):
        seen = await looking(url(spec), 1.0, {**QUICK, "rtsp_transport": transport}, pictures="all")
    assert seen.arrived[0] < 3
    assert seen.keys[0] == seen.times[0]
    assert np.allclose(np.diff(seen.keys), 0.5)
    assert np.allclose(np.diff(seen.times), 1 / 12)
    assert (seen.corrupt, seen.ended, seen.key_pictures[0].shape) == (0, "", (180, 320))


async def test_a_reader_that_is_given_no_hints_gets_there_too():
    spec = camera()
    async with running(spec):
        seen = await looking(url(spec, "/main"), 0.6, {})
    assert seen.key_pictures or seen.times


async def test_a_wrong_password_has_its_own_error():
    spec = camera()
    async with running(spec) as server:
        with pytest.raises(av.HTTPUnauthorizedError):
            await looking(url(spec, password="guess"))
        assert 1 <= server.refused_logins <= 2


async def two_looks(spec, board, fault, strength=1.0):
    """Look at a healthy stream, then at one with a fault that is on from before."""
    async with running(spec, board):
        healthy = await looking(url(spec), 0.1)
        board.switch_on("cam-1", fault, strength=strength, at=time.time())
        ill = await looking(url(spec), 0.1)
    return healthy.key_pictures[-1], ill.key_pictures[-1]


@CODECS
async def test_black_is_black(codec):
    healthy, ill = await two_looks(camera(codec=codec), FaultBoard({"cam-1": ""}), "black")
    assert healthy.mean() > 60
    assert ill.mean() < 16


@pytest.mark.parametrize("night", [False, True])
async def test_a_lens_out_of_focus_loses_detail_and_keeps_its_light(night):
    healthy, ill = await two_looks(camera(night=night), FaultBoard({"cam-1": ""}), "blurred")
    assert texture(scene(ill)) < 0.25 * texture(scene(healthy))
    assert abs(float(scene(ill).mean() - scene(healthy).mean())) < 12


async def test_something_before_the_lens_hides_most_of_the_picture():
    healthy, ill = await two_looks(camera(scene="corridor"), FaultBoard({"cam-1": ""}), "covered")
    assert np.mean(np.abs(scene(healthy) - scene(ill)) > 20) > 0.5
    assert texture(scene(ill)) < 0.6 * texture(scene(healthy))


@CODECS
async def test_a_frozen_picture_stands_still_from_session_to_session_and_a_live_one_does_not(codec):
    spec, board = camera(codec=codec, scene="corridor"), FaultBoard({"cam-1": ""})
    async with running(spec, board):
        live = await looking(url(spec), 0.6)
        board.switch_on("cam-1", "frozen", at=time.time())
        frozen = [await looking(url(spec), 0.6) for _ in range(2)]
    assert change(live.key_pictures[0], live.key_pictures[-1]) > 0.7
    assert change(frozen[0].key_pictures[0], frozen[0].key_pictures[-1]) < 0.1
    assert change(frozen[0].key_pictures[-1], frozen[1].key_pictures[-1]) < 0.1
    assert np.any(frozen[0].key_pictures[0][-22:] != frozen[1].key_pictures[-1][-22:]), "the clock runs on"


async def test_a_fault_shows_in_a_stream_that_is_already_running():
    spec, board = camera(), FaultBoard({"cam-1": ""})
    async with running(spec, board):
        task = asyncio.create_task(looking(url(spec), 2.0))
        await asyncio.sleep(1.4)
        board.switch_on("cam-1", "black")
        seen = await task
    assert seen.key_pictures[0].mean() > 60
    assert seen.key_pictures[-1].mean() < 16


async def test_a_stall_stops_the_frames_and_keeps_the_connection():
    spec, board = camera(), FaultBoard({"cam-1": ""})
    board.switch_on("cam-1", "stream_stall")
    async with running(spec, board) as server:
        task = asyncio.create_task(looking(url(spec), 4.0))
        await asyncio.sleep(1.5)
        assert server.playing == 1
        seen = await task
    assert 0.4 < seen.times[-1] - seen.times[0] < 0.8
    assert seen.ended


async def test_lost_packets_leave_damage_that_a_decoder_sees():
    spec, board = camera(), FaultBoard({"cam-1": ""})
    board.switch_on("cam-1", "packet_loss", strength=3.0)
    async with running(spec, board):
        seen = await looking(url(spec, "/main"), 1.6, pictures="all")
    assert seen.corrupt > 0 or len(seen.times) < 18


async def test_the_clock_in_the_picture_is_the_devices_own():
    """With the same noise and nobody moving, only the clock's box may differ."""
    spec, board = camera(), FaultBoard({"cam-1": ""})
    async with running(spec, board, now=lambda: 1_700_000_000.0):
        right = (await looking(url(spec), 0.2)).key_pictures[0]
        board.switch_on("cam-1", "clock_offset")
        wrong = (await looking(url(spec), 0.2)).key_pictures[0]
    rows, columns = np.nonzero(np.abs(right.astype(int) - wrong) > 40)
    assert len(rows) > 20
    assert rows.min() >= 180 - 22
    assert columns.min() > 160


async def test_clips_are_streamed_instead_of_scenes(tmp_path):
    write_clip(tmp_path / "ramp.mp4")
    spec, board = camera(), FaultBoard({"cam-1": ""})
    async with running(spec, board, clips=tmp_path, now=lambda: 4 * 1000 + 1.0):
        early = (await looking(url(spec), 0.2)).key_pictures[0]
    async with running(spec, board, clips=tmp_path, now=lambda: 4 * 1000 + 3.0):
        late = (await looking(url(spec), 0.2)).key_pictures[0]
    assert float(scene(late).mean() - scene(early).mean()) == pytest.approx(80, abs=12)


async def test_a_folder_without_clips_is_told_at_once(tmp_path):
    with pytest.raises(FileNotFoundError, match="no video file"):
        async with running(camera(), clips=tmp_path):
            pass


GSTREAMER = """
import sys, gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
uri, codec, protocols = sys.argv[1:]
line = (f"rtspsrc location={uri} protocols={protocols} latency=100 ! rtp{codec}depay ! {codec}parse "
        f"! video/x-{codec},alignment=au ! appsink name=end sync=false")
pipeline = Gst.parse_launch(line)
end = pipeline.get_by_name("end")
pipeline.set_state(Gst.State.PLAYING)
stamps, size = [], None
for _ in range(18):
    sample = end.emit("try-pull-sample", 10 * Gst.SECOND)
    if sample is None:
        break
    caps = sample.get_caps().get_structure(0)
    size = (caps.get_int("width").value, caps.get_int("height").value)
    stamps.append(sample.get_buffer().pts)
pipeline.set_state(Gst.State.NULL)
print(len(stamps), *size, round((stamps[-1] - stamps[0]) / Gst.SECOND, 2))
"""


@pytest.mark.real
@pytest.mark.parametrize(("codec", "protocols"), [("h265", "tcp"), ("h264", "udp")])
async def test_gstreamer_reads_it_too(codec, protocols):
    spec = camera(codec=codec)
    async with running(spec):
        command = ["/usr/bin/python3", "-c", GSTREAMER, url(spec), codec, protocols]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=40, check=False
        )
    assert done.stdout.split()[:3] == ["18", "320", "180"], done.stderr[-500:]
    assert float(done.stdout.split()[3]) == pytest.approx(17 / 12, abs=0.2)
