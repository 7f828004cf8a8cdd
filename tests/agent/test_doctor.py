"""`siteward doctor`: each check fails in its turn, and says what to do."""

import asyncio
import contextlib
import http.server
import io
import json
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from rich.console import Console

from agent.doctor import Check, show
from tests.agent.cli_rig import process, siteward
from tests.agent.site_rig import camera, changed, site, watching, written
from tests.fixtures.mosquitto import free_port


@pytest.fixture
def path(tmp_path):
    return written(tmp_path, site(camera(1), camera(2)))


def examined(path: Path) -> tuple[int, dict[str, Check]]:
    result = siteward("doctor", "-c", path, "--json")
    checks = [Check(**row) for row in json.loads(result.output)]
    return result.exit_code, {check.name: check for check in checks}


def test_a_good_machine_is_well(path):
    status, checks = examined(path)
    for name in (
        "config",
        "video decoders",
        "ONVIF descriptions",
        "state folder",
        "open files",
        "metrics page",
    ):
        assert checks[name].ok, checks[name]
    assert "2 devices" in checks["config"].said
    assert "broker" not in checks  # there is none in this config
    assert status == (0 if all(check.ok for check in checks.values()) else 1)


def test_what_is_wrong_says_what_to_do(path):
    changed(path, mqtt={"host": "127.0.0.1", "port": free_port()})
    text = siteward("doctor", "-c", path).output
    assert "start it, or mend mqtt.host and mqtt.port" in text


def test_a_bad_config_is_a_failed_check_and_the_rest_is_looked_at(tmp_path):
    (tmp_path / "site.yaml").write_text("site: test\ncolour: blue\n")
    status, checks = examined(tmp_path / "site.yaml")
    assert (status, checks["config"].ok) == (1, False)
    assert "colour: unknown key" in checks["config"].said
    assert "video decoders" in checks
    assert "state folder" not in checks


def test_a_state_folder_that_cannot_be_made(path):
    (path.parent / "file").write_text("")
    changed(path, state_dir="file/state")
    status, checks = examined(path)
    assert (status, checks["state folder"].ok) == (1, False)
    assert "make it writable" in checks["state folder"].todo


def test_a_new_state_folder_is_for_its_owner_only(path):
    examined(path)
    assert (path.parent / "state").stat().st_mode & 0o777 == 0o700


def test_a_broker_that_is_not_there_and_one_that_is(path):
    port = free_port()
    changed(path, mqtt={"host": "127.0.0.1", "port": port})
    status, checks = examined(path)
    assert (status, checks["broker"].ok) == (1, False)
    assert f"127.0.0.1:{port}" in checks["broker"].said
    with socket.create_server(("127.0.0.1", port)):
        assert examined(path)[1]["broker"].ok


def test_a_port_that_somebody_else_uses(path):
    with web_server() as port:
        changed(path, web={"port": port})
        status, checks = examined(path)
    assert (status, checks["metrics page"].ok) == (1, False)
    assert "in use, and not by siteward" in checks["metrics page"].said


async def test_a_port_that_the_running_agent_uses_is_well(path):
    port = free_port()
    changed(path, web={"port": port})
    async with watching(path):
        _, checks = await asyncio.to_thread(examined, path)
    assert checks["metrics page"].ok
    assert "by the running agent" in checks["metrics page"].said


def test_an_address_that_is_not_ours(path):
    changed(path, web={"host": "192.0.2.1", "port": 9464, "pages": False})
    _, checks = examined(path)
    assert not checks["metrics page"].ok


@pytest.fixture(scope="module")
def poor(tmp_path_factory) -> subprocess.CompletedProcess:
    """Return what is said of a machine with few open files and a broken codec library, as of another processor."""
    folder = tmp_path_factory.mktemp("poor")
    (folder / "lib").mkdir()
    (folder / "lib" / "av.py").write_text(
        "raise ImportError('libavcodec.so.61: cannot open shared object file')"
    )
    path = written(folder, site(camera(1), camera(2)))
    few = ("prlimit", "--nofile=250:250")
    return process("doctor", "-c", path, "--json", before=few, PYTHONPATH=str(folder / "lib"))


def test_too_few_open_files_for_the_inventory(poor):
    files = next(row for row in json.loads(poor.stdout) if row["name"] == "open files")
    assert (poor.returncode, files["ok"], files["said"]) == (1, False, "limit 250")
    assert files["todo"] == "LimitNOFILE=264 in the unit"


def test_codecs_that_cannot_be_loaded(poor):
    codecs = next(row for row in json.loads(poor.stdout) if row["name"] == "video decoders")
    assert (poor.returncode, codecs["ok"]) == (1, False)
    assert "libavcodec" in codecs["said"]


def test_ping_switched_off_is_no_fault(path):
    assert examined(path)[1]["ping"] == Check("ping", True, "switched off in the config")


def test_ping_that_is_not_permitted_says_which_setting_permits_it(path):
    changed(path, icmp=True)
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
        wanted = True
    except PermissionError:
        wanted = False
    check = examined(path)[1]["ping"]
    assert check.ok is wanted
    assert wanted or "net.ipv4.ping_group_range" in check.todo


def test_the_text_shows_brackets_as_they_are():
    out = io.StringIO()
    checks = [Check("state folder", False, "/srv/state [old] is read-only", "chmod [it]")]
    show(Console(file=out, width=200), checks, as_json=False)
    assert "/srv/state [old] is read-only" in out.getvalue()
    assert "chmod [it]" in out.getvalue()


@contextlib.contextmanager
def web_server():
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_who_is_to_be_told_of_a_breach_can_be_mailed_or_not(path):
    mail = {
        "host": "127.0.0.1",
        "port": free_port(),
        "security": "none",
        "sender": "a@b.net",
        "to": ["c@b.net"],
    }
    changed(path, reports={"mail": mail}, service={"escalation": {"S1": {"breached": "Head <head@b.net>"}}})
    check = examined(path)[1]["escalation"]
    assert not check.ok
    assert "was not reached" in check.said
    assert "reports.mail" in check.todo
