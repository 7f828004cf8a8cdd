"""From trials to figures."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from bench.picture.trial import Outcome, Result
from simulator.rtsp.damage import DAMAGES, LEVELS

Marks = Callable[[Outcome], Sequence[str]]


def single(outcome: Outcome) -> Sequence[str]:
    """Return the labels of all windows, each for itself."""
    return outcome.labels


def agreed(outcome: Outcome) -> Sequence[str]:
    """Return the one fault that the agent opens over the windows of a trial."""
    return (outcome.confirmed,)


def figures(results: Iterable[Result], marks: Marks) -> dict[str, Any]:
    """Return recall, right labels and false alarms.

    `recall`: share of faulty windows with any label; `label`: share of all faulty windows with the right one.
    """
    results = list(results)
    outcomes = [outcome for result in results for outcome in result.outcomes]
    faulty = [outcome for outcome in outcomes if outcome.case.is_fault]
    weighty = [outcome for outcome in faulty if outcome.case.level != "low"]
    return {
        "false_per_clean_window": _false(outcomes, marks),
        "recall_medium_high": _seen(weighty, marks),
        "label_medium_high": _right(weighty, marks),
        "recall": _by_fault(faulty, marks, _seen),
        "label": _by_fault(faulty, marks, _right),
        "per_scene": {result.scene: _scene(result, marks) for result in results},
        "cpu_ms_per_window": _mean([result.measure_ms for result in results]),
    }


def confusion(results: Iterable[Result]) -> dict[str, dict[str, int]]:
    """Return how often each fault at medium and high strength got which label; "" is none."""
    table: dict[str, Counter[str]] = {}
    for result in results:
        for outcome in result.outcomes:
            if outcome.case.level != "low" or not outcome.case.is_fault:
                table.setdefault(outcome.case.name, Counter()).update(outcome.labels)
    return {name: dict(counts.most_common()) for name, counts in table.items()}


def _scene(result: Result, marks: Marks) -> dict[str, Any]:
    weighty = [o for o in result.outcomes if o.case.is_fault and o.case.level != "low"]
    wrong = Counter(
        f"{o.case.name}: {label}"
        for o in result.outcomes
        if not o.case.is_fault
        for label in marks(o)
        if label
    )
    return {
        "false_per_clean_window": _false(result.outcomes, marks),
        "recall_medium_high": _seen(weighty, marks),
        "label_medium_high": _right(weighty, marks),
        "structure": round(result.anchors, 3),
        "trials_without_effect": result.skipped,
        "false": dict(wrong.most_common(8)),
    }


def _by_fault(
    faulty: Sequence[Outcome], marks: Marks, share: Callable[[Sequence[Outcome], Marks], float | None]
) -> dict[str, dict[str, float | None]]:
    return {
        name: {
            level: share([o for o in faulty if (o.case.name, o.case.level) == (name, level)], marks)
            for level in LEVELS
        }
        for name in DAMAGES
    }


def _false(outcomes: Sequence[Outcome], marks: Marks) -> float | None:
    return _share([bool(label) for o in outcomes if not o.case.is_fault for label in marks(o)])


def _seen(outcomes: Sequence[Outcome], marks: Marks) -> float | None:
    return _share([bool(label) for o in outcomes for label in marks(o)])


def _right(outcomes: Sequence[Outcome], marks: Marks) -> float | None:
    return _share([label in o.right for o in outcomes for label in marks(o)])


def _share(hits: Sequence[bool]) -> float | None:
    return round(sum(hits) / len(hits), 4) if hits else None


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 2) if values else None
