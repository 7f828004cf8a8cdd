"""What devices were accepted with and handed over as, and what is different now."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agent.files import SERVICE_FILE
from agent.service.book import BaselineValue, Book, Handover
from agent.service.book_parts import baseline_of, handed_over
from agent.service.handover import FOLDER, PICTURE, Delta
from agent.service.requests import Done
from agent.service.requests import Request as Wish
from agent.store import StoreError
from agent.store.records import DAY
from agent.store.references import Page
from models.accepted import Difference
from models.facts import Device
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

RECENT_DAYS: Final = 30
DEEDS: Final = ("accept", "baseline_accept", "baseline_reset")
SHOWN: Final = 200  # devices that differ, on one page


@dataclass(frozen=True, slots=True)
class Differs:
    """A device that is not as it was accepted."""

    device: Device
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The page. `without`: devices that were never handed over; `problem`: why the book cannot be read."""

    differing: tuple[Differs, ...]
    total: int
    handovers: tuple[Handover, ...]
    without: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Baseline:
    """One device: accepted values by (metric, part), what differs, and hand-over beside now."""

    accepted: tuple[tuple[str, str, str], ...]
    differences: tuple[Difference, ...]
    deltas: tuple[Delta, ...]
    pictures: tuple[str, ...]  # streams of which there is a picture of hand-over
    problem: str = ""


class Baselines:
    """The baselines of a running agent."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._book = Book(agent.config.state_dir / SERVICE_FILE)

    def differing(self) -> list[Differs]:
        """Return the devices that are not as they were accepted; asked of memory, for the loop."""
        watch = self._agent.pipeline.watch
        found = ((device, watch.differences(device.id)) for device in self._agent.devices)
        return [Differs(device, tuple(told)) for device, told in found if told]

    def overview(self, differing: Sequence[Differs]) -> Overview:
        """Return the page; in a thread."""
        shown, total = tuple(differing[:SHOWN]), len(differing)
        try:
            known = handed_over(self._book)
            without = sum(device.id not in known for device in self._agent.devices)
            return Overview(shown, total, tuple(reversed(self._book.handovers())), without)
        except StoreError as err:
            return Overview(shown, total, (), 0, str(err))

    def of(self, device: str) -> Baseline:
        """Return the baseline of a device; in a thread."""
        watch = self._agent.pipeline.watch
        accepted = tuple(
            (metric, part, value) for (metric, part), value in sorted(watch.accepted(device).items())
        )
        differences = tuple(watch.differences(device))
        try:
            frozen = baseline_of(self._book, device)
            deltas = tuple(self._deltas(device, [one for one in frozen if one.metric != PICTURE]))
        except StoreError as err:
            return Baseline(accepted, differences, (), (), str(err))
        pictures = tuple(one.part for one in frozen if one.metric == PICTURE)
        return Baseline(accepted, differences, deltas, pictures)

    def pictures(self, device: str) -> tuple[str, ...]:
        """Return the streams of which there is a picture of hand-over; in a thread."""
        try:
            return tuple(one.part for one in baseline_of(self._book, device) if one.metric == PICTURE)
        except StoreError:
            return ()

    def picture(self, device: str, part: str) -> Path | None:
        """Return the file of a picture of hand-over, None where there is none; in a thread."""
        for one in baseline_of(self._book, device):
            if one.metric == PICTURE and part in {"", one.part}:
                path = self._agent.config.state_dir / FOLDER / Path(str(one.value)).name
                return path if path.is_file() else None
        return None

    def accept(self, device: str, who: str, lang: Lang, what: str = "accept") -> Done:
        """Take a device as it is from its next answer on, or (`what` of DEEDS) begin its picture anew."""
        return self._agent.service.do(Wish(device, what, who), lang)

    def references(self, device: str) -> list[Page]:
        """Return what each stream of a camera is compared with: since when, and why it began."""
        return self._agent.references.known(device)

    def _deltas(self, device: str, frozen: Sequence[BaselineValue]) -> list[Delta]:
        since = self._agent.clocks.wall() - RECENT_DAYS * DAY
        now = {(one.metric, one.part): one.value for one in self._agent.store.newest(device, since)}
        return [
            Delta(device, one.metric, one.part, one.value, now.get((one.metric, one.part))) for one in frozen
        ]
