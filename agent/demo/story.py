"""The demo's truth against its tickets: what was injected, what was opened, missed or false."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent.demo.plan import Act
from agent.demo.repair import Repair
from agent.store.records import LedgerEntry


@dataclass(slots=True)
class Injected:
    """An act that began `at_s` seconds after the demo did; `ended_s` None while it lasts."""

    act: Act
    at_s: float
    ended_s: float | None = None
    ticket: "Opened | None" = None


@dataclass(slots=True)
class Opened:
    """A ticket: first seen `at_s` seconds after the demo began."""

    key: str
    number: str
    device: str
    code: str
    part: str
    at_s: float
    children: tuple[str, ...] = ()
    resolved_s: float | None = None


@dataclass(slots=True)
class Story:
    """What happened so far."""

    injected: list[Injected] = field(default_factory=list)
    tickets: dict[tuple[str, int], Opened] = field(default_factory=dict)
    repairs: list[Repair] = field(default_factory=list)

    def begin(self, act: Act, at_s: float) -> None:
        """Note that a fault was switched on."""
        self.injected.append(Injected(act, at_s))

    def end(self, act: Act, at_s: float) -> None:
        """Note that a fault was switched off."""
        for one in self.injected:
            if one.act is act:
                one.ended_s = at_s

    def see(self, ledger: Iterable[LedgerEntry], at_s: float) -> None:
        """Take in the ledger as it is now."""
        for entry in ledger:
            if not entry.ticket:
                continue
            known = self.tickets.get((entry.key, entry.generation))
            if known is None:
                known = Opened(entry.key, entry.ticket, entry.device, entry.code, entry.part, at_s)
                self.tickets[entry.key, entry.generation] = known
                self._match(known)
            known.children = max(known.children, entry.children, key=len)
            if entry.closed_at is not None and known.resolved_s is None:
                known.resolved_s = at_s

    def missed(self) -> list[Injected]:
        """Return the faults that should have a ticket and have none."""
        return [one for one in self.injected if one.act.expected and one.ticket is None]

    def false(self) -> list[Opened]:
        """Return the tickets that no injected fault explains."""
        matched = [id(one.ticket) for one in self.injected]
        return [ticket for ticket in self.tickets.values() if id(ticket) not in matched]

    def repair_of(self, number: str) -> Repair | None:
        """Return what the technician said of a ticket."""
        return next((one for one in self.repairs if one.ticket == number), None)

    def _match(self, ticket: Opened) -> None:
        for one in self.injected:
            wanted = (one.act.device, one.act.expected)
            if one.ticket is None and wanted == (ticket.device, ticket.code) and one.at_s <= ticket.at_s:
                one.ticket = ticket
                return

    def as_json(self, **counts: int) -> dict[str, Any]:
        """Return the summary that `siteward demo --json` prints."""
        return {
            **counts,
            "faults_injected": [
                {"device": one.act.device, "fault": one.act.fault, "at_s": round(one.at_s, 1)}
                for one in self.injected
            ],
            "tickets": [self._ticket(ticket) for ticket in self.tickets.values()],
            "verified": [repair.as_json() for repair in self.repairs],
            "missed": [{"device": one.act.device, "fault": one.act.fault} for one in self.missed()],
            "false": [{"key": ticket.key, "device": ticket.device} for ticket in self.false()],
        }

    def _ticket(self, ticket: Opened) -> dict[str, Any]:
        cause = next((one for one in self.injected if one.ticket is ticket), None)
        return {
            "key": ticket.key,
            "device": ticket.device,
            "fault": ticket.code,
            "opened_after_s": round(ticket.at_s - cause.at_s, 1) if cause else None,
            "resolved": ticket.resolved_s is not None,
            "children": list(children_devices(ticket.children)),
        }


def children_devices(children: Sequence[str]) -> list[str]:
    """Return the devices of fault keys (`device/part/code`), each once."""
    return list(dict.fromkeys(key.split("/", 1)[0] for key in children))
