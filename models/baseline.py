"""A camera's own normal: the median of its first quiet checks, then frozen.

Fixed thresholds raise a false alarm in nine of ten clean windows, a reference of one's own in one of five (14
scenes, 252 clean windows); so each picture is compared with its own past, never with its neighbours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from statistics import median
from typing import Any, Final

MAD_TO_SIGMA: Final = 1.4826  # the median absolute deviation of a normal distribution is sigma / 1.4826
SERIES_LIMIT: Final = 2048  # per device: a recorder of 64 channels fits; inventing parts must not fill memory


@dataclass(frozen=True, slots=True)
class Reference:
    """What is normal: `median` and robust `spread` (a standard deviation), from `samples` quiet checks."""

    median: float
    spread: float
    samples: int


@dataclass(slots=True)
class Baselines:
    """The references of one device, by (metric, part).

    A series is commissioned by its first `samples` quiet values and never moves afterwards: what slowly
    degrades must not become normal. Whether a check is quiet is the caller's to say.
    """

    samples: int = 5
    _learning: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    _known: dict[tuple[str, str], Reference] = field(default_factory=dict)

    def learn(self, metric: str, part: str, value: float) -> bool:
        """Take one quiet value, without effect once the reference stands; return whether it stands by it."""
        key = metric, part
        if key in self._known or not isfinite(value):
            return False
        if key not in self._learning and len(self._learning) + len(self._known) >= SERIES_LIMIT:
            return False
        values = self._learning.setdefault(key, [])
        values.append(value)
        if len(values) >= self.samples:
            self._known[key] = reference(self._learning.pop(key))
        return key in self._known

    def get(self, metric: str, part: str) -> Reference | None:
        """Return the reference, None while it is being learnt."""
        return self._known.get((metric, part))

    def progress(self, metric: str, part: str) -> float:
        """Return how far the commissioning of a series is, 0 to 1."""
        key = metric, part
        return 1.0 if key in self._known else len(self._learning.get(key, ())) / self.samples

    def reset(self, part: str) -> None:
        """Forget a part's references: it was repaired, moved or replaced, and starts anew."""
        for store in (self._learning, self._known):
            for key in [key for key in store if key[1] == part]:
                del store[key]

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "learning": [[*key, values] for key, values in self._learning.items()],
            "known": [[*key, r.median, r.spread, r.samples] for key, r in self._known.items()],
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        self._learning = {(m, p): [float(v) for v in values] for m, p, values in data["learning"]}
        self._known = {(m, p): Reference(float(a), float(b), int(n)) for m, p, a, b, n in data["known"]}


def reference(values: list[float]) -> Reference:
    """Return the robust reference of some values: one outlier in five does not move it."""
    middle = median(values)
    return Reference(middle, MAD_TO_SIGMA * median(abs(v - middle) for v in values), len(values))
