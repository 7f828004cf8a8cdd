"""The simulated camera's faults are visible in the readings: scene, encoder, wire, decoder and measures."""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from conftest import free_port

from collectors.base import AuthRejected, Unreachable
from collectors.stream.job import Limits, StreamJob
from models import metrics
from models.facts import Login, Secret
from simulator.faults import FaultBoard
from simulator.rtsp.server import RtspServer
from simulator.site import DeviceSpec, RtspSpec

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the pool lives as long as the file

LIMITS = Limits(opening=8.0, silence=0.8, window=2.1, longest=5.0)
ADDRESS = "127.24.1.1"


class Camera:
    """A simulated camera and what a look at its sub-stream says."""

    def __init__(self, pool, spec, board):
        self.pool, self.spec, self.board = pool, spec, board

    async def look(self, fault="", *, window=0.6):
        if fault:
            self.board.switch_on("cam-1", fault, at=time.time())
        login = Login(self.spec.user, Secret(self.spec.password))
        job = StreamJob(self.spec.address, self.spec.rtsp.port, "/sub", login, replace(LIMITS, window=window))
        try:
            values = (await self.pool.run(job, LIMITS.worst)).values
        finally:
            if fault:
                self.board.switch_off("cam-1", fault)
        return {
            name: values.get(one.name)
            for name, one in vars(metrics).items()
            if isinstance(one, metrics.Metric)
        }


@asynccontextmanager
async def camera(pool, address=ADDRESS, codec="h264"):
    rtsp = RtspSpec(port=free_port(address), codec=codec, gop_seconds=0.5)
    spec = DeviceSpec("cam-1", "camera", address, user="service", password="p@ss:/w", rtsp=rtsp)
    board = FaultBoard({"cam-1": ""})
    server = RtspServer(spec, board)
    await server.start()
    try:
        yield Camera(pool, spec, board)
    finally:
        await server.stop()


async def test_picture_faults_show_against_the_same_camera_s_healthy_picture(pool):
    async with camera(pool) as seen:
        healthy, black, blurred, covered = [
            await seen.look(fault) for fault in ("", "black", "blurred", "covered")
        ]
    assert healthy["STREAM_FPS"] == pytest.approx(12, rel=0.05)
    assert (healthy["STREAM_STALL"], healthy["STREAM_LOST"], healthy["STREAM_CORRUPT"]) == (0, 0, 0)
    assert black["PICTURE_LUMA_P99"] < 0.15
    assert black["PICTURE_LUMA"] < 0.2 * healthy["PICTURE_LUMA"]
    assert blurred["PICTURE_TEXTURE"] < 0.6 * healthy["PICTURE_TEXTURE"]
    assert blurred["PICTURE_SHARPNESS"] < 0.8 * healthy["PICTURE_SHARPNESS"]
    assert covered["PICTURE_TEXTURE"] < 0.6 * healthy["PICTURE_TEXTURE"]
    assert covered["PICTURE_CONTRAST"] < 0.9 * healthy["PICTURE_CONTRAST"]


async def test_a_frozen_picture_changes_far_less_than_a_live_one_though_its_clock_runs(pool):
    async def told(address, codec):
        async with camera(pool, address, codec) as seen:
            return await seen.look(window=1.7), await seen.look("frozen", window=1.7)

    for live, frozen in await asyncio.gather(told(ADDRESS, "h264"), told("127.24.1.2", "h265")):
        assert live["PICTURE_CHANGE"] > 2
        assert frozen["PICTURE_CHANGE"] < 0.5 * live["PICTURE_CHANGE"]
        assert frozen["STREAM_FPS"] == pytest.approx(live["STREAM_FPS"], rel=0.3)


async def test_lost_packets_show_with_their_share(pool):
    async with camera(pool, codec="h265") as seen:
        loss = await seen.look("packet_loss", window=2.0)
    assert loss["STREAM_LOST"] == pytest.approx(0.05, abs=0.045)
    assert loss["STREAM_CORRUPT"] > 0


async def test_a_stall_in_the_middle_shows(pool):
    async with camera(pool) as seen:
        stall = await seen.look("stream_stall", window=2.0)
    assert stall["STREAM_STALL"] == 1


async def test_a_camera_without_power_is_unreachable(pool):
    async with camera(pool) as seen:
        seen.board.switch_on("cam-1", "off")
        await asyncio.sleep(0.7)
        with pytest.raises(Unreachable):
            await seen.look()


async def test_a_camera_whose_password_was_changed_rejects_ours(pool):
    async with camera(pool) as seen:
        with pytest.raises(AuthRejected):
            await seen.look("wrong_password")
