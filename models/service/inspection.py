"""Judging a checklist: each item on each device ends in exactly one outcome; lack of data is never a pass.

Item + Evidence ─▶ Entry: passed (what was seen) · failed (its ticket) · manual (why) · not measured (why)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from models.facts import Device, Phase
from models.service.draws import Draw, draw
from models.service.figures import ENOUGH, Share
from models.service.plans import Item, Plan, Query

Facts = Mapping[str, float | str]


class Outcome(StrEnum):
    """How one item on one device ended; sorts from the worst."""

    FAILED = "failed"
    NOT_MEASURED = "not_measured"
    MANUAL = "manual"
    PASSED = "passed"


WORST_FIRST = (Outcome.FAILED, Outcome.NOT_MEASURED, Outcome.MANUAL, Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Seen:
    """How one fault of one part of a device stands, as the watch knows it."""

    code: str
    part: str
    phase: Phase
    since: float
    at: float = 0.0  # when its evidence was taken


@dataclass(frozen=True, slots=True)
class Value:
    """One part's value of a metric over the window of a query."""

    part: str
    value: float
    at: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the agent knows at the moment of an inspection.

    Attributes:
        at: the moment.
        agent_since: when the agent was seen last, where it is not running now; None while it runs.
        seen: device -> its faults, in whatever phase.
        values: (metric, aggregate, days) -> device -> values.
        baseline: (device, metric, part) -> value at hand-over.
        online: days -> device -> time it answered and time it was observed.
        silent: device -> message (with facts) that says why it tells nothing.
        tickets: (device, fault code) -> number of the open ticket about it; code "": any open on the device.
        told: metric -> devices that told it in the last year, for items with `where_told`.
        faults, metrics: names that this build knows, and that something here measures.
    """

    at: float
    agent_since: float | None = None
    seen: Mapping[str, Sequence[Seen]] = field(default_factory=dict)
    values: Mapping[tuple[str, str, int], Mapping[str, Sequence[Value]]] = field(default_factory=dict)
    baseline: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    online: Mapping[int, Mapping[str, Share]] = field(default_factory=dict)
    silent: Mapping[str, tuple[str, Facts]] = field(default_factory=dict)
    tickets: Mapping[tuple[str, str], str] = field(default_factory=dict)
    told: Mapping[str, frozenset[str]] = field(default_factory=dict)
    faults: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One item on one device. `detail` names a message; `facts` fills it."""

    item: str
    device: str  # "": the site as a whole
    outcome: Outcome
    detail: str = ""
    facts: Facts = field(default_factory=dict)
    ticket: str = ""


def inspect(
    plan: Plan, devices: Iterable[Device], evidence: Evidence, *, seed: str
) -> tuple[list[Entry], list[Draw]]:
    """Return an entry for each item on each device it is about, and the draws of sampled items.

    An item whose equipment the site does not have has no entry.
    """
    known = tuple(devices)
    entries: list[Entry] = []
    drawn: list[Draw] = []
    for item in plan.items:
        names = [device.id for device in known if device.kind in item.equipment] if item.equipment else [""]
        if item.where_told:
            names = [name for name in names if name in evidence.told.get(item.where_told, ())]
        if item.sample is not None and item.equipment:
            one = draw(names, item.sample, f"{seed}/{item.id}")
            drawn.append(one)
            names = list(one.chosen)
        entries += (judge(item, name, evidence) for name in names)
    return entries, drawn


def judge(item: Item, device: str, evidence: Evidence) -> Entry:
    """Return how one item ends on one device: the worst of its queries."""
    if not item.queries:
        return Entry(item.id, device, Outcome.MANUAL, "inspect.by_hand")
    found = [_Asked(item.id, device, query, evidence).entry() for query in item.queries]
    worst = min(found, key=lambda entry: WORST_FIRST.index(entry.outcome))
    if worst.outcome is Outcome.PASSED and len(found) > 1:
        return next((entry for entry in found if entry.detail != "inspect.no_fault"), worst)
    return worst


def evidenced(entries: Iterable[Entry]) -> float | None:
    """Return the share of entries that ended by evidence, passed or failed; None for none at all."""
    given = list(entries)
    told = sum(entry.outcome in {Outcome.PASSED, Outcome.FAILED} for entry in given)
    return told / len(given) if given else None


# ---------------------------------------------------------------- one query


