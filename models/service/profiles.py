"""Service-level profiles as data (DOMAIN 2), and which clocks a ticket gets by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from models.faults import Severity
from models.service.clocks import Clock, ClockName

MINUTE: Final = 60.0
HOUR: Final = 3600.0
DAY: Final = 86400.0
AT_ONCE: Final = (
    5 * MINUTE
)  # "at once" in a contract, as the shortest time that any contract writes in numbers
URGENT: Final = frozenset({Severity.S1, Severity.S2})
FAULTY: Final = frozenset({Severity.S1, Severity.S2, Severity.S3})  # S4 is latent: it never starts a clock


@dataclass(frozen=True, slots=True)
class Target:
    """One promise of a contract.

    Attributes:
        limit: working seconds; None: promised without a number, so measured only.
        severities: for which tickets.
        after: the clock whose stop starts this one; None: the ticket's own start.
        calendar: "24x7", "working", or "" for what the site's config says.
        beyond_km: it holds for sites at least this far away; the furthest that fits wins.
    """

    clock: ClockName
    limit: float | None
    severities: frozenset[Severity] = FAULTY
    after: ClockName | None = None
    calendar: str = ""
    beyond_km: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """What a contract promises."""

    name: str
    targets: tuple[Target, ...]


_RESPOND, _ARRIVE, _RESTORE, _SWAP = (
    ClockName.RESPOND, ClockName.ARRIVE, ClockName.RESTORE, ClockName.SWAP,
)  # fmt: skip
_NORMAL: Final = FAULTY - URGENT

_ALL: Final = (
    Profile(
        "warranty-strict",
        (Target(_RESPOND, 5 * MINUTE), Target(_ARRIVE, 2 * HOUR), Target(_SWAP, DAY)),
    ),
    Profile("warranty", (Target(_RESPOND, None, calendar="24x7"), Target(_ARRIVE, 2 * HOUR))),
    Profile("post-warranty", (Target(_RESPOND, 4 * HOUR), Target(_ARRIVE, 2 * HOUR, URGENT))),
    Profile("building", (Target(_RESPOND, 4 * HOUR), Target(_RESTORE, DAY))),
    Profile(
        "general",
        (
            Target(_RESPOND, AT_ONCE, URGENT),
            Target(_ARRIVE, 7 * DAY, _NORMAL),  # "dispatch within 7 days"
            Target(_RESTORE, 12 * HOUR, after=_ARRIVE),
        ),
    ),
    Profile("service-desk", (Target(_RESPOND, HOUR), Target(ClockName.ANSWER, 8 * HOUR))),
    Profile(
        "remote-areas",
        (
            Target(_RESPOND, 24 * HOUR),
            Target(_ARRIVE, 24 * HOUR),
            Target(_ARRIVE, 48 * HOUR, beyond_km=300.0),
            Target(_ARRIVE, 72 * HOUR, beyond_km=1000.0),
        ),
    ),
)
PROFILES: Final[Mapping[str, Profile]] = {profile.name: profile for profile in _ALL}


@dataclass(frozen=True, slots=True)
class Level:
    """A profile as it holds for one site: how far away it is, and the calendar of clocks that name none."""

    profile: Profile
    calendar: str = "24x7"
    distance_km: float = 0.0

    def start(self, severity: Severity, at: float, *, turn: int = 0) -> tuple[Clock, ...]:
        """Return the clocks that start with a ticket; none for what is latent."""
        return tuple(self._clocks(severity, None, at, turn))

    def follow(self, severity: Severity, done: ClockName, at: float, *, turn: int = 0) -> tuple[Clock, ...]:
        """Return the clocks that start when another one stops."""
        return tuple(self._clocks(severity, done, at, turn))

    def _clocks(self, severity: Severity, after: ClockName | None, at: float, turn: int) -> Iterator[Clock]:
        for name in ClockName:
            fitting = [t for t in self.profile.targets if t.clock is name and self._fits(t, severity, after)]
            target = max(fitting, key=lambda t: t.beyond_km, default=None)
            if target is not None:
                yield Clock(name, target.limit, at, target.calendar or self.calendar, turn)

    def _fits(self, target: Target, severity: Severity, after: ClockName | None) -> bool:
        # "300 km and less" is the nearer class: the further one begins beyond it.
        is_here = target.beyond_km == 0.0 or self.distance_km > target.beyond_km
        return is_here and target.after is after and severity in target.severities & FAULTY
