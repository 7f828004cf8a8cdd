"""WS-Discovery against the simulated site; others on this machine may answer the group too."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.base import Unreachable
from collectors.discovery import MOST_PACKET, Service, discover, matches, probe, services
from simulator.site import DeviceSpec, OnvifSpec, SiteSpec
from simulator.world import World

NET = f"127.{44 + os.getpid() % 20}.{os.getpid() % 250}"
ONE, TWO = f"{NET}.11", f"{NET}.12"


def world():
    onvif = OnvifSpec(discoverable=True)
    return World(
        SiteSpec(
            "found",
            (
                DeviceSpec("cam-1", "camera", ONE, name="Gate A", model="SV 9", place="Mast 2", onvif=onvif),
                DeviceSpec("nvr-1", "nvr", TWO, onvif=onvif),
                DeviceSpec("cam-x", "camera", f"{NET}.13", onvif=OnvifSpec()),
            ),
        )
    )


async def found(**more):
    more = {"interface": "127.0.0.1", "seconds": 0.6, **more}
    return {one.address: one for one in await discover(**more) if one.address.startswith(f"{NET}.")}


async def test_the_network_is_asked_and_devices_tell_who_they_are():
    async with world():
        answered = await found()
    assert set(answered) == {ONE, TWO}
    one = answered[ONE]
    assert (one.name, one.hardware, one.location) == ("Gate A", "SV 9", "Mast 2")
    assert one.services == (Service(tls=False, port=8080, path="/onvif/device_service"),)
    assert one.endpoint.startswith("urn:uuid:")


async def test_devices_behind_a_router_are_asked_one_by_one():
    async with world():
        answered = await found(multicast=False, addresses=[ONE, f"{NET}.13", f"{NET}.99"])
    assert set(answered) == {ONE}


@pytest.mark.parametrize("quirk", ["discovery_wants_type"])
async def test_quirk_a_device_that_answers_one_type_only_is_found(quirk):
    async with world() as site:
        site.switch_on("cam-1", quirk)
        assert ONE in await found()


@pytest.mark.parametrize("quirk", ["discovery_silent", "discovery_wrong_id", "discovery_huge", "off"])
async def test_quirk_what_does_not_answer_our_probe_is_not_found(quirk):
    async with world() as site:
        site.switch_on("cam-1", quirk)
        assert set(await found()) == {TWO}


async def test_quirk_a_service_address_on_another_host_is_not_believed():
    async with world() as site:
        site.switch_on("cam-1", "discovery_elsewhere")
        assert (await found())[ONE].services == ()


async def test_an_interface_that_is_not_there_is_told():
    with pytest.raises(Unreachable, match=r"192\.0\.2\.1"):
        await discover("192.0.2.1", seconds=0.1)


def test_a_probe_is_one_line():
    assert b"\n" not in probe("uuid:1", "")


def test_services_elsewhere_are_left_out():
    own = list(
        services(
            [
                "http://10.0.0.9/x",
                "https://10.0.0.5:8443/y",
                "http://host/z",
                "http://[::1",
                "rtsp://10.0.0.5",
            ],
            "10.0.0.5",
        )
    )
    assert own == [Service(tls=True, port=8443, path="/y")]


@given(st.binary(max_size=300))
def test_any_packet_gives_nothing_and_raises_nothing(data):
    assert list(matches(data, "10.0.0.1", {"uuid:1"})) == []


@given(st.data())
def test_a_garbled_answer_is_read_or_left_out(data):
    good = (
        b'<e xmlns:a="x"><Header><RelatesTo>uuid:1</RelatesTo></Header><Body><ProbeMatches><ProbeMatch>'
        b"<EndpointReference><Address>urn:uuid:7</Address></EndpointReference><Types>dn:Device</Types>"
        b"<Scopes>onvif://www.onvif.org/name/A</Scopes><XAddrs>http://10.0.0.1/o</XAddrs>"
        b"</ProbeMatch></ProbeMatches></Body></e>"
    )
    at = data.draw(st.integers(0, len(good)))
    garbled = good[:at] + data.draw(st.binary(max_size=6)) + good[data.draw(st.integers(at, len(good))) :]
    for one in matches(garbled, "10.0.0.1", {"uuid:1"}):
        assert len(one.name) <= 120
        assert all(service.port for service in one.services)
    assert len(good) < MOST_PACKET
