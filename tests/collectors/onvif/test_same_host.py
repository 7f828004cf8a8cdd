"""A device says where to go; our login and our requests never leave the host of the inventory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import BadReply, NotSupported
from collectors.onvif.addresses import own_path, own_stream
from collectors.onvif.media import OnvifMedia
from tests.collectors.onvif.fake_device import TDS, TRT, FakeDevice, profile, services, stream_uri

PROFILES = f"<trt:GetProfilesResponse>{profile('p1', 1920, 1080)}</trt:GetProfilesResponse>"
USUAL = "/onvif/media_service"


@pytest.fixture
def media(fake):
    fake.answers |= {
        "GetProfiles": PROFILES,
        "GetStreamUri": stream_uri("rtsp://192.0.2.7:8554/live?ch=1&amp;s=0"),
    }
    return fake


def listing(*rows):
    return services((TDS, "http://192.0.2.7/onvif/device_service"), *rows)


async def test_a_service_address_behind_nat_is_asked_at_the_configured_host_and_port(client, media):
    media.answers["GetServices"] = listing((TRT, "http://192.0.2.7:81/odd/media?x=1"))
    await OnvifMedia(client.onvif).collect(media.device())
    asked = media.asked("GetProfiles")[-1]
    assert (asked.path, asked.host) == ("/odd/media?x=1", f"{media.host}:{media.port}")


async def test_a_service_address_of_another_living_host_gets_nothing(client, media):
    with FakeDevice().running() as thief:
        media.answers["GetServices"] = listing((TRT, f"http://{thief.host}:{thief.port}/onvif/media_service"))
        await OnvifMedia(client.onvif).collect(media.device())
        assert not thief.requests


async def test_a_digest_is_signed_for_the_path_that_is_asked(client, media):
    media.auth = "digest"
    media.answers["GetServices"] = listing((TRT, "http://192.0.2.7/odd/media?x=1"))
    await OnvifMedia(client.onvif).collect(media.device())
    assert media.refused == 0


@pytest.mark.parametrize("address", ["", "ftp://h/x", "http://[::1", "javascript:alert(1)", "http://h/a b"])
async def test_a_service_address_that_cannot_be_used_gives_way_to_the_usual_path(client, media, address):
    media.answers["GetServices"] = listing((TRT, address))
    await OnvifMedia(client.onvif).collect(media.device())
    assert media.asked("GetProfiles")[-1].path == USUAL


async def test_a_service_address_that_leads_nowhere_gives_way_to_the_usual_path(client, media):
    media.answers["GetServices"] = listing((TRT, "http://h/gone"))
    right = media.answers["GetProfiles"]
    media.answers["GetProfiles"] = lambda _: (
        (404, b"<html>no</html>") if media.requests[-1].path == "/gone" else right
    )
    await OnvifMedia(client.onvif).collect(media.device())
    assert media.asked("GetProfiles")[-1].path == USUAL


async def test_without_get_services_the_capabilities_tell(client, media):
    media.answers["GetServices"] = (400, b"")
    media.answers["GetCapabilities"] = (
        "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Media><tt:XAddr>http://h/cap/media</tt:XAddr></tt:Media>"
        "<tt:Extension><tt:Recording><tt:XAddr>http://h/cap/rec</tt:XAddr></tt:Recording></tt:Extension>"
        "</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )
    await OnvifMedia(client.onvif).collect(media.device())
    assert media.asked("GetProfiles")[-1].path == "/cap/media"
    with pytest.raises(NotSupported):
        await client.onvif.call(media.device(), "recording", "GetRecordings")
    assert media.asked("GetRecordings")[-1].path == "/cap/rec"


async def test_with_neither_the_usual_path_is_tried(client, media):
    await OnvifMedia(client.onvif).collect(media.device())
    assert media.asked("GetProfiles")[-1].path == USUAL


async def test_a_service_that_is_not_listed_is_not_asked(client, media):
    media.answers["GetServices"] = listing()
    with pytest.raises(NotSupported, match="does not list a media service"):
        await OnvifMedia(client.onvif).collect(media.device())
    assert not media.asked("GetProfiles")


async def test_services_are_listed_once_a_day(client, media):
    media.answers["GetServices"] = listing((TRT, "http://h/onvif/media_service"))
    for _ in range(3):
        await OnvifMedia(client.onvif).collect(media.device())
    client.later += 90000
    await OnvifMedia(client.onvif).collect(media.device())
    assert len(media.asked("GetServices")) == 2


async def test_a_stream_is_at_the_configured_host_with_its_own_port(client, media):
    (stream,) = await OnvifMedia(client.onvif).stream_uris(media.device())
    assert stream.uri == f"rtsp://{media.host}:8554/live?ch=1&s=0"


@pytest.mark.parametrize(
    ("told", "used"),
    [
        ("rtsp://192.0.2.1/a", "rtsp://cam:554/a"),
        ("rtsp://user:pass@192.0.2.1:8554/a?b=c", "rtsp://cam:8554/a?b=c"),
        ("RTSP://192.0.2.1", "rtsp://cam:554/"),
        ("rtsps://[fe80::1]:322/a", "rtsps://cam:322/a"),
        (" rtsp://evil.example\\@cam/a ", "rtsp://cam:554/a"),
    ],
)
def test_what_is_kept_of_a_stream_address(told, used):
    assert own_stream(told, "cam") == used


def test_an_ipv6_host_is_bracketed():
    assert own_stream("rtsp://x:8554/a", "2001:db8::1") == "rtsp://[2001:db8::1]:8554/a"


@pytest.mark.parametrize(
    "told", ["", "http://cam/a", "file:///etc/passwd", "rtsp://cam:99999/a", "rtsp://cam/a\r\nX"]
)
def test_what_is_no_stream_address_is_a_bad_reply(told):
    with pytest.raises(BadReply):
        own_stream(told, "cam")


@given(st.text() | st.from_regex(r"(rtsp|http)://[^ ]{0,30}", fullmatch=True))
def test_no_address_whatever_leads_to_another_host(told):
    try:
        used = own_stream(told, "cam")
    except BadReply:
        return
    assert used.startswith(("rtsp://cam:", "rtsps://cam:"))


@given(st.text() | st.from_regex(r"https?://[^ ]{0,30}", fullmatch=True))
def test_a_path_is_a_path_and_has_no_line_breaks(told):
    try:
        path = own_path(told)
    except BadReply:
        return
    assert path.startswith("/")
    assert path.isprintable()
    assert " " not in path
