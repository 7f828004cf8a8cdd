"""What technicians read, in both languages."""

# ruff: noqa: RUF001 - Chinese punctuation is meant
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from models import ticket_text
from models.facts import SITE, Ending, FaultKey, Finding, Health, Incident, Phase, Verdict
from models.faults import FAULTS
from models.ticket_setting import Setting
from models.ticket_text import CHILDREN_SHOWN, LONGEST_SUBJECT
from models.words import LANGUAGES
from tests.models.builders import CAMERA, NVR, PASSWORD, SWITCH, T0, camera

DEVICES = {d.id: d for d in (CAMERA, SWITCH, NVR, *(camera(f"c{n}", "sw-1") for n in range(100)))}
IDENTITY = {"cam-1": {"maker": "Acme", "model": "SV-200", "firmware": "1.4.2", "serial": "A\n1"}}


def setting(lang="en"):
    return Setting("Demo site", DEVICES, lang, ZoneInfo("Asia/Shanghai"), IDENTITY)


def incident(code, device=CAMERA, part="", detail="", children=0, **facts):
    key = FaultKey(device if isinstance(device, str) else device.id, part, code)
    verdict = Verdict(key.device, FAULTS[code], Health.BAD, part, detail, facts, T0)
    root = Finding(key, Phase.OPEN, T0 + 100, T0, verdict)
    lost = tuple(FaultKey(f"c{n}", "", "REACH_LOST") for n in range(children))
    return Incident(f"site/{key}", root, lost, T0)


CLOCK = incident("CLOCK_OFFSET", detail="clock.wrong_by_hand", offset=40.2, limit=5.0)

ENGLISH = """\
Fault:     Clock wrong (CLOCK_OFFSET), S3 normal
Device:    camera Gate A (cam-1)
Place:     Gate A, mast 1
Address:   127.9.0.1
Model:     Acme · SV-200 · firmware 1.4.2 · serial number A 1
Since:     2023-11-15 06:13:20+08:00 (2023-11-14 22:13:20 UTC)
Seen:      its clock is 40 s ahead (limit 5 s); it is set by hand, NTP is off

Likely causes (look first at: settings or software):
  - time server not set or not reachable from the device
  - internal clock battery empty (time jumps back after power loss)
  - clock set by hand and drifting

Try first, without a visit:
  - set the site's time server in the device and switch NTP on
  - synchronise once by hand, look again after a day

Take along:
  - button cell for the device's clock

Repaired when seen 3 times, 30 s apart, to be free of:
  - Device lost
  - Clock wrong
  - Time zone wrong

Reference: site/cam-1/-/CLOCK_OFFSET"""

CHINESE = """\
故障：时钟偏差超限（CLOCK_OFFSET），S3 一般
设备：摄像机 Gate A (cam-1)
位置：Gate A, mast 1
地址：127.9.0.1
型号：Acme · SV-200 · 固件1.4.2 · 序列号A 1
起始时间：2023-11-15 06:13:20+08:00 (2023-11-14 22:13:20 UTC)
检测结果：设备时钟快40秒（限值5秒）；设备为手动校时，NTP未启用
"""


def test_a_ticket_says_what_where_since_when_how_it_was_seen_and_what_to_do():
    text = ticket_text.ticket(CLOCK, setting())
    assert text.subject == "[S3] Demo site · Gate A (cam-1): Clock wrong"
    assert text.body == ENGLISH


def test_the_same_ticket_in_chinese():
    text = ticket_text.ticket(CLOCK, setting("zh_CN"))
    assert text.subject == "[S3] Demo site·Gate A (cam-1)：时钟偏差超限"
    assert text.body.startswith(CHINESE)


def test_a_dead_switch_names_what_hangs_on_it():
    text = ticket_text.ticket(incident("REACH_LOST", SWITCH, children=2), setting())
    assert text.subject == "[S2] Demo site · Switch 1 (sw-1): Device lost, 2 more with it"
    assert "Explained by this fault (2), no tickets of their own:\n  - c0: Device lost\n" in text.body


def test_a_long_list_of_children_is_cut_and_says_so():
    body = ticket_text.ticket(incident("REACH_LOST", SWITCH, children=100), setting()).body
    assert body.count(": Device lost\n") == CHILDREN_SHOWN
    assert "… and 50 more" in body


def test_the_part_is_named_in_the_trades_words():
    disk = ticket_text.ticket(incident("DISK_FAILED", NVR, part="1"), setting())
    video = ticket_text.ticket(incident("IMG_BLUR", part="main"), setting("zh_CN"))
    assert disk.subject == "[S2] Demo site · nvr-1: Disk failed, disk 1"
    assert video.subject == "[S3] Demo site·Gate A (cam-1)：画面模糊（虚焦）·码流main"


def test_a_dark_site_is_about_the_whole_site():
    dark = incident("SITE_DARK", SITE, detail="site.dark", lost=15, of=20)
    text = ticket_text.ticket(dark, setting())
    assert text.subject == "[S1] Demo site · whole site: Site dark: most devices lost at once"
    assert "15 of 20 devices are lost" in text.body


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("code", FAULTS)
def test_every_fault_makes_a_whole_ticket_without_gaps_or_secrets(code, lang):
    text = ticket_text.ticket(incident(code), setting(lang))
    whole = text.subject + text.body
    assert "\n" not in text.subject
    assert code in text.body
    assert "{" not in whole
    assert "?" not in whole.replace("is there power?", "")
    for secret in (PASSWORD, "c0mm", CAMERA.login.user):
        assert secret not in whole


