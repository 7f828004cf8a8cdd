"""Does one fault make one ticket, and does the ticket name the right root?

Generated sites (up to 48 switches, 2,000 devices, two UPSs) are broken again and again: switch, uplink,
cable, PoE budget, UPS, camera, VLAN (many cameras of one switch at once); in a third of the rounds an
unrelated camera dies at the same time. The reports that the checks would give go into the real
`models.watch.Watch`, in simulated time. The inventory names half of the parents, the rest is to be learnt; a
tenth of the edge switches tells of no neighbours; one site lies behind a router, where two
cameras of a hundred have a MAC that nobody tells.

Beside it, with the same reports: `operator`, the same watch without what the switches say of neighbours, and
`naive`, a ticket for each device and fault.

Prints `right_root`: share of incidents whose root is the injected one (a fault that made none counts as a
wrong one); `tickets_per_fault`: tickets that did not end as part of another; `created_per_fault`: with those;
`right_cause`: share of lost cameras and switches whose ticket says the right thing of the port.
"""

import argparse
import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from bench.site.faults import KINDS, Injected, inject
from bench.site.plan import HOME, Plan, make
from bench.site.world import EVERY, STEP, World
from models.facts import Device, Ending, Incident, Report
from models.thresholds import Thresholds
from models.watch import Watch

SITES = ((4, 60, False), (8, 200, True), (16, 600, False), (32, 1200, False), (48, 2000, False))
T0 = 1_700_000_000.0
WARM_UP, BROKEN, HEALED = 780.0, 900.0, 420.0  # seconds


@dataclass(slots=True)
class Score:
    """What became of the faults in one way of judging."""

    tickets: Counter[str] = field(default_factory=Counter)  # by kind of fault
    created: int = 0
    right: int = 0
    judged: int = 0
    causes: Counter[bool] = field(default_factory=Counter)

    def add(self, faults: Iterable[Injected], opened: list[Incident], explained: set[str]) -> None:
        """Add one round: its faults, the incidents it opened, and which of those became part of another."""
        self.created += len(opened)
        kept = [incident for incident in opened if incident.key not in explained]
        for fault in faults:
            mine = [incident for incident in kept if incident.root.key.device in fault.scope]
            self.tickets[fault.kind] += len(mine)
            right = [i for i in mine if (i.root.key.device, i.root.key.code) in fault.roots]
            self.right += len(right)
            self.judged += max(1, len(mine))
            if fault.cause:
                self.causes[any(i.cause is not None and i.cause.detail == fault.cause for i in right)] += 1
        strays = [i for i in kept if not any(i.root.key.device in fault.scope for fault in faults)]
        self.judged += len(strays)
        self.tickets["stray"] += len(strays)

    def told(self, counts: Counter[str]) -> dict[str, Any]:
        """Return the figures; `counts`: faults by kind."""
        faults = counts.total()
        return {
            "right_root": round(self.right / max(1, self.judged), 4),
            "tickets_per_fault": round(self.tickets.total() / faults, 4),
            "created_per_fault": round(self.created / faults, 4),
            "right_cause": round(self.causes[True] / max(1, self.causes.total()), 4),
            "by_kind": {kind: round(self.tickets[kind] / counts[kind], 3) for kind in KINDS if counts[kind]},
            "strays": self.tickets["stray"],
        }


