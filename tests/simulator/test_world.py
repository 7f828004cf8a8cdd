import asyncio
import socket
import time
from pathlib import Path

import aiohttp
import pytest

from simulator.faults import FaultBoard
from simulator.rtsp.scenes import _backdrop
from simulator.site import DeviceSpec, RtspSpec, SiteError, SnmpSpec, Switching, moved
from simulator.sites import big_site, demo_site
from simulator.truth import TruthLog
from simulator.world import World, WorldError
from tests.simulator.onvif_client import camera, client, digest, own_network, session, site

SWITCH = DeviceSpec("sw", "switch", "127.20.0.250", snmp=SnmpSpec(role="switch", ports=4))


def world_of(*devices, **more):
    return World(moved(site(*devices, **more), own_network()))


def connects(spec, port=8080):
    try:
        socket.create_connection((spec.address, port), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True


async def becomes(wanted, seconds=10.0):
    """Wait until `wanted()` is true."""
    until = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < until, "it did not come about"
        await asyncio.sleep(0.02)


async def test_a_device_that_is_off_refuses_and_drops_and_comes_back():
    async with world_of(camera()) as world:
        spec = world.site.device("cam-1")
        reader, writer = await asyncio.open_connection(spec.address, 8080)
        world.switch_on("cam-1", "off")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
        await becomes(lambda: not connects(spec))
        world.switch_off("cam-1", "off")
        await becomes(lambda: connects(spec))
        async with session() as http:
            assert (await client(http, world).login("GetUsers")).status == 200


async def test_a_request_under_way_is_not_answered_when_the_power_goes():
    async with world_of(camera()) as world, session() as http:
        one = client(http, world)
        reply = await one.login("CreatePullPointSubscription", service="tev")
        url = reply.text("wsa:Address")
        await one.login("PullMessages", service="tev", url=url)
        inner = "<q:Timeout>PT30S</q:Timeout>"
        waiting = asyncio.create_task(one.login("PullMessages", service="tev", url=url, inner=inner))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        world.switch_on("cam-1", "off")
        with pytest.raises(aiohttp.ClientConnectionError):
            await asyncio.wait_for(waiting, 10)


async def test_what_is_switched_on_and_off_at_once_ends_as_it_was_left():
    async with world_of(camera()) as world:
        spec = world.site.device("cam-1")
        for _ in range(5):
            world.switch_on("cam-1", "off")
            world.switch_off("cam-1", "off")
        world.switch_on("cam-1", "off")
        await becomes(lambda: not connects(spec))
        await asyncio.sleep(0.1)
        assert not connects(spec)


async def test_a_dead_switch_takes_its_cameras_along_and_no_others():
    fed, other = camera(1, parent="sw"), camera(2)
    async with world_of(SWITCH, fed, other) as world:
        world.switch_on("sw", "off")
        await becomes(lambda: not connects(world.site.device("cam-1")))
        assert connects(world.site.device("cam-2"))
        world.switch_off("sw", "off")
        await becomes(lambda: connects(world.site.device("cam-1")))


async def test_a_device_that_starts_without_power_listens_when_it_gets_some():
    world = world_of(camera())
    world.switch_on("cam-1", "off")
    async with world:
        assert not connects(world.site.device("cam-1"))
        world.switch_off("cam-1", "off")
        await becomes(lambda: connects(world.site.device("cam-1")))


async def test_nothing_listens_any_more_when_the_world_has_ended():
    world = world_of(camera(), SWITCH)
    async with world:
        assert connects(world.site.device("cam-1"))
    assert not connects(world.site.device("cam-1"))
    async with world_of(camera()):
        pass


async def test_an_address_that_is_taken_is_named_and_nothing_is_left_open():
    network = own_network()
    one = moved(site(camera(2)), network)
    two = moved(site(camera(1), camera(2)), network)
    async with World(one):
        with pytest.raises(WorldError, match=r"the onvif server of cam-2 at 127\S+ cannot listen"):
            async with World(two):
                pass
        assert not connects(two.device("cam-1"))


async def test_the_schedule_switches_and_the_truth_tells_when():
    schedule = (
        Switching("cam-1", "black", at=0.1, until=0.4, strength=0.5),
        Switching("cam-1", "off", at=0.2),
    )
    started = time.time()
    async with world_of(camera(), schedule=schedule) as world:
        await becomes(lambda: len(world.truth.entries) == 2 and world.truth.entries[0].off_at is not None)
        black, off = world.truth.entries
        assert (black.device, black.fault, black.strength, off.fault) == ("cam-1", "black", 0.5, "off")
        assert started + 0.1 <= black.on_at <= off.on_at <= black.off_at
        assert off.off_at is None
        assert world.board.is_off("cam-1")


def test_a_schedule_of_nobody_is_refused_before_anything_starts():
    with pytest.raises(SiteError, match="no device 'nobody'"):
        world_of(camera(), schedule=(Switching("nobody", "off", at=1),))


def test_the_truth_hears_of_every_switch_whoever_threw_it():
    now = iter([10.0, 20.0, 30.0, 40.0])
    board = FaultBoard({"a": ""})
    log = TruthLog(board, lambda: next(now))
    board.switch_on("a", "black")
    board.switch_on("a", "black", strength=0.5)  # another strength: another entry
    board.switch_on("a", "black", strength=0.5)  # the same again: nothing new
    board.switch_off("a", "black")
    board.switch_off("a", "black")
    assert [(e.strength, e.on_at, e.off_at) for e in log.entries] == [(1.0, 10.0, 20.0), (0.5, 20.0, 40.0)]


def test_a_listener_that_was_forgotten_hears_nothing():
    board, heard = FaultBoard({"a": ""}), []

    def listener(*what):
        heard.append(what)

    board.listen(listener)
    board.switch_on("a", "off")
    board.forget(listener)
    board.switch_off("a", "off")
    assert [(device, fault) for device, fault, _ in heard] == [("a", "off")]


@pytest.mark.parametrize(("device", "fault"), [("nobody", "off"), ("cam-1", "earthquake")])
async def test_an_unknown_device_or_fault_is_a_key_error_and_not_in_the_truth(device, fault):
    async with world_of(camera()) as world:
        with pytest.raises(KeyError, match=f"{device if device == 'nobody' else fault}"):
            world.switch_on(device, fault)
        assert world.truth.entries == []


async def test_the_demo_starts_every_server_of_every_device():
    world = World(moved(demo_site(), own_network()))
    async with world:
        protocols = sorted(name for _, name in world.servers)
        assert {name: protocols.count(name) for name in set(protocols)} == {
            "onvif": 14,
            "rtsp": 13,
            "snmp": 9,
        }
        assert all(connects(spec, 8554) for spec in world.site.devices if spec.rtsp)


async def describe(address, path, *, password):
    """The status of an RTSP DESCRIBE with digest."""
    reader, writer = await asyncio.open_connection(address, 8554)
    url = f"rtsp://{address}:8554/{path}"

    async def ask(number, header=""):
        writer.write(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: {number}\r\n{header}\r\n".encode())
        head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)).decode()
        return int(head.split()[1]), head

    _, head = await ask(1)
    challenge = next(line for line in head.splitlines() if line.startswith("WWW-Authenticate"))
    answer = digest(challenge.partition(": ")[2], uri=url, method="DESCRIBE", password=password)
    status, _ = await ask(2, f"Authorization: {answer}\r\n")
    writer.close()
    return status


