"""A simulated camera or recorder with quirks, and the client that asks it."""

import contextlib
import os

from models.facts import Device, Kind, Login, Secret
from models.recording import Plan
from simulator.site import DeviceSpec, OnvifSpec, RtspSpec, SiteSpec
from simulator.world import World

PASSWORD = "made up 9"
# Several files use this site, and files run side by side.
NET = f"127.43.{50 + os.getpid() % 200}"
HOSTS = {"cam-1": f"{NET}.1", "nvr-1": f"{NET}.2"}
KINDS = {"cam-1": Kind.CAMERA, "nvr-1": Kind.NVR}


class OnvifOnly(World):
    """A world whose devices tell of streams that nobody serves."""

    def _build(self, spec):
        return [(name, server) for name, server in super()._build(spec) if name == "onvif"]


@contextlib.asynccontextmanager
async def world(*quirks, **onvif):
    """A camera, and a recorder of two channels; both have the quirks."""
    spec = OnvifSpec(quirks=quirks, **onvif)
    camera = DeviceSpec("cam-1", "camera", HOSTS["cam-1"], password=PASSWORD, onvif=spec, rtsp=RtspSpec())
    recorder = DeviceSpec(
        "nvr-1", "nvr", HOSTS["nvr-1"], password=PASSWORD, onvif=spec, channels=("cam-1", "cam-1"),
        rtsp=RtspSpec(),
    )  # fmt: skip
    async with OnvifOnly(SiteSpec("test", (camera, recorder))) as running:
        yield running


def device(name="cam-1", *, password=PASSWORD, login=True, **more):
    who = Login("service", Secret(password)) if login else None
    return Device(name, KINDS[name], HOSTS[name], onvif_port=8080, login=who, **more)


def counts(running, name="cam-1"):
    return running.servers[name, "onvif"].counts


def values(answer):
    return {(r.metric.name.removeprefix("cctv_"), r.part): r.value for r in answer.readings}


def any_plan(_device, _channel):
    return Plan()
