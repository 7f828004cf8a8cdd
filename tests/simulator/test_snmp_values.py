"""What each role shows, well and under each fault. Disk and PoE states: the MIBs' enums, no recording."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.site import SiteSpec
from simulator.snmp.drift import Drift, Flow
from tests.simulator.snmp_site import START, Stage, ask, device, value, values, walk

OPER = "1.3.6.1.2.1.2.2.1.8"
LAST_CHANGE = "1.3.6.1.2.1.2.2.1.9"
OCTETS_IN = "1.3.6.1.2.1.2.2.1.10"
HC_IN = "1.3.6.1.2.1.31.1.1.1.6"
HC_OUT = "1.3.6.1.2.1.31.1.1.1.10"
ALIAS = "1.3.6.1.2.1.31.1.1.1.18"
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
POE_STATE = "1.3.6.1.2.1.105.1.1.1.6.1"
POE_WATTS = "1.3.6.1.2.1.105.1.3.1.1.4.1"
POE_BUDGET = "1.3.6.1.2.1.105.1.3.1.1.2.1"
FDB_PORT = "1.3.6.1.2.1.17.4.3.1.2"
BRIDGE_IF = "1.3.6.1.2.1.17.1.4.1.2"
LLDP_NAME = "1.0.8802.1.1.2.1.4.1.1.9"
DISK = "1.3.6.1.4.1.50001.1.241.1"
STORAGE = "1.3.6.1.2.1.25.2.3.1"
DISK_STATE = "1.3.6.1.2.1.25.3.2.1.5.393216"
HIK = "1.3.6.1.4.1.39165.1"
UPS = "1.3.6.1.2.1.33.1"
BOOTS = "1.3.6.1.6.3.10.2.1.2.0"
ENGINE_TIME = "1.3.6.1.6.3.10.2.1.3.0"


@pytest.fixture
def stage():
    return Stage()


# ---------------------------------------------------------------- numbers


@given(st.text(max_size=5), st.floats(0, 4e9), st.floats(-50, 50), st.floats(0, 50))
def test_a_wandering_value_stays_between_its_ends(seed, now, low, reach):
    assert low - 1e-6 <= Drift(seed, low=low, high=low + reach).at(now) <= low + reach + 1e-6


@given(st.text(max_size=5), st.lists(st.floats(0, 1e7), min_size=2), st.floats(0, 1e8))
def test_a_counter_never_falls(seed, times, mean):
    flow = Flow(seed, mean=mean)
    totals = [flow.total(at) for at in sorted(times)]
    assert totals == sorted(totals)
    assert totals[0] >= 0


@given(st.floats(1e5, 1e7))
def test_a_counter_keeps_its_mean_rate_over_a_day(began):
    flow = Flow("x", mean=1_000.0)
    assert flow.total(began + 86_400) - flow.total(began) == pytest.approx(86_400_000, rel=0.01)


def test_two_runs_at_the_same_time_show_the_same(stage):
    again = Stage()
    for name in ("nvr-1", "cam-3"):
        first, second = walk(stage[name], "1.3.6.1.2.1"), walk(again[name], "1.3.6.1.2.1")
        assert first == second


def test_two_cameras_do_not_show_the_same(stage):
    oid = f"{HC_OUT}.2"
    assert value(stage["cam-1"], oid) != value(stage["cam-3"], oid)


# ---------------------------------------------------------------- every role


@pytest.mark.parametrize("name", ["sw-1", "nvr-1", "cam-1", "cam-2", "ups-1"])
def test_every_device_says_who_it_is(stage, name):
    description, uptime, given_name, place = values(
        stage[name], "1.3.6.1.2.1.1.1.0", SYS_UPTIME, "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0"
    )
    assert description
    assert 2 * 8_640_000 <= uptime <= 40 * 8_640_000
    assert (given_name, place) == (name.upper().encode(), b"Hall")


def test_uptime_runs_in_hundredths_of_a_second(stage):
    before = value(stage["cam-1"], SYS_UPTIME)
    stage.clock.now += 12.5
    assert value(stage["cam-1"], SYS_UPTIME) - before == pytest.approx(1_250, abs=1)


def test_a_camera_sends_about_four_and_a_half_megabit(stage):
    before = value(stage["cam-1"], f"{HC_OUT}.2")
    stage.clock.now += 900
    assert (value(stage["cam-1"], f"{HC_OUT}.2") - before) / 900 * 8 == pytest.approx(4.5e6, rel=0.05)


def test_32_and_64_bit_counters_agree(stage):
    assert value(stage["sw-1"], f"{HC_IN}.2") % 2**32 == value(stage["sw-1"], f"{OCTETS_IN}.2")
    assert value(stage["sw-1"], f"{HC_IN}.2") > 2**32


def test_a_port_has_the_mac_of_the_site_file():
    spec = replace(device("cam-9", "camera"), mac="AC:CC:8E:00:00:09")
    stage = Stage()
    stage.site = SiteSpec("x", (spec,))
    stage.board = type(stage.board)({"cam-9": ""})
    assert value(stage.agent(spec), "1.3.6.1.2.1.2.2.1.6.2") == bytes.fromhex("accc8e000009")


@pytest.mark.parametrize("mac", ["AC:CC:8E", "what is this"])
def test_a_mac_that_is_none_is_refused(stage, mac):
    with pytest.raises(ValueError, match="cam-9"):
        stage.agent(replace(device("cam-9", "camera"), mac=mac))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"role": "toaster"}, "no SNMP role 'toaster'"),
        ({"version": "4"}, "no SNMP version '4'"),
        ({"version": "3", "user": "ops", "priv_protocol": "AES"}, "without signing"),
        ({"version": "3", "user": "ops", "auth_protocol": "ROT13"}, "not 'ROT13'"),
        ({"version": "3", "user": "ops", "auth_protocol": "SHA", "auth_key": "short"}, "8 characters"),
    ],
)
def test_a_site_file_that_makes_no_sense_is_refused(stage, options, message):
    spec = device("cam-9", "camera")
    with pytest.raises(ValueError, match=message) as refusal:
        stage.agent(replace(spec, snmp=replace(spec.snmp, **options)))
    assert "short" not in str(refusal.value)


def test_a_device_without_snmp_has_no_agent(stage):
    with pytest.raises(ValueError, match="cam-9 does not speak SNMP"):
        stage.agent(replace(device("cam-9", "camera"), snmp=None))


# ---------------------------------------------------------------- power


def test_a_device_without_power_is_silent(stage):
    stage.board.switch_on("cam-1", "off", at=stage.clock.now)
    assert ask(stage["cam-1"], "get", SYS_UPTIME) is None


def test_a_switch_without_power_takes_its_cameras_along(stage):
    stage.board.switch_on("sw-1", "off", at=stage.clock.now)
    assert ask(stage["sw-1"], "get", SYS_UPTIME) is None
    assert ask(stage["cam-2"], "get", SYS_UPTIME) is None
    assert ask(stage["ups-1"], "get", SYS_UPTIME) is not None


def test_power_that_comes_back_is_a_boot(stage):
    """Uptime and counters begin at zero, and the engine has booted once more."""
    boots = value(stage["cam-1"], BOOTS)
    stage.board.switch_on("cam-1", "off", at=stage.clock.now)
    stage.clock.now += 60
    ask(stage["cam-1"], "get", SYS_UPTIME)
    stage.board.switch_off("cam-1", "off")
    stage.clock.now += 60
    assert values(stage["cam-1"], SYS_UPTIME, f"{HC_OUT}.2", BOOTS, ENGINE_TIME) == [0, 0, boots + 1, 0]
    stage.clock.now += 10
    uptime, sent = values(stage["cam-1"], SYS_UPTIME, f"{HC_OUT}.2")
    assert uptime == 1_000
    assert 10 * 560_000 * 0.6 < sent < 10 * 560_000 * 1.4


async def test_a_boot_is_noticed_though_nobody_asked_while_the_power_was_away(stage):
    async with stage.running("cam-1"):
        stage.board.switch_on("sw-1", "off", at=stage.clock.now)
        stage.clock.now += 20
        stage.board.switch_off("sw-1", "off")
        stage.clock.now += 20
        assert value(stage["cam-1"], SYS_UPTIME) == 2_000


# ---------------------------------------------------------------- cameras


def test_a_hikvision_camera_writes_its_numbers_as_text(stage):
    cpu, card, memory, used = values(stage["cam-2"], f"{HIK}.7.0", f"{HIK}.8.0", f"{HIK}.10.0", f"{HIK}.11.0")
    assert cpu.endswith(b" PERCENT")
    assert 0 <= int(cpu.split()[0]) <= 100
    assert (card, memory) == (b"0.0 GB", b"512 MB")
    assert used.endswith(b" PERCENT")


def test_a_hikvision_camera_has_no_object_id_of_its_own_and_no_host_resources(stage):
    assert values(stage["cam-2"], "1.3.6.1.2.1.1.2.0", f"{STORAGE}.5.1") == ["0.0", "NoSuchObject"]


def test_a_hikvision_camera_shows_its_clock_and_how_far_it_is_off(stage):
    assert value(stage["cam-2"], f"{HIK}.19.0") == b"2027-01-15 08:00:00"
    stage.board.switch_on("cam-2", "clock_offset", at=stage.clock.now)
    assert value(stage["cam-2"], f"{HIK}.19.0") == b"2027-01-15 08:00:40"


def test_another_camera_has_host_resources_and_no_hikvision_mib(stage):
    load, memory, hik = values(
        stage["cam-1"], "1.3.6.1.2.1.25.3.3.1.2.196608", "1.3.6.1.2.1.25.2.2.0", f"{HIK}.7.0"
    )
    assert 0 <= load <= 100
    assert (memory, hik) == (512 * 1024, "NoSuchObject")


def test_the_clock_of_host_resources_is_off_too(stage):
    stage.board.switch_on("cam-1", "clock_offset", strength=2.0, at=stage.clock.now)
    shown = value(stage["cam-1"], "1.3.6.1.2.1.25.1.2.0")
    assert shown == (2027).to_bytes(2, "big") + bytes((1, 15, 8, 1, 20, 0)) + b"+\x00\x00"


def test_a_camera_with_a_card_shows_it_and_one_without_does_not(stage):
    assert values(stage["cam-1"], f"{STORAGE}.3.32")[0] == b"/mnt/sd"
    assert value(stage["cam-3"], f"{STORAGE}.3.32") == "NoSuchInstance"


def test_some_cameras_have_a_temperature_and_it_is_plausible(stage):
    celsius = []
    for number in range(20):
        agent = stage.agent(replace(device(f"cam-{number}", "camera"), parent=""))
        celsius += [found / 10 for found in walk(agent, "1.3.6.1.2.1.99.1.1.1.4").values()]
    assert 0 < len(celsius) < 20
    assert all(36 <= found <= 52 for found in celsius)


# ---------------------------------------------------------------- recorders


def test_a_recorder_has_its_disks_with_one_more_zero_behind_the_index(stage):
    rows = walk(stage["nvr-1"], f"{DISK}.3")
    assert rows == {f"{DISK}.3.1.0": 0, f"{DISK}.3.2.0": 0}
    free, capacity = values(stage["nvr-1"], f"{DISK}.4.1.0", f"{DISK}.5.1.0")
    assert capacity == 3_815_447
    assert 0 < free < capacity


def test_a_failed_disk_is_abnormal_and_its_neighbour_is_well(stage):
    stage.board.switch_on("nvr-1", "disk_failed", at=stage.clock.now)
    assert values(stage["nvr-1"], f"{DISK}.3.1.0", f"{DISK}.3.2.0", DISK_STATE) == [2, 0, 5]


def test_a_disk_that_half_fails_fails_its_smart_test(stage):
    stage.board.switch_on("nvr-1", "disk_failed", strength=0.5, at=stage.clock.now)
    assert values(stage["nvr-1"], f"{DISK}.3.1.0", DISK_STATE) == [3, 2]


def test_a_full_disk_has_nothing_free_and_is_normal(stage):
    stage.board.switch_on("nvr-1", "disk_full", at=stage.clock.now)
    size, used = values(stage["nvr-1"], f"{STORAGE}.5.31", f"{STORAGE}.6.31")
    assert values(stage["nvr-1"], f"{DISK}.3.1.0", f"{DISK}.4.1.0", f"{DISK}.4.2.0") == [0, 0, 0]
    assert size == used > 0


def test_both_tables_of_a_recorder_say_the_same_of_a_disk(stage):
    free, capacity, size, used = values(
        stage["nvr-1"], f"{DISK}.4.1.0", f"{DISK}.5.1.0", f"{STORAGE}.5.31", f"{STORAGE}.6.31"
    )
    assert free / capacity == pytest.approx(1 - used / size, abs=1e-5)


# ---------------------------------------------------------------- switches


def test_a_switch_has_a_port_for_each_device_that_hangs_on_it(stage):
    assert list(walk(stage["sw-1"], ALIAS).values()) == [b"NVR-1", b"CAM-1", b"CAM-2", b"CAM-3", b"", b""]
    assert list(walk(stage["sw-1"], OPER).values()) == [1, 1, 1, 1, 2, 2]


def test_a_switch_feeds_the_cameras_and_nothing_else(stage):
    assert list(walk(stage["sw-1"], POE_STATE).values()) == [2, 3, 3, 3, 2, 2]
    watts, budget = values(stage["sw-1"], POE_WATTS, POE_BUDGET)
    assert 3 * 4.2 - 1 <= watts <= 3 * 7.8 + 1
    assert budget == 92


def test_a_camera_without_power_takes_its_port_down_and_draws_nothing(stage):
    before = value(stage["sw-1"], POE_WATTS)
    stage.board.switch_on("cam-1", "off", at=stage.clock.now)
    stage.clock.now += 10
    up, feeds, watts, changed, uptime = values(
        stage["sw-1"], f"{OPER}.2", f"{POE_STATE}.2", POE_WATTS, f"{LAST_CHANGE}.2", SYS_UPTIME
    )
    assert (up, feeds) == (2, 2)
    assert watts < before
    assert changed == uptime


def test_the_counters_of_a_port_stand_still_while_it_is_down(stage):
    value(stage["sw-1"], f"{OPER}.2")
    stage.board.switch_on("cam-1", "off", at=stage.clock.now)
    stage.clock.now += 1
    stopped = value(stage["sw-1"], f"{HC_IN}.2")
    stage.clock.now += 3_600
    assert value(stage["sw-1"], f"{HC_IN}.2") == stopped
    stage.board.switch_off("cam-1", "off")
    stage.clock.now += 1
    value(stage["sw-1"], f"{OPER}.2")
    stage.clock.now += 60
    assert 0 < value(stage["sw-1"], f"{HC_IN}.2") - stopped < 62 * 560_000 * 1.4


def test_a_camera_is_found_behind_its_port_by_its_address(stage):
    mac = value(stage["cam-2"], "1.3.6.1.2.1.2.2.1.6.2")
    port = value(stage["sw-1"], f"{FDB_PORT}.{'.'.join(map(str, mac))}")
    index = value(stage["sw-1"], f"{BRIDGE_IF}.{port}")
    assert value(stage["sw-1"], f"{ALIAS}.{index}") == b"CAM-2"


def test_a_dead_camera_ages_out_of_the_forwarding_table(stage):
    assert len(walk(stage["sw-1"], FDB_PORT)) == 4
    stage.board.switch_on("cam-2", "off", at=stage.clock.now)
    stage.clock.now += 1
    assert len(walk(stage["sw-1"], FDB_PORT)) == 4
    stage.clock.now += 301
    assert len(walk(stage["sw-1"], FDB_PORT)) == 3


def test_neighbours_say_their_names_until_they_are_down(stage):
    assert list(walk(stage["sw-1"], LLDP_NAME).values()) == [b"NVR-1", b"CAM-1", b"CAM-2", b"CAM-3"]
    stage.board.switch_on("cam-1", "off", at=stage.clock.now)
    stage.clock.now += 1
    assert list(walk(stage["sw-1"], LLDP_NAME).values()) == [b"NVR-1", b"CAM-2", b"CAM-3"]


def test_two_devices_with_one_address_are_known_behind_the_later_port():
    """Cloned addresses exist; a switch remembers where it heard one last."""
    twins = tuple(replace(device(f"cam-{n}", "camera", parent="sw"), mac="AC:CC:8E:00:00:01") for n in (1, 2))
    stage = Stage()
    stage.site = SiteSpec("x", (device("sw", "switch"), *twins))
    stage.board = type(stage.board)({one.id: one.parent for one in stage.site.devices})
    assert list(walk(stage.agent(stage.site.devices[0]), FDB_PORT).values()) == [2]


# ---------------------------------------------------------------- UPS


def ups(stage: Stage) -> dict[str, int]:
    names = {
        "status": "2.1.0",
        "seconds": "2.2.0",
        "minutes": "2.3.0",
        "charge": "2.4.0",
        "losses": "3.1.0",
        "volts": "3.3.1.3.1",
        "source": "4.1.0",
        "load": "4.4.1.5.1",
        "alarms": "6.1.0",
    }
    return dict(zip(names, values(stage["ups-1"], *(f"{UPS}.{oid}" for oid in names.values())), strict=True))


def test_a_ups_on_mains_is_full_and_has_no_alarm(stage):
    seen = ups(stage)
    assert 24 <= seen.pop("load") <= 38
    assert 226 <= seen.pop("volts") <= 235
    assert seen == {
        "status": 2,
        "seconds": 0,
        "minutes": 45,
        "charge": 100,
        "losses": 0,
        "source": 3,
        "alarms": 0,
    }
    assert walk(stage["ups-1"], f"{UPS}.6.2") == {}


def test_a_ups_on_battery_counts_the_seconds_since_mains_was_lost(stage):
    stage.board.switch_on("ups-1", "on_battery", at=START)
    stage.clock.now = START + 270
    seen = ups(stage)
    del seen["load"]
    assert seen == {
        "status": 2,
        "seconds": 270,
        "minutes": 40,
        "charge": 90,
        "losses": 1,
        "volts": 0,
        "source": 5,
        "alarms": 1,
    }


def test_a_ups_on_battery_names_its_alarm(stage):
    stage.board.switch_on("ups-1", "on_battery", at=START)
    uptime = value(stage["ups-1"], SYS_UPTIME)
    assert list(walk(stage["ups-1"], f"{UPS}.6.2.1.2").values()) == ["1.3.6.1.2.1.33.1.6.3.2"]
    assert list(walk(stage["ups-1"], f"{UPS}.6.2.1.3").values()) == [uptime]


def test_a_battery_warns_when_it_is_low_and_then_is_empty(stage):
    stage.board.switch_on("ups-1", "on_battery", at=START)
    states = []
    for seconds in (0, 2_000, 2_200, 2_700, 90_000):
        stage.clock.now = START + seconds
        seen = ups(stage)
        states.append((seen["status"], seen["charge"], seen["alarms"]))
    assert states == [(2, 100, 1), (2, 26, 1), (3, 19, 2), (4, 0, 2), (4, 0, 2)]


def test_a_stronger_fault_empties_the_battery_faster(stage):
    stage.board.switch_on("ups-1", "on_battery", strength=5.0, at=START)
    stage.clock.now = START + 270
    seen = ups(stage)
    assert (seen["charge"], seen["seconds"]) == (50, 270)


def test_a_battery_fills_again_when_mains_is_back(stage):
    stage.board.switch_on("ups-1", "on_battery", at=START)
    stage.clock.now = START + 1_350
    assert ups(stage)["charge"] == 50
    stage.board.switch_off("ups-1", "on_battery")
    back = ups(stage)
    assert (back["source"], back["seconds"], back["charge"]) == (3, 0, 50)
    stage.clock.now += 3_600
    assert ups(stage)["charge"] == 75
    stage.clock.now += 86_400
    assert ups(stage)["charge"] == 100


def test_a_fault_without_a_time_begins_when_it_is_seen(stage):
    stage.board.switch_on("ups-1", "on_battery")
    assert ups(stage)["seconds"] == 0
    stage.clock.now += 30
    assert ups(stage)["seconds"] == 30


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 4_000)), max_size=12))
def test_a_battery_stays_between_empty_and_full_whatever_happens(moves):
    stage = Stage()
    for lost, seconds in moves:
        if lost:
            stage.board.switch_on("ups-1", "on_battery", at=stage.clock.now)
        else:
            stage.board.switch_off("ups-1", "on_battery")
        stage.clock.now += seconds
        seen = ups(stage)
        assert 0 <= seen["charge"] <= 100
        assert (seen["source"], seen["volts"] == 0) == ((5, True) if lost else (3, False))
