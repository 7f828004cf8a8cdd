"""Many devices lost at once behind a switch that still answers are one ticket of the switch."""

import json
from dataclasses import replace

import pytest

from models.facts import Device, FaultKey, Finding, Kind, Link, Phase, Reading, Via
from models.groups import grouped
from models.metrics import POE_DELIVERING, PORT_UP
from tests.models.builders import Polled, camera, ok

SWITCHES = [Device(f"sw-{n}", Kind.SWITCH, f"host-{n}", tcp_ports=(22,), onvif_port=80) for n in (1, 2)]
CAMERAS = [camera(f"cam-{n}", parent="sw-1") for n in range(8)]
OTHERS = [camera(f"x-{n}", parent="sw-2") for n in range(8)]
GROUP = "site/sw-1/-/PORTS_LOST"
BANK = {"cam-1", "cam-2", "cam-3", "cam-4"}


def site() -> Polled:
    return Polled([*SWITCHES, *CAMERAS, *OTHERS]).run(60)


def test_a_bank_of_ports_without_power_is_one_ticket_of_the_switch_with_its_children():
    polled = site()
    polled.off = set(BANK)
    polled.run(200)
    assert polled.opened() == [GROUP]
    assert polled.children(GROUP) == BANK
    polled.off.clear()
    polled.run(200)
    assert polled.closed() == [(GROUP, "recovered")]
    assert polled.opened() == [GROUP]


def test_a_camera_that_dies_later_is_its_own_ticket_and_not_swallowed():
    polled = site()
    polled.off = set(BANK)
    polled.run(400)
    polled.off.add("cam-7")
    polled.run(200)
    assert polled.opened() == [GROUP, "site/cam-7/-/REACH_LOST"]
    assert polled.children(GROUP) == BANK


def test_two_at_once_on_each_of_two_switches_are_coincidence():
    polled = site()
    polled.off = {"cam-1", "cam-2", "x-1", "x-2"}
    polled.run(200)
    assert len(polled.watch.incidents()) == 4
    assert GROUP not in polled.opened()


def test_what_stays_lost_after_the_others_are_back_has_a_ticket_of_its_own():
    polled = site()
    polled.off = set(BANK)
    polled.run(200)
    polled.off = {"cam-2"}
    polled.run(600)
    assert polled.closed() == [(GROUP, "recovered")]
    assert [one.key for one in polled.watch.incidents()] == ["site/cam-2/-/REACH_LOST"]


def test_a_switch_that_is_lost_after_all_takes_the_group_over():
    polled = site()
    polled.off = {camera.id for camera in CAMERAS}
    polled.run(400)
    assert polled.opened() == [GROUP]
    polled.off.add("sw-1")
    polled.run(300)
    assert [one.key for one in polled.watch.incidents()] == ["site/sw-1/-/REACH_LOST"]
    assert polled.closed() == [(GROUP, "explained")]
    assert polled.children("site/sw-1/-/REACH_LOST") >= {camera.id for camera in CAMERAS}


def test_a_restart_keeps_the_group_and_it_still_ends():
    polled = site()
    polled.off = set(BANK)
    polled.run(200)
    fresh = Polled(polled.devices)
    assert fresh.watch.restore(json.loads(json.dumps(polled.watch.dump()))) == []
    fresh.at, fresh.off = polled.at, set(BANK)
    fresh.run(200)
    assert [one.key for one in fresh.watch.incidents()] == [GROUP]
    assert fresh.opened() == []
    fresh.off.clear()
    fresh.run(300)
    assert fresh.closed() == [(GROUP, "recovered")]
    assert fresh.watch.incidents() == ()


def test_a_switch_that_left_the_inventory_takes_its_group_along():
    polled = site()
    polled.off = set(BANK)
    polled.run(200)
    polled.log.append(polled.watch.replace_devices([*CAMERAS, *OTHERS], polled.at))
    assert polled.closed() == [(GROUP, "removed")]


