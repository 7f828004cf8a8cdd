"""Makers without a recording of their own, or with states no recording has: made up from the MIBs' enums."""

import json

import pytest

from collectors.snmp import Snmp, SnmpHealth, SnmpUps
from collectors.snmp.oids import SYS_OBJECT_ID, SYS_UPTIME
from collectors.snmp.recorded import Recorded
from models.facts import Kind
from tests.collectors.snmp.support import device

AVIGILON = "1.3.6.1.4.1.46202.1.1.1"
MOBOTIX = "1.3.6.1.4.1.21701.2"
QNAP = "1.3.6.1.4.1.24681.1.2"
UCD = "1.3.6.1.4.1.2021"
DAHUA = "1.3.6.1.4.1.1004849.2"
AXIS = "1.3.6.1.4.1.368.4.1"
APC = "1.3.6.1.4.1.318.1.1.1"
SMART = "1.3.6.1.4.1.8072.1.3.2.3.1.2.5.115.109.97.114.116"
STORAGE = "1.3.6.1.2.1.25.2.3.1"
RAM = "1.3.6.1.2.1.25.2.1.2"


async def read(rows, kind=Kind.NAS, collector=SnmpHealth):
    """Return value by `metric` or `metric[part]`, and how many values could not be read."""
    snmp = Snmp(Recorded({SYS_UPTIME: 500_000} | rows))
    found = {}
    for one in (await collector(snmp).collect(device(kind))).readings:
        found[one.metric.name.removeprefix("cctv_") + (f"[{one.part}]" if one.part else "")] = one.value
    return found, int(found.pop("unreadable_values_total[snmp]"))


def disks(text):
    return json.dumps({"version": 1, "data": {"disks": text}}).encode()


