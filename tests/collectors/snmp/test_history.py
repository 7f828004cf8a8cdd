"""What two polls tell, through the whole collector: rates, reboots, storage that was once well, moved rows."""

import pytest

from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces
from collectors.snmp.oids import SYS_OBJECT_ID, SYS_UPTIME
from collectors.snmp.recorded import Recorded
from models.facts import Kind
from tests.collectors.snmp.support import device, values

IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
LAST_CHANGE = "1.3.6.1.2.1.31.1.5.0"
HOST_UPTIME = "1.3.6.1.2.1.25.1.1.0"
BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
MAC = bytes.fromhex("001b44113ab7")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def port(index, name, octets, *, mac=MAC, bits=64, speed=1000, errors=0, packets=0):
    """Return the rows of one port that is up."""
    column = f"{IFX}.6" if bits == 64 else f"{IF}.10"
    return {
        f"{IF}.3.{index}": 6, f"{IF}.6.{index}": mac, f"{IF}.8.{index}": 1, f"{IF}.14.{index}": errors,
        f"{IFX}.1.{index}": name.encode(), f"{IFX}.7.{index}": packets, f"{IFX}.8.{index}": 0,
        f"{IFX}.15.{index}": speed, f"{column}.{index}": octets,
    }  # fmt: skip


class Site:
    """One recorded device, polled each minute."""

    def __init__(self, collector, kind=Kind.SWITCH, **snmp):
        self.clock, self.engine = Clock(), Recorded({})
        self.collector = collector(Snmp(self.engine, clock=self.clock, **snmp))
        self.device = device(kind)

    async def poll(self, rows, *, after=60.0, ticks=None):
        self.clock.now += after
        self.engine.values = {SYS_UPTIME: int(self.clock.now * 100) if ticks is None else ticks} | rows
        return (await self.collector.collect(self.device)).readings


async def rates_of(*polls):
    """Return the input rates after the last of some polls a minute apart."""
    site = Site(SnmpInterfaces)
    for rows in polls:
        readings = await site.poll(dict(rows))
    return values(readings, "cctv_port_in_bps")


async def test_the_first_poll_has_no_rate_and_the_second_has():
    assert await rates_of(port(1, "gi1", 1000)) == {}
    assert await rates_of(port(1, "gi1", 1000), port(1, "gi1", 1000 + 7500)) == {"gi1": 1000}


async def test_64_bits_beyond_what_a_float_can_hold_are_counted_exactly():
    assert await rates_of(port(1, "gi1", 2**63), port(1, "gi1", 2**63 + 60)) == {"gi1": 8}


async def test_a_32_bit_counter_that_goes_round_gives_a_rate_and_one_that_is_reset_none():
    slow = {"bits": 32, "speed": 1000}
    assert await rates_of(port(1, "p1", 2**32 - 1000, **slow), port(1, "p1", 6500, **slow)) == {"p1": 1000}
    fast = {"bits": 32, "speed": 100}
    assert await rates_of(port(1, "p1", 2**31, **fast), port(1, "p1", 0, **fast)) == {}


async def test_the_share_of_bad_frames():
    site = Site(SnmpInterfaces)
    await site.poll(port(1, "gi1", 0, errors=3, packets=100))
    readings = await site.poll(port(1, "gi1", 0, errors=13, packets=190))
    assert values(readings, "cctv_port_error_ratio") == {"gi1": 0.1}


async def test_a_restart_drops_one_sample_and_the_next_one_counts():
    site = Site(SnmpInterfaces)
    seen = []
    for octets, ticks in ((10**9, 900_000), (7500, 3000), (15_000, 9000)):
        readings = await site.poll(port(1, "gi1", octets), ticks=ticks)
        seen.append(values(readings, "cctv_port_in_bps"))
    assert seen == [{}, {}, {"gi1": 1000}]


async def test_ports_that_are_numbered_anew_without_a_restart_are_followed_by_name_and_address():
    """ifTableLastChange tells of it: the values are asked for again under their new numbers, in the same poll."""
    site = Site(SnmpInterfaces)
    other = bytes.fromhex("001b44113ab8")
    before = {LAST_CHANGE: 5} | port(1, "lan1", 0) | port(2, "lan2", 10**12, mac=other)
    after = {LAST_CHANGE: 6} | port(2, "lan1", 7500) | port(1, "lan2", 10**12 + 15_000, mac=other)
    await site.poll(before)
    assert values(await site.poll(after), "cctv_port_in_bps") == {"lan1": 1000, "lan2": 2000}


