"""How probable a forecast failure is: trees that were taught on simulated fleets, corrected by feedback.

`wear_odds.json` holds them as numbers, with a card that says from what they were made and how well they do on
fleets that they were not taught on (`bench/years/teach.py`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.learning.boosted import Boosted
from models.learning.robust import Floats
from models.learning.signs import FEATURES

FILE: Final = Path(__file__).with_name("wear_odds.json")
# Of what has no slope, set by hand: it came far at once and stays there; it is past its end.
STANDS: Final = 0.8
AT_END: Final = 0.9


def probability(table: Floats) -> Floats:
    """Return for each row of signs, [cell, FEATURES], the probability that the component is about to fail."""
    return np.asarray(1 / (1 + np.exp(-_trees().log_odds(table))))


@cache
def card() -> Mapping[str, Any]:
    """Return what the trees were made from, and how well they do."""
    return dict(_shipped()["card"])


@cache
def _trees() -> Boosted:
    data = _shipped()
    if data["features"] != list(FEATURES):
        raise ValueError(f"{FILE.name} was taught on other signs: run bench.years.teach")
    return Boosted.of(data)


def _shipped() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Feedback:
    """What became of earlier predictions of a component, as the technicians confirmed it."""

    confirmed: int = 0
    no_fault: int = 0
    other_part: int = 0

    @property
    def precision(self) -> float:
        """Share of right ones, beginning from a weak belief in 8 of 9; another part is half right."""
        right = 8 + self.confirmed + 0.5 * self.other_part
        return right / (9 + self.confirmed + self.no_fault + self.other_part)


NO_FEEDBACK: Final = Feedback()


def corrected(probability: float, feedback: Feedback) -> float:
    """Return a probability moved by what feedback says of the component: a shift of its log-odds."""
    shift = _logit(feedback.precision) - _logit(NO_FEEDBACK.precision)
    return 1 / (1 + exp(-(_logit(min(max(probability, 0.01), 0.99)) + shift)))


def _logit(p: float) -> float:
    return log(p / (1 - p))
