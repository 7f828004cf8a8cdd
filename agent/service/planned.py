"""Planned work, as the KPIs leave it out: maintenance windows with all that hangs on their devices.

A silence is no planned work: somebody wants no ticket, and the time counts.
"""

from collections.abc import Sequence

from agent.service.kpi import Period, Planned
from agent.store.questions import Questions
from models.facts import Device
from models.quiet import Quiet, matched


def planned(store: Questions, devices: Sequence[Device], period: Period) -> list[Planned]:
    """Return the planned work that touches a period. Windows for single faults leave no device out."""
    return [
        Planned(frozenset(_meant(window.devices, devices)), since, until, window.why)
        for window in store.quiet(period.since, period.until)
        if window.kind is Quiet.MAINTENANCE and not window.faults
        for since, until in window.spans(period.since, period.until)
    ]


def _meant(patterns: Sequence[str], devices: Sequence[Device]) -> set[str]:
    """Return the devices that a scope names, and those below them by the inventory."""
    found = {id_ for pattern in patterns for id_ in matched(pattern, devices)}
    while more := {d.id for d in devices if d.id not in found and {d.parent, d.power} & found}:
        found |= more
    return found
