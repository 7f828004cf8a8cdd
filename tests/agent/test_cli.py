"""The command line: what it says, and its exit status."""

import json
import time
from dataclasses import replace
from importlib.metadata import version

import pytest

from agent import __version__
from agent.helpdesk.base import Attachment, Draft
from agent.helpdesk.local import LocalHelpdesk
from agent.store import Store
from models.facts import Failure, FaultKey, Finding, Incident, Phase, Reading, Report, Trouble
from models.metrics import TCP_UP
from tests.agent.cli_rig import fails, process, siteward
from tests.agent.site_rig import COMMUNITY, PASSWORD, camera, site, switch, written

COMMANDS = ["run", "demo", "check-config", "schema", "probe", "devices", "tickets", "ticket", "doctor"]
BAD = """
site: test
colour: blue
timezone: Mars/Olympus
stream_workers: many
schedule: {reach: {every: soon}}
logins: {cameras: {user: "", password: "${env:NOBODY_SETS_THIS}"}}
"""


@pytest.fixture
def path(tmp_path):
    """A site of two cameras behind a switch, that nobody has watched yet."""
    return written(tmp_path, site(switch(), camera(1, parent="sw-1"), camera(2, parent="sw-1")))


# ---------------------------------------------------------------- help and version


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example_and_the_exit_status(command):
    result = siteward(command, "--help")
    assert result.exit_code == 0
    assert f"siteward {command}" in result.output
    assert "Example" in result.output
    assert "Exit status" in result.output


def test_the_help_lists_every_command():
    result = siteward("--help")
    assert result.exit_code == 0
    assert [name for name in COMMANDS if f" {name} " not in result.output] == []


def test_the_version_is_the_packages():
    assert siteward("--version").output.strip() == __version__ == version("siteward")


@pytest.mark.parametrize(
    "arguments", [["fly"], ["run", "--fast"], ["demo", "--seconds", "5"], ["ticket"], []]
)
def test_wrong_use_ends_with_2(arguments):
    fails(siteward(*arguments), 2)


# ---------------------------------------------------------------- check-config


def test_a_good_config_is_called_good(path):
    result = siteward("check-config", path)
    assert result.exit_code == 0
    assert "good. Site test, 3 devices (1 switch, 2 camera)" in result.output


