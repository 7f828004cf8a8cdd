"""Identity, clock and media over the wire: what is asked, what is kept, what is left out."""

import pytest

from collectors.base import AuthRejected, BadReply, NotSupported, Unreachable
from collectors.onvif.clock import OnvifClock
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from models.facts import Device, Kind, StreamUri
from models.metrics import CLOCK_NTP, CLOCK_OFFSET, MALFORMED_REPLIES, METRICS, VIDEO_SOURCES
from tests.collectors.onvif.fake_device import envelope, information, profile, stream_uri

COLLECTORS = (OnvifIdentity, OnvifClock, OnvifMedia)
TWO = (
    f"<trt:GetProfilesResponse>{profile('p1', 1920, 1080)}{profile('p2', 640, 360)}</trt:GetProfilesResponse>"
)
NO_LOGIN = Device("cam-1", Kind.CAMERA, "127.0.0.1")


def values(answer):
    return {(r.metric.name.removeprefix("cctv_"), r.part): r.value for r in answer.readings}


@pytest.fixture
def media(fake):
    fake.answers |= {"GetProfiles": TWO, "GetStreamUri": stream_uri("rtsp://h:8554/live")}
    return fake


@pytest.mark.parametrize("collector", COLLECTORS)
async def test_it_applies_to_devices_with_an_onvif_port(client, collector):
    made = collector(client.onvif)
    assert not made.applies(NO_LOGIN)
    assert made.applies(Device("cam-1", Kind.CAMERA, "127.0.0.1", onvif_port=80))


@pytest.mark.parametrize("collector", COLLECTORS)
async def test_its_metrics_are_listed(client, collector):
    assert all(METRICS[metric.name] is metric for metric in collector(client.onvif).metrics)


@pytest.mark.parametrize("collector", COLLECTORS)
async def test_a_device_that_is_off_is_unreachable(client, collector):
    device = Device("cam-1", Kind.CAMERA, "127.0.0.1", onvif_port=1)
    with pytest.raises(Unreachable):
        await collector(client.onvif).collect(device)


async def test_all_slots_together_fit_the_threads(client):
    assert sum(collector.slots for collector in COLLECTORS) < 16


async def test_a_call_without_an_onvif_port_is_not_supported(client):
    with pytest.raises(NotSupported):
        await client.onvif.call(NO_LOGIN, "device", "GetDeviceInformation")


# ---------------------------------------------------------------- identity


async def test_identity_without_interfaces_has_no_mac(client, fake):
    answer = await OnvifIdentity(client.onvif).collect(fake.device())
    assert {r.part for r in answer.readings} == {"maker", "model", "firmware", "serial", "hardware"}


async def test_a_refused_second_question_keeps_what_the_first_told(client, fake):
    fake.forbidden = {"GetNetworkInterfaces"}
    with pytest.raises(AuthRejected) as caught:
        await OnvifIdentity(client.onvif).collect(fake.device())
    assert {r.part for r in caught.value.learnt} >= {"maker", "model"}


async def test_a_device_that_tells_nothing_of_itself_is_a_bad_reply(client, fake):
    fake.answers["GetDeviceInformation"] = "<tds:GetDeviceInformationResponse/>"
    with pytest.raises(BadReply):
        await OnvifIdentity(client.onvif).collect(fake.device())


# ---------------------------------------------------------------- clock


async def test_the_clock_of_a_device_that_answers_slowly_is_taken_mid_request(client, fake):
    fake.delay = 0.6
    answer = await OnvifClock(client.onvif).collect(fake.device(login=False))
    assert values(answer)["clock_offset_seconds", ""] == pytest.approx(0, abs=1.0)


async def test_a_clock_that_cannot_be_read_is_absent_beside_what_can(client, fake):
    fake.answers["GetSystemDateAndTime"] = (
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )
    answer = await OnvifClock(client.onvif).collect(fake.device())
    assert values(answer) == {("clock_ntp", ""): 0.0, ("malformed_replies_total", "onvif"): 0.0}


async def test_a_clock_that_tells_nothing_is_a_bad_reply(client, fake):
    fake.answers["GetSystemDateAndTime"] = "<tds:GetSystemDateAndTimeResponse/>"
    with pytest.raises(BadReply, match="no possible time"):
        await OnvifClock(client.onvif).collect(fake.device())


async def test_repaired_replies_are_counted(client, fake):
    fake.auth = "none"
    fake.answers["GetDeviceInformation"] = (200, envelope(information()).replace(b"rev-b", b"\xff"))
    for _ in range(2):
        await OnvifIdentity(client.onvif).collect(fake.device())
    fake.answers.pop("GetDeviceInformation")
    answer = await OnvifClock(client.onvif).collect(fake.device())
    assert next(r.value for r in answer.readings if r.metric is MALFORMED_REPLIES) == 2


async def test_a_login_check_that_fails_for_another_reason_leaves_the_clock(client, fake):
    fake.answers["GetDeviceInformation"] = (503, b"")
    answer = await OnvifClock(client.onvif).collect(fake.device())
    assert {CLOCK_OFFSET, CLOCK_NTP} <= {r.metric for r in answer.readings}


