"""From reports to incidents: one per cause."""

import json
from dataclasses import replace

import pytest

from models.facts import SITE, Criticality, Trouble
from models.watch import Watch
from tests.models.builders import SWITCH, T0, Polled, camera, failed, ok, reached

CAMERAS = [camera(f"cam-{n:02}", "sw-1") for n in range(1, 13)]
LONE = camera("lone")
SWITCH_LOST = "site/sw-1/-/REACH_LOST"


def site(**options) -> Polled:
    return Polled([*CAMERAS, SWITCH, LONE], **options).run(60)


def switch_dies(polled: Polled) -> Polled:
    polled.off |= {"sw-1", *(c.id for c in CAMERAS)}
    return polled


def all_back(polled: Polled) -> Polled:
    polled.off.clear()
    return polled


def test_a_healthy_site_has_no_incident():
    assert site().run(300).opened() == []


def test_a_lost_camera_is_an_incident_of_its_own_and_ends_when_it_is_back():
    polled = site()
    polled.off.add("lone")
    polled.run(120)
    assert polled.opened() == ["site/lone/-/REACH_LOST"]
    all_back(polled).run(120)
    assert polled.closed() == [("site/lone/-/REACH_LOST", "recovered")]


def test_a_dead_switch_is_one_incident_with_its_cameras_as_children():
    polled = switch_dies(site()).run(120)
    assert polled.opened() == [SWITCH_LOST]
    assert polled.children(SWITCH_LOST) == {c.id for c in CAMERAS}


def test_a_switch_found_dead_seconds_after_its_cameras_is_still_one_incident():
    polled = site(correlate_seconds=60.0)
    polled.off |= {c.id for c in CAMERAS}
    polled.run(40)
    polled.off.add("sw-1")
    polled.run(200)
    assert polled.opened() == [SWITCH_LOST]


def test_a_switch_found_dead_after_its_cameras_were_told_takes_them_over():
    polled = site(correlate_seconds=5.0)
    polled.off |= {c.id for c in CAMERAS[:5]}
    polled.run(40)
    told = set(polled.opened())
    assert told == {"site/sw-1/-/PORTS_LOST"}
    switch_dies(polled).run(100)
    assert set(polled.opened()) - told == {SWITCH_LOST}
    assert dict(polled.closed()) == dict.fromkeys(told, "explained")
    assert polled.children(SWITCH_LOST) == {c.id for c in CAMERAS}
    ended = [i for changes in polled.log for i in changes.closed]
    assert {i.explained_by for i in ended} == {SWITCH_LOST}


def test_a_camera_that_died_days_before_the_switch_keeps_its_own_incident():
    polled = site()
    polled.off.add("cam-01")
    polled.run(3600)
    switch_dies(polled).run(300)
    assert polled.closed() == []
    assert polled.children(SWITCH_LOST) == {c.id for c in CAMERAS[1:]}


def test_a_child_that_stays_lost_when_its_parent_is_back_becomes_an_incident():
    polled = switch_dies(site()).run(120)
    polled.off = {"cam-05"}
    polled.run(200)
    assert polled.closed() == [(SWITCH_LOST, "recovered")]
    assert polled.opened() == [SWITCH_LOST, "site/cam-05/-/REACH_LOST"]


def test_a_camera_lost_later_under_a_dead_switch_is_told_as_an_update():
    polled = site()
    polled.off |= {"sw-1", "cam-01"}
    polled.run(120)
    assert polled.children(SWITCH_LOST) == {"cam-01"}
    switch_dies(polled).run(120)
    assert polled.opened() == [SWITCH_LOST]
    updated = [i for changes in polled.log for i in changes.updated]
    assert len(updated[-1].children) == 12


def test_a_switch_that_is_only_suspected_does_not_hide_its_cameras_for_ever():
    polled = site(stale_after=lambda _c: 1e9)
    polled.off |= {"sw-1", "cam-01"}
    polled.run(10)
    polled.mute.add("sw-1")  # suspected once and never asked again
    polled.run(300)
    assert polled.opened() == ["site/cam-01/-/REACH_LOST"]


def test_most_of_a_site_lost_without_one_cause_is_one_incident_of_the_site():
    cameras = [camera(f"cam-{n:02}") for n in range(20)]
    polled = Polled(cameras).run(60)
    polled.off |= {c.id for c in cameras[:15]}
    polled.run(120)
    assert polled.opened() == [f"site/{SITE}/-/SITE_DARK"]
    assert len(polled.children(f"site/{SITE}/-/SITE_DARK")) == 15
    polled.off = {"cam-00"}
    polled.run(200)
    assert polled.closed() == [(f"site/{SITE}/-/SITE_DARK", "recovered")]
    assert polled.opened()[1:] == ["site/cam-00/-/REACH_LOST"]


