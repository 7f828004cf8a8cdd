"""A device file from one look."""
# ruff: noqa: RUF001  Chinese punctuation is meant

from zoneinfo import ZoneInfo

from models.device_file import Line, Way, _together, device_file
from models.facts import Reading, Report, Trouble
from models.metrics import COMPLETENESS, DEVICE_INFO, PROFILE_INFO, RETENTION, RETENTION_GOAL, USERS
from tests.models.builders import CAMERA, NVR, T0, failed, ok, reached

DAY = 86400.0


def told(device, collector, *readings):
    return Report(device.id, collector, T0, 0.1, tuple(Reading(*one) for one in readings))


def lines(chapter):
    return {line.head: line.text for line in chapter}


def test_the_four_chapters_of_a_camera():
    sheet = device_file(
        CAMERA,
        [
            reached(CAMERA),
            told(CAMERA, "onvif_identity", (DEVICE_INFO, "Acme", "maker"), (DEVICE_INFO, "SV", "model")),
            told(CAMERA, "onvif_media", (PROFILE_INFO, "H264 1920x1080", "main")),
            told(CAMERA, "onvif_access", (USERS, 3.0)),
            ok(CAMERA, "onvif_clock", clock_offset_seconds=40, clock_ntp=0),
            failed(CAMERA, "onvif_gaps", Trouble.NOT_SUPPORTED, detail="no search"),
        ],
        way=Way(("device", "media"), "digest"),
    )
    assert lines(sheet.who) == {"Model": "Acme SV", "Clock": "40 s ahead, set by hand"}
    assert lines(sheet.offers) == {
        "Accounts": "3", "Stream main": "H264 1920x1080", "ONVIF services": "device, media",
        "Lets us in by": "digest",
    }  # fmt: skip
    assert [(line.code, line.text.split(" (")[0]) for line in sheet.wrong] == [
        ("CLOCK_OFFSET", "its clock is 40 s ahead")
    ]
    unseen = lines(sheet.unseen)
    assert unseen["gaps in recordings"] == "the device does not have it: no search"
    assert unseen["SNMP"] == "the inventory names no access to it"


def test_a_recorder_in_chinese():
    report = told(
        NVR, "onvif_recording",
        (RETENTION, 40 * DAY, "ch1"), (RETENTION_GOAL, 30 * DAY, "ch1"), (COMPLETENESS, 0.5, "ch1"),
    )  # fmt: skip
    sheet = device_file(NVR, [report], lang="zh_CN", zone=ZoneInfo("Asia/Shanghai"))
    assert lines(sheet.offers) == {"录像ch1": "已保存40天（要求30天）, 昨日完整率50%"}
    assert [line.head for line in sheet.wrong] == ["录像不连续（存在缺失） (ch1)"]


def test_a_silent_device_says_why():
    sheet = device_file(CAMERA, [failed(CAMERA, "reach", Trouble.UNREACHABLE, detail="no route")])
    assert sheet.who == sheet.offers == []
    assert sheet.wrong[0].code == "REACH_LOST"
    assert lines(sheet.unseen)["ping and ports"] == "no answer: no route"


def test_what_says_the_same_is_said_once():
    rows = [Line("a", "x"), Line("b", "y"), Line("c", "x"), Line("a", "x")]
    assert _together(rows) == [Line("a, c", "x"), Line("b", "y")]
