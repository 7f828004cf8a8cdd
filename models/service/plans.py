"""Inspection plans as data: what is asked of which equipment, what proves it, or why only a person can tell.

A plan is read from plain data (YAML); everything that is wrong with it is told at once, with its place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from models.facts import Kind
from models.words import Words

AGGREGATES: Final = ("last", "min", "max", "mean")
_QUERY_KEYS: Final = frozenset(
    {
        "faults",
        "also",
        "metric",
        "of",
        "days",
        "at_least",
        "at_most",
        "baseline_at_least",
        "baseline_at_most",
        "online",
    }
)
_ITEM_KEYS: Final = frozenset(
    {"id", "ask", "equipment", "evidence", "manual", "tools", "parts", "sample", "where_told"}
)
_PLAN_KEYS: Final = frozenset({"plan", "name", "every_months", "items"})


class PlanError(ValueError):
    """A plan cannot be used; `problems` says all that is wrong, a line each."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(f"{source}: " + "; ".join(problems))
        self.source = source
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked up for one item, and when it passes. Exactly one of `faults`, `metric`, `online`.

    Attributes:
        faults: each must have been looked for and not be there.
        also: further faults (`IMG_*` for a family) that fail the item where they stand. Not every device can
            be looked at for them, so that not having been is no obstacle to a pass.
        metric: its values of the last `days` days, taken together by `of`, part by part.
        at_least, at_most: bounds of the value.
        baseline_at_least, baseline_at_most: bounds of the value as a share of its hand-over baseline.
        online: share of the observed time of the last `days` days in which the device must have answered.
    """

    faults: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    metric: str = ""
    of: str = "last"
    days: int = 7
    at_least: float | None = None
    at_most: float | None = None
    baseline_at_least: float | None = None
    baseline_at_most: float | None = None
    online: float | None = None

    @property
    def needs_baseline(self) -> bool:
        """Whether it compares with the hand-over."""
        return self.baseline_at_least is not None or self.baseline_at_most is not None


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a checklist. `queries` empty: `manual` says why no protocol can see it."""

    id: str
    ask: Words
    equipment: tuple[Kind, ...] = ()  # empty: the site as a whole
    queries: tuple[Query, ...] = ()
    manual: Words | None = None
    tools: tuple[Words, ...] = ()
    parts: tuple[Words, ...] = ()
    sample: float | None = None  # a function test: this share of the devices, drawn
    where_told: str = ""  # a metric: only devices that ever told it have what this item is about


@dataclass(frozen=True, slots=True)
class Plan:
    """One inspection plan of the contract."""

    name: str
    title: Words
    every_months: int
    items: tuple[Item, ...] = field(default=())

    @property
    def metrics(self) -> frozenset[str]:
        """Names of all metrics that its evidence needs."""
        return frozenset(query.metric for item in self.items for query in item.queries if query.metric)

    @property
    def faults(self) -> frozenset[str]:
        """Codes of all faults that its evidence needs."""
        return frozenset(code for item in self.items for query in item.queries for code in query.faults)


def parse(data: Any, source: str) -> Plan:
    """Return the plan that plain data describes.

    Raises:
        PlanError: with all that is wrong.
    """
    reader = _Reader(source)
    plan = reader.plan(data)
    if reader.problems or plan is None:
        raise PlanError(source, reader.problems)
    return plan


