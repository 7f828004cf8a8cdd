"""Decides whether people hear of an incident now: windows, new devices, a share of tickets for each day.

    opened ──▶ quiet now? ── yes ─▶ held ── looked at again ──▶ opened, with a word why it is late
                  │ no                └── ended meanwhile: never told
                  └──────────────────────────────────────────▶ opened
What was told once stays told: it grows and ends aloud, whatever is quiet by then. What the day's share does
not allow is in one digest meanwhile.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from models.facts import SITE, Cause, Criticality, Ending, FaultKey, Finding, Health, Incident, Phase, Verdict
from models.faults import FAULTS, Severity, severity_of
from models.quiet import Site, Window, covering

DAY: Final = 86400.0
LOOK_SECONDS: Final = 10.0  # so often is it looked whether the day has room again
FLOOD: Final = FaultKey(SITE, "", "TICKET_FLOOD")
_OWN: Final = frozenset({FLOOD.code, "AGENT_BLIND", "SITE_DARK"})  # few by nature: no share is asked for


@dataclass(frozen=True, slots=True)
class Limits:
    """How much people are told.

    Attributes:
        per_day: tickets of a site within any 24 hours, 0 for no limit. What is critical (S1, or on a critical
            device) has a second share of the same size for itself.
        predictions_per_day: likewise for predictions, which have no digest: they can wait.
        grace: seconds in which nothing is told of a device that is new in the inventory.
        digest_every: seconds between two words about a digest that grew.
    """

    per_day: int = 100
    predictions_per_day: int = 10
    grace: float = 3600.0
    digest_every: float = 3600.0


class Why(StrEnum):
    """Why an incident is held back."""

    MAINTENANCE = "maintenance"
    SILENCE = "silence"
    NEW = "new"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why, until when (None: not known), and by whom."""

    why: Why
    until: float | None = None
    who: str = ""
    said: str = ""

    def note(self) -> Cause:
        """Return what the ticket says of it."""
        facts = {"who": self.who, "why": self.said}
        return Cause(f"held.{self.why.value}", facts)


@dataclass(slots=True)
class Held:
    """One incident that people have not heard of."""

    incident: Incident
    reason: Reason
    since: float


@dataclass(frozen=True, slots=True)
class Note:
    """For the audit log: what was held back or let go, and why."""

    at: float
    key: str
    what: str
    why: str = ""
    who: str = ""


@dataclass(slots=True)
class Passed:
    """What people are told."""

    opened: list[Incident] = field(default_factory=list)
    updated: list[Incident] = field(default_factory=list)
    closed: list[Incident] = field(default_factory=list)


