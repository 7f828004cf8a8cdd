"""A trap makes the agent look at once; what it then sees is what counts."""

import asyncio
import socket

import pytest

from agent.app import StartError
from agent.config import ConfigError, TrapsConfig, read_config
from agent.run import Clocks
from agent.traps import Traps
from collectors.snmp.traps import Trap
from simulator.site import DeviceSpec, SnmpSpec
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import COMMUNITY, FAST, agent_of, camera, switch, ups, watched, written

SLOW = {"every": 300, "deadline": 3}
SELDOM = FAST["schedule"] | dict.fromkeys(("snmp_health", "snmp_interfaces", "snmp_ups", "reach"), SLOW)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def trap(device):
    return Trap(device, "1.3.6.1.6.3.1.1.5.3", None, "2c", None, ())


def traps(asked, settle=0.1):
    clock = asyncio.get_running_loop().time
    return Traps(TrapsConfig(port=0), asked.append, Clocks(clock, clock), settle_seconds=settle)


async def test_a_device_that_calls_is_asked_at_once_and_once_more_however_often_it_calls():
    asked = []
    listener = traps(asked)
    for device in ("a", "a", "b", "a"):
        listener.take(trap(device))
    assert asked == ["a", "b"]
    await until(lambda: len(asked) == 4)
    assert sorted(asked[2:]) == ["a", "b"]
    listener.take(trap("a"))
    assert asked[4:] == ["a"]
    await listener.stop()
    await asyncio.sleep(0.15)
    assert len(asked) == 5


async def test_a_ups_that_loses_mains_is_asked_at_once_because_it_says_so(tmp_path):
    """Asked each 300 s it would be found out much later; and the ticket comes of what was read, not of the trap."""
    port = free_port()
    snmp = SnmpSpec(role="ups", community=COMMUNITY, trap_to=f"127.0.0.1:{port}")
    box = DeviceSpec("ups-1", "ups", "127.1.1.201", snmp=snmp)
    settings = {"schedule": SELDOM, "traps": {"port": port}}
    async with watched(tmp_path, box, camera(1), **settings) as scene:
        scene.agent.schedule.ask_now("ups-1")
        await until(lambda: scene.of("ups-1", "snmp_ups"))
        before = len(scene.of("ups-1", "snmp_ups"))
        scene.world.switch_on("ups-1", "on_battery")
        await until(lambda: len(scene.of("ups-1", "snmp_ups")) >= before + 2, seconds=20)
        readings = scene.of("ups-1", "snmp_ups")[-1].readings
        assert {r.value for r in readings if r.metric.name == "cctv_ups_on_battery"} == {1.0}
        counted = await traps_counted(scene)
    assert counted == {"accepted": 1.0, "unknown": 0.0, "refused": 0.0, "limited": 0.0}


async def test_a_switch_that_tells_of_a_dead_port_is_asked_at_once(tmp_path):
    port = free_port()
    snmp = SnmpSpec(role="switch", community=COMMUNITY, ports=8, trap_to=f"127.0.0.1:{port}")
    box = DeviceSpec("sw-1", "switch", "127.1.1.200", snmp=snmp)
    settings = {"schedule": SELDOM, "traps": {"port": port}}
    async with watched(tmp_path, box, camera(1, parent="sw-1"), ups(), **settings) as scene:
        scene.agent.schedule.ask_now("sw-1")
        await until(lambda: scene.of("sw-1", "snmp_interfaces"))
        before = len(scene.of("sw-1", "snmp_interfaces"))
        scene.world.switch_on("cam-1", "off")
        await until(lambda: len(scene.of("sw-1", "snmp_interfaces")) > before, seconds=20)
        readings = scene.of("sw-1", "snmp_interfaces")[-1].readings
        assert {r.part: r.value for r in readings if r.metric.name == "cctv_port_up"}["gi1"] == 0


async def traps_counted(scene):
    import urllib.request

    def page():
        with urllib.request.urlopen(f"http://127.0.0.1:{scene.agent.port}/metrics") as answer:
            return answer.read().decode()

    lines = [
        line
        for line in (await asyncio.to_thread(page)).splitlines()
        if line.startswith("cctv_agent_traps_total")
    ]
    return {line.split('result="')[1].split('"')[0]: float(line.split()[-1]) for line in lines}


async def test_without_the_section_nothing_listens_and_nothing_is_counted(tmp_path):
    async with watched(tmp_path, switch()) as scene:
        assert scene.agent.traps is None
        assert await traps_counted(scene) == {}


async def test_a_port_that_is_taken_stops_the_start_with_a_sentence(tmp_path):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        from tests.agent.site_rig import site

        path = written(tmp_path, site(switch()), traps={"port": port})
        with pytest.raises(StartError, match=rf"traps cannot be had at 127.0.0.1, UDP port {port}"):
            async with agent_of(path):
                pass


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("{listen: everywhere}", "traps.listen: 'everywhere' does not appear to be an IPv4 or IPv6 address"),
        (
            "{trusted: [10.0.0.0/8]}",
            "traps.trusted: '10.0.0.0/8' does not appear to be an IPv4 or IPv6 address",
        ),
        ("{port: 70000}", "traps.port: "),
        ("{communities: [x]}", "traps.communities: unknown key"),
    ],
)
def test_a_traps_section_with_a_mistake_is_refused(tmp_path, given, problem):
    path = tmp_path / "site.yaml"
    path.write_text(f"site: test\ntraps: {given}\n")
    with pytest.raises(ConfigError) as caught:
        read_config(path)
    assert problem in str(caught.value)
