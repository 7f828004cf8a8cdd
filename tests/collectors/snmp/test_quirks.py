"""What agents do wrong, one test a quirk: the right reading, no reading, or a named error. Never a made-up 0."""

import itertools
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

import pytest

from collectors.base import AuthRejected, BadReply, Unreachable
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps
from models.facts import Device, Kind
from simulator.faults import FaultBoard
from simulator.site import SiteSpec
from simulator.snmp.agent import SnmpAgent
from tests.collectors.snmp.support import values
from tests.collectors.snmp.test_simulator import V3, access, spec

START = 1_800_000_000.0
COUNTERS = ("cctv_unreadable_values_total", "cctv_malformed_replies_total")
COLLECTORS = {"nvr": SnmpHealth, "ups": SnmpUps, "sw": SnmpInterfaces, "cam": SnmpHealth, "hik": SnmpHealth}


class Scene:
    """Simulated agents that can misbehave, a clock of theirs, and one `Snmp`."""

    def __init__(self, specs, waits):
        site = SiteSpec("test", specs)
        self.now = START
        self.board = FaultBoard({one.id: one.parent for one in specs})
        self.agents = {one.id: SnmpAgent(one, self.board, site, clock=lambda: self.now) for one in specs}
        self.specs = {one.id: one for one in specs}
        self.clock = 1000.0
        self.snmp = Snmp(clock=lambda: self.clock)
        self.snmp._client._waits = waits

    def device(self, name):
        one = self.specs[name]
        return Device(name, Kind(one.kind), one.address, snmp=access(one.snmp, self.agents[name].port))

    async def read(self, name, collector=None):
        return (await (collector or COLLECTORS[name])(self.snmp).collect(self.device(name))).readings

    def on(self, name, quirk, strength=1.0):
        self.board.switch_on(name, quirk, strength=strength, at=self.now)

    def off(self, name, quirk):
        self.board.switch_off(name, quirk)

    def later(self, seconds):
        self.now += seconds
        self.clock += seconds


@asynccontextmanager
async def scene(way=None, *, waits=(0.4, 0.8), quirks=()):
    way = {**(way or {}), "quirks": quirks}
    specs = (
        spec("nvr", "nvr", 3, disks=3, parent="sw", **way),
        spec("sw", "switch", 4, ports=24, **way),
        spec("ups", "ups", 5, **way),
        spec("hik", "camera", 6, maker="Hikvision", parent="sw", **way),
        spec("cam", "camera", 7, parent="sw", **way),
    )
    made = Scene(specs, waits)
    async with AsyncExitStack() as stack:
        for agent in made.agents.values():
            await agent.start()
            stack.push_async_callback(agent.stop)
        yield made
        made.snmp.close()


def plain(readings):
    """Return (metric, part) -> value of all that stands still and does not count our own trouble."""
    return {
        (reading.metric.name, reading.part): reading.value
        for reading in readings
        if reading.metric.name not in COUNTERS
    }


def names(found):
    return {name for name, _ in found}


# ---------------------------------------------------------------- 1 counters, 2 uptime


async def test_ports_without_64_bit_counters_are_read_from_the_narrow_ones():
    async with scene() as at:
        wide = plain(await at.read("sw"))
        at.on("sw", "snmp_narrow_counters")
        at.snmp.forget("sw")
        narrow = plain(await at.read("sw"))
    assert narrow.keys() == wide.keys()
    assert narrow["cctv_port_in_bytes_total", "gi1"] == wide["cctv_port_in_bytes_total", "gi1"] % 2**32


async def test_a_narrow_counter_that_wraps_neither_falls_to_a_made_up_value_nor_ends_the_reading():
    async with scene(quirks=("snmp_narrow_counters",)) as at:
        at.on("sw", "snmp_counter_wrap")
        seen = []
        for _ in range(4):
            seen.append(values(await at.read("sw"), "cctv_port_in_bytes_total")["gi1"])
            at.later(2.0)
    assert seen[0] == 2**32 - 500_000
    for before, after in itertools.pairwise(seen):
        assert 0 < (after - before) % 2**32 < 5_000_000  # the truth, whichever way the collector tells it


async def test_an_uptime_that_wraps_after_497_days_keeps_all_readings():
    async with scene() as at:
        at.on("nvr", "snmp_uptime_wrap")
        before = plain(await at.read("nvr"))
        at.later(30)
        after = plain(await at.read("nvr"))
    assert before["cctv_uptime_seconds", ""] == pytest.approx(2**32 / 100 - 10)
    assert after.keys() == before.keys()
    assert after["cctv_uptime_seconds", ""] >= 0