class Gate:
    """The gate of one site. Holds no clock.

    Args:
        site: the first part of every key.
        limits: how much people are told.
    """

    def __init__(self, site: str, limits: Limits) -> None:
        self._site = site
        self._limits = limits
        self.windows: tuple[Window, ...] = ()
        self.scene = Site({})
        self._held: dict[str, Held] = {}
        self._told: dict[str, tuple[float, str]] = {}  # key -> when, and of which share
        self._known: dict[str, float] | None = None  # device -> when it was new; None: no inventory so far
        self._digest: Incident | None = None
        self._digest_at = 0.0
        self._looked_at = float("-inf")
        self.notes: list[Note] = []

    @property
    def held(self) -> Mapping[str, Held]:
        """What people have not heard of, by key."""
        return self._held

    def keep_devices(self, devices: Collection[str], at: float) -> None:
        """Take the inventory; those that come later than the first are new for a while."""
        if self._known is None:
            self._known = dict.fromkeys(devices, float("-inf"))
        self._known = {id_: self._known.get(id_, at) for id_ in devices}

    def open(self, incident: Incident, at: float, out: Passed) -> None:
        """An incident opened."""
        reason = self._reason(incident, at)
        if reason is None:
            self._tell(incident, at, out)
            return
        self._held[incident.key] = Held(incident, reason, at)
        self.notes.append(Note(at, incident.key, "held_back", _said(reason), reason.who))

    def update(self, incident: Incident, out: Passed) -> None:
        """An incident explains more."""
        held = self._held.get(incident.key)
        if held is not None:
            held.incident = incident
        else:
            out.updated.append(incident)

    def close(self, incident: Incident, at: float, out: Passed) -> None:
        """An incident ended; of one that nobody heard of nobody hears."""
        if self._held.pop(incident.key, None) is not None:
            self.notes.append(Note(at, incident.key, "never_told", incident.ending or ""))
        else:
            out.closed.append(incident)

    def step(self, at: float, out: Passed) -> None:
        """Look again at what is held back: the worst first, then the oldest."""
        is_shares_turn = not 0 <= at - self._looked_at < LOOK_SECONDS
        if is_shares_turn:
            self._looked_at = at
            self._told = {key: (when, of) for key, (when, of) in self._told.items() if 0 <= at - when < DAY}
        for held in sorted(self._held.values(), key=self._rank):
            if held.reason.why is Why.CAP and not is_shares_turn:
                continue
            reason = self._reason(held.incident, at)
            if reason is None:
                del self._held[held.incident.key]
                self.notes.append(Note(at, held.incident.key, "let_go", _said(held.reason), held.reason.who))
                late = replace(held.incident, notes=(*held.incident.notes, held.reason.note()))
                self._tell(late, at, out)
            else:
                held.reason = reason
        self._sum_up(at, out)

    # ------------------------------------------------------------ reasons

    def _reason(self, incident: Incident, at: float) -> Reason | None:
        root = incident.root.key
        window = covering(self.windows, root, self.scene, at)
        if window is not None:
            return Reason(Why(window.kind.value), window.lasts_until(at), window.who, window.why)
        new_since = (self._known or {}).get(root.device, float("-inf"))
        if 0 <= at - new_since < self._limits.grace:
            return Reason(Why.NEW, new_since + self._limits.grace)
        return None if self._has_share(incident, at) else Reason(Why.CAP)

    def _has_share(self, incident: Incident, at: float) -> bool:
        share = self._share(incident)
        most = self._limits.predictions_per_day if share == "prediction" else self._limits.per_day
        if not most or not share or incident.key in self._told:
            return True
        return sum(of == share and 0 <= at - when < DAY for when, of in self._told.values()) < most

    def _share(self, incident: Incident) -> str:
        """Return of which share of the day a ticket is; "" is of none."""
        if incident.prediction is not None:
            return "prediction"
        if incident.root.key.code in _OWN:
            return ""
        return "critical" if self._is_critical(incident) else "normal"

    def _is_critical(self, incident: Incident) -> bool:
        key = incident.root.key
        device = self.scene.devices.get(key.device)
        is_critical = device is not None and device.criticality is Criticality.CRITICAL
        return is_critical or severity_of(FAULTS[key.code], device) is Severity.S1

    def _rank(self, held: Held) -> tuple[str, float]:
        key = held.incident.root.key
        return severity_of(FAULTS[key.code], self.scene.devices.get(key.device)).value, held.since

    def _tell(self, incident: Incident, at: float, out: Passed) -> None:
        share = self._share(incident)
        if share:
            self._told.setdefault(incident.key, (at, share))
        out.opened.append(incident)

    # ------------------------------------------------------------ the digest

    def _sum_up(self, at: float, out: Passed) -> None:
        """Keep one incident for all faults that the day's share does not allow."""
        over = [h for h in self._held.values() if h.reason.why is Why.CAP and h.incident.prediction is None]
        roots = tuple(sorted((held.incident.root.key for held in over), key=str))
        if not roots:
            if self._digest is not None:
                ended = replace(self._digest, closed_at=at, ending=Ending.RECOVERED)
                self._digest = None
                out.closed.append(ended)
            return
        before = self._digest
        self._digest = self._summary(roots, before.opened_at if before else at)
        if before is None:
            out.opened.append(self._digest)
        elif set(roots) <= set(before.children) or abs(at - self._digest_at) < self._limits.digest_every:
            self._digest = replace(self._digest, children=before.children)
            return
        else:
            out.updated.append(self._digest)
        self._digest_at = at

    def _summary(self, roots: tuple[FaultKey, ...], opened: float) -> Incident:
        facts = {"count": float(len(roots)), "most": float(self._limits.per_day)}
        verdict = Verdict(SITE, FAULTS[FLOOD.code], Health.BAD, "", "held.flood", facts, opened)
        finding = Finding(FLOOD, Phase.OPEN, opened, opened, verdict)
        return Incident(f"{self._site}/{FLOOD}", finding, roots, opened)

    # ------------------------------------------------------------ state

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        held = {key: _row(one) for key, one in self._held.items()}
        known = {id_: at for id_, at in (self._known or {}).items() if at != float("-inf")}
        digest = self._digest
        return {
            "held": held,
            "told": {key: list(one) for key, one in self._told.items()},
            "new": known,
            "devices": None if self._known is None else sorted(self._known),
            "digest": [digest.opened_at, [_parts(k) for k in digest.children]] if digest else None,
        }

    def load(self, data: Mapping[str, Any], incidents: Iterable[Incident]) -> None:
        """Take up what `dump` gave; `incidents` are those that are open.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        held: dict[str, Held] = {}
        for incident in incidents:
            if incident.key in data["held"]:
                why, who, said, since = data["held"][incident.key]
                held[incident.key] = Held(incident, Reason(Why(why), None, who, said), float(since))
        told = {str(key): (float(at), str(of)) for key, (at, of) in data["told"].items()}
        known = None
        if data["devices"] is not None:
            new = {str(id_): float(at) for id_, at in data["new"].items()}
            known = {str(id_): new.get(id_, float("-inf")) for id_ in data["devices"]}
        digest = None
        if data["digest"]:
            opened, children = data["digest"]
            digest = self._summary(tuple(FaultKey(*map(str, one)) for one in children), float(opened))
        self._held, self._told, self._known, self._digest = held, told, known, digest


def _said(reason: Reason) -> str:
    return f"{reason.why.value}: {reason.said}".removesuffix(": ")


def _row(held: Held) -> list[str | float]:
    return [held.reason.why.value, held.reason.who, held.reason.said, held.since]


def _parts(key: FaultKey) -> list[str]:
    return [key.device, key.part, key.code]
