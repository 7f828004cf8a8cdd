"""Findings in, incidents out: one incident per cause, not per symptom.

    open finding ──▶ waiting ── correlation window over ──▶ its own incident
                        │
                        └── what feeds its device is lost too ──▶ child of that incident

Rules, each in one place below:
- An open fault waits `window` seconds before it is told, for its cause to show.
- A lost device folds under the topmost lost device that feeds it. While that one is only suspected (pending),
  the child waits on, but no longer than `patience`.
- An incident already told becomes a child when its parent's incident comes later, if its fault began no
  earlier than `merge` seconds before the parent's: a camera that died on Monday is not explained by a switch
  that died on Thursday.
- When more than a share of the site is lost and no single device explains it, the site is the incident, until
  one is found that does.
- When a parent has recovered, a child that is still lost waits anew and becomes its own incident.
- Of a device that is lost, nothing else is told until it is back.
"""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Final

from models.facts import SITE, Ending, FaultKey, Finding, Health, Incident, Phase, Verdict
from models.faults import FAULTS
from models.topology import Topology, is_site_dark

LOST: Final = "REACH_LOST"
DARK: Final = FaultKey(SITE, "", "SITE_DARK")
PATIENCE_WINDOWS: Final = 5.0  # a child waits this many windows for a parent that is only suspected
MERGE_WINDOWS: Final = 10.0  # a child's fault may have begun this many windows before its parent's
LEAST_SECONDS: Final = 60.0  # both at least this long, however short the window
DARK_ENDS: Final = 0.5  # the site is no longer dark when this part of the share is left


@dataclass(frozen=True, slots=True)
class Scene:
    """What stands on the site at one moment. Devices to be ignored are in none of these.

    `standing`: findings that are open or recovering, of any fault. `lost`: devices whose REACH_LOST is
    pending, open or recovering. `alive`: devices seen alive now. `devices`: all that count.
    """

    at: float
    standing: Mapping[FaultKey, Finding]
    lost: Mapping[str, Finding]
    alive: AbstractSet[str]
    devices: AbstractSet[str]
    topology: Topology


@dataclass(slots=True)
class Case:
    """One open incident. `told`: how many children the world knows of."""

    root: Finding
    opened_at: float
    children: dict[FaultKey, None] = field(default_factory=dict)
    told: int = 0
    told_at: float = 0.0


@dataclass(slots=True)
class Outcome:
    """What one settling changed."""

    opened: list[Incident] = field(default_factory=list)
    updated: list[Incident] = field(default_factory=list)
    closed: list[Incident] = field(default_factory=list)


