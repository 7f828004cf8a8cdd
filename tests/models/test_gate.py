"""What people hear and when: windows and silences, new devices, a day's share with its digest."""

from dataclasses import replace

import pytest

from models.emission import Emission
from models.facts import Criticality, Ending, FaultKey, Finding, Incident, Kind, Phase
from models.gate import Limits
from models.quiet import Quiet, Site, Window, covering
from models.ticket_setting import Setting
from models.ticket_text import ticket
from models.watch import Changes
from models.words import LANGUAGES
from tests.models.builders import CAMERA, SWITCH, T0, camera

DAY, HOUR = 86400.0, 3600.0
DEVICES = {d.id: d for d in (CAMERA, SWITCH, *(camera(f"c{n}", "sw-1") for n in range(9)))}


def incident(device="cam-1", code="REACH_LOST", at=T0):
    key = FaultKey(device, "", code)
    return Incident(f"site/{key}", Finding(key, Phase.OPEN, at, at), opened_at=at)


def window(*devices, since=T0, hours=2.0, kind=Quiet.MAINTENANCE, **more):
    return Window(1, kind, devices, since, since + hours * HOUR, "Li Wei", "switch replaced", **more)


def emission(*windows, devices=DEVICES, at=T0, **limits):
    made = Emission("site", Limits(**{"grace": 0.0, **limits}))
    made.keep_devices(devices, Site(devices, lambda d: ("sw-1",) if devices[d].parent else ()), at)
    made.set_windows(windows)
    return made


def opened(made, *incidents, at=T0):
    return [one.key for one in made.tell(Changes(opened=incidents), at).opened]


def test_what_opens_in_a_window_is_told_at_its_end_if_it_lasts_with_a_word_why():
    made = emission(window("cam-1"))
    assert opened(made, incident()) == []
    assert not made.step(T0 + HOUR)
    (late,) = made.step(T0 + 2 * HOUR).opened
    text = ticket(late, Setting("Plant", DEVICES)).body
    assert "held back until now by the maintenance of Li Wei: switch replaced" in text
    assert not made.step(T0 + 2 * HOUR + 1)


def test_what_ends_within_a_window_is_never_told():
    made = emission(window("cam-1"))
    opened(made, incident())
    over = replace(incident(), closed_at=T0 + 60, ending=Ending.RECOVERED)
    assert not made.tell(Changes(closed=(over,)), T0 + 60)
    assert not made.step(T0 + 3 * HOUR)
    assert [note.what for note in made.take_notes()] == ["held_back", "never_told"]


def test_what_was_told_before_ends_aloud():
    made = emission()
    assert opened(made, incident())
    made.set_windows([window("*")])
    over = replace(incident(), closed_at=T0 + 60, ending=Ending.RECOVERED)
    assert made.tell(Changes(closed=(over,)), T0 + 60).closed


def test_a_window_that_is_ended_before_its_time_lets_go():
    one = window("cam-1")
    made = emission(one)
    opened(made, incident())
    made.set_windows([replace(one, ended_at=T0 + 60, ended_by="Li Wei")])
    assert made.step(T0 + 60).opened


@pytest.mark.parametrize(
    ("scope", "device", "is_quiet"),
    [
        ("*", "cam-1", True),
        ("*", "@site", True),
        ("sw-1", "c3", True),  # it hangs on it
        ("c*", "cam-1", True),
        ("c1", "c2", False),
        ("kind:switch", "sw-1", True),
        ("kind:ups", "cam-1", False),
        ("place:Gate*", "cam-1", True),
        ("cam-1", "@site", False),
    ],
)
def test_a_scope_means_devices_by_id_kind_or_place_and_what_hangs_on_them(scope, device, is_quiet):
    site = Site(DEVICES, lambda d: ("sw-1",) if d in DEVICES and DEVICES[d].parent else ())
    assert bool(covering([window(scope)], FaultKey(device, "", "REACH_LOST"), site, T0)) is is_quiet


def test_a_silence_of_one_fault_leaves_the_others_loud():
    made = emission(window("cam-1", kind=Quiet.SILENCE, faults=("CLOCK_OFFSET",)))
    assert opened(made, incident(code="CLOCK_OFFSET"), incident(code="IMG_BLUR")) == ["site/cam-1/-/IMG_BLUR"]


def test_of_windows_that_overlap_the_last_one_lets_go():
    made = emission(window("cam-1"), window("*", hours=5))
    opened(made, incident())
    assert not made.step(T0 + 3 * HOUR)
    assert made.step(T0 + 5 * HOUR).opened


def test_a_new_device_has_its_grace_and_the_first_inventory_has_none():
    made = emission(grace=HOUR, devices={"cam-1": CAMERA})
    assert opened(made, incident())
    made.keep_devices(DEVICES, Site(DEVICES), T0 + 10)
    assert opened(made, incident("c1", at=T0 + 20), at=T0 + 20) == []
    (late,) = made.step(T0 + 10 + HOUR).opened
    assert late.key == "site/c1/-/REACH_LOST"


def test_beyond_a_days_share_there_is_one_digest_and_what_is_critical_has_its_own_share():
    devices = {**DEVICES, "nvr": replace(CAMERA, id="nvr", kind=Kind.NVR)}
    made = emission(devices=devices, per_day=2)
    told = opened(made, *(incident(f"c{n}") for n in range(5)), incident("nvr"))
    assert told == ["site/c0/-/REACH_LOST", "site/c1/-/REACH_LOST", "site/nvr/-/REACH_LOST"]
    (digest,) = made.step(T0 + 1).opened
    assert (digest.root.key.code, [key.device for key in digest.children]) == (
        "TICKET_FLOOD",
        ["c2", "c3", "c4"],
    )
    assert not made.step(T0 + HOUR)
    after = made.step(T0 + DAY + 1)
    assert [one.root.key.device for one in after.opened] == ["c2", "c3"]
    assert not after.closed
    last = made.step(T0 + 2 * DAY + 2)
    assert ([one.root.key.device for one in last.opened], len(last.closed)) == (["c4"], 1)


def test_a_fault_that_comes_back_takes_no_second_share():
    made = emission(per_day=1)
    for n in range(3):
        assert opened(made, incident(at=T0 + n), at=T0 + n)
        made.tell(Changes(closed=(replace(incident(), closed_at=T0 + n, ending=Ending.RECOVERED),)), T0 + n)


def test_a_critical_camera_is_told_when_a_normal_one_has_to_wait():
    key = replace(camera("key"), criticality=Criticality.CRITICAL)
    made = emission(devices={**DEVICES, "key": key}, per_day=1)
    assert opened(made, incident("c0"), incident("c1"), incident("key")) == [
        "site/c0/-/REACH_LOST",
        "site/key/-/REACH_LOST",
    ]


def test_what_is_held_back_survives_a_restart():
    made, after = emission(window("cam-1"), per_day=1), emission(window("cam-1"), per_day=1)
    opened(made, incident(), incident("c0"), incident("c1"))
    made.step(T0 + 1)
    after.load(made.dump(), [incident(), incident("c0"), incident("c1")])
    assert set(after.gate.held) == {"site/cam-1/-/REACH_LOST", "site/c1/-/REACH_LOST"}
    assert not after.step(T0 + 2)
    assert [one.root.key.device for one in after.step(T0 + 2 * DAY).opened] == ["cam-1"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_digest_reads_well(lang):
    made = emission(per_day=1)
    opened(made, incident("c0"), incident("c1"))
    text = ticket(made.step(T0 + 1).opened[0], Setting("Plant", DEVICES, lang))
    assert "?" not in text.subject + text.body
    assert "c1" in text.body
