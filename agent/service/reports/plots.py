"""Pictures for people who would rather look than read, as SVG: crisp in print, in the page's own font."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from agent.service.views import Heat

WIDTH: Final = 680.0
BLUE, GREEN, AMBER, RED, GREY, LINE = "#0b6e99", "#2fa36b", "#e0a526", "#d64545", "#dfe5ea", "#c3ced7"
_TEXT: Final = 'font-size="{size}" fill="{fill}"'
LABELLED: Final = 60  # devices; more make rows too thin for a name


def _text(x: float, y: float, text: str, *, size: float = 9, fill: str = "#52606d", end: bool = False) -> str:
    anchor = ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{anchor}>{escape(text)}</text>'


def _svg(height: float, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height:.0f}">'
    return head + "".join(parts) + "</svg>"


def colour(share: float | None) -> str:
    """Return the colour of an online share; grey for what was not observed."""
    if share is None:
        return GREY
    return GREEN if share >= 0.999 else "#9bcf8b" if share >= 0.98 else AMBER if share >= 0.9 else RED


def heat(given: Heat, zone: tzinfo, *, most: int = LABELLED) -> str:
    """Draw a row for each device and a square for each day; the worst devices where there are too many."""
    rows = given.rows
    if len(rows) > most:
        rows = tuple(sorted(rows, key=lambda row: sum(s or 0.0 for s in row[1]))[:most])
    left, top = 150.0, 16.0
    step = (WIDTH - left) / max(1, len(given.days))
    size = min(13.0, max(8.0, 260.0 / max(1, len(rows))))
    parts: list[str] = []
    every = max(1, round(len(given.days) / 16))
    for n, day in enumerate(given.days):
        if n % every == 0:
            label = datetime.fromtimestamp(day + 43200, zone)
            parts.append(
                _text(left + n * step, top - 5, f"{label:%m-%d}" if every > 1 else f"{label:%d}", size=7.5)
            )
    for at, (device, shares) in enumerate(rows):
        y = top + at * size
        name = device.name or device.id
        parts.append(_text(left - 6, y + size * 0.72, name[:24], size=min(8.5, size * 0.7), end=True))
        for n, share in enumerate(shares):
            parts.append(
                f'<rect x="{left + n * step:.1f}" y="{y:.1f}" width="{max(0.8, step - 1):.1f}" '
                f'height="{size - 1.5:.1f}" rx="1" fill="{colour(share)}"/>'
            )
    return _svg(top + len(rows) * size + 2, parts)


def bars(items: Sequence[tuple[str, float, str]], *, fill: str = BLUE, most: int = 14) -> str:
    """Draw a horizontal bar for each (label, value, what to write)."""
    shown = items[:most]
    left, row = 170.0, 19.0
    longest = max((value for _, value, _ in shown), default=0.0) or 1.0
    parts = []
    for n, (label, value, said) in enumerate(shown):
        y = n * row
        length = (WIDTH - left - 90) * value / longest
        parts.append(_text(left - 7, y + 13, label[:28], end=True))
        parts.append(
            f'<rect x="{left}" y="{y + 3:.1f}" width="{max(1.0, length):.1f}" height="13" rx="2" fill="{fill}"/>'
        )
        parts.append(_text(left + max(1.0, length) + 6, y + 13, said, fill="#1f2933"))
    return _svg(max(row, len(shown) * row), parts)


def trend(
    days: Sequence[tuple[float, float | None]], zone: tzinfo, *, target: float, low: float = 0.9
) -> str:
    """Draw a share day by day with its target; a day that was not observed leaves a gap."""
    height, left, bottom, top = 130.0, 40.0, 108.0, 8.0
    seen = [share for _, share in days if share is not None]
    floor = max(0.0, min([low, *(share - 0.02 for share in seen)]))
    step = (WIDTH - left - 10) / max(1, len(days) - 1)

    def y(share: float) -> float:
        return bottom - (share - floor) / (1.0 - floor or 1.0) * (bottom - top)

    parts = []
    for mark in (floor, (floor + 1) / 2, 1.0):
        parts.append(
            f'<line x1="{left}" x2="{WIDTH - 10}" y1="{y(mark):.1f}" y2="{y(mark):.1f}" stroke="#e8edf1"/>'
        )
        parts.append(_text(left - 6, y(mark) + 3, f"{mark:.0%}", size=8, end=True))
    if target > floor:
        parts.append(
            f'<line x1="{left}" x2="{WIDTH - 10}" y1="{y(target):.1f}" y2="{y(target):.1f}" stroke="{AMBER}" '
            'stroke-dasharray="4 3"/>'
        )
    every = max(1, len(days) // 12)
    run: list[str] = []
    for n, (at, share) in enumerate([*days, (0.0, None)]):
        if n < len(days) and n % every == 0:
            label = datetime.fromtimestamp(at + 43200, zone)
            parts.append(_text(left + n * step - 10, height - 6, f"{label:%m-%d}", size=8))
        if share is not None:
            run.append(f"{left + n * step:.1f},{y(share):.1f}")
            parts.append(f'<circle cx="{left + n * step:.1f}" cy="{y(share):.1f}" r="1.8" fill="{BLUE}"/>')
            continue
        if len(run) > 1:
            parts.append(
                f'<polyline points="{" ".join(run)}" fill="none" stroke="{BLUE}" stroke-width="1.6"/>'
            )
        run = []
        if n < len(days):
            parts.append(
                f'<rect x="{left + n * step - step / 2:.1f}" y="{top}" width="{step:.1f}" '
                f'height="{bottom - top}" fill="{GREY}" opacity=".6"/>'
            )
    return _svg(height, parts)


def stack(parts_of: Sequence[tuple[str, float, str]]) -> str:
    """Draw one bar made of (label, count, colour), with its legend below."""
    total = sum(count for _, count, _ in parts_of) or 1.0
    out, x = [], 0.0
    for _, count, fill in parts_of:
        width = WIDTH * count / total
        if width > 0:
            out.append(
                f'<rect x="{x:.1f}" y="0" width="{max(0.0, width - 1.5):.1f}" height="18" rx="2" fill="{fill}"/>'
            )
        x += width
    x = 0.0
    for label, count, fill in parts_of:
        said = f"{label}  {count:.0f}"
        out.append(f'<rect x="{x:.1f}" y="27" width="9" height="9" rx="2" fill="{fill}"/>')
        out.append(_text(x + 14, 35, said, size=9.5))
        x += 34 + sum(11.0 if ord(c) > 0x2E80 else 5.6 for c in said)
    return _svg(42, out)
