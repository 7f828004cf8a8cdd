"""Faults that a person reports: onto the ticket that is there already, or as one of their own.

Its clocks start at the report. What the agent itself sees of the fault later goes on in the same ticket.
"""

from dataclasses import dataclass, replace

from agent.helpdesk import intents
from agent.service import audit
from agent.service.edit import Edit
from agent.service.terms import Terms
from agent.store.orders import Linked, Sheet
from agent.store.work import Work
from models import ticket_text
from models.facts import Cause, FaultKey, Finding, Incident, Phase
from models.faults import FAULTS, UNSEEN
from models.phrasing import clean
from models.service import causes
from models.service.workorder import NotAllowed, Order, State

CODE = "REPORTED"


@dataclass(frozen=True, slots=True)
class Report:
    """What a person says. `fault`: the code of what it is, "" where nobody knows; `at`: when he said so."""

    device: str
    who: str
    what: str
    at: float
    fault: str = ""


def key_of(site: str, device: str, fault: str = "") -> str:
    """Return the key of a reported fault."""
    return f"{site}/{FaultKey(device, fault, CODE)}"


def take(report: Report, store: Work, terms: Terms, now: float) -> Order:
    """Register a report and return the order that speaks of it.

    Raises:
        NotAllowed: nobody is named, nothing is said, or device or fault are not known.
    """
    _check(report, terms, now)
    there = _there(report, store.orders_on(report.device))
    edit = _joined(there.sheet, report, terms, now) if there else None
    if edit is not None:
        return edit.commit(store).order
    return _registered(report, store, terms, now)


def _check(report: Report, terms: Terms, now: float) -> None:
    if not report.who.strip():
        raise NotAllowed("order.needs_name")
    if not report.what.strip():
        raise NotAllowed("report.needs_what")
    if terms.device(report.device) is None:
        raise NotAllowed("quiet.no_device", devices=report.device)
    if report.fault and (report.fault not in FAULTS or report.fault in UNSEEN):
        raise NotAllowed("quiet.no_fault", codes=report.fault)
    if report.at > now + 60:
        raise NotAllowed("quiet.bad_time")


def _there(report: Report, orders: list[Linked]) -> Linked | None:
    """Return the open order that the report belongs to: the same fault, or, where none is named, any."""
    faults = [one for one in orders if one.sheet.order.root.code != "PREDICTED"]
    if report.fault:
        faults = [one for one in faults if report.fault in {one.sheet.order.root.code, _claimed(one)}]
    return faults[0] if faults else None


def _claimed(one: Linked) -> str:
    root = one.sheet.order.root
    return root.part if root.code == CODE else ""


def _joined(sheet: Sheet, report: Report, terms: Terms, now: float) -> Edit:
    edit = Edit(sheet, terms, now)
    if edit.order.reported_at is None:
        edit.reorder(replace(edit.order, reported_at=report.at))
    edit.note(audit.REPORTED, report.who, report.what)
    return edit.comment(terms.say("report.joined", who=report.who, what=report.what, at=report.at))


def _registered(report: Report, store: Work, terms: Terms, now: float) -> Order:
    key = key_of(terms.site, report.device, report.fault)
    root = FaultKey(report.device, report.fault, CODE)
    before = store.incident(key)
    incident = _incident(key, root, report)
    severity = terms.severity(root)
    order = Order(
        key=key,
        generation=before.generation + 1 if before else 1,
        root=root,
        severity=severity,
        first_seen=report.at,
        reported_at=report.at,
        state=State.DETECTED,
        since=now,
    )
    suggested = causes.suggested(report.fault or CODE, terms.device(report.device))
    edit = Edit(Sheet(order, terms.level.start(severity, report.at), suggested=suggested), terms, now)
    edit.note(audit.REPORTED, report.who, report.what)
    text = ticket_text.ticket(incident, terms.setting(report.device))
    fields = {"site": terms.site, "device": report.device, "part": "", "fault": report.fault or CODE}
    create = intents.create(
        key, now, subject=text.subject, body=text.body, severity=severity.value, fields=fields
    )
    return edit.ask(create).commit(store, opens=incident).order


def _incident(key: str, root: FaultKey, report: Report) -> Incident:
    finding = Finding(root, Phase.OPEN, report.at, report.at)
    said = Cause("report.said", {"who": clean(report.who), "what": clean(report.what), "at": report.at})
    claimed = (Cause("report.claimed", {"fault": report.fault}),) if report.fault else ()
    return Incident(key, finding, opened_at=report.at, notes=(said, *claimed))
