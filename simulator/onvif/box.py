"""What the services of one simulated device know of it."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from simulator.faults import FaultBoard
from simulator.site import DeviceSpec, RtspSpec, SiteSpec

CLOCK_AHEAD: Final = 40.0  # seconds, at strength 1 of the fault clock_offset
CHANGED: Final = "-changed"  # what someone has appended to the password while the fault wrong_password is on


@dataclass(frozen=True, slots=True)
class Stream:
    """One encoded stream of a channel; `token` names its profile and encoder configuration."""

    token: str  # main, sub; on a recorder ch1-main, ch1-sub …
    path: str  # main, sub; on a recorder ch1/main, ch1/sub …
    codec: str  # h264 | h265
    size: tuple[int, int]
    fps: int
    gop_seconds: float
    source: str

    @property
    def kbps(self) -> int:
        """The bitrate limit: what a noisy scene needs at a constant quantiser.

        That is 0.3 bit per pixel and frame with a key frame a second, and more the closer they are.
        """
        share = 3 / min(1.0, self.gop_seconds)
        return max(64, round(self.size[0] * self.size[1] * self.fps * share / 10_000))


@dataclass(frozen=True, slots=True)
class Channel:
    """One video source: the sensor of a camera, or an input of a recorder."""

    source: str
    camera: str  # id of the device whose picture it is
    size: tuple[int, int]
    fps: int
    streams: tuple[Stream, ...]


class Box:
    """One device as its own services see it: its clock, its password now, its channels.

    Args:
        spec: the device; it must have an ONVIF server.
        board: which faults are on.
        site: what else exists.
        clock: true time in Unix seconds.

    Raises:
        ValueError: the device has no ONVIF server.
    """

    def __init__(
        self, spec: DeviceSpec, board: FaultBoard, site: SiteSpec, clock: Callable[[], float]
    ) -> None:
        if spec.onvif is None:
            raise ValueError(f"{spec.id} does not speak ONVIF")
        self.spec, self.onvif, self.board, self.site = spec, spec.onvif, board, site
        self._clock = clock
        self._views: dict[tuple[bool, bool], tuple[Channel, ...]] = {}
        self.started = clock()
        self._had: set[str] = set()

    def ever_had(self, fault: str) -> bool:
        """Whether a fault is on, or was when this was asked before: who told its begin tells its end."""
        if self.has(fault):
            self._had.add(fault)
        return fault in self._had

    def has(self, fault: str) -> float:
        """Return how strong a fault of this device is now; its quirks are always on."""
        if fault in self.onvif.quirks:
            return max(1.0, self.board.strength(self.spec.id, fault))
        return self.board.strength(self.spec.id, fault)

    def now(self) -> float:
        """Return the device's own clock, in Unix seconds."""
        if self.has("clock_reset"):
            return self._clock() - self.started
        zone = 3600.0 if self.has("clock_zone") else 0.0
        return self._clock() + zone + CLOCK_AHEAD * self.has("clock_offset")

    def utc(self, ahead: float = 0.0) -> dt.datetime:
        """Return the device's clock, or `ahead` seconds later, as UTC."""
        return dt.datetime.fromtimestamp(self.now() + ahead, dt.UTC)

    @property
    def password(self) -> str:
        """The password in force."""
        return self.spec.password + (CHANGED if self.has("wrong_password") else "")

    @property
    def auth(self) -> str:
        """How it wants to be logged in to: wsse, digest, both or none."""
        return self.onvif.auth

    @property
    def base(self) -> str:
        """Where its services are, without a slash at the end."""
        scheme = "https" if self.onvif.tls else "http"
        return f"{scheme}://{self.spec.address}:{self.onvif.port}/onvif"

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Its video sources as it lists them now: one of a camera, one a channel of a recorder."""
        key = self.has("channel_removed") > 0, self.has("encoder_changed") > 0
        if key not in self._views:
            self._views[key] = _view(self._all_channels, removed=key[0], changed=key[1])
        return self._views[key]

    @cached_property
    def _all_channels(self) -> tuple[Channel, ...]:
        if not self.spec.channels:
            return (_channel("", self.spec),) if self.spec.kind == "camera" else ()
        inputs = enumerate(self.spec.channels, 1)
        return tuple(_channel(f"ch{n}", self.site.device(camera)) for n, camera in inputs)

    @property
    def streams(self) -> dict[str, Stream]:
        """Every stream by the token of its profile."""
        return {stream.token: stream for channel in self.channels for stream in channel.streams}


def _view(channels: tuple[Channel, ...], *, removed: bool, changed: bool) -> tuple[Channel, ...]:
    """Return the channels without the last, or with the first one's main stream at half its frame rate."""
    if removed:
        channels = channels[:-1]
    if changed and channels:
        main, *others = channels[0].streams
        slow = replace(main, fps=max(1, main.fps // 2))
        channels = (replace(channels[0], streams=(slow, *others)), *channels[1:])
    return channels


def _channel(name: str, camera: DeviceSpec) -> Channel:
    video = camera.rtsp or RtspSpec()
    source = f"{name or 'video'}-source"
    streams = tuple(
        Stream(
            f"{name}-{which}" if name else which,
            f"{name}/{which}" if name else which,
            video.codec,
            size,
            video.fps,
            video.gop_seconds,
            source,
        )
        for which, size in (("main", video.main), ("sub", video.sub))
    )
    return Channel(source, camera.id, video.main, video.fps, streams)