# ---------------------------------------------------------------- media


async def test_profiles_become_main_and_sub(client, media):
    answer = values(await OnvifMedia(client.onvif).collect(media.device()))
    assert answer["stream_configured_fps", "main"] == 25
    assert answer["profile_info", "sub"] == "H264 640x360 25 fps 4096 kbit/s"


async def test_without_a_list_of_video_sources_the_profiles_count(client, media):
    answer = await OnvifMedia(client.onvif).collect(media.device())
    assert [r.value for r in answer.readings if r.metric is VIDEO_SOURCES] == [1.0]


async def test_a_video_source_without_a_profile_is_counted(client, media):
    media.answers["GetVideoSources"] = (
        '<trt:GetVideoSourcesResponse><trt:VideoSources token="src-1"/><trt:VideoSources token="src-2"/>'
        "</trt:GetVideoSourcesResponse>"
    )
    answer = await OnvifMedia(client.onvif).collect(media.device())
    assert [r.value for r in answer.readings if r.metric is VIDEO_SOURCES] == [2.0]


async def test_streams_are_best_first(client, media):
    streams = await OnvifMedia(client.onvif).stream_uris(media.device())
    assert [stream.name for stream in streams] == ["main", "sub"]


async def test_streams_of_the_operator_win_and_ask_nothing(client, media):
    given = (StreamUri("main", "rtsp://127.0.0.1/mine"),)
    assert await OnvifMedia(client.onvif).stream_uris(media.device(streams=given)) == given
    assert not media.requests


async def test_stream_addresses_are_asked_once(client, media):
    collector = OnvifMedia(client.onvif)
    first = await collector.stream_uris(media.device())
    asked = len(media.requests)
    assert await collector.stream_uris(media.device()) == first
    assert len(media.requests) == asked


async def test_after_a_failure_they_are_asked_again(client, media):
    collector = OnvifMedia(client.onvif)
    await collector.stream_uris(media.device())
    media.answers["GetStreamUri"] = stream_uri("rtsp://h:8554/moved")
    collector.failed("cam-1")
    assert (await collector.stream_uris(media.device()))[0].uri.endswith("/moved")


async def test_when_the_profiles_change_they_are_asked_again(client, media):
    collector = OnvifMedia(client.onvif)
    await collector.stream_uris(media.device())
    media.answers["GetProfiles"] = TWO.replace("p1", "p9")
    media.answers["GetStreamUri"] = stream_uri("rtsp://h:8554/moved")
    await collector.collect(media.device())
    assert (await collector.stream_uris(media.device()))[0].uri.endswith("/moved")


async def test_when_the_device_moves_its_old_addresses_are_not_used(client, media):
    collector = OnvifMedia(client.onvif)
    await collector.stream_uris(media.device())
    assert (await collector.stream_uris(media.device(kind=Kind.NVR)))[0].name == "ch1/main"


async def test_media2_is_asked_first_where_it_is_listed(client, media):
    row = profile("n1", 3840, 2160, codec="H265").replace("trt:", "tt:")
    media.answers |= {"media2 GetProfiles": f"<tt:GetProfilesResponse>{row}</tt:GetProfilesResponse>"}
    media.answers |= {
        "media2 GetStreamUri": "<tt:GetStreamUriResponse><tt:Uri>rtsp://h/new</tt:Uri></tt:GetStreamUriResponse>"
    }
    streams = await OnvifMedia(client.onvif).stream_uris(media.device())
    assert [stream.uri for stream in streams] == [f"rtsp://{media.host}:554/new"]


@pytest.mark.parametrize("useless", ["<tt:GetProfilesResponse/>", (500, b"<html>no</html>"), (404, b"")])
async def test_where_media2_is_of_no_use_media_tells(client, media, useless):
    media.answers |= {"media2 GetProfiles": useless}
    streams = await OnvifMedia(client.onvif).stream_uris(media.device())
    assert [stream.uri for stream in streams] == [f"rtsp://{media.host}:8554/live"] * 2


async def test_one_stream_without_an_address_does_not_cost_the_other(client, media):
    right = media.answers["GetStreamUri"]
    media.answers["GetStreamUri"] = lambda sent: (500, b"no") if b">p1<" in sent else right
    streams = await OnvifMedia(client.onvif).stream_uris(media.device())
    assert [stream.name for stream in streams] == ["sub"]


async def test_when_no_address_can_be_learnt_the_reason_is_told(client, media):
    media.answers["GetStreamUri"] = stream_uri("http://elsewhere/")
    with pytest.raises(BadReply):
        await OnvifMedia(client.onvif).stream_uris(media.device())


async def test_a_stream_address_never_holds_a_login(client, media):
    media.answers["GetStreamUri"] = stream_uri("rtsp://admin:hunter2@h:8554/live")
    assert "hunter2" not in str(await OnvifMedia(client.onvif).stream_uris(media.device()))
