"""What is wrong now, and how each device is: asked of the judgement in the agent's loop, once a second."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from models.facts import SITE, Device, FaultKey, Finding, Incident, Phase, Report
from models.faults import FAULTS, severity_of
from models.gate import Reason
from models.messages import MESSAGES, render
from models.ticket_text import severity
from models.watch import Condition
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

FRESH_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Wrong:
    """One open incident."""

    key: str
    device: str
    part: str
    code: str
    severity: str
    since: float
    phase: Phase
    finding: Finding
    children: tuple[FaultKey, ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices that hang on it, each once, without the one it is about."""
        return tuple(sorted({child.device for child in self.children} - {self.device, SITE}))


@dataclass(frozen=True, slots=True)
class Row:
    """One device in a list. `behind`: whose incident explains its loss; `faults`: codes that stand."""

    device: Device
    state: str
    faults: tuple[str, ...]
    behind: str
    seen_at: float | None
    unseen: tuple[str, ...]  # collectors that failed, when the state is unknown


@dataclass(frozen=True, slots=True)
class Picture:
    """That there is a newest picture of a stream, and when it was taken."""

    device: str
    part: str
    at: float


@dataclass(frozen=True, slots=True)
class Now:
    """The site at one moment. Incidents the worst first, then the oldest.

    Attributes:
        places: device -> its place in `rows`.
        parents: device -> what feeds it, as the inventory says, else as the switches say; "" unknown.
        below: device -> what hangs on it.
        mark: changes whenever something on the pages does.
    """

    at: float
    wrong: tuple[Wrong, ...]
    latent: tuple[Wrong, ...]
    rows: tuple[Row, ...]
    counts: Mapping[str, int]
    places: Mapping[str, int]
    parents: Mapping[str, str]
    below: Mapping[str, tuple[str, ...]]
    mark: str

    @property
    def all(self) -> tuple[Wrong, ...]:
        """Every open incident."""
        return (*self.wrong, *self.latent)


