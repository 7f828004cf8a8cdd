"""A small curve for a ticket: how the number behind a fault went in the day before it. For a thread."""

import io
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from agent.store.records import Point
from models.facts import FaultKey, Picture
from models.metrics import (
    CLOCK_OFFSET,
    PICTURE_CHANGE,
    PICTURE_LUMA_P99,
    PICTURE_MEASURES,
    TEMPERATURE,
    UPS_CHARGE,
    Metric,
)

HOURS: Final = 24.0
LEAST_POINTS: Final = 2  # a value that stays the same is stored once
SIZE: Final = (640, 240)
_DPI: Final = 100
# The number that shows a fault best; of others there is nothing to draw.
SHOWN_BY: Final[dict[str, Metric]] = {
    "CLOCK_OFFSET": CLOCK_OFFSET,
    "CLOCK_ZONE": CLOCK_OFFSET,
    "IMG_BLACK": PICTURE_LUMA_P99,
    "IMG_BLUR": PICTURE_MEASURES["fine"][0],
    "IMG_COVER": PICTURE_MEASURES["lost"][0],
    "IMG_MOVED": PICTURE_MEASURES["match"][0],
    "IMG_FREEZE": PICTURE_CHANGE,
    "IMG_FOG": PICTURE_MEASURES["gain"][0],
    "IMG_NOISE": PICTURE_MEASURES["noise"][0],
    "IMG_CAST": PICTURE_MEASURES["cast"][0],
    **dict.fromkeys(("IMG_DARK", "IMG_BRIGHT", "IMG_IR"), PICTURE_MEASURES["light"][0]),
    "OVERHEATED": TEMPERATURE,
    "POWER_BATTERY": UPS_CHARGE,
    "POWER_BATTERY_LOW": UPS_CHARGE,
    "BATTERY_BAD": UPS_CHARGE,
}


def draw(key: FaultKey, points: Sequence[Point], began: float, zone: tzinfo = UTC) -> Picture | None:
    """Return the curve as PNG, with a mark where the fault began; None where there is too little to draw.

    Takes some tenths of a second: call it in a thread.
    """
    numbers = [(one.at, one.value) for one in points if not isinstance(one.value, str)]
    metric = SHOWN_BY.get(key.code)
    if metric is None or len(numbers) < LEAST_POINTS:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  loaded where a curve is drawn
    from matplotlib.dates import ConciseDateFormatter  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415  no pyplot: it keeps figures, and is not for threads

    figure = Figure(figsize=(SIZE[0] / _DPI, SIZE[1] / _DPI), dpi=_DPI, layout="constrained")
    axes: Any = figure.subplots()
    times = [datetime.fromtimestamp(at, zone) for at, _ in numbers]
    axes.plot(times, [value for _, value in numbers], color="#1f5fa8", linewidth=1.2, drawstyle="steps-post")
    axes.axvline(datetime.fromtimestamp(began, zone), color="#b3261e", linewidth=1.0, linestyle="--")
    axes.set_title(f"{key.device} {key.part}  {metric.name}".replace("  ", " "), fontsize=8)
    axes.tick_params(labelsize=7)
    axes.grid(visible=True, alpha=0.3)
    located = axes.xaxis.get_major_locator()
    axes.xaxis.set_major_formatter(ConciseDateFormatter(located, tz=zone))  # type: ignore[no-untyped-call]
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out)  # type: ignore[no-untyped-call]
    return Picture(out.getvalue(), *SIZE, key.part)
