"""What a fleet bench is about, wherever it comes from: daily values, and the truth about them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Failing:
    """One failure: the truth that a prediction is judged by. Days from the beginning."""

    device: str
    component: str
    onset: float
    failure: float
    shape: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """One measure over the fleet. `values`: shape (devices, days), NaN where nothing was measured."""

    component: str
    metric: str
    devices: tuple[str, ...]
    sites: NDArray[np.int_]
    values: Floats


@dataclass(frozen=True, slots=True)
class World:
    """All measures, and the truth. `known_until`: the day up to which every failure is told, may be later."""

    strips: tuple[Strip, ...]
    truth: tuple[Failing, ...]
    days: int
    devices: int
    known_until: float = np.inf
