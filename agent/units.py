"""Durations as people write them in a config: `90`, `90s`, `5m`, `2h`, `30d`."""

import re
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

_PATTERN: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: Any) -> float:
    """Return a duration in seconds.

    Raises:
        ValueError: neither a number of seconds nor a number with a unit.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = _PATTERN.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a duration: write seconds, or a number with ms, s, m, h or d")
    return float(match[1]) * _SECONDS[match[2] or "s"]


def show_duration(seconds: float) -> str:
    """Return a duration in the largest unit that leaves a whole number."""
    for unit in ("d", "h", "m"):
        if seconds and seconds % _SECONDS[unit] == 0:
            return f"{seconds / _SECONDS[unit]:.0f}{unit}"
    return f"{seconds:g}s"


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    Field(gt=0, allow_inf_nan=False),
    PlainSerializer(show_duration, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0},
                {"type": "string", "pattern": _PATTERN.pattern},
            ]
        }
    ),
]
