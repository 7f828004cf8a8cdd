"""What the API sends: times in Unix seconds UTC, ratios 0 to 1, units in names; absent is unknown."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """Any of the API's objects."""

    model_config = ConfigDict(frozen=True)


class DeviceRow(Shape):
    """One device and how it is."""

    id: str
    kind: str
    name: str
    place: str
    address: str
    parent: Annotated[str, Field(description="What feeds it, by the inventory or else as the switches say.")]
    state: Literal["ok", "fault", "unknown"]
    faults: Annotated[list[str], Field(description="Codes of the faults that stand.")]
    behind: Annotated[str, Field(description="The device whose incident explains this one's loss.")]
    seen_at: Annotated[float | None, Field(description="When it last answered; null: not since the start.")]


class DevicePage(Shape):
    """Some of the devices; `total` counts all that fit."""

    total: int
    devices: list[DeviceRow]


class ReadingRow(Shape):
    """One value as the device gave it last."""

    metric: str
    part: str
    value: float | str
    at: float
    collector: str


class CheckRow(Shape):
    """How asking went."""

    collector: str
    at: float
    took_seconds: float
    trouble: Annotated[str, Field(description='"" when it went well.')]
    detail: str


class FaultRow(Shape):
    """A fault of a part of a device, and where it stands in its life."""

    device: str
    part: str
    code: str
    name: str
    severity: str
    phase: str
    since: float
    opened_at: float | None
    said: Annotated[str, Field(description="The newest opinion on it, in the language asked for.")]


class DeviceFile(DeviceRow):
    """All that is known of one device now."""

    identity: dict[str, str]
    readings: list[ReadingRow]
    checks: list[CheckRow]
    fault_life: list[FaultRow]


class PointRow(Shape):
    """One value, or the mean, least and greatest of one hour or day."""

    at: float
    value: float | str
    low: float | None = None
    high: float | None = None
    count: int | None = None


class IncidentRow(Shape):
    """An open incident: a root fault and what it explains."""

    key: str
    device: str
    part: str
    code: str
    name: str
    severity: str
    phase: str
    since: float
    said: str
    children: Annotated[list[str], Field(description="The devices whose loss it explains.")]


class TicketRow(Shape):
    """One ticket of the local helpdesk, or of its record of another one's."""

    number: int
    key: str
    subject: str
    severity: str
    state: str
    is_open: bool
    opened_at: float
    changed_at: float
    device: str
    reference: Annotated[str, Field(description="Ours: the incident's key and its generation.")]


class StepRow(Shape):
    """Who did what to a ticket."""

    at: float
    who: str
    what: str
    text: str
    picture: Annotated[str, Field(description='Where the picture that came with it is, "" if none.')]


class TicketFile(TicketRow):
    """A ticket with its history and its work order: state, clocks, re-test, cause."""

    body: str
    history: list[StepRow]
    work_order: dict[str, Any] | None


class Wish(BaseModel):
    """What to do with a ticket's work order."""

    model_config = ConfigDict(extra="forbid")

    do: Literal["move", "cause", "pause", "resume", "waive"]
    value: Annotated[
        str, Field(max_length=64, description="A state, a cause or a reason; none for resume and waive.")
    ] = ""
    why: Annotated[str, Field(max_length=2000)] = ""


class Done(Shape):
    """What became of it, in one sentence."""

    said: str


class Problem(Shape):
    """Why nothing was done."""

    detail: str


class CollectorRow(Shape):
    """How punctual a collector is."""

    name: str
    asked: int
    late: int
    skipped: int


class OutboxRow(Shape):
    """What waits to be sent."""

    name: str
    pending: int
    oldest_seconds: float
    dead: int | None


class BreakerRow(Shape):
    """Something that is not tried for now: a login that a device refused, or the helpdesk."""

    name: Literal["login", "helpdesk"]
    device: str
    seconds: Annotated[
        float | None, Field(description="Until it is tried again; null: a few minutes at most.")
    ]


class AgentFile(Shape):
    """How the agent itself is; texts are "" when nothing is wrong."""

    version: str
    stuck: str
    waiting: str
    degraded: str
    collectors: list[CollectorRow]
    outboxes: list[OutboxRow]
    breakers: list[BreakerRow]
    lag_seconds: Annotated[float | None, Field(description="How late its loop wakes up, 99th percentile.")]
