"""The values of a simulated fleet, day by day, and the truth about them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.years.plan import (
    ABRUPT,
    BEYOND,
    HEALTHY,
    NATURE,
    OUTAGES,
    REPAIR_DAYS,
    SHAPES,
    STEP,
    UNITS,
    YEAR,
    Nature,
    Units,
    Wearing,
)
from bench.years.strip import Failing, Floats, Strip, World


def make(
    *,
    sites: int,
    days: int,
    seed: int,
    failing: bool = True,
    storm_at: int | None = None,
    units: Units = UNITS,
    nature: Nature = NATURE,
) -> World:
    """Return a fleet.

    Args:
        sites: how many; each has the devices of `plan.UNITS`.
        days: how long.
        seed: of all that is drawn.
        failing: whether anything fails; else all are healthy twins: same seasons, weather, storms, steps.
        storm_at: a storm that hits all sites on this day, beside those drawn.
        units: what there is at each site, and how it wears.
        nature: what befalls it.
    """
    rng = np.random.default_rng(seed)
    calendars = [_Calendar.draw(rng, days, storm_at, nature.storms) for _ in range(sites)]
    strips, truth, devices = [], [], 0
    for kind, (count, wearings) in units.items():
        names = tuple(f"s{site}-{kind}-{i}" for site in range(sites) for i in range(count))
        where = np.repeat(np.arange(sites), count)
        devices += len(names)
        for wearing in wearings:
            strip, failures = _strip(
                rng, wearing, names, where, calendars, days=days, failing=failing, nature=nature
            )
            strips.append(strip)
            truth += failures
    return World(tuple(strips), tuple(truth), days, devices)


@dataclass(frozen=True, slots=True)
class _Calendar:
    """What all devices of a site share: outages of the agent, storms, weather."""

    dark: NDArray[np.bool_]
    storms: NDArray[np.bool_]
    phase: float

    @classmethod
    def draw(cls, rng: np.random.Generator, days: int, storm_at: int | None, often: float) -> "_Calendar":
        dark, storms = np.zeros(days, dtype=bool), np.zeros(days, dtype=bool)
        rate, shortest, longest = OUTAGES
        for _ in range(rng.poisson(rate * days / YEAR)):
            at = rng.integers(0, days)
            dark[at : at + rng.integers(shortest, longest + 1)] = True
        for _ in range(rng.poisson(often * days / YEAR)):
            at = rng.integers(0, days)
            storms[at : at + rng.integers(1, 3)] = True
        if storm_at is not None:
            storms[storm_at : storm_at + 1] = True
        return cls(dark, storms, rng.uniform(-0.3, 0.3))


def _strip(
    rng: np.random.Generator,
    wearing: Wearing,
    names: tuple[str, ...],
    where: NDArray[np.int_],
    calendars: list[_Calendar],
    *,
    days: int,
    failing: bool,
    nature: Nature,
) -> tuple[Strip, list[Failing]]:
    n, t = len(names), np.arange(days)
    sign = np.sign(wearing.end)
    start = rng.uniform(0, YEAR)  # the fleet was handed over on any day of the year
    phase = np.array([calendars[site].phase for site in where])
    season = rng.uniform(*wearing.season, n)[:, None] * np.sin(
        2 * np.pi * (t + start) / YEAR + phase[:, None]
    )
    whole = np.abs(wearing.end)
    slow = sign * (season - season[:, :1]) + rng.uniform(*wearing.ages, n)[:, None] * whole * t / YEAR
    slow += _steps(rng, n, days, whole, nature.steps)
    if nature.halts:
        slow += _halts(rng, n, days, whole, nature.halts)
    if wearing.resets:
        slow += _soiling(rng, n, days, wearing.resets, whole)
    # A healthy unit stays well away from the end, or it would not be healthy.
    slow *= np.minimum(1.0, HEALTHY * whole / np.maximum(slow.max(axis=1, keepdims=True), 1e-12))
    failures = list(_fail(rng, wearing, names, slow, days)) if failing else []
    weather = _ar1(rng, len(calendars), days, wearing.weather, 0.8)
    scale = sign * (slow + _dips(rng, n, days, whole, nature.dips))
    scale += _noise(rng, n, days, wearing.noise) + weather[where] * rng.uniform(0.5, 1.5, n)[:, None]
    for site, calendar in enumerate(calendars):
        felt = (where == site)[:, None] & calendar.storms & (rng.random((n, 1)) < 0.5)
        scale += sign * felt * wearing.storm * wearing.noise * rng.uniform(0.5, 1.5, (n, 1))
    values = _values(rng, wearing, scale)
    values[rng.random(values.shape) < nature.gaps] = np.nan
    for site, calendar in enumerate(calendars):
        values[np.ix_(where == site, calendar.dark)] = np.nan
    return Strip(wearing.component, wearing.metric, names, where, values), failures


def _values(rng: np.random.Generator, wearing: Wearing, scale: Floats) -> Floats:
    typical, differ = wearing.base
    base = typical * np.exp(rng.normal(0, differ / 2, (len(scale), 1)))
    if wearing.mode == "offset":
        return base + scale
    values: Floats = base * np.exp(scale)
    return np.minimum(values, 1.0) if wearing.mode == "decades" else values


def _fail(
    rng: np.random.Generator, wearing: Wearing, names: tuple[str, ...], slow: Floats, days: int
) -> Iterator[Failing]:
    """Let some units wear out: adds to `slow`, yields the truth. A repaired unit begins anew.

    It fails when all that it has worn, season included, reaches the end. What fails after the last day is
    told too: a prediction of it is right.
    """
    whole = abs(wearing.end)
    t = np.arange(days + BEYOND)
    for row in np.flatnonzero(rng.random(len(names)) < wearing.fails * days / (2 * YEAR)):
        onset = float(rng.uniform(45, days))
        shape = "abrupt" if rng.random() < ABRUPT else str(rng.choice(SHAPES))
        takes = 1.0 if shape == "abrupt" else float(np.exp(rng.uniform(*np.log(wearing.takes))))
        progress = np.clip((t - onset) / takes, 0, None)
        wear = whole * np.minimum(_decay(rng, shape, progress), rng.uniform(1.15, 1.6))
        so_far = np.concatenate([slow[row], np.full(BEYOND, slow[row, -1])])
        reached = np.flatnonzero((t >= onset) & (so_far + wear >= whole))
        if not reached.size:
            continue
        failure = float(reached[0])
        wear[t >= failure + rng.integers(*REPAIR_DAYS)] = 0.0
        slow[row] += wear[:days]
        yield Failing(names[row], wearing.component, onset, failure, shape)


def _decay(rng: np.random.Generator, shape: str, x: Floats) -> Floats:
    """Return wear as a share of the end, 1 at progress 1."""
    match shape:
        case "linear":
            return x
        case "exponential":  # quick first, then slower
            rate = rng.uniform(0.5, 2.0)
            return np.asarray((1 - np.exp(-rate * x)) / (1 - np.exp(-rate)))
        case "accelerating":
            return np.asarray(x ** rng.uniform(1.5, 3.0))
        case "knee":  # slow, then three to six times as quick
            at, share = rng.uniform(0.4, 0.7), rng.uniform(0.15, 0.3)
            return np.where(x < at, share * x / at, share + (1 - share) * (x - at) / (1 - at))
        case "stairs":
            steps = rng.integers(5, 12)
            return np.asarray(np.floor(x * steps) / steps)
        case _:  # abrupt
            return np.where(x > 0, 10.0, 0.0)


def _steps(rng: np.random.Generator, n: int, days: int, whole: float, often: float) -> Floats:
    """Return steps that stay, towards worse and better, in units of wear."""
    out = np.zeros((n, days))
    for row in range(n):
        for _ in range(rng.poisson(often * days / YEAR)):
            out[row, rng.integers(0, days) :] += whole * rng.uniform(-STEP, STEP)
    return np.clip(out, -STEP * whole, STEP * whole)


def _halts(rng: np.random.Generator, n: int, days: int, whole: float, often: float) -> Floats:
    """Return wear that stops: a fan whose filter is full, a joint that has settled, light of new foliage."""
    out, t = np.zeros((n, days)), np.arange(days)
    for row in range(n):
        for _ in range(rng.poisson(often * days / YEAR)):
            took, most = np.exp(rng.uniform(*np.log((15, 200)))), rng.uniform(0.1, HEALTHY)
            out[row] += whole * most * np.clip((t - rng.uniform(0, days)) / took, 0, 1)
    return out


def _dips(rng: np.random.Generator, n: int, days: int, whole: float, often: float) -> Floats:
    """Return what passes again within days: a spider, a wet dome, a parked lorry."""
    out = np.zeros((n, days))
    for row in range(n):
        for _ in range(rng.poisson(often * days / YEAR)):
            at, length = rng.integers(0, days), rng.integers(3, 13)
            out[row, at : at + length] += whole * rng.uniform(0.05, 0.5)
    return out


def _soiling(rng: np.random.Generator, n: int, days: int, mean: float, whole: float) -> Floats:
    """Return dirt that gathers and is washed off, up to a quarter of the way on a healthy unit."""
    out = np.zeros((n, days))
    for row in range(n):
        at, level = 0, 0.0
        while at < days:
            length = int(rng.exponential(mean)) + 3
            rate = whole * rng.uniform(0.0005, 0.003)
            span = np.arange(min(length, days - at))
            out[row, at : at + length] = np.minimum(level + rate * span, 0.25 * whole)
            level = out[row, min(at + length, days) - 1] * rng.uniform(0.0, 0.5)
            at += length
    return out


def _noise(rng: np.random.Generator, n: int, days: int, sigma: float) -> Floats:
    return rng.normal(0, sigma * 0.87, (n, days)) + _ar1(rng, n, days, sigma * 0.5, 0.6)


def _ar1(rng: np.random.Generator, n: int, days: int, sigma: float, rho: float) -> Floats:
    shocks = rng.normal(0, sigma * np.sqrt(1 - rho**2), (n, days))
    out = np.empty((n, days))
    level = rng.normal(0, sigma, n)
    for day in range(days):
        level = rho * level + shocks[:, day]
        out[:, day] = level
    return out
