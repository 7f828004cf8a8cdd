"""deploy/README.md names every file that is delivered, and only commands that exist."""

import re
import subprocess

from typer.testing import CliRunner

from agent.cli import app
from tests.deploy.boards import DEPLOY

TEXT = (DEPLOY / "README.md").read_text(encoding="utf-8")


def test_every_delivered_file_is_in_the_table():
    linked = {(DEPLOY / target).resolve() for target in re.findall(r"\]\(([^)#:]+)\)", TEXT)}
    delivered = {path for path in DEPLOY.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    operators = {path for path in delivered if DEPLOY / "container" / "etc" in path.parents}
    assert delivered - operators - linked == {DEPLOY / "README.md"}


def test_links_hold():
    for target in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (DEPLOY / target).exists(), target


def test_commands_exist():
    commands = set(re.findall(r"(?:/bin/|`)siteward ([a-z][a-z-]+)", TEXT))
    assert commands >= {"check-config", "probe", "tickets", "devices", "schema"}
    for command in commands:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command


def test_the_shell_of_the_readme_can_be_parsed():
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        done = subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


def test_the_files_that_the_commands_install_exist():
    for path in re.findall(r"\bdeploy/[\w./-]+", TEXT):
        assert (DEPLOY.parent / path).exists(), path
