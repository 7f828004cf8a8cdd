import pytest

from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, moved
from simulator.world import World
from tests.simulator.onvif_client import (
    NS,
    PASSWORD,
    camera,
    client,
    digest,
    own_network,
    session,
    site,
)


class OnvifOnly(World):
    """A world whose devices tell of streams that nobody serves."""

    def _build(self, spec):
        return [(name, server) for name, server in super()._build(spec) if name == "onvif"]


def world_of(*devices):
    return OnvifOnly(moved(site(*devices), own_network()))


def recorder(*cameras, rtsp=None):
    return DeviceSpec(
        id="nvr",
        kind="nvr",
        address="127.20.0.200",
        password=PASSWORD,
        channels=cameras,
        onvif=OnvifSpec(),
        rtsp=rtsp,
    )


def token_is(name):
    return f"<q:ProfileToken>{name}</q:ProfileToken>"


async def test_the_device_says_who_it_is():
    spec = camera(
        maker="A & B", model="<X>", firmware="2.0", serial="S1", mac="02:00:00:00:00:01", name="Gate"
    )
    async with world_of(spec) as world, session() as http:
        one = client(http, world)
        reply = await one.login("GetDeviceInformation")
        named = ("Manufacturer", "Model", "FirmwareVersion", "SerialNumber")
        assert [reply.text(f"tds:{name}") for name in named] == ["A & B", "<X>", "2.0", "S1"]
        assert (await one.login("GetNetworkInterfaces")).text("tt:HwAddress") == "02:00:00:00:00:01"
        scopes = (await one.login("GetScopes")).texts("tt:ScopeItem")
        assert "onvif://www.onvif.org/name/Gate" in scopes


async def test_every_service_is_listed_at_the_devices_own_address():
    async with world_of(camera(), camera(2, onvif=OnvifSpec(media2=False))) as world, session() as http:
        for name, prefixes in (
            ("cam-1", ["tds", "trt", "tr2", "tev", "tmd", "timg"]),
            ("cam-2", ["tds", "trt", "tev", "tmd", "timg"]),
        ):
            one = client(http, world, name)
            reply = await one.ask("GetServices")
            assert reply.texts("tds:Namespace") == [NS[prefix] for prefix in prefixes]
            assert all(uri.startswith(one.base) for uri in reply.texts("tds:XAddr"))


async def test_a_device_without_media2_does_not_answer_there():
    async with world_of(camera(onvif=OnvifSpec(media2=False))) as world, session() as http:
        reply = await client(http, world).login("GetProfiles", service="tr2")
        assert reply.subcodes == ["ter:ActionNotSupported"]


async def test_profiles_say_what_the_site_file_says():
    spec = camera(rtsp=RtspSpec(fps=15, main=(1920, 1080), sub=(320, 240), gop_seconds=2.0))
    async with world_of(spec) as world, session() as http:
        reply = await client(http, world).login("GetProfiles", service="trt")
        assert [p.get("token") for p in reply.root.iterfind(".//trt:Profiles", NS)] == ["main", "sub"]
        encoder = "tt:VideoEncoderConfiguration"
        assert reply.texts(f"{encoder}/tt:Resolution/tt:Width") == ["1920", "320"]
        assert reply.texts(f"{encoder}//tt:FrameRateLimit") == ["15", "15"]
        assert reply.texts(f"{encoder}//tt:GovLength") == ["30", "30"]


async def test_h265_shows_in_media2_only():
    async with world_of(camera(rtsp=RtspSpec(codec="h265"))) as world, session() as http:
        one = client(http, world)
        old = await one.login("GetProfiles", service="trt")
        assert len(old.texts("trt:Profiles")) == 2
        assert old.texts("tt:Encoding") == []
        new = await one.login("GetProfiles", service="tr2", inner="<q:Type>All</q:Type>")
        assert new.texts("tt:Encoding") == ["H265", "H265"]
        encoders = await one.login("GetVideoEncoderConfigurations", service="tr2")
        assert encoders.texts("tt:Encoding") == ["H265", "H265"]


async def test_media2_profiles_are_bare_unless_asked_for_more():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        bare = await one.login("GetProfiles", service="tr2")
        assert (bare.texts("tr2:Name"), bare.texts("tr2:Configurations")) == (["main", "sub"], [])
        inner = "<q:Token>sub</q:Token><q:Type>VideoEncoder</q:Type>"
        one_of_them = await one.login("GetProfiles", service="tr2", inner=inner)
        assert (one_of_them.texts("tr2:Name"), one_of_them.texts("tr2:VideoSource")) == (["sub"], [])
        assert len(one_of_them.texts("tr2:VideoEncoder")) == 1


@pytest.mark.parametrize(("service", "element"), [("trt", "tt:Uri"), ("tr2", "tr2:Uri")])
async def test_streams_are_at_the_devices_own_address(service, element):
    async with world_of(camera(rtsp=RtspSpec(port=9554))) as world, session() as http:
        reply = await client(http, world).login("GetStreamUri", service=service, inner=token_is("sub"))
        assert reply.text(element) == f"rtsp://{world.site.device('cam-1').address}:9554/sub"


@pytest.mark.parametrize("service", ["trt", "tr2"])
async def test_a_stream_of_no_profile_and_of_a_camera_without_streams_are_refused(service):
    async with world_of(camera(rtsp=RtspSpec()), camera(2)) as world, session() as http:
        unknown = await client(http, world).login("GetStreamUri", service=service, inner=token_is("x"))
        assert unknown.subcodes == ["ter:InvalidArgVal", "ter:NoProfile"]
        none = await client(http, world, "cam-2").login(
            "GetStreamUri", service=service, inner=token_is("main")
        )
        assert none.subcodes == ["ter:ActionNotSupported"]


async def test_a_recorder_shows_a_channel_for_each_camera_it_records():
    cameras = (camera(), camera(2, rtsp=RtspSpec(main=(800, 600), codec="h265")))
    nvr = recorder("cam-2", "cam-1", rtsp=RtspSpec())
    async with world_of(*cameras, nvr) as world, session() as http:
        one = client(http, world, "nvr")
        sources = await one.login("GetVideoSources", service="trt")
        assert sources.texts("tt:Width") == ["800", "1280"]
        profiles = await one.login("GetProfiles", service="tr2", inner="<q:Type>All</q:Type>")
        assert profiles.texts("tr2:Name") == ["ch1/main", "ch1/sub", "ch2/main", "ch2/sub"]
        assert profiles.texts("tt:Encoding") == ["H265", "H265", "H264", "H264"]
        uri = await one.login("GetStreamUri", service="trt", inner=token_is("ch2-main"))
        assert uri.text("tt:Uri") == f"rtsp://{one.spec.address}:8554/ch2/main"


async def test_a_snapshot_is_a_jpeg_behind_digest_and_black_when_the_camera_is():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        reply = await one.login("GetSnapshotUri", service="trt", inner=token_is("main"))
        url = reply.text("tt:Uri")
        path = url.removeprefix(one.base.removesuffix("/onvif"))
        pictures = []
        for black in (False, True):
            if black:
                world.switch_on("cam-1", "black")
            async with http.get(url) as answer:
                assert answer.status == 401
                challenge = answer.headers["WWW-Authenticate"]
            headers = {"Authorization": digest(challenge, uri=path, method="GET")}
            async with http.get(url, headers=headers) as answer:
                assert (answer.status, answer.content_type) == (200, "image/jpeg")
                pictures.append(await answer.read())
        assert all(p.startswith(b"\xff\xd8") and p.endswith(b"\xff\xd9") for p in pictures)
        assert len(pictures[1]) < len(pictures[0])
