"""The file of one device: curves, tickets, parts, forecasts, pictures of hand-over; read in a thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from agent.files import SERVICE_FILE
from agent.helpdesk.base import HelpdeskError
from agent.service.book import Book, PartUse
from agent.service.book_parts import parts_of
from agent.store import StoreError
from agent.web.views.baselines import Baselines
from agent.web.views.foresight import Expected, Foresight
from agent.web.views.series import Curve, curves, gauges_of
from agent.web.views.tickets import Card, Tickets
from models.facts import Report

if TYPE_CHECKING:
    from agent.app import Agent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class File:
    """What is kept of a device. `missing`: whether something could not be read."""

    plots: list[Curve]
    tickets: list[Card]
    parts: list[PartUse]
    forecasts: list[Expected]
    handover: tuple[str, ...]  # streams of which there is a picture of hand-over
    missing: bool


class Files:
    """The device files of a running agent."""

    def __init__(self, agent: "Agent", tickets: Tickets) -> None:
        self._agent = agent
        self._tickets = tickets
        self._book = Book(agent.config.state_dir / SERVICE_FILE)
        self._baselines, self._foresight = Baselines(agent), Foresight(agent)

    def of(self, device: str, days: int, reports: Sequence[Report]) -> File:
        """Return the file of a device; what cannot be read is left out, and the page says so."""
        store, now = self._agent.store, self._agent.clocks.wall()
        plots = _tried(lambda: curves(store, device, gauges_of(reports), now, days))
        cards = _tried(lambda: self._tickets.of_device(device))
        parts = _tried(lambda: parts_of(self._book, [one.reference for one in cards or ()]))
        return File(
            plots or [],
            cards or [],
            parts or [],
            self._foresight.of_device(device),
            self._baselines.pictures(device),
            None in (plots, cards, parts),
        )


def _tried(read: Callable[[], T]) -> T | None:
    try:
        return read()
    except (StoreError, HelpdeskError):
        return None
