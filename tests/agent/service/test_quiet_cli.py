"""`siteward silence`, `maintenance` and `report-fault`, where no agent runs."""

import json

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.store import Store


@pytest.fixture
def site(tmp_path):
    (tmp_path / "site.yaml").write_text("site: plant\nstate_dir: var\ninventory: devices.csv\n")
    (tmp_path / "devices.csv").write_text("id,kind,host\ncam-1,camera,127.9.0.1\n")
    (tmp_path / "var").mkdir()
    Store.open(tmp_path / "var" / "siteward.db").close()
    return tmp_path


def run(site, *words):
    return CliRunner().invoke(app, [*words, "--config", str(site / "site.yaml")])


def test_a_silence_is_set_listed_and_ended(site):
    done = run(site, "silence", "add", "cam-1", "--for", "2h", "--who", "Li Wei", "--why", "lens ordered")
    assert done.exit_code == 0, done.output
    (listed,) = json.loads(run(site, "silence", "list", "--json").output)
    assert (listed["devices"], listed["who"], listed["why"]) == (["cam-1"], "Li Wei", "lens ordered")
    assert run(site, "maintenance", "list").output == ""
    assert run(site, "silence", "end", "1", "--who", "Li Wei").exit_code == 0
    assert run(site, "silence", "list").output == ""
    assert run(site, "silence", "end", "1", "--who", "Li Wei").exit_code == 1


def test_maintenance_of_each_week_is_set_for_a_year_and_listed_with_its_hours(site):
    words = ("--each", "Sun 02:00-04:00", "--who", "Li", "--why", "restarts itself")
    done = run(site, "maintenance", "add", "cam-1", *words)
    assert done.exit_code == 0, done.output
    assert "sun 02:00-04:00" in done.output
    (listed,) = json.loads(run(site, "maintenance", "list", "--json").output)
    assert listed["each"] == "sun 02:00-04:00"
    assert 360 * 86400 < listed["until"] - listed["since"] <= 366 * 86400
    wrong = run(site, "maintenance", "add", "cam-1", "--each", "someday", "--who", "Li", "--why", "x")
    assert (wrong.exit_code, "sun 02:00-04:00" in wrong.output) == (2, True)


def test_maintenance_is_planned_for_a_time_of_the_site(site):
    words = ("--from", "2099-03-01T08:00", "--for", "4h", "--who", "Li", "--why", "new switch")
    assert run(site, "maintenance", "add", *words).exit_code == 1  # more than a year ahead


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("silence", "add", "cam-9", "--for", "2h", "--who", "Li", "--why", "x"), 1, "no such device: cam-9"),
        (("silence", "add", "cam-1", "--for", "2h", "--who", "Li"), 1, "--why"),
        (("silence", "add", "cam-1", "--for", "2h", "--why", "x"), 1, "--who"),
        (("silence", "add", "cam-1", "--who", "Li", "--why", "x"), 2, "--for"),
        (("silence", "add", "cam-1", "--for", "soon", "--who", "Li", "--why", "x"), 2, "duration"),
        (
            ("silence", "add", "cam-1", "--for", "2h", "--fault", "X", "--who", "Li", "--why", "x"),
            1,
            "no such fault",
        ),
        (("report-fault", "cam-9", "--who", "Li", "--why", "x"), 1, "no such device"),
        (("report-fault", "cam-1", "--who", "Li"), 1, "--why"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(site, words, status, said):
    done = run(site, *words)
    assert (done.exit_code, said in done.output) == (status, True), done.output


def test_a_report_is_registered_and_goes_onto_the_same_ticket_the_second_time(site):
    first = run(site, "report-fault", "cam-1", "--who", "front desk", "--why", "no picture")
    assert "plant/cam-1/-/REPORTED#1" in first.output
    assert "#1" in run(site, "report-fault", "cam-1", "--who", "guard", "--why", "dark").output
