"""One inspection record by place: what was found, with what proves it, and what is left for hands."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from agent.files import SERVICE_FILE
from agent.service import audit, rounds
from agent.service.book import Answer, Book
from agent.service.desk import open_desk
from agent.service.record import Record, load
from agent.service.refused import Refused
from agent.service.reports.tongue import Tongue
from models.facts import Device
from models.service.inspection import WORST_FIRST, Entry, Outcome, evidenced
from models.service.plans import Item
from models.words import Lang

if TYPE_CHECKING:
    from agent.app import Agent

ALL_AT_ONCE: Final = 300  # entries; of a longer record passed ones are shown place by place


@dataclass(frozen=True, slots=True)
class Line:
    """One item on one device. `answer`: what a person found; `ticket`: number of the one about it, or ""."""

    item: str
    ask: str
    device: Device | None
    outcome: str
    said: str
    ticket: str
    answer: Answer | None

    @property
    def name(self) -> str:
        """How a form names it."""
        return f"{self.item}@{self.device.id}" if self.device else self.item


@dataclass(frozen=True, slots=True)
class Place:
    """One place with its lines, the worst first. `passed`: how many are not listed."""

    name: str
    lines: tuple[Line, ...]
    passed: int
    todo: int  # lines that nothing passed and nobody answered


@dataclass(frozen=True, slots=True)
class Page:
    """A record. `counts`: outcome -> how many; `share`: what ended by evidence, as people read it."""

    record: Record
    title: str
    places: tuple[Place, ...]
    counts: Mapping[str, int]
    share: str


class Records:
    """The inspection records of a site."""

    def __init__(self, agent: "Agent") -> None:
        self._agent = agent
        self._book = Book(agent.config.state_dir / SERVICE_FILE)

    def of(self, number: int, lang: Lang, place: str | None = None, *, whole: bool = False) -> Page | None:
        """Return one record, None where there is none.

        Args:
            number: of the record.
            lang: of its texts.
            place: list what passed there too, however long the record is.
            whole: list what passed everywhere.

        Raises:
            StoreError, PlanError: it cannot be read.
        """
        kept = self._book.inspection(number)
        if kept is None:
            return None
        record, tongue = load(kept), Tongue(lang, self._agent.config.zone)
        share = tongue.share(evidenced(record.entries))
        counts = Counter(entry.outcome.value for entry in record.entries)
        return Page(
            record,
            record.plan.title.of(lang),
            self._places(record, tongue, place, whole=whole),
            counts,
            share,
        )

    def answer(self, number: int, lines: Sequence[str], who: str, note: str, lang: Lang) -> str:
        """Note what a person found: ITEM@DEVICE=good or =bad.

        Raises:
            Refused: there is no such record or item, or it was signed.
            StoreError, FilesError: it cannot be written.
        """
        return self._complete(number, lang, answers=lines, who=who, note=note)

    def sign(self, number: int, who: str, customer: str, lang: Lang) -> str:
        """Sign a record.

        Raises:
            Refused: there is no such record, or it was signed.
            StoreError, FilesError: it cannot be written.
        """
        return self._complete(number, lang, sign=who, customer=customer, who=who)

    def make(self, plan: str, lang: Lang) -> int:
        """Make a record of what is known now; return its number.

        Raises:
            Refused: there is no such plan.
            StoreError, FilesError, PlanError: it cannot be made.
        """
        agent = self._agent
        with open_desk(agent.config, agent.devices, now=agent.clocks.wall(), lang=lang) as desk:
            (made,) = rounds.make(desk, plan)
        return int(made["record"])

    def _complete(
        self,
        number: int,
        lang: Lang,
        *,
        answers: Sequence[str] = (),
        sign: str = "",
        customer: str = "",
        who: str,
        note: str = "",
    ) -> str:
        agent, now = self._agent, self._agent.clocks.wall()
        if number < 1:
            raise Refused(f"no record {number}")
        with open_desk(agent.config, agent.devices, now=now, lang=lang) as desk:
            said = rounds.complete(
                desk, number, answers=answers, sign=sign, customer=customer, who=who, note=note
            )
        what, why = (audit.SIGNED, customer) if sign else (audit.ANSWERED, ", ".join(answers))
        agent.store.note_deed(now, who, what, f"record/{number}", why)
        return said

    def _places(
        self, record: Record, tongue: Tongue, chosen: str | None, *, whole: bool
    ) -> tuple[Place, ...]:
        devices = {device.id: device for device in self._agent.devices}
        items = {item.id: item for item in record.plan.items}
        answers = {(one.item, one.device): one for one in record.answers}
        found: dict[str, list[Line]] = {}
        for entry in record.entries:
            device = devices.get(entry.device)
            answer = answers.get((entry.item, entry.device))
            line = _line(entry, items.get(entry.item), device, answer, tongue)
            found.setdefault(device.place if device else "", []).append(line)
        is_short = whole or len(record.entries) <= ALL_AT_ONCE
        return tuple(
            _place(name, lines, with_passed=is_short or name == chosen)
            for name, lines in sorted(found.items())
        )


def _line(
    entry: Entry, item: Item | None, device: Device | None, answer: Answer | None, tongue: Tongue
) -> Line:
    if device is None and entry.device:  # it left the inventory
        ask = f"{entry.device}: {item.ask.of(tongue.lang) if item else entry.item}"
    else:
        ask = item.ask.of(tongue.lang) if item else entry.item
    said = tongue.entry(entry)
    return Line(entry.item, ask, device, entry.outcome.value, said, entry.ticket, answer)


def _place(name: str, lines: Sequence[Line], *, with_passed: bool) -> Place:
    order = {outcome.value: rank for rank, outcome in enumerate(WORST_FIRST)}
    passed = Outcome.PASSED.value
    shown = [line for line in lines if with_passed or line.outcome != passed]
    shown.sort(key=lambda line: (order[line.outcome], line.device.id if line.device else ""))
    todo = sum(line.outcome != passed and line.answer is None for line in lines)
    return Place(name, tuple(shown), len(lines) - len(shown), todo)
