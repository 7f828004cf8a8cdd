"""The curves of a device: which of its series are worth a plot, and their hours as points."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from agent.store.records import DAY, HOUR
from models.metrics import METRICS, Type

if TYPE_CHECKING:
    from agent.store import Store

RANGES: Final = (7, 30, 400)  # days that a page shows
MOST: Final = 12  # plots on a page
DAILY_BEYOND: Final = 30  # days; longer ranges are drawn by day
WIDTH, HEIGHT, PAD = 320.0, 72.0, 2.0
# What people look at first; the rest of a device's gauges follow by name.
_FIRST: Final = (
    "cctv_picture_sharpness", "cctv_stream_arrival_fps", "cctv_clock_offset_seconds", "cctv_ups_charge_ratio",
    "cctv_temperature_celsius", "cctv_disk_used_ratio", "cctv_poe_power_watts", "cctv_picture_luma_ratio",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Curve:
    """One series as hourly means. `path`: SVG in WIDTH x HEIGHT; a hole is a gap, never a line."""

    metric: str
    part: str
    low: float
    high: float
    last: float
    path: str


def curves(store: "Store", device: str, now: float, days: int = RANGES[0]) -> list[Curve]:
    """Return the plots of a device's gauges over the last days.

    Raises:
        StoreError: the history cannot be read.
    """
    known = store.newest(device, now - days * DAY)
    gauges = [
        (one.metric, one.part)
        for one in known
        if isinstance(one.value, float | int)
        and one.metric in METRICS
        and METRICS[one.metric].type is Type.GAUGE
    ]
    rank = {name: place for place, name in enumerate(_FIRST)}
    gauges.sort(key=lambda key: (rank.get(key[0], len(rank)), key))
    found = (_curve(store, device, key, now, days) for key in gauges)
    return list(islice((one for one in found if one is not None), MOST))


def _curve(store: "Store", device: str, key: tuple[str, str], now: float, days: int) -> Curve | None:
    (metric, part), since, span = key, now - days * DAY, DAY if days > DAILY_BEYOND else HOUR
    sums = store.rollups(device, metric, part, since, now + span, span=span)
    hours = [(one.at, one.mean) for one in sums]
    if len(hours) < 3 and days <= DAILY_BEYOND:  # young: the values themselves
        points = store.history(device, metric, part, since, now + 1)
        hours = [(one.at, float(one.value)) for one in points if not isinstance(one.value, str)]
    values = [value for _, value in hours]
    if not values or min(values) == max(values):
        return None  # a flat line says what the newest reading says
    return Curve(metric, part, min(values), max(values), values[-1], path(hours, 2.5 * span))


def path(points: Sequence[tuple[float, float]], gap: float = 2.5 * HOUR) -> str:
    """Return an SVG path through (at, value); where nothing was measured for `gap` seconds it is lifted."""
    times, values = [at for at, _ in points], [value for _, value in points]
    width, height = max(times) - min(times) or 1.0, max(values) - min(values) or 1.0
    steps, before = [], None
    for at, value in points:
        x = PAD + (at - min(times)) / width * (WIDTH - 2 * PAD)
        y = HEIGHT - PAD - (value - min(values)) / height * (HEIGHT - 2 * PAD)
        steps.append(f"{'M' if before is None or at - before > gap else 'L'}{x:.1f} {y:.1f}")
        before = at
    return "".join(steps)
