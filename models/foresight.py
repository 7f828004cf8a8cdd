"""Predictions as incidents: in a key space of their own, converted and never doubled when the fault comes.

    predictions that stand ──▶ Foresight ──▶ opened · updated · closed (lifted)
    a fault's incident opens ──┘        └──▶ closed (converted), and the fault's incident goes on from it

What stands is decided by the gate of the learned models, hysteresis included; nothing here waits.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from models.facts import Cause, Ending, FaultKey, Finding, Incident, Phase, Prediction

SHIFT_SHARE: Final = 0.5  # a forecast that lost so much of the time it left is worth a word
MIN_SHIFT_SECONDS: Final = 86400.0


@dataclass(slots=True)
class Expected:
    """One prediction that stands. `told`: as the ticket says it."""

    now: Prediction
    told: Prediction
    opened_at: float


@dataclass(slots=True)
class Told:
    """What became of predictions."""

    opened: list[Incident] = field(default_factory=list)
    updated: list[Incident] = field(default_factory=list)
    closed: list[Incident] = field(default_factory=list)


class Foresight:
    """The predictions of a site. Holds no clock.

    Args:
        site: the first part of every key.
    """

    def __init__(self, site: str) -> None:
        self._site = site
        self._standing: dict[FaultKey, Expected] = {}

    def incidents(self) -> tuple[Incident, ...]:
        """Return the predictions that stand."""
        return tuple(self._incident(one.now, one.opened_at) for one in self._standing.values())

    def take(self, predictions: Iterable[Prediction], faults: Collection[FaultKey], at: float) -> Told:
        """Take all predictions that stand now.

        Args:
            predictions: the full set; what is missing from it no longer stands.
            faults: those that are open: a prediction of what is there already says nothing new.
            at: now, Unix seconds.
        """
        out = Told()
        wanted = {one.key: one for one in predictions}
        for key in [key for key in self._standing if key not in wanted]:
            self._end(key, Ending.LIFTED, at, out)
        for key, one in wanted.items():
            if key in self._standing:
                self._renew(key, one, out)
            elif not any(announces(one, fault) for fault in faults):
                self._standing[key] = Expected(one, one, at)
                out.opened.append(self._incident(one, at))
        return out

    def convert(self, incident: Incident, at: float) -> tuple[Incident, list[Incident]]:
        """Return a fault's incident as it opens, and the predictions that it makes true, closed.

        The ticket of the oldest of them goes on as the fault's.
        """
        root = incident.root.key
        true = [key for key, one in self._standing.items() if announces(one.now, root)]
        true.sort(key=lambda key: self._standing[key].opened_at)
        out = Told()
        for key in true:
            self._end(key, Ending.CONVERTED, at, out, by=incident.key)
        came = replace(incident, goes_on_from=out.closed[0].key) if out.closed else incident
        return came, out.closed

    def keep_devices(self, devices: Collection[str], at: float) -> Told:
        """End what is predicted of devices that left the inventory, or that are to be ignored."""
        out = Told()
        for key in [key for key in self._standing if key.device not in devices]:
            self._end(key, Ending.REMOVED, at, out)
        return out

    def _renew(self, key: FaultKey, one: Prediction, out: Told) -> None:
        known = self._standing[key]
        known.now = one
        if is_news(known.told, one):
            known.told = one
            out.updated.append(self._incident(one, known.opened_at))

    def _end(self, key: FaultKey, ending: Ending, at: float, out: Told, by: str = "") -> None:
        one = self._standing.pop(key)
        ended = self._incident(one.now, one.opened_at)
        out.closed.append(replace(ended, closed_at=at, ending=ending, explained_by=by))

    def _incident(self, one: Prediction, opened_at: float) -> Incident:
        root = Finding(one.key, Phase.OPEN, opened_at, opened_at)
        return Incident(f"{self._site}/{one.key}", root, opened_at=opened_at, prediction=one)

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        rows = [(asdict(x.now), asdict(x.told), x.opened_at) for x in self._standing.values()]
        return {"standing": [list(row) for row in rows]}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        read = [Expected(_load(now), _load(told), float(at)) for now, told, at in data["standing"]]
        self._standing = {one.now.key: one for one in read}


def announces(one: Prediction, fault: FaultKey) -> bool:
    """Whether a fault is what was predicted: one of its codes on its device and, if both say so, its part."""
    is_part = not one.part or not fault.part or one.part == fault.part
    return one.device == fault.device and fault.code in one.becomes and is_part


def is_news(told: Prediction, now: Prediction) -> bool:
    """Whether a forecast changed so much that people should hear: better founded, or much sooner."""
    if now.grade < told.grade:
        return True
    if now.due_at is None or told.due_at is None:
        return now.due_at is not None
    left = max(0.0, told.due_at - now.at)
    return told.due_at - now.due_at > max(MIN_SHIFT_SECONDS, SHIFT_SHARE * left)


def _load(data: Mapping[str, Any]) -> Prediction:
    causes = tuple(Cause(str(one["detail"]), dict(one["facts"])) for one in data["explanation"])
    return Prediction(**{**data, "becomes": tuple(data["becomes"]), "explanation": causes})
