"""KPIs by site, group, device or customer, for the command line and the pages."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

from agent.config import SiteConfig
from agent.service.desk import Desk, open_desk
from agent.service.kpi import Measured, join
from agent.service.refused import Refused
from agent.service.reports.kinds import MONTH, NoReport, period_of
from agent.service.reports.tongue import WHY, Tongue
from models.facts import Device
from models.service.figures import Figure

LEVELS: Final = ("site", "group", "device", "customer")
HEADINGS: Final = ("KPI", "value", "numerator", "denominator", "planned", "coverage", "target", "verdict")


@dataclass(frozen=True, slots=True)
class Scope:
    """The figures of one thing."""

    level: str
    name: str
    figures: Sequence[Figure]


def measure_all(
    sites: Sequence[tuple[SiteConfig, Sequence[Device]]], about: str, *, by: str, only: str, now: float
) -> list[Scope]:
    """Return the figures of every thing of a level.

    Raises:
        Refused: there is no such period, group or device.
        StoreError: a site has no history.
    """
    with ExitStack() as stack:
        desks = [stack.enter_context(open_desk(site, devices, now=now)) for site, devices in sites]
        try:
            told = [(desk, desk.measured(period_of(desk, MONTH, about))) for desk in desks]
        except NoReport as err:
            raise Refused(str(err)) from None
        if by == "customer":
            name = desks[0].contract.customer or ", ".join(desk.config.site for desk in desks)
            return [Scope(by, name, join([measured for _, measured in told]).figures())]
        found = [
            scope
            for desk, measured in told
            for scope in _scopes(desk, measured, by)
            if only in {"", scope.name}
        ]
    if not found:
        raise Refused(f"no {by} {only!r} here")
    return found


def _scopes(desk: Desk, measured: Measured, by: str) -> Iterator[Scope]:
    if by == "site":
        yield Scope(by, desk.config.site, measured.figures())
    elif by == "device":
        for device in desk.devices:
            yield Scope(by, device.id, measured.figures({device.id}))
    else:
        groups: dict[str, set[str]] = {}
        for device_id, group in desk.groups.items():
            groups.setdefault(group, set()).add(device_id)
        for group, members in sorted(groups.items()):
            yield Scope(by, group, measured.figures(members))


def row(figure: Figure, tongue: Tongue) -> list[str]:
    """Return a figure as cells for a terminal."""
    measured = figure.coverage is not None
    colour = {"good": "green", "bad": "red", "warn": "yellow"}.get(tongue.verdict(figure).tone, "dim")
    why = f" ({WHY[figure.why].of(tongue.lang)})" if figure.why in WHY and not measured else ""
    counted = [tongue.share(figure.value, 2), *map(tongue.amount, (figure.numerator, figure.denominator))]
    shown = [*counted, tongue.amount(figure.excluded)] if measured else ["-"] * 4
    verdict = f"[{colour}]{tongue.verdict(figure).text}{why}[/]"
    return [
        figure.kpi.name.of(tongue.lang),
        *shown,
        tongue.share(figure.coverage),
        tongue.goal(figure),
        verdict,
    ]


def as_json(scope: Scope) -> dict[str, Any]:
    """Return a scope as plain data."""
    return {
        "level": scope.level,
        "name": scope.name,
        "figures": [
            {
                "kpi": f.kpi.code, "value": f.value, "numerator": f.numerator, "denominator": f.denominator,
                "excluded": f.excluded, "coverage": f.coverage, "target": f.goal, "verdict": f.verdict.value,
                "why": f.why,
            }
            for f in scope.figures
        ],
    }  # fmt: skip
