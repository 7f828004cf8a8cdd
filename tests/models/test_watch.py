"""The facade: what the agent sees of it."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.facts import SITE, FaultKey, Phase, Reading, Report, Trouble
from models.faults import Hold
from models.metrics import DEVICE_INFO, DISK_OK, METRICS
from models.seen import SERIES_LIMIT
from models.watch import Changes, Condition, Watch
from tests.models.builders import CAMERA, NVR, PASSWORD, T0, failed, ok, reached, unreached

LIVE = {
    "picture_contrast_ratio": 0.16,
    "picture_luma_p99_ratio": 0.85,
    "picture_fault_confidence_ratio": 0.1,
    "picture_reference_looks": 9.0,
    "picture_structure_ratio": 0.6,
}
COVERED = {"picture_fault_confidence_ratio": 0.9, "picture_cover_confidence_ratio": 0.9}


def watching(**options) -> Watch:
    options = {"stale_after": lambda _c: 300.0, "baseline_samples": 3, "correlate_seconds": 0.0, **options}
    return Watch("site", [CAMERA, NVR], **options)


def looked(at: float, **changed: float) -> Report:
    values = {**LIVE, **changed}
    return ok(CAMERA, "stream", at, **{name: (value, "main") for name, value in values.items()})


def phase(watch: Watch, code: str, part: str = "") -> Phase | None:
    key = FaultKey("cam-1", part, code)
    return next((f.phase for f in watch.findings() if f.key == key), None)


def test_a_report_of_a_device_outside_the_inventory_changes_nothing():
    watch = watching()
    assert not watch.observe(unreached(replace(CAMERA, id="stranger")))
    assert watch.findings() == ()


def test_a_report_that_repeats_what_is_known_changes_nothing():
    watch = watching()
    assert [f.phase for f in watch.observe(reached(CAMERA)).findings] == [Phase.OK]
    assert watch.observe(reached(CAMERA, T0 + 30)) == Changes()


def test_a_device_in_one_word():
    watch = watching(hold_scale=0.0)
    assert watch.health("cam-1") is Condition.UNKNOWN
    watch.observe(reached(CAMERA))
    assert watch.health("cam-1") is Condition.OK
    watch.observe(unreached(CAMERA, T0 + 1))
    assert watch.health("cam-1") is Condition.UNKNOWN
    watch.observe(unreached(CAMERA, T0 + 2))
    assert watch.health("cam-1") is Condition.FAULT
    assert watch.health("stranger") is Condition.UNKNOWN


def test_what_nobody_looks_at_any_more_becomes_unknown_with_the_tick():
    watch = watching()
    watch.observe(reached(CAMERA))
    assert not watch.tick(T0 + 300)
    changed = {f.key.code: f.phase for f in watch.tick(T0 + 301).findings}
    assert changed["REACH_LOST"] is Phase.UNKNOWN


def test_of_a_device_that_is_lost_all_that_was_good_is_unknown():
    watch = watching()
    watch.observe(reached(CAMERA))
    watch.observe(ok(CAMERA, "onvif_clock", T0 + 1, clock_offset_seconds=0.1))
    assert phase(watch, "CLOCK_OFFSET") is Phase.OK
    watch.observe(unreached(CAMERA, T0 + 30))
    assert phase(watch, "CLOCK_OFFSET") is Phase.UNKNOWN


def test_a_cover_is_unknown_while_the_usual_picture_is_learnt_and_then_seen():
    watch = watching(hold_scale=0.01)
    watch.observe(looked(T0, picture_reference_looks=1.0))
    assert phase(watch, "IMG_COVER", "main") is Phase.UNKNOWN
    watch.observe(looked(T0 + 30))
    assert phase(watch, "IMG_COVER", "main") is Phase.OK
    for n in range(4, 8):
        watch.observe(looked(T0 + 10 * n, **COVERED))
    assert [i.key for i in watch.incidents()] == ["site/cam-1/main/IMG_COVER"]


def test_what_the_other_cameras_show_as_well_is_the_weather():
    cameras = [replace(CAMERA, id=f"cam-{n}", host=f"127.9.1.{n}") for n in range(1, 6)]
    watch = Watch("site", cameras, stale_after=lambda _c: 900.0, correlate_seconds=0.0)
    fog = {"picture_fault_confidence_ratio": 0.9, "picture_fog_confidence_ratio": 0.9}
    values = {name: (value, "main") for name, value in {**LIVE, **fog}.items()}
    for n in range(20):
        for camera in cameras:
            watch.observe(ok(camera, "stream", T0 + 300 * n, **values))
    assert [incident.root.key.code for incident in watch.incidents()] == ["SITE_FOG"]
    found = {f.key.code: f for f in watch.findings("cam-5")}["IMG_FOG"]
    assert (found.phase, found.verdict.detail) == (Phase.UNKNOWN, "unknown.site_named")
    for n in range(20, 40):  # the fog lifts, but before one lens
        for camera in cameras:
            own = values if camera.id == "cam-2" else {name: (v, "main") for name, v in LIVE.items()}
            watch.observe(ok(camera, "stream", T0 + 300 * n, **own))
    assert [i.key for i in watch.incidents()] == ["site/cam-2/main/IMG_FOG"]


def test_what_was_good_before_a_restart_is_unknown_after_it():
    watch, again = watching(), watching()
    watch.observe(reached(CAMERA))
    again.restore(watch.dump())
    assert again.health("cam-1") is Condition.UNKNOWN


def test_only_the_devices_asked_for_are_dumped_and_the_site_always():
    watch = watching()
    assert set(watch.dump(["cam-1", "stranger"])) == {"cam-1", SITE}
    assert set(watch.dump()) == {"cam-1", "nvr-1", SITE}


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({"cam-1": junk, SITE: junk}))
def test_a_stored_state_that_makes_no_sense_is_left_out_and_named(stored):
    watch = watching()
    assert set(watch.restore(stored)) <= {"cam-1", SITE}
    watch.observe(reached(CAMERA))
    assert watch.health("cam-1") is Condition.OK


@given(st.sampled_from(["lives", "baselines"]), junk)
def test_a_stored_device_that_is_damaged_in_one_place_is_left_out_whole(where, damage):
    watch = watching()
    watch.observe(reached(CAMERA))
    stored = watch.dump(["cam-1"])
    stored["cam-1"][where] = damage
    again = watching()
    if again.restore(stored) == ["cam-1"]:
        assert again.findings() == ()


def test_no_secret_is_in_what_is_stored():
    watch = watching()
    watch.observe(failed(CAMERA, "stream", Trouble.AUTH))
    watch.observe(unreached(CAMERA, T0 + 1))
    stored = json.dumps(watch.dump())
    assert PASSWORD not in stored
    assert CAMERA.login.user not in stored


def test_who_a_device_says_it_is_can_be_asked():
    watch = watching()
    readings = (Reading(DEVICE_INFO, "Acme", "maker"), Reading(DEVICE_INFO, "SV-200", "model"))
    watch.observe(Report("cam-1", "onvif_identity", T0, 0.1, readings))
    assert dict(watch.identity("cam-1")) == {"maker": "Acme", "model": "SV-200"}
    assert dict(watch.identity("stranger")) == {}


def test_a_device_that_moves_to_another_address_keeps_its_faults_and_loses_its_evidence():
    watch = watching(hold_scale=0.0)
    for n in range(3):
        watch.observe(ok(CAMERA, "onvif_clock", T0 + n, clock_offset_seconds=40))
    watch.replace_devices([replace(CAMERA, host="127.9.9.9"), NVR], T0 + 3)
    assert phase(watch, "CLOCK_OFFSET") is Phase.OPEN
    watch.observe(reached(CAMERA, T0 + 4))
    assert phase(watch, "CLOCK_OFFSET") is Phase.OPEN


def test_a_device_that_invents_parts_does_not_fill_the_memory():
    watch = watching()
    for n in range(100):
        readings = tuple(Reading(DISK_OK, 0.0, f"{n}-{m}") for m in range(100))
        watch.observe(Report("nvr-1", "snmp_health", T0 + n, 0.1, readings))
    assert len(watch.findings()) <= SERIES_LIMIT + 10


any_reading = st.builds(
    Reading,
    st.sampled_from(list(METRICS.values())),
    st.floats() | st.text(max_size=10),
    st.sampled_from(["", "main", "1"]) | st.text(max_size=5),
)
collectors = st.sampled_from(["reach", "onvif_clock", "onvif_media", "snmp_health", "stream", "else"])
moments = st.floats(0, 4e9)
any_readings = st.lists(any_reading, max_size=8).map(tuple)
any_report = st.one_of(
    st.builds(Report, st.sampled_from(["cam-1", "nvr-1"]), collectors, moments, st.just(0.1), any_readings),
    st.builds(failed, st.sampled_from([CAMERA, NVR]), collectors, st.sampled_from(Trouble), moments),
)


@given(st.lists(any_report, max_size=30))
def test_no_report_however_odd_upsets_the_watch(reports):
    watch = watching()
    for report in reports:
        watch.observe(report)
        watch.tick(report.at)
    json.dumps(watch.dump(), allow_nan=False)


def test_hold_times_of_a_fault_that_does_not_exist_are_refused():
    with pytest.raises(ValueError, match="NO_SUCH"):
        watching(holds={"NO_SUCH": Hold(1, 0, 1, 0)})


def test_hold_times_of_a_site_win_over_the_catalogue():
    watch = watching(holds={"REACH_LOST": Hold(1, 0.0, 1, 0.0)})
    assert [i.key for i in watch.observe(unreached(CAMERA)).opened] == ["site/cam-1/-/REACH_LOST"]


def test_changes_are_falsy_when_nothing_changed():
    assert not Changes()
