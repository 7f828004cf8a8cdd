"""The technician of the demo: says "repaired" once while it is not, and once when it is."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from agent.demo.plan import Act
from agent.helpdesk.tickets import TicketState
from models.service.workorder import Proof, State

if TYPE_CHECKING:
    from agent.demo.show import Stage

WHO: Final = "technician"
LOOK_SECONDS: Final = 0.5


@dataclass(slots=True)
class Repair:
    """One fault with its two "repaired", in seconds after the demo began; None: not yet."""

    act: Act
    ticket: str = ""
    said_s: float | None = None  # repaired, he says, and it is not
    sent_back_s: float | None = None
    said_again_s: float | None = None
    verified_s: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it for `siteward demo --json`."""
        return {
            "device": self.act.device,
            "fault": self.act.expected,
            "ticket": self.ticket,
            "sent_back": self.sent_back_s is not None,
            "sent_back_after_s": _between(self.said_s, self.sent_back_s),
            "verified": self.verified_s is not None,
            "verified_after_s": _between(self.said_again_s, self.verified_s),
        }


async def claim_too_early(stage: "Stage", repair: Repair, until_s: float) -> None:
    """Wait for the ticket, say that it is repaired, and wait until it is sent back; not beyond `until_s`."""
    act = repair.act

    def ticket() -> str:
        found = [t for t in stage.story.tickets.values() if (t.device, t.code) == (act.device, act.expected)]
        return found[0].number if found else ""

    if not await _until(stage, lambda: bool(ticket()), until_s):
        return
    repair.ticket = ticket()
    if await _until(stage, lambda: _state(stage, repair) is State.REGISTERED, until_s):
        repair.said_s = await _say(stage, repair, "plugged in again")
        if await _until(stage, lambda: _state(stage, repair) is State.REPAIRING, until_s):
            repair.sent_back_s = stage.now_s


async def claim_rightly(stage: "Stage", repair: Repair, until_s: float) -> None:
    """Say that it is repaired, now that it is, and wait for the proof."""
    if repair.sent_back_s is None:
        return
    await _until(stage, lambda: _desk_is_open(stage, repair), until_s)
    repair.said_again_s = await _say(stage, repair, "cleaned and readjusted")
    if await _until(stage, lambda: _is_verified(stage, repair), until_s):
        repair.verified_s = stage.now_s


async def _say(stage: "Stage", repair: Repair, text: str) -> float:
    move, number = stage.agent.local_helpdesk.move, int(repair.ticket)
    await asyncio.to_thread(move, number, TicketState.RESOLVED, who=WHO, text=text)
    return stage.now_s


async def _until(stage: "Stage", is_so: Callable[[], bool], until_s: float) -> bool:
    while stage.now_s < until_s:
        if await asyncio.to_thread(is_so):
            return True
        await asyncio.sleep(LOOK_SECONDS)
    return False


def _state(stage: "Stage", repair: Repair) -> State | None:
    sheet = stage.agent.store.order_of_ticket(repair.ticket)
    return sheet.order.state if sheet else None


def _is_verified(stage: "Stage", repair: Repair) -> bool:
    sheet = stage.agent.store.order_of_ticket(repair.ticket)
    return sheet is not None and sheet.order.proof is Proof.RETEST


def _desk_is_open(stage: "Stage", repair: Repair) -> bool:
    found = stage.agent.helpdesk.get(repair.ticket)
    return found is not None and found.is_open


def _between(since: float | None, until: float | None) -> float | None:
    return None if since is None or until is None else round(until - since, 1)
