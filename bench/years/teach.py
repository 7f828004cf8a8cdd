"""Teach how probable a forecast failure is.

    python -m bench.years.teach --json models/learning/wear_odds.json

Fleets of many makes are drawn (noise, season, weather, speed of wear, dips, steps, gaps, and how far from the
assumed limit things really fail), with seeds that no benchmark uses by default. Each series that is some way
from hand-over gives its signs every fourth day, and whether a prediction made then would have been right.
Gradient boosting under monotone constraints learns the probability; it is written as numbers, with a card: of
the figures on it each was measured on fleets that were not learnt from.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.years import plan
from bench.years.score import AFTER, EARLY, USEFUL
from bench.years.strip import Floats, World
from bench.years.walk import prepared
from bench.years.world import make
from models.learning.signs import FEATURES, signs
from models.learning.wear import GUARDS

FIRST_SEED: Final = 7001
SITES, DAYS, EVERY = 2, 730, 4
RISING: Final = (
    "significance", "line or step", "level", "level with season", "among siblings", "above record",
    "least of late", "least of two weeks", "risen since",
)  # fmt: skip
TREES: Final = {"max_iter": 250, "learning_rate": 0.07, "max_leaf_nodes": 12, "min_samples_leaf": 80,
                "l2_regularization": 5.0, "early_stopping": False, "random_state": 0}  # fmt: skip


Lesson = tuple[Floats, Floats, Floats]
"""Signs, whether a prediction would be right (NaN: too late to matter), and weights; one entry a cell."""


def drawn(seed: int) -> World:
    """Return a fleet of a make of its own."""
    rng = np.random.default_rng(seed)

    def factor(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    units, often = {}, rng.choice((0.5, 1.0, 2.0, 2.0))
    for kind, (count, wearings) in plan.UNITS.items():
        drawn = []
        for one in wearings:
            speed, season = factor(0.6, 1.3), factor(0.5, 1.5)
            drawn.append(replace(
                one, noise=one.noise * factor(0.6, 1.7), weather=one.weather * factor(0.5, 1.7),
                season=(one.season[0] * season, one.season[1] * season), fails=min(0.5, often * one.fails),
                takes=(one.takes[0] * speed, one.takes[1] * speed), resets=one.resets * factor(0.6, 1.6),
                end=one.end * (factor(0.8, 1.3) if rng.random() < 0.3 else 1.0),
            ))  # fmt: skip
        units[kind] = (count, tuple(drawn))
    nature = plan.Nature(
        dips=plan.DIPS * factor(0.5, 2.5), steps=plan.STEPS * factor(0.5, 2.0),
        gaps=plan.GAPS * factor(0.5, 2.5), storms=plan.STORMS * factor(0.5, 2.0),
        halts=max(0.0, rng.uniform(-0.15, 0.15)),
    )  # fmt: skip
    return make(sites=SITES, days=DAYS, seed=seed, units=units, nature=nature)


def lessons(world: World) -> Iterator[Lesson]:
    """Yield what a fleet teaches."""
    columns = np.arange(GUARDS.learn_days, world.days, EVERY)
    for track in prepared(world):
        truth = [one for one in world.truth if one.component == track.strip.component]
        for seen in track.seen:
            for found in signs(seen, columns):
                right, weight = np.zeros(len(found.row)), np.ones(len(found.row))
                device, at = np.array(track.strip.devices)[found.row], found.column + 1.0
                for one in truth:
                    mine = device == one.device
                    hit = mine & (at >= one.onset - EARLY) & (at <= one.failure - USEFUL)
                    right[hit] = 1.0
                    right[mine & (at > one.failure - USEFUL) & (at <= one.failure + AFTER)] = np.nan
                    weight[hit] = 1 / np.sqrt(max(1, hit.sum()))  # a long wear is not many failures
                yield found.table, right, weight


def fitted(table: Floats, right: Floats, weight: Floats) -> Any:
    """Return the gradient boosting of what is known."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    rising = [int(name in RISING) for name in FEATURES]
    known = ~np.isnan(right)
    weight, good = weight[known].copy(), right[known] > 0
    weight[good] *= good.sum() / max(weight[good].sum(), 1e-9)
    return HistGradientBoostingClassifier(monotonic_cst=rising, **TREES).fit(
        table[known], good, sample_weight=weight
    )


