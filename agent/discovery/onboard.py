"""What a found device is: a few reads, and one given login tried once at most."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from collectors.base import AuthRejected, CollectError
from collectors.discovery import Found, Service
from collectors.guard import LoginGuard
from collectors.onvif import xml
from collectors.onvif.client import Onvif
from collectors.onvif.identity import OnvifIdentity
from models.facts import Device, Kind, Login, TlsMode
from models.metrics import DEVICE_INFO

AT_ONCE: Final = 16
USUAL_PORTS: Final = (
    80,
    8080,
    8000,
    8899,
    2020,
    5000,
)  # where makers put ONVIF; tried only here, never in the loop
_DEVICE_PATH: Final = "/onvif/device_service"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A found device, as far as it could be known.

    Attributes:
        found: its answer to the probe.
        kind: what it probably is.
        port: of its ONVIF service; None: none was found.
        tls: whether that is HTTPS.
        channels: video sources; None: not told.
        identity: maker, model, firmware, serial, mac, as told.
        login: accepted, refused, not needed, not tried.
        trouble: what could not be seen and why, "" where all could.
    """

    found: Found
    kind: Kind = Kind.CAMERA
    port: int | None = None
    tls: bool = False
    channels: int | None = None
    identity: tuple[tuple[str, str], ...] = ()
    login: str = "not tried"
    trouble: str = ""

    def told(self, label: str) -> str:
        """Return one label of its identity, "" where not told."""
        return dict(self.identity).get(label, "")


async def look_at(found: Sequence[Found], login: Login | None) -> list[Candidate]:
    """Look at each device, `AT_ONCE` at a time. Never raises for a device."""
    room = asyncio.Semaphore(AT_ONCE)
    # One refusal and no more: a wrong guess on hundreds of devices must lock no account.
    onvif = Onvif(LoginGuard(time.monotonic, limit=1))

    async def one(device: Found) -> Candidate:
        async with room:
            return await _look(onvif, device, login)

    try:
        return list(await asyncio.gather(*(one(device) for device in found)))
    finally:
        await onvif.close()


async def _look(onvif: Onvif, found: Found, login: Login | None) -> Candidate:
    service, trouble = await _service(onvif, found)
    seen = Candidate(found, _kind(found, None, ()), trouble=trouble)
    if service is None:
        return seen
    seen = replace(seen, port=service.port, tls=service.tls)
    device = _device(found, service, login)
    try:
        seen = await _who(onvif, device, seen)
        channels = await _channels(onvif, device)
        services = onvif.session(device).services
        return replace(seen, channels=channels, kind=_kind(found, channels, services))
    except AuthRejected as err:
        return replace(seen, login="refused" if login else "not tried", trouble=str(err))
    except CollectError as err:
        return replace(seen, trouble=str(err))


async def _who(onvif: Onvif, device: Device, seen: Candidate) -> Candidate:
    answer = await OnvifIdentity(onvif).collect(device)
    told = tuple((r.part, str(r.value)) for r in answer.readings if r.metric is DEVICE_INFO)
    key = ("device", "GetDeviceInformation")
    proven = key in onvif.session(device).memory.accepted
    login = "accepted" if proven else "not tried" if device.login is None else "not needed"
    return replace(seen, identity=told, login=login)


async def _service(onvif: Onvif, found: Found) -> tuple[Service | None, str]:
    """Return where its device service answers, by what it says and by what is usual."""
    said = list(found.services) or [Service(False, port, _DEVICE_PATH) for port in USUAL_PORTS]
    trouble = ""
    for service in said[:8]:
        device = _device(found, service, None)
        try:
            await onvif.call(device, "device", "GetSystemDateAndTime")
        except AuthRejected:
            return service, ""  # it answers, and tells nobody the time
        except CollectError as err:
            trouble = trouble or f"port {service.port}: {err}"
        else:
            return service, ""
        finally:
            onvif.forget(device.id)
    return None, trouble or "it names no service on its own address"


async def _channels(onvif: Onvif, device: Device) -> int | None:
    with contextlib.suppress(CollectError):
        told = await onvif.call(device, "media", "GetVideoSources")
        return sum(1 for _ in xml.children(told.body, "VideoSources"))
    return None


def _device(found: Found, service: Service, login: Login | None) -> Device:
    tls = TlsMode.INSECURE if service.tls and login is None else TlsMode.PIN if service.tls else TlsMode.NONE
    return Device(found.address, Kind.CAMERA, found.address, onvif_port=service.port, login=login, tls=tls)


def _kind(found: Found, channels: int | None, services: Sequence[str]) -> Kind:
    """Return what a device probably is: who records many inputs is a recorder, who displays a monitor."""
    words = " ".join((*found.types, *found.profiles)).lower()
    if "display" in words:
        return Kind.MONITOR
    records = "storage" in words or "recording" in services or "search" in services
    if (records and (channels or 0) > 1) or "networkvideostorage" in words or (channels or 0) > 4:
        return Kind.NVR
    return Kind.CAMERA
