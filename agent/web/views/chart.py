"""A curve as SVG paths in a fixed box, with levels and a forecast: drawn by the browser, without script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agent.store.records import DAY

WIDTH, HEIGHT, PAD = 640.0, 200.0, 6.0
_ROOM: Final = 0.08  # of the height, above and below what is shown

Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Level:
    """A horizontal line: its name (a phrase of the pages), its value, and where it stands in the box."""

    name: str
    value: float
    y: float


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast: from the newest value to a limit, which is met between `early` and `late`, 4 times in 5."""

    path: str
    early: float
    late: float
    due: float


@dataclass(frozen=True, slots=True)
class Chart:
    """A plot in WIDTH x HEIGHT. `since` and `until`: what the x axis spans; a hole in `path` is a gap."""

    path: str
    since: float
    until: float
    low: float
    high: float
    now: float
    levels: tuple[Level, ...]
    ahead: Ahead | None
    box: tuple[int, int] = (int(WIDTH), int(HEIGHT))


def chart(
    points: Points,
    *,
    levels: Sequence[tuple[str, float]] = (),
    due: tuple[float, float, float] | None = None,
    gap: float = 2.5 * DAY,
) -> Chart | None:
    """Return a plot; None where there is nothing to be seen.

    Args:
        points: (Unix seconds, value), in order.
        levels: (name, value) of lines to draw; a forecast ends on the last of them.
        due: earliest, expected and latest moment of a forecast.
        gap: where nothing was measured for so many seconds the curve is lifted.
    """
    if len(points) < 2:
        return None
    values = [value for _, value in points] + [value for _, value in levels]
    low, high = min(values), max(values)
    room = (high - low or abs(high) or 1.0) * _ROOM
    since, now = points[0][0], points[-1][0]
    until = max(now, due[2]) if due else now
    scale = _Scale(since, until, low - room, high + room)
    ahead = _ahead(points[-1], levels[-1][1], due, scale) if due and levels else None
    lines = tuple(Level(name, value, round(scale.y(value), 1)) for name, value in levels)
    return Chart(_path(points, scale, gap), since, until, low, high, round(scale.x(now), 1), lines, ahead)


@dataclass(frozen=True, slots=True)
class _Scale:
    since: float
    until: float
    low: float
    high: float

    def x(self, at: float) -> float:
        return PAD + (at - self.since) / (self.until - self.since or 1.0) * (WIDTH - 2 * PAD)

    def y(self, value: float) -> float:
        return HEIGHT - PAD - (value - self.low) / (self.high - self.low) * (HEIGHT - 2 * PAD)


def _ahead(last: tuple[float, float], limit: float, due: tuple[float, float, float], scale: _Scale) -> Ahead:
    early, expected, late = (scale.x(max(at, last[0])) for at in due)
    path = f"M{scale.x(last[0]):.1f} {scale.y(last[1]):.1f}L{expected:.1f} {scale.y(limit):.1f}"
    return Ahead(path, round(early, 1), round(late, 1), round(expected, 1))


def _path(points: Points, scale: _Scale, gap: float) -> str:
    steps, before = [], None
    for at, value in points:
        move = "M" if before is None or at - before > gap else "L"
        steps.append(f"{move}{scale.x(at):.1f} {scale.y(value):.1f}")
        before = at
    return "".join(steps)
