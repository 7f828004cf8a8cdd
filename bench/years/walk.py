"""Let Siteward live through a fleet's years: each day it sees the past only, and its gate decides."""

import sys
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from bench.years.strip import Strip, World
from models.learning.components import named
from models.learning.gate import Candidate, Gate, Key, Policy
from models.learning.generic import measure_for
from models.learning.measures import Component
from models.learning.trend import Outlook, outlooks_on
from models.learning.wear import GUARDS, Panel, Wear, wear

LOOK_DAYS = 7


@dataclass(frozen=True, slots=True)
class Ticket:
    """One prediction that was opened. `day` counts from the beginning."""

    device: str
    component: str
    day: int
    probability: float = 1.0
    days_left: float = 0.0


@dataclass(frozen=True, slots=True)
class Track:
    """One measure, prepared."""

    strip: Strip
    component: Component
    seen: tuple[Wear, ...]

    def by_day(self, days: int) -> dict[int, list[Outlook]]:
        """Return the trends of each day that end within the horizon; each day knows the past only."""
        found: dict[int, list[Outlook]] = defaultdict(list)
        every = np.arange(GUARDS.learn_days, days)
        for seen in self.seen:
            for one in outlooks_on(seen, every, within=self.component.horizon_days):
                found[one.column].append(one)
        return found


def walk(
    world: World, policy: Policy | None = None, *, quiet: bool = False, listed: list[Ticket] | None = None
) -> list[Ticket]:
    """Return the predictions that are opened, day by day.

    `listed` takes up what a weekly look at the list shows, opened or not, with its probability.
    """
    tracks = prepared(world)
    found = []
    for number, track in enumerate(tracks, 1):
        found.append((track, track.by_day(world.days)))
        if not quiet:
            print(f"measure {number} of {len(tracks)}: {track.strip.component}", file=sys.stderr)
    gate = Gate(policy, devices=world.devices)
    peers = _peers(tracks)
    tickets: list[Ticket] = []
    for day in range(GUARDS.learn_days, world.days):
        candidates = _candidates(found, day)
        if listed is not None and day % LOOK_DAYS == 0:
            listed += [Ticket(*_who(one), day, one.probability, one.days_left) for one in candidates]
        decision = gate.step(day, candidates, peers=peers)
        tickets += [
            Ticket(one.key.device, one.key.component, day, one.probability, one.days_left)
            for one in decision.opened
        ]
    return tickets


def _who(one: Candidate) -> tuple[str, str]:
    return (one.key.device, one.key.component)


def prepared(world: World) -> list[Track]:
    """Return all measures of a fleet, prepared."""
    return [_track(strip) for strip in world.strips]


def _track(strip: Strip) -> Track:
    component = named(strip.component)
    measure = measure_for(component, strip.metric, strip.values)
    return Track(strip, component, wear(Panel.of(strip.values, strip.sites), measure))


def _candidates(tracks: list[tuple[Track, dict[int, list[Outlook]]]], day: int) -> list[Candidate]:
    """Return the best trend of each component of each device."""
    best: dict[Key, Candidate] = {}
    for track, by_day in tracks:
        for one in by_day.get(day, ()):
            key = Key(track.strip.devices[one.row], track.strip.component)
            site = str(track.strip.sites[one.row])
            found = Candidate(key, site, one.days_left, one.probability, one.depleted)
            known = best.get(key)
            if known is None or found.rank < known.rank:
                best[key] = replace(
                    found, probability=max(found.probability, known.probability if known else 0)
                )
    return list(best.values())


def _peers(tracks: list[Track]) -> dict[tuple[str, str], int]:
    peers: dict[tuple[str, str], set[str]] = {}
    for track in tracks:
        for row, device in enumerate(track.strip.devices):
            peers.setdefault((str(track.strip.sites[row]), track.strip.component), set()).add(device)
    return {group: len(members) for group, members in peers.items()}


def daily_wear(world: World) -> list[tuple[Strip, Wear]]:
    """Return what rivals look at: the same daily values on the same scales."""
    tracks = [_track(strip) for strip in world.strips]
    return [(track.strip, seen) for track in tracks for seen in track.seen if np.isfinite(seen.own).any()]
