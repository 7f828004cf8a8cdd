"""Who is where: people and cars on fixed routes, a pure function of seed and time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import atan2, hypot
from random import Random

Spot = tuple[float, float]  # metres on the ground: x right, z ahead


@dataclass(frozen=True, slots=True)
class Route:
    """A way that somebody takes every so often, in either direction."""

    kind: str  # person | car
    start: Spot
    end: Spot
    every: float  # seconds from one traveller to the next
    speed: float  # metres a second
    spread: float = 0.5  # metres to either side


@dataclass(frozen=True, slots=True)
class Mover:
    """Somebody at one moment."""

    kind: str
    x: float
    z: float
    heading: float  # radians, 0 along x, pi / 2 along z
    gone: float  # metres gone so far
    look: int


@dataclass(frozen=True, slots=True)
class _Trip:
    start: Spot
    end: Spot
    delay: float
    speed: float
    look: int


def movers(routes: tuple[Route, ...], seed: int, at: float) -> Iterator[Mover]:
    """Yield everybody who is on the way at a moment (Unix seconds)."""
    for number, route in enumerate(routes):
        shifted = at + (seed % 997) * 7.3 + number * 11.0
        turn = int(shifted // route.every)
        for back in range(3):  # a slow one may still be on the way when the next sets out
            elapsed = shifted - (turn - back) * route.every
            mover = _on_the_way(route, _trip(route, seed, number, turn - back), elapsed)
            if mover is not None:
                yield mover


def _on_the_way(route: Route, trip: _Trip, elapsed: float) -> Mover | None:
    across, along = trip.end[0] - trip.start[0], trip.end[1] - trip.start[1]
    length = hypot(across, along)
    gone = (elapsed - trip.delay) * trip.speed
    if not 0 <= gone <= length:
        return None
    x, z = trip.start[0] + across * gone / length, trip.start[1] + along * gone / length
    return Mover(route.kind, x, z, atan2(along, across), gone, trip.look)


@lru_cache(maxsize=512)
def _trip(route: Route, seed: int, number: int, turn: int) -> _Trip:
    rng = Random(f"{seed}/{number}/{turn}")
    aside = rng.uniform(-route.spread, route.spread)
    length = hypot(route.end[0] - route.start[0], route.end[1] - route.start[1])
    side = (
        (route.start[1] - route.end[1]) / length * aside,
        (route.end[0] - route.start[0]) / length * aside,
    )
    ends = [(x + side[0], z + side[1]) for x, z in (route.start, route.end)]
    if rng.random() < 0.5 and route.kind == "person":
        ends.reverse()
    speed = route.speed * rng.uniform(0.85, 1.2)
    return _Trip(ends[0], ends[1], rng.uniform(0, route.every * 0.4), speed, rng.randrange(1000))
