"""The stream collector: which stream, which login, which host, and what becomes of the outcome."""

import time
from dataclasses import replace
from typing import ClassVar

import pytest
from conftest import LIMITS, LONGER
from fake_rtsp import Behaviour, FakeRtsp

from collectors.base import AuthRejected, NotSupported
from collectors.guard import LoginGuard
from collectors.stream.collector import STREAM_METRICS, StreamCheck, readings
from collectors.stream.job import StreamResult
from models import metrics
from models.facts import Device, Kind, Login, Secret, StreamUri

pytestmark = pytest.mark.asyncio(loop_scope="module")  # the pool lives as long as the file

LOGIN = Login("viewer", Secret("secret"))


def camera(*streams: tuple[str, str], **more) -> Device:
    return Device(
        "cam-1",
        Kind.CAMERA,
        "127.0.0.1",
        login=LOGIN,
        streams=tuple(StreamUri(*one) for one in streams),
        **more,
    )


def check(pool, source=None, limits=LIMITS) -> StreamCheck:
    return StreamCheck(pool, LoginGuard(time.monotonic), source, limits=limits)


class Told:
    """Knows streams as ONVIF would."""

    def __init__(self, *streams):
        self.streams = tuple(StreamUri(*one) for one in streams)
        self.failures = []

    async def stream_uris(self, device):
        return self.streams

    def failed(self, device_id):
        self.failures.append(device_id)


async def test_the_sub_stream_is_looked_at_and_named_in_every_reading_and_in_the_picture(pool):
    async with FakeRtsp(Behaviour()) as sub, FakeRtsp(Behaviour()) as main:
        device = camera(
            ("main", f"rtsp://127.0.0.1:{main.port}/m"), ("sub", f"rtsp://127.0.0.1:{sub.port}/s")
        )
        answer = await check(pool, limits=LONGER).collect(device)
    assert main.requests == []
    assert (
        {reading.part for reading in answer.readings}
        == {picture.part for picture in answer.pictures}
        == {"sub"}
    )
    not_here = {metrics.STREAM_DESCRIBE, metrics.STREAM_DELAY}  # another level's; no sender report came
    assert {reading.metric for reading in answer.readings} == set(STREAM_METRICS) - not_here


async def test_addresses_come_from_the_source_when_the_operator_gave_none(pool):
    async with FakeRtsp(Behaviour()) as server:
        stream_check = check(pool, Told(("main", f"rtsp://127.0.0.1:{server.port}/m")))
        answer = await stream_check.collect(camera(onvif_port=80))
    assert {reading.part for reading in answer.readings} == {"main"}


async def test_an_address_without_a_stream_is_asked_for_again(pool):
    async with FakeRtsp(Behaviour(statuses={"DESCRIBE": "404 Not Found"})) as server:
        source = Told(("main", f"rtsp://127.0.0.1:{server.port}/m"))
        with pytest.raises(NotSupported, match=r"^main: "):
            await check(pool, source).collect(camera(onvif_port=80))
    assert source.failures == ["cam-1"]


async def test_after_two_refusals_the_password_is_not_sent_any_more(pool):
    async with FakeRtsp(Behaviour(login="viewer:other")) as server:
        stream_check = check(pool)
        for _ in range(4):
            with pytest.raises(AuthRejected) as caught:
                await stream_check.collect(camera(("sub", f"rtsp://127.0.0.1:{server.port}/")))
            assert "secret" not in str(caught.value)
        assert len(server.logins) == 2


async def test_a_login_that_is_accepted_is_told_to_the_guard_and_one_not_asked_for_is_not(pool):
    told = []

    class Noting(LoginGuard):
        def accepted(self, device):
            told.append("accepted")

        def undecided(self, device):
            told.append("undecided")

    for login in ("viewer:secret", ""):
        async with FakeRtsp(Behaviour(login=login)) as server:
            stream_check = StreamCheck(pool, Noting(time.monotonic), limits=LIMITS)
            await stream_check.collect(camera(("sub", f"rtsp://127.0.0.1:{server.port}/")))
    assert told == ["accepted", "undecided"]


async def test_a_recorder_s_channels_are_looked_at_in_turn(pool):
    async with FakeRtsp(Behaviour()) as server:
        base = f"rtsp://127.0.0.1:{server.port}"
        names = [f"ch{number}/{kind}" for number in (1, 2) for kind in ("main", "sub")]
        device = replace(camera(*((name, f"{base}/{name}") for name in names)), kind=Kind.NVR)
        stream_check = check(pool)
        seen = [(await stream_check.collect(device)).pictures[0].part for _ in range(3)]
    assert seen == ["ch1/sub", "ch2/sub", "ch1/sub"]


async def test_a_stream_that_needed_probing_is_not_opened_fast_again():
    class Probing:
        size = 1
        asked: ClassVar[list[bool]] = []

        async def run(self, job, timeout):  # noqa: ASYNC109 - the pool's own signature
            self.asked.append(job.fast)
            return StreamResult({}, fast=False)

    stream_check = check(Probing())
    for _ in range(2):
        await stream_check.collect(camera(("sub", "rtsp://127.0.0.1/")))
    assert Probing.asked == [True, False]


async def test_a_device_without_any_stream_says_so(pool):
    with pytest.raises(NotSupported):
        await check(pool, Told()).collect(camera(onvif_port=80))


async def test_it_applies_where_a_stream_is_given_or_can_be_asked_for():
    class Pool:
        size = 3

    given, onvif, neither = camera(("main", "rtsp://127.0.0.1/")), camera(onvif_port=80), camera()
    assert check(Pool()).slots == 3
    assert [check(Pool()).applies(device) for device in (given, onvif, neither)] == [True, False, False]
    assert [check(Pool(), Told()).applies(device) for device in (given, onvif, neither)] == [
        True,
        True,
        False,
    ]


async def test_numbers_a_worker_makes_up_are_not_believed():
    values = {
        "cctv_stream_fps": float("nan"),
        "cctv_ups_charge_ratio": 1.0,
        "x": 1.0,
        "cctv_stream_stalled": 0.0,
    }
    assert [reading.metric for reading in readings(StreamResult(values), "sub")] == [metrics.STREAM_STALL]
