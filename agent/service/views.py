"""What reports and pages show, as plain records: faults, failure rates, clocks, deltas, the day."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Final

from agent.schedule import LIVENESS
from agent.service import handover
from agent.service.book import Filled
from agent.service.desk import Desk
from agent.service.files import warranty_of
from agent.service.followup import overdue
from agent.service.handover import Delta
from agent.service.kpi import Period
from agent.service.measure import alive, counts
from agent.store.orders import Linked
from agent.store.records import DAY
from models.facts import PREDICTED, Device, Kind
from models.faults import FAULTS, advice_for
from models.metrics import CLOCK_OFFSET, DEVICE_INFO
from models.service import clocks, intervals
from models.service.clocks import Clock
from models.words import Words

LEAD_DAYS: Final = 90  # spares are kept for a quarter: so long until the next order arrives
DRIFTED: Final = 0.6  # below this share of hand-over a device no longer performs as delivered
OFTEN: Final = 3  # faults in a year from which a device is worth replacing


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a device is, by its own word and else by the department's file."""

    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One ticket of a period, as the fault-handling table tells it."""

    one: Linked
    device: Device | None
    identity: Identity
    filled: Filled
    restored_at: float | None
    is_drill: bool
    warranty: str  # in | out | unknown

    @property
    def began_at(self) -> float:
        """When the fault began, or where it came back, came back."""
        order = self.one.sheet.order
        starts = [clock.started_at for clock in self.one.sheet.clocks if clock.turn == order.turn]
        return min(starts, default=order.first_seen) if order.turn else order.first_seen

    @property
    def is_open(self) -> bool:
        """Whether it is not repaired yet."""
        return self.one.sheet.order.state.is_open


@dataclass(frozen=True, slots=True)
class Rate:
    """How often devices of one model failed. `per_year`: faults per device and year; `spares`: to be kept."""

    model: str
    kind: str
    devices: int
    faults: int
    per_year: float
    common: str  # code of the commonest fault
    spares: int
    part: Words | None


@dataclass(frozen=True, slots=True)
class ClockRow:
    """One clock of one ticket."""

    one: Linked
    clock: Clock
    used: float | None
    due: float | None


@dataclass(frozen=True, slots=True)
class Replace:
    """A device that should be replaced, and why (message keys with facts are filled by the report)."""

    device: Device
    reasons: tuple[tuple[str, Mapping[str, float | str]], ...]


@dataclass(frozen=True, slots=True)
class TimeRow:
    """How right a device's clock was in a period."""

    device: Device
    days: int
    right: int
    worst: float
    newest: float


