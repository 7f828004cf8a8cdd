"""What a device is set to send, and where: video sources, profiles, stream addresses."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from collectors.base import BadReply, CollectError, NotSupported
from collectors.onvif import profiles, xml
from collectors.onvif.addresses import own_path, own_stream
from collectors.onvif.client import Onvif
from collectors.onvif.identity import clean
from collectors.onvif.profiles import Profile
from models.facts import Answer, Device, Reading, StreamUri
from models.metrics import (
    CONFIGURED_BITRATE,
    CONFIGURED_CODEC,
    CONFIGURED_FPS,
    CONFIGURED_GOP,
    CONFIGURED_HEIGHT,
    CONFIGURED_WIDTH,
    PROFILE_INFO,
    SOURCE_LISTED,
    VIDEO_SOURCES,
    Metric,
)

_MOST_SOURCES: Final = 256
_KEEP_SECONDS: Final = 3600.0  # some devices give an address that does not survive a restart


@dataclass(slots=True)
class _Streams:
    """The streams of one device as last told; `uris` fills one by one: a slow recorder takes rounds."""

    device: Device
    read_at: float
    service: str
    named: dict[str, Profile]
    uris: dict[str, str] = field(default_factory=dict)


class OnvifMedia:
    """Reads what is configured, and knows where the streams are (`StreamSource`).

    Args:
        onvif: the client.
        monotonic: clock for the age of what is kept.
    """

    name = "onvif_media"
    metrics: tuple[Metric, ...] = (
        VIDEO_SOURCES, SOURCE_LISTED, PROFILE_INFO, CONFIGURED_FPS, CONFIGURED_BITRATE, CONFIGURED_GOP,
        CONFIGURED_WIDTH, CONFIGURED_HEIGHT, CONFIGURED_CODEC,
    )  # fmt: skip
    slots = 3

    def __init__(self, onvif: Onvif, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._onvif = onvif
        self._monotonic = monotonic
        self._kept: dict[str, _Streams] = {}

    def applies(self, device: Device) -> bool:
        """Whether the inventory gives an ONVIF port."""
        return device.onvif_port is not None

    async def collect(self, device: Device) -> Answer:
        """Ask for video sources and profiles.

        Raises:
            CollectError: the profiles could not be read.
        """
        channels = await self._channels(device)
        service, found = await self._profiles(device)
        named = profiles.streams(found, channels or (), device.kind)
        self._keep(device, service, named)
        listed = channels if channels is not None else profiles.sources(found)
        each = [Reading(SOURCE_LISTED, 1.0, clean(token)) for token in dict.fromkeys(listed) if clean(token)]
        return Answer((Reading(VIDEO_SOURCES, float(len(listed))), *each, *profiles.readings(named)))

    async def stream_uris(self, device: Device) -> tuple[StreamUri, ...]:
        """Return the streams, best first; the operator's own when given.

        Told addresses are kept for an hour. Those that could not be asked are asked again at the next call,
        and after `failed` all of them.

        Raises:
            CollectError: not one address could be learnt.
        """
        if device.streams:
            return device.streams
        kept = await self._known(device)
        await self._fill(device, kept)
        return tuple(StreamUri(name, kept.uris[name]) for name in kept.named if name in kept.uris)

    async def profiles(self, device: Device) -> dict[str, Profile]:
        """Return the profiles by stream name, best first, as last told (within an hour) or asked for now.

        Raises:
            CollectError: they could not be asked.
        """
        return (await self._known(device)).named

    async def snapshot_path(self, device: Device) -> tuple[str, str]:
        """Return the name of the main stream and where on the device its snapshot is.

        Raises:
            NotSupported: the device has none.
            CollectError: it could not be asked.
        """
        kept = await self._known(device)
        for name, profile in kept.named.items():
            if name.endswith("main"):
                told = await self._onvif.call(
                    device, kept.service, "GetSnapshotUri", ProfileToken=profile.token
                )
                uri = xml.text(told.body, "Uri") or xml.text(told.body, "MediaUri/Uri")
                if not uri:
                    raise NotSupported("GetSnapshotUri: it gives no address")
                return name, own_path(uri)
        raise NotSupported("it has no stream to take a snapshot of")

    def failed(self, device_id: str) -> None:
        """Note that a stream did not open where it was said to be: ask for the addresses again next time."""
        self._kept.pop(device_id, None)

    forget = failed

    async def _channels(self, device: Device) -> list[str] | None:
        """Return the tokens of the video sources, None when the device does not list them."""
        try:
            told = await self._onvif.call(device, "media", "GetVideoSources")
        except (NotSupported, BadReply):
            return None
        return [
            xml.attribute(row, "token")
            for row in islice(xml.children(told.body, "VideoSources"), _MOST_SOURCES)
        ]

    async def _profiles(self, device: Device) -> tuple[str, list[Profile]]:
        """Return the profiles and their service: Media2 where it works, since H.265 is only there."""
        try:
            told = await self._onvif.call(device, "media2", "GetProfiles")
        except (NotSupported, BadReply):
            pass
        else:
            if found := profiles.read(told.body):
                return "media2", found
        told = await self._onvif.call(device, "media", "GetProfiles")
        return "media", profiles.read(told.body)

    async def _known(self, device: Device) -> _Streams:
        kept = self._fresh(device)
        if kept is None:
            await self.collect(device)
            kept = self._kept[device.id]
        return kept

    def _keep(self, device: Device, service: str, named: dict[str, Profile]) -> None:
        kept = self._fresh(device)
        if kept is None or (kept.service, kept.named) != (service, named):
            self._kept[device.id] = _Streams(device, self._monotonic(), service, named)

    def _fresh(self, device: Device) -> _Streams | None:
        kept = self._kept.get(device.id)
        if kept is None or kept.device != device or self._monotonic() - kept.read_at > _KEEP_SECONDS:
            return None
        return kept

    async def _fill(self, device: Device, kept: _Streams) -> None:
        """Ask for the addresses that are not known yet; one that cannot be told does not cost the others."""
        trouble: CollectError | None = None
        for name, profile in kept.named.items():
            if name in kept.uris:
                continue
            try:
                kept.uris[name] = await self._uri(device, kept.service, profile)
            except (NotSupported, BadReply) as err:
                trouble = err
        if trouble is not None and not kept.uris:
            raise trouble

    async def _uri(self, device: Device, service: str, profile: Profile) -> str:
        told = await self._onvif.call(device, service, "GetStreamUri", ProfileToken=profile.token)
        uri = xml.text(told.body, "Uri") or xml.text(told.body, "MediaUri/Uri")
        return own_stream(uri, device.host)