CASES = {
    "avigilon records": (
        {f"{AVIGILON}.5.0": 8, f"{AVIGILON}.1.1.3.1": 1, f"{AVIGILON}.1.1.4.1": 41},
        {"disk_ok[sdcard]": 1, "disk_warning[sdcard]": 0, "temperature_celsius[sensor1]": 41, "temperature_ok[sensor1]": 1},
    ),
    "avigilon cannot write": ({f"{AVIGILON}.5.0": 10}, {"disk_ok[sdcard]": 0, "disk_warning[sdcard]": 0}),
    "avigilon card too slow": ({f"{AVIGILON}.5.0": 12}, {"disk_ok[sdcard]": None, "disk_warning[sdcard]": 1}),
    "avigilon without a card": ({f"{AVIGILON}.5.0": 1}, {"disk_ok[sdcard]": None, "disk_warning[sdcard]": None}),
    "mobotix": (
        {f"{MOBOTIX}.7.2.1.1.0": 38, f"{MOBOTIX}.7.2.2.1.0": -1000, f"{MOBOTIX}.3.8.0": -1},
        {"temperature_celsius[camera]": 38, "temperature_celsius[outside]": None, "disk_used_ratio[archive]": None},
    ),
    "qnap": (
        {
            f"{QNAP}.12.0": b"TS-453A", f"{QNAP}.1.0": b"12.5 %", f"{QNAP}.2.0": b"7854.5 MB", f"{QNAP}.3.0": b"1963.625 MB",
            f"{QNAP}.6.0": b"40 C/104 F", f"{QNAP}.4.0": 8_640_000,
            f"{QNAP}.11.1.2.1": b"HDD1", f"{QNAP}.11.1.4.1": 0, f"{QNAP}.11.1.7.1": b"GOOD", f"{QNAP}.11.1.3.1": b"37 C/98 F",
            f"{QNAP}.11.1.2.2": b"HDD2", f"{QNAP}.11.1.4.2": -5, f"{QNAP}.11.1.7.2": b"--", f"{QNAP}.11.1.3.2": b"-- C/-- F",
            f"{QNAP}.11.1.2.3": b"HDD3", f"{QNAP}.11.1.4.3": -9, f"{QNAP}.11.1.7.3": b"Abnormal", f"{QNAP}.11.1.3.3": b"0 C/32 F",
            f"{QNAP}.11.1.2.4": b"HDD4", f"{QNAP}.11.1.4.4": 0, f"{QNAP}.11.1.7.4": b"Warning", f"{QNAP}.11.1.3.4": b"41 C/105 F",
            f"{QNAP}.15.1.2.1": b"System FAN 1", f"{QNAP}.15.1.3.1": b"1190 RPM",
            f"{QNAP}.17.1.2.1": b"[Volume DataVol1]", f"{QNAP}.17.1.6.1": b"Degraded",
            f"{QNAP}.17.1.4.1": b"4.00 TB", f"{QNAP}.17.1.5.1": b"1.00 TB",
        },
        {
            "cpu_used_ratio": 0.125, "memory_used_ratio": 0.75, "temperature_celsius[system]": 40, "device_uptime_seconds": 86_400,
            "disk_ok[HDD1]": 1, "disk_ok[HDD2]": None, "disk_ok[HDD3]": 0, "disk_ok[HDD4]": 1,
            "disk_warning[HDD1]": 0, "disk_warning[HDD2]": None, "disk_warning[HDD3]": 0, "disk_warning[HDD4]": 1,
            "temperature_celsius[HDD1]": 37, "temperature_celsius[HDD2]": None, "fan_speed_rpm[System FAN 1]": 1190,
            "raid_ok[[Volume DataVol1]]": None, "raid_warning[[Volume DataVol1]]": 1,
            "disk_used_ratio[[Volume DataVol1]]": 0.75, "disk_size_bytes[[Volume DataVol1]]": 4 * 2**40,
        },
    ),
    "ucd": (
        {
            f"{UCD}.4.5.0": 1000, f"{UCD}.4.6.0": 100, f"{UCD}.4.14.0": 50, f"{UCD}.4.15.0": 350, f"{UCD}.11.11.0": 67,
            f"{UCD}.10.1.2.1": b"Load-1", f"{UCD}.10.1.3.1": b"0.16",
        },
        {"memory_used_ratio": 0.5, "cpu_used_ratio": 0.33, "load_average[Load-1]": 0.16},
    ),
    "ucd and host resources: not both into one mean": (
        {f"{UCD}.11.11.0": 0, "1.3.6.1.2.1.25.3.3.1.2.1": 20, "1.3.6.1.2.1.25.3.3.1.2.2": 40},
        {"cpu_used_ratio": pytest.approx(0.3)},
    ),
    "main memory of a host without net-snmp": (
        {
            f"{STORAGE}.2.4": RAM, f"{STORAGE}.3.4": b"Physical Memory", f"{STORAGE}.4.4": 65_536,
            f"{STORAGE}.5.4": 1000, f"{STORAGE}.6.4": 640, "1.3.6.1.2.1.25.2.2.0": 1,
        },
        {"memory_used_ratio": 0.64},
    ),
    "main memory of net-snmp does not count its caches": (
        {
            SYS_OBJECT_ID: "1.3.6.1.4.1.8072.3.2.10", "1.3.6.1.2.1.25.2.2.0": 1,
            f"{STORAGE}.2.1": RAM, f"{STORAGE}.3.1": b"Physical memory", f"{STORAGE}.4.1": 1024,
            f"{STORAGE}.5.1": 1000, f"{STORAGE}.6.1": 900, f"{STORAGE}.6.6": 100, f"{STORAGE}.6.7": 300,
        },
        {"memory_used_ratio": 0.5},
    ),
    "smart": (
        {
            SMART: disks({
                "sda": {"health_pass": 1, "5": "8", "197": "null", "194": "34"},
                "sdb": {"health_pass": 0, "5": 65_000, "197": "65535", "194": 0},
            })
        },
        {
            "disk_ok[sda]": 1, "disk_ok[sdb]": 0, "disk_bad_sectors[sda]": 8, "disk_bad_sectors[sdb]": 65_000,
            "disk_pending_sectors[sda]": None, "disk_pending_sectors[sdb]": None,
            "temperature_celsius[sda]": 34, "temperature_celsius[sdb]": None,
        },
    ),
    "dahua channels": (
        {
            f"{DAHUA}.1.2.6.0": b"NVR", f"{DAHUA}.1.9.2.0": 0,
            **{f"{DAHUA}.10.2.2.1.4.{n}": f"ch {n}".encode() for n in range(1, 5)},
            **{f"{DAHUA}.10.2.2.1.3.{n}": s for n, s in enumerate((b"Connected", b"Unconnect", b"Empty", b"Connecting"), 1)},
        },
        {"channel_ok[ch 1]": 1, "channel_ok[ch 2]": 0, "channel_ok[ch 3]": None, "channel_ok[ch 4]": None, "memory_used_ratio": None},
    ),
    "axis hardware": (
        {
            SYS_OBJECT_ID: "1.3.6.1.4.1.368.1.1", f"{AXIS}.1.1.3.1": 2, f"{AXIS}.2.1.3.1": 1, f"{AXIS}.6.1.3.1": 2,
            f"{AXIS}.3.1.3.2.1": 2, f"{AXIS}.3.1.4.2.1": 0, f"{AXIS}.4.1.2.1": 2, f"{AXIS}.10.1.1.2.1": 2, f"{AXIS}.10.2.1.3.1": 3,
        },
        {
            "power_supply_ok[supply1]": 0, "fan_ok[fan1]": 1, "casing_open[casing1]": 1, "temperature_ok[sensor2.1]": 0,
            "temperature_celsius[sensor2.1]": None, "channel_ok[1]": 0, "raid_ok[raid1]": None, "raid_warning[raid1]": 1,
            "disk_ok[raid1]": 0,
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), CASES.values(), ids=CASES)
async def test_a_device_made_up_from_its_mib_reads_as_expected(rows, expected):
    found, unreadable = await read(rows)
    assert {name: found.get(name) for name in expected} == expected
    assert unreadable == 0


@pytest.mark.parametrize("document", [b"", b"not json", b"[1]", b'{"data": 5}', b"\xff\xfe{", b"[" * 60_000])
async def test_a_document_that_is_none_is_unreadable_and_gives_nothing(document):
    found, unreadable = await read({SMART: document})
    assert unreadable == 1
    assert not any(name.startswith("disk") for name in found)


@pytest.mark.parametrize(
    ("output", "said"),
    [(2, (0, 0, 0)), (3, (1, 0, 0)), (7, (None, 1, None)), (9, (0, 0, 1)), (1, (None, None, None))],
)
async def test_what_an_apc_gives_its_load(output, said):
    found, _ = await read({f"{APC}.4.1.1.0": output, f"{APC}.2.1.1.0": 2}, Kind.UPS, SnmpUps)
    assert tuple(found.get(name) for name in ("ups_on_battery", "ups_output_off", "ups_bypass")) == said


async def test_an_apc_battery_to_be_replaced():
    rows = {
        f"{APC}.2.1.1.0": 2,
        f"{APC}.2.2.4.0": 2,
        f"{APC}.7.2.3.0": 2,
        f"{APC}.2.3.1.0": 995,
        f"{APC}.4.3.3.0": 202,
    }
    found, _ = await read(rows, Kind.UPS, SnmpUps)
    assert found["ups_replace_battery"] == 1
    assert found["ups_test_ok"] == 0
    assert found["ups_charge_ratio"] == pytest.approx(0.995)
    assert found["ups_load_ratio"] == pytest.approx(0.202)
