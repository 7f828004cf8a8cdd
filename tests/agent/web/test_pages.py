"""What the pages show, in both languages, light and strict, whatever is asked of them."""

import contextlib

import pytest
import requests

from agent.helpdesk.base import Draft
from agent.web.roles import Permission, Role
from models.facts import Device, Kind, Login, Secret
from tests.agent.site_rig import COMMUNITY
from tests.agent.site_rig import PASSWORD as CAMERA_PASSWORD
from tests.agent.web.rig import PASSWORD, soon
from tests.agent.web.tables import HTML


def test_the_lost_camera_and_its_ticket_are_found_from_the_overview(site):
    page = site.person(Role.TECHNICIAN).get("/").text
    assert "Device lost" in page
    assert "North gate" in page
    assert f'href="/tickets/{site.ticket()}"' in page


def test_what_is_back_in_order_is_found_from_the_overview_too(site):
    desk, viewer = site.scene.agent.local_helpdesk, site.person(Role.VIEWER)
    draft = Draft(
        "test/cam-2/sub/IMG_COVER#1",
        "test/cam-2/sub/IMG_COVER",
        "[S3] covered",
        "text",
        "S3",
        {"device": "cam-2"},
    )
    number = desk.create(draft)
    soon(lambda: f"/tickets/{number}" in viewer.get("/tickets").text)
    assert "Back in order" not in viewer.get("/").text
    desk.resolve(number, "seen good again", once="1")
    page = soon(lambda: "Back in order" in (text := viewer.get("/").text) and text)
    assert f'<a href="/tickets/{number}">Lens covered' in page


def test_names_from_the_inventory_are_text_not_html(site):
    page = site.person(Role.VIEWER).get("/devices").text
    assert "Lobby &lt;&amp;&gt;" in page
    assert "Lobby <&>" not in page


def test_devices_are_found_by_text_kind_and_state(site):
    viewer = site.person(Role.VIEWER)
    assert "cam-2" not in viewer.get("/devices?q=north+gate").text
    assert "cam-1" in viewer.get("/devices?q=NORTH").text
    assert "cam-1" in viewer.get("/devices?state=fault").text
    assert "cam-2" not in viewer.get("/devices?state=fault").text
    assert "None found" in viewer.get("/devices?kind=ups").text


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=99999999999999999999", "page=x", "q=%00%ff", "state=%27"]
)
def test_hostile_parameters_get_a_page(site, query):
    assert site.person(Role.VIEWER).get(f"/devices?{query}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/devices/ghost",
        "/tickets/999",
        "/tickets/x",
        "/tickets/" + "9" * 30,
        "/nowhere",
        "/tickets/1/files/99",
        "/static/../app.py",
        "/devices/ghost/picture",
    ],
)
def test_what_is_not_there_has_a_clear_page(site, path):
    answer = site.person(Role.MANAGER).get(path)
    assert answer.status_code == 404
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/devices/%00", "/devices/..%2f..%2fetc%2fpasswd", "/devices/" + "x" * 5000, "/devices?q=" + "x" * 20_000,
        "/map?of=" + "%F0%9F%8E%A5" * 2000, "/service/records/" + "9" * 40, "/tickets/%E0%A5%A7", "/tickets/1/files/" + "9" * 40,
        "/audit?before=1e999", "/figures?month=" + "9" * 3000, "/figures?group=%00&device=%ff", "/incidents/" + "/" * 300,
        "/service/reports/kpi?about=" + "9" * 3000, "/planned?device=%22%3E%3Cscript%3E", "/predictions?x=" + "[]" * 999,
        "/devices/cam-2?days=-1", "/devices/cam-2/picture?part=%00", "/api/v1/devices?limit=" + "9" * 99,
        "/api/v1/readings?metric=" + "x" * 9000, "/api/v1/kpis?month=%00", "/login?next=" + "%2f" * 5000,
    ],
)  # fmt: skip
def test_huge_and_hostile_questions_get_an_answer_that_tells_nothing(site, path):
    answer = site.person(Role.MANAGER).get(path)
    assert answer.status_code in {200, 303, 400, 404, 422}, answer.status_code
    for word in ("Traceback", "sqlite", "<script>", "root:x:"):
        assert word not in answer.text


