"""From reports to arrays: which numbers of which series are learnt from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.facts import Report
from models.metrics import DEVICE_UPTIME, UPTIME, Type

SERIES_LIMIT: Final = 40_000  # a device that invents parts must not fill our memory
SERIES_PER_DEVICE: Final = 200
_NOT_LEARNT: Final = frozenset(
    {UPTIME.name, DEVICE_UPTIME.name}
)  # they only grow: nothing is usual about them

Key = tuple[str, str, str]  # device, metric, part


@dataclass(frozen=True, slots=True)
class Batch:
    """One sample of each of some series."""

    series: NDArray[np.intp]
    at: NDArray[np.float64]
    value: NDArray[np.float64]
    frozen: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.series)


@dataclass(slots=True)
class Register:
    """The numbers of the series; those of devices that left are given to others."""

    numbers: dict[Key, int] = field(default_factory=dict)
    free: list[int] = field(default_factory=list)
    size: int = 0

    def number(self, key: Key, per_device: dict[str, int]) -> int | None:
        """Return a series' number, a new one if need be; None when there are too many."""
        if (found := self.numbers.get(key)) is not None:
            return found
        if len(self.numbers) >= SERIES_LIMIT or per_device.get(key[0], 0) >= SERIES_PER_DEVICE:
            return None
        number = self.free.pop() if self.free else self.size
        self.size = max(self.size, number + 1)
        self.numbers[key] = number
        per_device[key[0]] = per_device.get(key[0], 0) + 1
        return number

    def forget(self, devices: set[str]) -> list[int]:
        """Forget devices; return the numbers that are free now."""
        gone = [key for key in self.numbers if key[0] in devices]
        numbers = [self.numbers.pop(key) for key in gone]
        self.free += numbers
        return numbers

    def of_device(self) -> dict[str, list[int]]:
        """Return the numbers of each device's series."""
        found: dict[str, list[int]] = {}
        for key, number in self.numbers.items():
            found.setdefault(key[0], []).append(number)
        return found


def gather(
    register: Register, reports: Iterable[Report], taken: dict[tuple[str, str], float], frozen: set[str]
) -> Batch:
    """Return one sample of each series that has a new one.

    Args:
        register: gives the numbers.
        reports: the newest of each collector on each device.
        taken: (device, collector) -> when the report that was taken last ended; is written on.
        frozen: devices of which a fault is open.
    """
    found: dict[int, tuple[float, float, bool]] = {}
    per_device: dict[str, int] = {}
    for key in register.numbers:
        per_device[key[0]] = per_device.get(key[0], 0) + 1
    for report in reports:
        look = (report.device, report.collector)
        if not report.ok or taken.get(look) == report.at:
            continue
        taken[look] = report.at
        for reading in report.readings:
            if isinstance(reading.value, str) or reading.metric.type is not Type.GAUGE:
                continue
            if reading.metric.name in _NOT_LEARNT or not isfinite(reading.value):
                continue
            number = register.number((report.device, reading.metric.name, reading.part), per_device)
            if number is not None:
                found[number] = (report.at, float(reading.value), report.device in frozen)
    numbers = sorted(found)
    rows = [found[number] for number in numbers]
    return Batch(
        np.array(numbers, dtype=np.intp),
        np.array([row[0] for row in rows]),
        np.array([row[1] for row in rows]),
        np.array([row[2] for row in rows], dtype=bool),
    )