class Live:
    """The pages' window into the running agent."""

    def __init__(self, agent: "Agent") -> None:
        self.agent = agent
        self._now: Now | None = None
        self._inventory: tuple[Sequence[Device], dict[str, Device]] = ((), {})

    def device(self, id_: str) -> Device | None:
        """Return a device of the inventory."""
        return self._devices().get(id_)

    def now(self) -> Now:
        """Return the site as it is, at most a second old."""
        at = self.agent.clocks.wall()
        if self._now is None or not 0 <= at - self._now.at < FRESH_SECONDS:
            self._now = self._look(at)
        return self._now

    def row(self, device: str) -> Row | None:
        """Return how one device is, None for one that is not in the inventory."""
        now = self.now()
        place = now.places.get(device)
        return None if place is None else now.rows[place]

    def findings(self, device: str) -> list[Finding]:
        """Return the faults of a device that were ever looked at, the standing ones first."""
        order = {Phase.OPEN: 0, Phase.RECOVERING: 1, Phase.PENDING: 2, Phase.UNKNOWN: 3, Phase.OK: 4}
        found = self.agent.pipeline.watch.findings(device)
        return sorted(found, key=lambda one: (order[one.phase], one.key.code, one.key.part))

    def reports(self, device: str) -> list[Report]:
        """Return the newest report of each collector on a device."""
        return sorted(self.agent.snapshot.device(device), key=lambda report: report.collector)

    def identity(self, device: str) -> Mapping[str, str]:
        """Return who a device says it is."""
        return self.agent.pipeline.watch.identity(device)

    def held(self) -> Mapping[str, Reason]:
        """Return key -> why people were not told of an incident: planned work, a silence, too many."""
        return {key: one.reason for key, one in self.agent.pipeline.emission.gate.held.items()}

    def parent(self, device: Device) -> str:
        """Return what feeds a device: as the inventory says, else as the switches say."""
        return self.now().parents.get(device.id, "")

    def _devices(self) -> dict[str, Device]:
        if self._inventory[0] is not self.agent.devices:
            self._inventory = self.agent.devices, {device.id: device for device in self.agent.devices}
        return self._inventory[1]

    def _look(self, at: float) -> Now:
        devices = self._devices()
        incidents = [_wrong(one, devices) for one in self.agent.pipeline.watch.incidents()]
        incidents.sort(key=lambda one: (one.severity, one.since))
        rows = tuple(self._rows(incidents))
        parents = self._parents(devices)
        below: dict[str, list[str]] = {}
        for id_, parent in parents.items():
            below.setdefault(parent, []).append(id_)
        counts = Counter(row.state for row in rows)
        return Now(
            at,
            tuple(one for one in incidents if one.severity != "S4"),
            tuple(one for one in incidents if one.severity == "S4"),
            rows,
            {state.value: counts[state.value] for state in Condition},
            {row.device.id: place for place, row in enumerate(rows)},
            parents,
            {id_: tuple(found) for id_, found in below.items()},
            _mark(incidents, rows),
        )

    def _parents(self, devices: Mapping[str, Device]) -> dict[str, str]:
        learned = self.agent.pipeline.watch.learned.parents
        return {
            id_: device.parent if device.parent in devices else learned.get(id_, "")
            for id_, device in devices.items()
        }

    def _rows(self, incidents: Sequence[Wrong]) -> list[Row]:
        watch, heard = self.agent.pipeline.watch, self._heard()
        above = {device: one.device for one in incidents for device in one.devices}
        failed, standing = self._failed(), self._standing()
        rows = []
        for device in self.agent.devices:
            codes = tuple(standing.get(device.id, ()))
            state = watch.health(device.id).value
            unseen = failed.get(device.id, ()) if state == Condition.UNKNOWN.value else ()
            row = Row(device, state, codes, above.get(device.id, ""), heard.get(device.id), tuple(unseen))
            rows.append(row)
        return rows

    def _standing(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for key in self.agent.pipeline.watch.standing():
            found.setdefault(key.device, []).append(key.code)
        return found

    def _heard(self) -> dict[str, float]:
        heard: dict[str, float] = {}
        for (device, _), at in self.agent.snapshot.last_success().items():
            heard[device] = max(at, heard.get(device, at))
        return heard

    def _failed(self) -> dict[str, list[str]]:
        failed: dict[str, list[str]] = {}
        for report in self.agent.snapshot.reports():
            if report.error is not None:
                failed.setdefault(report.device, []).append(report.collector)
        return failed


def fault_name(code: str, lang: Lang) -> str:
    """Return a fault's name; the code itself where this build does not know it."""
    fault = FAULTS.get(code)
    return fault.name.of(lang) if fault else code


def said(finding: Finding, lang: Lang) -> str:
    """Return the newest opinion on a fault as a sentence, "" where nothing is said."""
    verdict = finding.verdict
    if verdict is None or verdict.detail not in MESSAGES:
        return ""
    return render(verdict.detail, lang, **verdict.facts)


def level(code: str, device: Device | None) -> str:
    """Return how bad a fault is on a device, S1 to S4."""
    fault = FAULTS.get(code)
    return severity_of(fault, device).value if fault else "S3"


def _mark(incidents: Sequence[Wrong], rows: Sequence[Row]) -> str:
    states = ",".join(f"{row.device.id}={row.state}" for row in rows if row.state != "ok")
    return "|".join([*(f"{one.key}{one.phase}{len(one.children)}" for one in incidents), states])


def _wrong(incident: Incident, devices: Mapping[str, Device]) -> Wrong:
    root = incident.root
    return Wrong(
        key=incident.key,
        device=root.key.device,
        part=root.key.part,
        code=root.key.code,
        severity=severity(incident, devices),
        since=incident.opened_at,
        phase=root.phase,
        finding=root,
        children=incident.children,
    )
