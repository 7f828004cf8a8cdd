"""What is probably behind a fault, from the causes that were confirmed on devices of the same kind.

A case is a device on the day its fault opened: how far each of its components was worn, and which fault it
was. For each device of today and each fault that the model knows the likeliest cause is worked out at night,
so that a ticket of the day can say it at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from agent.predictions.daily import MEASURES
from agent.predictions.history import History
from models.learning.causes import CauseModel
from models.learning.measures import Toward
from models.learning.robust import Floats
from models.learning.wear import Panel, wear

LEAST_SURE: Final = 0.5  # a cause less likely than not is not suggested
NAMES: Final = tuple(sorted(MEASURES))

Suggestions = dict[str, dict[str, tuple[str, float, int]]]  # device -> fault -> cause, probability, cases


@dataclass(frozen=True, slots=True)
class KindModel:
    """What was learnt of the devices of a kind. `faults`: those that its cases are of; `cases`: how many."""

    model: CauseModel
    faults: tuple[str, ...]
    cases: int


class Shares:
    """How far each measure of each device of a site is worn, by column."""

    def __init__(self, history: History) -> None:
        self._levels = {name: _levels(history, name) for name in NAMES if name in history.daily.values}
        self._rows: dict[str, dict[str, list[int]]] = {}
        for name in self._levels:
            for index, (device, _) in enumerate(history.daily.rows[name]):
                self._rows.setdefault(name, {}).setdefault(device, []).append(index)

    def of(self, device: str, column: int) -> Floats:
        """Return the share of the way of each measure, the worst of its parts; NaN for not measured."""
        out = np.full(len(NAMES), np.nan)
        for place, name in enumerate(NAMES):
            rows = self._rows.get(name, {}).get(device, [])
            values = self._levels[name][rows, column] if rows else np.zeros(0)
            known = values[np.isfinite(values)]
            out[place] = known.max() if len(known) else np.nan
        return out


def _levels(history: History, name: str) -> Floats:
    seen = wear(Panel.of(history.daily.panel(name)), MEASURES[name])
    found = [one for one in seen if one.measure.toward is not Toward.EITHER]
    worst = np.fmax.reduce([one.level / one.end[:, None] for one in found])
    return np.asarray(np.clip(worst, -2.0, 3.0))


def train(histories: Sequence[History]) -> dict[str, KindModel]:
    """Return the model of each kind of device of which enough causes were confirmed."""
    cases: dict[str, list[tuple[Floats, str, str, int, int]]] = {}
    devices: dict[tuple[int, str], int] = {}
    for site, history in enumerate(histories):
        confirmed = [one for one in history.happened if one.cause and one.device in history.kinds]
        shares = Shares(history) if confirmed else None
        for one in confirmed:
            column = history.column(one.at)
            if shares is not None and 0 <= column < history.daily.days:
                number = devices.setdefault((site, one.device), len(devices))
                row = shares.of(one.device, column)
                day = column + history.daily.first
                cases.setdefault(history.kinds[one.device], []).append(
                    (row, one.fault, one.cause, number, day)
                )
    found = {}
    for kind, known in cases.items():
        faults = tuple(sorted({one[1] for one in known}))
        rows = np.array([_row(one[0], one[1], faults) for one in known])
        model = CauseModel.fit(
            rows,
            [one[2] for one in known],
            np.array([one[3] for one in known]),
            np.array([one[4] for one in known]),
        )
        if model.causes:
            found[kind] = KindModel(model, faults, len(known))
    return found


def suggest(models: Mapping[str, KindModel], history: History) -> Suggestions:
    """Return for each device and known fault the likeliest cause, where it is likely."""
    column = history.daily.days - 1
    if not models or column < 0:
        return {}
    shares, out = Shares(history), Suggestions()
    for device, kind in sorted(history.kinds.items()):
        known = models.get(kind)
        if known is None:
            continue
        own = shares.of(device, column)
        rows = np.array([_row(own, fault, known.faults) for fault in known.faults])
        for fault, likely in zip(known.faults, known.model.probability(rows), strict=True):
            best = int(np.argmax(np.nan_to_num(likely)))
            if np.isfinite(likely[best]) and likely[best] >= LEAST_SURE:
                sure = round(float(likely[best]), 3)
                out.setdefault(device, {})[fault] = (known.model.causes[best], sure, known.cases)
    return out


def _row(shares: Floats, fault: str, faults: Sequence[str]) -> Floats:
    return np.concatenate([shares, [float(fault == one) for one in faults]])


# ---------------------------------------------------------------- to disk and back

NAME: Final = "cause-model"


def schema() -> str:
    """Return what a saved model must have been made for."""
    return sha256(repr(NAMES).encode()).hexdigest()[:16]


def dump(models: Mapping[str, KindModel]) -> dict[str, NDArray[Any]]:
    """Return the models as arrays."""
    out: dict[str, NDArray[Any]] = {"kinds": np.array(sorted(models), dtype=np.str_)}
    for kind, one in models.items():
        out[f"{kind}/faults"] = np.array(one.faults, dtype=np.str_)
        out[f"{kind}/cases"] = np.array(one.cases)
        out |= {f"{kind}/{name}": array for name, array in one.model.dump().items()}
    return out


def load(state: Mapping[str, NDArray[Any]]) -> dict[str, KindModel]:
    """Take up what `dump` gave.

    Raises:
        KeyError, ValueError: the state is of another make.
    """
    out = {}
    for kind in map(str, state["kinds"]):
        own = {
            name.removeprefix(f"{kind}/"): array
            for name, array in state.items()
            if name.startswith(f"{kind}/")
        }
        out[kind] = KindModel(CauseModel.load(own), tuple(map(str, own["faults"])), int(own["cases"]))
    return out
