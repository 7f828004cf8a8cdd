"""What a device was accepted with: identity, settings, channels; and who may change that."""

from hypothesis import given
from hypothesis import strategies as st

from models.accepted import FIRMWARE_SECONDS, Accepted
from models.facts import Reading, Report
from models.metrics import DEVICE_INFO, PROFILE_INFO, RELAY_LISTED, RELAYS, SOURCE_LISTED, VIDEO_SOURCES
from models.watch import Watch
from tests.models.builders import CAMERA, NVR, T0, Looker

DAY = 86400.0


def who(at=T0, device=CAMERA, **labels):
    readings = tuple(Reading(DEVICE_INFO, value, label) for label, value in labels.items())
    return Report(device.id, "onvif_identity", at, 0.1, readings)


def media(at=T0, device=CAMERA, sources=("v1",), **profiles):
    readings = [Reading(PROFILE_INFO, text, stream) for stream, text in profiles.items()]
    readings += [Reading(SOURCE_LISTED, 1.0, one) for one in sources]
    return Report(device.id, "onvif_media", at, 0.1, (Reading(VIDEO_SOURCES, float(len(sources))), *readings))


def seen(*reports, device=CAMERA):
    return Looker(device, stale=90 * DAY).take(*reports)


# ---------------------------------------------------------------- identity


def test_another_firmware_is_told_with_both_versions():
    look = seen(who(serial="7", firmware="1.0"), who(T0 + 1, serial="7", firmware="1.1"))
    verdict = look.verdicts(T0 + 1)["FW_CHANGED", ""]
    assert (verdict.health, dict(verdict.facts)) == ("bad", {"was": "1.0", "now": "1.1"})
    assert look.says("REPLACED", at=T0 + 1) == "good"


def test_a_new_firmware_is_accepted_by_itself_after_a_week():
    look = seen(who(firmware="1.0"), who(T0 + 1, firmware="1.1"))
    later = T0 + 2 + FIRMWARE_SECONDS
    assert look.take(who(later, firmware="1.1")).says("FW_CHANGED", at=later) == "good"


def test_a_firmware_that_was_rolled_back_is_as_accepted():
    look = seen(who(firmware="1.0"), who(T0 + 1, firmware="1.1"), who(T0 + 2, firmware="1.0"))
    assert look.says("FW_CHANGED", at=T0 + 2) == "good"


def test_another_serial_and_mac_are_another_device_and_explain_the_firmware():
    look = seen(
        who(serial="7", mac="02:00:00:00:00:01", firmware="1.0"),
        who(T0 + 1, serial="8", mac="02:00:00:00:00:02", firmware="2.0"),
    )
    assert (look.says("REPLACED", at=T0 + 1), look.says("FW_CHANGED", at=T0 + 1)) == ("bad", "unknown")


def test_quirk_19_a_serial_that_is_the_address_may_change_alone():
    look = seen(who(serial="19201", mac="aa", model="E1"), who(T0 + 1, serial="19202", mac="aa", model="E1"))
    assert look.says("REPLACED", at=T0 + 1) == "good"


def test_quirk_19_equal_serials_and_another_mac_are_the_same_device_unless_the_model_differs():
    first = who(serial="000000", mac="aa", model="E1")
    assert (
        seen(first, who(T0 + 1, serial="000000", mac="bb", model="E1")).says("REPLACED", at=T0 + 1) == "good"
    )
    assert (
        seen(first, who(T0 + 1, serial="000000", mac="bb", model="E2")).says("REPLACED", at=T0 + 1) == "bad"
    )


def test_where_only_one_mark_is_known_it_decides():
    assert seen(who(serial="7"), who(T0 + 1, serial="8")).says("REPLACED", at=T0 + 1) == "bad"


def test_a_device_that_tells_neither_serial_nor_mac_is_not_judged():
    assert seen(who(model="E1"), who(T0 + 1, model="E2")).says("REPLACED", at=T0 + 1) == ""


# ---------------------------------------------------------------- settings and lists


def test_an_encoder_set_otherwise_is_told_by_stream():
    look = seen(
        media(main="H264 1920x1080", sub="H264 640x360"),
        media(T0 + 1, main="H264 1280x720", sub="H264 640x360"),
    )
    verdicts = look.verdicts(T0 + 1)
    assert verdicts["ENCODER_CHANGED", "main"].facts["now"] == "H264 1280x720"
    assert verdicts["ENCODER_CHANGED", "sub"].health == "good"


