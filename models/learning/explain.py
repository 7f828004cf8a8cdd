"""Why a prediction is made, as messages with their numbers: the text is filled in by the catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite

from models.facts import Cause
from models.learning.odds import NO_FEEDBACK, Feedback
from models.learning.trend import Outlook


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about one prediction beside its trend.

    Attributes:
        metric: of the trend.
        outlook: the trend.
        siblings: how many like it are at the site; fewer than the trend's guard asks say nothing.
        measured: days on which the metric was measured, of the last `of`.
        of: see above.
        also: other metrics of the component -> whether they show the same.
        feedback: what became of earlier predictions of this kind.
    """

    metric: str
    outlook: Outlook
    siblings: int = 0
    measured: int = 0
    of: int = 0
    also: Mapping[str, bool] = field(default_factory=dict)
    feedback: Feedback = NO_FEEDBACK

    @property
    def is_compared(self) -> bool:
        """Whether season and weather could be taken off."""
        return self.siblings > 0 and isfinite(self.outlook.siblings)


def explain(evidence: Evidence) -> tuple[Cause, ...]:
    """Return the explanation, the summary first."""
    return tuple(_explain(evidence))


def _explain(evidence: Evidence) -> Iterator[Cause]:
    one = evidence.outlook
    facts: dict[str, float | str] = {"quantity": evidence.metric, "base": one.base, "now": one.now}
    if one.window == 0:
        yield Cause(
            "wear.at_end" if one.depleted >= 1 else "wear.stands", {**facts, "depleted": one.depleted}
        )
    else:
        yield Cause("wear.summary", {**facts, "depleted": one.depleted})
        week = {"window": one.window, "slope": 7 * one.slope, "significance": one.significance}
        yield Cause("wear.slope", week)
    if evidence.is_compared:
        yield Cause("wear.siblings", {"count": evidence.siblings, "siblings": one.siblings})
    else:
        yield Cause("wear.alone")
    for metric, agrees in evidence.also.items():
        yield Cause("wear.also" if agrees else "wear.against", {"quantity": metric})
    if one.window:
        yield Cause("wear.ruled_out" if evidence.is_compared else "wear.ruled_out_alone")
    if evidence.of:
        yield Cause("wear.measured", {"days": evidence.measured, "of": evidence.of})
    told = evidence.feedback
    if told != NO_FEEDBACK:
        yield Cause(
            "wear.track_record",
            {"confirmed": told.confirmed, "no_fault": told.no_fault, "other_part": told.other_part},
        )
