"""What was learnt of one device: its newest numbers and how asking went. Bounded, whatever it sends."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

from models.accepted import TEXTS
from models.facts import Device, Report, Trouble
from models.metrics import DEVICE_INFO, ICMP_UP, TCP_UP
from models.view import Asked, Sample, Sign, Text, has_services

SERIES_LIMIT: Final = 2048  # per device: a recorder of 64 channels with two streams each comes near it
TEXT_LIMIT: Final = 200  # characters kept of an error's sentence or an identity
_SILENCE: Final = frozenset({Trouble.UNREACHABLE, Trouble.DEADLINE})
_PROBES: Final = frozenset({ICMP_UP.name, TCP_UP.name})
REACH: Final = "reach"  # the collector that tries every service port
ASKED: Final = "@asked"  # among the names of what changed: how asking the device fares
EVERYTHING: Final[AbstractSet[str]] = frozenset({"@everything"})
_NOTHING: Final[AbstractSet[str]] = frozenset()


@dataclass(slots=True)
class Seen:
    """The memory of one device. `keep`: names of the metrics that rules look at; no others are stored.

    `samples`: metric -> part -> its newest number. `told_of`: names of the metrics and collectors of which
    there is something. `texts`: (metric, part) -> what a device said in words, for metrics whose texts are
    compared. `series`: how many samples there are.
    """

    device: Device
    keep: frozenset[str]
    asked: dict[str, Asked] = field(default_factory=dict)
    samples: dict[str, dict[str, Sample]] = field(default_factory=dict)
    identity: dict[str, str] = field(default_factory=dict)
    texts: dict[tuple[str, str], Text] = field(default_factory=dict)
    told_of: set[str] = field(default_factory=set)
    reports: int = 0
    series: int = 0
    failing_in_us: set[str] = field(default_factory=set)  # collectors whose newest report is a fault of ours

    def take(self, report: Report) -> AbstractSet[str]:
        """Take in one report of this device.

        Returns:
            What it says that the collector's report before did not: names of metrics and collectors, `ASKED`
            where asking went otherwise; `EVERYTHING` where it is the first, or tells of more or of less.
        """
        asked = self.asked.get(report.collector)
        is_first = asked is None
        if asked is None:
            asked = self.asked[report.collector] = Asked(report.collector)
            self.told_of.add(report.collector)
        before = asked.at, asked.kept
        fared = self._note_asked(asked, report)
        changed, asked.kept = self._keep_readings(report, before[0])
        if is_first or asked.kept != before[1]:
            return EVERYTHING
        return changed | {ASKED, report.collector} if fared else changed

    def _note_asked(self, asked: Asked, report: Report) -> bool:
        """Note how asking went; return whether that says anything new.

        A failure does each time: what it means hangs on what other collectors met in between.
        """
        self.reports += 1
        before = asked.trouble, asked.sign
        asked.at = report.at
        asked.trouble = report.error.trouble if report.error else None
        asked.detail = report.error.detail[:TEXT_LIMIT] if report.error else ""
        self._note_sign(asked, sign_of(report, self.device), report.at)
        self._note_login(asked, report)
        if asked.trouble is Trouble.BUG:
            self.failing_in_us.add(report.collector)
        else:
            self.failing_in_us.discard(report.collector)
        return report.error is not None or before != (asked.trouble, asked.sign)

    def oldest(self, stale_after: Callable[[str], float], at: float) -> float:
        """Return when the next piece of evidence that is fresh at `at` goes stale; infinity when none is."""
        pace = self.pace(stale_after)
        dues = [a.alive_at + pace for a in self.asked.values()]
        for a in self.asked.values():
            age = stale_after(a.collector)
            dues += (a.at + age, a.sign_at + age, a.ok_at + age)
        for parts in self.samples.values():
            dues += [s.at + stale_after(s.collector) for s in parts.values()]
        return min((due for due in dues if due >= at), default=float("inf"))

    def last_at(self, collector: str) -> float:
        """Return when a collector's newest report was, minus infinity before there was one."""
        asked = self.asked.get(collector)
        return asked.at if asked is not None else float("-inf")

    def pace(self, stale_after: Callable[[str], float]) -> float:
        """Return how soon the last word of the device may say nothing any more (`View.sign_of_life`)."""
        return min((stale_after(name) for name in self.asked), default=float("inf"))

    def _note_sign(self, asked: Asked, sign: Sign, at: float) -> None:
        if sign is Sign.ALIVE and self._may_be_from_memory(asked):
            sign = Sign.NONE
        if sign is Sign.NONE:
            return
        asked.sign, asked.sign_at, asked.sign_trouble = sign, at, asked.trouble
        if sign is Sign.ALIVE:
            asked.alive_order, asked.alive_at, asked.silent_order = self.reports, at, 0
        elif not asked.silent_order:
            asked.silent_order = self.reports

    def _may_be_from_memory(self, asked: Asked) -> bool:
        """Whether an answer may have been given without asking the device.

        A login that is held back and a feature known to be missing are reported from memory; that must not
        keep a dead device alive.
        """
        others = [a for a in self.asked.values() if a is not asked and a.sign is Sign.SILENT]
        if asked.trouble is Trouble.NOT_SUPPORTED:
            return asked.collector == REACH or bool(others)
        return asked.trouble is Trouble.AUTH and any(a.collector == REACH for a in others)

    def _note_login(self, asked: Asked, report: Report) -> None:
        if report.ok:
            asked.ok_order, asked.ok_at = self.reports, report.at
        elif asked.trouble is Trouble.AUTH:
            asked.refused_order, asked.refused_at = self.reports, report.at

    def _keep_readings(self, report: Report, last_at: float) -> tuple[AbstractSet[str], int]:
        """Keep what rules look at; return the metrics that are not as at `last_at`, and how much was kept."""
        changed: set[str] | None = None
        count = 0
        for reading in report.readings:
            name, value = reading.metric.name, reading.value
            if isinstance(value, str):
                is_same = self._keep_text(name, reading.part, value[:TEXT_LIMIT], report, last_at)
            elif name in self.keep and isfinite(value):
                is_same = self._keep_number(name, reading.part, float(value), report, last_at)
            else:
                continue
            count += 1
            if not is_same:
                changed = changed or set()
                changed.add(name)
        return changed or _NOTHING, count

    def _keep_text(self, name: str, part: str, value: str, report: Report, last_at: float) -> bool:
        if name == DEVICE_INFO.name and len(self.identity) < SERIES_LIMIT:
            self.identity[part] = value
        if name not in TEXTS or len(self.texts) >= SERIES_LIMIT:
            return True
        known = self.texts.get((name, part))
        self.texts[name, part] = Text(value, report.at, report.collector)
        self.told_of.add(name)
        return known is not None and known.value == value and known.at == last_at

    def _keep_number(self, name: str, part: str, value: float, report: Report, last_at: float) -> bool:
        parts = self.samples.get(name, {})
        known, at = parts.get(part), report.at
        if known is not None:
            grew_at = at if value > known.value else known.grew_at
            parts[part] = Sample(value, at, report.collector, known.value, grew_at)
            return known.value == value == known.before and known.at == last_at
        if self.series < SERIES_LIMIT:
            self.series += 1
            self.samples.setdefault(name, parts)[part] = Sample(value, at, report.collector)
            self.told_of.add(name)
        return False


def sign_of(report: Report, device: Device) -> Sign:
    """Return what a report says about life in the device.

    A ping alone does not count where services can be asked: the kernel, or another host at the address, may
    answer it.
    """
    if report.error is not None:
        if report.error.trouble in _SILENCE:
            return Sign.SILENT
        return Sign.ALIVE if report.error.trouble.answered else Sign.NONE
    if any(r.metric.name not in _PROBES for r in report.readings):
        return Sign.ALIVE
    return _sign_of_probes(report, device)


def _sign_of_probes(report: Report, device: Device) -> Sign:
    ports = [r.value for r in report.readings if r.metric.name == TCP_UP.name]
    if ports:
        return Sign.ALIVE if 1 in ports else Sign.SILENT
    pings = [r.value for r in report.readings if r.metric.name == ICMP_UP.name]
    if not pings or has_services(device):
        return Sign.NONE
    return Sign.ALIVE if 1 in pings else Sign.SILENT