def test_a_recorder_whose_channels_were_all_changed_has_one_finding():
    parts = {f"ch{n}/main": "H264 1920x1080" for n in range(8)}
    look = seen(
        media(device=NVR, **parts), media(T0 + 1, device=NVR, **dict.fromkeys(parts, "H264")), device=NVR
    )
    says = {part: v.health for (code, part), v in look.verdicts(T0 + 1).items() if code == "ENCODER_CHANGED"}
    assert says.pop("") == "bad"
    assert set(says.values()) == {"unknown"}


def test_a_channel_that_vanished_is_told_by_its_token():
    look = seen(media(sources=("v1", "v2", "v3")), media(T0 + 1, sources=("v1", "v3")))
    says = {part: look.says("CHANNEL_LOST", part, T0 + 1) for part in ("v1", "v2", "v3")}
    assert says == {"v1": "good", "v2": "bad", "v3": "good"}


def test_the_last_relay_that_vanished_is_told():
    def relays(at, *tokens):
        each = [Reading(RELAY_LISTED, 1.0, one) for one in tokens]
        return Report(CAMERA.id, "onvif_io", at, 0.1, (Reading(RELAYS, float(len(tokens))), *each))

    look = seen(relays(T0, "r1"), relays(T0 + 1))
    assert look.detail("IO_LOST", "relay r1", T0 + 1) == "settings.relay_gone"


def test_a_list_that_was_not_read_says_nothing_of_what_is_on_it():
    look = seen(
        media(sources=("v1", "v2")), Report(CAMERA.id, "onvif_media", T0 + 1, 0.1, ())
    )  # it did not say how many
    assert look.says("CHANNEL_LOST", "v2", T0 + 1) == "good"


# ---------------------------------------------------------------- accepting


def test_accepting_takes_the_device_as_it_is():
    watch = Watch("site", [CAMERA], stale_after=lambda _c: 90 * DAY)
    watch.observe(who(serial="7", firmware="1.0"))
    watch.observe(media(sources=("v1", "v2"), main="H264 1920x1080"))
    watch.observe(media(T0 + 1, sources=("v1",), main="H265 1920x1080"))
    assert {f.key.code for f in watch.findings() if f.phase == "open"} == {"CHANNEL_LOST", "ENCODER_CHANGED"}
    assert watch.accept(CAMERA.id)
    for n in range(2, 5):
        watch.observe(media(T0 + n, sources=("v1",), main="H265 1920x1080"))
    assert not [f for f in watch.findings() if f.phase == "open" and f.key.code == "ENCODER_CHANGED"]
    assert watch.findings(CAMERA.id)
    assert not watch.accept("nobody")


def test_what_was_accepted_survives_a_restart():
    watch = Watch("site", [CAMERA])
    watch.observe(who(serial="7", firmware="1.0"))
    after = Watch("site", [CAMERA])
    assert after.restore(watch.dump()) == []
    after.observe(who(T0 + 1, serial="7", firmware="1.1"))
    assert [f.phase for f in after.findings() if f.key.code == "FW_CHANGED"] == ["open"]


def test_a_restart_does_not_begin_the_week_anew():
    one = Accepted()
    one.take(who(firmware="1.0").readings, T0)
    one.take(who(firmware="1.1").readings, T0 + 1)
    two = Accepted()
    two.load(one.dump())
    two.take(media(main="H264").readings, T0 + 2 + FIRMWARE_SECONDS)
    assert two.differs_since(DEVICE_INFO.name, "firmware") == T0 + 1
    two.take(who(firmware="1.1").readings, T0 + 3 + FIRMWARE_SECONDS)
    assert two.get(DEVICE_INFO.name, "firmware") == "1.1"


names = st.tuples(st.sampled_from(["cctv_profile_info", "cctv_relay_listed"]), st.text(max_size=3))


@given(st.lists(st.tuples(names, st.text(max_size=4)), max_size=40))
def test_a_dump_is_taken_up_as_it_was(rows):
    from models.metrics import METRICS

    one = Accepted()
    one.take([Reading(METRICS[m], value, part) for (m, part), value in rows], T0)
    two = Accepted()
    two.load(one.dump())
    assert two.dump() == one.dump()
