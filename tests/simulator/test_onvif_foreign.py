"""Clients nobody here wrote: onvif-zeep reads the replies by the official WSDLs, curl logs in by digest."""

import asyncio
import datetime as dt
import json

import onvif
import pytest

from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, moved
from simulator.world import World
from tests.simulator.onvif_client import PASSWORD, camera, envelope, own_network, site


class OnvifOnly(World):
    """A world whose devices tell of streams that nobody serves."""

    def _build(self, spec):
        return [(name, server) for name, server in super()._build(spec) if name == "onvif"]


def world_of(*devices):
    return OnvifOnly(moved(site(*devices), own_network()))


def connect(spec, password=PASSWORD):
    return onvif.ONVIFCamera(spec.address, spec.onvif.port, spec.user, password)


@pytest.mark.real
@pytest.mark.parametrize("auth", ["wsse", "both"])
async def test_onvif_zeep_logs_in_and_finds_the_stream(auth):
    async with world_of(camera(onvif=OnvifSpec(auth=auth), rtsp=RtspSpec())) as world:
        spec = world.site.device("cam-1")

        def look():
            media = connect(spec).create_media_service()
            token = media.GetProfiles()[0].token
            setup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
            return media.GetStreamUri({"StreamSetup": setup, "ProfileToken": token}).Uri

        assert await asyncio.to_thread(look) == f"rtsp://{spec.address}:8554/main"
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] == 0


@pytest.mark.real
async def test_onvif_zeep_reads_every_reply_by_the_official_wsdl():
    async with world_of(camera()) as world:
        spec = world.site.device("cam-1")

        def look():
            client = connect(spec)
            device, media = client.devicemgmt, client.create_media_service()
            events = client.create_events_service()
            return {
                "serial": device.GetDeviceInformation().SerialNumber,
                "zone": device.GetSystemDateAndTime().TimeZone.TZ,
                "mac": device.GetNetworkInterfaces()[0].Info.HwAddress,
                "name": device.GetHostname().Name,
                "user": device.GetUsers()[0].Username,
                "ntp": device.GetNTP().NTPManual[0].IPv4Address,
                "digest": device.GetServiceCapabilities().Security.HttpDigest,
                "services": len(device.GetServices({"IncludeCapability": False})),
                "scopes": len(device.GetScopes()),
                "http": device.GetNetworkProtocols()[0].Port,
                "width": media.GetVideoSources()[0].Resolution.Width,
                "bounds": media.GetVideoSourceConfigurations()[0].Bounds.height,
                "fps": media.GetVideoEncoderConfigurations()[0].RateControl.FrameRateLimit,
                "profile": media.GetProfile({"ProfileToken": "sub"}).Name,
                "snapshot": media.GetSnapshotUri({"ProfileToken": "sub"}).Uri,
                "pull points": events.GetServiceCapabilities().MaxPullPoints,
                "fixed": events.GetEventProperties().FixedTopicSet,
            }

        assert await asyncio.to_thread(look) == {
            "serial": spec.serial,
            "zone": "CST-8",
            "mac": spec.mac,
            "name": "cam-1",
            "user": "service",
            "ntp": "192.0.2.123",
            "digest": False,
            "services": 6,
            "scopes": 5,
            "http": [8080],
            "width": 1280,
            "bounds": 720,
            "fps": 12,
            "profile": "sub",
            "snapshot": f"http://{spec.address}:8080/onvif/snapshot/sub",
            "pull points": 4,
            "fixed": True,
        }


@pytest.mark.real
async def test_onvif_zeep_pulls_the_states():
    async with world_of(camera()) as world:

        def look():
            pull = connect(world.site.device("cam-1")).create_pullpoint_service()
            notes = pull.PullMessages({"Timeout": "PT0S", "MessageLimit": 10}).NotificationMessage
            return [note.Message._value_1 for note in notes]  # of a topic, mixed content, zeep loses the text

        messages = await asyncio.to_thread(look)
        assert {message.get("PropertyOperation") for message in messages} == {"Initialized"}
        assert len(messages) >= 3
        values = [message.find(".//{*}Data/{*}SimpleItem").get("Value") for message in messages]
        assert values.count("false") >= 3  # a clock that was set, and the like, are no booleans


@pytest.mark.real
async def test_onvif_zeep_with_the_wrong_password_is_refused():
    async with world_of(camera()) as world:

        def look():
            connect(world.site.device("cam-1"), "other").devicemgmt.GetDeviceInformation()

        with pytest.raises(onvif.ONVIFError, match="not Authorized"):
            await asyncio.to_thread(look)
        assert world.servers["cam-1", "onvif"].counts["refused_logins"] > 0


@pytest.mark.real
@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 200), ("other", 401)])
async def test_curl_logs_in_by_digest(password, status):
    async with world_of(camera(auth="digest")) as world:
        spec = world.site.device("cam-1")
        curl = await asyncio.create_subprocess_exec(
            *("curl", "--silent", "--digest", "--user", f"{spec.user}:{password}", "--output", "/dev/null"),
            *("--noproxy", "*", "--write-out", '{"status": %{http_code}}', "--data-binary", "@-"),
            f"http://{spec.address}:8080/onvif/device_service",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await curl.communicate(envelope("GetDeviceInformation").encode())
        assert json.loads(out)["status"] == status


@pytest.mark.real
async def test_onvif_zeep_reads_profile_g_by_the_official_wsdl():
    recorder = DeviceSpec(
        "nvr", "nvr", "127.20.0.200", password=PASSWORD, channels=("cam-1",), onvif=OnvifSpec()
    )
    async with world_of(camera(), recorder) as world:
        spec = world.site.device("nvr")

        def look():
            client = connect(spec)
            for name in ("recording", "search", "deviceIO"):
                address = f"http://{spec.address}:8080/onvif/{name}_service"
                client.xaddrs[f"http://www.onvif.org/ver10/{name}/wsdl"] = address
            search, recording = client.create_search_service(), client.create_recording_service()
            token = search.FindRecordings({"Scope": {}, "KeepAliveTime": dt.timedelta(seconds=10)})
            found = search.GetRecordingSearchResults({"SearchToken": token})
            search.EndSearch(token)
            return (
                search.GetRecordingSummary().NumberRecordings,
                found.RecordingInformation[0].RecordingStatus,
                recording.GetRecordingJobs()[0].JobConfiguration.Mode,
                recording.GetRecordingJobState("job-rec-1").State,
                client.create_deviceio_service().GetDigitalInputs()[0].token,
            )

        assert await asyncio.to_thread(look) == (1, "Recording", "Active", "Active", "in-1")
