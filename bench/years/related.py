"""Metrics of a folder that belong together: one explains another, the best known speak for a component."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from bench.years.strip import Floats, Strip
from models.learning.components import named
from models.learning.generic import is_context, measure_for, plain
from models.learning.measures import Scale

# component -> a metric, what it is seen against, and how: heat above the room's; runtime at full load
_AGAINST: Final = {
    "fan": (r"temp", r"ambient|room|inlet", "less"),
    "ups_battery": (r"runtime|minutes|seconds", r"(^|_)load($|_)", "times"),
}


def telling(strips: Sequence[Strip]) -> list[Strip]:
    """Return the strips that tell of wear.

    What only explains is taken into what it explains, and left out. Where a component has a metric whose end
    is known, others of which nobody knows how far they may go say nothing by themselves.
    """
    explained = [_explained(one, strips) for one in strips]
    wearing = [one for one in explained if not is_context(named(one.component), one.metric)]
    known = {one.component for one in wearing if not _guessed(one)}
    return [one for one in wearing if one.component not in known or not _guessed(one)]


def _guessed(strip: Strip) -> bool:
    return measure_for(named(strip.component), strip.metric).scale is Scale.AUTO


def _explained(strip: Strip, strips: Sequence[Strip]) -> Strip:
    what, against, how = _AGAINST.get(named(strip.component).key, ("$^", "$^", ""))
    name = plain(strip.metric)
    if not re.search(what, name) or re.search(against, name):
        return strip
    for other in strips:
        if other.component == strip.component and re.search(against, plain(other.metric)):
            return replace(strip, values=_with(strip, other, how))
    return strip


def _with(strip: Strip, other: Strip, how: str) -> Floats:
    """Return values less, or times, another metric's of the same device; as they are where it has none."""
    row_of = {device: row for row, device in enumerate(other.devices)}
    values = strip.values.copy()
    for row, device in enumerate(strip.devices):
        if device in row_of and np.isfinite(other.values[row_of[device]]).any():
            beside = other.values[row_of[device]]
            values[row] = values[row] - beside if how == "less" else values[row] * beside
    return values