class Correlator:
    """The open incidents of a site. Holds no clock.

    Args:
        site: first part of every incident's key.
        window: the correlation window in seconds.
        dark_share: see `is_site_dark`.
        dark_minimum: see `is_site_dark`.
    """

    def __init__(self, site: str, window: float, *, dark_share: float = 0.6, dark_minimum: int = 5) -> None:
        self._site = site
        self._window = window
        self._patience = max(LEAST_SECONDS, PATIENCE_WINDOWS * window)
        self._merge_seconds = max(LEAST_SECONDS, MERGE_WINDOWS * window)
        self._dark_share = dark_share
        self._dark_minimum = dark_minimum
        self._cases: dict[FaultKey, Case] = {}
        self._waiting: dict[FaultKey, float] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether time alone may bring something out."""
        return bool(self._waiting) or any(len(c.children) > c.told for c in self._cases.values())

    def incidents(self) -> tuple[Incident, ...]:
        """Return the open incidents."""
        return tuple(self._incident(case) for case in self._cases.values())

    def settle(self, scene: Scene) -> Outcome:
        """Bring the incidents up to date with the scene."""
        out = Outcome()
        self._end(scene, out)
        self._queue(scene)
        if self._waiting or DARK in self._cases:
            roots = self._roots(scene, out)
            self._darken(scene, roots, out)
            self._tell(scene, roots, out)
        self._tell_growth(scene, out)
        return out

    # ------------------------------------------------------------ ends

    def _end(self, scene: Scene, out: Outcome) -> None:
        for key, case in list(self._cases.items()):
            now = scene.standing.get(key)
            if now is not None:
                case.root = now
            elif key == DARK:
                if not self._is_still_dark(scene):
                    self._close(case, scene.at, Ending.RECOVERED, out)
            else:
                gone = key.device not in scene.devices
                self._close(case, scene.at, Ending.REMOVED if gone else Ending.RECOVERED, out)

    def _is_still_dark(self, scene: Scene) -> bool:
        return len(scene.lost) > DARK_ENDS * self._dark_share * len(scene.devices)

    def _close(self, case: Case, at: float, ending: Ending, out: Outcome, by: str = "") -> None:
        del self._cases[case.root.key]
        ended = replace(self._incident(case), closed_at=at, ending=ending, explained_by=by)
        out.closed.append(ended)

    # ------------------------------------------------------------ waiting

    def _queue(self, scene: Scene) -> None:
        """Let every standing fault wait that no incident holds yet; those that ended wait no more."""
        covered = {child for case in self._cases.values() for child in case.children}
        for key in scene.standing:
            if key not in self._cases and key not in covered:
                self._waiting.setdefault(key, scene.at)
        for key, since in list(self._waiting.items()):
            if key not in scene.standing or key in covered:
                del self._waiting[key]
            elif since > scene.at:  # the clock was set back: the window begins anew
                self._waiting[key] = scene.at

    def _is_due(self, key: FaultKey, at: float) -> bool:
        return at - self._waiting[key] >= self._window

    # ------------------------------------------------------------ roots

    def _roots(self, scene: Scene, out: Outcome) -> dict[str, str]:
        """Return lost device -> the topmost lost device, or the site, that explains it."""
        alive = scene.alive.__contains__
        roots = {device: scene.topology.root(device, scene.lost.keys(), alive) for device in scene.lost}
        if DARK in self._cases and not self._is_dark_explained(scene, roots, out):
            return dict.fromkeys(scene.lost, SITE)
        return roots

    def _is_dark_explained(self, scene: Scene, roots: dict[str, str], out: Outcome) -> bool:
        """Whether one device turned out to explain the dark site; it then takes the site's place."""
        certain = _certain(scene, roots)
        top, count = max(certain.items(), key=lambda item: item[1], default=("", 0))
        finding = scene.standing.get(_loss_of(top))
        if finding is None or count < 2 or count < self._dark_share * certain.total():
            return False
        self._close(self._cases[DARK], scene.at, Ending.EXPLAINED, out, by=self._key(finding.key))
        told = self._cases.get(finding.key)
        if told is not None:  # a fault older than the darkness: its incident grows
            self._gather(told, scene, roots, out)
        else:
            self._open(self._begin(finding, scene.at), scene, roots, out)
        return True

    def _darken(self, scene: Scene, roots: dict[str, str], out: Outcome) -> None:
        """Make the whole site the incident when no device explains why most of it is lost."""
        if DARK in self._cases or not self._is_root_due(scene, roots):
            return
        share, minimum = self._dark_share, self._dark_minimum
        if is_site_dark(_certain(scene, roots), len(scene.devices), share=share, minimum=minimum):
            losses = [f.opened_at for k, f in scene.standing.items() if k in self._waiting and k.code == LOST]
            case = _dark_case(scene, min((at for at in losses if at is not None), default=scene.at))
            self._cases[DARK] = case
            roots.update(dict.fromkeys(roots, SITE))
            self._open(case, scene, roots, out)

    def _is_root_due(self, scene: Scene, roots: dict[str, str]) -> bool:
        return any(
            key.code == LOST and roots.get(key.device) == key.device and self._is_due(key, scene.at)
            for key in self._waiting
        )

    # ------------------------------------------------------------ telling

    def _tell(self, scene: Scene, roots: dict[str, str], out: Outcome) -> None:
        # Parents first: what they explain is gone from the queue when its own turn comes.
        for key in sorted(self._waiting, key=lambda k: (roots.get(k.device) != k.device, str(k))):
            if key not in self._waiting:
                continue
            finding = scene.standing[key]
            root = roots.get(key.device, key.device)
            if key.code != LOST:
                is_ready = key.device not in scene.lost
            elif root != key.device:
                is_ready = not self._fold(key, root, scene)
            else:
                is_ready = True
            if is_ready and finding.phase is Phase.OPEN and self._is_due(key, scene.at):
                self._open(self._begin(finding, scene.at), scene, roots, out)

    def _fold(self, key: FaultKey, root: str, scene: Scene) -> bool:
        """Put a lost device under its root; return whether it is told, or will be, as a part of it."""
        above = _loss_of(root)
        holder = self._holder(above)
        if holder is not None:
            holder.children[key] = None
            del self._waiting[key]
            return True
        if above in self._waiting:
            return True  # the root is open and waits for its own window
        return scene.at - self._waiting[key] < self._patience  # the root is only suspected

    def _holder(self, key: FaultKey) -> Case | None:
        """Return the incident that is, or explains, a fault."""
        return self._cases.get(key) or next((c for c in self._cases.values() if key in c.children), None)

    def _begin(self, finding: Finding, at: float) -> Case:
        case = Case(finding, at if finding.opened_at is None else finding.opened_at)
        self._cases[finding.key] = case
        return case

    def _open(self, case: Case, scene: Scene, roots: dict[str, str], out: Outcome) -> None:
        """Tell a new incident, with all that it explains."""
        self._waiting.pop(case.root.key, None)
        self._gather(case, scene, roots, out)
        case.told, case.told_at = len(case.children), scene.at
        out.opened.append(self._incident(case))

    def _gather(self, case: Case, scene: Scene, roots: dict[str, str], out: Outcome) -> None:
        """Put under an incident what it explains: what was told before it, and what waits."""
        own = case.root.key
        below = [_loss_of(d) for d, root in roots.items() if root == own.device and d != root]
        losses = [k for k in below if k in scene.standing] if own == _loss_of(own.device) else []
        for key in losses:
            self._merge(case, key, scene.at, out)
        held = {child for c in self._cases.values() if c is not case for child in (c.root.key, *c.children)}
        for key in losses:
            if key not in held:
                case.children[key] = None
                self._waiting.pop(key, None)

    def _merge(self, case: Case, key: FaultKey, at: float, out: Outcome) -> None:
        """End an incident told before its cause was known, unless its fault is older than the cause."""
        told = self._cases.get(key)
        if told is not None and told.opened_at >= case.opened_at - self._merge_seconds:
            case.children.update(told.children)
            self._close(told, at, Ending.EXPLAINED, out, by=self._key(case.root.key))

    def _tell_growth(self, scene: Scene, out: Outcome) -> None:
        for case in self._cases.values():
            quiet = abs(scene.at - case.told_at) >= self._window
            if len(case.children) > case.told and quiet:
                case.told, case.told_at = len(case.children), scene.at
                out.updated.append(self._incident(case))

    # ------------------------------------------------------------ facts and state

    def _key(self, key: FaultKey) -> str:
        return f"{self._site}/{key}"

    def _incident(self, case: Case) -> Incident:
        children = tuple(sorted(case.children, key=str))
        return Incident(self._key(case.root.key), case.root, children, case.opened_at)

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "waiting": [[*_parts(key), since] for key, since in self._waiting.items()],
            "cases": [_dump_case(case) for case in self._cases.values()],
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        waiting = {FaultKey(d, p, c): float(since) for d, p, c, since in data["waiting"]}
        cases = [_load_case(case) for case in data["cases"]]
        self._waiting = waiting
        self._cases = {case.root.key: case for case in cases}

    def roots(self) -> tuple[Finding, ...]:
        """Return the faults that the open incidents are about, as they were last seen."""
        return tuple(case.root for case in self._cases.values())


