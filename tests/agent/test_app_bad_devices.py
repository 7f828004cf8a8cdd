"""Devices that answer garbage, half a reply, nothing, or too much: trouble with a name, and nobody else suffers."""

import asyncio
import contextlib
from dataclasses import dataclass, replace

import pytest

from models.facts import Report, StreamUri, Trouble
from models.metrics import METRICS
from simulator.site import SnmpSpec
from simulator.world import World
from tests.agent.bad_devices import KINDS, RTSP_PORT, answering, serving
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import COMMUNITY, FAST, camera, own_network, site, ups, watching, written

GOOD = ("cam-1", "cam-2", "ups-1")
STREAMS = ("garbage", "mute", "half")
SCHEDULE = {
    **FAST["schedule"],
    "reach": {"every": 1, "deadline": 1},
    "onvif_clock": {"every": 2, "deadline": 1.5},
    "onvif_identity": {"every": 2, "deadline": 1.5},
    "onvif_media": {"every": 2, "deadline": 1.5},
    "snmp_health": {"every": 1, "deadline": 1},
}
SAYS_NOTHING = {Trouble.BUG, Trouble.UNREACHABLE}


@dataclass
class Seen:
    reports: list[Report]
    metrics: dict
    health: dict[str, str]
    tickets: list[str]


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> Seen:
    return asyncio.run(look(tmp_path_factory.mktemp("bad")))


async def look(folder) -> Seen:
    """Watch one device of each bad kind, beside three good ones, until all were asked often enough."""
    network = own_network()
    bad = [replace(camera(n), id=kind, address=f"127.1.1.{n}") for n, kind in enumerate(KINDS, start=100)]
    udp = [
        replace(ups(), id=name, address=f"127.1.1.{n}", snmp=SnmpSpec(role="ups", community=COMMUNITY))
        for n, name in ((120, "snmp-noise"), (121, "snmp-echo"))
    ]
    whole = site(camera(1), camera(2), ups(), *bad, *udp, network=network)
    good = replace(whole, devices=whole.devices[:3])
    path = written(folder, whole, schedule=SCHEDULE)
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(World(good))
        for spec in whole.devices[3:-2]:
            await stack.enter_async_context(serving(spec.address, KINDS[spec.id]))
        for spec in whole.devices[-2:]:
            await stack.enter_async_context(answering(spec.address, noise=spec.id == "snmp-noise"))
        scene = await stack.enter_async_context(watching(path))
        await until(
            lambda: min(len(scene.of(s.id)) for s in whole.devices) >= 8, seconds=60, what="8 reports of each"
        )
        await until(lambda: all(scene.of(kind, "onvif_identity") for kind in KINDS), seconds=60)
        health = {device.id: scene.health(device.id) for device in scene.agent.devices}
        return Seen(list(scene.reports), await scene.metrics(), health, scene.titles())


def asked(seen, device):
    return [r for r in seen.reports if r.device == device and r.collector != "reach"]


@pytest.mark.parametrize("device", [*KINDS, "snmp-noise", "snmp-echo"])
def test_a_device_that_answers_wrongly_is_trouble_with_a_name(seen, device):
    failed = asked(seen, device)
    assert failed
    assert all(report.error is not None for report in failed)
    assert Trouble.BUG not in {report.error.trouble for report in failed}
    assert all(report.error.detail for report in failed)


@pytest.mark.parametrize("device", [*KINDS, "snmp-noise", "snmp-echo"])
def test_a_device_that_answers_wrongly_gives_no_reading(seen, device):
    assert [reading for report in asked(seen, device) for reading in report.readings] == []
    own = {name for name, of, _ in seen.metrics if of == device and name in METRICS}
    assert own <= {"cctv_tcp_up", "cctv_tcp_connect_seconds"}


@pytest.mark.parametrize(
    ("device", "troubles"),
    [
        ("garbage", {Trouble.BAD_REPLY}),
        ("half", {Trouble.BAD_REPLY}),
        ("web_page", {Trouble.BAD_REPLY}),
        ("zero", {Trouble.BAD_REPLY}),
        ("crowded", {Trouble.BUSY}),
        ("mute", {Trouble.DEADLINE, Trouble.UNREACHABLE}),
        ("drip", {Trouble.DEADLINE, Trouble.BAD_REPLY, Trouble.UNREACHABLE}),
        ("flood", {Trouble.BAD_REPLY, Trouble.DEADLINE}),
        ("snmp-noise", {Trouble.BAD_REPLY, Trouble.UNREACHABLE, Trouble.DEADLINE}),
        ("snmp-echo", {Trouble.BAD_REPLY, Trouble.UNREACHABLE, Trouble.DEADLINE}),
    ],
)
def test_the_trouble_is_the_one_a_technician_would_name(seen, device, troubles):
    clocks = [r for r in asked(seen, device) if r.collector in {"onvif_clock", "snmp_health"}]
    assert {report.error.trouble for report in clocks} <= troubles


def test_a_port_that_takes_connections_is_up_whatever_it_says_then(seen):
    for kind in KINDS:
        assert seen.metrics["cctv_tcp_up", kind, "8080"] == 1


def test_the_others_do_not_suffer(seen):
    assert {seen.health[device] for device in GOOD} == {"ok"}
    for device in GOOD:
        assert not [report.error for report in asked(seen, device) if report.error]


def test_the_good_devices_get_no_ticket(seen):
    assert not [title for title in seen.tickets if title.split("/")[0] in GOOD]


async def test_streams_that_are_no_streams_are_trouble_with_a_name(tmp_path):
    """An RTSP port that answers noise, half a reply, or nothing; the decoder's process survives all three."""
    network = own_network()
    bare = [
        replace(camera(n, onvif=None), id=kind, address=f"127.1.1.{n}") for n, kind in enumerate(STREAMS, 1)
    ]
    spec = site(*bare, network=network)
    stream = {"stream": {"every": 2, "deadline": 12}, "reach": {"every": 1, "deadline": 1}}
    path = written(tmp_path, spec, schedule=stream, stream_workers=2)
    async with contextlib.AsyncExitStack() as stack:
        for one in spec.devices:
            await stack.enter_async_context(serving(one.address, KINDS[one.id], RTSP_PORT))
        scene = await stack.enter_async_context(watching(path))
        scene.agent.set_devices(
            [
                replace(d, streams=(StreamUri("main", f"rtsp://{d.host}:{RTSP_PORT}/main"),))
                for d in scene.agent.devices
            ]
        )
        await until(lambda: all(scene.of(kind, "stream") for kind in STREAMS), seconds=60)
        found = {kind: scene.of(kind, "stream")[0] for kind in STREAMS}
        assert all(report.error and not report.readings for report in found.values())
        allowed = {Trouble.BAD_REPLY, Trouble.UNREACHABLE, Trouble.DEADLINE}
        assert {report.error.trouble for report in found.values()} <= allowed
