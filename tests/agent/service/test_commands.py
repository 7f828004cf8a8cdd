"""The commands of the service department, over a small site's history."""

import asyncio
import json
import shutil
import time

import pytest
import yaml

from agent.demo.quarter import people
from agent.demo.quarter.fleet import DAY, HOUR, MINUTE, Fleet, Happening, devices_of
from agent.demo.quarter.play import Script, play, write_config
from agent.inventory import COLUMNS
from agent.service.contract import ContractConfig
from agent.service.record import SHIPPED, load_plans
from models.faults import FAULTS
from models.metrics import METRICS
from models.service.workorder import State
from tests.agent.cli_rig import fails, siteward

NOW = time.time() // HOUR * HOUR
OFF = Happening("cam-02", "off", NOW - 30 * HOUR, NOW - 26 * HOUR, "CABLE")


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Two days up to now, so that commands, which live in the present, see them."""
    folder = tmp_path_factory.mktemp("now")
    config = write_config(folder, "en")
    devices = devices_of(3, zh=False)
    deeds = (
        (NOW - 29 * HOUR, lambda life: people.move(life, OFF, State.ON_SITE)),
        (OFF.until + MINUTE, lambda life: people.move(life, OFF, State.VERIFYING)),
    )
    told = asyncio.run(play(config, Script(Fleet(devices, (OFF,)), NOW - 2 * DAY, NOW - MINUTE, (), deeds)))
    told.life.close(clean=False)
    head = ",".join(COLUMNS)
    rows = [
        ",".join({"id": d.id, "kind": d.kind, "host": d.host, "name": d.name, "place": d.place, "parent": d.parent,
                  "onvif_port": str(d.onvif_port or "")}.get(c, "") for c in COLUMNS)
        for d in devices
    ]  # fmt: skip
    (folder / "devices.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    text = yaml.safe_load((folder / "site.yaml").read_text(encoding="utf-8"))
    text["contract"]["handed_over"] = time.strftime("%Y-%m-%d", time.localtime(NOW - 70 * DAY))
    text["contract"]["starts"] = text["contract"]["handed_over"]
    (folder / "site.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    return folder


@pytest.fixture
def site(played, tmp_path):
    """A copy: commands write."""
    shutil.copytree(played, tmp_path / "site")
    return tmp_path / "site" / "site.yaml"


def rows(result) -> list[dict]:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_name_in_the_standard_plans_exists():
    """A plan that asks for a fault or metric that nobody knows would never measure it."""
    for plan in load_plans(ContractConfig()).values():
        assert plan.faults <= set(FAULTS), plan.name
        assert plan.metrics <= set(METRICS), plan.name
    assert sorted(path.stem for path in SHIPPED.glob("*.yaml")) == [
        "half_yearly", "monthly", "quarterly", "two_monthly", "yearly",
    ]  # fmt: skip


def test_reports_are_listed_and_made(site, tmp_path):
    assert "monthly service report" in siteward("report").output
    made = siteward(
        "report", "monthly", "-c", site, "--format", "html", "--format", "csv", "--out", tmp_path / "o"
    )
    assert made.exit_code == 0, made.output
    assert len(list((tmp_path / "o").iterdir())) >= 3
    fails(siteward("report", "weekly", "-c", site), 1, "there are monthly")
    fails(siteward("report", "monthly", "-c", site, "--format", "doc"), 2, "choose of html")
    fails(
        siteward("report", "monthly", "-c", site, "--format", "csv", "--mail", "--out", tmp_path),
        2,
        "reports.mail",
    )


def test_kpis_come_with_what_they_are_made_of(site):
    figures = {one["kpi"]: one for one in rows(siteward("kpi", "-c", site, "--json"))[0]["figures"]}
    assert figures["online_rate"]["verdict"] == "collecting"
    assert figures["online_rate"]["denominator"] > 0
    assert "Online rate" in siteward("kpi", "-c", site).output
    by_device = rows(siteward("kpi", "-c", site, "--by", "device", "--only", "cam-02", "--json"))
    assert by_device[0]["figures"][0]["value"] < 1.0
    assert rows(siteward("kpi", "-c", site, "--by", "group", "--json"))
    twice = rows(siteward("kpi", "-c", site, "--by", "customer", "--also", site, "--json"))[0]
    assert twice["name"] == "Harbour Property Management"
    assert twice["figures"][0]["denominator"] == pytest.approx(
        2 * figures["online_rate"]["denominator"], rel=1e-3
    )
    fails(siteward("kpi", "-c", site, "--by", "camera"), 2, "choose of site")
    fails(siteward("kpi", "-c", site, "--by", "device", "--only", "nobody"), 1, "no device 'nobody'")
    fails(siteward("kpi", "soon", "-c", site), 1, "is no period")


def test_an_inspection_is_made_answered_and_signed(site):
    due = rows(siteward("inspect", "-c", site, "--json"))
    assert {"plan", "due", "standing", "every_months"} <= set(due[0])
    made = rows(siteward("inspect", "quarterly", "-c", site, "--json"))[0]
    assert made["passed"] > 0
    assert made["manual"] > 0
    said = siteward("inspect", "-c", site, "--answer", "cleaning@cam-01=good", "--who", "Li")
    assert "1 answers" in said.output
    fails(
        siteward("inspect", "-c", site, "--answer", "picture@cam-01=good", "--who", "Li"),
        1,
        "nothing that was left",
    )
    fails(siteward("inspect", "-c", site, "--answer", "cleaning@cam-01=good"), 1, "say who")
    assert "signed by Li" in siteward("inspect", "-c", site, "--sign", "Li", "--customer", "Wang").output
    fails(siteward("inspect", "-c", site, "--sign", "Li"), 1, "was signed by Li")
    fails(siteward("inspect", "weekly", "-c", site), 1, "no plan 'weekly'")


def test_a_hand_over_freezes_what_was_measured(site):
    said = siteward("handover", "-c", site, "--who", "Wang", "--no-pictures")
    assert "accepted by Wang" in said.output, said.output
    assert rows(siteward("handover", "-c", site, "--json"))[0]["accepted_by"] == "Wang"
    fails(siteward("handover", "-c", site, "--who", "W", "--only", "cam-99"), 1, "no device cam-99")


def test_follow_up_complaint_and_write_up(site):
    fails(siteward("writeup", "99", "-c", site, "--field", "a=b", "--who", "Li"), 1, "no ticket '99'")
    wrote = siteward(
        "writeup", "1", "-c", site, "--field", "work=plug renewed", "--part", "plug=2", "--who", "Li"
    )
    assert "1 fields, 1 parts" in wrote.output
    fails(siteward("writeup", "1", "-c", site, "--part", "plug=many", "--who", "Li"), 1, "no number of parts")
    listed = rows(siteward("followup", "-c", site, "--json"))
    assert any(one["task"].startswith("call/") for one in listed)
    calls = [one["task"] for one in listed if not one["task"].startswith("call/")]
    if calls:  # the ticket was closed in this very month
        fails(
            siteward("followup", "-c", site, "--done", calls[0], "--who", "Li"),
            1,
            "--satisfied or --dissatisfied",
        )
        assert (
            "noted"
            in siteward("followup", "-c", site, "--done", calls[0], "--satisfied", "--who", "Li").output
        )
    fails(siteward("followup", "-c", site, "--done", "call/1999-01", "--who", "Li"), 1, "no call")
    assert (
        "class 1" in siteward("complaint", "nobody came", "-c", site, "--who", "Wang", "--ticket", "1").output
    )
    assert (
        "class 2; to be told: Service manager; Regional manager"
        in siteward("complaint", "again", "-c", site, "--who", "Wang").output
    )
    assert (
        "settled" in siteward("complaint", "-c", site, "--settle", 1, "--upheld", "--outcome", "done").output
    )
    assert [one["class"] for one in rows(siteward("complaint", "-c", site, "--json"))] == [1, 2]
    fails(siteward("complaint", "-c", site, "--settle", 9, "--upheld"), 1, "no complaint 9")


def test_a_drill_needs_an_agent_a_device_and_a_name(site):
    fails(siteward("drill", "cam-01", "-c", site), 2, "say who")
    fails(siteward("drill", "cam-99", "-c", site, "--who", "Li"), 2, "no device 'cam-99'")


def test_without_history_each_command_says_so(tmp_path, played):
    shutil.copy(played / "site.yaml", tmp_path)
    shutil.copy(played / "devices.csv", tmp_path)
    for command in (("kpi",), ("report", "monthly"), ("inspect",), ("followup",)):
        fails(siteward(*command, "-c", tmp_path / "site.yaml"), 1, "has the agent run yet?")
