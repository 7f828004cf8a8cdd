"""Does the switch have power to give? From POWER-ETHERNET-MIB (RFC 3621)."""

from collections.abc import Iterator
from typing import Final

from models.facts import Health, Kind, Verdict
from models.metrics import POE_BUDGET, POE_DENIED, POE_POWER, POE_THRESHOLD, SUPPLY_OK
from models.view import Sample, View

METRICS: Final = frozenset(
    {POE_DENIED.name, POE_POWER.name, POE_BUDGET.name, POE_THRESHOLD.name, SUPPLY_OK.name}
)


def supply(view: View) -> Iterator[Verdict]:
    """POE_SUPPLY: the supply that feeds the ports of a switch is faulty."""
    for part in view.parts(SUPPLY_OK) if view.device.kind is Kind.SWITCH else ():
        sample = view.number(SUPPLY_OK, part)
        if sample is not None:
            is_bad = sample.value == 0
            detail = "poe.supply_faulty" if is_bad else "poe.supply_on"
            health = Health.BAD if is_bad else Health.GOOD
            yield view.verdict("POE_SUPPLY", health, part, detail, sample.at, supply=part)


def budget(view: View) -> Iterator[Verdict]:
    """POE_BUDGET: ports are refused power. A port that is refused asks again within seconds, so it goes on.

    Much power drawn is no fault by itself; it is told beside it.
    """
    denied = {part: sample for part in view.parts(POE_DENIED) if (sample := view.number(POE_DENIED, part))}
    if not denied:
        return
    newest = max(sample.at for sample in denied.values())
    refused = sorted(part for part, sample in denied.items() if _is_refused(sample))
    fill = fullest(view)
    if not refused:
        yield view.verdict("POE_BUDGET", Health.GOOD, "", "poe.enough", newest)
    elif fill is None:
        yield view.verdict("POE_BUDGET", Health.BAD, "", "poe.denied", newest, count=float(len(refused)))
    else:
        facts = {"count": float(len(refused)), "fill": fill}
        yield view.verdict("POE_BUDGET", Health.BAD, "", "poe.denied_fill", newest, **facts)


def _is_refused(sample: Sample) -> bool:
    return sample.grew_at == sample.at


def fullest(view: View) -> float | None:
    """Return the largest share of its power that a supply gives; None when the switch does not tell."""
    shares = []
    for part in view.parts(POE_POWER):
        drawn, whole = view.number(POE_POWER, part), view.number(POE_BUDGET, part)
        if drawn is not None and whole is not None and whole.value > 0:
            shares.append(drawn.value / whole.value)
    return max(shares, default=None)


def is_full(view: View) -> bool:
    """Whether a supply gives as much as the switch warns at, or nearly all it has."""
    for part in view.parts(POE_POWER):
        drawn, whole = view.number(POE_POWER, part), view.number(POE_BUDGET, part)
        limit = view.number(POE_THRESHOLD, part)
        share = limit.value if limit is not None else view.limits.poe_full_share
        if drawn is not None and whole is not None and whole.value > 0 and drawn.value >= share * whole.value:
            return True
    return False
