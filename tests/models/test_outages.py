"""Losses that no lost feeder explains: power, and devices of which nobody knows where they hang."""

from dataclasses import replace

from models.facts import Cause, Device, Kind, Reading
from models.metrics import POE_DELIVERING, POE_DENIED, PORT_UP, UPS_CHARGE, UPS_ON_BATTERY
from tests.models.builders import T0, UPS, Polled, camera, ok

SWITCHES = [
    Device(f"sw-{n}", Kind.SWITCH, f"host-{n}", tcp_ports=(22,), onvif_port=80, power="ups-1") for n in (1, 2)
]
CAMERAS = [camera(f"cam-{n}", parent="sw-1") for n in range(6)]
STRAY = camera("stray")


class Battery:
    """The UPS as it is asked beside the rest: on mains until told otherwise."""

    def __init__(self) -> None:
        self.on, self.charge = 0.0, 0.9

    def __call__(self, device: Device, at: float):
        if device.id != UPS.id:
            return ok(device, "onvif_clock", at, clock_offset_seconds=0)
        return replace(
            ok(device, "snmp_ups", at),
            readings=(Reading(UPS_ON_BATTERY, self.on), Reading(UPS_CHARGE, self.charge)),
        )


def powered() -> tuple[Polled, Battery]:
    battery = Battery()
    site = Polled([*SWITCHES, UPS, *CAMERAS])
    site.run(60, battery)
    return site, battery


def test_mains_lost_then_all_dark_is_one_open_ticket_about_the_ups():
    site, battery = powered()
    battery.on = 1.0
    site.run(100, battery)
    assert site.opened() == ["site/ups-1/-/POWER_BATTERY"]
    site.off |= {"sw-1", "sw-2", "ups-1", *(c.id for c in CAMERAS)}
    site.run(150, battery)
    [incident] = site.watch.incidents()
    assert incident.key == "site/ups-1/-/POWER_BATTERY"
    assert {key.device for key in incident.children} == {"ups-1", "sw-1", "sw-2", *(c.id for c in CAMERAS)}
    battery.on = 0.0
    site.off.clear()
    site.run(200, battery)
    assert site.watch.incidents() == ()
    assert site.opened() == ["site/ups-1/-/POWER_BATTERY"]


def test_a_battery_nearly_empty_takes_the_older_ticket_over():
    site, battery = powered()
    battery.on = 1.0
    site.run(800, battery)
    battery.charge = 0.1
    site.run(100, battery)
    assert [incident.key for incident in site.watch.incidents()] == ["site/ups-1/-/POWER_BATTERY_LOW"]
    assert site.closed() == [("site/ups-1/-/POWER_BATTERY", "explained")]


def test_a_camera_that_dies_while_the_ups_is_on_a_good_battery_is_its_own_ticket():
    site, battery = powered()
    battery.on = 1.0
    site.run(100, battery)
    site.off.add("cam-0")
    site.run(150, battery)
    assert site.opened() == ["site/ups-1/-/POWER_BATTERY", "site/cam-0/-/REACH_LOST"]


# ---------------------------------------------------------------- nobody knows where it hangs


def outage(**options) -> Polled:
    return Polled([*SWITCHES, *CAMERAS, STRAY], **options).run(60)


def test_what_fell_silent_with_an_outage_is_taken_for_a_part_of_it_until_that_is_over():
    site = outage()
    site.off |= {"sw-1", "stray", *(c.id for c in CAMERAS)}
    site.run(200)
    assert site.opened() == ["site/sw-1/-/REACH_LOST"]
    assert "stray" in site.children("site/sw-1/-/REACH_LOST")
    site.off = {"stray"}
    site.run(200)
    assert [incident.key for incident in site.watch.incidents()] == ["site/stray/-/REACH_LOST"]


def test_what_fell_silent_long_before_an_outage_is_no_part_of_it():
    site = outage()
    site.off |= {"stray"}
    site.run(300)
    site.off |= {"sw-1", *(c.id for c in CAMERAS)}
    site.run(300)
    assert site.opened() == ["site/stray/-/REACH_LOST", "site/sw-1/-/REACH_LOST"]
    assert len(site.watch.incidents()) == 2


def test_two_devices_lost_are_no_outage():
    site = Polled([*SWITCHES, CAMERAS[0], STRAY, *(camera(f"x-{n}") for n in range(4))]).run(60)
    site.off |= {"sw-1", "cam-0", "stray"}
    site.run(200)
    assert sorted(site.opened()) == ["site/stray/-/REACH_LOST", "site/sw-1/-/REACH_LOST"]


# ---------------------------------------------------------------- power over Ethernet


class Poe:
    """Ports of sw-1; the cameras in `refused` get no power."""

    def __init__(self) -> None:
        self.refused: set[int] = set()
        self.counts = dict.fromkeys(range(6), 0.0)

    def __call__(self, device: Device, at: float):
        if device.id != "sw-1":
            return ok(device, "onvif_clock", at, clock_offset_seconds=0)
        readings = []
        for port in range(6):
            fed = float(port not in self.refused)
            self.counts[port] += 1 - fed
            readings += [
                Reading(PORT_UP, fed, f"gi{port}"),
                Reading(POE_DELIVERING, fed, f"gi{port}"),
                Reading(POE_DENIED, self.counts[port], f"gi{port}"),
            ]
        return replace(ok(device, "snmp_interfaces", at), readings=tuple(readings))


def test_cameras_that_a_switch_refuses_power_are_one_ticket_about_the_switch():
    poe, site = Poe(), Polled([*SWITCHES, *CAMERAS])
    site.run(60, poe)
    poe.refused, site.off = {1, 2, 3}, {"cam-1", "cam-2", "cam-3"}
    site.run(300, poe)
    [incident] = site.watch.incidents()
    assert incident.key == "site/sw-1/-/POE_BUDGET"
    assert {key.device for key in incident.children} == {"cam-1", "cam-2", "cam-3"}
    assert set(site.opened()) - {incident.key} == {key for key, _ in site.closed()}


def test_many_lost_one_by_one_on_a_switch_that_answers_point_to_the_switch():
    site = Polled([*SWITCHES, *CAMERAS, *(camera(f"x-{n}", parent="sw-2") for n in range(8))])
    site.run(60)
    for device in ("cam-1", "cam-2", "cam-3"):
        site.off.add(device)
        site.run(200)
    assert len(site.watch.incidents()) == 3
    assert site.watch.incidents()[-1].cause == Cause(
        "link.siblings", {"switch": "sw-1", "lost": 3.0, "of": 6.0}
    )


# ---------------------------------------------------------------- a switch of SNMP alone


def test_a_collector_that_asks_each_ten_minutes_keeps_no_dead_switch_alive():
    switch = Device("sw-9", Kind.SWITCH, "host-9", snmp=UPS.snmp)
    often = {"snmp_topology": 1800.0}
    site = Polled([switch], stale_after=lambda name: often.get(name, 60.0))
    site.watch.observe(ok(switch, "snmp_topology", T0 - 1, port_neighbours=(3, "gi1")))
    site.run(60)
    site.off.add("sw-9")
    site.run(120)
    assert site.opened() == ["site/sw-9/-/REACH_LOST"]
