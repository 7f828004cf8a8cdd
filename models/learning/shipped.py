"""What devices of a kind usually show, as it comes with the program: for a site's first days.

`class_priors.json` holds it, with a source for each number. It is wide, and it is the weakest opinion there
is: siblings that know their day take its place, and with its own first week a series outgrows it.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FILE: Final = Path(__file__).with_name("class_priors.json")


@dataclass(frozen=True, slots=True)
class Usual:
    """What a metric of a kind of device usually is, in the metric's unit.

    Attributes:
        level: the middle.
        scale: standard deviation between devices and hours.
        source: where the two are from.
    """

    level: float
    scale: float
    source: str


def usual(kind: str, metric: str) -> Usual | None:
    """Return what is usual for a metric of a kind of device; None where nothing is known."""
    return table().get((kind, metric))


@cache
def table() -> dict[tuple[str, str], Usual]:
    """Return all of it by kind and metric."""
    kinds = json.loads(FILE.read_text(encoding="utf-8"))["kinds"]
    return {
        (kind, metric): Usual(float(one["level"]), float(one["scale"]), str(one["source"]))
        for kind, metrics in kinds.items()
        for metric, one in metrics.items()
    }
