"""Reads what a period's KPIs are made of: once for all devices, in a few walks over the day tables."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Final

from agent.schedule import LIVENESS
from agent.service.book import Book, Filled
from agent.service.contract import ContractConfig
from agent.service.kpi import Measured, Period, Planned, TicketFact
from agent.store import bulk
from agent.store.orders import Linked
from agent.store.questions import Questions
from agent.store.records import DAY, LedgerEntry
from models.facts import Device, Kind
from models.faults import Severity
from models.metrics import CLOCK_OFFSET, RECORDED, REQUIRED, RETENTION, Metric
from models.service import intervals
from models.service.figures import Share
from models.service.intervals import Spans
from models.service.workorder import State
from models.thresholds import Thresholds

# What leaves a camera without an intact picture; another codec, bitrate or a missing sound does not.
PICTURE: Final = ("IMG_*", "STREAM_LOST", "STREAM_STALL", "STREAM_LOSS", "VIDEO_LOSS")
ALIVE_SLACK_SECONDS: Final = 120.0  # the store notes once a minute that the agent lives
_OVER: Final = frozenset({State.RESOLVED, State.FOLLOW_UP, State.CLOSED})
_CLOCKS: Final = frozenset({Kind.CAMERA, Kind.NVR, Kind.ALARM_HOST, Kind.NAS})


def measure(
    store: Questions,
    book: Book,
    contract: ContractConfig,
    devices: Sequence[Device],
    period: Period,
    *,
    groups: Mapping[str, str],
    now: float,
    planned: Sequence[Planned] = (),
) -> Measured:
    """Read all that a period's figures are made of.

    Args:
        store: history and orders.
        book: what people wrote.
        contract: goals, targets, mandatory fields.
        devices: the inventory.
        period: what to look at; what lies in the future is cut off.
        groups: device -> group, for retention goals.
        now: Unix seconds.
        planned: work that was planned.
    """
    period = replace(period, until=max(period.since, min(period.until, now)))
    time = _Time(store, devices, period, planned, now)
    why: dict[str, str] = {}
    shares: dict[str, Mapping[str, Share]] = {"online_rate": time.online(), "clock_accuracy": time.clocks()}
    shares["intact_picture"], shares["intact_picture_all"] = time.pictures()
    for code, found in (
        ("recording_completeness", time.recorded()),
        ("retention", time.kept(contract, groups)),
    ):
        if found is None:
            why[code] = "no_collector"
        elif not found and code == "retention" and not contract.retention_days:
            why[code] = "no_goal"
        else:
            shares[code] = found
    drills, forms = book.drills(), book.forms()
    tickets = [
        ticket_fact(one, period, forms.get(one.sheet.order.reference, Filled()), contract.mandatory)
        for one in store.orders_between(period.since, period.until)
        if counts(one, drills)
    ]
    of_ticket = {one.reference: one.device for one in tickets}
    return Measured(
        period,
        shares,
        tickets,
        answers=[
            (of_ticket.get(task.reference, ""), task.satisfied)
            for task in book.tasks("follow_up")
            if task.satisfied is not None and task.done_at is not None and _in(period, task.done_at)
        ],
        upheld=[
            of_ticket.get(one.reference, "")
            for one in book.complaints()
            if one.upheld and _in(period, one.at)
        ],
        alive=intervals.length(time.lives) / period.seconds if period.seconds else 0.0,
        why=why,
        targets=contract.targets,
    )


def counts(one: Linked, drills: frozenset[str] = frozenset()) -> bool:
    """Whether a ticket counts as a fault: no drill, nothing latent (DOMAIN 3), nothing that was no fault."""
    order = one.sheet.order
    return (
        order.severity is not Severity.S4
        and order.state is not State.CANCELLED
        and order.reference not in drills
    )


def ticket_fact(one: Linked, period: Period, filled: Filled, mandatory: Sequence[str]) -> TicketFact:
    """Return what a ticket contributes to the figures of a period."""
    order, sheet = one.sheet.order, one.sheet
    resolved = order.state in _OVER and order.resolved_at is not None and _in(period, order.resolved_at)
    missing = tuple(name for name in mandatory if not _has(name, one, filled))
    closed = order.state is State.CLOSED and _in(period, order.since)
    return TicketFact(
        order.reference,
        order.root.device,
        started=_in(period, order.started_at),
        breached=any(clock.breached_at is not None for clock in sheet.clocks),
        diagnosed=sheet.suggested == order.cause if order.cause and resolved else None,
        resolved=resolved,
        repeat=bool(order.repeat_of) or order.turn > 0,
        complete=not missing if closed else None,
        missing=missing,
    )


def _has(name: str, one: Linked, filled: Filled) -> bool:
    order = one.sheet.order
    known = {
        "cause": bool(order.cause),
        "result": bool(order.proof),
        "arrived": any(c.name.value == "arrive" and c.stopped_at is not None for c in one.sheet.clocks),
        "parts": bool(filled.parts),
    }
    return known.get(name, False) or bool(filled.fields.get(name, "").strip())


def _in(period: Period, at: float) -> bool:
    return period.since <= at < period.until


class _Time:
    """The KPIs that are made of time: what was observed of each device, and how it was then."""

    def __init__(
        self,
        store: Questions,
        devices: Sequence[Device],
        period: Period,
        planned: Sequence[Planned],
        now: float,
    ) -> None:
        self._store = store
        self._period = period
        self._planned = planned
        self._cameras = [device for device in devices if device.kind is Kind.CAMERA]
        self._devices = devices
        self.lives = alive(store, period, now)
        self._observed = _by_device(store.observed(period.since, period.until))
        self._out = self._excluded()
        self._live = {device.id: self._liveness(device.id) for device in devices}

    def online(self) -> dict[str, Share]:
        """Return how long each camera answered, of the time it was observed."""
        return {device.id: self._live[device.id] for device in self._cameras}

    def pictures(self) -> tuple[dict[str, Share], dict[str, Share]]:
        """Return how long each camera had a good picture: of the time it was online, and of all."""
        bad = self._without_picture()
        of_online, of_all = {}, {}
        for device in self._cameras:
            live = self._live[device.id]
            looked = self._observed.get(device.id, {}).get("stream", (0.0, 0.0))[0]
            looked = max(0.0, looked - self._out.get((device.id, "stream"), (0.0, 0.0))[0])
            good = max(0.0, live.good - bad.get(device.id, 0.0))
            of_online[device.id] = Share(good, live.good, live.expected, live.excluded, looked)
            of_all[device.id] = Share(good, live.seen, live.expected, live.excluded, looked)
        return of_online, of_all

    def clocks(self) -> dict[str, Share]:
        """Return on how many days each device's clock was right, of those on which it told its time."""
        limit = Thresholds().clock_fail_seconds
        days: dict[str, list[bool]] = {}
        for one in self._store.daily(CLOCK_OFFSET.name, self._period.since, self._period.until):
            if not self._is_planned(one.device, one.at, one.at + DAY):
                days.setdefault(one.device, []).append(max(abs(one.min), abs(one.max)) <= limit)
        known = {device.id: device for device in self._devices}
        told = {id_ for id_ in days if id_ in known} | {
            d.id for d in self._devices if d.kind in _CLOCKS and d.onvif_port
        }
        return {
            id_: self._in_days(id_, sum(days.get(id_, [])), len(days.get(id_, []))) for id_ in sorted(told)
        }

    def recorded(self) -> dict[str, Share] | None:
        """Return the recorded of the required time, by device; None where nothing measures it.

        A recorder tells on the next day what it kept of a day: an agent that was off then misses nothing.
        """
        if REQUIRED.name not in self._store.known_metrics():
            return None
        got, wanted = self._told_afterwards(RECORDED), self._told_afterwards(REQUIRED)
        told: dict[str, list[tuple[float, float]]] = {}
        parts: dict[str, set[str]] = {}
        for (device, part, at), should in wanted.items():
            if (device, part, at) in got:
                told.setdefault(device, []).append((min(got[device, part, at], should), should))
                parts.setdefault(device, set()).add(part)
        found: dict[str, Share] = {}
        for device, pairs in told.items():
            good, seen = map(sum, zip(*pairs, strict=True))
            out, channels = intervals.length(self._spans(device)), len(parts[device])
            expected = max(0.0, self._period.seconds - out) * channels
            found[device] = Share(good, seen, expected, out * channels, len(pairs) * DAY)
        return found

    def _told_afterwards(self, metric: Metric) -> dict[tuple[str, str, float], float]:
        """Return (device, part, day) -> what was told on the next day; days of planned work left out."""
        return {
            (one.device, one.part, one.at - DAY): one.last
            for one in self._store.daily(metric.name, self._period.since + DAY, self._period.until + DAY)
            if one.device in self._live and not self._is_planned(one.device, one.at - DAY, one.at)
        }

    def kept(self, contract: ContractConfig, groups: Mapping[str, str]) -> dict[str, Share] | None:
        """Return how far each device keeps its recordings as agreed; None where nothing measures it."""
        if RETENTION.name not in self._store.known_metrics():
            return None
        found: dict[str, Share] = {}
        for one in self._store.summaries(RETENTION.name, self._period.since, self._period.until):
            goal = contract.retention_goal(groups.get(one.device, ""))
            if goal is None or one.device not in self._live:
                continue
            was = found.get(one.device, Share(0.0, 0.0, 0.0, observed=0.0))
            live = self._live[one.device]
            covered = live.covered / live.expected if live.expected else 0.0
            met = min(1.0, one.last / (goal * DAY))
            found[one.device] = Share(
                was.good + met, was.seen + 1, was.expected + 1, observed=(was.observed or 0.0) + covered
            )
        return found

    def _in_days(self, device: str, good: float, of: float) -> Share:
        live = self._live[device]
        return Share(good, of, live.expected / DAY, live.excluded / DAY, live.covered / DAY)

    def _liveness(self, device: str) -> Share:
        rows = self._observed.get(device, {})
        name = next((name for name in LIVENESS if rows.get(name, (0.0, 0.0))[0] > 0), "")
        seen, good = rows.get(name, (0.0, 0.0))
        less_seen, less_good = self._out.get((device, name), (0.0, 0.0))
        out = intervals.length(self._spans(device))
        return Share(
            max(0.0, good - less_good), max(0.0, seen - less_seen), max(0.0, self._period.seconds - out), out
        )

    def _without_picture(self) -> dict[str, float]:
        """Return how long cameras were online and had no usable picture, while the agent looked."""
        bad = picture_faults(self._store.incidents(self._period.since), self._period)
        offline = self._offline(list(bad))
        return {
            device: intervals.length(
                intervals.without(
                    intervals.common(spans, self.lives),
                    intervals.union((*offline.get(device, ()), *self._spans(device))),
                )
            )
            for device, spans in bad.items()
        }

    def _offline(self, devices: Sequence[str]) -> dict[str, Spans]:
        since, until = self._period.since, self._period.until
        found: dict[str, list[tuple[float, float]]] = {}
        open_since: dict[str, float | None] = {}
        for turn in self._store.turns(devices, since, until):
            if turn.collector != self._liveness_name(turn.device):
                continue
            began = open_since.get(turn.device)
            if turn.trouble and began is None:
                open_since[turn.device] = max(turn.at, since)
            elif not turn.trouble and began is not None:
                found.setdefault(turn.device, []).append((began, turn.at))
                open_since[turn.device] = None
        for device, began in open_since.items():
            if began is not None:
                found.setdefault(device, []).append((began, until))
        return {device: intervals.union(spans) for device, spans in found.items()}

    def _liveness_name(self, device: str) -> str:
        rows = self._observed.get(device, {})
        return next((name for name in LIVENESS if rows.get(name, (0.0, 0.0))[0] > 0), "")

    # ------------------------------------------------------------ planned work

    def _spans(self, device: str) -> Spans:
        """Return planned work on a device within the period, by the nearest hours, as coverage has it."""
        since, until = self._period.since, self._period.until
        mine = [
            (max(since, round(p.since / 3600) * 3600.0), min(until, round(p.until / 3600) * 3600.0))
            for p in self._planned
            if device in p.devices
        ]
        return intervals.union(mine)

    def _excluded(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Return (device, collector) -> what was observed, and went well, during planned work."""
        out: dict[tuple[str, str], tuple[float, float]] = {}
        for device in self._devices:
            for since, until in self._spans(device.id):
                for row in self._store.observed(since, until, device=device.id):
                    was = out.get((device.id, row.collector), (0.0, 0.0))
                    out[device.id, row.collector] = (was[0] + row.observed, was[1] + row.good)
        return out

    def _is_planned(self, device: str, since: float, until: float) -> bool:
        return any(begin < until and since < end for begin, end in self._spans(device))


def alive(store: Questions, period: Period, now: float) -> Spans:
    """Return when the agent ran; one that is running is taken to have run until now."""
    spans = []
    for run in store.runs(period.since, period.until):
        end = now if not run.clean and now - run.seen <= ALIVE_SLACK_SECONDS else run.seen
        spans.append((max(run.started, period.since), min(end, period.until)))
    return intervals.union(spans)


def picture_faults(entries: Iterable[LedgerEntry], period: Period) -> dict[str, Spans]:
    """Return device -> when it had a fault of its picture or stream, alone or behind another incident."""
    found: dict[str, list[tuple[float, float]]] = {}
    for entry in entries:
        span = (max(entry.opened_at, period.since), min(entry.closed_at or period.until, period.until))
        keys = [(entry.device, entry.code), *(_device_and_code(child) for child in entry.children)]
        for device, code in keys:
            if any(fnmatchcase(code, name) for name in PICTURE):
                found.setdefault(device, []).append(span)
    return {device: intervals.union(spans) for device, spans in found.items()}


def _device_and_code(child: str) -> tuple[str, str]:
    device, _, rest = child.partition("/")
    return device, rest.rpartition("/")[2]


def _by_device(rows: Iterable[bulk.Observed]) -> dict[str, dict[str, tuple[float, float]]]:
    found: dict[str, dict[str, tuple[float, float]]] = {}
    for row in rows:
        found.setdefault(row.device, {})[row.collector] = (row.observed, row.good)
    return found