async def test_prepared_every_scene_is_painted_before_anybody_looks():
    painted = _backdrop.cache_info().misses
    painter = DeviceSpec("cam", "camera", "127.20.0.201", password="x", rtsp=RtspSpec(scene="hall"))
    async with world_of(painter) as world:
        await world.prepare()
        assert _backdrop.cache_info().misses == painted + 2, "its main stream and its sub-stream"
        await world.prepare()
        assert _backdrop.cache_info().misses == painted + 2


async def test_a_recorder_streams_a_channel_for_each_camera_it_records():
    recorder = DeviceSpec(
        "nvr", "nvr", "127.20.0.200", password="x", channels=("cam-1", "cam-2"), rtsp=RtspSpec()
    )
    async with world_of(camera(), camera(2), recorder) as world:
        address = world.site.device("nvr").address
        assert [await describe(address, f"ch{n}/main", password="x") for n in (1, 2, 3)] == [200, 200, 404]


async def test_a_big_site_is_up_within_seconds():
    started = time.monotonic()
    async with World(moved(big_site(300), own_network())) as world:
        assert time.monotonic() - started < 15
        assert len(world.servers) == 600
        assert connects(world.site.devices[-1])


def test_the_simulator_imports_nothing_of_the_product():
    root = Path(__file__).parents[2] / "simulator"
    for path in root.rglob("*.py"):
        for package in ("agent", "collectors", "models"):
            text = path.read_text("utf-8")
            assert f"from {package}" not in text
            assert f"import {package}" not in text
