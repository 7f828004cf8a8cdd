"""Recordings of real devices: dirty, and no part of this repository; skipped where they are not at hand."""

from contextlib import suppress

import pytest

from collectors.base import CollectError, NotSupported
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps, walkfile
from collectors.snmp.recorded import Recorded
from models.facts import Kind
from models.metrics import Type
from tests.collectors.snmp.support import SHARED, device, values

FILES = sorted([*SHARED.glob("*/*.snmprec"), *SHARED.glob("*/*.snmpwalk")])
WHOLE_NUMBERS = {"2", "65", "66", "67", "70"}
KINDS = {
    "ups": Kind.UPS,
    "netman": Kind.UPS,
    "nvr": Kind.NVR,
    "dsm": Kind.NAS,
    "synology": Kind.NAS,
    "linux": Kind.OTHER,
}
KINDS |= dict.fromkeys(("iosxe", "linksys", "edgecos", "tplink", "zynos"), Kind.SWITCH)

pytestmark = pytest.mark.skipif(not FILES, reason="no recordings beside the repository (../shared/data/snmp)")


def read(file):
    """Return the values of a recording in either of the two formats."""
    lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    if file.suffix == ".snmpwalk":
        return walkfile.read(line.encode("utf-8", "replace").decode() for line in lines)
    rows = {}
    for line in lines:
        oid, kind, value = line.split("|", 2)
        if kind.endswith("x"):
            rows[oid] = bytes.fromhex(value)
        elif kind in WHOLE_NUMBERS:
            rows[oid] = int(value)
        elif kind == "4":
            rows[oid] = value.encode("utf-8", "surrogateescape")
        elif kind in {"6", "64"}:
            rows[oid] = value
    return rows


def kind_of(file):
    return next((kind for word, kind in KINDS.items() if word in file.name), Kind.CAMERA)


async def readings_of(file, kind=None):
    snmp, found = Snmp(Recorded(read(file))), []
    for collector in (SnmpHealth(snmp), SnmpInterfaces(snmp), SnmpUps(snmp)):
        with suppress(NotSupported):
            found += (await collector.collect(device(kind or kind_of(file)))).readings
    return found


def named(name):
    return next(file for file in FILES if file.name.startswith(name))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("kind", [Kind.SWITCH, Kind.UPS, Kind.OTHER])
async def test_a_real_device_gives_plausible_readings_and_no_surprise(file, kind):
    for reading in await readings_of(file, kind):
        if reading.metric.type is Type.INFO:
            assert isinstance(reading.value, str)
            assert reading.value.isprintable()
        else:
            assert reading.value >= 0 or reading.metric.name == "cctv_temperature_celsius"
        if reading.metric.name.endswith(("_ratio", "_up", "_ok", "_on_battery", "_delivering")):
            assert 0 <= reading.value <= 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
async def test_a_real_device_tells_something(file):
    assert await readings_of(file)


async def test_apc_cards_are_read_by_their_own_mib():
    readings = await readings_of(named("ups-apc-battery-ok"), Kind.UPS)
    assert values(readings, "cctv_ups_battery_ok") == {"": 1}
    assert values(readings, "cctv_ups_on_battery") == {"": 0}
    assert values(readings, "cctv_ups_charge_ratio") == {"": 1}
    assert values(readings, "cctv_ups_runtime_seconds") == {"": 39_925}
    assert values(await readings_of(named("apc_smx750i"), Kind.UPS), "cctv_ups_on_battery") == {"": 0}


async def test_a_hikvision_camera():
    readings = await readings_of(named("hikvision-cam"))
    assert values(readings, "cctv_cpu_used_ratio") == {"": 0.15}
    assert values(readings, "cctv_memory_used_ratio") == {"": 0.83}
    assert not values(readings, "cctv_disk_size_bytes")  # "0.0 GB" is no card


async def test_a_hikvision_recorder_without_a_status_column():
    readings = await readings_of(named("hikvision-nvr"))
    assert not values(readings, "cctv_disk_ok")  # unknown, not well and not failed
    assert values(readings, "cctv_disk_used_ratio")["disk1"] == pytest.approx(1 - 2715648 / 3815447)


async def test_a_dahua_recorder():
    readings = await readings_of(named("dahua-nvr"))
    assert values(readings, "cctv_cpu_used_ratio") == {"": 0.06}
    assert values(readings, "cctv_port_up") == {"eth0": 1}


async def test_a_synology_disk_with_bad_sectors_calls_itself_normal():
    readings = await readings_of(named("dsm_"))
    assert values(readings, "cctv_disk_ok") == {"Disk 1": 1, "Disk 2": 1, "system partition": 1}
    assert values(readings, "cctv_disk_bad_sectors") == {"Disk 1": 0, "Disk 2": 511}


async def test_a_ups_that_gives_null_for_lines_it_does_not_have():
    """It also sends volts in tenths where the MIB says volts: 236 kV are not believed."""
    readings = await readings_of(named("deltaups"))
    assert values(readings, "cctv_ups_battery_ok") == {"": 1}
    assert values(readings, "cctv_ups_charge_ratio") == {"": 0.29}
    assert values(readings, "cctv_ups_load_ratio") == {"": 0.08}
    assert not values(readings, "cctv_ups_input_volts")
    assert values(readings, "cctv_unreadable_values_total")["snmp"] >= 1


async def test_a_stack_tells_the_power_of_each_member():
    readings = await readings_of(named("iosxe"))
    assert values(readings, "cctv_poe_power_watts") == {"1": 9, "2": 19, "3": 24}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
async def test_a_disk_state_or_battery_that_changes_is_followed(file):
    """Every enumerated value of the recording is turned into nonsense: absent, counted, nothing raised."""
    rows = {
        oid: 250 if isinstance(value, int) and 0 <= value < 20 else value for oid, value in read(file).items()
    }
    snmp = Snmp(Recorded(rows))
    for collector in (SnmpHealth(snmp), SnmpInterfaces(snmp), SnmpUps(snmp)):
        with suppress(CollectError):
            for reading in (await collector.collect(device(kind_of(file)))).readings:
                if "smart" not in file.name:  # its states are inside a document
                    assert reading.metric.name not in {"cctv_disk_ok", "cctv_port_up", "cctv_ups_battery_ok"}