class _Reader:
    """Reads plain data; what is wrong is noted with its place, not raised."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[str] = []

    def plan(self, data: Any) -> Plan | None:
        if not isinstance(data, Mapping):
            self.problems.append("must be a mapping that begins with `plan:`")
            return None
        self._known(data, _PLAN_KEYS, "")
        every = data.get("every_months")
        if not isinstance(every, int) or isinstance(every, bool) or every < 1:
            self.problems.append("every_months: must be a whole number of months, 1 or more")
            every = 1
        items = tuple(self._items(data.get("items")))
        name = data.get("plan")
        if not isinstance(name, str) or not name:
            self.problems.append("plan: must be the plan's name")
            name = "?"
        return Plan(name, self._words(data.get("name"), "name"), every, items)

    def _items(self, data: Any) -> Iterator[Item]:
        if not isinstance(data, list) or not data:
            self.problems.append("items: must be a list of checklist items")
            return
        seen: set[str] = set()
        for number, one in enumerate(data):
            if not isinstance(one, Mapping):
                self.problems.append(f"items[{number}]: must be a mapping")
                continue
            item = self._item(one, f"items[{number}] {one.get('id', '')}".strip())
            if item.id in seen:
                self.problems.append(f"items[{number}]: id {item.id!r} stands twice")
            seen.add(item.id)
            yield item

    def _item(self, data: Mapping[str, Any], where: str) -> Item:
        self._known(data, _ITEM_KEYS, where)
        evidence, manual = data.get("evidence"), data.get("manual")
        if (evidence is None) == (manual is None):
            self.problems.append(f"{where}: needs either `evidence`, or `manual` with the reason")
        sample = data.get("sample")
        if sample is not None and (not _is_number(sample) or not 0 < sample <= 1):
            self.problems.append(f"{where}.sample: must be a share above 0 and up to 1")
            sample = None
        if not isinstance(data.get("id"), str):
            self.problems.append(f"{where}.id: must be a short name")
        return Item(
            id=str(data.get("id", "")),
            ask=self._words(data.get("ask"), f"{where}.ask"),
            equipment=tuple(self._kinds(data.get("equipment", []), where)),
            queries=tuple(self._queries(evidence, where)),
            manual=self._words(manual, f"{where}.manual") if manual is not None else None,
            tools=self._list(data.get("tools", []), f"{where}.tools"),
            parts=self._list(data.get("parts", []), f"{where}.parts"),
            sample=sample,
            where_told=str(data.get("where_told", "")),
        )

    def _queries(self, data: Any, where: str) -> Iterator[Query]:
        given = data if isinstance(data, list) else [] if data is None else [data]
        for number, one in enumerate(given):
            place = f"{where}.evidence[{number}]"
            if not isinstance(one, Mapping):
                self.problems.append(f"{place}: must be a mapping")
                continue
            self._known(one, _QUERY_KEYS, place)
            yield self._query(one, place)

    def _query(self, data: Mapping[str, Any], place: str) -> Query:
        kinds = [name for name in ("faults", "metric", "online") if name in data]
        if len(kinds) != 1:
            self.problems.append(f"{place}: needs exactly one of faults, metric, online")
        bounds = ("at_least", "at_most", "baseline_at_least", "baseline_at_most", "online")
        numbers = {name: data[name] for name in bounds if name in data}
        for name, value in numbers.items():
            if not _is_number(value):
                self.problems.append(f"{place}.{name}: must be a number")
        if kinds == ["metric"] and not numbers:
            self.problems.append(
                f"{place}: says no bound; write at_least, at_most, or one against the baseline"
            )
        if data.get("of", "last") not in AGGREGATES:
            self.problems.append(f"{place}.of: choose of {', '.join(AGGREGATES)}")
        days = data.get("days", 7)
        if not isinstance(days, int) or not 1 <= days <= 400:
            self.problems.append(f"{place}.days: must be a whole number from 1 to 400")
            days = 7
        return Query(
            faults=self._codes(data.get("faults", []), f"{place}.faults"),
            also=self._codes(data.get("also", []), f"{place}.also"),
            metric=str(data.get("metric", "")),
            of=str(data.get("of", "last")),
            days=days,
            **{name: float(value) for name, value in numbers.items() if _is_number(value)},
        )

    def _codes(self, data: Any, place: str) -> tuple[str, ...]:
        codes = data if isinstance(data, list) else [data]
        if not all(isinstance(code, str) and code for code in codes):
            self.problems.append(f"{place}: must be fault codes")
            return ()
        return tuple(codes)

    def _kinds(self, data: Any, where: str) -> Iterator[Kind]:
        for one in data if isinstance(data, list) else [data]:
            try:
                yield Kind(one)
            except ValueError:
                self.problems.append(f"{where}.equipment: no {one!r}; choose of {', '.join(Kind)}")

    def _list(self, data: Any, place: str) -> tuple[Words, ...]:
        return tuple(self._words(one, place) for one in (data if isinstance(data, list) else [data]))

    def _words(self, data: Any, place: str) -> Words:
        if isinstance(data, Mapping) and set(data) == {"en", "zh"} and all(map(_is_text, data.values())):
            return Words(data["en"].strip(), data["zh"].strip())
        self.problems.append(f"{place}: needs its text as en: and zh:")
        return Words("?", "?")

    def _known(self, data: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
        self.problems += [f"{where}: unknown key {key!r}".lstrip(": ") for key in data if key not in keys]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())
