"""The systemd unit: hardened as it says, and at one with the sample config and the command line."""

import re
import shutil
import subprocess
import sys

import pytest
import yaml
from typer.testing import CliRunner

from agent.app import STUCK_SECONDS
from agent.cli import DEFAULT_CONFIG, app
from tests.deploy.boards import DEPLOY

UNIT = DEPLOY / "systemd" / "siteward.service"
SAMPLE = yaml.safe_load((DEPLOY / "site.yaml").read_text(encoding="utf-8"))
MOST_EXPOSURE = 2.0  # of systemd-analyze: 0 is shut, 10 is open; it was 1.4


def settings() -> dict[str, list[str]]:
    """Return setting -> its values, in order, of all sections."""
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


SETTINGS = settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Type", "notify"),
        ("NotifyAccess", "main"),
        ("Restart", "always"),
        ("KillMode", "mixed"),
        ("DynamicUser", "yes"),
        ("StateDirectory", "siteward"),
        ("StateDirectoryMode", "0700"),
        ("UMask", "0077"),
        ("CapabilityBoundingSet", ""),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
    ],
)
def test_the_service_may_do_only_what_it_needs(name, value):
    assert SETTINGS[name] == [value]


def test_the_watchdog_waits_longer_than_the_agent_takes_to_call_itself_stuck():
    """Else a hang that the agent would name in its log is cut short before it is named."""
    assert float(SETTINGS["WatchdogSec"][0]) > STUCK_SECONDS + 60 / 3


@pytest.mark.parametrize("setting", ["ExecStart", "ExecStartPre"])
def test_the_commands_of_the_unit_exist(setting):
    (line,) = SETTINGS[setting]
    program, command, config = line.split()
    assert program.endswith("/bin/siteward")
    assert config == str(DEFAULT_CONFIG)
    assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0


def test_a_reload_is_the_signal_the_agent_listens_to():
    assert SETTINGS["ExecReload"] == ["/bin/kill -HUP $MAINPID"]


def test_the_credentials_are_those_that_the_sample_config_names():
    loaded = dict(value.split(":", 1) for value in SETTINGS["LoadCredential"])
    assert set(loaded) == set(re.findall(r"\$\{credential:([^}]+)\}", str(SAMPLE)))
    assert all(path == f"/etc/siteward/secrets/{name}" for name, path in loaded.items())


def test_the_state_is_where_systemd_makes_room_for_it():
    assert SAMPLE["state_dir"] == f"/var/lib/{SETTINGS['StateDirectory'][0]}"


# ---------------------------------------------------------------- what systemd itself says, where it is installed


@pytest.fixture
def analyze(tmp_path):
    """Return a function that asks systemd-analyze about the unit, with a program that exists."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not on this machine; the tests above read the unit themselves")
    text = UNIT.read_text(encoding="utf-8").replace("/opt/siteward/bin/siteward", sys.executable)
    copy = tmp_path / "siteward.service"
    copy.write_text(text, encoding="utf-8")

    def ask(*arguments: str) -> str:
        command = [program, *arguments, str(copy)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    return ask


@pytest.mark.real
def test_systemd_understands_every_line_of_the_unit(analyze):
    assert "siteward.service:" not in analyze("verify", "--man=no")


@pytest.mark.real
def test_systemd_finds_little_exposed(analyze):
    said = analyze("security", "--offline=true", "--no-pager")
    assert float(re.search(r"exposure level for siteward\.service: ([\d.]+)", said)[1]) <= MOST_EXPOSURE
