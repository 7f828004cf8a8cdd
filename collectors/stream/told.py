"""From what a worker told to what is reported: known metrics and finite numbers, no others. Pure."""

import math
from collections.abc import Iterator
from typing import Final

from collectors.stream.cascade import Settled
from collectors.stream.job import Level, StreamResult
from models import metrics
from models.facts import Answer, Picture, Reading
from models.metrics import METRICS, Metric, Type

LONGEST_TEXT: Final = 100
_FAMILIES: Final = ("cctv_stream_", "cctv_picture_")
_SETTINGS: Final = "cctv_stream_configured_"  # what the device is set to, not what it sends

STREAM_METRICS: Final[tuple[Metric, ...]] = tuple(
    metric
    for name, metric in METRICS.items()
    if name.startswith(_FAMILIES) and not name.startswith(_SETTINGS)
)
# A main stream is looked at for what only it shows. Its picture is the sub-stream's, judged there once.
_OF_MAIN: Final = frozenset({metrics.PICTURE_SHARPNESS.name})
_LEAST: Final = {metric.name: 0.2 for metric in metrics.PICTURE_SURE.values()}  # below, nobody wants to know
_BELIEVED: Final = Settled(frozenset(), unconfirmed=False)


def numbers_of(result: StreamResult) -> dict[str, float]:
    """Return the numbers a worker told, as far as they are known metrics and finite."""
    return {
        name: value
        for name, value in result.values.items()
        if METRICS.get(name) in STREAM_METRICS and math.isfinite(value)
    }


def answer_of(
    result: StreamResult, part: str, *, level: Level = Level.SUB, settled: Settled = _BELIEVED
) -> Answer:
    """Return what of a look is reported.

    Args:
        result: of the worker.
        part: the stream's name.
        level: at which it was looked at.
        settled: what of it was not borne out by a closer look.
    """
    return Answer(tuple(_readings(result, part, level, settled)), _pictures(result, part))


def _readings(result: StreamResult, part: str, level: Level, settled: Settled) -> Iterator[Reading]:
    for name, value in numbers_of(result).items():
        if name not in settled.hidden and _is_for(level, name) and value >= _LEAST.get(name, value):
            yield Reading(METRICS[name], value, part)
    for name, text in result.texts.items():
        metric = METRICS.get(name)
        if metric in STREAM_METRICS and metric.type is Type.INFO and name not in settled.hidden:
            yield Reading(metric, text[:LONGEST_TEXT], part)
    if level is not Level.DESCRIBE:
        yield Reading(metrics.STREAM_UNCONFIRMED, float(settled.unconfirmed), part)


def _is_for(level: Level, name: str) -> bool:
    return level <= Level.SUB or not name.startswith(_FAMILIES[1]) or name in _OF_MAIN


def _pictures(result: StreamResult, part: str) -> tuple[Picture, ...]:
    if not result.jpeg:
        return ()
    return (Picture(result.jpeg, result.width, result.height, part, before=result.before),)
