"""Against the simulated site: every role, v2c and v3, and its faults as the collectors see them."""

from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from collectors.base import AuthRejected, Unreachable
from collectors.snmp import Snmp, SnmpHealth, SnmpInterfaces, SnmpUps
from models.facts import Device, Kind, Secret, SnmpAccess
from simulator.faults import FaultBoard
from simulator.site import DeviceSpec, SiteSpec, SnmpSpec
from simulator.snmp.agent import SnmpAgent
from tests.collectors.snmp.support import AUTH_KEY, PRIV_KEY, values

V3 = {
    "version": "3", "user": "watch", "auth_protocol": "SHA", "auth_key": AUTH_KEY,
    "priv_protocol": "AES", "priv_key": PRIV_KEY,
}  # fmt: skip
WAYS = pytest.mark.parametrize("way", [{}, V3], ids=["v2c", "v3 authPriv"])
ENGINES = pytest.mark.parametrize("engine", ["gufo", "pysnmp"])


def spec(name, role, last, **more):
    known = {key: more.pop(key) for key in ("maker", "parent") if key in more}
    return DeviceSpec(name, role, f"127.61.9.{last}", snmp=SnmpSpec(port=0, role=role, **more), **known)


@asynccontextmanager
async def running(way, engine="gufo"):
    """Run a site; yields (Snmp, device by id, fault board)."""
    specs = (
        spec("cam-hik", "camera", 1, maker="Hikvision", parent="sw", **way),
        spec("cam", "camera", 2, parent="sw", **way),
        spec("cam-axis", "camera", 6, maker="Axis", **way),
        spec("nvr", "nvr", 3, disks=3, **way),
        spec("sw", "switch", 4, ports=8, **way),
        spec("ups", "ups", 5, **way),
    )
    site = SiteSpec("test", specs)
    board = FaultBoard({one.id: one.parent for one in specs})
    snmp = Snmp(engine)
    async with AsyncExitStack() as stack:
        devices = {}
        for one in specs:
            agent = SnmpAgent(one, board, site)
            await agent.start()
            stack.push_async_callback(agent.stop)
            devices[one.id] = Device(one.id, Kind(one.kind), one.address, snmp=access(one.snmp, agent.port))
        yield snmp, devices, board
        snmp.close()


def access(snmp, port):
    return SnmpAccess(
        port, snmp.version, Secret(snmp.community), snmp.user,
        snmp.auth_protocol, Secret(snmp.auth_key), snmp.priv_protocol, Secret(snmp.priv_key),
    )  # fmt: skip


async def read(collector, snmp, device):
    return (await collector(snmp).collect(device)).readings


@WAYS
@ENGINES
async def test_every_role_is_read_without_an_unreadable_value(way, engine):
    async with running(way, engine) as (snmp, devices, _):
        for device in devices.values():
            health = await read(SnmpHealth, snmp, device)
            ports = await read(SnmpInterfaces, snmp, device)
            assert values(health, "cctv_uptime_seconds")[""] >= 0
            assert set(values(ports, "cctv_port_up").values()) <= {0, 1}
            assert values(ports, "cctv_unreadable_values_total") == {"snmp": 0}


@WAYS
async def test_a_failed_disk_is_seen_and_its_repair_too(way):
    async with running(way) as (snmp, devices, board):
        seen = []
        for switch in (None, board.switch_on, board.switch_off):
            if switch:
                switch("nvr", "disk_failed")
            seen.append(values(await read(SnmpHealth, snmp, devices["nvr"]), "cctv_disk_ok"))
    well = {"disk1": 1, "disk2": 1, "disk3": 1}
    assert seen == [well, well | {"disk1": 0}, well]


async def test_a_full_disk_that_overwrites_is_well():
    async with running({}) as (snmp, devices, board):
        board.switch_on("nvr", "disk_full")
        readings = await read(SnmpHealth, snmp, devices["nvr"])
    assert values(readings, "cctv_disk_used_ratio")["disk1"] == 1
    assert values(readings, "cctv_disk_ok")["disk1"] == 1


@WAYS
async def test_a_ups_on_battery_is_seen(way):
    async with running(way) as (snmp, devices, board):
        assert values(await read(SnmpUps, snmp, devices["ups"]), "cctv_ups_on_battery") == {"": 0}
        board.switch_on("ups", "on_battery")
        readings = await read(SnmpUps, snmp, devices["ups"])
    assert values(readings, "cctv_ups_on_battery") == {"": 1}
    assert 0 < values(readings, "cctv_ups_charge_ratio")[""] <= 1
    assert values(readings, "cctv_ups_runtime_seconds")[""] > 0


@WAYS
@pytest.mark.parametrize(
    ("fault", "metric", "part"),
    [
        ("fan_failed", "cctv_fan_ok", "fan1"),
        ("supply_failed", "cctv_power_supply_ok", "supply1"),
        ("overheated", "cctv_temperature_ok", "sensor1.1"),
    ],
)
async def test_a_failed_fan_supply_or_cooling_is_seen_and_its_repair_too(way, fault, metric, part):
    async with running(way) as (snmp, devices, board):
        seen = []
        for switch in (None, board.switch_on, board.switch_off):
            if switch:
                switch("cam-axis", fault)
            seen.append(values(await read(SnmpHealth, snmp, devices["cam-axis"]), metric)[part])
    assert seen == [1, 0, 1]


async def test_the_switch_feeds_its_cameras_until_one_loses_power():
    async with running({}) as (snmp, devices, board):
        before = await read(SnmpInterfaces, snmp, devices["sw"])
        board.switch_on("cam", "off")
        after = await read(SnmpInterfaces, snmp, devices["sw"])
    fed = values(before, "cctv_poe_delivering")
    assert sum(fed.values()) == 2
    assert set(fed) <= set(values(before, "cctv_port_up"))  # PoE ports carry the names of the ports
    assert sum(values(after, "cctv_poe_delivering").values()) == 1
    assert sum(values(before, "cctv_port_up").values()) - sum(values(after, "cctv_port_up").values()) == 1
    assert values(before, "cctv_poe_budget_watts")["1"] > values(before, "cctv_poe_power_watts")["1"]


@WAYS
async def test_a_dead_device_is_unreachable_and_comes_back(way):
    async with running(way) as (snmp, devices, board):
        snmp._client._waits = (0.2,)
        await read(SnmpHealth, snmp, devices["nvr"])
        board.switch_on("nvr", "off")
        with pytest.raises(Unreachable):
            await read(SnmpHealth, snmp, devices["nvr"])
        board.switch_off("nvr", "off")
        snmp._client._waits = (2.0, 2.0)
        assert await read(SnmpHealth, snmp, devices["nvr"])


async def test_a_changed_password_is_refused_in_v3_and_silence_in_v2c():
    for way, error in ((V3, AuthRejected), ({}, Unreachable)):
        async with running(way) as (snmp, devices, board):
            snmp._client._waits = (0.5,)
            board.switch_on("nvr", "wrong_password")
            with pytest.raises(error):
                await read(SnmpHealth, snmp, devices["nvr"])


async def test_a_camera_poll_is_one_datagram_per_collector():
    seen = []
    async with running({}) as (snmp, devices, _):
        for collector in (SnmpHealth, SnmpInterfaces):
            await read(collector, snmp, devices["cam-hik"])
        get = snmp._client._engine.get

        async def counted(device, oids, wait):
            seen.append(len(oids))
            return await get(device, oids, wait)

        snmp._client._engine.get = counted
        for collector in (SnmpHealth, SnmpInterfaces):
            await read(collector, snmp, devices["cam-hik"])
    assert len(seen) == 2
