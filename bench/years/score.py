"""Judge predictions by incidents, not by points."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from bench.years.folder import same
from bench.years.strip import Failing, World
from bench.years.walk import Ticket

EARLY: Final = 7.0  # days before the onset that still count as seeing it
USEFUL: Final = 2.0  # days before the failure that are the least of use: one visit
ROOM: Final = 2.0  # times the days forecast: a failure that late would still be the one that was meant
AFTER: Final = 60.0  # days after a failure (or before an onset) within which a ticket is not out of thin air


@dataclass(slots=True)
class Score:
    """What became of a way of predicting."""

    counts: Counter[str] = field(default_factory=Counter)
    leads: list[float] = field(default_factory=list)
    judged: list[tuple[float, bool]] = field(default_factory=list)  # probability, and whether it was a hit
    failures: int = 0
    caught: int = 0
    jumps: int = 0  # failures in a single jump, where the truth tells: nobody can foresee them
    months_100: float = 0.0
    by_component: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    most_a_day: int = 0
    days: int = 0

    def told(self) -> dict[str, Any]:
        """Return the figures."""
        right = self.counts["hit"]
        opened = sum(self.counts[name] for name in ("hit", "late", "early", "false"))
        wrong = self.counts["false"] + self.counts["early"]
        return {
            "recall": round(self.caught / self.failures, 4) if self.failures else None,
            "precision": round(right / opened, 4) if opened else None,
            "lead_median_d": _of(self.leads, 50),
            "lead_p10_d": _of(self.leads, 10),
            "false_per_100_device_month": round(wrong / max(self.months_100, 1e-9), 4),
            "tickets": sum(self.counts.values()),
            **{
                name: self.counts[name]
                for name in ("hit", "late", "early", "false", "duplicate", "undecided")
            },
            "failures": self.failures,
            "jumps": self.jumps,
            "recall_but_jumps": _share(self.caught, self.failures - self.jumps),
            "most_a_day": self.most_a_day,
        }

    def calibration(self) -> dict[str, Any]:
        """Return Brier score, its skill over the base rate, and the expected calibration error in 10 bins."""
        return calibration(self.judged)


def calibration(judged: Sequence[tuple[float, bool]]) -> dict[str, Any]:
    """Return Brier score, its skill over the base rate, and the expected calibration error in 10 bins."""
    if not judged:
        return {"brier": None, "brier_skill": None, "ece": None}
    p = np.array([one for one, _ in judged])
    y = np.array([hit for _, hit in judged], dtype=float)
    brier, base = float(np.mean((p - y) ** 2)), float(np.mean((y.mean() - y) ** 2))
    bins = np.minimum((p * 10).astype(int), 9)
    ece = sum(abs(p[bins == b].mean() - y[bins == b].mean()) * np.mean(bins == b) for b in set(bins))
    return {
        "brier": round(brier, 4),
        "brier_skill": round(1 - brier / base, 4) if base else None,
        "ece": round(float(ece), 4),
    }


def of_list(world: World, listed: Sequence[Ticket]) -> dict[str, Any]:
    """Return how well the probabilities of all that was on the list hold, opened or not.

    Each look is judged by itself, as if it had been told then; after a failure nothing is judged.
    """
    truth: dict[str, list[Failing]] = defaultdict(list)
    for failing in world.truth:
        truth[failing.device].append(failing)
    judged = []
    for one in listed:
        at, mine = one.day + 1.0, [f for f in truth[one.device] if same(f.component, one.component)]
        if not any(f.failure - USEFUL < at <= f.failure + AFTER for f in mine):
            hit = any(f.onset - EARLY <= at <= f.failure - USEFUL for f in mine)
            judged.append((one.probability, hit))
    return {f"listed_{name}": value for name, value in calibration(judged).items()} | {"listed": len(judged)}


def judge(world: World, tickets: Sequence[Ticket]) -> Score:
    """Return how the tickets meet the truth; a failure after the last day counts for precision only."""
    score = Score(days=world.days, months_100=world.devices / 100 * world.days / 30.4)
    truth: dict[str, list[Failing]] = defaultdict(list)
    for failing in world.truth:
        truth[failing.device].append(failing)
        score.failures += failing.failure < world.days
        score.jumps += failing.failure < world.days and failing.shape == "abrupt"
    seen: set[int] = set()
    for ticket in sorted(tickets, key=lambda one: one.day):
        mine = [one for one in truth[ticket.device] if same(one.component, ticket.component)]
        verdict = _verdict(ticket, mine, seen, score)
        if verdict == "false" and ticket.day + ROOM * ticket.days_left >= world.known_until:
            verdict = "undecided"
        score.counts[verdict] += 1
        score.by_component[ticket.component][verdict] += 1
        if verdict not in ("duplicate", "undecided"):
            score.judged.append((ticket.probability, verdict == "hit"))
    score.most_a_day = max(Counter(ticket.day for ticket in tickets).values(), default=0)
    for failing in world.truth:
        if failing.failure < world.days:
            score.by_component[failing.component]["caught" if id(failing) in seen else "missed"] += 1
    return score


def _verdict(ticket: Ticket, mine: list[Failing], seen: set[int], score: Score) -> str:
    # A measurement is of the whole day: the ticket comes at its end.
    at = ticket.day + 1.0
    for one in mine:
        if one.onset - EARLY <= at <= one.failure - USEFUL:
            if id(one) in seen:
                return "duplicate"
            seen.add(id(one))
            score.leads.append(one.failure - at)
            score.caught += one.failure < score.days
            return "hit"
    if any(one.failure - USEFUL < at <= one.failure + AFTER for one in mine):
        return "duplicate" if any(id(one) in seen and one.failure + AFTER >= at for one in mine) else "late"
    return "early" if any(one.onset - AFTER <= at < one.onset for one in mine) else "false"


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _of(leads: list[float], percent: float) -> float | None:
    return round(float(np.percentile(leads, percent)), 1) if leads else None