def test_cameras_behind_lost_switches_are_part_of_the_group_of_the_switch_above():
    core = Device("core", Kind.SWITCH, "core", onvif_port=80)
    below = [Device(f"edge-{n}", Kind.SWITCH, f"edge-{n}", parent="core", onvif_port=80) for n in range(5)]
    cameras = [camera(f"c-{n}", parent=f"edge-{n % 5}") for n in range(20)]
    polled = Polled([core, *below, *cameras], correlate_seconds=20.0).run(60)
    dead = {"edge-0", "edge-1", "edge-2"}
    polled.off = dead | {one.id for one in cameras if one.parent in dead}
    polled.run(200)
    assert polled.opened() == ["site/core/-/PORTS_LOST"]
    assert polled.children("site/core/-/PORTS_LOST") == polled.off


@pytest.mark.parametrize(
    ("up", "fed", "cause"),
    [(0.0, 0.0, "link.group_unfed"), (1.0, 1.0, "link.group_up"), (0.0, None, "link.group_down")],
)
def test_the_verdict_says_what_the_ports_have_in_common(up, fed, cause):
    polled = site()
    macs = {one.host: f"02:00:00:00:00:{number:02x}" for number, one in enumerate(CAMERAS)}
    polled.watch.note_addresses(macs)
    ports = {one.id: f"ge{number}" for number, one in enumerate(CAMERAS)}

    def switch(device, at):
        lost = [ports[id_] for id_ in ports if id_ in polled.off]
        if device.id != "sw-1":
            return ok(device, "onvif_clock", at, clock_offset_seconds=0)
        told = [Reading(PORT_UP, up, name) for name in lost]
        told += [Reading(POE_DELIVERING, fed, name) for name in lost] if fed is not None else []
        links = [Link(Via.FDB, macs[one.host], ports[one.id]) for one in CAMERAS if one.id not in polled.off]
        return replace(ok(device, "snmp_interfaces", at), readings=tuple(told), links=tuple(links))

    polled.run(60, switch)
    polled.off = set(BANK)
    polled.run(200, switch)
    [incident] = polled.watch.incidents()
    assert incident.cause is not None
    assert incident.cause.detail == cause
    assert "ge1" in str(incident.cause.facts["ports"])


def test_a_switch_that_is_back_but_held_for_its_restlessness_hides_nothing_new():
    polled = site()
    for _ in range(3):
        polled.off = {"sw-1", *(one.id for one in CAMERAS)}
        polled.run(200)
        polled.off.clear()
        polled.run(200)
    polled.run(300)
    assert [one.key for one in polled.watch.incidents()] == ["site/sw-1/-/REACH_LOST"]
    polled.log.clear()
    polled.off = set(BANK)
    polled.run(300)
    assert polled.opened() == [GROUP]
    assert polled.children(GROUP) == BANK


def test_a_restless_one_that_is_lost_with_the_others_is_lost_with_them():
    def lost(device, began, since, *, is_restless=False):
        return Finding(FaultKey(device, "", "REACH_LOST"), Phase.OPEN, since, began, None, is_restless)

    found = {
        "a": lost("a", 0.0, 120.0),
        "b": lost("b", 5.0, 125.0),
        "c": lost("c", 3.0, 123.0, is_restless=True),
    }
    roots = {device: one.key for device, one in found.items()}
    parents = dict.fromkeys(found, "sw-1")
    assert set(grouped(roots, found, parents, {"sw-1"}, {})) == {"a", "b", "c"}
    found["c"] = lost("c", -9000.0, 4.0, is_restless=True)  # open since long ago, and lost again just now
    assert set(grouped(roots, found, parents, {"sw-1"}, {})) == {"a", "b", "c"}
    found["c"] = lost("c", -9000.0, -3000.0, is_restless=True)
    assert grouped(roots, found, parents, {"sw-1"}, {}) == {}
