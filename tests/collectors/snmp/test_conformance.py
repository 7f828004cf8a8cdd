"""Recordings of real devices, served by snmpsim: both engines read all of them, and what we make of it is right.

The values to expect come from the `.json` files beside the recordings: another program's opinion, mostly right.
Where it is not, or where we mean something else by purpose, the test says so. The recordings are no part of this
repository; the walks of `tests/cases/snmp` and `test_the_walks_of_this_repository_are_served_too` are the cover
without them.
"""

import json
from contextlib import suppress
from statistics import fmean

import pytest

from collectors.base import CollectError, NotSupported
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps, walkfile
from collectors.snmp.client import Client
from collectors.snmp.gufo_engine import GufoEngine
from collectors.snmp.pysnmp_engine import PysnmpEngine
from models.facts import Kind, Secret
from tests.collectors.snmp.snmpsim import rows_of, serving, written
from tests.collectors.snmp.support import CASES, device, values
from tests.collectors.snmp.test_recordings import FILES, kind_of, read

pytestmark = pytest.mark.real

OPINIONS = [file for file in FILES if file.with_suffix(".json").exists()]
RECORDED = pytest.mark.skipif(not FILES, reason="no recordings beside the repository (../shared/data/snmp)")
PATIENT = (10.0, 20.0)

OK, WARNING, CRITICAL = 0, 1, 2
# Storage disruption is "yes" also where no card and no share is fitted: we believe it only after a "no".
# New firmware to be had (Synology) is no fault. The others are of MIBs or columns we do not ask.
NOT_OURS = ("storageDisruption", "upgradeAvailable")


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    given = {file.stem: rows_of(file) if file.suffix == ".snmprec" else written(read(file)) for file in FILES}
    own = {case.name: written(walkfile.read(lines_of(case))) for case in CASES}
    with serving(tmp_path_factory.mktemp("snmpsim"), given | own) as number:
        yield number


def lines_of(case):
    return (case / "walk.txt").read_text(encoding="utf-8").splitlines()


def served(name, port, kind=Kind.SWITCH):
    return device(kind, name=name, port=port, community=Secret(name))


async def walked(engine, asked):
    client = Client(engine, waits=PATIENT)
    rows = {}
    for base in ("1.0", "1.3"):  # LLDP lies outside 1.3
        walk = await client.walk(asked, base, max_rows=20_000, max_seconds=60)
        assert walk.cut == ""
        rows |= walk.rows
    client.close()
    return rows


ENGINES = pytest.mark.parametrize("engine", [GufoEngine, PysnmpEngine], ids=["gufo", "pysnmp"])


@RECORDED
@ENGINES
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
async def test_a_recording_is_read_completely(port, engine, file):
    """All rows, in both engines the same Python values: those of the file."""
    assert await walked(engine(), served(file.stem, port)) == read(file)


@ENGINES
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_the_walks_of_this_repository_are_served_too(port, engine, case):
    assert await walked(engine(), served(case.name, port)) == walkfile.read(lines_of(case))


async def readings_of(snmp, asked):
    found = []
    for collector in (SnmpHealth(snmp), SnmpInterfaces(snmp), SnmpUps(snmp)):
        if collector.applies(asked):
            with suppress(NotSupported):
                found += (await collector.collect(asked)).readings
    return found


@RECORDED
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
async def test_both_engines_give_the_same_readings(port, file):
    found = []
    for name in ("gufo", "pysnmp"):
        snmp = Snmp(name)
        snmp._client._waits = PATIENT
        found.append(await readings_of(snmp, served(file.stem, port, kind_of(file))))
        snmp.close()
    assert found[0]
    assert [one for one in found[0] if "uptime" not in one.metric.name] == [
        one for one in found[1] if "uptime" not in one.metric.name
    ]


# ------------------------------------------------------------------------------ against another program's opinion


def opinion(file, module, table):
    """Return what LibreNMS has of a module after polling."""
    found = json.loads(file.with_suffix(".json").read_text(encoding="utf-8")).get(module, {})
    polled = found.get("poller")
    return (polled if isinstance(polled, dict) else found.get("discovery", {})).get(table, [])


