"""Does a camera that can be turned go where it is told? From the scheduled function test."""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Verdict
from models.metrics import (
    PTZ_ARRIVED,
    PTZ_OFFSET,
    PTZ_PICTURE_MATCH,
    PTZ_TRAVEL,
    PTZ_TRAVEL_USUAL,
    Metric,
)
from models.view import View

METRICS: Final = frozenset(
    metric.name for metric in (PTZ_ARRIVED, PTZ_OFFSET, PTZ_PICTURE_MATCH, PTZ_TRAVEL, PTZ_TRAVEL_USUAL)
)


def stuck(view: View) -> Iterator[Verdict]:
    """PTZ_STUCK: a preset was not reached."""
    parts = view.parts(PTZ_ARRIVED)
    if not parts:
        return
    samples = {part: sample for part in parts if (sample := view.number(PTZ_ARRIVED, part)) is not None}
    missed = sorted(part for part, sample in samples.items() if sample.value == 0)
    at = max(sample.at for sample in samples.values())
    health = Health.BAD if missed else Health.GOOD
    detail = "ptz.missed" if missed else "ptz.arrives"
    yield view.verdict("PTZ_STUCK", health, "", detail, at, which=", ".join(missed) or "-")


def worn(view: View) -> Iterator[Verdict]:
    """PTZ_WORN, latent: presets are missed by little, or the way takes longer than it used to."""
    off = max(_values(view, PTZ_OFFSET), default=None)
    match = min(_values(view, PTZ_PICTURE_MATCH), default=None)
    slow = max(_slowness(view), default=None)
    tested = [s for part in view.parts(PTZ_ARRIVED) if (s := view.number(PTZ_ARRIVED, part))]
    if not tested or off is None:
        return
    at, limits = max(sample.at for sample in tested), view.limits
    if off > limits.ptz_offset_ratio:
        yield view.verdict("PTZ_WORN", Health.BAD, "", "ptz.off", at, off=off)
    elif match is not None and match < limits.ptz_match_ratio:
        yield view.verdict("PTZ_WORN", Health.BAD, "", "ptz.picture", at, match=match)
    elif slow is not None and slow > limits.ptz_slow_factor:
        yield view.verdict("PTZ_WORN", Health.BAD, "", "ptz.slow", at, factor=slow)
    else:
        yield view.verdict("PTZ_WORN", Health.GOOD, "", "ptz.arrives", at)


def _values(view: View, metric: Metric) -> list[float]:
    return [s.value for part in view.parts(metric) if (s := view.number(metric, part))]


def _slowness(view: View) -> Iterator[float]:
    for part in view.parts(PTZ_TRAVEL_USUAL):
        usual, now = view.number(PTZ_TRAVEL_USUAL, part), view.number(PTZ_TRAVEL, part)
        if usual is not None and now is not None and usual.value > 0:
            yield (now.value + 1.0) / (
                usual.value + 1.0
            )  # a look each 0.4 s: short ways are known but roughly