def test_a_bad_config_is_told_all_its_mistakes_at_once(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(BAD)
    wrong = ("colour: unknown key", "timezone: no time zone 'Mars/Olympus'", "stream_workers: ")
    fails(siteward("check-config", path), 2, *wrong, "reach.every", "logins.cameras.user")


def test_a_bad_inventory_is_told_row_and_column(path):
    table = path.with_name("devices.csv")
    table.write_text("id,kind,host,login\ncam-1,camera,10.0.0.1,\ncam 2,kamera,,nobody\n")
    fails(siteward("check-config", path), 2, "row 3, column id", "row 3, column kind", "row 3, column host")


@pytest.mark.parametrize("command", ["run", "check-config"])
def test_a_config_that_is_not_there_ends_with_2(command, tmp_path):
    fails(siteward(command, tmp_path / "none.yaml"), 2, "none.yaml cannot be used", "No such file")


@pytest.mark.parametrize("command", ["devices", "tickets", "doctor"])
def test_a_config_that_is_no_yaml_is_said_without_quoting_it(command, tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(f"site: [\npassword: {PASSWORD}\n")
    result = siteward(command, "-c", path)
    assert result.exit_code == (1 if command == "doctor" else 2)
    assert PASSWORD not in result.output


def test_the_effective_config_is_json_with_defaults_and_no_secret(path):
    result = siteward("check-config", path, "--print-effective")
    found = json.loads(result.output)
    assert found["retention"]["raw"] == "14d"
    assert found["logins"]["cam-1"]["password"].startswith("${file:")
    assert PASSWORD not in result.output
    assert COMMUNITY not in result.output


def test_a_password_written_into_the_config_is_refused_and_not_repeated(path):
    path.write_text(path.read_text().replace("${file:secrets/cam-1-password}", "hunter2-in-clear"))
    result = siteward("check-config", path)
    fails(result, 2, "logins.cam-1.password: a secret must not stand in the file itself")
    assert "hunter2" not in result.output


def test_the_schema_is_json_schema():
    found = json.loads(siteward("schema").output)
    assert found["properties"]["site"]["type"] == "string"


def test_an_unknown_log_level_ends_with_2(path):
    fails(siteward("run", path, env={"SITEWARD_LOG_LEVEL": "LOUD"}), 2, "LOUD: choose DEBUG, INFO")


# ---------------------------------------------------------------- devices


def test_devices_that_nobody_asked_yet_are_unknown(path):
    rows = json.loads(siteward("devices", "-c", path, "--json").output)
    assert [(row["id"], row["state"], row["last_answer"]) for row in rows] == [
        ("sw-1", "unknown", None), ("cam-1", "unknown", None), ("cam-2", "unknown", None),
    ]  # fmt: skip
    assert "nothing is known yet" in siteward("devices", "-c", path).output


def test_devices_show_what_the_agent_saw_and_which_fault_explains_which(path):
    saw(path, time.time())
    rows = {row["id"]: row for row in json.loads(siteward("devices", "-c", path, "--json").output)}
    assert rows["sw-1"]["faults"] == ["REACH_LOST"]
    assert rows["cam-1"]["faults"] == ["behind sw-1"]
    assert (rows["cam-2"]["state"], rows["cam-1"]["state"]) == ("ok", "fault")
    table = siteward("devices", "-c", path).output
    assert "behind sw-1" in table


def test_devices_and_tickets_are_listed_in_the_sites_language(path):
    path.write_text(path.read_text() + "\nlanguage: zh_CN\n")
    saw(path, time.time())
    table = siteward("devices", "-c", path, env={"COLUMNS": "200"}).output
    for word in ("编号", "最后响应", "摄像机", "受影响于sw-1", "正常"):
        assert word in table
    assert "last answer" not in table


def test_what_was_seen_yesterday_says_nothing_of_today(path):
    saw(path, time.time() - 86400)
    rows = {row["id"]: row for row in json.loads(siteward("devices", "-c", path, "--json").output)}
    assert rows["cam-2"]["state"] == "unknown"
    assert rows["cam-2"]["last_answer"] is not None


def saw(path, at):
    """Let an agent have run: the switch and camera 1 are lost, camera 2 answered."""
    store = Store.open(path.parent / "state" / "siteward.db")
    failure = Failure(Trouble.UNREACHABLE, "no answer")
    store.add_reports(
        [
            Report("sw-1", "snmp_health", at, 0.1, error=failure),
            Report("cam-1", "reach", at, 0.1, error=failure),
            Report("cam-2", "reach", at, 0.1, (Reading(TCP_UP, 1.0, "8080"),)),
        ]
    )
    root = Finding(FaultKey("sw-1", "", "REACH_LOST"), Phase.OPEN, at)
    child = FaultKey("cam-1", "", "REACH_LOST")
    store.commit_incidents(opened=[Incident(f"test/{root.key}", root, (child,), at)])
    store.close(at)


# ---------------------------------------------------------------- tickets


@pytest.fixture
def desk(path):
    """Two tickets: the second is resolved and has a picture."""
    with LocalHelpdesk.open(path.parent / "state" / "helpdesk.db") as desk:
        for n in (1, 2):
            draft = Draft(
                f"test/cam-{n}#1", f"test/cam-{n}", f"Camera {n} [/red] lost", "It [is] gone.", "S3"
            )
            desk.create(draft)
        desk.attach("2", Attachment("cam-2-before.jpg", "image/jpeg", b"jpeg"), once="a")
        desk.resolve("2", "It is back.", once="b")
    return path


def test_tickets_lists_open_ones_and_all_with_all(desk):
    assert [t["number"] for t in json.loads(siteward("tickets", "-c", desk, "--json").output)] == [1]
    everything = json.loads(siteward("tickets", "-c", desk, "--all", "--json").output)
    assert [(t["number"], t["state"]) for t in everything] == [(1, "registered"), (2, "resolved")]
    text = siteward("tickets", "-c", desk, "--all").output
    assert "Camera 1 [/red] lost" in text
    assert "resolved" in text


def test_a_ticket_prints_its_text_history_and_evidence(desk):
    text = siteward("ticket", 2, "-c", desk).output
    assert "It [is] gone." in text
    assert "It is back." in text
    assert ".jpg" in text


def test_a_ticket_as_json_holds_the_same(desk):
    found = json.loads(siteward("ticket", "2", "-c", desk, "--json").output)
    assert found["subject"] == "Camera 2 [/red] lost"
    assert [step["what"] for step in found["history"]] == ["created", "attachment", "resolved"]
    assert found["history"][1]["file"].endswith(".jpg")


@pytest.mark.parametrize("number", ["3", "0", "x", "²", "-1", "9" * 25, ""])
def test_a_ticket_that_is_not_there_ends_with_1(desk, number):
    fails(siteward("ticket", "-c", desk, "--", number), 1, f"there is no ticket {number}")


@pytest.mark.parametrize("arguments", [["tickets"], ["ticket", "1"]])
def test_before_the_agent_ever_ran_there_are_no_tickets(path, arguments):
    fails(siteward(*arguments, "-c", path), 1, "there are no tickets yet")
    assert not (path.parent / "state").exists()


def test_a_damaged_helpdesk_file_is_said(desk):
    (desk.parent / "state" / "helpdesk.db").write_bytes(b"this is no database" * 100)
    fails(siteward("tickets", "-c", desk), 1, "helpdesk.db cannot be used")


# ---------------------------------------------------------------- as a process


def test_python_m_agent_is_the_same_program():
    done = process("--version")
    assert (done.returncode, done.stdout.strip()) == (0, __version__)


def test_a_table_into_a_pipe_is_not_folded(tmp_path):
    """What cannot be found with grep might as well not be printed."""
    path = written(
        tmp_path, site(replace(camera(1), name="A camera with a long name", place="Over the third door"))
    )
    done = process("devices", "-c", path)
    assert done.returncode == 0
    (line,) = [line for line in done.stdout.splitlines() if line.startswith(" cam-1")]
    assert "A camera with a long name" in line
    assert "Over the third door" in line
