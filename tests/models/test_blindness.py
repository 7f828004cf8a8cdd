"""Unknown opens no fault's ticket: one "agent is blind to …" speaks of all that is out of sight."""

from models.facts import Ending, Trouble
from models.ticket_setting import Setting
from models.ticket_text import ticket
from models.watch import Watch
from tests.models.builders import CAMERA, SWITCH, T0, camera, failed, ok, reached

DEVICES = (CAMERA, SWITCH, *(camera(f"c{n}") for n in range(4)))


def watch():
    return Watch("site", DEVICES, blind_after=600.0, stale_after=lambda _: 200.0)


def live(site, at, seconds, seen, *, trouble=None):
    """Ask every 30 s; devices that are not `seen` give the trouble, or nothing at all."""
    told = []
    for now in range(int(at), int(at + seconds), 30):
        for device in DEVICES:
            if device in seen:
                site.observe(
                    ok(device, "snmp_ups", now, ups_load_ratio=0.5)
                    if device is SWITCH
                    else reached(device, now)
                )
            elif trouble:
                site.observe(failed(device, "reach", trouble, now))
        told.append(site.tick(now))
    opened = [one for changes in told for one in changes.opened]
    closed = [one for changes in told for one in changes.closed]
    return opened, closed


def test_devices_that_nothing_can_be_said_of_are_one_incident_after_a_while_and_end_it_when_seen():
    site = watch()
    assert live(site, T0, 900, DEVICES) == ([], [])
    (opened,), _ = live(site, T0 + 900, 1500, DEVICES[2:], trouble=Trouble.NOT_SUPPORTED)
    assert opened.root.key.code == "AGENT_BLIND"
    assert {key.device for key in opened.children} == {"cam-1", "sw-1"}
    assert "2 of 6" in ticket(opened, Setting("Plant", {})).body
    assert site.incidents() == (opened,)
    _, (closed,) = live(site, T0 + 2400, 300, DEVICES)
    assert closed.ending is Ending.RECOVERED
    assert site.incidents() == ()


def test_a_clock_that_jumps_ahead_makes_nobody_blind():
    site = watch()
    live(site, T0, 300, DEVICES)
    assert live(site, T0 + 90_000, 30, ()) == ([], [])


def test_a_collector_that_fails_in_the_agent_is_out_of_sight():
    site = watch()
    for now in range(int(T0), int(T0) + 1500, 30):
        for device in DEVICES[2:]:
            site.observe(reached(device, now))
        site.observe(reached(CAMERA, now))
        site.observe(ok(SWITCH, "snmp_ups", now, ups_load_ratio=0.5))
        site.observe(failed(CAMERA, "stream", Trouble.BUG, now))
        site.tick(now)
    (told,) = site.incidents()
    assert [(key.device, key.part) for key in told.children] == [("cam-1", "stream")]


def test_it_lasts_through_a_restart():
    site, after = watch(), watch()
    live(site, T0, 60, DEVICES)
    live(site, T0 + 60, 1500, DEVICES[1:], trouble=None)
    after.restore(site.dump())
    assert [one.key for one in after.incidents()] == ["site/@site/-/AGENT_BLIND"]
    opened, closed = live(after, T0 + 1560, 60, DEVICES)
    assert (opened, len(closed)) == ([], 1)
