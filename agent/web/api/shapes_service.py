"""What the API sends and takes about service; times in Unix seconds UTC, ratios 0 to 1, null is unknown."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from agent.web.api.shapes import Problem, Shape
from agent.web.views import baselines, records
from models.service.figures import Figure

REPORT: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "the report",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                "schema": {"type": "string", "format": "binary"}
            },
        },
    }
}
Refusal = Problem


class Said(Shape):
    """What became of it, in one sentence."""

    said: str


class DeviceReading(Shape):
    """The newest value of a device."""

    device: str
    part: str
    value: float | str
    at: float


class ReadingPage(Shape):
    """Some of the newest values of a metric; `total` counts all."""

    metric: str
    total: int
    readings: list[DeviceReading]


class PredictionRow(Shape):
    """What is expected to fail; `earliest` and `latest` hold it four times in five."""

    key: Annotated[str, Field(description='Of its incident, "" where it is only watched.')]
    device: str
    part: str
    component: str
    becomes: list[str]
    at: float
    probability: float | None
    due_at: float | None
    earliest: float | None
    latest: float | None
    grade: str
    model: str
    why: list[str]
    ruled_out: list[str]
    action: str
    spare: str


class Predictions(Shape):
    """The newest forecast. `at`: null where none was made so far."""

    at: float | None
    problem: str
    standing: list[PredictionRow]
    watched: list[PredictionRow]


class WindowRow(Shape):
    """A maintenance window or silence; `ends`: when it really ends or ended."""

    id: int
    kind: Literal["maintenance", "silence"]
    devices: list[str]
    faults: list[str]
    since: float
    until: float
    ends: float
    who: str
    why: str
    ended_by: str
    each: Annotated[str, Field(description='Hours of a week, such as "sun 02:00-04:00"; else empty.')]


class WindowPage(Shape):
    """All windows."""

    now: list[WindowRow]
    ahead: list[WindowRow]
    past: list[WindowRow]


class WindowWish(BaseModel):
    """A window to be set."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["maintenance", "silence"] = "maintenance"
    devices: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]],
        Field(
            max_length=100, description="Ids, * for any, kind:camera, place:Gate*; empty is the whole site."
        ),
    ] = []
    faults: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)] = []
    since: Annotated[float | None, Field(ge=0, le=1e11, allow_inf_nan=False)] = None
    until: Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]
    why: Annotated[str, Field(min_length=1, max_length=500)]
    each: Annotated[
        str,
        Field(max_length=100, description='Hours of a week in the site\'s zone, such as "sun 02:00-04:00".'),
    ] = ""

    def told(self) -> dict[str, Any]:
        """Return it as the service takes it."""
        return {
            "devices": self.devices or ["*"],
            "faults": self.faults,
            "since": self.since,
            "until": self.until,
            "each": self.each,
        }


class RecordRow(Shape):
    """One inspection record."""

    number: int
    plan: str
    due: str
    at: float
    signed_by: str
    customer: str


class ItemRow(Shape):
    """One item on one device; `outcome`: passed, failed, manual or not_measured."""

    item: str
    ask: str
    device: str
    place: str
    outcome: str
    said: str
    ticket: str
    answered: Annotated[bool | None, Field(description="What a person found: good or not; null: nobody yet.")]
    answered_by: str


class RecordFile(RecordRow):
    """A record with its items."""

    items: list[ItemRow]


class Signature(BaseModel):
    """Who signs for the customer."""

    model_config = ConfigDict(extra="forbid")

    customer: Annotated[str, Field(max_length=100)] = ""


class KpiFigure(Shape):
    """One figure. `coverage`: share of the period that was observed; below 0.95 nothing is judged."""

    code: str
    name: str
    name_zh: str
    value: float | None
    numerator: float
    denominator: float
    excluded: float
    coverage: float | None
    goal: float
    aim: str
    verdict: str
    why: str


class KpiPage(Shape):
    """The figures of a month."""

    month: str
    figures: list[KpiFigure]


class ReportKind(Shape):
    """A report there is. `about`: month, day, year, record, device or now."""

    name: str
    about: str
    what: str


class DifferenceRow(Shape):
    """What is another than it was accepted; `now` null: it is listed no more."""

    metric: str
    part: str
    was: str
    now: str | None
    since: float | None


class Differs(Shape):
    """A device that is not as it was accepted."""

    device: str
    differences: list[DifferenceRow]


class HookWish(BaseModel):
    """What a person did with a ticket in a helpdesk."""

    model_config = ConfigDict(extra="allow")

    ticket: Annotated[str | int, Field(description="Number or id in the helpdesk, or our reference.")]
    who: str = ""
    state: Annotated[
        str, Field(description="A state of the work order, or the helpdesk's own word together with is_open.")
    ] = ""
    is_open: bool | None = None
    cause: str = ""
    pause: str = ""
    resume: str = ""
    why: str = ""


def kpi(one: Figure) -> KpiFigure:
    """Return a figure as the API sends it."""
    return KpiFigure(
        code=one.kpi.code, name=one.kpi.name.en, name_zh=one.kpi.name.zh, value=one.value,
        numerator=one.numerator, denominator=one.denominator, excluded=one.excluded, coverage=one.coverage,
        goal=one.goal, aim=one.kpi.aim.value, verdict=one.verdict.value, why=one.why,
    )  # fmt: skip


def record_file(page: records.Page) -> RecordFile:
    """Return a record as the API sends it."""
    record = page.record
    return RecordFile(
        number=record.number, plan=record.plan.name, due=record.due, at=record.at,
        signed_by=record.signed_by, customer=record.customer,
        items=[_item(place.name, line) for place in page.places for line in place.lines],
    )  # fmt: skip


def differs(one: baselines.Differs) -> Differs:
    """Return what differs as the API sends it."""
    told = [
        DifferenceRow(metric=d.metric, part=d.part, was=d.was, now=d.now, since=d.since)
        for d in one.differences
    ]
    return Differs(device=one.device.id, differences=told)


def _item(place: str, line: records.Line) -> ItemRow:
    answer = line.answer
    return ItemRow(
        item=line.item, ask=line.ask, device=line.device.id if line.device else "", place=place,
        outcome=line.outcome, said=line.said, ticket=line.ticket,
        answered=answer.good if answer else None, answered_by=answer.who if answer else "",
    )  # fmt: skip
