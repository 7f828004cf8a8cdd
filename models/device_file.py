"""A device file (一机一档) from one look: who it is, what it offers, what is wrong, what could not be seen.

Pure: reports in, lines out. A fault needs several looks before it is a ticket; here each bad sight is told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Any, Final

from models.facts import Device, Finding, Health, Report
from models.messages import MESSAGES, render
from models.metrics import (
    CERT_EXPIRES,
    CLOCK_NTP,
    CLOCK_OFFSET,
    COMPLETENESS,
    DEVICE_INFO,
    INPUTS,
    MALFORMED_REPLIES,
    NETWORK_INFO,
    PROFILE_INFO,
    RELAYS,
    RETENTION,
    RETENTION_GOAL,
    STORAGES,
    USERS,
    VIDEO_SOURCES,
    Metric,
)
from models.watch import Watch
from models.words import Lang

_UNJUDGED: Final = frozenset(
    {"unknown.not_asked", "unknown.stale", "unknown.learning", "unknown.still_scene"}
)
_COUNTS: Final = (
    ("file.sources", VIDEO_SOURCES),
    ("file.inputs", INPUTS),
    ("file.relays", RELAYS),
    ("file.storages", STORAGES),
    ("file.users", USERS),
)


@dataclass(frozen=True, slots=True)
class Way:
    """What the ONVIF session found out: services the device lists, how it lets us in."""

    services: tuple[str, ...] = ()
    login: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a heading, what is to be said, and for a fault its code."""

    head: str
    text: str
    code: str = ""


@dataclass(slots=True)
class DeviceFile:
    """The four chapters."""

    who: list[Line] = field(default_factory=list)
    offers: list[Line] = field(default_factory=list)
    wrong: list[Line] = field(default_factory=list)
    unseen: list[Line] = field(default_factory=list)


class _Scribe:
    """Writes lines in one language out of what was read."""

    def __init__(self, reports: Iterable[Report], lang: Lang, zone: tzinfo) -> None:
        self._lang, self._zone = lang, zone
        self._values: dict[tuple[str, str], float | str] = {
            (r.metric.name, r.part): r.value for report in reports for r in report.readings
        }

    def say(self, key: str, **facts: object) -> str:
        """Return a message of the catalogue."""
        return render(key, self._lang, self._zone, **facts)

    def get(self, metric: Metric, part: str = "") -> Any:
        """Return what was read, None when nothing was."""
        return self._values.get((metric.name, part))

    def parts(self, metric: Metric) -> list[str]:
        """Return the parts that were read, in order."""
        return [part for name, part in self._values if name == metric.name]


def device_file(
    device: Device,
    reports: Sequence[Report],
    *,
    way: Way | None = None,
    known: Mapping[str, Any] | None = None,
    lang: Lang = "en",
    zone: tzinfo = UTC,
) -> DeviceFile:
    """Return the file of a device.

    Args:
        device: as in the inventory.
        reports: one of each collector.
        way: what the ONVIF session found out.
        known: the running agent's state of the device, so that it can be compared with what was accepted.
        lang: of all texts.
        zone: of all times.
    """
    scribe = _Scribe(reports, lang, zone)
    found = DeviceFile()
    found.who = _who(scribe)
    found.offers = _offers(scribe, way or Way())
    findings = _findings(device, reports, known)
    found.wrong = _wrong(scribe, findings, lang)
    found.unseen = _unseen(scribe, device, reports, findings, lang)
    return found


def _who(scribe: _Scribe) -> list[Line]:
    info = {label: str(scribe.get(DEVICE_INFO, label) or "") for label in scribe.parts(DEVICE_INFO)}
    rows = [
        ("file.model", f"{info.get('maker', '')} {info.get('model', '')}".strip()),
        ("file.firmware", info.get("firmware", "")),
        ("file.serial", info.get("serial", "")),
        ("file.mac", info.get("mac", "")),
        ("file.network", _network(scribe)),
        ("file.clock", _clock(scribe)),
    ]
    return [Line(scribe.say(key), text) for key, text in rows if text]


def _network(scribe: _Scribe) -> str:
    told = {label: str(scribe.get(NETWORK_INFO, label)) for label in scribe.parts(NETWORK_INFO)}
    words = [told.get("address", "")]
    words += [scribe.say("file.dhcp")] if told.get("dhcp") == "yes" else []
    for label, key in (
        ("gateway", "gateway"),
        ("dns", "dns"),
        ("ntp", "ntp_server"),
        ("hostname", "hostname"),
    ):
        words += [scribe.say(f"file.{key}", value=told[label])] if label in told else []
    return ", ".join(word for word in words if word)


