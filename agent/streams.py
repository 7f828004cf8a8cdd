"""The section `streams:` of `site.yaml`: how each camera's streams are looked at, and how many at once."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from agent.strict import Identifier, Strict
from collectors.stream.collector import Manner
from collectors.stream.executor import LocalExecutor, Spread, cluster_executor
from models.facts import Device

Share = Annotated[float, Field(ge=0, le=1)]
AtOnce = Annotated[int, Field(ge=1, le=1000)]


def _inside(zone: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    left, top, width, height = zone
    if not (width and height) or left + width > 1.0001 or top + height > 1.0001:
        raise ValueError("a privacy zone is [left, top, width, height], as shares of the picture, inside it")
    return zone


PrivacyZone = Annotated[tuple[Share, Share, Share, Share], AfterValidator(_inside)]


class CameraConfig(Strict):
    """What differs for the streams of one device."""

    transport: Annotated[
        Literal["tcp", "udp"], Field(description="How video comes; udp only where a device has no other.")
    ] = "tcp"
    audio: Annotated[bool, Field(description="Listen whether sound comes; it is never kept.")] = True
    keep_pictures: Annotated[bool, Field(description="Keep pictures of it as evidence.")] = True
    privacy: Annotated[
        tuple[PrivacyZone, ...],
        Field(description="Blacked out in every picture: [left, top, width, height], shares of the picture."),
    ] = ()


class StreamsConfig(Strict):
    """How streams are looked at."""

    per_host: Annotated[AtOnce, Field(description="Streams taken at once from one address.")] = 2
    per_uplink: Annotated[
        AtOnce, Field(description="Streams taken at once from all that hangs on one switch or recorder.")
    ] = 8
    uplinks: Annotated[
        dict[Identifier, AtOnce],
        Field(description="Device id of a switch or recorder -> streams at once of all behind it."),
    ] = Field(default_factory=dict)
    cluster: Annotated[
        str,
        Field(
            pattern=r"^$|^(tcp|tls)://[^\s/@]+:\d+$",
            description="Scheduler of a Dask cluster that looks instead of this machine, tcp://host:8786.",
        ),
    ] = ""
    cluster_workers: Annotated[AtOnce, Field(description="Streams looked at once by the cluster.")] = 16
    cameras: Annotated[
        dict[Identifier, CameraConfig], Field(description="Device id -> what differs for it.")
    ] = Field(default_factory=dict)


class Manners:
    """Answers how a device's streams are looked at; knows who hangs where.

    Args:
        config: the section.
        keep_pictures: whether the site keeps any.
    """

    def __init__(self, config: StreamsConfig, *, keep_pictures: bool) -> None:
        self._config = config
        self._keep_pictures = keep_pictures
        self._parents: Mapping[str, str] = {}

    def set_devices(self, devices: Iterable[Device]) -> None:
        """Take the inventory: who hangs on whom."""
        self._parents = {device.id: device.parent for device in devices}

    def of(self, device: Device) -> Manner:
        """Return how a device is to be looked at."""
        own = self._config.cameras.get(device.id, CameraConfig())
        return Manner(
            udp=own.transport == "udp",
            audio=own.audio,
            keep_pictures=self._keep_pictures and own.keep_pictures,
            zones=own.privacy,
            lanes=tuple(self._lanes(device)),
        )

    def _lanes(self, device: Device) -> Iterator[tuple[str, int]]:
        yield f"host {device.host}", self._config.per_host
        for uplink in self._uplinks(device):
            yield f"uplink {uplink}", self._config.uplinks.get(uplink, self._config.per_uplink)

    def _uplinks(self, device: Device) -> Iterator[str]:
        """Yield what the device hangs on: its parent always, those above where they are limited."""
        above, passed = device.parent, {device.id}
        while above and above not in passed:
            if above == device.parent or above in self._config.uplinks:
                yield above
            passed.add(above)
            above = self._parents.get(above, "")


def unknown_devices(config: StreamsConfig, devices: Iterable[Device]) -> list[str]:
    """Return a sentence for each device that the section names and the inventory does not have."""
    known = {device.id for device in devices}
    named = {"uplinks": list(config.uplinks), "cameras": list(config.cameras)}
    return [
        f"streams.{section}.{one}: no device {one!r} in the inventory"
        for section, given in named.items()
        for one in given
        if one not in known
    ]


def workers_of(config: StreamsConfig, size: int) -> Spread:
    """Return who does the looking: processes of this machine, or a cluster."""
    if config.cluster:
        return Spread(cluster_executor(config.cluster), config.cluster_workers)
    return Spread(LocalExecutor(size), size)
