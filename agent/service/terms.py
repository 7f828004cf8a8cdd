"""What the contract and the site's language say, for everything that works on orders."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import partial

from agent.service.config import ServiceConfig
from models.facts import Device, FaultKey
from models.faults import FAULTS, Policy, Retest, Severity, advice_for, policy_of, severity_of
from models.messages import render
from models.service.calendar import ROUND_THE_CLOCK, Calendar
from models.service.clocks import Clock
from models.service.profiles import Level
from models.service.texts import Say
from models.ticket_setting import Setting
from models.words import Lang


@dataclass(frozen=True, slots=True)
class Terms:
    """How work orders are kept at one site.

    Attributes:
        service: the section of the config.
        level: what the contract promises.
        calendars: by name.
        device: returns a device of the inventory.
        reopens: whether the helpdesk opens a ticket again.
        site: its id, the first part of every key; and its name for people.
        policies: what becomes of tickets whose fault is gone, where it differs from the catalogue's.
    """

    service: ServiceConfig
    level: Level
    calendars: Mapping[str, Calendar]
    device: Callable[[str], Device | None]
    lang: Lang = "en"
    zone: tzinfo = field(default=UTC)
    reopens: bool = True
    site: str = "site"
    site_name: str = ""
    policies: Mapping[str, Policy] = field(default_factory=dict)
    pages: str = ""  # where people reach the site's pages

    @classmethod
    def of(
        cls,
        service: ServiceConfig,
        device: Callable[[str], Device | None],
        *,
        lang: Lang = "en",
        zone: tzinfo = UTC,
        reopens: bool = True,
        site: str = "site",
        site_name: str = "",
        policies: Mapping[str, Policy] | None = None,
        pages: str = "",
    ) -> "Terms":
        """Return the terms of a config."""
        return cls(
            service, service.level(), service.calendars(zone), device, lang, zone, reopens,
            site, site_name, policies or {}, pages,
        )  # fmt: skip

    def policy(self, code: str) -> Policy:
        """Return what becomes of a ticket when its fault is seen to be gone."""
        return self.policies.get(code) or policy_of(code)

    def setting(self, device: str) -> Setting:
        """Return what a ticket's text about a device needs."""
        known = self.device(device)
        devices = {device: known} if known else {}
        return Setting(self.site_name or self.site, devices, self.lang, self.zone)

    @property
    def say(self) -> Say:
        """Render a message in the site's language and zone."""
        return partial(_say, self.lang, self.zone)

    def calendar(self, clock: Clock) -> Calendar:
        """Return the calendar of a clock; one whose name is no more runs round the clock."""
        return self.calendars.get(clock.calendar, ROUND_THE_CLOCK)

    def severity(self, root: FaultKey) -> Severity:
        """Return how bad a fault is for the contract."""
        fault = FAULTS.get(root.code)
        return severity_of(fault, self.device(root.device)) if fault else Severity.S3

    def recipe(self, root: FaultKey) -> Retest:
        """Return how the repair of a fault is proven on its device."""
        fault = FAULTS.get(root.code)
        return advice_for(fault, self.device(root.device)).retest if fault else Retest((root.code,))


def _say(lang: Lang, zone: tzinfo, message: str, /, **facts: object) -> str:
    return render(message, lang, zone, **facts)
