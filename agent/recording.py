"""What the contract asks of recordings: how long they are kept, and which hours are recorded."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from agent.strict import Identifier, Strict
from agent.units import Duration
from models.facts import Device
from models.recording import DAY, Plan

_HOURS: Final = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")


def parse_hours(value: Any) -> tuple[tuple[float, float], ...]:
    """Read `08:00-20:00` or several with a comma between, into seconds after midnight; `22:00-06:00` is two.

    Raises:
        ValueError: it is not written so.
    """
    if not isinstance(value, str):
        return tuple(value)
    found: list[tuple[float, float]] = []
    for piece in value.split(","):
        match = _HOURS.fullmatch(piece.strip())
        if match is None:
            raise ValueError(f"{piece.strip()!r} is not hours such as 08:00-20:00")
        first, second, third, fourth = (int(part) for part in match.groups())
        begins, ends = first * 3600.0 + second * 60.0, third * 3600.0 + fourth * 60.0
        if max(begins, ends) > DAY or second > 59 or fourth > 59 or begins == ends:
            raise ValueError(f"{piece.strip()!r} is not within a day")
        found += [(begins, ends)] if begins < ends else [(begins, DAY), (0.0, ends)]
    return tuple(found)


Hours = Annotated[tuple[tuple[float, float], ...], BeforeValidator(parse_hours)]


class PlanConfig(Strict):
    """One plan; what it leaves out is the site's."""

    retention: Duration | None = None
    hours: Annotated[Hours | None, Field(description="Hours of each day, such as 08:00-20:00.")] = None


class RecordingConfig(Strict):
    """The site's plan, and others by name, for the column `recording` of the inventory."""

    retention: Annotated[Duration, Field(description="How long recordings are kept.")] = 30 * DAY
    hours: Annotated[Hours, Field(description="Hours of each day, such as 08:00-20:00.")] = ((0.0, DAY),)
    plans: dict[Identifier, PlanConfig] = Field(default_factory=dict)
    channels: Annotated[
        dict[str, Identifier],
        Field(description="Plans of single channels of a recorder: nvr-1/ch3 -> plan."),
    ] = Field(default_factory=dict)


def plans_of(config: RecordingConfig) -> Mapping[str, Plan]:
    """Return the plans by name; "" is the site's own."""
    own = Plan(config.retention, config.hours)
    named = {
        name: Plan(given.retention or own.retention, given.hours or own.hours)
        for name, given in config.plans.items()
    }
    return {"": own, **named}


def plan_of(config: RecordingConfig) -> Callable[[Device, str], Plan]:
    """Return what finds the plan of a device's channel."""
    plans = plans_of(config)

    def find(device: Device, channel: str) -> Plan:
        name = config.channels.get(f"{device.id}/{channel}", device.recording)
        return plans.get(name, plans[""])

    return find
