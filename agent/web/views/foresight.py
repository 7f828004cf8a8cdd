"""What is expected to fail, with why and what to do; read in a thread, as it asks files and the store."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from agent.files import FORECASTS_FILE as BOOK_FILE
from agent.files import PREDICTIONS_FOLDER
from agent.predictions import seal
from agent.predictions.forecast import from_data
from agent.store import StoreError
from agent.store.records import DAY, HOUR
from agent.web.views.chart import Chart, chart
from models.facts import Cause, Incident, Prediction

if TYPE_CHECKING:
    from agent.app import Agent

HISTORY_DAYS: Final = 400
YOUNG_DAYS: Final = 14  # of a younger history the hours are drawn
MOST: Final = 100  # of each list
MOST_PLOTS: Final = 12
RULED_OUT: Final = "wear.ruled_out"


@dataclass(frozen=True, slots=True)
class Expected:
    """One prediction. `key`: of its incident, "" where it has none; `plot`: its evidence, if it is there."""

    one: Prediction
    key: str = ""
    since: float | None = None
    plot: Chart | None = None

    @property
    def why(self) -> tuple[Cause, ...]:
        """What speaks for it, the summary first."""
        return tuple(one for one in self.one.explanation if not one.detail.startswith(RULED_OUT))

    @property
    def ruled_out(self) -> tuple[Cause, ...]:
        """What else it might have been, and is not."""
        return tuple(one for one in self.one.explanation if one.detail.startswith(RULED_OUT))

    @property
    def summary(self) -> str:
        """The message that says in one line why."""
        return self.one.explanation[0].detail if self.one.explanation else ""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The page. `at`: when the newest forecast was made, None: never; `problem`: why it cannot be read."""

    standing: tuple[Expected, ...]
    watched: tuple[Expected, ...]
    learning: Mapping[str, float]
    at: float | None
    days: int
    problem: str = ""


class Foresight:
    """The predictions of a running agent."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent

    def all(self) -> Foreseen:
        """Return what stands, each with its plot, and what is only watched."""
        standing = self.standing()
        book, problem = self._book()
        known = {one.one.key for one in standing}
        watched = [one for one in map(from_data, book.get("ranked", ())) if one.key not in known]
        return Foreseen(
            tuple(self._drawn(one, index) for index, one in enumerate(standing)),
            tuple(Expected(one) for one in watched[:MOST]),
            book.get("learning", {}),
            book.get("at"),
            int(book.get("days", 0)),
            problem,
        )

    def standing(self) -> list[Expected]:
        """Return the predictions that stand, the most urgent first; asked of memory, for the loop."""
        found = [_expected(one) for one in self._agent.pipeline.emission.predictions()]
        told = [one for one in found if one is not None]
        return sorted(told, key=lambda one: (one.one.due_at is None, one.one.due_at or 0.0))[:MOST]

    def of_device(self, device: str) -> list[Expected]:
        """Return those of one device, with their plots."""
        mine = [one for one in self.standing() if one.one.device == device]
        return [self._drawn(one, index) for index, one in enumerate(mine)]

    def _book(self) -> tuple[Mapping[str, Any], str]:
        folder = self._agent.config.state_dir / PREDICTIONS_FOLDER
        if not (folder / BOOK_FILE).exists():
            return {}, ""
        try:
            book = seal.read(folder / BOOK_FILE, seal.key_of(folder))
        except seal.SealError as err:
            return {}, str(err)
        return (book if isinstance(book, dict) else {}), ""

    def _drawn(self, one: Expected, index: int) -> Expected:
        if index >= MOST_PLOTS:
            return one
        try:
            return Expected(one.one, one.key, one.since, evidence(self._agent, one.one))
        except StoreError:
            return one


def _expected(incident: Incident) -> Expected | None:
    one = incident.prediction
    return Expected(one, incident.key, incident.opened_at) if one is not None else None


def evidence(agent: "Agent", one: Prediction) -> Chart | None:
    """Return the curve that a prediction was read from: hand-over, end of life, and when it meets that.

    Raises:
        StoreError: the history cannot be read.
    """
    facts = one.explanation[0].facts if one.explanation else {}
    metric, base, now = facts.get("quantity"), facts.get("base"), facts.get("now")
    if not isinstance(metric, str):
        return None
    points = _history(agent, one, metric)
    levels = _levels(base, now, facts.get("depleted"))
    dated = one.due_at is not None and one.earliest is not None and one.latest is not None and levels
    due = (one.earliest or 0.0, one.due_at or 0.0, one.latest or 0.0) if dated else None
    return chart(points, levels=levels, due=due)


def _history(agent: "Agent", one: Prediction, metric: str) -> Sequence[tuple[float, float]]:
    until = agent.clocks.wall()
    for days, span in ((HISTORY_DAYS, DAY), (YOUNG_DAYS, HOUR)):
        key = (metric, one.part)
        sums = agent.store.panel(one.device, [key], until - days * DAY, until, span=span).get(key, [])
        if len(sums) >= YOUNG_DAYS or span == HOUR:
            return sums
    return ()


def _levels(base: object, now: object, depleted: object) -> list[tuple[str, float]]:
    """Return hand-over and end of life: the latter lies where the way from base to now, made whole, ends."""
    if not isinstance(base, float | int) or not isinstance(now, float | int):
        return []
    levels = [("at_handover", float(base))]
    if isinstance(depleted, float | int) and abs(depleted) > 0.01:
        levels.append(("end_of_life", base + (now - base) / depleted))
    return levels
