"""How probable a forecast failure is: a logistic curve over what a trend shows, corrected by feedback."""

from dataclasses import dataclass
from math import exp, log
from typing import Final

from models.learning.trend import Outlook

# Set by hand, and moved by feedback: intercept, and the weights of significance, of wear that is used up,
# and of the share of the horizon that is left. bench.fleet says how well it is calibrated.
WEIGHTS: Final = (0.0, 0.25, 1.0, -0.5)


def odds(one: Outlook, horizon_days: float) -> float:
    """Return the probability that the component fails about when it is forecast."""
    if one.window == 0:
        return 0.9 if one.depleted >= 1 else 0.7  # past its end; or far on the way, and it stays there
    start, significance, depleted, left = WEIGHTS
    score = start + significance * min(one.significance, 12.0) + depleted * min(one.depleted, 1.5)
    return 1 / (1 + exp(-(score + left * one.days_left / horizon_days)))


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
