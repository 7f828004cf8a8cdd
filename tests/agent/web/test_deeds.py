"""What people do on the pages: causes, waivers, figures, reports, records; by name."""

import re

from agent.web.roles import Role
from tests.agent.web.rig import LOST


def test_a_cause_is_confirmed_in_the_name_of_who_is_logged_in(site):
    someone, number = site.person(Role.TECHNICIAN), site.ticket()
    answer = someone.act(f"/tickets/{number}", do="cause", value="CABLE")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{number}")
    order = site.scene.agent.store.order_of_ticket(f"{LOST}#1").order
    assert (order.cause, order.cause_by) == ("CABLE", "A technician")
    assert "confirmed by A technician" in someone.get(f"/tickets/{number}").text


def test_what_may_not_be_done_is_said_on_the_page(site):
    someone, number = site.person(Role.MANAGER), site.ticket()
    answer = someone.act(f"/tickets/{number}", do="waive", value="yes", why="")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert someone.act(f"/tickets/{number}", do="explode", value="yes").status_code == 400


def test_the_audit_is_for_those_who_may(site):
    number = site.ticket()
    assert "Audit" in site.person(Role.AUDITOR).get(f"/tickets/{number}").text
    assert "Audit" not in site.person(Role.TECHNICIAN).get(f"/tickets/{number}").text
    ticket = f"/api/v1/tickets/{number}"
    assert "audit" in site.person(Role.AUDITOR).get(ticket).json()["work_order"]
    assert "audit" not in site.person(Role.TECHNICIAN).get(ticket).json()["work_order"]


def test_the_months_figures_say_collecting_and_the_contract_is_asked_for(site):
    viewer = site.person(Role.VIEWER)
    assert "collecting" in viewer.get("/figures").text
    assert "collecting" in viewer.get("/figures?device=cam-1").text
    assert viewer.get("/figures?device=no-such").status_code == 404
    assert viewer.get("/figures?month=soon").status_code == 404
    page = viewer.get("/service").text
    assert "contract.handed_over" in page
    assert "/service/reports/" not in page, "a viewer has no reports"


def test_a_report_is_read_on_its_own_page(site):
    answer = site.person(Role.AUDITOR).get("/service/reports/kpi")
    assert answer.status_code == 200
    assert "script" not in answer.headers["content-security-policy"]
    assert "<table" in answer.text
    wrong = site.person(Role.AUDITOR).get("/service/reports/kpi?about=soon")
    assert wrong.status_code == 404
    assert "write 2026-08" in wrong.text


def test_a_record_is_made_answered_and_signed_once_by_name(site):
    technician, manager = site.person(Role.TECHNICIAN), site.person(Role.MANAGER)
    path = technician.act("/service/records", plan="monthly").headers["location"]
    page = technician.get(path).text
    assert "Gate N" in page, "by place"
    assert "by hand" in page
    asked = re.search(r'name="(on:[^"]+)" value="good"', page)[1]
    assert technician.act(f"{path}/answers", **{asked: "bad", "note": "loose"}).status_code == 303
    assert "loose" in technician.get(path).text
    assert technician.act(f"{path}/answers", **{"on:no-such": "bad"}).status_code == 409
    assert technician.act(f"{path}/sign", customer="A customer").status_code == 403
    assert manager.act(f"{path}/sign", customer="A customer").status_code == 303
    assert "A manager / A customer" in manager.get(path).text
    again = manager.act(f"{path}/sign", customer="Another")
    assert again.status_code == 409
    assert "what is signed is not changed" in again.text.replace("&#39;", "'")
    assert manager.get(f"/service/reports/inspection?about={path.rsplit('/')[-1]}").status_code == 200
    log = site.person(Role.AUDITOR).get("/audit").text
    assert all(one in log for one in ("inspection made", "inspection answered", "inspection signed"))
