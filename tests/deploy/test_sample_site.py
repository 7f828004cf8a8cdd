"""The sample sites that an operator starts from pass the program's own check, with secrets in place."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.deploy.boards import DEPLOY

SECRETS = ("cameras", "snmp-community", "snmp-auth", "snmp-priv")


@pytest.fixture
def secrets(tmp_path):
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in SECRETS:
        (folder / name).write_text(f"fake-secret-{name}\n")
    return folder


def check(path: Path, *more: str, **environ: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "agent", "check-config", str(path), *more]
    known = {name: value for name, value in os.environ.items() if name != "CREDENTIALS_DIRECTORY"}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env={**known, **environ}
    )


def test_the_sample_passes_with_systemd_credentials(secrets):
    done = check(DEPLOY / "site.yaml", CREDENTIALS_DIRECTORY=str(secrets))
    assert done.returncode == 0, done.stderr
    assert "good" in done.stdout


def test_the_effective_config_shows_no_secret(secrets):
    done = check(DEPLOY / "site.yaml", "--print-effective", CREDENTIALS_DIRECTORY=str(secrets))
    assert "${credential:cameras}" in done.stdout
    assert "fake-secret" not in done.stdout + done.stderr


def test_the_sample_without_its_credentials_says_which_are_missing():
    done = check(DEPLOY / "site.yaml")
    assert done.returncode == 2
    assert "${credential:cameras}" in done.stderr
    assert "CREDENTIALS_DIRECTORY" in done.stderr


def test_the_container_sample_passes_with_its_secret_files(secrets, tmp_path):
    text = (DEPLOY / "container" / "site.yaml").read_text(encoding="utf-8")
    (tmp_path / "site.yaml").write_text(text.replace("/run/secrets/", f"{secrets}/"), encoding="utf-8")
    shutil.copy(DEPLOY / "devices.csv", tmp_path)
    done = check(tmp_path / "site.yaml")
    assert done.returncode == 0, done.stderr


def test_the_two_samples_differ_in_places_only():
    here = yaml.safe_load((DEPLOY / "site.yaml").read_text(encoding="utf-8"))
    there = yaml.safe_load((DEPLOY / "container" / "site.yaml").read_text(encoding="utf-8"))
    same = {"site", "name", "language", "timezone", "inventory", "state_dir"}
    assert {key: here[key] for key in same} == {key: there[key] for key in same}

    def named(part):
        return re.findall(r"\$\{(?:credential:|file:/run/secrets/)([^}]+)\}", str(part))

    assert named(here["logins"]) == named(there["logins"])
    assert named(here["snmp"]) == named(there["snmp"])
    assert set(named(here)) == set(SECRETS)


def test_sample_addresses_are_nobodys():
    """192.0.2.0/24 is for documentation (RFC 5737): a sample started by mistake asks nobody's device."""
    rows = (DEPLOY / "devices.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert rows
    assert all(row.split(",")[2].startswith("192.0.2.") for row in rows)
