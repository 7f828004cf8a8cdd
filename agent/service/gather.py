"""Gathers the evidence of an inspection from the store: what the watch saw, values, online time, tickets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from agent.schedule import LIVENESS
from agent.service.book import Book
from agent.service.measure import ALIVE_SLACK_SECONDS
from agent.store.questions import Questions
from agent.store.records import DAY, LedgerEntry
from models.facts import SITE, Device, Phase
from models.faults import FAULTS
from models.metrics import METRICS
from models.service.figures import Share
from models.service.inspection import Evidence, Facts, Seen, Value
from models.service.plans import Plan, Query

_YEAR: Final = 365 * DAY

# A trouble of the newest check -> why a device tells nothing.
_WHY: Final = {
    "unreachable": "inspect.unreachable",
    "deadline": "inspect.unreachable",
    "auth": "inspect.auth",
    "busy": "inspect.busy",
    "not_supported": "inspect.not_supported",
    "bad_reply": "inspect.bad_reply",
}


def gather(store: Questions, book: Book, plan: Plan, devices: Sequence[Device], *, now: float) -> Evidence:
    """Return all that the items of a plan may ask at this moment.

    Args:
        store: history and judgement.
        book: holds the hand-over baseline.
        plan: what will be asked.
        devices: the inventory.
        now: Unix seconds.
    """
    queries = [query for item in plan.items for query in item.queries]
    told = store.known_metrics()
    return Evidence(
        at=now,
        agent_since=agent_gone(store, now),
        seen=_seen(store.load_states()),
        values={(q.metric, q.of, q.days): _values(store, q, now) for q in _metrics(queries)},
        baseline={
            (one.device, one.metric, one.part): float(one.value)
            for one in book.baseline()
            if not isinstance(one.value, str)
        },
        online={days: _online(store, devices, days, now) for days in {q.days for q in queries if q.online}},
        silent=_silent(store, devices),
        tickets=tickets(store.open_incidents()),
        told={
            name: frozenset(one.device for one in store.summaries(name, now - _YEAR, now))
            for name in {item.where_told for item in plan.items if item.where_told} & told
        },
        faults=frozenset(FAULTS),
        metrics=frozenset(METRICS) & told,
    )


def agent_gone(store: Questions, now: float) -> float | None:
    """Return since when the agent does not run; None while it does."""
    runs = store.runs(0.0, now + DAY)
    newest = max(runs, key=lambda run: run.boot, default=None)
    if newest is None:
        return 0.0
    lives = not newest.clean and now - newest.seen <= ALIVE_SLACK_SECONDS
    return None if lives else newest.seen


def tickets(entries: Iterable[LedgerEntry]) -> dict[tuple[str, str], str]:
    """Return (device, code) -> ticket of the open incidents, children too; code "" is any of the device."""
    found: dict[tuple[str, str], str] = {}
    for entry in entries:
        if not entry.ticket:
            continue
        found[entry.device, entry.code] = found[entry.device, ""] = entry.ticket
        for child in entry.children:
            device, _, rest = child.partition("/")
            found.setdefault((device, rest.rpartition("/")[2]), entry.ticket)
            found.setdefault((device, ""), entry.ticket)
    return found


def _metrics(queries: Iterable[Query]) -> list[Query]:
    return [query for query in queries if query.metric]


def _seen(states: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Seen]]:
    """Return device -> its faults as the watch saved them; what cannot be read was not seen."""
    found: dict[str, list[Seen]] = {}
    for device, state in states.items():
        if device == SITE:
            continue
        for one in state.get("lives", ()):
            try:
                verdict = one.get("verdict") or {}
                seen = Seen(
                    one["code"], one["part"], Phase(one["phase"]), one["since"], verdict.get("at", 0.0)
                )
            except (KeyError, ValueError, TypeError, AttributeError):
                continue
            found.setdefault(device, []).append(seen)
    return found


def _values(store: Questions, query: Query, now: float) -> dict[str, list[Value]]:
    found: dict[str, list[Value]] = {}
    for one in store.summaries(query.metric, now - query.days * DAY, now):
        value = {"last": one.last, "min": one.min, "max": one.max, "mean": one.mean}[query.of]
        found.setdefault(one.device, []).append(Value(one.part, value, one.last_at))
    return found


def _online(store: Questions, devices: Sequence[Device], days: int, now: float) -> dict[str, Share]:
    rows: dict[str, dict[str, tuple[float, float]]] = {}
    for row in store.observed(now - days * DAY, now):
        rows.setdefault(row.device, {})[row.collector] = (row.observed, row.good)
    found = {}
    for device in devices:
        mine = rows.get(device.id, {})
        name = next((name for name in LIVENESS if mine.get(name, (0.0, 0.0))[0] > 0), "")
        seen, good = mine.get(name, (0.0, 0.0))
        found[device.id] = Share(good, seen, days * DAY)
    return found


def _silent(store: Questions, devices: Sequence[Device]) -> dict[str, tuple[str, Facts]]:
    """Return why a device tells less than it should: the worst trouble of its newest checks."""
    troubles: dict[str, list[str]] = {}
    for look in store.looks():
        troubles.setdefault(look.device, []).append(look.trouble)
    found: dict[str, tuple[str, Facts]] = {}
    for device in devices:
        mine = troubles.get(device.id)
        if mine is None:
            found[device.id] = ("inspect.not_asked", {})
        elif worst := next((why for trouble, why in _WHY.items() if trouble in mine), ""):
            found[device.id] = (worst, {})
    return found
