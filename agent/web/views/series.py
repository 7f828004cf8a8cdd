"""The curves of a device: which of its series are worth a plot, and their hours as points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from agent.store.records import DAY, HOUR
from models.facts import Report
from models.metrics import METRICS, Type

if TYPE_CHECKING:
    from agent.store import Store

RANGES: Final = (7, 30, 400)  # days that a page shows
MOST: Final = 12  # plots on a page
TRIED: Final = 40  # series; flat ones are left out
YOUNG_SHOWN: Final = 6
YOUNG: Final = 3  # hours: of a younger series the values themselves are drawn
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


def gauges_of(reports: Iterable[Report]) -> list[tuple[str, str]]:
    """Return (metric, part) of the gauges that a device gives now, those that people look at first first."""
    found = {
        (one.metric.name, one.part)
        for report in reports
        for one in report.readings
        if one.metric.type is Type.GAUGE and not isinstance(one.value, str)
    }
    rank = {name: place for place, name in enumerate(_FIRST)}
    return sorted(found, key=lambda key: (rank.get(key[0], len(rank)), key))


def curves(
    store: "Store", device: str, keys: Sequence[tuple[str, str]], now: float, days: int = RANGES[0]
) -> list[Curve]:
    """Return the plots of a device's gauges over the last days.

    Args:
        store: the history.
        device: whose.
        keys: what it gives now; empty: what it gave within the days.
        now: Unix seconds.
        days: how far back.

    Raises:
        StoreError: the history cannot be read.
    """
    since, span = now - days * DAY, DAY if days > DAILY_BEYOND else HOUR
    wanted = [key for key in keys or _known(store, device, since) if key[0] in METRICS][:TRIED]
    sums = store.panel(device, wanted, since, now + span, span=span)
    is_young = days <= DAILY_BEYOND and all(len(points) < YOUNG for points in sums.values())
    for metric, part in wanted[:YOUNG_SHOWN] if is_young else ():  # the values themselves
        points = store.history(device, metric, part, max(since, now - YOUNG * HOUR), now + 1)
        sums[metric, part] = [(one.at, float(one.value)) for one in points if not isinstance(one.value, str)]
    drawn = (_curve(key, sums.get(key, []), span) for key in wanted)
    return list(islice((one for one in drawn if one is not None), MOST))


def _known(store: "Store", device: str, since: float) -> list[tuple[str, str]]:
    return [
        (one.metric, one.part)
        for one in store.newest(device, since)
        if isinstance(one.value, float | int)
        and one.metric in METRICS
        and METRICS[one.metric].type is Type.GAUGE
    ]


def _curve(key: tuple[str, str], points: Sequence[tuple[float, float]], span: float) -> Curve | None:
    values = [value for _, value in points]
    if not values or min(values) == max(values):
        return None  # a flat line says what the newest reading says
    return Curve(*key, min(values), max(values), values[-1], path(points, 2.5 * span))


def path(points: Sequence[tuple[float, float]], gap: float = 2.5 * HOUR) -> str:
    """Return an SVG path through (at, value); where nothing was measured for `gap` seconds it is lifted."""
    values = [value for _, value in points]
    since, low = points[0][0], min(values)
    across = (WIDTH - 2 * PAD) / (points[-1][0] - since or 1.0)
    up = (HEIGHT - 2 * PAD) / (max(values) - low or 1.0)
    steps, before = [], float("-inf")
    for at, value in points:
        step = "M" if at - before > gap else "L"
        steps.append(f"{step}{PAD + (at - since) * across:.1f} {HEIGHT - PAD - (value - low) * up:.1f}")
        before = at
    return "".join(steps)