async def test_an_agent_that_tells_of_new_rows_with_each_poll_is_not_looked_at_anew_each_time():
    """Some give their uptime there."""
    site, requests = Site(SnmpInterfaces), []
    for minute in range(10):
        site.engine.requests = 0
        await site.poll({LAST_CHANGE: minute} | port(1, "gi1", 0))
        requests.append(site.engine.requests)
    assert max(requests[1:4]) > 2
    assert requests[4:] == [1] * 6


async def test_a_name_that_went_to_another_port_makes_no_rate():
    site = Site(SnmpInterfaces)
    await site.poll({LAST_CHANGE: 5} | port(1, "usb0", 0))
    swapped = {LAST_CHANGE: 6} | port(1, "usb0", 10**6, mac=bytes.fromhex("001b44113ab8"))
    assert values(await site.poll(swapped), "cctv_port_in_bps") == {}
    later = swapped | port(1, "usb0", 10**6 + 7500, mac=bytes.fromhex("001b44113ab8"))
    assert values(await site.poll(later), "cctv_port_in_bps") == {"usb0": 1000}


# ------------------------------------------------------------------------------ reboots


def counts(readings):
    return tuple(
        values(readings, name)[""] for name in ("cctv_device_reboots_total", "cctv_snmp_agent_restarts_total")
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([{}, {}], (1, 0)),
        ([{HOST_UPTIME: 9_000_000}, {HOST_UPTIME: 9_006_000}], (0, 1)),
        ([{HOST_UPTIME: 9_000_000}, {HOST_UPTIME: 4000}], (1, 0)),
        ([{BOOTS: 4}, {BOOTS: 5}], (1, 0)),
    ],
    ids=["uptime alone", "snmpd was restarted", "the host too", "boots"],
)
async def test_a_reboot_is_told_from_a_restart_of_the_agent(more, said):
    site = Site(SnmpHealth, Kind.OTHER)
    assert counts(await site.poll(more[0], ticks=500_000)) == (0, 0)
    assert counts(await site.poll(more[1], ticks=3000)) == said
    assert counts(await site.poll(more[1] | {}, ticks=9000)) == said


async def test_497_days_are_no_reboot_and_a_silence_is_none():
    site = Site(SnmpHealth, Kind.OTHER)
    assert counts(await site.poll({}, ticks=2**32 - 3000)) == (0, 0)
    assert counts(await site.poll({}, ticks=3000)) == (0, 0)
    assert counts(await site.poll({}, ticks=3000 + 100 * 3600, after=3600)) == (0, 0)


# ------------------------------------------------------------------------------ storage, hints, unreadable values

AXIS = "1.3.6.1.4.1.368.4.1"


async def test_a_disruption_is_believed_only_of_storage_that_was_once_well():
    """An Axis camera without a card reports it too."""
    site = Site(SnmpHealth, Kind.CAMERA)
    base = {SYS_OBJECT_ID: "1.3.6.1.4.1.368.1.1", f"{AXIS}.8.1.2.1": b"SD_DISK"}
    seen = [
        values(await site.poll(base | {f"{AXIS}.8.1.3.1": state}), "cctv_disk_ok")
        for state in (2, 2, 1, 2, 1)
    ]
    assert seen == [{}, {}, {"SD_DISK": 1}, {"SD_DISK": 0}, {"SD_DISK": 1}]


async def test_what_onvif_said_is_the_last_hint_and_is_heeded_when_it_comes_late():
    said = {}
    site = Site(SnmpHealth, Kind.CAMERA, maker=lambda device: said.get(device, ""))
    rows = {"1.3.6.1.4.1.36849.1.2.7.4.3.0": b"fail", "1.3.6.1.4.1.36849.1.2.7.3.7.1.0": b"low"}
    assert not values(await site.poll(rows), "cctv_disk_ok")
    said["dev-1"] = "Hanwha Vision XNV-8080R"
    readings = await site.poll(rows)
    assert values(readings, "cctv_disk_ok") == {"sdcard": 0}
    assert values(readings, "cctv_camera_alarm") == {"tampering": 0}


async def test_what_could_not_be_read_is_kept_with_its_place_and_reason():
    site = Site(SnmpHealth, Kind.CAMERA)
    await site.poll({"1.3.6.1.4.1.39165.1.1.0": b"DS-1", "1.3.6.1.4.1.39165.1.7.0": b"hot"})
    (one,) = site.collector._snmp.unread_of("dev-1")
    assert (one.oid, one.value, one.why) == (
        "1.3.6.1.4.1.39165.1.7.0", b"hot", "text where a number was expected",
    )  # fmt: skip
    assert "HIK-DEVICE-MIB" in site.collector._snmp.mibs_of("dev-1")