async def test_an_agent_that_restarts_alone_shows_it_in_its_uptime_only():
    for way in ({}, V3):
        async with scene(way) as at:
            before = plain(await at.read("nvr"))
            at.on("nvr", "snmp_agent_restart")
            at.later(60)
            after = plain(await at.read("nvr"))
        assert after["cctv_uptime_seconds", ""] == pytest.approx(60, abs=1)
        assert after.keys() == before.keys()


# ---------------------------------------------------------------- 3 address, 4 sizes, 5 order, 6 v1


async def test_an_agent_that_answers_from_another_address_is_read_by_the_second_engine():
    async with scene(waits=(0.3,)) as at:
        at.on("nvr", "snmp_other_source")
        assert values(await at.read("nvr"), "cctv_disk_ok") == {"disk1": 1, "disk2": 1, "disk3": 1}
        assert at.snmp.engine_of(at.device("nvr")) == "pysnmp"


@pytest.mark.parametrize(
    "quirk", ["snmp_bulk_too_big", "snmp_bulk_silent", "snmp_bulk_few", "snmp_get_too_big"]
)
@pytest.mark.parametrize("way", [{}, V3], ids=["v2c", "v3"])
async def test_an_agent_that_cannot_bear_large_requests_is_read_whole_all_the_same(quirk, way):
    async with scene(way, waits=(0.25, 0.4)) as at:
        for name in ("sw", "nvr"):
            whole = plain(await at.read(name))
            at.snmp.forget(name)
            at.on(name, quirk)
            assert plain(await at.read(name)).keys() == whole.keys()


async def test_rows_that_an_agent_leaves_out_are_missing_and_never_zero():
    async with scene() as at:
        whole = plain(await at.read("sw"))
        at.snmp.forget("sw")
        at.on("sw", "snmp_bulk_skips")
        some = plain(await at.read("sw"))
    assert some.keys() <= whole.keys()
    assert all(some[key] == whole[key] for key in some if key[0] in {"cctv_port_up", "cctv_port_speed_bps"})


@pytest.mark.parametrize("quirk", ["snmp_oid_loop", "snmp_oid_disorder"])
async def test_a_table_that_loops_ends_and_the_other_tables_arrive(quirk):
    async with scene() as at:
        at.on("sw", quirk)
        began = time.monotonic()
        found = plain(await at.read("sw"))
        assert time.monotonic() - began < 30
        assert {"cctv_poe_delivering", "cctv_poe_power_watts"} <= names(found)


async def test_an_agent_of_v1_is_read_though_one_missing_name_fails_a_request():
    async with scene({"version": "2c"}, quirks=("snmp_v1_only",)) as at:
        device = at.device("nvr")
        for name, collector in (("nvr", SnmpHealth), ("ups", SnmpUps), ("sw", SnmpInterfaces)):
            device = at.device(name)
            old = Device(name, device.kind, device.host, snmp=_as_v1(device.snmp))
            found = plain((await collector(at.snmp).collect(old)).readings)
            expected = {"nvr": "cctv_disk_ok", "ups": "cctv_ups_charge_ratio", "sw": "cctv_port_up"}[name]
            assert expected in names(found)
        with pytest.raises(Unreachable):
            await at.read("cam")


def _as_v1(given):
    return replace(given, version="1")


# ---------------------------------------------------------------- 7 engines, 8 slow


async def test_devices_with_equal_engine_ids_are_read_side_by_side():
    async with scene(V3, quirks=("snmp_same_engine",)) as at:
        for _ in range(2):
            for name in ("nvr", "ups", "cam"):
                assert plain(await at.read(name))
            at.later(300)


async def test_an_engine_whose_boots_were_reset_is_read_again():
    async with scene(V3, waits=(1.0, 2.0)) as at:
        await at.read("nvr")
        at.on("nvr", "snmp_boots_reset")
        at.later(10)
        found = plain(await at.read("nvr"))
    assert found["cctv_disk_ok", "disk1"] == 1


async def test_a_slow_agent_is_unreachable_and_says_nothing_untrue():
    async with scene() as at:
        at.on("ups", "snmp_slow")
        with pytest.raises(Unreachable):
            await at.read("ups")
        at.off("ups", "snmp_slow")
        assert plain(await at.read("ups"))["cctv_ups_on_battery", ""] == 0


async def test_an_agent_that_is_a_little_slow_is_read():
    async with scene(waits=(1.0, 2.0)) as at:
        at.on("ups", "snmp_slow", 0.1)
        assert plain(await at.read("ups"))["cctv_ups_on_battery", ""] == 0


async def test_an_agent_that_is_silent_is_unreachable():
    async with scene() as at:
        at.on("ups", "snmp_silent")
        with pytest.raises(Unreachable):
            await at.read("ups")