def plain(model: Any) -> dict[str, Any]:
    """Return a fitted gradient boosting as numbers."""
    trees = [one[0].nodes for one in model._predictors]  # noqa: SLF001  no public way to the trees
    width = max(len(nodes) for nodes in trees)
    start = float(np.ravel(model._baseline_prediction)[0])  # noqa: SLF001  nor to where they begin
    out: dict[str, Any] = {"start": round(start, 5)}
    for name in ("feature", "bound", "left", "right", "value"):
        out[name] = []
    for nodes in trees:
        leaf = nodes["is_leaf"].astype(bool)
        own = np.arange(len(nodes))
        more = width - len(nodes)
        rows = {
            "feature": np.where(leaf, 0, nodes["feature_idx"]).tolist(),
            "bound": [float(f"{one:.6g}") for one in np.where(leaf, 0, nodes["num_threshold"])],
            "left": np.where(leaf, own, nodes["left"]).tolist(),
            "right": np.where(leaf, own, nodes["right"]).tolist(),
            "value": [float(f"{one:.4g}") for one in np.where(leaf, nodes["value"], 0)],
        }
        for name, values in rows.items():
            out[name].append(values + [0] * more)
    out["depth"] = int(max(nodes["depth"].max() for nodes in trees))
    return out


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--fleets", type=int, default=130)
    parser.add_argument("--json", type=Path, required=True, help="where the model is written")
    parser.add_argument("--cache", type=Path, help="a folder where lessons are kept between runs")
    given = parser.parse_args()
    fleets = []
    for number in range(given.fleets):
        fleets.append(_lesson(FIRST_SEED + number, given.cache))
        print(f"fleet {number + 1} of {given.fleets}: {len(fleets[-1][1])} cells", file=sys.stderr)
    whole = _joined(fleets)
    data = {"card": _card(fleets), "features": list(FEATURES), **plain(fitted(*whole))}
    given.json.write_text(json.dumps(data, separators=(",", ":")) + "\n", encoding="utf-8")
    print(json.dumps(data["card"]))
    return 0


def _card(fleets: list[Lesson]) -> dict[str, Any]:
    """Return where the trees come from, and how well trees of one half of the fleets do on the other."""
    chances, truths = [], []
    for turn in (0, 1):
        half = fitted(*_joined(fleets[turn::2]))
        table, right, _ = _joined(fleets[1 - turn :: 2])
        known = ~np.isnan(right)
        chances.append(half.predict_proba(table[known])[:, 1])
        truths.append(right[known])
    chance, truth = np.concatenate(chances), np.concatenate(truths)
    brier, base = float(np.mean((chance - truth) ** 2)), truth.mean() * (1 - truth.mean())
    bins = np.minimum((chance * 10).astype(int), 9)
    ece = sum(abs(chance[bins == b].mean() - truth[bins == b].mean()) * np.mean(bins == b) for b in set(bins))
    return {
        "made": f"{datetime.now(UTC):%Y-%m-%d}",
        "from": "simulated fleets of bench.years.teach, no field data",
        "seeds": [FIRST_SEED, FIRST_SEED + len(fleets) - 1],
        "cells": sum(len(one[1]) for one in fleets),
        "brier_skill": round(float(1 - brier / base), 3),
        "ece": round(float(ece), 4),
    }


def _lesson(seed: int, cache: Path | None) -> Lesson:
    path = cache / f"{seed}.npz" if cache else None
    if path and path.exists():
        with np.load(path) as kept:
            return kept["table"], kept["right"], kept["weight"]
    found = _joined(list(lessons(drawn(seed))))
    if path:
        np.savez(path, table=found[0], right=found[1], weight=found[2])
    return found


def _joined(parts: list[Lesson]) -> Lesson:
    table, right, weight = (np.concatenate(one) for one in zip(*parts, strict=True))
    return table, right, weight


if __name__ == "__main__":
    raise SystemExit(main())
