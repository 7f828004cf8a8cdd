"""`siteward inspect`: what is due, a record made now, what hands found, signatures."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from agent.service import record
from agent.service.book import Answer
from agent.service.desk import Desk
from agent.service.refused import Refused
from models.service.inspection import Outcome, evidenced
from models.service.rounds import Standing
from models.service.visit import residue


def due(desk: Desk) -> list[dict[str, Any]]:
    """Return every due inspection of the contract with how it stands, future ones up to half a year."""
    plans = record.load_plans(desk.contract)
    if desk.contract.anchor is None:
        raise Refused(
            "write contract.handed_over (a day) into the config: inspections are counted from its month"
        )
    found = record.calendar(plans, desk.book, desk.contract, desk.today, zone=desk.zone, ahead=6)
    return [
        {
            "plan": one.plan.name,
            "due": str(one.month),
            "standing": one.standing.value,
            "every_months": one.plan.every_months,
        }
        for one in found
    ]


def make(desk: Desk, plan: str, *, seed: str = "") -> list[dict[str, Any]]:
    """Make and keep a record; return its outcome in numbers.

    Raises:
        Refused: there is no such plan.
    """
    plans = record.load_plans(desk.contract)
    if plan not in plans:
        raise Refused(f"no plan {plan!r}: there are {', '.join(plans)}")
    made = record.make(
        desk.store,
        desk.book,
        desk.contract,
        plans[plan],
        desk.devices,
        now=desk.now,
        zone=desk.zone,
        seed=seed,
    )
    made = record.keep(desk.book, made)
    counts = Counter(entry.outcome for entry in made.entries)
    share = evidenced(made.entries)
    left = residue(made.plan, made.entries, desk.by_id)
    return [
        {
            "record": made.number, "plan": plan, "due": made.due, "standing": _standing(made.standing),
            **{outcome.value: counts[outcome] for outcome in Outcome},
            "evidenced": None if share is None else round(share, 4), "places_to_visit": len(left),
        }
    ]  # fmt: skip


def complete(
    desk: Desk, number: int, *, answers: Sequence[str], sign: str, customer: str, who: str, note: str
) -> str:
    """Take answers and signatures for a record (0: the newest).

    Raises:
        Refused: there is no such record or item, it was signed already, or nobody is named.
    """
    made_before = [] if number else desk.book.inspections()
    kept = desk.book.inspection(number) if number else made_before[-1] if made_before else None
    if kept is None:
        raise Refused(f"no record {number or 'yet'}: siteward inspect PLAN makes one")
    if kept.signed_by:
        raise Refused(f"record {kept.id} was signed by {kept.signed_by}: what is signed is not changed")
    if answers and not who.strip():
        raise Refused("say who found it with --who NAME")
    made = record.load(kept)
    theirs = {(e.item, e.device) for e in made.entries if e.outcome is not Outcome.PASSED}
    given = [_answer(text, theirs, desk.now, who, note) for text in answers]
    for answer in given:
        desk.book.answer(kept.id, answer)
    if sign:
        desk.book.sign(kept.id, desk.now, sign, customer)
    return f"record {kept.id}: {len(given)} answers{', signed by ' + sign if sign else ''}"


def _answer(text: str, theirs: set[tuple[str, str]], at: float, who: str, note: str) -> Answer:
    where, mark, said = text.rpartition("=")
    item, _, device = where.partition("@")
    if not mark or said not in {"good", "bad"}:
        raise Refused(f"{text!r}: write ITEM=good, ITEM@DEVICE=good or =bad")
    if (item, device) not in theirs:
        known = ", ".join(sorted(f"{i}@{d}".rstrip("@") for i, d in theirs)[:12])
        raise Refused(f"{where!r} is nothing that was left for hands; there is {known or 'nothing'}")
    return Answer(item, device, at, who, said == "good", note)


def _standing(given: str) -> str:
    words = {Standing.DUE.value: Standing.ON_TIME.value, Standing.OVERDUE.value: Standing.LATE.value}
    return words.get(given, given)