@pytest.mark.parametrize(
    "path",
    ["/planned/" + "9" * 40 + "/end", "/service/records/" + "9" * 40 + "/sign", "/tickets/" + "9" * 17],
)
def test_huge_numbers_in_what_is_ordered_change_nothing(site, path):
    answer = site.person(Role.MANAGER).act(path, do="cause", value="CABLE")
    assert answer.status_code in {404, 409}
    assert "Traceback" not in answer.text


def test_headers_without_end_are_refused_and_others_served(site):
    with contextlib.suppress(requests.RequestException):  # it is cut off before all of it is sent
        answer = site.nobody().get("/login", headers={"cookie": "siteward_session=" + "x" * 200_000})
        assert answer.status_code in {400, 431}
    assert site.nobody().get("/login").status_code == 200


def test_the_agents_page_says_what_is_not_tried_for_now(site):
    agent, viewer = site.scene.agent, site.person(Role.VIEWER)
    assert "Everything is tried" in viewer.get("/agent").text
    device = Device("cam-7", Kind.CAMERA, "192.0.2.7", login=Login("viewer", Secret("x")))  # that nobody asks
    try:
        agent.eyes.guard.refused(device, attempts_left=0)
        page = viewer.get("/agent").text
        assert "login refused" in page
        assert "/devices/cam-7" in page
        row = site.program(Permission.VIEW).get("/api/v1/agent").json()["breakers"][0]
        assert (row["name"], row["device"]) == ("login", "cam-7")
        assert row["seconds"] > 0
    finally:
        agent.eyes.guard.release("cam-7")


def test_the_language_is_the_accounts_own(site):
    someone = site.person(Role.VIEWER)
    assert someone.post("/language", language="zh_CN", next="/devices").headers["location"] == "/devices"
    assert "当前故障" in someone.get("/").text
    assert 'lang="zh-CN"' in someone.get("/").text
    ticket = someone.get(f"/tickets/{site.ticket()}").text
    assert '<span lang="en">[S' in ticket, "its text is in the site's language, and says so"
    assert "设备失联" in ticket
    again = site.person(Role.VIEWER, anew=True)
    assert "设备失联" in again.get("/").text
    again.post("/language", language="en")
    assert "Wrong now" in again.get("/").text


def test_a_page_refreshes_with_its_content_alone(site):
    someone = site.person(Role.VIEWER)
    part = someone.get("/", headers={"x-siteward-partial": "1"}).text
    assert "Device lost" in part
    assert "<html" not in part


@pytest.mark.parametrize("path", HTML)
def test_pages_are_light_strict_and_secretless(site, path):
    answer = site.person(Role.MANAGER).get(path)
    assert len(answer.content) < 100_000
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "style=" not in answer.text
    assert "onclick" not in answer.text
    for secret in (CAMERA_PASSWORD, COMMUNITY, PASSWORD):
        assert secret not in answer.text


def test_our_files_may_be_kept_for_ever(site):
    page = site.person(Role.VIEWER).get("/").text
    sheet = page.split('href="/static/site.css?v=')[1].split('"')[0]
    answer = site.nobody().get(f"/static/site.css?v={sheet}")
    assert "immutable" in answer.headers["cache-control"]


def test_an_event_tells_that_something_changed(site):
    someone = site.person(Role.VIEWER)
    with someone.session.get(site.base + "/live", stream=True, timeout=20) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.iter_lines(decode_unicode=True)
        assert next(lines) == "retry: 3000"
        site.there(site.scene.world.switch_on, "cam-2", "off")
        try:
            assert any(line == "event: changed" for line in lines)
        finally:
            site.there(site.scene.world.switch_off, "cam-2", "off")
