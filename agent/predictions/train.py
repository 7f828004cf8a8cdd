"""Train the model of wear from exported histories: how far forecasts of each component were off.

Each series that wore on gives checked forecasts: at earlier moments the same trend said when the wear of
later days would be reached. A component's band is taken over its series, each counted once (split conformal
by unit). The work is one job a measure, done by any `concurrent.futures.Executor`.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, as_completed
from typing import Final

import numpy as np

from agent.predictions.daily import MEASURES
from agent.predictions.model import Model
from models.learning.conformal import band
from models.learning.gate import Policy
from models.learning.measures import Reduce
from models.learning.robust import Floats, increases
from models.learning.trend import outlooks
from models.learning.wear import GUARDS, Panel, Wear, wear

AHEAD: Final = (14, 28, 56)  # days after which a forecast is checked
LIKELY: Final = Policy().likely  # what is told at all
EVERY: Final = 7  # days between forecasts of one series
LEAST_UNITS: Final = 5  # fewer teach nothing: the shipped band stays

Errors = list[Floats]


def train(
    histories: Mapping[str, Floats],
    days: tuple[int, int],
    sites: int,
    *,
    executor: Executor,
    now: float,
    progress: Callable[[int, int, str], None] = lambda _done, _of, _name: None,
) -> Model:
    """Return the model; `progress` is told (done, of, measure) after each job."""
    jobs = {executor.submit(errors_of, name, values): name for name, values in histories.items()}
    by_component: dict[str, Errors] = {}
    for done, job in enumerate(as_completed(jobs), 1):
        name = jobs[job]
        by_component.setdefault(name.split("|", 1)[0], []).extend(job.result())
        progress(done, len(jobs), name)
    taught = {name: errors for name, errors in by_component.items() if len(errors) >= LEAST_UNITS}
    return Model(
        id=f"wear/1 {days[0]}-{days[1]}",
        bands={name: band(sorted(errors, key=_first)) for name, errors in sorted(taught.items())},
        trained_at=now,
        first_day=days[0],
        last_day=days[1],
        units={name: len(errors) for name, errors in sorted(by_component.items())},
        sites=sites,
    )


def errors_of(name: str, values: Floats) -> Errors:
    """Return for each series that wore on the errors of its checked forecasts: log(true / forecast)."""
    measure = MEASURES[name]
    values = increases(values) if measure.reduce is Reduce.GROWTH else values
    found: dict[int, list[float]] = {}
    for seen in wear(Panel.of(values), measure):
        for day in range(GUARDS.learn_days, values.shape[1] - AHEAD[0], EVERY):
            for one in outlooks(seen, day):
                if one.window and one.slope > 0 and one.probability >= LIKELY:
                    found.setdefault(one.row, []).extend(_checked(seen, day, one.row, one.slope))
    return [np.array(errors) for _, errors in sorted(found.items()) if errors]


def _checked(seen: Wear, day: int, row: int, slope: float) -> Sequence[float]:
    """Return the errors of the times at which later levels were forecast to be reached."""
    now = seen.level[row, day] / seen.end[row]
    out = []
    for ahead in AHEAD:
        if day + ahead >= seen.level.shape[1]:
            break
        later = seen.level[row, day + ahead] / seen.end[row]
        if np.isfinite(later) and later > now:
            out.append(float(np.log(ahead / max((later - now) / slope, 1e-3))))
    return out


def _first(errors: Floats) -> float:
    return float(errors[0])
