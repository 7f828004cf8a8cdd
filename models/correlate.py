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
- A lost device of which nobody knows where it hangs counts as part of an outage, if it fell silent together
  with it and there is just one such.
- When more than a share of the site is lost and no single device explains it, the site is the incident, until
  one is found that does.
- When a parent has recovered, a child that is still lost waits anew and becomes its own incident.
- Of a device that is lost, nothing else is told until it is back; only a fault that explains losses is.
- Many devices lost at once behind a switch that is not lost are one fault of that switch (`models.groups`),
  until something is found that explains them; it ends when few of them are left, and those wait anew.
- A fault of another device may explain a loss as well as a lost feeder does (`Scene.blame`): a UPS on its
  battery, a switch without power to give. A fault may also be an earlier stage of another (`Scene.grown`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from models import groups
from models.cases import Case, Outcome, Scene, dump_case, load_case, parts_of
from models.facts import SITE, Ending, FaultKey, Finding, Health, Incident, Phase, Verdict
from models.faults import FAULTS
from models.groups import TOGETHER_SECONDS
from models.topology import is_site_dark

LOST: Final = "REACH_LOST"
DARK: Final = FaultKey(SITE, "", "SITE_DARK")
PATIENCE_WINDOWS: Final = 5.0  # a child waits this many windows for a parent that is only suspected
MERGE_WINDOWS: Final = 10.0  # a child's fault may have begun this many windows before its parent's
LEAST_SECONDS: Final = 60.0  # both at least this long, however short the window
OUTAGE: Final = 5  # a fault that explains so many losses is an outage
RETURN_SECONDS: Final = 300.0  # what comes and goes so shortly after its root is back is only starting
DARK_ENDS: Final = 0.5  # the site is no longer dark when this part of the share is left


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
        self.return_seconds = min(self._merge_seconds, RETURN_SECONDS)
        self._dark_share = dark_share
        self._dark_minimum = dark_minimum
        self._cases: dict[FaultKey, Case] = {}
        self._waiting: dict[FaultKey, float] = {}

    @property
    def is_waiting(self) -> bool:
        """Whether time alone may bring something out."""
        return bool(self._waiting) or any(
            len(case.children) > case.told
            or (case.root.is_restless and not case.told_restless)
            or (key.code == groups.CODE and case.root.phase is Phase.RECOVERING)
            for key, case in self._cases.items()
        )

    def incidents(self) -> tuple[Incident, ...]:
        """Return the open incidents."""
        return tuple(self._incident(case) for case in self._cases.values())

    def settle(self, scene: Scene) -> Outcome:
        """Bring the incidents up to date with the scene."""
        out = Outcome()
        self._end(scene, out)
        self._queue(scene)
        if self._waiting or any(key == DARK or key.code == groups.CODE for key in self._cases):
            roots = self._roots(scene, out)
            self._darken(scene, roots, out)
            self._group(scene, roots, out)
            self._tell(scene, roots, out)
            for key in set(roots.values()) & self._cases.keys():  # explained at last, by what was told before
                self._merge_groups(self._cases[key], scene, roots, out)
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
            elif key.code == groups.CODE and self._is_still_grouped(case, scene):
                continue
            else:
                gone = key.device not in scene.devices and key.device != SITE
                self._close(case, scene.at, Ending.REMOVED if gone else Ending.RECOVERED, out)

    def _is_still_dark(self, scene: Scene) -> bool:
        return len(scene.lost) > DARK_ENDS * self._dark_share * len(scene.devices)

    def _is_still_grouped(self, case: Case, scene: Scene) -> bool:
        """Whether a group lasts: enough of it is lost, or the rest has not had time to come back."""
        root, at = case.root, scene.at
        if root.key.device not in scene.devices:
            return False
        if groups.remaining(case.children, scene.standing) >= groups.LEAST:
            if root.phase is Phase.RECOVERING:
                case.root = replace(root, phase=Phase.OPEN, since=at)
            return True
        if root.phase is Phase.OPEN or root.since > at:
            root = case.root = replace(root, phase=Phase.RECOVERING, since=at)
        return at - root.since < self._merge_seconds and any(key in scene.standing for key in case.children)

    def _close(self, case: Case, at: float, ending: Ending, out: Outcome, by: str = "") -> None:
        del self._cases[case.root.key]
        ended = replace(self._incident(case), closed_at=at, ending=ending, explained_by=by)
        out.closed.append(ended)

    # ------------------------------------------------------------ waiting

    def _queue(self, scene: Scene) -> None:
        """Let every standing fault wait that no incident holds yet; those that ended wait no more."""
        for case in self._cases.values():
            _release(case, scene, self.return_seconds)
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

    def _roots(self, scene: Scene, out: Outcome) -> dict[str, FaultKey]:
        """Return lost device -> the fault that explains it: a feeder's, the site's, or its own loss."""
        alive = scene.alive.__contains__
        tops = {device: scene.topology.root(device, scene.lost, alive) for device in scene.lost}
        blamed = {top: scene.blame(top) or _loss_of(top) for top in set(tops.values())}
        roots = {device: blamed[top] for device, top in tops.items()}
        held = {key: case.children for key, case in self._cases.items() if key.code == groups.CODE}
        parents = {device: scene.topology.parent(device) for device in roots}
        roots |= groups.grouped(roots, scene.lost, parents, scene.switches, held)
        _presume(scene, roots)
        if DARK in self._cases and not self._is_dark_explained(scene, roots, out):
            return dict.fromkeys(scene.lost, DARK)
        return roots

    def _is_dark_explained(self, scene: Scene, roots: dict[str, FaultKey], out: Outcome) -> bool:
        """Whether one device turned out to explain the dark site; it then takes the site's place."""
        certain = _certain(scene, roots)
        top, count = max(certain.items(), key=lambda item: item[1], default=(DARK, 0))
        finding = scene.standing.get(top)
        if finding is None or count < 2 or count < self._dark_share * certain.total():
            return False
        self._close(self._cases[DARK], scene.at, Ending.EXPLAINED, out, by=self._key(finding.key))
        told = self._cases.get(finding.key)
        if told is not None:  # a fault older than the darkness: its incident grows
            self._gather(told, scene, roots, out)
        else:
            self._open(self._begin(finding, scene.at), scene, roots, out)
        return True

    def _darken(self, scene: Scene, roots: dict[str, FaultKey], out: Outcome) -> None:
        """Make the whole site the incident when no device explains why most of it is lost."""
        if DARK in self._cases or not self._is_root_due(scene, roots):
            return
        share, minimum = self._dark_share, self._dark_minimum
        if is_site_dark(_certain(scene, roots), len(scene.devices), share=share, minimum=minimum):
            losses = [f.opened_at for k, f in scene.standing.items() if k in self._waiting and k.code == LOST]
            case = _dark_case(scene, min((at for at in losses if at is not None), default=scene.at))
            self._cases[DARK] = case
            roots.update(dict.fromkeys(roots, DARK))
            self._open(case, scene, roots, out)

    def _group(self, scene: Scene, roots: dict[str, FaultKey], out: Outcome) -> None:
        """Make what was lost at once behind one switch an incident of it, once enough of that is open."""
        due = {
            root
            for device, root in roots.items()
            if root.code == groups.CODE
            and root not in self._cases
            and (own := _loss_of(device)) in self._waiting
            and self._is_due(own, scene.at)
        }
        for key in sorted(due):
            losses = [scene.lost[device] for device, root in roots.items() if root == key]
            if sum(one.phase is Phase.OPEN for one in losses) >= groups.LEAST:
                since = min(groups.began(one) for one in losses)
                below = len(scene.below.get(key.device, ()))
                root_finding = groups.finding(key.device, len(losses), below, since, scene.at)
                self._open(self._begin(root_finding, scene.at), scene, roots, out)

    def _is_root_due(self, scene: Scene, roots: dict[str, FaultKey]) -> bool:
        return any(
            key.code == LOST and roots.get(key.device) == key and self._is_due(key, scene.at)
            for key in self._waiting
        )

    # ------------------------------------------------------------ telling

    def _tell(self, scene: Scene, roots: dict[str, FaultKey], out: Outcome) -> None:
        # Parents first: what they explain is gone from the queue when its own turn comes.
        tops = set(roots.values())
        for key in sorted(self._waiting, key=lambda k: (k not in tops or k in scene.grown, str(k))):
            if key not in self._waiting:
                continue
            finding = scene.standing[key]
            if key in scene.grown:
                is_ready = not self._fold(key, scene.grown[key], scene)
            elif key.code != LOST:
                is_ready = key.device not in scene.lost or key in tops
            else:
                root = roots.get(key.device, key)
                is_ready = root == key or not self._fold(key, root, scene)
            if is_ready and finding.phase is Phase.OPEN and self._is_due(key, scene.at):
                self._open(self._begin(finding, scene.at), scene, roots, out)

    def _fold(self, key: FaultKey, above: FaultKey, scene: Scene) -> bool:
        """Put a fault under its root; return whether it is told, or will be, as a part of it."""
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

    def _open(self, case: Case, scene: Scene, roots: dict[str, FaultKey], out: Outcome) -> None:
        """Tell a new incident, with all that it explains."""
        self._waiting.pop(case.root.key, None)
        self._gather(case, scene, roots, out)
        case.told, case.told_at = len(case.children), scene.at
        case.told_restless = case.root.is_restless
        case.cause = scene.cause_of(case.root, case.told)
        out.opened.append(self._incident(case))

    def _gather(self, case: Case, scene: Scene, roots: dict[str, FaultKey], out: Outcome) -> None:
        """Put under an incident what it explains: what was told before it, and what waits."""
        own = case.root.key
        below = [_loss_of(device) for device, root in roots.items() if root == own]
        below += [key for key, worse in scene.grown.items() if worse == own]
        losses = [key for key in below if key != own and key in scene.standing]
        for key in losses:
            self._merge(case, key, scene, out)
        self._merge_groups(case, scene, roots, out)
        held = {child for c in self._cases.values() if c is not case for child in (c.root.key, *c.children)}
        for key in losses:
            if key not in held:
                case.children[key] = None
                self._waiting.pop(key, None)

    def _merge(self, case: Case, key: FaultKey, scene: Scene, out: Outcome) -> None:
        """End an incident told before its cause was known, unless its fault is older than the cause.

        What has grown into a worse fault is always the older one.
        """
        told = self._cases.get(key)
        if told is None:
            return
        if key in scene.grown or told.opened_at >= case.opened_at - self._merge_seconds:
            case.children.update(told.children)
            self._close(told, scene.at, Ending.EXPLAINED, out, by=self._key(case.root.key))

    def _merge_groups(self, case: Case, scene: Scene, roots: dict[str, FaultKey], out: Outcome) -> None:
        """End groups of which a fault found later explains most: its switch is lost, or has no power to give.

        A group much older than the fault of another device is none of its doing.
        """
        for key, told in list(self._cases.items()):
            if key.code != groups.CODE or told is case:
                continue
            count = sum(roots.get(child.device) == case.root.key for child in told.children)
            is_late = told.opened_at < case.opened_at - self._merge_seconds
            if 2 * count < len(told.children) or (is_late and key.device != case.root.key.device):
                continue
            case.children.update(told.children)
            self._close(told, scene.at, Ending.EXPLAINED, out, by=self._key(case.root.key))

    def _tell_growth(self, scene: Scene, out: Outcome) -> None:
        for case in self._cases.values():
            quiet = abs(scene.at - case.told_at) >= self._window
            is_restless = case.root.is_restless and not case.told_restless
            if (len(case.children) > case.told or is_restless) and quiet:
                case.told_restless = case.root.is_restless
                case.told, case.told_at = len(case.children), scene.at
                case.cause = scene.cause_of(case.root, case.told) or case.cause
                out.updated.append(self._incident(case))

    # ------------------------------------------------------------ facts and state

    def _key(self, key: FaultKey) -> str:
        return f"{self._site}/{key}"

    def _incident(self, case: Case) -> Incident:
        children = tuple(sorted(case.children, key=str))
        return Incident(self._key(case.root.key), case.root, children, case.opened_at, cause=case.cause)

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "waiting": [[*parts_of(key), since] for key, since in self._waiting.items()],
            "cases": [dump_case(case) for case in self._cases.values()],
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        waiting = {FaultKey(d, p, c): float(since) for d, p, c, since in data["waiting"]}
        cases = [load_case(case) for case in data["cases"]]
        self._waiting = waiting
        self._cases = {case.root.key: case for case in cases}

    def returned(self, at: float) -> Iterator[FaultKey]:
        """Yield what incidents explain whose root has been back for long, though it is not over yet."""
        for case in self._cases.values():
            if is_back(case.root, at - self.return_seconds):
                yield from case.children

    def roots(self) -> tuple[Finding, ...]:
        """Return the faults that the open incidents are about, as they were last seen."""
        return tuple(case.root for key, case in self._cases.items() if key.code != groups.CODE)


def _certain(scene: Scene, roots: Mapping[str, FaultKey]) -> Counter[FaultKey]:
    """Return how many devices that are lost now, none of them coming back, each root explains."""
    return Counter(roots[d] for d, f in scene.lost.items() if f.phase is not Phase.RECOVERING)


def _presume(scene: Scene, roots: dict[str, FaultKey]) -> None:
    """Put the lost devices whose place nobody knows under the one outage that they fell silent with."""
    strays = [d for d in scene.placeless if d in roots and roots[d] == _loss_of(d)]
    if not strays:
        return
    began: dict[FaultKey, list[float]] = {}
    for device, root in roots.items():
        if root != _loss_of(device):
            began.setdefault(root, []).append(groups.began(scene.lost[device]))
    outages = {root: (min(at), max(at)) for root, at in began.items() if len(at) >= OUTAGE}
    for device in strays:
        at = groups.began(scene.lost[device])
        near = [
            root
            for root, (first, last) in outages.items()
            if first - TOGETHER_SECONDS <= at <= last + TOGETHER_SECONDS
        ]
        if len(near) == 1:
            roots[device] = near[0]


def is_back(finding: Finding, since: float) -> bool:
    """Whether a fault has been seen good from before `since` on, though a restless one is held for hours."""
    return finding.phase is Phase.RECOVERING and finding.since < since


def _release(case: Case, scene: Scene, margin: float) -> None:
    """Take out of an incident what failed anew while its root was already recovering: that is not its doing.

    A root that comes and goes recovers for hours; what dies meanwhile must be told. What only comes back more
    slowly than its root, within `margin` seconds, stays.
    """
    root = scene.standing.get(case.root.key)
    if root is None or root.phase is not Phase.RECOVERING:
        return
    standing = {child: scene.standing[child] for child in case.children if child in scene.standing}
    for child, finding in standing.items():
        if finding.phase is Phase.OPEN and finding.since > root.since + margin:
            del case.children[child]


def _loss_of(device: str) -> FaultKey:
    return FaultKey(device, "", LOST)


def _dark_case(scene: Scene, began: float) -> Case:
    facts = {"lost": float(len(scene.lost)), "of": float(len(scene.devices))}
    verdict = Verdict(SITE, FAULTS[DARK.code], Health.BAD, "", "site.dark", facts, scene.at)
    return Case(Finding(DARK, Phase.OPEN, scene.at, began, verdict), began)