@dataclass(frozen=True, slots=True)
class Heat:
    """Online share of each device on each day; None: not observed."""

    days: tuple[float, ...]
    rows: tuple[tuple[Device, tuple[float | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class Today:
    """One day in short."""

    period: Period
    alive: float
    devices: int
    silent: tuple[Device, ...]
    opened: tuple[FaultRow, ...]
    closed: tuple[FaultRow, ...]
    standing: tuple[FaultRow, ...]
    overdue: tuple[str, ...] = field(default=())


def identities(desk: Desk) -> dict[str, Identity]:
    """Return who every device is."""
    told: dict[str, dict[str, str]] = {}
    for device, label, text in desk.store.texts(DEVICE_INFO.name):
        told.setdefault(device, {})[label] = text
    found = {}
    for id_ in desk.by_id:
        own, file = told.get(id_, {}), desk.files.get(id_)
        found[id_] = Identity(
            own.get("maker") or (file.maker if file else ""),
            own.get("model") or (file.model if file else ""),
            own.get("serial") or (file.serial if file else ""),
            own.get("firmware", ""),
        )
    return found


def fault_rows(desk: Desk, period: Period, *, drills: bool = False) -> list[FaultRow]:
    """Return the tickets that began, ended or were open in a period; latent ones are no faults."""
    forms, known, devices = desk.book.forms(), identities(desk), desk.by_id
    practice = desk.book.drills()
    found = []
    for one in desk.store.orders_between(period.since, period.until):
        order = one.sheet.order
        is_drill = order.reference in practice
        if (is_drill and not drills) or (not is_drill and not counts(one)):
            continue
        found.append(
            FaultRow(
                one,
                devices.get(order.root.device),
                known.get(order.root.device, Identity()),
                forms.get(order.reference, Filled()),
                order.resolved_at,
                is_drill,
                warranty_of(desk.contract, desk.files.get(order.root.device)).standing(desk.today),
            )
        )
    return found


def began_in(rows: Iterable[FaultRow], period: Period) -> list[FaultRow]:
    """Return the faults that began in a period."""
    return [row for row in rows if period.since <= row.one.sheet.order.started_at < period.until]


def failure_rates(desk: Desk, period: Period, rows: Sequence[FaultRow]) -> list[Rate]:
    """Return how often each model failed, with the spares to keep: rate x fleet x lead time, rounded up."""
    known = identities(desk)
    fleets: dict[tuple[str, str], list[str]] = {}
    for device in desk.devices:
        fleets.setdefault((known[device.id].model or "?", device.kind.value), []).append(device.id)
    years = max(period.seconds, DAY) / (365.25 * DAY)
    found = []
    for (model, kind), members in sorted(fleets.items()):
        own = [row for row in began_in(rows, period) if row.one.sheet.order.root.device in members]
        codes = Counter(row.one.sheet.order.root.code for row in own)
        common = codes.most_common(1)[0][0] if codes else ""
        rate = len(own) / len(members) / years
        hardware = sum(row.one.sheet.order.cause in _REPLACED for row in own)
        spares = ceil(hardware / years * LEAD_DAYS / 365.25) if hardware else 0
        found.append(Rate(model, kind, len(members), len(own), rate, common, spares, _part(common, kind)))
    return sorted(found, key=lambda one: (-one.per_year, one.model))


_REPLACED: Final = frozenset(
    {"HARDWARE", "DISK", "BATTERY", "POWER_SUPPLY", "LENS", "CABLE", "CLOCK_BATTERY"}
)


def _part(code: str, kind: str) -> Words | None:
    fault = FAULTS.get(code)
    parts = advice_for(fault, Device("", Kind(kind), "")).parts if fault else ()
    return parts[0] if parts else None


def clock_rows(desk: Desk, rows: Iterable[FaultRow]) -> list[ClockRow]:
    """Return every clock of some tickets, with what it used of its limit."""
    calendars = desk.config.service.calendars(desk.zone)
    found = []
    for row in rows:
        for clock in row.one.sheet.clocks:
            calendar = calendars.get(clock.calendar, calendars["24x7"])
            found.append(
                ClockRow(row.one, clock, clocks.used(clock, calendar, desk.now), clocks.due(clock, calendar))
            )
    return found


def deltas(desk: Desk) -> list[Delta]:
    """Return every frozen value beside what it is now."""
    return handover.deltas(desk.store, desk.book, desk.devices, desk.now)


def replacements(desk: Desk, rows: Sequence[FaultRow], found: Sequence[Delta], days: float) -> list[Replace]:
    """Return the devices to replace, with every reason there is."""
    worn = [row.one.sheet.order for row in rows if row.one.sheet.order.cause in _WORN_OUT]
    per_device = Counter(order.root.device for order in worn)
    out = []
    for device in desk.devices:
        why: list[tuple[str, Mapping[str, float | str]]] = []
        if per_device[device.id] >= max(2, round(OFTEN * days / 365)):
            why.append(("often", {"count": per_device[device.id]}))
        for delta in found:
            ratio = delta.ratio
            if delta.device == device.id and delta.metric in _WEARS and ratio is not None and ratio < DRIFTED:
                why.append(("drifted", {"metric": delta.metric, "share": ratio}))
        if why:
            out.append(Replace(device, tuple(why)))
    return out


_WORN_OUT: Final = frozenset({"HARDWARE", "HUNG", "FIRMWARE", "CLOCK_BATTERY", "LENS"})
_WEARS: Final = frozenset(
    {"cctv_picture_texture_ratio", "cctv_stream_fps", "cctv_ups_runtime_seconds", "cctv_disk_life_left_ratio"}
)


def predicted(desk: Desk) -> list[tuple[str, str]]:
    """Return (device, ticket) of open predictions: latent, never faults."""
    return [(entry.device, entry.ticket) for entry in desk.store.open_incidents() if entry.code == PREDICTED]


def times(desk: Desk, period: Period, limit: float) -> list[TimeRow]:
    """Return how right every clock was, the worst first."""
    days: dict[str, list[tuple[float, float]]] = {}
    for one in desk.store.daily(CLOCK_OFFSET.name, period.since, min(period.until, desk.now)):
        days.setdefault(one.device, []).append((max(one.min, one.max, key=abs), one.last))
    known = desk.by_id
    found = [
        TimeRow(
            known[id_],
            len(own),
            sum(abs(worst) <= limit for worst, _ in own),
            max((worst for worst, _ in own), key=abs),
            own[-1][1],
        )
        for id_, own in days.items()
        if id_ in known
    ]
    return sorted(found, key=lambda row: (row.right == row.days, -abs(row.worst), row.device.id))


def heat(desk: Desk, period: Period, *, kinds: frozenset[Kind] = frozenset({Kind.CAMERA})) -> Heat:
    """Return the online share of devices day by day."""
    table: dict[str, dict[float, dict[str, float | None]]] = {}
    days: set[float] = set()
    for at, row in desk.store.observed_by_day(period.since, min(period.until, desk.now)):
        days.add(at)
        share = row.good / row.observed if row.observed > 0 else None
        table.setdefault(row.device, {}).setdefault(at, {})[row.collector] = share
    at, end = period.since, min(period.until, desk.now)
    while at < end:
        days.add(at)
        at += DAY
    ordered = tuple(sorted(days))

    def seen(device: str, day: float) -> float | None:
        mine = table.get(device, {}).get(day, {})
        return next((mine[name] for name in LIVENESS if mine.get(name) is not None), None)

    rows = [(d, tuple(seen(d.id, day) for day in ordered)) for d in desk.devices if d.kind in kinds]
    return Heat(ordered, tuple(rows))


def today(desk: Desk, period: Period) -> Today:
    """Return a day in short."""
    rows = fault_rows(desk, period)
    spans = alive(desk.store, period, desk.now)
    troubled = {e.device for e in desk.store.open_incidents() if e.code == "REACH_LOST"}
    resolved = [r for r in rows if r.restored_at is not None and period.since <= r.restored_at < period.until]
    return Today(
        period,
        intervals.length(spans) / period.seconds if period.seconds else 0.0,
        len(desk.devices),
        tuple(device for device in desk.devices if device.id in troubled),
        tuple(began_in(rows, period)),
        tuple(row for row in resolved if not row.is_open),
        tuple(row for row in rows if row.is_open),
        tuple(task.reference or task.reason for task in overdue(desk.book.tasks(), desk.now)),
    )
