"""What the MQTT messages say: pure builders, JSON in UTF-8.

Every payload has `schema`, `site`, `at` (ISO 8601, UTC), `boot` and `seq`: `boot` grows with each start of
the agent, `seq` with each message of one boot; so (boot, seq) orders all messages, and a hole in `seq` is a
message that is missing. What is not known is null, never 0, and its `quality` says so.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from math import isfinite
from typing import Any, Final

from agent.sinks import topics
from agent.store.records import Channel, Message
from models.facts import Finding, Incident, Reading, Report
from models.metrics import Metric

SCHEMA: Final = 1

# Units are the ends of metric names; a name that ends otherwise counts, or says yes or no.
_UNITS: Final = (
    "seconds", "bytes", "ratio", "celsius", "bps", "fps", "frames", "pixels", "bits", "luma", "chroma",
    "watts", "volts", "rpm",
)  # fmt: skip


class Quality(StrEnum):
    """Whether a value may be used."""

    GOOD = "good"
    UNCERTAIN = "uncertain"  # it was read by a check that failed before its end
    UNKNOWN = "unknown"  # it could not be read


@dataclass(slots=True)
class Envelope:
    """Stamps payloads of one site and one life of the agent."""

    site: str
    boot: int
    _sequence: "count[int]" = field(default_factory=lambda: count(1))

    def wrap(self, at: float, body: Mapping[str, Any]) -> bytes:
        """Return a payload: the stamp, then `body`."""
        stamp = {"schema": SCHEMA, "site": self.site, "at": iso(at), "boot": self.boot}
        return encode({**stamp, "seq": next(self._sequence), **body})


def encode(body: Mapping[str, Any]) -> bytes:
    """Return JSON as bytes.

    Raises:
        ValueError: a number in it is not finite: JSON has no word for that.
    """
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="replace")  # a device may say what is no Unicode


def iso(at: float) -> str:
    """Return Unix seconds as ISO 8601 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unit(metric: Metric) -> str:
    """Return the unit of a metric, "" where it counts or says yes or no."""
    name = metric.name.removesuffix("_total")
    return next((known for known in _UNITS if name.endswith(f"_{known}")), "")


def status(site: str, boot: int, at: float, *, online: bool, version: str) -> Message:
    """Build birth (online) or will (offline) of the agent.

    `at` is when the agent connected, also in the will, which must be written before the agent knows its end.
    """
    body = {"schema": SCHEMA, "site": site, "at": iso(at), "boot": boot, "version": version}
    payload = encode({**body, "status": "online" if online else "offline"})
    return Message(topics.status(site), payload, Channel.EVENT, at, retain=True)


def state(
    envelope: Envelope, device: str, reports: Iterable[Report], *, at: float, health: str = "unknown"
) -> Message:
    """Build the state of a device: its health in one word, and the newest report of each collector."""
    checks = sorted(reports, key=lambda report: report.collector)
    body = {
        "device": device,
        "health": str(health),
        "checks": [_check(report) for report in checks],
        "readings": [_reading(report, reading) for report in checks for reading in report.readings],
    }
    topic = topics.state(envelope.site, device)
    return Message(topic, envelope.wrap(at, body), Channel.TELEMETRY, at, retain=True)


def finding_event(envelope: Envelope, finding: Finding, *, at: float) -> Message:
    """Build the event that a fault entered another phase of its life."""
    key, verdict = finding.key, finding.verdict
    body = {
        "type": "finding",
        "device": key.device,
        "part": key.part,
        "fault": key.code,
        "severity": verdict.fault.severity.value if verdict else None,
        "phase": finding.phase.value,
        "since": iso(finding.since),
        "detail": verdict.detail if verdict else "",
        "facts": {name: _value(fact) for name, fact in verdict.facts.items()} if verdict else {},
    }
    return Message(topics.event(envelope.site, key.device), envelope.wrap(at, body), Channel.EVENT, at)


def incident(envelope: Envelope, told: Incident, *, at: float, ticket: str = "") -> Message:
    """Build the state of an incident: open, or closed."""
    root = told.root
    body = {
        "key": told.key,
        "device": root.key.device,
        "part": root.key.part,
        "fault": root.key.code,
        "severity": root.verdict.fault.severity.value if root.verdict else None,
        "status": "open" if told.closed_at is None else "closed",
        "opened_at": iso(told.opened_at),
        "closed_at": None if told.closed_at is None else iso(told.closed_at),
        "children": [str(child) for child in told.children],
        "ticket": ticket,
    }
    topic = topics.incident(envelope.site, told.key)
    return Message(topic, envelope.wrap(at, body), Channel.EVENT, at, retain=True)


def _check(report: Report) -> dict[str, Any]:
    trouble = report.error.trouble.value if report.error else None
    return {"collector": report.collector, "at": iso(report.at), "ok": report.ok, "trouble": trouble}


def _reading(report: Report, reading: Reading) -> dict[str, Any]:
    value = _value(reading.value)
    return {
        "metric": reading.metric.name,
        "part": reading.part,
        "value": value,
        "unit": unit(reading.metric),
        "quality": (
            Quality.UNKNOWN if value is None else Quality.GOOD if report.ok else Quality.UNCERTAIN
        ).value,
        "at": iso(report.at),
    }


def _value(value: float | str) -> float | str | None:
    return value if isinstance(value, str) or isfinite(value) else None
