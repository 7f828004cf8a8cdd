"""`siteward handover`: freezes how every device performs, and who accepted it; later checks are deltas."""

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.service.book import BaselineValue, Book, Handover
from agent.store.questions import Questions
from agent.store.records import DAY
from models.facts import Device
from models.metrics import DEVICE_INFO, METRICS, PROFILE_INFO, Type

# What tells how a device performs: by name, so that a build without one of them freezes the others.
MEANS: Final = (
    "cctv_picture_texture_ratio",
    "cctv_picture_sharpness",
    "cctv_picture_luma_ratio",
    "cctv_picture_contrast_ratio",
    "cctv_stream_fps",
    "cctv_stream_bitrate_bps",
    "cctv_stream_lost_packets_ratio",
    "cctv_icmp_rtt_seconds",
    "cctv_poe_power_watts",
    "cctv_temperature_celsius",
    "cctv_ups_load_ratio",
    "cctv_ups_runtime_seconds",
    "cctv_recording_retention_seconds",
    "cctv_recording_completeness_ratio",
)
NEWEST: Final = (
    "cctv_clock_offset_seconds",
    "cctv_stream_width_pixels",
    "cctv_stream_height_pixels",
    "cctv_disk_size_bytes",
    "cctv_disk_bad_sectors",
    "cctv_disk_life_left_ratio",
    "cctv_port_speed_bps",
    "cctv_port_up",
    "cctv_ups_charge_ratio",
    "cctv_video_sources",
)
PICTURE: Final = "picture"  # a baseline's "metric" whose value is the name of a file
FOLDER: Final = "baseline"


@dataclass(frozen=True, slots=True)
class Delta:
    """One value beside what it was at hand-over; `now` None: not measured any more."""

    device: str
    metric: str
    part: str
    was: float | str
    now: float | str | None

    @property
    def ratio(self) -> float | None:
        """Now as a share of then; None where that says nothing."""
        if isinstance(self.was, str) or isinstance(self.now, str) or self.now is None or not self.was:
            return None
        return self.now / self.was


def collect(store: Questions, devices: Sequence[Device], now: float, *, days: int = 7) -> list[BaselineValue]:
    """Return what is to be frozen: means over some days, newest values, and who each device says it is."""
    known = {device.id for device in devices}
    found: list[BaselineValue] = []
    told = store.known_metrics()
    for name in (*MEANS, *NEWEST):
        if name not in told:
            continue
        for one in store.summaries(name, now - days * DAY, now):
            value = one.mean if name in MEANS else one.last
            found.append(BaselineValue(one.device, name, one.part, value, one.last_at))
    for metric in (DEVICE_INFO, PROFILE_INFO):
        for device, part, text in store.texts(metric.name):
            found.append(BaselineValue(device, metric.name, part, text, now))
    return [one for one in found if one.device in known]


def freeze(book: Book, values: list[BaselineValue], *, who: str, note: str, now: float, devices: int) -> int:
    """Freeze a baseline; return its number."""
    return book.freeze(Handover(0, now, who, note, devices), values)


def deltas(
    store: Questions, book: Book, devices: Sequence[Device], now: float, *, days: int = 30
) -> list[Delta]:
    """Return every frozen value beside what it is now."""
    current = {(v.device, v.metric, v.part): v.value for v in collect(store, devices, now, days=days)}
    return [
        Delta(v.device, v.metric, v.part, v.value, current.get((v.device, v.metric, v.part)))
        for v in book.baseline()
        if v.metric != PICTURE
    ]


def is_text(metric: str) -> bool:
    """Whether a metric's values are texts."""
    known = METRICS.get(metric)
    return known is not None and known.type is Type.INFO


async def take_pictures(
    ask: Callable[[Device], Awaitable[Sequence[tuple[str, bytes]]]],
    devices: Sequence[Device],
    folder: Path,
    *,
    told: Callable[[int, int], None] = lambda _done, _of: None,
) -> list[BaselineValue]:
    """Take a picture of every stream and keep it; a camera that gives none has none.

    Args:
        ask: returns (stream, JPEG) of a device.
        devices: those with streams.
        folder: where the files go, readable by the agent's user only.
        told: is told of progress.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # noqa: ASYNC240  once, on our own disk
    found: list[BaselineValue] = []
    for number, device in enumerate(devices, start=1):
        for part, jpeg in await ask(device):
            name = f"{device.id}-{part.replace('/', '_')}.jpg"
            _write(folder / name, jpeg)
            found.append(BaselineValue(device.id, PICTURE, part, name, 0.0))
        told(number, len(devices))
    return found


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(data)