async def by_oid(file, port):
    """Return readings, and them by the OID they were read from."""
    snmp = Snmp("gufo")
    snmp._client._waits = PATIENT
    asked = served(file.stem, port, kind_of(file))
    readings = {(one.metric, one.part): one.value for one in await readings_of(snmp, asked)}
    found = {}
    for plan in snmp._known[asked.id].plans.values():
        for cell in plan.cells:
            if cell.key in readings:
                found.setdefault(f".{cell.at(cell.item.oid)}", []).append(
                    (cell.key[0].name, readings[cell.key])
                )
    snmp.close()
    return readings, found


def same_state(severity, metric, value):
    if metric.endswith("_ok"):
        return value == {OK: 1, CRITICAL: 0}.get(severity)
    return value == (severity == WARNING) if metric.endswith("_warning") else None


def close(value, now, factor=1):
    return value * factor == pytest.approx(now, abs=0.51)


def compared(sensor, severity, metric, value):
    """Whether a reading says the same as a sensor; None when they do not measure the same."""
    now, kind = sensor["sensor_current"], sensor["sensor_class"]
    if kind == "state":
        return same_state(severity, metric, value)
    same = {
        ("temperature", "cctv_temperature_celsius"): lambda: close(value, now),
        ("count", "cctv_disk_bad_sectors"): lambda: close(value, now),
        ("charge", "cctv_ups_charge_ratio"): lambda: close(value, now, 100),
        ("load", "cctv_ups_load_ratio"): lambda: value * 100 >= now - 0.51,  # ours is the fullest line's
        ("runtime", "cctv_ups_runtime_seconds"): lambda: close(value, now, 1 / 60),
        ("runtime", "cctv_ups_on_battery_seconds"): lambda: close(value, now, 1 / 60),
    }.get((kind, metric))
    return same() if same else None


SEEN = []


@RECORDED
@pytest.mark.parametrize("file", OPINIONS, ids=lambda file: file.stem)
async def test_sensors_agree_with_what_is_expected(port, file):
    _, found = await by_oid(file, port)
    severities = {
        (one["state_name"], one["state_value"]): one["state_generic_value"]
        for one in opinion(file, "sensors", "state_indexes")
    }
    wrong, right = [], 0
    for sensor in opinion(file, "sensors", "sensors"):
        if sensor["sensor_type"].startswith(NOT_OURS):
            continue
        severity = severities.get((sensor["sensor_type"], sensor["sensor_current"]))
        for metric, value in found.get(sensor["sensor_oid"], ()):
            same = compared(sensor, severity, metric, value)
            right += same is True
            if same is False:
                wrong.append(
                    (sensor["sensor_oid"], sensor["sensor_descr"], sensor["sensor_current"], metric, value)
                )
    SEEN.append(right)
    assert not wrong


@RECORDED
def test_enough_sensors_were_compared_for_this_to_mean_something():
    assert sum(SEEN) >= 50


@RECORDED
@pytest.mark.parametrize("file", OPINIONS, ids=lambda file: file.stem)
async def test_processor_and_memory_agree_with_what_is_expected(port, file):
    readings, _ = await by_oid(file, port)
    by_name = {metric.name: value for (metric, part), value in readings.items() if not part}
    loads = [one["processor_usage"] for one in opinion(file, "processors", "processors")]
    pools = [
        one["mempool_perc"]
        for one in opinion(file, "mempools", "mempools")
        if one["mempool_class"] == "system"
    ]
    if "cctv_cpu_used_ratio" in by_name and loads:
        assert by_name["cctv_cpu_used_ratio"] * 100 == pytest.approx(fmean(loads), abs=1)
    if "cctv_memory_used_ratio" in by_name and pools:
        assert by_name["cctv_memory_used_ratio"] * 100 == pytest.approx(pools[0], abs=1)


@RECORDED
@pytest.mark.parametrize("file", OPINIONS, ids=lambda file: file.stem)
async def test_ports_agree_with_what_is_expected(port, file):
    snmp = Snmp("gufo")
    snmp._client._waits = PATIENT
    asked = served(file.stem, port, kind_of(file))
    try:
        up = values((await SnmpInterfaces(snmp).collect(asked)).readings, "cctv_port_up")
    except CollectError:
        up = {}
    snmp.close()
    expected = {
        one["ifName"] or one["ifDescr"]: one["ifOperStatus"]
        for one in opinion(file, "ports", "ports")
        if one["ifType"] == "ethernetCsmacd"
    }
    for name, state in expected.items():
        if name in up and state in {"up", "down"}:
            assert up[name] == (state == "up"), name
