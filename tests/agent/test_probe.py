"""`siteward probe`: one device, once, now; what came back, without a secret."""

import json
from dataclasses import replace

import pytest

from simulator.site import SnmpSpec
from tests.agent.cli_rig import fails, process, simulated, siteward
from tests.agent.site_rig import COMMUNITY, PASSWORD, camera, site, ups, written

KEYS = ("auth-key-hidden", "priv-key-hidden")


@pytest.fixture(scope="module")
def sim():
    v3 = SnmpSpec(
        role="camera", version="3", user="monitor", auth_protocol="SHA256", auth_key=KEYS[0],
        priv_protocol="AES", priv_key=KEYS[1],
    )  # fmt: skip
    spec = site(replace(camera(1), name="Gate [/A]"), camera(2, snmp=v3), ups())
    with simulated(spec) as sim:
        yield sim


@pytest.fixture
def path(sim, tmp_path):
    return written(tmp_path, sim.world.site)


def test_a_probe_prints_every_value_a_camera_told(path):
    result = siteward("probe", "cam-1", "-c", path, "--values")
    assert result.exit_code == 0, result.output
    assert "Gate [/A]" in result.output
    assert "cctv_clock_offset_seconds" in result.output
    assert "SV-200" in result.output


def test_a_probe_prints_a_device_file(sim, path):
    with sim.fault("cam-1", "clock_offset"):
        result = siteward("probe", "cam-1", "-c", path)
    assert result.exit_code == 0, result.output
    said = " ".join(result.output.split())
    for words in (
        "Gate [/A]", "Acme SV-200", "Firmware 1.4.2", "ONVIF services device", "Lets us in by digest",
        "CLOCK_OFFSET Clock wrong", "40 s ahead (limit 5 s)", "gaps in recordings", "does not have it",
        "SNMP the inventory names no access",
    ):  # fmt: skip
        assert words in said, said
    assert PASSWORD not in result.output


def test_a_device_file_of_a_healthy_camera_says_so(path):
    assert "nothing of what was looked at" in siteward("probe", "cam-1", "-c", path).output


def test_a_probe_as_json_has_a_report_of_each_collector(path):
    found = json.loads(siteward("probe", "cam-2", "-c", path, "--json").output)
    assert {report["collector"] for report in found} >= {"reach", "onvif_clock", "snmp_health"}
    troubles = {report["error"]["trouble"] for report in found if report["error"]}
    assert troubles <= {"not_supported"}  # a camera that records nothing itself
    (clock,) = [report for report in found if report["collector"] == "onvif_clock"]
    assert "cctv_clock_offset_seconds" in {reading["metric"] for reading in clock["readings"]}


def test_only_runs_the_collectors_named(path):
    found = json.loads(siteward("probe", "ups-1", "-c", path, "--only", "snmp_ups", "--json").output)
    assert [report["collector"] for report in found] == ["snmp_ups"]


def test_raw_prints_the_devices_own_words_and_no_secret(path):
    for device in ("cam-1", "cam-2", "ups-1"):
        result = siteward("probe", device, "-c", path, "--raw")
        assert result.exit_code == 0, result.output
        assert "GetSystemDateAndTime" in result.output or "1.3.6.1.2.1" in result.output
        for secret in (PASSWORD, COMMUNITY, *KEYS):
            assert secret not in result.output
    camera_said = siteward("probe", "cam-1", "-c", path, "--raw").output
    assert "<" in camera_said
    assert "SV-200" in camera_said


def test_a_device_that_is_not_in_the_inventory_ends_with_2(path):
    fails(siteward("probe", "cam-9", "-c", path), 2, "no device 'cam-9'", "siteward devices lists them")


@pytest.mark.parametrize("more", [[], ["--json"], ["--raw"]])
def test_a_collector_that_does_not_exist_ends_with_2(path, more):
    result = siteward("probe", "cam-1", "-c", path, "--only", "sonar", *more)
    fails(result, 2, "no collector sonar; there are: reach, onvif_clock")


def test_a_device_that_is_off_ends_with_1_and_says_why(sim, path):
    with sim.fault("ups-1", "off"):
        result = siteward("probe", "ups-1", "-c", path, "--deadline", "0.5")
    fails(result, 1)
    assert "no answer" in result.output


def test_a_wrong_password_ends_with_1_and_is_not_repeated(sim, path):
    before = sim.counts("cam-1")["refused_logins"]
    with sim.fault("cam-1", "wrong_password"):
        result = siteward("probe", "cam-1", "-c", path)
    fails(result, 1, "login refused", "it refused")
    assert PASSWORD not in result.output
    assert 1 <= sim.counts("cam-1")["refused_logins"] - before <= 2


def test_a_device_of_which_nothing_can_be_asked_is_said(tmp_path):
    path = written(tmp_path, site(camera(1, onvif=None)))
    fails(siteward("probe", "cam-1", "-c", path), 1, "nothing to ask")


def test_a_probe_leaves_no_file_and_no_ticket(sim, path):
    siteward("probe", "cam-1", "-c", path)
    assert not (path.parent / "state").exists()


def test_a_probe_as_a_process_keeps_stdout_for_what_came_back(path):
    done = process("probe", "cam-1", "-c", path, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)
    assert done.stderr == ""
