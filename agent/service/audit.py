"""The words of the audit log: what can happen to a work order. It is only ever added to (see the schema)."""

from typing import Final

from agent.store.orders import AuditEntry
from models.service.workorder import Order, Step

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
ANSWERED: Final = "record_answered"


def of_step(before: Order, step: Step) -> AuditEntry:
    """Return the line of a step from one state to another."""
    return entry(before, step.at, step.who, f"{before.state.value}>{step.to.value}", step.why)


def entry(order: Order, at: float, who: str, what: str, why: str = "") -> AuditEntry:
    """Return a line about an order."""
    return AuditEntry(at, who, what, order.key, order.generation, why)
