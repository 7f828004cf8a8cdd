"""The scheduled scan of the network."""

import os

from agent.discovery.config import DiscoveryConfig
from agent.discovery.scan import Scan
from agent.run import Clocks
from models.facts import Device, Kind, Trouble
from simulator.site import DeviceSpec, OnvifSpec, SiteSpec
from simulator.world import World

NET = f"127.{64 + os.getpid() % 20}.{os.getpid() % 250}"
ONE, TWO = f"{NET}.11", f"{NET}.12"


class Rig:
    def __init__(self, *devices, **config):
        self.devices = list(devices)
        self.reports = []
        self.strange = None
        self.scan = Scan(
            DiscoveryConfig(interface="127.0.0.1", **config),
            devices=lambda: self.devices,
            deliver=self.reports.append,
            strangers=self.take,
            clocks=Clocks(lambda: 1.0, lambda: 1.0),
            seconds=0.5,
        )

    def take(self, seen):
        self.strange = {a: known for a, known in seen.items() if a.startswith(f"{NET}.")}

    async def look(self):
        self.reports.clear()
        await self.scan.look()
        return {r.device: r.error.trouble if r.error else None for r in self.reports}


def world():
    onvif = OnvifSpec(discoverable=True)
    return World(
        SiteSpec(
            "scan",
            (
                DeviceSpec("a", "camera", ONE, onvif=onvif, model="M1"),
                DeviceSpec("b", "camera", TWO, onvif=onvif),
            ),
        )
    )


CAM = Device("cam-1", Kind.CAMERA, ONE, onvif_port=8080)


async def test_who_is_in_no_inventory_is_a_stranger_and_who_is_ignored_is_not():
    async with world():
        rig = Rig(CAM)
        assert await rig.look() == {"cam-1": None}
        assert set(rig.strange) == {TWO}
        quiet = Rig(CAM, ignore=(TWO,))
        await quiet.look()
        assert quiet.strange == {}


async def test_who_answered_and_does_no_more_is_told_and_who_never_did_is_not():
    never = Device("cam-7", Kind.CAMERA, f"{NET}.99", onvif_port=80)
    async with world() as site:
        rig = Rig(CAM, never)
        assert await rig.look() == {"cam-1": None}
        site.switch_on("a", "discovery_silent")
        assert await rig.look() == {"cam-1": Trouble.UNREACHABLE}


async def test_a_device_that_moved_to_another_address_is_known_again():
    async with world():
        rig = Rig(CAM)
        await rig.look()
        rig.devices = []  # as if its row said another address
        await rig.look()
        assert rig.strange[ONE] == {"model": "M1", "known_as": "cam-1"}
