"""Inspection records: made from evidence, kept in the service book, completed and signed by people."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any, Final

import yaml

from agent.service.book import Answer, Book, Kept
from agent.service.contract import ContractConfig
from agent.service.gather import gather
from agent.store.questions import Questions
from models.facts import Device
from models.service.draws import Draw
from models.service.inspection import Entry, Outcome, inspect
from models.service.plans import Plan, PlanError, parse
from models.service.rounds import Month, Standing, belongs_to, dues, standing

SHIPPED: Final = Path(__file__).with_name("plans")


@dataclass(frozen=True, slots=True)
class Record:
    """One inspection.

    Attributes:
        number: in the service book, 0 before it is kept.
        plan: its plan as it was then.
        due: the month it counts for; "" where no contract counts months.
        standing: on time, early or late by the contract's rule.
        entries: what the evidence says, an entry for each item and device.
        answers: what people found of those that were theirs.
        seed: of its draws.
    """

    number: int
    plan: Plan
    due: str
    at: float
    standing: str
    entries: tuple[Entry, ...]
    draws: tuple[Draw, ...] = ()
    seed: str = ""
    answers: tuple[Answer, ...] = ()
    signed_at: float | None = None
    signed_by: str = ""
    customer: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """One due month of a plan, and how it stands."""

    plan: Plan
    month: Month
    standing: Standing
    done_at: float | None = None


def load_plans(contract: ContractConfig) -> dict[str, Plan]:
    """Return the plans: those that are shipped, the site's own in their place, intervals by the contract.

    Raises:
        PlanError: a file cannot be read, or says something that cannot be.
    """
    folders = [SHIPPED, *([contract.plans] if contract.plans else [])]
    plans: dict[str, Plan] = {}
    for folder in folders:
        if not folder.is_dir():
            raise PlanError(str(folder), ["there is no such folder"])
        for path in sorted(folder.glob("*.yaml")):
            plan = parse(_yaml(path), str(path))
            plans[plan.name] = plan
    unknown = sorted(set(contract.intervals) - set(plans))
    if unknown:
        raise PlanError("contract.intervals", [f"no plan {', '.join(unknown)}: there are {', '.join(plans)}"])
    wanted = {name: contract.intervals.get(name, plan.every_months) for name, plan in plans.items()}
    found = {name: replace(plan, every_months=wanted[name]) for name, plan in plans.items() if wanted[name]}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].every_months, pair[0])))


def calendar(
    plans: Mapping[str, Plan],
    book: Book,
    contract: ContractConfig,
    today: date,
    *,
    zone: tzinfo = UTC,
    ahead: int = 12,
) -> list[Due]:
    """Return every due inspection from hand-over until some months ahead, the earliest first."""
    anchor = contract.anchor
    if anchor is None:
        return []
    found = []
    for plan in plans.values():
        done = dict(book.dates(plan.name))
        for month in dues(anchor, plan.every_months, anchor, Month.of(today).plus(ahead)):
            at = done.get(str(month))
            day = datetime.fromtimestamp(at, zone).date() if at is not None else None
            found.append(Due(plan, month, standing(month, day, today), at))
    return sorted(found, key=lambda due: (due.month, due.plan.every_months))


def due_now(plan: Plan, book: Book, contract: ContractConfig, today: date) -> Month | None:
    """Return the due month that an inspection made today counts for; None without a hand-over date."""
    anchor = contract.anchor
    if anchor is None:
        return None
    done = {due for due, _ in book.dates(plan.name)}
    months = dues(anchor, plan.every_months, anchor, Month.of(today).plus(plan.every_months))
    return belongs_to(today, [month for month in months if str(month) not in done])


def make(
    store: Questions,
    book: Book,
    contract: ContractConfig,
    plan: Plan,
    devices: Sequence[Device],
    *,
    now: float,
    zone: tzinfo = UTC,
    seed: str = "",
    due: Month | None = None,
) -> Record:
    """Make a record of what is known now; nothing is kept yet."""
    today = datetime.fromtimestamp(now, zone).date()
    month = due or due_now(plan, book, contract, today)
    seed = seed or f"{plan.name}/{month or today.isoformat()}/{secrets.token_hex(4)}"
    entries, draws = inspect(plan, devices, gather(store, book, plan, devices, now=now), seed=seed)
    stands = standing(month, today, today).value if month else ""
    return Record(0, plan, str(month or ""), now, stands, tuple(entries), tuple(draws), seed)


def keep(book: Book, record: Record) -> Record:
    """Keep a record in the book; return it with its number."""
    return replace(record, number=book.add_inspection(record.plan.name, record.due, record.at, dump(record)))


def dump(record: Record) -> dict[str, Any]:
    """Return a record as plain data; plans change, records do not: the plan's items go with it."""
    return {
        "standing": record.standing,
        "seed": record.seed,
        "plan": _plan_data(record.plan),
        "entries": [
            [e.item, e.device, e.outcome.value, e.detail, dict(e.facts), e.ticket] for e in record.entries
        ],
        "draws": [[d.seed, d.share, list(d.population), list(d.chosen)] for d in record.draws],
    }


def load(kept: Kept) -> Record:
    """Return a record from the book."""
    data = kept.data
    return Record(
        kept.id,
        parse(data["plan"], f"inspection {kept.id}"),
        kept.due,
        kept.at,
        data["standing"],
        tuple(
            Entry(i, d, Outcome(o), detail, facts, ticket)
            for i, d, o, detail, facts, ticket in data["entries"]
        ),
        tuple(Draw(seed, share, tuple(pot), tuple(chosen)) for seed, share, pot, chosen in data["draws"]),
        data["seed"],
        kept.answers,
        kept.signed_at,
        kept.signed_by,
        kept.customer,
    )


def _plan_data(plan: Plan) -> dict[str, Any]:
    def words(given: Any) -> dict[str, str]:
        return {"en": given.en, "zh": given.zh}

    items = []
    for item in plan.items:
        queries = [{k: v for k, v in _query(q).items() if v not in (None, "", ())} for q in item.queries]
        told = {"evidence": queries} if item.queries else {"manual": words(item.manual or item.ask)}
        sample = {} if item.sample is None else {"sample": item.sample}
        more = {"tools": [words(w) for w in item.tools], "parts": [words(w) for w in item.parts]}
        kinds = [kind.value for kind in item.equipment]
        where = {"where_told": item.where_told} if item.where_told else {}
        whole = {"id": item.id, "ask": words(item.ask), "equipment": kinds, **where}
        items.append({**whole, **told, **sample, **more})
    return {"plan": plan.name, "name": words(plan.title), "every_months": plan.every_months, "items": items}


def _query(query: Any) -> dict[str, Any]:
    names = ("metric", "of", "days", "at_least", "at_most", "baseline_at_least", "baseline_at_most", "online")
    codes = {"faults": list(query.faults) or None, "also": list(query.also) or None}
    return {**codes, **{name: getattr(query, name) for name in names}}


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise PlanError(str(path), [f"cannot be read: {err.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as err:
        raise PlanError(str(path), [f"is not YAML: {str(err).splitlines()[0]}"]) from None
