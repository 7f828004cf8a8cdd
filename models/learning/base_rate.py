"""How often things really fail here: where nothing ever did, it takes more to believe that something will.

The trees were taught on fleets in which much fails. Bayes' rule moves their odds by how many components
reached their end here, in how many years of how many devices, against how many did there: nine of ten that
look like failing in a fleet where much fails are one of two where nothing does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import exp, log
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from models.learning.gate import Candidate, Key

TAUGHT: Final = 0.12  # ends a device and year in the fleets that were taught on
BELIEF: Final = 1.0  # ends' worth of belief that it is so here too
AT_MOST: Final = 3.0  # by how much log-odds are moved down
LIKELY: Final = 0.8  # probability from which on what is past its end counts as ended …
LASTS: Final = 5  # … on so many days …
OF: Final = 10  # … of so many; what passes by itself is seldom there so long
ONCE: Final = 60  # days within which one end is the same one
LONGEST: Final = 7  # days at once that count as watched: a gap teaches nothing
YEAR: Final = 365.25


@dataclass(slots=True)
class BaseRate:
    """Counts what reached its end. `watched`: device-years; `ends`: of components."""

    watched: float = 0.0
    ends: int = 0
    _past: "dict[Key, list[int]]" = field(default_factory=dict)
    _counted: "dict[Key, int]" = field(default_factory=dict)

    @property
    def shift(self) -> float:
        """By how much the log-odds of a prediction are moved, 0 or below."""
        rate = (self.ends + BELIEF) / (self.watched + BELIEF / TAUGHT)
        return max(-AT_MOST, min(0.0, log(rate / TAUGHT)))

    def asks(self, probability: float) -> float:
        """Return the probability that the trees must give for what is asked to be so here."""
        return 1 / (1 + exp(-(log(probability / (1 - probability)) - self.shift)))

    def take(self, day: int, passed: int, devices: int, candidates: "Iterable[Candidate]") -> None:
        """Count a day on which `devices` were watched, `passed` days after the last."""
        self.watched += min(passed, LONGEST) * devices / YEAR
        for one in candidates:
            if one.effect >= 1.0 and one.probability >= LIKELY:
                days = self._past.setdefault(one.key, [])
                days[:] = [*(d for d in days if d > day - OF), day]
                if len(days) >= LASTS:
                    self.ends += self._counted.get(one.key, day - ONCE - 1) < day - ONCE
                    self._counted[one.key] = day
        self._past = {key: days for key, days in self._past.items() if days[-1] > day - OF}
        self._counted = {key: at for key, at in self._counted.items() if at >= day - ONCE}

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "watched": self.watched,
            "ends": self.ends,
            "past": [[key.device, key.component, key.part, days] for key, days in self._past.items()],
            "counted": [[key.device, key.component, key.part, at] for key, at in self._counted.items()],
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "BaseRate":
        """Return what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        from models.learning.gate import Key  # noqa: PLC0415  the gate is made of this

        past = {Key(*row[:3]): [int(day) for day in row[3]] for row in data["past"]}
        counted = {Key(*row[:3]): int(row[3]) for row in data["counted"]}
        return cls(float(data["watched"]), int(data["ends"]), past, counted)
