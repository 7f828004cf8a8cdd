"""One night: daily values in, predictions out. No loop, no I/O; runs in a worker process."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from agent.predictions import disks
from agent.predictions.daily import MEASURES, Daily, label
from agent.predictions.events import Epoch, begins
from agent.predictions.model import Model
from models.facts import Cause, Prediction
from models.learning.components import COMPONENTS
from models.learning.explain import Evidence, explain
from models.learning.gate import Candidate, Gate, Key, grade
from models.learning.measures import Component
from models.learning.odds import NO_FEEDBACK, Feedback, corrected
from models.learning.trend import Outlook, outlooks
from models.learning.wear import GUARDS, Panel, Wear, wear
from models.messages import MESSAGES

DAY: Final = 86400.0
RECENT_DAYS: Final = 90
HISTORY_DAYS: Final = 400  # what wear is read from; older values only slow the night down
DISK_LIKELY: Final = 0.5  # from here on a disk is told as expected to fail
DISK_WATCHED: Final = 0.2  # … and from here on it is on the list
NO_DISKS: Final = disks.Outlook()
DISK_DAYS: Final = 7.0  # what is left of a disk that fails within two weeks, about


@dataclass(frozen=True, slots=True)
class Changed:
    """What is to be learnt anew from when on; `offset`: seconds that the site's days begin before UTC's."""

    epochs: Sequence[Epoch] = ()
    offset: float = 0.0

    def begins(self, daily: Daily, name: str) -> Any:
        """Return the first column of each row's present epoch, of the columns that wear is read from."""
        days = min(daily.days, HISTORY_DAYS)
        first = daily.first + daily.days - days
        component = name.split("|", 1)[0]
        return begins(
            daily.rows[name], component, self.epochs, first=first, days=days, offset=self.offset
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Night:
    """What a night found.

    Attributes:
        standing: all predictions that stand, as the gate decided.
        ranked: what may come, and what the budget held back, the most urgent first; no tickets.
        learning: component -> share of its series that have enough days.
    """

    standing: tuple[Prediction, ...]
    ranked: tuple[Prediction, ...]
    learning: Mapping[str, float] = field(default_factory=dict)


def forecast(
    daily: Daily,
    gate: Gate,
    *,
    model: Model,
    now: float,
    known: Sequence[Prediction] = (),
    blocked: Collection[tuple[str, str]] = (),
    devices: Collection[str] | None = None,
    feedback: Mapping[str, Feedback] | None = None,
    changed: Changed | None = None,
    expected: disks.Outlook = NO_DISKS,
) -> Night:
    """Judge the newest day.

    Args:
        daily: daily values, the newest day last.
        gate: its state moves on by this day.
        model: bands of the dates.
        now: Unix seconds.
        known: predictions of the night before: what stands keeps its text until its trend is seen again.
        blocked: (device, fault code) of what is open already.
        devices: the inventory; others are left out. None: all.
        feedback: component -> what became of earlier predictions.
        changed: what begins anew.
        expected: what the disk classifier says.
    """
    told, since = feedback or {}, changed or Changed()
    found = dict(_all(daily, model, now, feedback=told, devices=devices, changed=since))
    measured, learning = _measured(daily, since)
    watched = _add_disks(found, measured, expected, now=now, feedback=told, devices=devices)
    shut = {key for key in {*found, *gate.standing} if _is_blocked(key, blocked)}
    decision = gate.step(
        daily.next_day - 1,
        [candidate for candidate, _ in found.values()],
        measured=measured, peers=_peers(daily), blocked=shut,
    )  # fmt: skip
    for key in [
        key for key in gate.standing if key in shut or (devices is not None and key.device not in devices)
    ]:
        gate.end(key, daily.next_day - 1)  # it came true, or its device is gone
    before = {Key(one.device, one.component, one.part): one for one in known}
    texts = {**before, **{key: prediction for key, (_, prediction) in found.items()}}
    standing = tuple(texts[key] for key in sorted(gate.standing) if key in texts)
    ranked = tuple(texts[one.key] for one in decision.ranked if one.key not in shut)
    ranked += tuple(one for key, one in watched.items() if key not in gate.standing and key not in shut)
    return Night(standing, ranked, learning)


# ---------------------------------------------------------------- candidates


@dataclass(frozen=True, slots=True)
class _Seen:
    """A trend of one metric."""

    metric: str
    outlook: Outlook
    siblings: int
    measured: int


def _all(
    daily: Daily,
    model: Model,
    now: float,
    *,
    feedback: Mapping[str, Feedback],
    devices: Collection[str] | None,
    changed: Changed,
) -> Iterator[tuple[Key, tuple[Candidate, Prediction]]]:
    for component in COMPONENTS.values():
        metrics: dict[Key, dict[str, _Seen | None]] = {}
        for measure in component.measures:
            name = label(component.key, measure)
            if name not in daily.values:
                continue
            for key, seen in _trends(daily, name, component, changed):
                if devices is None or key.device in devices:
                    metrics.setdefault(key, {})[measure.metric] = seen
        for key, seen_by in metrics.items():
            trends = [one for one in seen_by.values() if one is not None]
            if trends:
                told = feedback.get(component.key, NO_FEEDBACK)
                yield key, _candidate(component, key, trends, seen_by, model=model, now=now, feedback=told)


def _trends(
    daily: Daily, name: str, component: Component, changed: Changed
) -> Iterator[tuple[Key, _Seen | None]]:
    panel, rows = _panel(daily, name, changed), daily.rows[name]
    values = panel.values
    siblings = len(rows) if len(rows) >= GUARDS.siblings and MEASURES[name].shared else 0
    recent = np.sum(~np.isnan(values[:, -RECENT_DAYS:]), axis=1)
    for seen in wear(panel, MEASURES[name]):
        found = {one.row: one for one in outlooks(seen, values.shape[1] - 1, within=component.horizon_days)}
        for row, (device, part) in enumerate(rows):
            one = found.get(row)
            told = None if one is None else _Seen(MEASURES[name].metric, one, siblings, int(recent[row]))
            yield Key(device, component.key, part), told


def _candidate(
    component: Component,
    key: Key,
    trends: Sequence[_Seen],
    seen_by: Mapping[str, _Seen | None],
    *,
    model: Model,
    now: float,
    feedback: Feedback,
) -> tuple[Candidate, Prediction]:
    first = min(trends, key=lambda one: one.outlook.days_left)
    one = first.outlook
    probability = corrected(max(seen.outlook.probability for seen in trends), feedback)
    early, late = model.band(component.key).around(one.days_left)
    days = int(min(RECENT_DAYS, max(one.window, first.measured)))
    evidence = Evidence(
        first.metric, one, siblings=first.siblings, measured=first.measured, of=max(days, RECENT_DAYS),
        also={metric: seen is not None for metric, seen in seen_by.items() if metric != first.metric},
        feedback=feedback,
    )  # fmt: skip
    dated = one.window > 0 or one.depleted >= 1  # what came at once and stays has no date
    spare = f"wear.spare.{component.key}"
    prediction = Prediction(
        device=key.device, part=key.part, component=component.key, becomes=component.becomes, at=now,
        probability=round(probability, 3), grade=grade(probability), model=model.id,
        due_at=now + one.days_left * DAY if dated else None,
        earliest=now + early * DAY if dated else None, latest=now + late * DAY if dated else None,
        explanation=explain(evidence), action=f"wear.do.{component.key}",
        spare=spare if spare in MESSAGES else "",
    )  # fmt: skip
    return Candidate(key, "", one.days_left, probability, one.depleted), prediction


def _is_blocked(key: Key, blocked: Collection[tuple[str, str]]) -> bool:
    component = COMPONENTS.get(key.component)
    return component is not None and any((key.device, code) in blocked for code in component.becomes)


def _panel(daily: Daily, name: str, changed: Changed) -> Panel:
    values = daily.panel(name)[:, -HISTORY_DAYS:]
    return Panel(values, np.zeros(len(values), dtype=int), changed.begins(daily, name))


def _add_disks(
    found: dict[Key, tuple[Candidate, Prediction]],
    measured: dict[Key, float],
    expected: disks.Outlook,
    *,
    now: float,
    feedback: Mapping[str, Feedback],
    devices: Collection[str] | None,
) -> dict[Key, Prediction]:
    """Add what the classifier expects to the trends; return what is only watched."""
    watched = {}
    for one in expected.disks:
        key = Key(one.row[0], "disk", one.row[1])
        if one.probability is None or (devices is not None and key.device not in devices):
            continue
        sure = corrected(one.probability, feedback.get("disk", NO_FEEDBACK))
        measured[key] = max(sure, measured.get(key, 0.0))
        if sure < DISK_WATCHED:
            continue
        trend = found.get(key)
        reasons = (disks.summary(sure, expected.failures), *one.signs)
        told = _of_disk(key, sure, reasons, now, trend[1] if trend else None)
        if sure >= DISK_LIKELY or trend:
            effect = max(sure, trend[0].effect) if trend else sure
            left = min(DISK_DAYS, trend[0].days_left) if trend else DISK_DAYS
            found[key] = (Candidate(key, "", left, told.probability or sure, effect), told)
        else:
            watched[key] = told
    return watched


def _of_disk(
    key: Key, sure: float, reasons: tuple[Cause, ...], now: float, trend: Prediction | None
) -> Prediction:
    if trend is not None:
        probability = max(round(sure, 3), trend.probability or 0.0)
        first, second = (reasons, trend.explanation) if sure >= DISK_LIKELY else (trend.explanation, reasons)
        return replace(
            trend, probability=probability, grade=grade(probability), explanation=(*first, *second)
        )  # fmt: skip
    return Prediction(
        device=key.device, part=key.part, component="disk", becomes=COMPONENTS["disk"].becomes, at=now,
        probability=round(sure, 3), grade=grade(sure), model=disks.NAME, explanation=reasons,
        action="wear.do.disk", spare="wear.spare.disk",
    )  # fmt: skip


def _measured(daily: Daily, changed: Changed) -> tuple[dict[Key, float], dict[str, float]]:
    """Return the present wear of all that was measured well enough, and how far learning is."""
    effects: dict[Key, float] = {}
    shares: dict[str, list[bool]] = {}
    for name, measure in MEASURES.items():
        if name not in daily.values:
            continue
        component = name.split("|", 1)[0]
        for seen in wear(_panel(daily, name, changed), measure):
            for row, (device, part) in enumerate(daily.rows[name]):
                ready = bool(seen.ready[row, -1])
                shares.setdefault(component, []).append(ready)
                level = _level(seen, row)
                if ready and np.isfinite(level):
                    key = Key(device, component, part)
                    effects[key] = max(level, effects.get(key, -np.inf))
    return effects, {name: sum(ready) / len(ready) for name, ready in shares.items()}


def _level(seen: Wear, row: int) -> float:
    return float(seen.level[row, -1] / seen.end[row])


def _peers(daily: Daily) -> dict[tuple[str, str], int]:
    peers: dict[tuple[str, str], set[str]] = {}
    for name, rows in daily.rows.items():
        peers.setdefault(("", name.split("|", 1)[0]), set()).update(device for device, _ in rows)
    return {group: len(members) for group, members in peers.items()}


# ---------------------------------------------------------------- as plain data


def to_data(one: Prediction) -> dict[str, Any]:
    """Return a prediction as JSON can hold it."""
    return {
        **{name: getattr(one, name) for name in _PLAIN},
        "becomes": list(one.becomes),
        "explanation": [[cause.detail, dict(cause.facts)] for cause in one.explanation],
    }


def from_data(data: Mapping[str, Any]) -> Prediction:
    """Return the prediction.

    Raises:
        KeyError, TypeError, ValueError: it is something else.
    """
    return Prediction(
        **{name: data[name] for name in _PLAIN},
        becomes=tuple(data["becomes"]),
        explanation=tuple(Cause(detail, facts) for detail, facts in data["explanation"]),
    )


_PLAIN: Final = (
    "device", "part", "component", "at", "probability", "due_at", "earliest", "latest", "grade", "model",
    "action", "spare",
)  # fmt: skip
