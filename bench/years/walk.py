"""Let Siteward live through a fleet's years: each day it sees the past only, and its gate decides."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from bench.years.strip import Strip, World
from models.learning.components import named
from models.learning.gate import Candidate, Gate, Key, Policy
from models.learning.generic import measure_for
from models.learning.measures import Component
from models.learning.odds import odds
from models.learning.trend import GUARDS, Outlook, Panel, Wear, outlooks, wear


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

    def on(self, day: int) -> Iterator[tuple[str, Outlook]]:
        """Yield device and outlook of the trends of one day that end within the horizon."""
        for seen in self.seen:
            for one in outlooks(seen, day, within=self.component.horizon_days):
                yield self.strip.devices[one.row], one


def walk(world: World, policy: Policy | None = None, *, quiet: bool = False) -> list[Ticket]:
    """Return the predictions that are opened, day by day."""
    tracks = [_track(strip) for strip in world.strips]
    gate = Gate(policy, devices=world.devices)
    peers = _peers(tracks)
    tickets: list[Ticket] = []
    told = monotonic()
    for day in range(GUARDS.learn_days, world.days):
        decision = gate.step(day, _candidates(tracks, day), peers=peers)
        tickets += [
            Ticket(one.key.device, one.key.component, day, one.probability, one.days_left)
            for one in decision.opened
        ]
        if not quiet and monotonic() - told > 10:
            told = monotonic()
            print(f"day {day} of {world.days}: {len(tickets)} predictions", file=sys.stderr)
    return tickets


def _track(strip: Strip) -> Track:
    component = named(strip.component)
    measure = measure_for(component, strip.metric)
    return Track(strip, component, wear(Panel.of(strip.values, strip.sites), measure))


def _candidates(tracks: list[Track], day: int) -> list[Candidate]:
    """Return the best trend of each component of each device."""
    best: dict[Key, Candidate] = {}
    for track in tracks:
        for device, one in track.on(day):
            key = Key(device, track.strip.component)
            site = str(track.strip.sites[one.row])
            found = Candidate(key, site, one.days_left, odds(one, track.component.horizon_days), one.depleted)
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
