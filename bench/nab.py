"""The anomaly detectors of the agent on the Numenta Anomaly Benchmark, by its own scoring rules.

One parameter set for all files, causal, no labels. The threshold of each file is chosen on the other files:
the files are dealt into five folds in twelve ways, and the score is the mean over the ways; `…_optimal` has
it chosen on all files, as the public table does.

Rivals beside it, judged the same way: `null` (never alerts), `static` (a fixed bound: distance from the
median of the probation, in the value's own unit), `ewma_3_sigma`, `linear_14d` (a line through the last 14
days, in standard errors), `isolation_forest` (scikit-learn's defaults, on windows of 8 samples).

`ms_per_1000`: processor time of one series alone; `ms_per_1000_vectorised`: of 20,000 series at once, per
1,000 points, once they know their day. Both are the quickest of a few rounds, as `timeit` has it: what is
above that is the machine's other work.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bench.nab_rivals import RIVALS
from bench.nab_rules import PROFILES, CorpusError, Floats, Gains, Series, probation, read_corpus
from bench.output import finish, refuse
from models.learning.anomaly import Detectors
from models.learning.detectors import scores

FOLDS, WAYS = 5, 12
SERIES, WARM, STEPS, ROUNDS = 20_000, 320, 40, 10
Score = Callable[[Series], Floats]


def ours(series: Series) -> Floats:
    return np.array(list(scores(zip(series.at.tolist(), series.value.tolist(), strict=True))))


def judge(corpus: Sequence[Series], score: Score) -> dict[str, float]:
    """Return the score of each profile with thresholds from other files, and from all (`…_optimal`)."""
    scored = [np.nan_to_num(score(series)) for series in corpus]
    found = {}
    for profile in PROFILES:
        gains = Gains(scored, corpus, profile)
        ways = [gains.on_others(folds)[0] for folds in deal(len(corpus))]
        found[profile.name] = round(float(np.mean(ways)), 1)
        found[f"{profile.name}_optimal"] = round(gains.optimal(), 1)
    return found


def deal(files: int) -> list[list[list[int]]]:
    """Return several ways to deal files into folds; with fewer files than folds each is its own."""
    rng = np.random.default_rng(0)
    orders = [rng.permutation(files).tolist() for _ in range(WAYS)]
    return [[order[i::FOLDS] for i in range(min(FOLDS, files))] for order in orders]


def cost_alone(corpus: Sequence[Series]) -> float:
    spent = []
    points = sum(len(series.at) for series in corpus)
    for _ in range(2):
        began = time.process_time()
        for series in corpus:
            ours(series)
        spent.append(time.process_time() - began)
    return 1e6 * min(spent) / points


def cost_together(corpus: Sequence[Series]) -> float:
    """Return the cost at a site's size: each series is a stretch of a file that begins elsewhere."""
    values = np.concatenate([series.value for series in corpus])
    steps = WARM + ROUNDS * STEPS
    start = np.random.default_rng(0).integers(0, max(1, len(values) - steps), SERIES)
    found, every, spent = Detectors(SERIES), np.arange(SERIES), np.zeros(steps)
    for step in range(steps):
        value = values[(start + step) % len(values)]
        began = time.process_time()
        found.take(every, np.full(SERIES, 300.0 * step), value)
        spent[step] = time.process_time() - began
    rounds = spent[WARM:].reshape(ROUNDS, STEPS).sum(axis=1)
    return float(1e6 * rounds.min() / (STEPS * SERIES))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.nab", description=__doc__.split("\n")[0])
    parser.add_argument(
        "--data", type=Path, required=True, help="data/**.csv and labels/combined_windows.json"
    )
    parser.add_argument("--no-rivals", action="store_true", help="only our own detectors")
    parser.add_argument("--json", action="store_true", help="one line of JSON only")
    given = parser.parse_args(arguments)
    try:
        corpus = read_corpus(given.data)
    except CorpusError as err:
        return refuse(str(err))
    windows = sum(len(series.windows) for series in corpus)
    if not windows:
        return refuse(
            f"{given.data}: none of the {len(corpus)} files has a labelled window, nothing to score"
        )
    result: dict[str, object] = dict(judge(corpus, ours))
    result["ms_per_1000"] = round(cost_alone(corpus), 2)
    result["ms_per_1000_vectorised"] = round(cost_together(corpus), 3)
    result |= {"files": len(corpus), "windows": windows, "folds": min(FOLDS, len(corpus)), "ways": WAYS}
    if not given.no_rivals:
        result["rivals"] = rivals(corpus)
    return finish(result, as_json=given.json)


def rivals(corpus: Sequence[Series]) -> dict[str, dict[str, float]]:
    found = {}
    for name, score in RIVALS.items():
        print(f"rival {name}", file=sys.stderr)
        found[name] = judge(corpus, lambda series, score=score: score(series, probation(len(series.at))))  # type: ignore[misc]
    return found


if __name__ == "__main__":
    raise SystemExit(main())
