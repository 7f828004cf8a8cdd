"""The Containerfile, the compose file and the wheel that the image installs. The image itself is not built here."""

import configparser
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.deploy.boards import DEPLOY, PROMETHEUS

TOP = DEPLOY.parent
FOLDER = DEPLOY / "container"
PACKAGES = ("models", "collectors", "agent", "simulator")


def instructions() -> list[tuple[str, str]]:
    """Return the Containerfile's (instruction, rest), continued lines joined."""
    text = (FOLDER / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines()]
    return [tuple(line.split(None, 1)) for line in lines if line and not line.startswith("#")]


def all_of(wanted: str) -> list[str]:
    return [rest for name, rest in instructions() if name == wanted]


COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
SITE = yaml.safe_load((FOLDER / "site.yaml").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- Containerfile


def test_what_the_containerfile_copies_exists_and_is_not_ignored():
    copied = [source for rest in all_of("COPY") if "--from" not in rest for source in rest.split()[:-1]]
    let_in = (FOLDER / "Containerfile.dockerignore").read_text().split()
    assert set(PACKAGES) < set(copied)
    for source in copied:
        assert (TOP / source).exists(), source
        assert f"!{source}" in let_in, source


def test_the_image_runs_as_nobody_and_stops_by_sigterm():
    assert all_of("USER") == ["65534:65534"]
    assert all_of("STOPSIGNAL") == ["SIGTERM"]
    assert instructions().index(("USER", "65534:65534")) > max(
        i for i, (name, _) in enumerate(instructions()) if name == "RUN"
    )


def test_the_image_installs_locked_versions_only():
    installs = [rest for rest in all_of("RUN") if "pip install" in rest]
    assert all("--require-hashes" in rest or "--no-deps" in rest for rest in installs)
    assert (TOP / "requirements.lock").exists()


def test_ports_and_health_check_agree_with_the_sample_and_prometheus():
    port = str(SITE["web"]["port"])
    targets = yaml.safe_load(PROMETHEUS.read_text())["scrape_configs"][0]["static_configs"][0]["targets"]
    assert all_of("EXPOSE") == [port]
    assert re.findall(r"127\.0\.0\.1:(\d+)/healthz", all_of("HEALTHCHECK")[0]) == [port]
    assert targets == [f"siteward:{port}"]
    assert "siteward" in SERVICES


def test_the_images_command_is_the_programs():
    assert all_of("ENTRYPOINT") == ['["siteward"]']
    assert all_of("CMD") == ['["run", "/etc/siteward/site.yaml"]']


# ---------------------------------------------------------------- compose


def mounts():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", ()):
            yield name, *volume.split(":")


def test_what_compose_mounts_exists():
    for _, source, target, *_ in mounts():
        assert target.startswith("/")
        if source == "./etc":
            continue  # the operator's own; README.md says what goes in
        if source.startswith("."):
            assert (FOLDER / source).exists(), source
        else:
            assert source in COMPOSE["volumes"], source


def test_delivered_files_are_mounted_read_only():
    assert all("ro" in more for _, source, _, *more in mounts() if source.startswith("."))


def test_the_agent_in_compose_has_no_rights_it_does_not_need():
    agent = SERVICES["siteward"]
    assert agent["read_only"] is True
    assert agent["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in agent["security_opt"]
    assert "ports" not in agent


def test_nothing_is_published_beyond_the_machine():
    published = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_images_have_a_version():
    for name, service in SERVICES.items():
        if "build" not in service:
            assert re.search(r":[\w.]*\d", service["image"]), name


def test_the_sample_site_finds_its_neighbours_secrets_and_state():
    agent = SERVICES["siteward"]
    wanted = set(re.findall(r"/run/secrets/([^}]+)\}", str(SITE)))
    assert wanted == set(agent["secrets"]) == set(COMPOSE["secrets"])
    assert SITE["mqtt"]["host"] in SERVICES
    assert f"state:{SITE['state_dir']}" in agent["volumes"]


def test_grafana_finds_prometheus_and_the_dashboard():
    targets = {target: source for name, source, target, *_ in mounts() if name == "grafana"}
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yaml").read_text())
    board = yaml.safe_load((DEPLOY / "grafana/provisioning/dashboards/siteward.yaml").read_text())
    assert source["datasources"][0]["url"].split("//")[1].split(":")[0] in SERVICES
    assert board["providers"][0]["options"]["path"] in targets
    assert list((FOLDER / targets[board["providers"][0]["options"]["path"]]).glob("*.json"))


# ---------------------------------------------------------------- what the image installs


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel as `pip install .` does, from the files that the Containerfile copies; return its path."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    copied = [name for rest in all_of("COPY") if "--from" not in rest for name in rest.split()[:-1]]
    for name in copied:
        (source / name).symlink_to(TOP / name)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=source, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    (path,) = out.glob("siteward-*.whl")
    return path


@pytest.fixture(scope="module")
def content(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_four_packages_and_nothing_else(content):
    tops = {name.split("/")[0] for name in content if ".dist-info" not in name}
    assert tops == set(PACKAGES)
    for package in PACKAGES:
        sources = {path.relative_to(TOP).as_posix() for path in (TOP / package).rglob("*.py")}
        assert sources == {
            name for name in content if name.startswith(package + "/") and name.endswith(".py")
        }


@pytest.mark.parametrize(
    "data", ["*/py.typed", "collectors/snmp/mibs/*.yaml", "simulator/sites/*.yaml"], ids=lambda data: data
)
def test_the_wheel_holds_the_data_that_the_program_reads(content, data):
    wanted = {path.relative_to(TOP).as_posix() for path in TOP.glob(data) if ".venv" not in path.parts}
    assert wanted
    assert wanted <= set(content)


def test_every_data_file_in_the_packages_is_in_the_wheel(content):
    ours = {
        path.relative_to(TOP).as_posix()
        for package in PACKAGES
        for path in (TOP / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert ours <= set(content)


def test_the_wheel_declares_the_command(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (entry,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        parser = configparser.ConfigParser()
        parser.read_string(archive.read(entry).decode())
    assert dict(parser["console_scripts"]) == {"siteward": "agent.__main__:main"}


def test_the_wheel_alone_runs_the_command(wheel, tmp_path):
    """Unpacked beside the dependencies and away from the checkout, it finds its modules and its data."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "import agent, collectors.snmp.knowledge, simulator.sites, sys;"
        "from collectors.snmp import Snmp; Snmp();"
        "print(agent.__file__, len(simulator.sites.demo_site().devices));"
        "from agent.cli import main; sys.argv = ['siteward', '--version']; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == str(tmp_path / "agent" / "__init__.py")
    assert Path(wheel).name.startswith(f"siteward-{done.stdout.split()[-1]}-")
