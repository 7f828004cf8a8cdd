"""The section `service:` of site.yaml: what the contract promises, and when its clocks run."""

import re
from collections.abc import Container, Sequence
from datetime import date, tzinfo
from email.utils import getaddresses
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, field_validator, model_validator

from agent.helpdesk.settings import plain_address
from agent.strict import Strict
from agent.units import Duration
from models.faults import Severity
from models.service.calendar import ROUND_THE_CLOCK, Calendar, Hours
from models.service.clocks import ClockName
from models.service.profiles import FAULTY, PROFILES, Level, Profile, Target

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
CalendarName = Literal["24x7", "working"]

WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CUSTOM: Final = "custom"
_SPAN: Final = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*-\s*([01]?\d|2[0-4]):([0-5]\d)")
_OFFICE: Final[dict[Weekday, tuple[str, ...]]] = dict.fromkeys(WEEKDAYS[:5], ("09:00-17:00",))


class ClockConfig(Strict):
    """One promise of a contract of its own."""

    clock: ClockName
    within: Annotated[Duration | None, Field(description="Left out: measured, with nothing to breach.")] = (
        None
    )
    severities: tuple[Literal["S1", "S2", "S3"], ...] = ("S1", "S2", "S3")
    after: Annotated[ClockName | None, Field(description="Starts when this clock stops.")] = None
    calendar: CalendarName | None = None

    def target(self) -> Target:
        """Return it as a rule."""
        severities = frozenset(Severity(one) for one in self.severities)
        return Target(self.clock, self.within, severities, self.after, self.calendar or "")


class EscalationConfig(Strict):
    """Who is named on a ticket, and mailed, when one of its clocks has used so much of its time.

    Each is free text; every e-mail address in it gets a mail: `Shift leader <shift@example.net>`.
    """

    at_50: str = ""
    at_80: str = ""
    breached: str = ""

    @field_validator("at_50", "at_80", "breached")
    @classmethod
    def _addresses_are_addresses(cls, value: str) -> str:
        for part in value.replace(";", ",").split(","):
            if "@" in part:
                plain_address("".join(addresses_in(part)))
        return value

    def at(self, mark: float) -> str:
        """Return who is named at a mark, "" for nobody."""
        return {0.5: self.at_50, 0.8: self.at_80, 1.0: self.breached}.get(mark, "")


