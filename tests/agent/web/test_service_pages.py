"""Planned work, predictions, baselines, audit: what the pages say, and what a form does."""

import re
import time

import pytest

from agent.files import SERVICE_FILE
from agent.references import ACCEPTED, RESET
from agent.service.book import BaselineValue, Book, Handover
from agent.service.handover import FOLDER, PICTURE
from agent.store.records import DAY
from agent.web.roles import Permission, Role
from agent.web.views.due import Dues
from collectors.stream.envelope import Envelope
from models.facts import Cause, Prediction, Reading, Report
from models.metrics import DEVICE_INFO
from models.weekly import DAYS
from tests.agent.web.rig import LOST, soon

JPEG = b"\xff\xd8\xff\xe0 a picture of hand-over \xff\xd9"


# ---------------------------------------------------------------- planned work


def test_planned_work_is_set_shown_everywhere_and_ended_by_name(site):
    someone = site.person(Role.TECHNICIAN)
    given = {"kind": "maintenance", "devices": "cam-2", "lasts": "3600", "why": "new <lens>"}
    assert someone.act("/planned", **given).status_code == 303
    page = someone.get("/planned").text
    assert "new &lt;lens&gt;" in page
    assert "A technician" in page
    assert "new &lt;lens&gt;" in someone.get("/devices/cam-2").text
    (window,) = site.scene.agent.pipeline.emission.gate.windows
    assert (window.devices, window.who) == (("cam-2",), "A technician")
    assert someone.act(f"/planned/{window.id}/end").status_code == 303
    assert "ended by A technician" in someone.get("/planned").text
    assert someone.act(f"/planned/{window.id}/end").status_code == 409


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"lasts": "soon", "why": "x"}, "Say how long"),
        ({"lasts": "nan", "why": "x"}, "Say how long"),
        ({"lasts": "3600", "since": "yesterday", "why": "x"}, "This is no time"),
        ({"lasts": "3600", "why": ""}, "say why"),
        ({"lasts": "3600", "devices": "no-such", "why": "x"}, "no such device: no-such"),
        ({"lasts": "3600", "faults": "NO_SUCH", "why": "x"}, "no such fault"),
    ],
)
def test_planned_work_that_cannot_be_says_why_and_keeps_what_was_written(site, given, said):
    answer = site.person(Role.TECHNICIAN).act("/planned", **{"devices": "cam-2", **given})
    assert answer.status_code in {409, 422}
    assert said in answer.text
    assert f'value="{given.get("devices", "cam-2")}"' in answer.text
    assert not site.scene.agent.pipeline.emission.gate.windows[1:]


def test_hours_that_come_back_every_week_are_set_and_shown_between_them(site):
    """A window that is set for Sundays is not lost from the page on Mondays."""
    someone = site.person(Role.TECHNICIAN)
    days = [day for day in DAYS if day != DAYS[time.gmtime().tm_wday]]
    given = {
        "day": days,
        "from": "02:00",
        "to": "02:01",
        "weekly_lasts": str(90 * 86400),
        "why": "it restarts",
    }
    assert someone.act("/planned", devices="cam-2", lasts="3600", **given).status_code == 303
    page = someone.get("/planned").text
    (window,) = (one for one in site.scene.agent.pipeline.emission.gate.windows if one.why == "it restarts")
    assert str(window.each) == f"{','.join(days)} 02:00-02:01"
    assert window.until - window.since == 90 * 86400
    assert "02:00\u201302:01" in page
    assert "it restarts" in page
    rows = site.program(Permission.VIEW).get("/api/v1/windows").json()
    assert str(window.each) in {one["each"] for one in rows["now"] + rows["ahead"]}
    assert someone.act(f"/planned/{window.id}/end").status_code == 303


@pytest.mark.parametrize(
    "given", [{"day": ["sun"]}, {"from": "02:00"}, {"day": ["sun"], "from": "25:00", "to": "26:00"}]
)
def test_half_a_span_of_hours_is_refused_and_the_form_kept(site, given):
    answer = site.person(Role.TECHNICIAN).act("/planned", devices="cam-2", lasts="3600", why="x", **given)
    assert answer.status_code == 422
    assert "Give both hours" in answer.text
    assert ("checked> Sun" in answer.text) == ("day" in given)


def test_a_refusal_speaks_the_readers_language(site):
    someone = site.person(Role.TECHNICIAN)
    someone.post("/language", language="zh_CN")
    answer = someone.act("/planned", devices="no-such", lasts="3600", why="x")
    someone.post("/language", language="en")
    assert "没有该设备" in answer.text


def test_reports_records_and_what_a_device_is_are_named_in_the_readers_language(site):
    someone = site.person(Role.MANAGER)
    someone.act("/service/records", plan="quarterly")
    someone.post("/language", language="zh_CN")
    try:
        service, device = (someone.get(path).text for path in ("/service", "/devices/cam-2"))
    finally:
        someone.post("/language", language="en")
    assert "售后服务月报" in service
    assert "monthly" not in re.sub("<[^>]*>", "", service)
    assert "<dt>型号</dt>" in device
    due = Dues(site.scene.agent).service("zh_CN")  # the overview keeps what it read for a minute
    assert "季度保养 20" in " ".join(one.name for one in due if one.kind == "unsigned")
    assert "<dt>model</dt>" in someone.get("/devices/cam-2").text


# ---------------------------------------------------------------- predictions


def expected(at: float) -> Prediction:
    return Prediction(
        "cam-2", "", "lens", ("IMG_BLUR",), at, probability=0.83, due_at=at + 40 * DAY, earliest=at + 20 * DAY,
        latest=at + 70 * DAY, grade="A", model="trend-1", action="wear.do.lens", spare="wear.spare.lens",
        explanation=(
            Cause("wear.summary", {"quantity": "cctv_picture_sharpness", "base": 900.0, "now": 700.0, "depleted": 0.55}),
            Cause("wear.ruled_out", {}),
        ),
    )  # fmt: skip


