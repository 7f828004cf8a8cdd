"""Recorded devices played back whole to every collector, and their replies cut and garbled."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collectors.base import CollectError
from collectors.onvif import (
    access,
    certificates,
    clock,
    equipment,
    identity,
    network,
    paths,
    profiles,
    sight,
    soap,
    times,
)
from collectors.onvif import search as search_
from collectors.onvif.access import OnvifAccess
from collectors.onvif.clock import OnvifClock
from collectors.onvif.equipment import OnvifEquipment
from collectors.onvif.gaps import OnvifGaps
from collectors.onvif.identity import OnvifIdentity
from collectors.onvif.media import OnvifMedia
from collectors.onvif.network import OnvifNetwork
from collectors.onvif.recording import OnvifRecording
from collectors.onvif.sight import OnvifSight
from collectors.onvif.snapshot import OnvifSnapshot
from models.facts import Device, Kind
from models.recording import Plan
from tests.collectors.onvif.fake_device import envelope
from tests.collectors.onvif.test_recorded import DEVICES, exchanges

CAMERA = Device("cam-1", Kind.CAMERA, "192.0.2.9")
READERS = {
    "GetSystemDateAndTime": lambda body: list(clock.offset(times.system_time(body), 0.0)),
    "GetDeviceInformation": lambda body: list(identity.identity(body)),
    "GetNetworkInterfaces": lambda body: list(network.network({"GetNetworkInterfaces": body}, "192.0.2.9")),
    "GetNetworkDefaultGateway": lambda body: list(
        network.network({"GetNetworkDefaultGateway": body}, "192.0.2.9")
    ),
    "GetDNS": lambda body: list(network.network({"GetDNS": body}, "")),
    "GetNTP": lambda body: list(network.network({"GetNTP": body}, "")),
    "GetHostname": lambda body: list(network.network({"GetHostname": body}, "")),
    "GetServices": lambda body: dict(paths.from_services(body)),
    "GetCapabilities": lambda body: dict(paths.from_capabilities(body)),
    "GetProfiles": lambda body: list(
        profiles.readings(profiles.streams(profiles.read(body), (), Kind.CAMERA))
    ),
    "GetUsers": lambda body: list(access.accounts(body, CAMERA)),
    "GetCertificates": lambda body: list(certificates.in_use(body, body)),
    "GetRelayOutputs": lambda body: list(equipment.equipment({"GetRelayOutputs": body})),
    "GetStorageConfigurations": lambda body: list(equipment.equipment({"GetStorageConfigurations": body})),
    "GetImagingSettings": lambda body: list(sight.imaging(body, "")),
    "GetStatus": lambda body: list(sight.pointed(body, "")),
    "GetOSDs": lambda body: list(sight.osds(body)),
    "GetRecordingSummary": lambda body: dict(search_.summary(body)),
}
MADE = {  # what the recordings do not hold
    "GetOSDs": "<trt:GetOSDsResponse><trt:OSDs token='1'><tt:VideoSourceConfigurationToken>v"
    "</tt:VideoSourceConfigurationToken><tt:TextString><tt:Type>DateAndTime</tt:Type></tt:TextString>"
    "</trt:OSDs></trt:GetOSDsResponse>",
    "GetRecordingSummary": "<trt:GetRecordingSummaryResponse><trt:Summary><tt:DataFrom>2026-01-01T00:00:00Z"
    "</tt:DataFrom><tt:DataUntil>2026-02-01T00:00:00+08:00</tt:DataUntil><tt:NumberRecordings>1"
    "</tt:NumberRecordings></trt:Summary></trt:GetRecordingSummaryResponse>",
    "GetUsers": "<tds:GetUsersResponse><tds:User><tt:Username>guest</tt:Username></tds:User>"
    "</tds:GetUsersResponse>",
    "GetDNS": "<tds:GetDNSResponse><tds:DNSInformation><tt:DNSManual><tt:IPv4Address>192.0.2.1"
    "</tt:IPv4Address></tt:DNSManual></tds:DNSInformation></tds:GetDNSResponse>",
}
RECORDED = [
    (op, status, reply) for folder in DEVICES for op, status, reply in exchanges(folder) if op in READERS
]
RECORDED += [(operation, 200, envelope(body)) for operation, body in MADE.items()]


def every(onvif):
    media = OnvifMedia(onvif)
    plan = {"plan_of": lambda _d, _c: Plan(), "wall": lambda: 1_700_000_000.0}
    return (
        OnvifClock(onvif), OnvifIdentity(onvif), media, OnvifNetwork(onvif), OnvifAccess(onvif),
        OnvifEquipment(onvif), OnvifSight(onvif, media), OnvifSnapshot(onvif, media),
        OnvifRecording(onvif, media, **plan), OnvifGaps(onvif, media, **plan),
    )  # fmt: skip


@pytest.mark.skipif(not DEVICES, reason="the recordings of shared/data/onvif are not here")
@pytest.mark.parametrize("folder", DEVICES, ids=lambda path: path.name)
async def test_a_recorded_device_played_back_gives_readings_or_a_named_error(client, fake, folder):
    fake.auth = "none"
    fake.answers = {op: (status, reply) for op, status, reply in reversed(list(exchanges(folder)))}
    read = set()
    for collector in every(client.onvif):
        try:
            answer = await collector.collect(fake.device())
        except CollectError:
            continue
        assert {reading.metric for reading in answer.readings} <= set(collector.metrics)
        read.add(collector.name)
    assert {"onvif_clock", "onvif_identity", "onvif_media"} <= read
    assert {request.host for request in fake.requests} == {f"{fake.host}:{fake.port}"}


@pytest.mark.parametrize("operation", MADE)
def test_made_up_replies_are_read(operation):
    answer = soap.judge(operation, 200, envelope(MADE[operation]))
    assert READERS[operation](answer.body)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_truncated_and_garbled_replies_are_read_or_a_named_error(data):
    operation, status, reply = data.draw(st.sampled_from(RECORDED))
    reply = bytearray(reply)
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(reply)))
        width = data.draw(st.integers(0, 30))
        reply[at : at + width] = data.draw(
            st.binary(max_size=6) | st.sampled_from([b"&x;", b"<", b"-1", b"1e999", b"\xff", b"token='"])
        )
    if data.draw(st.booleans()):
        reply = reply[: data.draw(st.integers(0, len(reply)))]
    answer = soap.judge(operation, status, bytes(reply))
    assert answer.said.isprintable()
    if answer.body is None:
        assert isinstance(answer.error(operation), CollectError)
        return
    try:
        found = READERS[operation](answer.body)
    except CollectError:
        return
    json.dumps([str(one) for one in found])
