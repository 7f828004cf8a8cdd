"""The agent on a simulated site: what differs from what was accepted is a ticket until a person accepts it."""

import asyncio

from agent.service.requests import Request, ask
from simulator.site import DeviceSpec, OnvifSpec
from tests.agent.pipeline_rig import until
from tests.agent.site_rig import FAST, PASSWORD, camera, watched

QUICK = ("onvif_network", "onvif_access", "onvif_equipment", "onvif_sight", "onvif_snapshot", "onvif_gaps")


def recorder():
    onvif = OnvifSpec(auth="digest")
    return DeviceSpec(
        "nvr-1", "nvr", "127.1.1.150", onvif=onvif, password=PASSWORD, channels=("cam-1", "cam-2")
    )


def schedule():
    more = {name: {"every": 1.5} for name in ("onvif_recording", *QUICK)}
    return {**FAST["schedule"], **more}


async def test_a_firmware_change_and_a_channel_that_is_not_recorded_have_their_tickets(tmp_path):
    async with watched(tmp_path, camera(1), camera(2), recorder(), schedule=schedule()) as scene:
        await scene.all_ok()
        await until(lambda: scene.of("nvr-1", "onvif_gaps"), seconds=30, what="gaps asked")
        scene.world.switch_on("cam-1", "firmware_changed")
        scene.world.switch_on("nvr-1", "recording_stopped")
        firmware = await scene.ticket("cam-1/-/FW_CHANGED")
        assert "1.4.2" in firmware.body
        await scene.ticket("nvr-1/ch1/REC_STOPPED")
        scene.world.switch_off("nvr-1", "recording_stopped")
        done = await asyncio.to_thread(
            ask, tmp_path / "state", Request(ticket="cam-1", do="accept", who="Test")
        )
        assert done.ok, done.said
        await until(
            lambda: not scene.ledger("cam-1/-/FW_CHANGED") or scene.ledger("cam-1/-/FW_CHANGED").closed_at,
            seconds=30,
            what="accepted",
        )
        assert {title.split("/")[-1] for title in scene.titles()} == {"FW_CHANGED", "REC_STOPPED"}
