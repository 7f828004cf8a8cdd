"""What a rule may look at: one device, how asking it went, its newest numbers, its own past. Read-only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final, NamedTuple

from models.accepted import Accepted
from models.baseline import Reference
from models.facts import Device, Health, Trouble, Verdict
from models.faults import FAULTS
from models.metrics import Metric
from models.thresholds import Thresholds


class Sign(Enum):
    """What a report says about life in the device."""

    ALIVE = auto()  # the device itself spoke
    SILENT = auto()  # its services were asked and nothing answered
    NONE = auto()  # neither


@dataclass(slots=True)
class Asked:
    """How one collector fared with the device.

    The `*_order` numbers count the device's reports: what came first stays known when the clock jumps.
    `sign`, `sign_at`: the newest report that told life from silence. `silent_order`: the first of the
    unbroken row of silences, 0 when there is none.
    """

    collector: str
    at: float = 0.0
    trouble: Trouble | None = None
    detail: str = ""
    sign: Sign = Sign.NONE
    sign_at: float = 0.0
    sign_trouble: Trouble | None = None
    alive_order: int = 0
    alive_at: float = 0.0
    silent_order: int = 0
    ok_order: int = 0
    ok_at: float = 0.0
    refused_order: int = 0
    refused_at: float = 0.0
    kept: int = 0  # readings kept of the newest report
    family: str = field(init=False)  # the protocol: `onvif` of `onvif_clock`; one family shares a login

    def __post_init__(self) -> None:
        self.family = self.collector.partition("_")[0]


class Sample(NamedTuple):
    """One number, when it was taken and by whom, the number `before` it, and when it last grew (0: never)."""

    value: float
    at: float
    collector: str
    before: float | None = None
    grew_at: float = 0.0


class Text(NamedTuple):
    """What a device said in words, when, and by which collector."""

    value: str
    at: float
    collector: str


NONE: Final[Mapping[str, Sample]] = {}


@dataclass(slots=True, eq=False)  # not frozen: one is made for each report, and that doubles its cost
class View:
    """One device as the rules see it at one moment.

    `samples`: metric -> part -> its newest number. `stale_after`: collector -> seconds; older evidence is as
        good as none. `was_bad`: whether the last definite opinion on (code, part) was bad, for a hysteresis.
        `accepted`: what it was accepted with. `others`: fault code -> share of the site's other cameras whose
        pictures show it now. `of_site`: fault code -> which fault of the site explains that, "" for none.
    """

    device: Device
    at: float
    asked: Mapping[str, Asked]
    samples: Mapping[str, Mapping[str, Sample]]
    stale_after: Callable[[str], float]
    was_bad: Callable[[str, str], bool]
    reference_of: Callable[[str, str], Reference | None]
    limits: Thresholds
    texts: Mapping[tuple[str, str], Text] = field(default_factory=dict)
    accepted: Accepted = field(default_factory=Accepted)
    others: Callable[[str], float] = lambda _code: 0.0
    of_site: Callable[[str], str] = lambda _code: ""

    def is_fresh(self, at: float, collector: str) -> bool:
        """Whether evidence still counts. From the future it does not either: the clock was set back."""
        return abs(self.at - at) <= self.stale_after(collector)

    def number(self, metric: Metric, part: str = "") -> Sample | None:
        """Return the newest value of a metric, None when there is none or it is stale."""
        sample = self.samples.get(metric.name, NONE).get(part)
        return sample if sample is not None and self.is_fresh(sample.at, sample.collector) else None

    def text(self, metric: Metric, part: str) -> Text | None:
        """Return the newest text of a metric, None when there is none or it is stale."""
        text = self.texts.get((metric.name, part))
        return text if text is not None and self.is_fresh(text.at, text.collector) else None

    def parts(self, metric: Metric) -> list[str]:
        """Return the parts of which there is a fresh value."""
        return [
            part
            for part, sample in self.samples.get(metric.name, NONE).items()
            if self.is_fresh(sample.at, sample.collector)
        ]

    def reference(self, metric: Metric, part: str) -> float | None:
        """Return the device's own normal value, None while it is being learnt."""
        known = self.reference_of(metric.name, part)
        return known.median if known else None

    def silences(self, family: str = "") -> list[Asked]:
        """Return the collectors (of one protocol) whose unbroken silence began after the last sign of life.

        A collector that was silent all along, while another one got answers, is not among them.
        """
        asked = self._of(family)
        silent = [a for a in asked if a.sign is Sign.SILENT and self.is_fresh(a.sign_at, a.collector)]
        if not silent:
            return silent
        last_sign = max(a.alive_order for a in asked)
        return [a for a in silent if a.silent_order > last_sign]

    def sign_of_life(self, family: str = "") -> float | None:
        """Return when the device (by one protocol) last spoke; None when that is stale.

        The most frequent collector that ever got an answer sets the pace: one that asks once an hour must
        not vouch for the time in between.
        """
        heard = [a for a in self._of(family) if a.alive_order]
        if not heard:
            return None
        newest = max(heard, key=lambda a: a.alive_order)
        pace = min(self.stale_after(a.collector) for a in heard)
        return newest.alive_at if abs(self.at - newest.alive_at) <= pace else None

    def _of(self, family: str) -> list[Asked]:
        everyone = self.asked.values()
        return [a for a in everyone if a.family == family] if family else list(everyone)

    def verdict(
        self, code: str, health: Health, part: str, detail: str, at: float, **facts: float | str
    ) -> Verdict:
        """Return an opinion on a fault of this device; `at` is when its evidence was taken."""
        return Verdict(self.device.id, FAULTS[code], health, part, detail, facts, at)


def has_services(device: Device) -> bool:
    """Whether the inventory names anything on the device that can be asked beside a ping."""
    return bool(
        device.onvif_port is not None or device.snmp is not None or device.streams or device.tcp_ports
    )


def speaks_only_snmp(device: Device) -> bool:
    """Whether SNMP is all that can be asked: then its silence is the device's silence."""
    return device.snmp is not None and not (
        device.onvif_port is not None or device.streams or device.tcp_ports
    )