def test_a_prediction_says_when_why_what_else_it_is_not_and_what_to_do(site):
    agent, viewer = site.scene.agent, site.person(Role.VIEWER)
    assert "No forecast yet" in viewer.get("/predictions").text
    now = time.time()
    site.there(agent.pipeline.predict, [expected(now)], now)
    try:
        _is_told_everywhere(viewer)
    finally:
        site.there(agent.pipeline.predict, [], now + 1)
    assert "lens or housing window" not in viewer.get("/predictions").text


def _is_told_everywhere(viewer):
    for path in ("/predictions", "/devices/cam-2"):
        page = viewer.get(path).text
        assert "lens or housing window" in page, path
        assert "4 times in 5 between" in page
        assert "83 %" in page
        assert "season and weather" in page
        assert "clean the dome or front glass" in page
    assert "/predictions" in viewer.get("/").text
    viewer.post("/language", language="zh_CN")
    chinese = viewer.get("/predictions").text
    viewer.post("/language", language="en")
    assert "镜头或护罩视窗" in chinese


# ---------------------------------------------------------------- baselines


def test_a_new_firmware_is_accepted_by_name_and_stands_in_the_audit(site):
    agent, technician = site.scene.agent, site.person(Role.TECHNICIAN)
    was = agent.pipeline.watch.identity("cam-2")["firmware"]

    def told(firmware: str) -> None:
        at = agent.clocks.wall()
        agent.pipeline.watch.observe(
            Report("cam-2", "onvif_identity", at, 0.1, (Reading(DEVICE_INFO, firmware, "firmware"),))
        )

    site.there(told, "9.9.9")
    page = technician.get("/baselines").text
    assert was in page
    assert "9.9.9" in page
    assert technician.act("/devices/cam-2/baseline", **{"from": "list"}).headers["location"] == (
        "/baselines?accepted=1"
    )
    site.there(told, "9.9.9")
    soon(lambda: "9.9.9</ins>" not in technician.get("/baselines").text)
    assert "accepted as it is" in site.person(Role.AUDITOR).get("/audit").text

    def as_it_is() -> None:
        """For the other tests: what the device really says is accepted again."""
        told(was)
        agent.pipeline.watch.accept("cam-2")
        told(was)

    site.there(as_it_is)
    soon(lambda: site.there(lambda: not agent.pipeline.watch.differences("cam-2") and is_well(agent)))


def is_well(agent):
    standing = {"open", "recovering", "pending"}
    return not any(one.phase.value in standing for one in agent.pipeline.watch.findings("cam-2"))


def test_hand_over_stands_beside_now(site):
    agent = site.scene.agent
    folder = agent.config.state_dir / FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "cam-2-main.jpg").write_bytes(JPEG)
    values = [
        BaselineValue("cam-2", "cctv_icmp_rtt_seconds", "", 0.002, time.time()),
        BaselineValue("cam-2", PICTURE, "main", "cam-2-main.jpg", 0.0),
    ]
    Book(agent.config.state_dir / SERVICE_FILE).freeze(Handover(0, time.time(), "Client", "", 1), values)
    someone = site.person(Role.TECHNICIAN)
    page = someone.get("/devices/cam-2/baseline").text
    assert "2.0 ms" in page
    assert "unknown" in page, "not measured now is not 0"
    assert someone.get("/devices/cam-2/baseline/picture?part=main").content == JPEG
    assert someone.get("/devices/cam-2/baseline/picture?part=../../../etc").status_code == 404
    assert "Client" in someone.get("/baselines").text
    assert site.person(Role.VIEWER).get("/devices/cam-2/baseline/picture?part=main").status_code == 403


def test_what_a_camera_usually_shows_is_accepted_or_forgotten_by_name(site):
    agent, technician = site.scene.agent, site.person(Role.TECHNICIAN)
    learnt = Envelope({"learnt": True}, b"", b"a reference").pack()
    site.there(agent.references.learnt, "cam-2", "sub", learnt)
    page = technician.get("/devices/cam-2/baseline").text
    assert 'value="baseline_accept"' in page
    assert 'value="baseline_accept"' not in site.person(Role.VIEWER).get("/devices/cam-2/baseline").text
    for deed, why in (("baseline_accept", ACCEPTED), ("baseline_reset", RESET)):
        (before,) = agent.references.known("cam-2")
        answer = technician.act("/devices/cam-2/baseline", do=deed)
        assert (answer.status_code, answer.headers["location"]) == (303, "/devices/cam-2/baseline?accepted=1")
        (page,) = agent.references.known("cam-2")
        assert (page.epoch, page.why, page.who) == (before.epoch + 1, why, "A technician")
    log = site.person(Role.AUDITOR).get("/audit").text
    assert "view accepted as usual" in log
    assert "usual view forgotten" in log
    assert technician.act("/devices/cam-2/baseline", do="no_such").status_code == 400
    site.there(agent.references.forget, "cam-2")
    assert technician.act("/devices/cam-2/baseline", do="baseline_accept").status_code == 409, (
        "nothing is known"
    )


# ---------------------------------------------------------------- audit


def test_the_audit_is_paged_and_survives_odd_moments(site):
    auditor = site.person(Role.AUDITOR)
    assert "/incidents/" in auditor.get("/audit").text or LOST in auditor.get("/audit").text
    for before in ("0", "-1", "nan", "inf", "x", "9" * 40):
        assert auditor.get(f"/audit?before={before}").status_code == 200
    assert "None found" in auditor.get("/audit?before=0").text