def test_a_dark_site_that_one_dead_feeder_turns_out_to_explain_becomes_its_incident():
    feeder = camera("feeder")  # no switch: it does not stand for what hangs on it while it is not lost
    cameras = [camera(f"cam-{n:02}", "feeder") for n in range(12)]
    polled = Polled([*cameras, feeder, LONE], correlate_seconds=5.0).run(60)
    polled.off |= {c.id for c in cameras}
    polled.run(40)
    assert polled.opened() == [f"site/{SITE}/-/SITE_DARK"]
    polled.off.add("feeder")
    polled.run(100)
    assert polled.opened()[1:] == ["site/feeder/-/REACH_LOST"]
    assert polled.closed() == [(f"site/{SITE}/-/SITE_DARK", "explained")]
    assert polled.children("site/feeder/-/REACH_LOST") == {c.id for c in cameras}


def test_a_site_most_of_which_hangs_on_one_switch_that_answers_is_not_dark_but_that_switchs_ticket():
    polled = site(correlate_seconds=5.0)
    polled.off |= {c.id for c in CAMERAS}
    polled.run(100)
    assert polled.opened() == ["site/sw-1/-/PORTS_LOST"]
    assert polled.children("site/sw-1/-/PORTS_LOST") == {c.id for c in CAMERAS}


def test_a_dark_site_explained_by_a_fault_that_was_told_long_before_adds_to_that_incident():
    core, access = camera("core"), camera("access", "core")
    cameras = [camera(f"cam-{n:02}", "access") for n in range(12)]
    polled = Polled([core, access, *cameras], correlate_seconds=5.0).run(60)
    polled.off.add("core")
    polled.run(3600)
    polled.off |= {c.id for c in cameras}
    polled.run(60)
    assert polled.opened() == ["site/core/-/REACH_LOST", f"site/{SITE}/-/SITE_DARK"]
    polled.off.add("access")
    polled.run(60)
    assert len(polled.opened()) == 2
    assert polled.closed() == [(f"site/{SITE}/-/SITE_DARK", "explained")]
    assert polled.children("site/core/-/REACH_LOST") == {"access", *(c.id for c in cameras)}


def test_a_thousand_cameras_behind_one_switch_are_one_incident():
    cameras = [camera(f"cam-{n}", "sw-1") for n in range(1000)]
    polled = Polled([*cameras, SWITCH], step=30.0, hold_scale=0.3).run(60)
    polled.off |= {"sw-1", *(c.id for c in cameras)}
    polled.run(240)
    assert polled.opened() == [SWITCH_LOST]
    assert len(polled.children(SWITCH_LOST)) == 1000


def test_a_device_to_be_ignored_makes_no_incident_and_is_no_child():
    ignored = replace(CAMERAS[0], criticality=Criticality.IGNORE)
    polled = Polled([ignored, *CAMERAS[1:], SWITCH, LONE]).run(60)
    polled.off.add(ignored.id)
    polled.run(200)
    assert polled.opened() == []
    assert any(f.key.device == ignored.id and f.phase == "open" for f in polled.watch.findings())
    switch_dies(polled).run(120)
    assert polled.children(SWITCH_LOST) == {c.id for c in CAMERAS[1:]}


def test_parents_in_a_ring_still_give_one_incident():
    a, b = camera("a", "b"), camera("b", "a")
    polled = Polled([a, b, LONE]).run(60)
    polled.off |= {"a", "b"}
    assert polled.run(120).opened() == ["site/a/-/REACH_LOST"]
    assert polled.children("site/a/-/REACH_LOST") == {"b"}


def test_a_hundred_flaps_are_one_incident():
    polled = site()
    polled.off.add("lone")
    polled.run(100)
    for _ in range(100):
        polled.off ^= {"lone"}
        polled.run(5)
    assert polled.opened() == ["site/lone/-/REACH_LOST"]


def clock_off(device, at):
    return ok(device, "onvif_clock", at, clock_offset_seconds=40)


def test_of_a_lost_device_nothing_else_is_told_and_what_was_told_stays_open():
    polled = Polled([LONE]).run(120, clock_off)
    assert polled.opened() == ["site/lone/-/CLOCK_OFFSET"]
    polled.off.add("lone")
    polled.run(600)
    assert polled.closed() == []
    assert {i.key for i in polled.watch.incidents()} == {
        "site/lone/-/CLOCK_OFFSET",
        "site/lone/-/REACH_LOST",
    }


def test_a_fault_that_opens_just_before_its_device_is_lost_waits_until_it_is_back():
    polled = Polled([LONE], correlate_seconds=120.0).run(30, clock_off)
    polled.off.add("lone")
    polled.run(600, clock_off)
    assert polled.opened() == ["site/lone/-/REACH_LOST"]
    all_back(polled).run(300, clock_off)
    assert polled.opened() == ["site/lone/-/REACH_LOST", "site/lone/-/CLOCK_OFFSET"]


def test_a_wrong_password_does_not_make_the_device_lost():
    def refused(device, at):
        return failed(device, "onvif_media", Trouble.AUTH, at)

    assert Polled([LONE]).run(200, refused).opened() == ["site/lone/-/AUTH_REFUSED"]