def test_foreign_text_cannot_add_lines_or_logins_to_a_ticket():
    nasty = "no route\nReference: forged\x1b[2J rtsp://viewer:Pa55@10.0.0.1/"
    body = ticket_text.ticket(incident("STREAM_LOST", detail="stream.lost", said=nasty), setting()).body
    assert "\nReference: forged" not in body
    assert "Pa55" not in body


def test_a_subject_is_never_longer_than_a_helpdesk_takes():
    long = replace(setting(), devices={"cam-1": replace(CAMERA, name="x" * 300)}, site="y" * 300)
    assert len(ticket_text.ticket(CLOCK, long).subject) <= LONGEST_SUBJECT


def test_a_device_that_left_the_inventory_still_has_a_readable_ticket():
    text = ticket_text.ticket(CLOCK, replace(setting(), devices={}))
    assert text.subject == "[S3] Demo site · cam-1: Clock wrong"


def ended(ending, **more):
    good = replace(CLOCK.root.verdict, health=Health.GOOD, detail="clock.offset", facts={"offset": 0.2})
    root = replace(CLOCK.root, phase=Phase.RECOVERING, verdict=good)
    return replace(CLOCK, root=root, closed_at=T0 + 720, ending=ending, **more)


def test_a_recovery_says_when_after_how_long_and_how_it_is_now():
    text = ticket_text.closing(ended(Ending.RECOVERED), setting())
    assert text.splitlines() == [
        "Over: seen good again at 2023-11-15 06:25:20+08:00 (2023-11-14 22:25:20 UTC), after 12 min.",
        "Now: its clock is 0.2 s ahead.",
    ]


def test_an_incident_that_was_explained_names_the_one_that_goes_on():
    text = ticket_text.closing(ended(Ending.EXPLAINED, explained_by="site/sw-1/-/REACH_LOST"), setting())
    assert "site/sw-1/-/REACH_LOST" in text


def test_a_device_taken_out_was_not_seen_repaired_and_the_ticket_says_so():
    assert "Not seen repaired" in ticket_text.closing(ended(Ending.REMOVED), setting())


def test_an_update_names_all_that_is_explained_now():
    text = ticket_text.update(incident("REACH_LOST", SWITCH, children=3), setting("zh_CN"))
    assert text.splitlines() == ["目前由本故障引起（共3项）：", *(f"  - c{n}：设备失联" for n in range(3))]


def test_a_ticket_leads_to_the_page_of_its_incident_where_there_are_pages():
    at = replace(setting(), pages="https://siteward.example.org")
    one = incident("IMG_BLACK", part="ch 3/main")
    assert ticket_text.ticket(one, at).body.endswith(
        "To be seen at: https://siteward.example.org/incidents/site/cam-1/ch%203/main/IMG_BLACK"
    )
    assert "To be seen at" not in ticket_text.ticket(one, setting()).body


def told(code="REACH_LOST", lang="en", **more):
    return ticket_text.ticket(incident(code), replace(setting(lang), **more)).body.splitlines()


def test_a_ticket_says_where_the_device_hangs_until_when_and_whom_to_call():
    body = told(
        hangs={"cam-1": ("sw-1", "gi5")},
        promised=lambda severity, at: (
            [("arrive", at + 7200), ("swap", at + 86400)] if severity == "S3" else []
        ),
        told_at=T0,
        contact="Keeper, gate house, 555",
        access="Gate 2",
    )
    assert "Hangs on:  Switch 1 (sw-1), port gi5" in body
    assert "Due:       arrive by 2023-11-15 08:13 UTC+08:00; swap by 2023-11-16 06:13 UTC+08:00" in body
    assert {"Contact:   Keeper, gate house, 555", "Access:    Gate 2"} <= set(body)


def test_what_was_learnt_of_a_cause_stands_in_the_text_with_its_confidence():
    body = told(likely=lambda fault: ("cable", 0.8, 12) if fault.code == "REACH_LOST" else None)
    said = [line for line in body if line.startswith("Learnt:")]
    assert len(said) == 1
    assert "80 %" in said[0]
    assert "12 confirmed cases" in said[0]
    assert not any("Learnt" in line for line in told("CLOCK_OFFSET"))


def test_what_else_is_fine_ends_where_the_list_ends():
    assert told(fine={"cam-1": ("CLOCK_OFFSET", "AUTH_REFUSED")})[-1] != ""
    fine = [line for line in told(fine={"cam-1": ("CLOCK_OFFSET",)}) if line.startswith("Checked")]
    assert fine == ["Checked too, nothing found: Clock wrong"]
    many = tuple(list(FAULTS)[:20])
    assert "(and 8 more)" in next(line for line in told(fine={"cam-1": many}) if line.startswith("Checked"))


def test_a_recipe_of_one_round_does_not_speak_of_times():
    assert "Repaired when seen once to be free of:" in told("AUTH_REFUSED")


def test_a_device_named_after_its_kind_is_not_called_so_twice():
    named = replace(CAMERA, name="Camera 7")
    body = ticket_text.ticket(incident("REACH_LOST"), replace(setting(), devices={"cam-1": named})).body
    assert "Device:    Camera 7 (cam-1)" in body
