"""From trends to tickets: a prediction must last, be of this device alone, matter, and fit into the budget.

    candidates of the day ─▶ effect ─▶ not site-wide ─▶ lasts ─▶ cool-down ─▶ budget ─┬▶ opened
                                                                                      └▶ ranked list
    standing predictions  ─▶ not seen for `clear_days` and well below where they began ─▶ closed

A gate is small plain state: `dump` and `load` lose nothing, so a restart changes no decision. Days are whole
numbers, counted from any one day.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from models.learning.base_rate import BaseRate
from models.learning.components import named

GRADES: Final = ((0.85, "A"), (0.6, "B"), (0.0, "C"))


@dataclass(frozen=True, slots=True)
class Policy:
    """How much is let through.

    Attributes:
        per_100_month: predictions for 100 devices in 30 days; a site may save up three months of it.
        false_per_100_month: likewise, of predictions expected to be wrong by their own probability.
        least: predictions in 30 days that even the smallest site may have; a fifth of it may be wrong.
        effect: share of the way to the end below which a change does not matter.
        likely: probability below which nothing is opened; it stands on the ranked list. More is asked where
            less fails than in the fleets that were taught on (`base_rate`).
        sure: probability from which on one day is enough; likewise.
        hold_share: what is less sure must last this share of the time that is left.
        hold_days: shortest and longest of that.
        passing_share, passing_days: likewise of what may pass by itself, however sure it is.
        useful_days: what is past its end and has less time left is no prediction: the fault itself is about
            to open, and its ticket does the work …
        overdue_days: … unless none came in so many days: then a limit was passed that no rule looks at.
        cool_days: after a prediction of a component of a device ended, none of it again so long.
        clear_days: measured days without the trend after which a prediction ends, if the wear itself ...
        clear_share: ... is gone down to this share of what it was at its worst; else after three
            times those days.
        wide_share: share of a site's devices that show the same within `wide_days`: it is the site.
        wide_least: fewer are no site.
        trusted: share of confirmed predictions of a component below which none is opened any more.
    """

    per_100_month: float = 10.0
    false_per_100_month: float = 1.0
    least: float = 5.0
    effect: float = 0.1
    likely: float = 0.77
    sure: float = 0.99
    hold_share: float = 1 / 6
    hold_days: tuple[int, int] = (2, 6)
    passing_share: float = 1 / 6
    passing_days: tuple[int, int] = (2, 6)
    useful_days: float = 2.0
    overdue_days: int = 28
    cool_days: int = 30
    clear_days: int = 14
    clear_share: float = 0.7
    wide_share: float = 0.3
    wide_least: int = 4
    wide_days: int = 10
    trusted: float = 0.3


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What one prediction is about."""

    device: str
    component: str
    part: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trend that passed its guards today.

    Attributes:
        key: what it is about.
        site: what it shares season, weather and power with.
        days_left: until the end.
        probability: that it fails before the horizon.
        effect: share of the way to the end that is used up.
    """

    key: Key
    site: str
    days_left: float
    probability: float
    effect: float

    @property
    def rank(self) -> tuple[float, float]:
        """Sorts the most urgent first: sure and soon."""
        return (-self.probability / max(self.days_left, 3.0), self.days_left)


@dataclass(slots=True)
class Standing:
    """A prediction that is open."""

    since: int
    effect: float
    seen: int  # last day with the trend
    missed: int = 0  # observed days since then


@dataclass(frozen=True, slots=True)
class Decision:
    """What a day changed.

    Attributes:
        opened: new predictions, the most urgent first.
        ranked: what may come, and what the budget held back, the most urgent first; no ticket.
        closed: predictions that did not come true: the trend is gone.
        wide: (site, component) -> devices that show it together.
    """

    opened: tuple[Candidate, ...] = ()
    ranked: tuple[Candidate, ...] = ()
    closed: tuple[Key, ...] = ()
    wide: Mapping[tuple[str, str], int] = field(default_factory=dict)


class Gate:
    """Lets trends become predictions.

    Args:
        policy: how much is let through.
        devices: how many are watched: the budget grows with them.
    """

    def __init__(self, policy: Policy | None = None, *, devices: int) -> None:
        self.policy = policy or Policy()
        self.devices = devices
        self.standing: dict[Key, Standing] = {}
        self._days: dict[Key, list[int]] = {}
        self._cool: dict[Key, int] = {}
        self._saved, self._doubt = 3 * self._monthly, 3 * self._monthly_false
        self._day: int | None = None
        self.rate = BaseRate()

    @property
    def _monthly(self) -> float:
        return max(self.policy.least, self.policy.per_100_month * self.devices / 100)

    @property
    def _monthly_false(self) -> float:
        return max(self.policy.least / 5, self.policy.false_per_100_month * self.devices / 100)

    def step(
        self,
        day: int,
        candidates: Iterable[Candidate],
        *,
        measured: Mapping[Key, float] | None = None,
        peers: Mapping[tuple[str, str], int] | None = None,
        blocked: Collection[Key] = (),
    ) -> Decision:
        """Judge one day; a day that was judged before, or lies in the past, changes nothing.

        Args:
            day: its number.
            candidates: the trends of this day.
            measured: present effect of what was measured well enough to show a trend; None: all
                was, and is well.
            peers: (site, component) -> how many devices have it.
            blocked: what has an open fault or is being worked on: neither opened nor closed.
        """
        if self._day is not None and day <= self._day:
            return Decision()
        passed = self._earn(day)
        found = {one.key: one for one in candidates if one.effect >= self.policy.effect}
        self.rate.take(day, passed, self.devices, found.values())
        wide = self._wide(day, found, peers or {})
        lasting = self._lasting(day, found, wide)
        closed = self._close(day, found, measured, blocked)
        ready = sorted(
            (one for one in lasting if self._may_open(one.key, day, blocked)), key=lambda one: one.rank
        )
        opened = [one for one in ready if self._spend(one)]
        for one in opened:
            self.standing[one.key] = Standing(day, one.effect, day)
        taken = self.standing.keys()
        ranked = sorted((one for one in found.values() if one.key not in taken), key=lambda one: one.rank)
        return Decision(tuple(opened), tuple(ranked), tuple(closed), wide)

    def end(self, key: Key, day: int) -> None:
        """Note that a prediction ended otherwise: it came true, was repaired, or a person closed it."""
        if self.standing.pop(key, None) is not None:
            self._cool[key] = day + self.policy.cool_days

    # ------------------------------------------------------------ steps

    def _earn(self, day: int) -> int:
        passed = 0 if self._day is None else day - self._day
        self._saved = min(3 * self._monthly, self._saved + passed * self._monthly / 30)
        self._doubt = min(3 * self._monthly_false, self._doubt + passed * self._monthly_false / 30)
        self._day = day
        return passed

    def _wide(
        self, day: int, found: Mapping[Key, Candidate], peers: Mapping[tuple[str, str], int]
    ) -> dict[tuple[str, str], int]:
        """Return where so many devices began to show the same at once that it is not theirs."""
        fresh: dict[tuple[str, str], set[str]] = {}
        for key, one in found.items():
            days = self._days.get(key, [day])
            if day - days[0] <= self.policy.wide_days:
                fresh.setdefault((one.site, key.component), set()).add(key.device)
        return {
            group: len(members)
            for group, members in fresh.items()
            if len(members) >= max(self.policy.wide_least, self.policy.wide_share * peers.get(group, 1 << 30))
        }

    def _lasting(
        self, day: int, found: Mapping[Key, Candidate], wide: Mapping[tuple[str, str], int]
    ) -> list[Candidate]:
        longest = max(self.policy.overdue_days, self.policy.hold_days[1], self.policy.passing_days[1])
        horizon = day - longest - 2
        self._days = {
            key: kept for key, days in self._days.items() if (kept := [d for d in days if d >= horizon])
        }
        out, likely, sure = [], self.rate.asks(self.policy.likely), self.rate.asks(self.policy.sure)
        for key, one in found.items():
            if one.probability < likely:
                continue
            days = self._days.setdefault(key, [])
            days.append(day)
            need = self._need(one, sure)
            recent = sum(d > day - need - 2 for d in days)  # one day may be missing
            if recent >= need and (one.site, key.component) not in wide:
                out.append(one)
        return out

    def _need(self, one: Candidate, sure: float) -> int:
        """Return how many days a trend must last."""
        if one.effect >= 1.0 and one.days_left < self.policy.useful_days:
            return self.policy.overdue_days
        share, (shortest, longest) = self.policy.hold_share, self.policy.hold_days
        if named(one.key.component).passes:
            share, (shortest, longest) = self.policy.passing_share, self.policy.passing_days
        elif one.probability >= sure:
            return 1
        return int(min(longest, max(shortest, one.days_left * share)))

    def _may_open(self, key: Key, day: int, blocked: Collection[Key]) -> bool:
        return key not in self.standing and key not in blocked and self._cool.get(key, day) <= day

    def _spend(self, one: Candidate) -> bool:
        doubt = 1 - one.probability
        if self._saved < 1 or self._doubt < doubt:
            return False
        self._saved -= 1
        self._doubt -= doubt
        return True

    def _close(
        self,
        day: int,
        found: Mapping[Key, Candidate],
        measured: Mapping[Key, float] | None,
        blocked: Collection[Key],
    ) -> list[Key]:
        closed = []
        for key, standing in self.standing.items():
            one = found.get(key)
            if one is not None:
                standing.seen, standing.missed = day, 0
                standing.effect = max(standing.effect, one.effect)
            elif key not in blocked and (measured is None or key in measured):
                standing.missed += 1
                healed = measured is None or measured[key] <= self.policy.clear_share * standing.effect
                if standing.missed >= self.policy.clear_days * (1 if healed else 3):
                    closed.append(key)
        for key in closed:
            self.end(key, day)
        return closed

    # ------------------------------------------------------------ memory

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "day": self._day,
            "saved": self._saved,
            "doubt": self._doubt,
            "standing": [[*_flat(key), asdict(one)] for key, one in self.standing.items()],
            "days": [[*_flat(key), days] for key, days in self._days.items()],
            "cool": [[*_flat(key), day] for key, day in self._cool.items()],
            "rate": self.rate.dump(),
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: it is something else; the gate is as before.
        """
        standing = {Key(*row[:3]): Standing(**row[3]) for row in data["standing"]}
        days = {Key(*row[:3]): [int(day) for day in row[3]] for row in data["days"]}
        cool = {Key(*row[:3]): int(row[3]) for row in data["cool"]}
        day = data["day"]
        rate = BaseRate.of(data["rate"]) if "rate" in data else BaseRate()  # older states have none
        saved, doubt = float(data["saved"]), float(data["doubt"])
        self.standing, self._days, self._cool = standing, days, cool
        self._saved, self._doubt = min(saved, 3 * self._monthly), min(doubt, 3 * self._monthly_false)
        self._day, self.rate = None if day is None else int(day), rate


def _flat(key: Key) -> tuple[str, str, str]:
    return (key.device, key.component, key.part)


def grade(probability: float) -> str:
    """Return how sure a prediction is, in one letter."""
    return next(letter for least, letter in GRADES if probability >= least)