def restart(polled: Polled) -> Polled:
    """The agent was killed and comes back with what it stored."""
    stored = json.loads(json.dumps(polled.watch.dump()))
    fresh = Polled(polled.devices)
    assert fresh.watch.restore(stored) == []
    polled.watch = fresh.watch
    return polled


def test_a_restart_forgets_no_incident_and_tells_none_twice():
    polled = restart(switch_dies(site()).run(120)).run(300)
    assert polled.opened() == [SWITCH_LOST]
    assert polled.children(SWITCH_LOST) == {c.id for c in CAMERAS}
    all_back(restart(polled)).run(200)
    assert polled.closed() == [(SWITCH_LOST, "recovered")]


def test_a_restart_within_the_window_still_gives_one_incident():
    polled = site(correlate_seconds=60.0)
    switch_dies(polled).run(30)
    assert restart(polled).run(300).opened() == [SWITCH_LOST]


def test_an_incident_survives_the_loss_of_its_devices_own_data():
    polled = switch_dies(site()).run(120)
    stored = polled.watch.dump()
    stored["sw-1"] = {"lives": "rubbish"}
    fresh = Polled(polled.devices)
    assert fresh.watch.restore(stored) == ["sw-1"]
    fresh.off = polled.off
    fresh.run(60)
    assert (fresh.opened(), fresh.closed()) == ([], [])
    assert {i.key for i in fresh.watch.incidents()} == {SWITCH_LOST}


def test_a_device_taken_out_of_the_inventory_ends_its_incident_as_removed():
    polled = site()
    polled.off.add("lone")
    polled.run(120)
    changes = polled.watch.replace_devices([*CAMERAS, SWITCH], polled.at)
    assert [(i.key, i.ending) for i in changes.closed] == [("site/lone/-/REACH_LOST", "removed")]
    assert not any(f.key.device == "lone" for f in polled.watch.findings())


def test_a_device_to_be_ignored_from_now_on_ends_its_incident_as_removed():
    polled = site()
    polled.off.add("lone")
    polled.run(120)
    ignored = replace(LONE, criticality=Criticality.IGNORE)
    changes = polled.watch.replace_devices([*CAMERAS, SWITCH, ignored], polled.at)
    assert [i.ending for i in changes.closed] == ["removed"]


def test_children_of_a_switch_taken_out_become_incidents_of_their_own():
    polled = site()
    polled.off |= {"sw-1", "cam-01"}
    polled.run(120)
    polled.watch.replace_devices([*CAMERAS, LONE], polled.at)
    polled.devices = (*CAMERAS, LONE)
    polled.run(100)
    assert polled.opened() == [SWITCH_LOST, "site/cam-01/-/REACH_LOST"]


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
def test_a_jump_of_the_clock_opens_nothing_on_a_healthy_site_and_keeps_what_is_open(jump):
    polled = site()
    polled.off.add("lone")
    polled.run(120)
    polled.at += jump
    polled.run(300)
    assert (polled.opened(), polled.closed()) == (["site/lone/-/REACH_LOST"], [])
    all_back(polled).run(120)
    assert polled.closed() == [("site/lone/-/REACH_LOST", "recovered")]


def test_without_a_window_a_fault_is_told_with_the_report_that_opens_it():
    watch = Watch("site", [LONE], hold_scale=0.0, correlate_seconds=0.0)
    watch.observe(reached(LONE, T0))
    watch.observe(failed(LONE, "reach", Trouble.UNREACHABLE, T0 + 1))
    changes = watch.observe(failed(LONE, "reach", Trouble.UNREACHABLE, T0 + 2))
    assert [i.key for i in changes.opened] == ["site/lone/-/REACH_LOST"]


def test_what_an_outage_did_to_a_camera_is_not_restlessness_of_its_own():
    polled = site()
    for _ in range(3):
        switch_dies(polled).run(200)
        all_back(polled).run(200)
    polled.run(6000)  # the switch itself was restless for a while
    assert polled.watch.incidents() == ()
    polled.log.clear()
    polled.off = {"cam-03"}
    polled.run(200)
    all_back(polled).run(200)
    assert polled.opened() == ["site/cam-03/-/REACH_LOST"]
    assert polled.closed() == [("site/cam-03/-/REACH_LOST", "recovered")]


def test_cameras_of_an_outage_that_is_over_are_well_at_once_and_lost_anew_at_once():
    """They were down twice within the hour, by two causes: a switch, and then the cameras' own bank of ports."""
    polled = site()
    switch_dies(polled).run(200)
    all_back(polled).run(300)
    polled.off = {"cam-01", "cam-02", "cam-03"}
    polled.run(200)
    all_back(polled).run(300)
    polled.off = {"cam-01"}
    polled.run(200)
    assert polled.opened() == [SWITCH_LOST, "site/sw-1/-/PORTS_LOST", "site/cam-01/-/REACH_LOST"]
    assert polled.closed() == [(SWITCH_LOST, "recovered"), ("site/sw-1/-/PORTS_LOST", "recovered")]