@dataclass(frozen=True, slots=True)
class _Asked:
    """One query of one item about one device."""

    item: str
    device: str
    query: Query
    evidence: Evidence

    def entry(self) -> Entry:
        query = self.query
        known = self.evidence.faults
        missing = [code for code in query.faults if code not in known]
        missing += [name for name in query.also if not any(fnmatchcase(code, name) for code in known)]
        if query.metric and query.metric not in self.evidence.metrics:
            missing.append(query.metric)
        if missing:
            return self._unseen("inspect.no_collector", what=", ".join(missing))
        if self.evidence.agent_since is None and (broken := self._broken()) is not None:
            return broken
        if query.faults:
            return self._faults()
        return self._online(query.online) if query.online is not None else self._values()

    def _faults(self) -> Entry:
        down = self.evidence.agent_since
        if down is not None:
            return self._unseen("inspect.agent_down", since=down)
        codes, mine = self.query.faults, self._mine()
        if any(seen.phase is Phase.PENDING for seen in mine):
            return self._unseen("inspect.pending")
        fine = [seen for seen in mine if seen.phase is Phase.OK]
        never = [code for code in codes if not any(seen.code == code for seen in fine)]
        blind = [seen.code for seen in mine if seen.code in codes and seen.phase is Phase.UNKNOWN]
        if never or blind:
            return self._silent() or self._unseen("inspect.not_looked", fault=(never or blind)[0])
        return self._passed("inspect.no_fault", count=len(fine), at=max(seen.at for seen in fine))

    def _mine(self) -> list[Seen]:
        """Return how the faults that this query names stand on this device."""
        names = (*self.query.faults, *self.query.also)
        found = self.evidence.seen.get(self.device, ())
        return [seen for seen in found if any(fnmatchcase(seen.code, name) for name in names)]

    def _broken(self) -> Entry | None:
        """Fail with the fault that stands, if any does."""
        for seen in self._mine():
            if seen.phase in {Phase.OPEN, Phase.RECOVERING}:
                return self._failed(
                    "inspect.fault", seen.code, fault=seen.code, since=seen.since, part=seen.part
                )
        return None

    def _online(self, wanted: float) -> Entry:
        share = self.evidence.online.get(self.query.days, {}).get(self.device)
        if share is None or share.seen <= 0:
            return self._silent() or self._unseen("inspect.not_observed", days=self.query.days)
        covered = min(1.0, share.seen / share.expected) if share.expected > 0 else 0.0
        facts = {
            "share": share.good / share.seen,
            "limit": wanted,
            "days": self.query.days,
            "covered": covered,
        }
        if covered < ENOUGH:
            return self._unseen("inspect.collecting", **facts)
        if share.good / share.seen < wanted:
            return self._failed("inspect.offline", "REACH_LOST", **facts)
        return self._passed("inspect.online", **facts)

    def _values(self) -> Entry:
        query = self.query
        table = self.evidence.values.get((query.metric, query.of, query.days), {})
        found = table.get(self.device, ())
        if not found:
            down = self.evidence.agent_since
            if down is not None:
                return self._unseen("inspect.agent_down", since=down)
            return self._silent() or self._unseen("inspect.no_value", what=query.metric, days=query.days)
        if query.needs_baseline:
            return self._against_baseline(found)
        for one in found:
            if not _within(one.value, query.at_least, query.at_most):
                return self._failed("inspect.value_bad", "", **self._facts(one))
        return self._passed("inspect.value", **self._facts(max(found, key=lambda one: abs(one.value))))

    def _against_baseline(self, found: Sequence[Value]) -> Entry:
        query, known = self.query, self.evidence.baseline
        pairs = [
            (one, known[self.device, query.metric, one.part])
            for one in found
            if known.get((self.device, query.metric, one.part))
        ]
        if not pairs:
            return self._unseen("inspect.no_baseline", what=query.metric)
        worst = max(pairs, key=lambda pair: abs(pair[0].value / pair[1] - 1))
        facts = {**self._facts(worst[0]), "baseline": worst[1], "share": worst[0].value / worst[1]}
        if all(_within(v.value / was, query.baseline_at_least, query.baseline_at_most) for v, was in pairs):
            return self._passed("inspect.as_delivered", **facts)
        return self._failed("inspect.drifted", "", **facts)

    def _facts(self, one: Value) -> dict[str, float | str]:
        return {"what": self.query.metric, "value": one.value, "part": one.part, "at": one.at}

    def _silent(self) -> Entry | None:
        why = self.evidence.silent.get(self.device)
        return self._unseen(why[0], **why[1]) if why else None

    def _passed(self, detail: str, **facts: float | str) -> Entry:
        return Entry(self.item, self.device, Outcome.PASSED, detail, facts)

    def _unseen(self, detail: str, **facts: float | str) -> Entry:
        return Entry(self.item, self.device, Outcome.NOT_MEASURED, detail, facts)

    def _failed(self, detail: str, code: str, **facts: float | str) -> Entry:
        """Fail with the ticket of this fault, or else any that is open on the device."""
        tickets = self.evidence.tickets
        ticket = tickets.get((self.device, code)) or tickets.get((self.device, ""), "")
        return Entry(self.item, self.device, Outcome.FAILED, detail, facts, ticket)


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
