"""A camera and a recorder that tell by event, and a collector that listens; clocks the test can move."""

import os

from collectors.base import CollectError
from collectors.onvif.events import MemoryBook, OnvifEvents
from models.facts import Device, Kind, Login, Secret
from models.metrics import EVENT_STATE, EVENT_SUBSCRIPTIONS
from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, SiteSpec, SnmpSpec
from simulator.world import World

# Several files use this site, and files run side by side.
NET = f"127.43.{50 + os.getpid() % 200}"
CAM, NVR, OTHER = f"{NET}.11", f"{NET}.12", f"{NET}.13"


class OnvifOnly(World):
    def _build(self, spec):
        return [(name, server) for name, server in super()._build(spec) if name == "onvif"]


def world(auth="wsse", room=2):
    onvif = OnvifSpec(auth=auth, max_pull_points=room)
    camera = DeviceSpec("cam-1", "camera", CAM, onvif=onvif, rtsp=RtspSpec(), password="made up 9")
    other = DeviceSpec("cam-2", "camera", OTHER, onvif=onvif, rtsp=RtspSpec(), password="made up 9")
    recorder = DeviceSpec(
        "nvr-1", "nvr", NVR, onvif=onvif, channels=("cam-1", "cam-2"), snmp=SnmpSpec(role="nvr", disks=2),
        password="made up 9",
    )  # fmt: skip
    return OnvifOnly(SiteSpec("events", (camera, other, recorder)))


def device(name="cam-1", password="made up 9"):
    host, kind = {"cam-1": (CAM, Kind.CAMERA), "nvr-1": (NVR, Kind.NVR)}[name]
    return Device(name, kind, host, onvif_port=8080, login=Login("service", Secret(password)))


class Listener:
    """The collector over a test's client; `news` is what it called for."""

    def __init__(self, client, book=None):
        self.client = client
        self.book = book or MemoryBook()
        self.news = []
        self.events = OnvifEvents(
            client.onvif, self.book, client.monotonic, lambda device, parts: self.news.append((device, parts))
        )

    async def pull(self, name="cam-1", rounds=1):
        for _ in range(rounds):
            answer = await self.events.collect(device(name))
        self.answer = answer
        return {r.part: r.value for r in answer.readings if r.metric is EVENT_STATE}

    def made(self):
        return next(r.value for r in self.answer.readings if r.metric is EVENT_SUBSCRIPTIONS)

    async def fails(self, name="cam-1"):
        """Pull, and return the error."""
        try:
            await self.events.collect(device(name))
        except CollectError as err:
            return err
        raise AssertionError("it answered")

    def crash(self):
        """Return the listener of the agent's next life, which has the book and nothing else."""
        self.client.onvif.forget("cam-1")
        self.client.onvif.forget("nvr-1")
        return Listener(self.client, self.book)


def held(world, name="cam-1"):
    return world.servers[name, "onvif"].counts["subscriptions"]
