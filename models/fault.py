"""What a fault is: severity, place, hold times, advice, and how a repair is proven.

Severity, place and re-test use the contract's words (DOMAIN 3 and 4).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import ceil

from models.facts import Criticality, Device, Kind
from models.words import Words


class Severity(StrEnum):
    """How bad it is for the contract; sorts from the worst."""

    S1 = "S1"  # 紧急 critical: site dark, recorder down
    S2 = "S2"  # 重大 major: disk failed, key camera lost
    S3 = "S3"  # 一般 normal: one camera, an image fault
    S4 = "S4"  # 隐患 latent: degrading, or we see less than we should


class Place(StrEnum):
    """Where the technician has to look."""

    DEVICE = "device"
    LINK = "link"
    POWER = "power"
    ENVIRONMENT = "environment"
    SOFTWARE = "software"


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a fault must be seen bad before it opens, and good before it closes: looks AND seconds.

    `open_of`: looks of which `open_count` must be bad; 0 is as many, so in a row.
    """

    open_count: int
    open_seconds: float
    close_count: int
    close_seconds: float
    calm_seconds: float = 7200.0  # half-life of a fault's restlessness, see `models.life.Flaps`
    open_of: int = 0

    def __post_init__(self) -> None:
        if min(self.open_count, self.close_count) < 1 or min(self.open_seconds, self.close_seconds) < 0:
            raise ValueError("a hold needs counts of 1 or more and seconds of 0 or more")
        if 0 != self.open_of < self.open_count:
            raise ValueError("a hold cannot want more bad looks than there are looks")

    @property
    def lapses(self) -> int:
        """How many good looks may stand between the bad ones that open a fault."""
        return max(0, self.open_of - self.open_count)

    def scaled(self, factor: float) -> "Hold":
        """Return the same hold with its seconds multiplied.

        A factor below 1 takes looks away too, but leaves two where there were two: one look is no proof.
        """
        count = _fewer(self.open_count, factor)
        return Hold(
            count,
            self.open_seconds * factor,
            _fewer(self.close_count, factor),
            self.close_seconds * factor,
            self.calm_seconds * factor,
            count + self.lapses if self.open_of else 0,
        )


def _fewer(count: int, factor: float) -> int:
    return max(min(count, 2), min(count, ceil(count * factor)))


@dataclass(frozen=True, slots=True)
class Retest:
    """How a repair is proven: in each of `rounds`, `every_seconds` apart, these faults are seen to be absent.

    `by_hand` is what no protocol can see and a person has to confirm.
    """

    absent: tuple[str, ...]
    rounds: int = 3
    every_seconds: float = 30.0
    by_hand: Words | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What a technician does about a fault. `causes`: the likeliest first. `steps` need no visit."""

    causes: tuple[Words, ...]
    steps: tuple[Words, ...] = ()
    parts: tuple[Words, ...] = ()
    retest: Retest = Retest(())


class Policy(StrEnum):
    """What becomes of a ticket when its fault is seen to be gone."""

    AUTO_RESOLVE = "auto_resolve"  # it is resolved
    COMMENT_ONLY = "comment_only"  # a person resolves it
    RESOLVE_AFTER_RETEST = "resolve_after_retest"  # it is resolved once the fault's re-test is passed


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of fault. `severities` and `advices` hold what differs on some kinds of device."""

    code: str
    en: str
    zh: str
    severity: Severity
    place: Place
    hold: Hold
    advice: Advice
    severities: Mapping[Kind, Severity] = field(default_factory=dict, hash=False)
    advices: Mapping[Kind, Advice] = field(default_factory=dict, hash=False)
    policy: Policy = Policy.AUTO_RESOLVE

    @property
    def name(self) -> Words:
        """The fault's name in all languages."""
        return Words(self.en, self.zh)


def severity_of(fault: Fault, device: Device | None) -> Severity:
    """Return how bad a fault is on this device: a recorder weighs more, a critical device at least S2.

    What is latent stays latent: a fault of S4 is never raised.
    """
    if device is None or fault.severity is Severity.S4:
        return fault.severity
    own = fault.severities.get(device.kind, fault.severity)
    return min(own, Severity.S2) if device.criticality is Criticality.CRITICAL else own


def advice_for(fault: Fault, device: Device | None) -> Advice:
    """Return what to do about a fault on this device."""
    return fault.advices.get(device.kind, fault.advice) if device else fault.advice