# ---------------------------------------------------------------- 9 dirty values


@pytest.mark.parametrize("name", ["nvr", "ups", "hik", "cam"])
@pytest.mark.parametrize("quirk", ["snmp_numbers_as_text", "snmp_wrong_types", "snmp_nul_padding"])
async def test_numbers_in_other_shapes_are_read_as_if_they_were_right(quirk, name):
    async with scene() as at:
        clean = plain(await at.read(name))
        at.snmp.forget(name)
        at.on(name, quirk)
        assert plain(await at.read(name)) == clean


@pytest.mark.parametrize("name", ["nvr", "ups", "hik", "cam"])
@pytest.mark.parametrize("quirk", ["snmp_sentinels", "snmp_units_in_text", "snmp_latin1"])
async def test_values_that_cannot_be_are_absent_and_the_rest_is_as_it_was(quirk, name):
    async with scene() as at:
        clean = plain(await at.read(name))
        at.snmp.forget(name)
        at.on(name, quirk)
        found = plain(await at.read(name))
    numbers = {key: value for key, value in found.items() if not isinstance(value, str)}
    assert {key: clean.get(key) for key in numbers} == numbers
    texts = [value for value in found.values() if isinstance(value, str)]
    assert all(value.isprintable() for value in texts)


async def test_sentinels_on_all_of_a_ups_give_no_reading_of_its_battery():
    async with scene() as at:
        at.on("ups", "snmp_sentinels")
        found = plain(await at.read("ups"))
    for metric in ("cctv_ups_charge_ratio", "cctv_ups_on_battery", "cctv_ups_battery_ok"):
        assert (metric, "") not in found


# ---------------------------------------------------------------- 10 indexes, 12 bays


async def test_ports_keep_their_names_when_their_indexes_change_with_a_boot():
    async with scene() as at:
        at.on("sw", "snmp_ifindex_moves")
        seen = []
        for _ in range(2):
            seen.append(values(await at.read("sw"), "cctv_port_speed_bps"))
            at.on("sw", "off")
            at.later(30)
            at.off("sw", "off")
            at.later(700)
    assert seen[0] == seen[1]
    assert len(set(seen[0].values())) > 1


async def test_an_empty_bay_is_no_failed_disk():
    async with scene(quirks=("snmp_empty_bay",)) as at:
        found = values(await at.read("nvr"), "cctv_disk_ok")
    assert {part: found[part] for part in ("disk1", "disk2", "disk3")} == {"disk1": 1, "disk2": 1, "disk3": 1}
    assert 0 not in found.values()


async def test_a_bay_whose_asking_fails_costs_that_bay_only():
    async with scene() as at:
        at.on("nvr", "snmp_bay_error")
        found = plain(await at.read("nvr"))
        again = plain(await at.read("nvr"))
    for one in (found, again):
        assert one["cctv_disk_ok", "disk2"] == 1
        assert one.get(("cctv_disk_ok", "disk1")) in {None, 1}
        assert "cctv_cpu_used_ratio" in names(one)


@pytest.mark.parametrize("way", [{}, V3], ids=["v2c", "v3"])
async def test_an_agent_that_begins_to_answer_with_errors_is_a_named_error_and_gives_no_values(way):
    async with scene(way) as at:
        whole = names(plain(await at.read("ups")))
        at.on("ups", "snmp_errors")
        with pytest.raises(BadReply, match="error and no values"):
            await at.read("ups")
        at.off("ups", "snmp_errors")
        assert names(plain(await at.read("ups"))) == whole


# ---------------------------------------------------------------- broken replies


@pytest.mark.parametrize("quirk", ["snmp_wrong_ids", "snmp_truncated", "snmp_garbage"])
@pytest.mark.parametrize("way", [{}, V3], ids=["v2c", "v3"])
async def test_broken_replies_are_a_named_error_and_soon_forgotten(quirk, way):
    async with scene(way, waits=(0.3, 0.5)) as at:
        at.on("ups", quirk)
        with pytest.raises((Unreachable, BadReply, AuthRejected)):
            await at.read("ups")
        at.off("ups", quirk)
        at.snmp._client._waits = (1.0, 2.0)
        assert plain(await at.read("ups"))["cctv_ups_on_battery", ""] == 0


@pytest.mark.parametrize("quirk", ["snmp_truncated", "snmp_garbage"])
async def test_every_second_reply_broken_still_gives_the_right_readings(quirk):
    async with scene(waits=(0.5, 0.5, 0.5)) as at:
        whole = plain(await at.read("ups"))
        at.on("ups", quirk, 0.5)
        assert plain(await at.read("ups")) == whole
