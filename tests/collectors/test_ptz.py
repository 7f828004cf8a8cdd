"""The PTZ function test against a simulated camera."""

import os

import pytest

from collectors import ptz
from collectors.base import Busy, CollectError, NotSupported
from collectors.guard import LoginGuard
from collectors.onvif.client import Onvif
from collectors.ptz import PtzTest
from models.facts import Device, Kind, Login, Secret
from simulator.onvif import ptz as simulated
from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, SiteSpec
from simulator.world import World

HOST = f"127.{46 + os.getpid() % 10}.{os.getpid() % 250}.5"
DOME = Device("dome-1", Kind.CAMERA, HOST, onvif_port=8080, login=Login("service", Secret("made up 9")))


class OnvifOnly(World):
    def _build(self, spec):
        return [(name, server) for name, server in super()._build(spec) if name == "onvif"]


@pytest.fixture
async def world(monkeypatch):
    monkeypatch.setattr(simulated, "SPEED", 8.0)
    for name, value in {
        "STEP_SECONDS": 0.03,
        "WATCH_SECONDS": 0.1,
        "SETTLE_SECONDS": 0.0,
        "START_SECONDS": 0.3,
        "LONGEST_SECONDS": 2.5,
    }.items():
        monkeypatch.setattr(ptz, name, value)
    spec = DeviceSpec(
        "dome-1", "camera", HOST, password="made up 9", onvif=OnvifSpec(ptz=True), rtsp=RtspSpec()
    )
    async with OnvifOnly(SiteSpec("ptz", (spec,))) as running:
        yield running


class Rig:
    def __init__(self):
        self.known = {}
        self.audit = []
        self.onvif = Onvif(LoginGuard(lambda: 0.0))
        self.test = PtzTest(self.onvif, self, lambda device, what: self.audit.append(what))

    def get(self, device):
        return self.known.get(device, {})

    def put(self, device, known):
        self.known[device] = known

    async def run(self):
        answer = await self.test.collect(DOME)
        return {(r.metric.name.removeprefix("cctv_ptz_"), r.part): r.value for r in answer.readings}


@pytest.fixture
async def rig():
    made = Rig()
    yield made
    await made.onvif.close()


def head(world):
    return world.servers["dome-1", "onvif"]._head


async def test_it_goes_from_preset_to_preset_and_back_to_where_it_was(rig, world):
    before = head(world).position
    found = await rig.run()
    assert {part for what, part in found if what == "arrived"} == {"Gate", "Yard"}
    assert {v for (what, _), v in found.items() if what == "arrived"} == {1}
    assert all(v < 0.01 for (what, _), v in found.items() if what == "offset_ratio")
    assert found["returned", ""] == 1
    assert head(world).position == pytest.approx(before, abs=0.001)
    counts = world.servers["dome-1", "onvif"].counts
    assert (counts["moves"], counts["writes"], counts["max_in_flight"]) == (4, 0, 1)
    assert len(rig.audit) == 4


async def test_nothing_is_moved_while_an_operator_moves_it(rig, world):
    world.switch_on("dome-1", "ptz_operator")
    with pytest.raises(Busy, match="operator"):
        await rig.run()
    assert head(world).moves == 0


async def test_an_operator_who_takes_it_during_the_test_keeps_it(rig, world):
    seen = []

    def audit(_, what):
        seen.append(what)
        if len(seen) == 2:
            world.switch_on("dome-1", "ptz_operator")

    rig.test._audit = audit
    with pytest.raises(CollectError):
        await rig.run()
    assert head(world).moves == 2
    assert "operator" in seen[-1]


async def test_a_camera_that_does_not_turn_has_not_arrived(rig, world):
    world.switch_on("dome-1", "ptz_stuck")
    found = await rig.run()
    assert {v for (what, _), v in found.items() if what == "arrived"} == {0}


async def test_a_missed_preset_shows_as_offset_and_in_the_picture(rig, world):
    await rig.run()
    same = await rig.run()
    world.switch_on("dome-1", "ptz_off")
    missed = await rig.run()
    assert missed["offset_ratio", "Gate"] == pytest.approx(0.04, abs=0.005)
    assert same["picture_match_ratio", "Gate"] > 0.9
    assert missed["picture_match_ratio", "Gate"] < 0.6


async def test_a_head_that_grows_slow_is_measured_against_its_own_usual(rig, world, monkeypatch):
    monkeypatch.setattr(ptz, "LEARN", 1)
    assert not [key for key in await rig.run() if key[0] == "travel_usual_seconds"]
    world.switch_on("dome-1", "ptz_slow", 5.0)
    slow = await rig.run()
    assert slow["travel_seconds", "Yard"] > 2 * slow["travel_usual_seconds", "Yard"]


async def test_a_camera_that_does_not_say_where_it_is_is_not_moved(rig, world):
    world.switch_on("dome-1", "ptz_no_status")
    with pytest.raises(NotSupported):
        await rig.run()
    assert head(world).moves == 0


async def test_a_camera_without_move_status_is_watched_by_its_position(rig, world):
    world.switch_on("dome-1", "ptz_no_move_status")
    assert (await rig.run())["returned", ""] == 1


def test_bytes_that_are_no_picture_are_none():
    assert ptz.gray(b"") is None
    assert ptz.gray(b"<html>") is None
