"""What the store takes and gives back: plain frozen records, times in Unix seconds UTC.

StoreError
├── StoreUnwritable   the disk is full, read-only or gone: free it; the agent goes on in memory meanwhile
├── StoreDamaged      the file is not a database any more: move it away or restore a backup
├── StoreNewer        a newer siteward wrote it: upgrade this one, it must not guess
└── StoreInUse        another siteward holds it: one writer at a time
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

Json = Mapping[str, Any]

HOUR: Final = 3600.0
DAY: Final = 86400.0
PICTURES: Final = "evidence"  # the folder beside the database


class StoreError(Exception):
    """The database cannot be used; the message says why and what to do."""


class StoreUnwritable(StoreError):
    """The disk does not take our writes."""


class StoreDamaged(StoreError):
    """The file is not a usable database."""


class StoreNewer(StoreError):
    """The file was written by a newer siteward."""


class StoreInUse(StoreError):
    """Another process writes this file."""


@dataclass(frozen=True, slots=True)
class Retention:
    """How long history is kept, in seconds of age; `telemetry` is a number of MQTT messages."""

    raw: float = 14 * DAY
    hourly: float = 400 * DAY
    daily: float = 3660 * DAY
    telemetry: int = 100_000


# ---------------------------------------------------------------- history


@dataclass(frozen=True, slots=True)
class Point:
    """One stored value. A value that stays the same is stored again only every ten minutes."""

    at: float
    value: float | str


@dataclass(frozen=True, slots=True)
class Rollup:
    """All readings of one series in the hour or day that begins at `at`, stored or not (write on change)."""

    at: float
    n: int
    min: float
    max: float
    sum: float
    last: float

    @property
    def mean(self) -> float:
        """The plain mean over the readings."""
        return self.sum / self.n


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest stored value of one series of a device."""

    metric: str
    part: str
    at: float
    value: float | str


@dataclass(frozen=True, slots=True)
class Look:
    """How a collector's newest check of a device went; `trouble` is "" when it went well."""

    device: str
    collector: str
    at: float
    took_seconds: float
    trouble: str
    detail: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of one hour or day (beginning at `at`) a collector really observed a device.

    `observed` and `good` are seconds up to a check that said anything, and up to one that went well. `blind`
    counts checks that failed inside the agent: they say nothing about the device and observe no second.
    """

    at: float
    device: str
    collector: str
    observed: float
    good: float
    ok: int
    failed: int
    blind: int


@dataclass(frozen=True, slots=True)
class Run:
    """One life of the agent; `clean` is False while it runs and after it was killed."""

    boot: int
    version: str
    started: float
    seen: float  # the last moment it is known to have been alive
    clean: bool


# ---------------------------------------------------------------- incidents and tickets


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """What the agent knows of one incident. `generation` counts the tickets its key ever had."""

    key: str
    generation: int
    device: str
    part: str
    code: str
    opened_at: float
    closed_at: float | None = None
    ticket: str = ""  # the helpdesk's reference, "" until it answered
    state_hash: str = ""
    children: tuple[str, ...] = ()
    reopened: int = 0
    note: str = ""  # why there is no ticket, when there is none

    @property
    def is_open(self) -> bool:
        """Whether the incident still lasts."""
        return self.closed_at is None

    @property
    def reference(self) -> str:
        """What the ticket carries so that it can be found again: one per ticket ever opened."""
        return f"{self.key}#{self.generation}"


class Deed(StrEnum):
    """What the helpdesk is asked to do."""

    CREATE = "create"
    COMMENT = "comment"
    ATTACH = "attach"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to do at the helpdesk for the incident `key`; `body` as built by `agent.helpdesk.intents`."""

    key: str
    deed: Deed
    at: float
    body: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class QueuedIntent:
    """An intent in the outbox. `uncertain`: an attempt was begun and nobody knows whether it arrived."""

    id: int
    generation: int
    intent: Intent
    tries: int = 0
    due: float = 0.0
    uncertain: bool = False
    begun: float | None = None
    error: str = ""
    dead: bool = False

    @property
    def reference(self) -> str:
        """The reference of the ticket this is about."""
        return f"{self.intent.key}#{self.generation}"


@dataclass(frozen=True, slots=True)
class HelpdeskQueue:
    """The helpdesk outbox in numbers."""

    pending: int
    dead: int
    oldest_pending_seconds: float


# ---------------------------------------------------------------- MQTT


class Channel(StrEnum):
    """What may happen to a message while the broker is away."""

    TELEMETRY = "telemetry"  # a ring: the oldest is dropped, and counted
    EVENT = "event"  # kept until a broker took it


@dataclass(frozen=True, slots=True)
class Message:
    """One MQTT message, published with QoS 1."""

    topic: str
    payload: bytes
    channel: Channel
    at: float
    retain: bool = False


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message in the outbox; ids grow, so they are the order of publishing."""

    id: int
    message: Message


@dataclass(frozen=True, slots=True)
class MessageQueue:
    """The MQTT outbox in numbers; `dropped` over the database's whole life."""

    pending: int
    dropped: int
    oldest_pending_seconds: float


# ---------------------------------------------------------------- evidence, health of the store


@dataclass(frozen=True, slots=True)
class Evidence:
    """A picture on disk, removed after `expires`."""

    id: int
    device: str
    part: str
    at: float
    expires: float
    path: Path


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How the store is. `degraded` is "" or says why it goes on in memory; counts are since the start."""

    degraded: str
    lost_readings: int
    commits: int