def _certain(scene: Scene, roots: Mapping[str, str]) -> Counter[str]:
    """Return how many devices that are lost now, none of them coming back, each root explains."""
    return Counter(roots[d] for d, f in scene.lost.items() if f.phase is not Phase.RECOVERING)


def _loss_of(device: str) -> FaultKey:
    return DARK if device == SITE else FaultKey(device, "", LOST)


def _dark_case(scene: Scene, began: float) -> Case:
    facts = {"lost": float(len(scene.lost)), "of": float(len(scene.devices))}
    verdict = Verdict(SITE, FAULTS[DARK.code], Health.BAD, "", "site.dark", facts, scene.at)
    return Case(Finding(DARK, Phase.OPEN, scene.at, began, verdict), began)


def _parts(key: FaultKey) -> tuple[str, str, str]:
    return key.device, key.part, key.code


def _dump_case(case: Case) -> dict[str, Any]:
    root = case.root
    return {
        "root": _parts(root.key),
        "since": root.since,
        "facts": dict(root.verdict.facts) if root.verdict else {},
        "detail": root.verdict.detail if root.verdict else "",
        "opened_at": case.opened_at,
        "children": [_parts(key) for key in case.children],
        "told": case.told,
        "told_at": case.told_at,
    }


def _load_case(data: Mapping[str, Any]) -> Case:
    key = FaultKey(*(str(part) for part in data["root"]))
    facts = {str(k): v if isinstance(v, str) else float(v) for k, v in data["facts"].items()}
    since, opened_at = float(data["since"]), float(data["opened_at"])
    verdict = Verdict(key.device, FAULTS[key.code], Health.BAD, key.part, str(data["detail"]), facts, since)
    children = dict.fromkeys(FaultKey(*(str(part) for part in child)) for child in data["children"])
    root = Finding(key, Phase.OPEN, since, opened_at, verdict)
    return Case(root, opened_at, children, int(data["told"]), float(data["told_at"]))
