"""The watch over one site: reports in, changes out. The facade of KNOW that the agent uses.

report ─▶ Seen ─▶ View ─▶ rules ─▶ Verdict ─▶ Life ─▶ Finding ─▶ Correlator ─▶ Incident
   │      └──────────── Dossier, one per device ────────────┘    └─ one per site ─┘
   └────▶ Links ─▶ learn ─▶ parents, ports ─▶ Topology, Hints, Blame ───▶┘
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Any, Final

from models.accepted import Difference
from models.blame import Blame, grown, unseen
from models.blindness import CODE as BLIND
from models.blindness import Blindness
from models.cases import Scene
from models.correlate import LOST, Correlator, is_back
from models.dossier import Dossier, Judgement
from models.facts import (
    SITE,
    Device,
    Ending,
    FaultKey,
    Finding,
    Incident,
    Phase,
    Report,
)
from models.faults import FAULTS, Hold
from models.hints import Hints
from models.learned import Learned, Move, learn, moves
from models.life import Life
from models.links import Links
from models.macs import mac
from models.rules.picture import CLEAR as NEAR_SURE
from models.siblings import Siblings
from models.site_wide import CODES as SITE_CODES
from models.site_wide import SiteWide, Sun, explained, no_sun, standing_of
from models.standing import Index, Tree, counts
from models.strangers import CODE as STRANGER
from models.strangers import Seen, Strangers
from models.thresholds import Thresholds
from models.topology import Topology

MOVES_KEPT: Final = 50
RELEARN_SECONDS: Final = 600.0  # what switches only say again is looked through this often
STORM: Final = 50  # with more devices lost than this, incidents are settled once per tick, not per report


class Condition(StrEnum):
    """A device in one word."""

    OK = "ok"
    FAULT = "fault"  # at least one fault is open
    UNKNOWN = "unknown"  # it cannot be seen, and no fault of it is known


@dataclass(frozen=True, slots=True)
class Changes:
    """What one report or one tick changed; falsy when nothing did. Apply `closed` first, `updated` last."""

    findings: tuple[Finding, ...] = ()  # those whose phase changed
    opened: tuple[Incident, ...] = ()
    updated: tuple[Incident, ...] = ()  # open ones that now explain more
    closed: tuple[Incident, ...] = ()  # `closed_at`, `ending` and perhaps `explained_by` are set

    def __bool__(self) -> bool:
        return bool(self.findings or self.opened or self.updated or self.closed)


NO_CHANGES: Final = Changes()


class Watch:
    """What is known of a site's devices, and which of it is an incident. Holds no clock.

    Args:
        site: the site's name; the first part of every incident's key.
        devices: the inventory.
        thresholds: where good ends, for every rule.
        holds: hold times that differ from the catalogue's, by fault code.
        hold_scale: factor on all hold times (a demo is in a hurry); two looks stay two.
        correlate_seconds: how long an open fault waits for its cause before it becomes an incident.
        stale_after: collector name -> age in seconds from which its last report says nothing any more; asked
            once per collector.
        baseline_samples: quiet checks from which a camera's own reference is taken.
        home: the agent's own MACs: the port behind which a switch sees one of them is its way up.
        blind_after: seconds out of sight after which the agent says that it is blind to something.
        sun: its elevation over the site in degrees, at a time in Unix seconds.

    Raises:
        ValueError: `holds` names a fault that does not exist.
    """

    def __init__(
        self,
        site: str,
        devices: Iterable[Device],
        *,
        thresholds: Thresholds | None = None,
        holds: Mapping[str, Hold] | None = None,
        hold_scale: float = 1.0,
        correlate_seconds: float = 30.0,
        stale_after: Callable[[str], float] = lambda _collector: 600.0,
        baseline_samples: int = 5,
        home: Collection[str] = (),
        blind_after: float = 900.0,
        sun: Sun = no_sun,
    ) -> None:
        limits = thresholds or Thresholds()
        waits = _holds(holds or {}, hold_scale)
        self._siblings, self._wide = Siblings(), SiteWide(waits, sun)
        self._judgement = Judgement(
            limits, waits, cache(stale_after), baseline_samples, self._shown_by_others, self._wide.cause_of
        )
        self._correlator = Correlator(
            site,
            correlate_seconds,
            dark_share=limits.site_dark_share,
            dark_minimum=limits.site_dark_minimum,
        )
        self._blindness = Blindness(site, blind_after)
        self._dossiers: dict[str, Dossier] = {}
        self._strangers = Strangers()
        self._index = Index()
        self._links = Links(frozenset(found for text in home if (found := mac(text))))
        self._devices: dict[str, Device] = {}
        self._learned = Learned()
        self._learned_at = float("-inf")
        self._failing_in_us: set[str] = set()  # devices of which a collector fails by a fault of the agent
        self._moves: tuple[Move, ...] = ()
        self._tree = Tree(Topology(()), {}, {})
        self._is_unsettled = False
        self._take_inventory(devices)

    def observe(self, report: Report) -> Changes:
        """Take in one report; a report of a device that is not in the inventory changes nothing."""
        dossier = self._dossiers.get(report.device)
        if dossier is None:
            return NO_CHANGES
        changed = dossier.take(report)
        wide = self._see_site(report) if dossier.is_looked_at else []
        self._links.take(report)
        if address := dossier.identity.get("mac"):
            self._links.note_mac(report.device, address)
        if report.error is not None or report.device in self._failing_in_us:
            self._note_failing(dossier)
        if not changed and not wide:
            return NO_CHANGES
        self._note(dossier, changed)
        changed = [*changed, *wide]
        if len(self._index.lost) > STORM:
            return Changes(tuple(changed))
        return self._settle(report.at, changed)

    def tick(self, at: float) -> Changes:
        """Let time pass: old evidence goes stale, waiting incidents come out. Once a second is plenty."""
        changed: list[Finding] = []
        if self._links.is_new or (
            self._links.is_renewed and not 0 <= at - self._learned_at < RELEARN_SECONDS
        ):
            self._relearn()
            self._learned_at = at
        for dossier in self._dossiers.values():
            if dossier.due < at and dossier.is_stale(at):
                found = dossier.judge(at)
                self._note(dossier, found)
                changed += found
        self._forgive(self._correlator.returned(at))
        if self._is_unsettled or self._correlator.is_waiting:
            return self._with_blindness(self._settle(at, changed), at)
        return self._with_blindness(Changes(tuple(changed)), at)

    def replace_devices(self, devices: Iterable[Device], at: float) -> Changes:
        """Take a new inventory. What left it, or is to be ignored now, ends its incidents as `removed`."""
        self._take_inventory(devices)
        return self._settle(at, [])

    def note_addresses(self, macs: Mapping[str, str]) -> None:
        """Note which MAC each address has, as the agent's own machine sees it."""
        for id_, device in self._devices.items():
            if device.host in macs:
                self._links.note_mac(id_, macs[device.host])

    def accept(self, device: str) -> bool:
        """Accept a device as it is now (firmware, settings, channels); False for one not in the inventory.

        Takes effect with its next report; may be called from another thread.
        """
        dossier = self._dossiers.get(device)
        if dossier is not None:
            dossier.accept()
        return dossier is not None

    def differences(self, device: str) -> list[Difference]:
        """Return what of a device is not as it was accepted (firmware, settings, channels)."""
        dossier = self._dossiers.get(device)
        return dossier.differences() if dossier else []

    def accepted(self, device: str) -> Mapping[tuple[str, str], str]:
        """Return what a device was accepted with, by metric and part; what is listed has the value ""."""
        dossier = self._dossiers.get(device)
        return dossier.accepted.values() if dossier else {}

    def _shown_by_others(self, code: str, device: str, at: float) -> float:
        return self._siblings.share(code, device, at, self._judgement.stale_after("stream"))

    def _see_site(self, report: Report) -> list[Finding]:
        """Take in what a picture says of the whole site; return what changed."""
        if not self._siblings.note(report, NEAR_SURE):
            return []
        shown = self._siblings.shown(report.at, self._judgement.stale_after("stream"))
        changed = self._wide.see(shown, self._index.standing, report.at)
        if changed:
            self._index_site()
            self._is_unsettled = True
        return changed

    def note_strangers(self, seen: Seen, at: float) -> Changes:
        """Take in who answered on the network and is in no inventory: the whole of one scan."""
        changed = self._strangers.see(seen, at)
        self._index_site()
        return self._settle(at, changed)

    def _index_site(self) -> None:
        own = {STRANGER, *SITE_CODES}
        for key in [key for key in self._index.standing if key.device == SITE and key.code in own]:
            del self._index.standing[key]
        for one in (*standing_of(self._strangers.lives), *standing_of(self._wide.lives)):
            self._index.note(one)

    def findings(self, device: str = "") -> tuple[Finding, ...]:
        """Return every fault that was ever looked at (on one device), in whatever phase."""
        wanted = [self._dossiers[device]] if device in self._dossiers else []
        dossiers = wanted if device else self._dossiers.values()
        for one in dossiers:
            one.catch_up()
        found = [one.finding() for d in dossiers for one in d.lives.values()]
        own = (*self._strangers.lives.values(), *self._wide.lives.values()) if device in {"", SITE} else ()
        return (*found, *(one.finding() for one in own))

    def incidents(self) -> tuple[Incident, ...]:
        """Return the open incidents."""
        blind = self._blindness.incident
        return (*self._correlator.incidents(), *((blind,) if blind else ()))

    def above(self, device: str) -> Iterator[str]:
        """Yield what a device hangs on, and where it and those have their power from."""
        chain = [device, *self._tree.topology.ancestors(device)]
        yield from chain[1:]
        for id_ in chain:
            known = self._devices.get(id_)
            if known is not None and known.power:
                yield known.power

    def standing(self) -> Collection[FaultKey]:
        """Return the faults that are open, of devices that count."""
        return self._index.standing.keys()

    def health(self, device: str) -> Condition:
        """Return how a device is, in one word; unknown for one that is not in the inventory."""
        dossier = self._dossiers.get(device)
        if dossier is None:
            return Condition.UNKNOWN
        if any(one.is_standing for one in dossier.lives.values()):
            return Condition.FAULT
        reach = dossier.lives.get(FaultKey(device, "", LOST))
        return Condition.OK if reach is not None and reach.phase is Phase.OK else Condition.UNKNOWN

    def identity(self, device: str) -> Mapping[str, str]:
        """Return who the device says it is (maker, model, firmware, serial, …), as far as it told."""
        dossier = self._dossiers.get(device)
        return dossier.identity if dossier else {}

    @property
    def learned(self) -> Learned:
        """Who hangs where by what the switches say, and where that and the inventory disagree."""
        return self._learned

    @property
    def moves(self) -> tuple[Move, ...]:
        """The newest moves of devices from one port to another, the oldest first."""
        return self._moves

    def dump(self, only: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
        """Return the state as plain data: device id -> its own, and facts.SITE -> the incidents'.

        Args:
            only: ids of the devices to dump, None for all; the incidents are always there.
        """
        wanted = self._dossiers if only is None else [id_ for id_ in only if id_ in self._dossiers]
        own = {
            "strangers": self._strangers.dump(),
            "blind": self._blindness.dump(),
            "wide": self._wide.dump(),
        }
        site = {**self._correlator.dump(), **own}
        return {SITE: site, **{id_: self._dump(id_) for id_ in wanted}}

    def _dump(self, device: str) -> dict[str, Any]:
        links = self._links.dump(device)
        return {**self._dossiers[device].dump(), **({"links": links} if links else {})}

    def restore(self, data: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Take up what `dump` gave; return whose data could not be read and was left out.

        An incident that is open stays open, even where its device's own data is lost: only a device that is
        seen to be good ends it.
        """
        unread = []
        for id_, own in data.items():
            try:
                if id_ == SITE:
                    self._correlator.load(own)
                    self._strangers.load(own.get("strangers", []))
                    self._wide.load(own.get("wide", []))
                    if own.get("blind"):
                        self._blindness.load(own["blind"], self._index.devices)
                elif id_ in self._dossiers:
                    self._dossiers[id_].load(own)
                    self._links.load(id_, own.get("links", {}))
            except (KeyError, TypeError, ValueError, AttributeError):
                unread.append(id_)
        self._reopen_roots()
        self._relearn()
        self._reindex()
        return unread

    def _reopen_roots(self) -> None:
        for root in self._correlator.roots():
            dossier = self._dossiers.get(root.key.device)
            known = dossier.lives.get(root.key) if dossier else None
            if dossier and (known is None or not known.is_standing):
                began = root.opened_at if root.opened_at is not None else root.since
                dossier.lives[root.key] = Life(root.key, Phase.OPEN, root.since, began, root.verdict)

    def _take_inventory(self, devices: Iterable[Device]) -> None:
        wanted = {device.id: device for device in devices}
        for id_ in [id_ for id_ in self._dossiers if id_ not in wanted]:
            del self._dossiers[id_]
            self._links.forget(id_)
            self._siblings.forget(id_)
            self._failing_in_us.discard(id_)
        for id_, device in wanted.items():
            if id_ in self._dossiers:
                self._dossiers[id_].change(device)
            else:
                self._dossiers[id_] = Dossier(device, self._judgement)
        self._relearn()
        self._reindex()

    def _relearn(self) -> None:
        """Build the feeding tree anew from the inventory and what was learnt."""
        self._links.is_new = self._links.is_renewed = False
        self._devices = {id_: dossier.device for id_, dossier in self._dossiers.items()}
        before, self._learned = self._learned, learn(self._links, self._devices)
        self._moves = (*self._moves, *moves(before, self._learned))[-MOVES_KEPT:]
        self._tree = Tree.of(self._devices, self._learned)
        self._is_unsettled = True

    def _reindex(self) -> None:
        counted = {id_ for id_, d in self._dossiers.items() if counts(d.device)}
        self._index = Index(counted)
        for id_ in counted:
            for one in self._dossiers[id_].lives.values():
                self._index.note(one.finding())
        self._index_site()
        self._is_unsettled = True

    def _note_failing(self, dossier: Dossier) -> None:
        change = self._failing_in_us.add if dossier.failing_in_us else self._failing_in_us.discard
        change(dossier.device.id)

    def _note(self, dossier: Dossier, changed: list[Finding]) -> None:
        if changed and counts(dossier.device):
            self._is_unsettled = True
            for finding in changed:
                self._index.note(finding)

    def _with_blindness(self, changes: Changes, at: float) -> Changes:
        """Add what became of the agent's own blindness."""
        before, index = self._blindness.incident, self._index
        for told in self._blindness.step(self._unseen(), index.devices, at):
            if told.closed_at is not None:
                changes = replace(changes, closed=(*changes.closed, told))
            elif before is None:
                changes = replace(changes, opened=(*changes.opened, told))
            else:
                changes = replace(changes, updated=(*changes.updated, told))
        return changes

    def _unseen(self) -> Iterator[FaultKey]:
        """Yield the devices that are neither alive nor lost, and collectors that fail in the agent itself."""
        index = self._index
        for id_ in index.devices - index.alive - index.lost.keys():
            if self._dossiers[id_].was_asked:
                yield FaultKey(id_, "", BLIND)
        for id_ in index.alive & self._failing_in_us:
            for collector in self._dossiers[id_].failing_in_us:
                yield FaultKey(id_, collector, BLIND)

    def _settle(self, at: float, changed: list[Finding]) -> Changes:
        index = self._index
        tree, devices = self._tree, self._devices
        since = at - self._correlator.return_seconds
        lost = {id_: one for id_, one in index.lost.items() if not is_back(one, since)}
        alive = index.alive | (index.lost.keys() - lost.keys())
        # What has been seen good for long, and is only held for its restlessness, does nobody any harm.
        doing = {key: one for key, one in index.standing.items() if not is_back(one, since)}
        hints = Hints(
            devices, tree.topology, self._learned.hangs, tree.below, doing, lost,
            lambda device: self._dossiers[device].view(at),
        )  # fmt: skip
        above = tree.topology.ancestors
        blame = Blame(devices, tree.fed, doing, lost, hints.lack_of, above)
        parts_of_others = grown(index.standing) | unseen(index.standing, lost, devices)
        parts_of_others |= explained(index.standing, self._wide.cause_of)
        scene = Scene(
            at, index.standing, lost, alive, index.devices, tree.topology,
            blame.of, parts_of_others, tree.placeless, tree.switches, tree.below, hints.cause_of,
        )  # fmt: skip
        out = self._correlator.settle(scene)
        self._is_unsettled = False
        over = (one for one in out.closed if one.ending is Ending.RECOVERED)
        self._forgive(child for one in over for child in one.children)
        return Changes(tuple(changed), tuple(out.opened), tuple(out.updated), tuple(out.closed))

    def _forgive(self, faults: Iterable[FaultKey]) -> None:
        """What an outage that is over did to a device is no restlessness of the device's own."""
        for key in faults:
            dossier = self._dossiers.get(key.device)
            life = dossier.lives.get(key) if dossier else None
            if life is not None and life.phase is not Phase.OPEN:
                life.forgive()


def _holds(own: Mapping[str, Hold], scale: float) -> dict[str, Hold]:
    unknown = sorted(set(own) - set(FAULTS))
    if unknown:
        raise ValueError(f"hold times for faults that do not exist: {', '.join(unknown)}")
    return {code: own.get(code, fault.hold).scaled(scale) for code, fault in FAULTS.items()}