class Judge:
    """One watch and what it said in this round."""

    def __init__(self, name: str, plan: Plan) -> None:
        self.name = name
        self.score = Score()
        self.watch = Watch(
            plan.name,
            _inventory(name, plan),
            thresholds=Thresholds(site_dark_share=2.0) if name == "naive" else None,
            correlate_seconds=0.0 if name == "naive" else 90.0,
            stale_after=lambda collector: 3 * EVERY[collector],
            home=(HOME,) if name == "learned" else (),
        )
        self.opened: list[Incident] = []
        self.explained: set[str] = set()

    def take(self, report: Report) -> None:
        """Show it a report, or as much of it as this way of judging looks at."""
        if self.name != "learned":
            report = replace(report, links=())
            if report.collector == "snmp_topology":
                return
        self._note(self.watch.observe(report))

    def know(self, plan: Plan) -> None:
        """Tell it what the agent's own ARP table would, where no router lies between."""
        if self.name == "learned" and not plan.routed:
            self.watch.note_addresses({n.device.host: n.mac for n in plan.nodes.values()})

    def tick(self, at: float) -> None:
        """Let time pass."""
        self._note(self.watch.tick(at))

    def _note(self, changes: Any) -> None:
        self.opened += changes.opened
        self.explained |= {i.key for i in changes.closed if i.ending is Ending.EXPLAINED}

    def end(self, faults: list[Injected]) -> None:
        """Score the round and forget it."""
        self.score.add(faults, self.opened, self.explained)
        self.opened, self.explained = [], set()


def _inventory(name: str, plan: Plan) -> list[Device]:
    if name == "naive":
        return [replace(device, parent="", power="") for device in plan.told]
    return plan.told


def run(plan: Plan, judges: list[Judge], rounds: int, chance: random.Random) -> Counter[str]:
    """Break one site again and again; return how many faults of each kind there were."""
    counts: Counter[str] = Counter()
    world, at = World(plan), T0
    at = _let(world, judges, at, WARM_UP)
    for judge in judges:
        judge.end([])
        judge.know(plan)
    kinds = [KINDS[n % len(KINDS)] for n in range(rounds)]
    for kind in kinds:
        world.faults = [inject(kind, plan, at, chance, frozenset())]
        if kind not in {"ups", "switch", "uplink"} and chance.random() < 0.5:
            world.faults.append(inject("camera", plan, at, chance, world.faults[0].scope))
        counts.update(fault.kind for fault in world.faults)
        broken = list(world.faults)
        at = _let(world, judges, at, BROKEN)
        world.faults = []
        at = _let(world, judges, at, HEALED)
        for judge in judges:
            judge.end(broken)
    return counts


def _let(world: World, judges: list[Judge], at: float, seconds: float) -> float:
    end = at + seconds
    while at < end:
        for report in world.reports(at):
            for judge in judges:
                judge.take(report)
        at += STEP
        for judge in judges:
            judge.tick(at)
    return at


def bench(rounds: int, seed: int, most: int, names: tuple[str, ...]) -> dict[str, Any]:
    """Run all sites of at most `most` switches; return the figures."""
    began, spent, counts = time.perf_counter(), time.process_time(), Counter[str]()
    scores = {name: Score() for name in names}
    for number, (switches, devices, routed) in enumerate(site for site in SITES if site[0] <= most):
        plan = make(f"site-{number}", switches, devices, seed + number, routed=routed, operator_share=0.5)
        judges = [Judge(name, plan) for name in names]
        for judge in judges:
            judge.score = scores[judge.name]
        counts += run(plan, judges, rounds, random.Random(seed + 100 + number))
    told = {name: score.told(counts) for name, score in scores.items()}
    return {
        **told[names[0]],
        **{name: told[name] for name in names[1:]},
        "faults": counts.total(),
        "switches": min(most, SITES[-1][0]),
        "seconds": round(time.perf_counter() - began, 1),
        "processor_seconds": round(time.process_time() - spent, 1),
    }


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2 * len(KINDS), help="rounds for each site")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--switches", type=int, default=48, help="leave out sites with more")
    parser.add_argument("--alone", action="store_true", help="without the two peers")
    parser.add_argument("--json", action="store_true", help="only the JSON line (it is all there is)")
    given = parser.parse_args()
    names = ("learned",) if given.alone else ("learned", "operator", "naive")
    print(json.dumps(bench(given.rounds, given.seed, given.switches, names)))


if __name__ == "__main__":
    main()
