"""What incidents are made from and into: the site at one moment, one open incident, what a settling changed.

`models.correlate` holds the rules; here is what they work on, and how an open incident outlasts a restart.
"""

from collections.abc import Callable, Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from models.facts import Cause, FaultKey, Finding, Health, Incident, Phase, Verdict
from models.faults import FAULTS
from models.topology import Topology


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands on the site at one moment. Devices to be ignored are in none of these.

    `standing`: findings that are open or recovering, of any fault. `lost`: devices whose REACH_LOST is
    pending, open or shortly back. `alive`: devices seen alive now. `devices`: all that count.

    `switches`: devices that may stand for what hangs on them; `below`: device -> what hangs on it.

    `blame`: a lost device that no lost feeder explains -> the fault that does, or None. `grown`: fault -> the
    worse fault it became. `placeless`: devices of which nobody knows where they hang. `cause_of`: what
    probably lies behind a fault that explains so many others.
    """

    at: float
    standing: Mapping[FaultKey, Finding]
    lost: Mapping[str, Finding]
    alive: AbstractSet[str]
    devices: AbstractSet[str]
    topology: Topology
    blame: Callable[[str], FaultKey | None] = lambda _device: None
    grown: Mapping[FaultKey, FaultKey] = field(default_factory=dict)
    placeless: AbstractSet[str] = frozenset()
    switches: AbstractSet[str] = frozenset()
    below: Mapping[str, Collection[str]] = field(default_factory=dict)
    cause_of: Callable[[Finding, int], Cause | None] = lambda _finding, _children: None


@dataclass(slots=True)
class Case:
    """One open incident. `told`: how many children the world knows of."""

    root: Finding
    opened_at: float
    children: dict[FaultKey, None] = field(default_factory=dict)
    told: int = 0
    told_at: float = 0.0
    cause: Cause | None = None
    told_restless: bool = False


@dataclass(slots=True)
class Outcome:
    """What one settling changed."""

    opened: list[Incident] = field(default_factory=list)
    updated: list[Incident] = field(default_factory=list)
    closed: list[Incident] = field(default_factory=list)


def parts_of(key: FaultKey) -> tuple[str, str, str]:
    """Return device, part and code, as JSON takes them."""
    return key.device, key.part, key.code


def dump_case(case: Case) -> dict[str, Any]:
    """Return an open incident as JSON takes it."""
    root = case.root
    return {
        "root": parts_of(root.key),
        "since": root.since,
        "facts": dict(root.verdict.facts) if root.verdict else {},
        "detail": root.verdict.detail if root.verdict else "",
        "opened_at": case.opened_at,
        "children": [parts_of(key) for key in case.children],
        "told": case.told,
        "told_at": case.told_at,
        "told_restless": case.told_restless,
        "cause": [case.cause.detail, dict(case.cause.facts)] if case.cause else None,
    }


def load_case(data: Mapping[str, Any]) -> Case:
    """Return what `dump_case` gave.

    Raises:
        KeyError, ValueError, TypeError: it is something else.
    """
    key = FaultKey(*(str(part) for part in data["root"]))
    facts = {str(k): v if isinstance(v, str) else float(v) for k, v in data["facts"].items()}
    since, opened_at = float(data["since"]), float(data["opened_at"])
    verdict = Verdict(key.device, FAULTS[key.code], Health.BAD, key.part, str(data["detail"]), facts, since)
    children = dict.fromkeys(FaultKey(*(str(part) for part in child)) for child in data["children"])
    root = Finding(key, Phase.OPEN, since, opened_at, verdict)
    cause = _load_cause(data["cause"]) if data.get("cause") else None
    told, told_at = int(data["told"]), float(data["told_at"])
    return Case(root, opened_at, children, told, told_at, cause, bool(data.get("told_restless", False)))


def _load_cause(data: Any) -> Cause:
    detail, facts = data
    return Cause(str(detail), {str(k): v if isinstance(v, str) else float(v) for k, v in facts.items()})
