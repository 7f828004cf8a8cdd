"""The words of the audit log: what can happen to a work order. It is only ever added to (see the schema)."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Final

from agent.store.orders import AuditEntry
from models.faults import FAULTS
from models.messages import MESSAGES, render
from models.messages_audit import AUDIT_REASONS
from models.service.causes import CAUSES
from models.service.workorder import Order, Step
from models.words import Lang

_SPAN: Final = re.compile(r"(\d{9,11})-(\d{9,11})\b")  # of a window, as the log keeps it
_ROUNDS: Final = re.compile(r"(\d+) rounds")

ACKNOWLEDGED: Final = "acknowledged"
TRIAL_BEGAN: Final = "retest_began"
TRIAL_PASSED: Final = "retest_passed"
TRIAL_FAILED: Final = "retest_failed"
TRIAL_DROPPED: Final = "retest_dropped"
WAIVED: Final = "waived"
CAUSE: Final = "cause_confirmed"
REPEAT: Final = "repeat_fault"
PAUSED: Final = "clocks_paused"
RESUMED: Final = "clocks_resumed"
WARNED: Final = "clock_warning"
BREACHED: Final = "clock_breached"
HELD_OPEN: Final = "held_open"
DESK_OPENED: Final = "opened_in_helpdesk"
DESK_GONE: Final = "gone_from_helpdesk"
SNOOZED: Final = "snoozed_in_helpdesk"
WOKEN: Final = "taken_up_again_in_helpdesk"
DECLINED: Final = "decision_respected"
REMINDED: Final = "reminded"
SENT_BACK: Final = "sent_back"
BACK_ALL_THE_SAME: Final = "seen_again_after_decision"
POLICY: Final = "left_to_policy"
REPORTED: Final = "reported"
MAINTENANCE: Final = "maintenance_set"
SILENCED: Final = "silence_set"
QUIET_ENDED: Final = "quiet_ended"
ACCEPTED: Final = "accepted_as_it_is"
SIGNED: Final = "record_signed"
INSPECTED: Final = "record_made"
TOLD: Final = "escalation_mailed"
NOT_TOLD: Final = "escalation_not_mailed"
ANSWERED: Final = "record_answered"


def told(what: str, lang: Lang) -> str:
    """Return in words what an entry says was done; a step from state to state as "on site → in repair"."""
    states = [f"state.{state}" for state in what.split(">")]
    if all(state in MESSAGES for state in states):
        return " → ".join(render(state, lang) for state in states)
    key = f"audit.{what}"
    return render(key, lang) if key in MESSAGES else what.replace("_", " ")


def because(why: str, lang: Lang, zone: tzinfo = UTC) -> str:
    """Return in words why: causes, faults and clocks by their names, spans as times, else as written."""
    if lasts := _SPAN.match(why):
        begin, end = (
            datetime.fromtimestamp(int(at), zone).strftime("%Y-%m-%d %H:%M") for at in lasts.groups()
        )
        return (
            f"{begin} to {end}{why[lasts.end() :]}" if lang == "en" else f"{begin}至{end}{why[lasts.end() :]}"
        )
    if why in CAUSES:
        return CAUSES[why].name.of(lang)
    if why in AUDIT_REASONS:
        return AUDIT_REASONS[why].of(lang)
    if number := _ROUNDS.fullmatch(why):
        return render("audit.rounds", lang, rounds=int(number[1]))
    codes = why.split(", ")
    if all(code.rstrip("?") in FAULTS for code in codes):
        return ", ".join(_fault(code, lang) for code in codes)
    clock, _, rest = why.partition(" ")
    key = f"sla.{clock}"
    return f"{render(key, lang)} {rest}".rstrip() if key in MESSAGES else why


def _fault(code: str, lang: Lang) -> str:
    """Return a fault's name; "?" stays behind one that could not be looked for."""
    name = code.rstrip("?")
    return FAULTS[name].name.of(lang) + code[len(name) :]


def of_step(before: Order, step: Step) -> AuditEntry:
    """Return the line of a step from one state to another."""
    return entry(before, step.at, step.who, f"{before.state.value}>{step.to.value}", step.why)


def entry(order: Order, at: float, who: str, what: str, why: str = "") -> AuditEntry:
    """Return a line about an order."""
    return AuditEntry(at, who, what, order.key, order.generation, why)
