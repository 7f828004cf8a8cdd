"""The contract's KPIs over any period, for a device, a group, the site, or all sites of a customer.

    store, book ─▶ measure(period) ─▶ Measured ─▶ figures(devices) ─▶ Figure*
Everything is read once, for all devices; a figure for fewer of them is a sum over less. The agent's own
downtime is not a device's: only what was observed counts, and how much that was stands beside every figure.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from models.service.figures import KPIS, Figure, Share, mean_of_ratios, pooled


@dataclass(frozen=True, slots=True)
class Planned:
    """Planned work on devices: its time counts neither for nor against anybody."""

    devices: frozenset[str]
    since: float
    until: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when, Unix seconds; `name` for people."""

    since: float
    until: float
    name: str = ""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max(0.0, self.until - self.since)


@dataclass(frozen=True, slots=True)
class TicketFact:
    """One ticket, as far as a KPI asks. None: the question does not arise."""

    reference: str
    device: str
    started: bool = False  # its clocks began in the period
    breached: bool = False
    diagnosed: bool | None = None  # whether the suggested cause was confirmed, in the period
    resolved: bool = False  # in the period
    repeat: bool = False
    complete: bool | None = None  # of one closed in the period: whether every mandatory field is there
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """All that the figures of a period are made of.

    Attributes:
        period: clipped to now.
        shares: KPI -> device -> what it contributes.
        tickets: those that count: no drills, no latent faults, none that turned out to be no fault.
        answers: (device, satisfied) of follow-ups answered in the period.
        upheld: devices of complaints upheld in the period, "" for the site.
        alive: share of the period in which the agent ran.
        why: KPI -> why nothing measures it.
    """

    period: Period
    shares: Mapping[str, Mapping[str, Share]] = field(default_factory=dict)
    tickets: Sequence[TicketFact] = ()
    answers: Sequence[tuple[str, bool]] = ()
    upheld: Sequence[str] = ()
    alive: float = 0.0
    why: Mapping[str, str] = field(default_factory=dict)
    targets: Mapping[str, float] = field(default_factory=dict)

    def figures(self, devices: Collection[str] | None = None) -> list[Figure]:
        """Return every KPI, for some devices or (None) for all."""
        return [replace(one, target=self.targets.get(one.kpi.code)) for one in self._figures(devices)]

    def _figures(self, devices: Collection[str] | None) -> Iterator[Figure]:
        for code, kpi in KPIS.items():
            if code in self.shares:
                mine = [s for device, s in self.shares[code].items() if devices is None or device in devices]
                whole = mean_of_ratios if code == "online_rate" else pooled
                figure = whole(kpi, mine, unit=1.0 if code in _COUNTED else 3600.0)
                yield replace(figure, why=self.why.get(code, "" if mine else "no_equipment"))
            elif code in _OF_TICKETS:
                yield self._of_tickets(code, devices)
            else:
                yield Figure(kpi, why=self.why.get(code, "no_collector"))

    def _of_tickets(self, code: str, devices: Collection[str] | None) -> Figure:
        mine = [t for t in self.tickets if devices is None or t.device in devices]
        answers = [good for device, good in self.answers if devices is None or device in devices]
        upheld = sum(devices is None or device in devices for device in self.upheld)
        good, of = _OF_TICKETS[code](mine, answers, upheld)
        return Figure(KPIS[code], good, of, coverage=self.alive)


def join(all_of: Sequence[Measured]) -> Measured:
    """Return several sites of a customer as one; each site's devices keep apart, the periods weigh alike."""
    shares: dict[str, dict[str, Share]] = {}
    for number, one in enumerate(all_of):
        for code, mine in one.shares.items():
            shares.setdefault(code, {}).update(
                {f"{number}/{device}": share for device, share in mine.items()}
            )
    alive = sum(one.alive for one in all_of) / len(all_of) if all_of else 0.0
    return Measured(
        all_of[0].period,
        shares,
        tickets=[ticket for one in all_of for ticket in one.tickets],
        answers=[answer for one in all_of for answer in one.answers],
        upheld=[device for one in all_of for device in one.upheld],
        alive=alive,
        why={code: why for one in all_of for code, why in one.why.items() if code not in shares},
        targets=all_of[0].targets,
    )


_Counted = Callable[[Sequence[TicketFact], Sequence[bool], int], tuple[float, float]]
_COUNTED: Final = frozenset({"clock_accuracy", "retention"})


def _timely(tickets: Sequence[TicketFact], _answers: Sequence[bool], _upheld: int) -> tuple[float, float]:
    started = [t for t in tickets if t.started]
    return sum(not t.breached for t in started), len(started)


def _diagnosed(tickets: Sequence[TicketFact], _answers: Sequence[bool], _upheld: int) -> tuple[float, float]:
    told = [t.diagnosed for t in tickets if t.diagnosed is not None]
    return sum(told), len(told)


def _repeated(tickets: Sequence[TicketFact], _answers: Sequence[bool], _upheld: int) -> tuple[float, float]:
    resolved = [t for t in tickets if t.resolved]
    return sum(t.repeat for t in resolved), len(resolved)


def _satisfied(_tickets: Sequence[TicketFact], answers: Sequence[bool], _upheld: int) -> tuple[float, float]:
    return sum(answers), len(answers)


def _complained(tickets: Sequence[TicketFact], _answers: Sequence[bool], upheld: int) -> tuple[float, float]:
    return upheld, sum(t.started for t in tickets)


def _recorded(tickets: Sequence[TicketFact], _answers: Sequence[bool], _upheld: int) -> tuple[float, float]:
    closed = [t.complete for t in tickets if t.complete is not None]
    return sum(closed), len(closed)


_OF_TICKETS: Final[Mapping[str, _Counted]] = {
    "timeliness": _timely,
    "diagnosis_accuracy": _diagnosed,
    "repeat_faults": _repeated,
    "satisfaction": _satisfied,
    "complaint_rate": _complained,
    "record_completeness": _recorded,
}
