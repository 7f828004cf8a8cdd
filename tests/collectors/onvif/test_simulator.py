"""The collectors against the simulated site, which shares no code with them."""

import pytest

from collectors.base import AuthRejected, CollectError, Unreachable
from collectors.onvif.clock import OnvifClock
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from collectors.reach import Reach
from models.facts import Device, Kind, Login, Secret
from models.metrics import CLOCK_OFFSET
from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, SiteSpec
from simulator.world import World

SPEC = {"password": "made up 9", "rtsp": RtspSpec()}


def site(auth):
    camera = DeviceSpec("cam-1", "camera", "127.43.7.11", onvif=OnvifSpec(auth=auth), parent="nvr-1", **SPEC)
    recorder = DeviceSpec(
        "nvr-1", "nvr", "127.43.7.12", onvif=OnvifSpec(auth=auth), channels=("cam-1",), **SPEC
    )
    return SiteSpec("test", (camera, recorder))


def device(name="cam-1"):
    host, kind = {"cam-1": ("127.43.7.11", Kind.CAMERA), "nvr-1": ("127.43.7.12", Kind.NVR)}[name]
    return Device(name, kind, host, onvif_port=8080, login=Login("service", Secret("made up 9")))


@pytest.fixture(params=["wsse", "digest", "both", "none"])
async def world(request):
    async with World(site(request.param)) as running:
        yield running


async def test_every_question_is_answered(client, world):
    for collector in (OnvifIdentity(client.onvif), OnvifClock(client.onvif), OnvifMedia(client.onvif)):
        assert (await collector.collect(device())).readings
    counts = world.servers["cam-1", "onvif"].counts
    assert (counts["refused_logins"], counts["writes"], counts["max_in_flight"]) == (0, 0, 1)


async def test_streams_are_where_the_simulator_has_them(client, world):
    streams = await OnvifMedia(client.onvif).stream_uris(device())
    assert [stream.uri for stream in streams] == [
        "rtsp://127.43.7.11:8554/main",
        "rtsp://127.43.7.11:8554/sub",
    ]


async def test_a_recorder_has_channels(client, world):
    streams = await OnvifMedia(client.onvif).stream_uris(device("nvr-1"))
    assert [stream.name for stream in streams][:2] == ["ch1/main", "ch1/sub"]


async def test_an_h265_camera_is_read_by_media2(client):
    camera = DeviceSpec(
        "cam-1", "camera", "127.43.7.11", password="made up 9", onvif=OnvifSpec(), rtsp=RtspSpec(codec="h265")
    )
    async with World(SiteSpec("test", (camera,))):
        answer = await OnvifMedia(client.onvif).collect(device())
    main = next(r.value for r in answer.readings if r.part == "main" and isinstance(r.value, str))
    assert main.startswith("H265 1280x720")


async def test_a_clock_that_is_off_is_measured_and_no_obstacle(client, world):
    await OnvifIdentity(client.onvif).collect(device())
    world.board.switch_on("cam-1", "clock_offset")
    client.later += 60
    answer = await OnvifClock(client.onvif).collect(device())
    await OnvifIdentity(client.onvif).collect(device())
    assert next(r.value for r in answer.readings if r.metric is CLOCK_OFFSET) == pytest.approx(40, abs=1)


async def test_a_camera_without_power_is_unreachable(client, world):
    await OnvifClock(client.onvif).collect(device())
    world.board.switch_on("cam-1", "off")
    for collector in (OnvifClock(client.onvif), Reach(icmp=False)):
        with pytest.raises(Unreachable):
            await collector.collect(device())


@pytest.mark.parametrize("auth", ["wsse", "digest", "both"])
async def test_a_changed_password_is_seen_and_refused_twice_at_most(client, auth):
    async with World(site(auth)) as world:
        collectors = (OnvifClock(client.onvif), OnvifIdentity(client.onvif), OnvifMedia(client.onvif))
        for collector in collectors:
            await collector.collect(device())
        world.board.switch_on("cam-1", "wrong_password")
        seen = []
        for _ in range(20):
            for collector in collectors:
                try:
                    await collector.collect(device())
                except CollectError as err:
                    seen.append(err)
            client.later += 60
        assert all(isinstance(err, AuthRejected) for err in seen)
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] <= 2