def _clock(scribe: _Scribe) -> str:
    offset, ntp = scribe.get(CLOCK_OFFSET), scribe.get(CLOCK_NTP)
    words = [scribe.say("file.clock_is", offset=offset)] if offset is not None else []
    words += [scribe.say("file.ntp" if ntp == 1 else "file.by_hand")] if ntp is not None else []
    return ", ".join(words)


def _offers(scribe: _Scribe, way: Way) -> list[Line]:
    lines = [
        Line(scribe.say(key), f"{scribe.get(metric):.0f}") for key, metric in _COUNTS if scribe.get(metric)
    ]
    lines += [
        Line(scribe.say("file.stream", name=part), str(scribe.get(PROFILE_INFO, part)))
        for part in scribe.parts(PROFILE_INFO)
    ]
    lines += [line for part in scribe.parts(RETENTION_GOAL) if (line := _recording(scribe, part))]
    for part in scribe.parts(CERT_EXPIRES):
        text = scribe.say("file.ends", at=scribe.get(CERT_EXPIRES, part))
        lines.append(Line(scribe.say("file.certificate", name=part), text))
    rows = (("file.services", ", ".join(way.services)), ("file.login", way.login))
    lines += [Line(scribe.say(key), text) for key, text in rows if text]
    return lines


def _recording(scribe: _Scribe, part: str) -> Line | None:
    kept, goal, ratio = (scribe.get(m, part) for m in (RETENTION, RETENTION_GOAL, COMPLETENESS))
    words = [scribe.say("file.kept", kept=kept, goal=goal)] if kept is not None else []
    words += [scribe.say("file.day", ratio=ratio)] if ratio is not None else []
    return Line(scribe.say("file.recording", name=part), ", ".join(words)) if words else None


def _findings(
    device: Device, reports: Sequence[Report], known: Mapping[str, Any] | None
) -> tuple[Finding, ...]:
    watch = Watch("probe", [device], stale_after=lambda _collector: 3600.0)
    if known:
        watch.restore({device.id: known})
    for report in reports:
        watch.observe(report)
    return watch.findings(device.id)


def _wrong(scribe: _Scribe, findings: Iterable[Finding], lang: Lang) -> list[Line]:
    lines = []
    for finding in sorted(findings, key=lambda one: one.verdict.fault.severity if one.verdict else ""):
        verdict = finding.verdict
        if verdict is None or verdict.health is not Health.BAD:
            continue
        part = f" ({finding.key.part})" if finding.key.part else ""
        text = scribe.say(verdict.detail, **verdict.facts)
        lines.append(Line(f"{verdict.fault.name.of(lang)}{part}", text, finding.key.code))
    malformed = scribe.get(MALFORMED_REPLIES, "onvif")
    if malformed:
        lines.append(Line(scribe.say("file.malformed"), f"{malformed:.0f}"))
    return lines


def _unseen(
    scribe: _Scribe, device: Device, reports: Sequence[Report], findings: Iterable[Finding], lang: Lang
) -> list[Line]:
    lines = []
    for report in reports:
        if report.error is not None:
            why = f"{scribe.say(f'trouble.{report.error.trouble.value}')}: {report.error.detail}"
            lines.append(Line(_question(scribe, report.collector), why))
    for name, access in (("onvif", device.onvif_port), ("snmp", device.snmp)):
        if access is None:
            lines.append(Line(_question(scribe, name), scribe.say("file.no_access")))
    for finding in findings:
        verdict = finding.verdict
        if verdict is None or verdict.health is not Health.UNKNOWN or not verdict.detail:
            continue
        text = scribe.say(verdict.detail, **verdict.facts)
        if verdict.detail in _UNJUDGED:
            text = scribe.say("file.one_look") if verdict.detail != "unknown.not_asked" else text
        part = f" ({finding.key.part})" if finding.key.part else ""
        lines.append(Line(f"{verdict.fault.name.of(lang)}{part}", text, finding.key.code))
    return _together(lines)


def _together(lines: Iterable[Line]) -> list[Line]:
    """Return lines in order, those that say the same made one."""
    found: dict[tuple[str, str], Line] = {}
    for line in lines:
        known = found.setdefault((line.text, line.code), line)
        if line.head not in known.head.split(", "):
            found[line.text, line.code] = replace(known, head=f"{known.head}, {line.head}")
    return list(found.values())


def _question(scribe: _Scribe, collector: str) -> str:
    key = f"question.{collector}"
    return scribe.say(key) if key in MESSAGES else collector