class ServiceConfig(Strict):
    """The maintenance contract; left out: work orders without clocks."""

    profile: Annotated[
        str, Field(description=f"One of {', '.join(PROFILES)}, {CUSTOM} with `clocks`, or empty for none.")
    ] = ""
    clocks: tuple[ClockConfig, ...] = ()
    calendar: Annotated[CalendarName, Field(description="For clocks that name none themselves.")] = "24x7"
    hours: dict[Weekday, tuple[str, ...]] = Field(default_factory=lambda: dict(_OFFICE))
    holidays: Annotated[tuple[date, ...], Field(description="Days without work, such as 2026-10-01.")] = ()
    workdays: Annotated[tuple[date, ...], Field(description="Days worked all the same (调休).")] = ()
    distance_km: Annotated[float, Field(ge=0, description="From the service base, for remote-areas.")] = 0.0
    escalation: dict[Literal["S1", "S2", "S3"], EscalationConfig] = Field(default_factory=dict)
    repeat_window: Annotated[Duration, Field(description="The same fault again within it is a repeat.")] = (
        30 * 86400.0
    )
    send_back: Annotated[
        int,
        Field(
            ge=0,
            description="How often a ticket that is closed while its fault lasts is opened again; then the"
            " decision stands.",
        ),
    ] = 2
    remind_after: Annotated[
        Duration, Field(description="A ticket left in spite of its fault: one comment after so long.")
    ] = 86400.0
    holiday_country: Annotated[
        str,
        Field(pattern=r"^([A-Z]{2}(-[A-Za-z0-9]{1,3})?)?$", description="Its public holidays count too: CN."),
    ] = ""
    poll: Annotated[Duration, Field(ge=1.0, description="How often each open ticket is looked at.")] = 60.0
    retest_scale: Annotated[float, Field(gt=0, le=10, description="Multiplies the pauses of re-tests.")] = 1.0
    retest_patience: Annotated[
        Duration, Field(ge=5.0, description="How long one round of a re-test may take.")
    ] = 180.0

    @field_validator("profile")
    @classmethod
    def _profile_is_known(cls, value: str) -> str:
        if value and value != CUSTOM and value not in PROFILES:
            raise ValueError(f"no profile {value!r}: choose of {', '.join((*PROFILES, CUSTOM))}")
        return value

    @field_validator("holiday_country")
    @classmethod
    def _country_is_known(cls, value: str) -> str:
        public_holidays(value)
        return value

    @field_validator("hours")
    @classmethod
    def _hours_are_hours(cls, value: dict[Weekday, tuple[str, ...]]) -> dict[Weekday, tuple[str, ...]]:
        Calendar({WEEKDAYS.index(day): spans_of(given) for day, given in value.items()})
        return value

    @model_validator(mode="after")
    def _clocks_go_with_custom(self) -> Self:
        if bool(self.clocks) != (self.profile == CUSTOM):
            raise ValueError(f"`clocks` and `profile: {CUSTOM}` go together")
        return self

    def level(self) -> Level:
        """Return what the contract promises here."""
        if self.profile == CUSTOM:
            profile = Profile(CUSTOM, tuple(clock.target() for clock in self.clocks))
        else:
            profile = PROFILES.get(self.profile, Profile("", ()))
        return Level(profile, self.calendar, self.distance_km)

    def calendars(self, zone: tzinfo) -> dict[str, Calendar]:
        """Return the calendars by name."""
        hours = {WEEKDAYS.index(day): spans_of(given) for day, given in self.hours.items()}
        longest = max(hours.values(), key=lambda spans: sum(end - begin for begin, end in spans))
        free = public_holidays(self.holiday_country)
        working = Calendar(hours, frozenset(self.holidays), frozenset(self.workdays), longest, zone, free)
        return {"24x7": ROUND_THE_CLOCK, "working": working}

    @property
    def writes(self) -> bool:
        """Whether an escalation has an e-mail address in it."""
        levels = self.escalation.values()
        return any(addresses_in(text) for one in levels for text in (one.at_50, one.at_80, one.breached))

    def escalate(self, severity: Severity, mark: float) -> str:
        """Return who is named for a ticket of this severity at a mark, "" for nobody."""
        if severity not in FAULTY:
            return ""
        names: dict[Any, EscalationConfig] = dict(self.escalation)
        return names.get(severity.value, EscalationConfig()).at(mark)


def addresses_in(text: str) -> tuple[str, ...]:
    """Return the e-mail addresses of a text that names people."""
    found = (address for _, address in getaddresses([text.replace(";", ",")]))
    return tuple(dict.fromkeys(address for address in found if "@" in address))


def public_holidays(country: str) -> Container[date]:
    """Return the public holidays of a country, or of a part of it (`DE-BY`); "" has none.

    Raises:
        ValueError: they are not known.
    """
    if not country:
        return frozenset()
    import holidays  # noqa: PLC0415  slow to load, and most sites name none

    name, _, part = country.partition("-")
    try:
        return holidays.country_holidays(name, subdiv=part or None)
    except NotImplementedError:
        raise ValueError(f"no holidays are known of {country}: write them into `holidays`") from None


def spans_of(given: Sequence[str]) -> Hours:
    """Return "09:00-12:00" and the like as minutes after midnight.

    Raises:
        ValueError: it is not written so.
    """
    return tuple(sorted(_span(text) for text in given))


def _span(text: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} are no hours: write such as 09:00-17:30")
    first, first_minute, last, last_minute = (int(part) for part in match.groups())
    return first * 60 + first_minute, last * 60 + last_minute
