"""Events of devices in the whole agent: trouble is looked at at once, and is a ticket."""

from agent.config import fetch_access, read_config
from agent.inventory import read_inventory
from agent.probe import probe_device
from simulator.site import DeviceSpec, OnvifSpec, SnmpSpec
from simulator.world import World
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import COMMUNITY, FAST, PASSWORD, camera, site, watched, written

SLOW = {"every": 600, "deadline": 3}
EVENTS = {
    **FAST["schedule"],
    "onvif_events": {"every": 0.5, "deadline": 3},
    "snmp_health": SLOW,
    "onvif_media": SLOW,
}


def recorder(**more):
    return DeviceSpec(
        "nvr-1",
        "nvr",
        "127.1.1.99",
        password=PASSWORD,
        channels=("cam-1",),
        onvif=OnvifSpec(auth="digest"),
        **more,
    )


async def test_a_failed_fan_is_a_ticket_that_ends_and_the_recorder_is_asked_at_once(tmp_path):
    disks = SnmpSpec(role="nvr", community=COMMUNITY, disks=1)
    async with watched(tmp_path, camera(1), recorder(snmp=disks), schedule=EVENTS) as scene:
        await scene.all_ok()
        await until(lambda: scene.of("nvr-1", "onvif_events"), what="events")
        before = len(scene.of("nvr-1", "snmp_health"))
        scene.world.switch_on("nvr-1", "fan_failed")
        ticket = await scene.ticket("nvr-1/fan1/FAN_FAILED")
        assert "fan1" in ticket.body
        assert len(scene.of("nvr-1", "snmp_health")) > before  # ten minutes early
        scene.world.switch_off("nvr-1", "fan_failed")
        await scene.ticket("nvr-1/fan1/FAN_FAILED", is_open=False)


async def test_a_fan_that_snmp_and_an_event_call_failed_is_one_ticket_until_both_call_it_well(tmp_path):
    axis = camera(7, maker="Axis", snmp=SnmpSpec(role="camera", community=COMMUNITY))
    schedule = {**EVENTS, "snmp_health": FAST["schedule"]["snmp_health"]}
    async with watched(tmp_path, axis, schedule=schedule) as scene:
        await scene.all_ok()
        await until(lambda: scene.of("cam-7", "onvif_events"), what="events")
        scene.world.switch_on("cam-7", "fan_failed")
        await scene.ticket("cam-7/fan1/FAN_FAILED")
        scene.world.switch_off("cam-7", "fan_failed")
        await scene.ticket("cam-7/fan1/FAN_FAILED", is_open=False)
        assert scene.titles() == ["cam-7/fan1/FAN_FAILED"]


async def test_a_camera_that_died_is_one_ticket_although_its_recorder_misses_it_too(tmp_path):
    async with watched(tmp_path, camera(1), recorder(), schedule=EVENTS) as scene:
        await scene.all_ok()
        scene.world.switch_on("cam-1", "off")
        await scene.ticket("cam-1/-/REACH_LOST")
        await until(
            lambda: "VIDEO_LOSS" in {f.key.code for f in scene.agent.pipeline.watch.findings("nvr-1")}
        )
        assert scene.titles() == ["cam-1/-/REACH_LOST"]


async def test_a_probe_hears_events_and_leaves_no_subscription_behind(tmp_path, capsys):
    spec = site(camera(1))
    async with World(spec) as world:
        path = written(tmp_path, spec)
        config = read_config(path)
        device = read_inventory(config.inventory, fetch_access(config, path))[0]
        asked = probe_device(config, device, only=["onvif_events"], deadline=None, raw=False, as_json=True)
        assert await asked
        assert world.servers["cam-1", "onvif"].counts["subscriptions"] == 0
        assert not (tmp_path / "state" / "subscriptions.jsonl").exists()
    assert "cctv_event_state" in capsys.readouterr().out
