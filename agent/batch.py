"""What one transaction writes of all that a cycle changed: ledger, tickets to make, messages, watch state.

    Changes* ─┬─▶ Net: what became of each incident ──▶ ledger, one row each, whatever happened in between
              └─▶ intents and messages in the order of events ──▶ outboxes

A batch is built once and written until it is taken: a second try neither loses nor doubles anything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Final

from agent.helpdesk import intents
from agent.pictures import AFTER, BEFORE, INTACT, Kept, Pictures
from agent.sinks import messages
from agent.sinks.messages import Envelope
from agent.store.orders import AuditEntry
from agent.store.records import Intent, Json, LedgerEntry, Message
from models import ticket_text
from models.facts import Cause, Ending, FaultKey, Finding, Incident, Phase
from models.faults import Policy, policy_of
from models.ticket_setting import Setting
from models.watch import Changes

REPORTED: Final = "REPORTED"
# What a person who names no fault usually means: no picture.
_NO_PICTURE: Final = frozenset({"REACH_LOST", "STREAM_LOST", "STREAM_STALL", "IMG_BLACK", "IMG_FREEZE"})
REPEAT_FAULT_SECONDS: Final = 30 * 86400.0  # DOMAIN 3: the same fault within 30 days of its repair

Keep = Callable[[Kept], int | None]  # keeps a picture on disk, returns its number


@dataclass(slots=True)
class Net:
    """What became of each incident, by key; the store writes opened and reopened first, closed last."""

    opened: dict[str, Incident] = field(default_factory=dict)
    reopened: dict[str, Incident] = field(default_factory=dict)
    updated: dict[str, Incident] = field(default_factory=dict)
    closed: dict[str, Incident] = field(default_factory=dict)

    def open(self, incident: Incident, *, came_back: bool) -> None:
        """An incident opened; one that closed in this very batch never ended, as far as the ledger knows."""
        key = incident.key
        if self.closed.pop(key, None) is not None:
            self.update(incident)
        elif came_back:
            self.reopened[key] = incident
        else:
            self.opened[key] = incident

    def update(self, incident: Incident) -> None:
        """An incident explains more."""
        for known in (self.opened, self.reopened):
            if incident.key in known:
                known[incident.key] = incident
                return
        self.updated[incident.key] = incident

    def close(self, incident: Incident) -> None:
        """An incident ended."""
        self.updated.pop(incident.key, None)
        self.closed[incident.key] = incident


@dataclass(frozen=True, slots=True)
class Batch:
    """All that one transaction writes. `counts`: what happened to incidents, for the metrics."""

    net: Net
    states: Mapping[str, Json]
    intents: Sequence[Intent]
    messages: Sequence[Message]
    counts: Mapping[str, int]
    audit: Sequence[AuditEntry] = ()


class Builder:
    """Builds one batch. Not quick: it reads the ledger and writes pictures; call `build` in a thread.

    Args:
        setting: names, language and zone of ticket texts.
        envelope: stamps messages; None where there is no broker.
        pictures: the newest of each stream; None where none are kept.
        known: what the ledger knows of a key.
        keep: keeps a picture on disk.
        stays_open: whether a ticket stays open although its fault is gone.
        now: Unix seconds.
        curve: draws how the number behind a fault went, and keeps it; None where there is nothing to draw.
        declined: whether a person decided to leave a fault alone.
        policy: what becomes of the ticket when a fault, by its code, is seen to be gone.
        repeat_seconds: a fault that comes back within them is the same ticket again.
    """

    def __init__(
        self,
        setting: Setting,
        envelope: Envelope | None,
        pictures: Pictures | None,
        *,
        known: Callable[[str], LedgerEntry | None],
        keep: Keep,
        now: float,
        stays_open: Callable[[str], bool] = lambda _key: False,
        policy: Callable[[str], Policy] = policy_of,
        declined: Callable[[str], bool] = lambda _key: False,
        curve: Callable[[Incident], int | None] = lambda _incident: None,
        repeat_seconds: float = REPEAT_FAULT_SECONDS,
    ) -> None:
        self._setting = setting
        self._envelope = envelope
        self._pictures = pictures
        self._known = cache(known)
        self._keep = keep
        self._stays_open = stays_open
        self._policy = policy
        self._declined = declined
        self._curve = curve
        self._repeat_seconds = repeat_seconds
        self._now = now
        self._net = Net()
        self._intents: list[Intent] = []
        self._messages: list[Message] = []
        self._counts = {"opened": 0, "reopened": 0, "updated": 0, "closed": 0}

    def build(self, changes: Iterable[Changes], states: Mapping[str, Json]) -> Batch:
        """Return the batch of these changes, in their order; `states` is the watch state after the last."""
        for change in changes:
            self._take(change)
        return Batch(self._net, states, self._intents, self._messages, self._counts)

    def _take(self, change: Changes) -> None:
        if self._envelope is not None:
            for finding in change.findings:
                self._messages.append(messages.finding_event(self._envelope, finding, at=self._now))
        for incident in change.opened:
            self._open(incident)
        for incident in change.updated:
            self._net.update(incident)
            self._note("updated", incident)
            self._intents.append(
                intents.comment(incident.key, self._now, ticket_text.update(incident, self._setting))
            )
        for incident in change.closed:
            self._net.close(incident)
            self._note("closed", incident)
            self._intents.extend(self._closing(incident))

    def _open(self, incident: Incident) -> None:
        entry = self._known(incident.key)
        if entry is not None and entry.is_open and incident.key not in self._net.closed:
            self._net.open(incident, came_back=False)  # the ledger has it, with its ticket: we forgot
            return
        incident = self._taken_over(incident)
        incident, before = self._following(incident, entry)
        # What was predicted or reported goes on in that ticket, whatever other ticket there once was.
        is_new = bool(incident.goes_on_from) and incident.key not in self._net.closed
        came_back = not is_new and (incident.key in self._net.closed or self._is_repeat(entry))
        self._net.open(incident, came_back=came_back)
        self._note("reopened" if came_back else "opened", incident)
        self._intents.append(self._opening(incident, came_back=came_back))
        if before:
            self._intents.append(intents.link(incident.key, self._now, ticket=before))
        self._intents.extend(self._picture(incident, BEFORE))
        drawn = self._curve(incident)
        if drawn is not None:
            name = f"{incident.root.key.device}-curve.png"
            self._intents.append(intents.attach(incident.key, self._now, picture=drawn, name=name))

    def _taken_over(self, incident: Incident) -> Incident:
        """Let the ticket of a person who reported this fault, or none in particular, go on as its own."""
        root = incident.root.key
        site = incident.key.removesuffix(f"/{root}")
        for fault in (root.code, ""):
            reported = FaultKey(root.device, fault, REPORTED)
            entry = self._known(f"{site}/{reported}")
            is_new = entry is not None and entry.is_open and entry.key not in self._net.closed
            if entry is not None and is_new and not incident.goes_on_from and _is_meant(fault, root.code):
                self._net.close(_converted(entry, reported, incident.key, self._now))
                return replace(incident, goes_on_from=entry.key)
        return incident

    def _following(self, incident: Incident, entry: LedgerEntry | None) -> tuple[Incident, str]:
        """Name the older ticket of the same fault in a new one; return its number too, "" for none."""
        is_new = not incident.goes_on_from and incident.key not in self._net.closed
        if not is_new or entry is None or entry.closed_at is None or self._is_repeat(entry):
            return incident, ""
        if not entry.ticket:
            return incident, ""
        facts: dict[str, float | str] = {
            "ticket": entry.ticket,
            "since": entry.opened_at,
            "until": entry.closed_at,
        }
        return replace(incident, notes=(*incident.notes, Cause("ticket.before", facts))), entry.ticket

    def _is_repeat(self, entry: LedgerEntry | None) -> bool:
        """Whether a key came back within the repeat-fault window; a clock that was set back is within it."""
        if entry is None or entry.closed_at is None:
            return False
        return self._now - entry.closed_at < self._repeat_seconds

    def _note(self, what: str, incident: Incident) -> None:
        self._counts[what] += 1
        if self._envelope is not None:
            entry = self._known(incident.key)
            ticket = entry.ticket if entry is not None and what != "opened" else ""
            told = messages.incident(self._envelope, incident, at=self._now, ticket=ticket)
            self._messages.append(told)

    # ------------------------------------------------------------ intents

    def _opening(self, incident: Incident, *, came_back: bool) -> Intent:
        text, key = ticket_text.ticket(incident, self._setting), incident.root.key
        severity = ticket_text.severity(incident, self._setting.devices)
        fields = {"site": self._setting.site, "device": key.device, "part": key.part, "fault": key.code}
        if came_back and self._declined(incident.key):
            return intents.comment(incident.key, self._now, self._setting.say("order.seen_again"))
        if came_back:
            return intents.reopen(
                incident.key, self._now, text.body,
                subject=text.subject, body=text.body, severity=severity, fields=fields,
            )  # fmt: skip
        goes_on = ticket_text.came_true(incident, text, self._setting) if incident.goes_on_from else ""
        return intents.create(
            incident.key, self._now, subject=text.subject, body=text.body, severity=severity, fields=fields,
            goes_on_from=incident.goes_on_from, text=goes_on,
        )  # fmt: skip

    def _closing(self, incident: Incident) -> Iterator[Intent]:
        if incident.ending is Ending.CONVERTED:
            return  # the fault it became speaks on in the same ticket
        if incident.ending is Ending.RECOVERED:
            yield from self._picture(incident, AFTER)
        text = ticket_text.closing(incident, self._setting)
        policy = self._policy(incident.root.key.code)
        if incident.ending is not Ending.RECOVERED:
            yield intents.resolve(incident.key, self._now, text)
        elif self._stays_open(incident.key):
            yield intents.comment(incident.key, self._now, text)
        elif policy is not Policy.AUTO_RESOLVE:
            said = self._setting.say(f"policy.{policy.value}")
            yield intents.comment(incident.key, self._now, f"{text}\n{said}")
        else:
            yield intents.resolve(incident.key, self._now, text)

    def _picture(self, incident: Incident, when: str) -> Iterator[Intent]:
        """Attach the newest picture of the part where the fault can be seen, and the intact one beside it."""
        kept = self._pictures.of(incident.root.key) if self._pictures is not None else None
        if kept is None:
            return
        yield from self._attached(incident, kept, when)
        if when == BEFORE and kept.picture.before:
            intact = replace(kept.picture, jpeg=kept.picture.before, before=b"")
            yield from self._attached(incident, replace(kept, picture=intact), INTACT)

    def _attached(self, incident: Incident, kept: Kept, what: str) -> Iterator[Intent]:
        number = self._keep(kept)
        if number is not None:
            name = f"{incident.root.key.device}-{what}.jpg"
            yield intents.attach(incident.key, self._now, picture=number, name=name)


def _is_meant(reported: str, code: str) -> bool:
    return reported == code or (not reported and code in _NO_PICTURE)


def _converted(entry: LedgerEntry, root: FaultKey, by: str, at: float) -> Incident:
    finding = Finding(root, Phase.OPEN, entry.opened_at, entry.opened_at)
    return Incident(
        entry.key, finding, (), entry.opened_at, closed_at=at, ending=Ending.CONVERTED, explained_by=by
    )
