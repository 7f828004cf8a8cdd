"""Are disks, arrays, fans, supplies and temperatures well? One rule for each, whoever tells of it.

A device tells its parts' states when it is asked (SNMP, web pages), and by event when they change. Where both
speak of the same part, bad wins; where they name parts differently, an event that only repeats what is seen
already is explained by it. Fill alone is no fault: a recorder that overwrites is always full.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from models.facts import Health, Kind, Verdict
from models.metrics import (
    DISK_OK,
    DISK_SIZE,
    EVENT_STATE,
    FAN_OK,
    RAID_OK,
    SUPPLY_OK,
    TEMPERATURE,
    TEMPERATURE_OK,
    Metric,
)
from models.rules.events import COLLECTOR
from models.view import NONE, Sample, View

METRICS: Final = frozenset(
    metric.name for metric in (DISK_OK, DISK_SIZE, FAN_OK, RAID_OK, SUPPLY_OK, TEMPERATURE, TEMPERATURE_OK)
)


@dataclass(frozen=True, slots=True)
class Ware:
    """A kind of part.

    Attributes:
        code: its fault.
        state: 1 while the device calls it well.
        event: the event that tells of it, "" for none.
        word: of its messages `<word>.well` and `<word>.failed`.
        size: a number that stands beside the state, and the message that has it.
    """

    code: str
    state: Metric
    event: str
    word: str
    size: tuple[Metric, str] | None = None


WARES: Final = (
    Ware("DISK_FAILED", DISK_OK, "storage", "disk", (DISK_SIZE, "disk.failed_of_size")),
    Ware("RAID_FAILED", RAID_OK, "", "raid"),
    Ware("FAN_FAILED", FAN_OK, "fan", "fan"),
    Ware("SUPPLY_FAILED", SUPPLY_OK, "supply", "supply"),
    Ware("OVERHEATED", TEMPERATURE_OK, "temperature", "heat", (TEMPERATURE, "heat.failed_of_size")),
)


def failed(view: View) -> Iterator[Verdict]:
    """DISK_FAILED, RAID_FAILED, FAN_FAILED, SUPPLY_FAILED and OVERHEATED, by part."""
    for ware in WARES:
        states = dict(_states(view, ware))
        events = dict(_events(view, ware))
        is_bad = any(state.value != 1 for state in states.values())
        for part in dict.fromkeys((*states, *events)):
            yield _joined(view, ware, part, states.get(part), events.get(part), is_bad=is_bad)


def _states(view: View, ware: Ware) -> Iterator[tuple[str, Sample]]:
    if ware.state is SUPPLY_OK and view.device.kind is Kind.SWITCH:
        return  # the supply of its ports: POE_SUPPLY's
    for part in view.parts(ware.state):
        sample = view.number(ware.state, part)
        if sample is not None:
            yield part, sample


def _events(view: View, ware: Ware) -> Iterator[tuple[str, Sample]]:
    """Yield what events said; of a subscription that is gone also what it said before."""
    asked = view.asked.get(COLLECTOR)
    if asked is None or not ware.event:
        return
    told: Mapping[str, Sample] = view.samples.get(EVENT_STATE.name, NONE)
    for name, sample in told.items():
        event, _, part = name.partition(":")
        is_told = asked.trouble is not None or view.is_fresh(sample.at, sample.collector)
        if event == ware.event and is_told:
            yield part, sample


def _joined(
    view: View, ware: Ware, part: str, state: Sample | None, event: Sample | None, *, is_bad: bool
) -> Verdict:
    """Return the one verdict on a part by both witnesses; at least one has spoken."""
    is_deaf = view.asked[COLLECTOR].trouble is not None if event is not None else True
    if state is not None and state.value != 1:
        return _told(view, ware, part, state, Health.BAD)
    if event is not None and event.value != 0 and not is_deaf:
        if is_bad:
            return view.verdict(ware.code, Health.UNKNOWN, part, "unknown.explained", view.at, by=ware.code)
        return view.verdict(ware.code, Health.BAD, part, f"event.{ware.event}", event.at, source=part or "-")
    if state is not None:
        return _told(view, ware, part, state, Health.GOOD)
    if is_deaf or event is None:
        return view.verdict(ware.code, Health.UNKNOWN, part, "unknown.events_lost", view.at)
    return view.verdict(ware.code, Health.GOOD, part, "event.well", event.at, source=part or "-")


def _told(view: View, ware: Ware, part: str, state: Sample, health: Health) -> Verdict:
    if health is Health.GOOD:
        return view.verdict(ware.code, health, part, f"{ware.word}.well", state.at, which=part or "-")
    size = view.number(ware.size[0], part) if ware.size else None
    if ware.size is None or size is None or not size.value:
        return view.verdict(ware.code, health, part, f"{ware.word}.failed", state.at, which=part or "-")
    return view.verdict(ware.code, health, part, ware.size[1], state.at, which=part or "-", size=size.value)
