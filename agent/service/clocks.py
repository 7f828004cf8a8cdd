"""Watches the clocks of open orders: a word on the ticket at 50 % and 80 %, and a breach that is recorded."""

from dataclasses import replace
from typing import Final
from urllib.parse import quote

from agent.service import audit
from agent.service.config import addresses_in
from agent.service.edit import Edit
from agent.service.terms import Terms
from agent.service.workorder import Orders
from agent.store.orders import Linked
from models import ticket_text
from models.service import clocks, texts
from models.service.clocks import Clock

EVERY_SECONDS: Final = 5.0


class Timekeeper:
    """Looks at the clocks every few seconds.

    Args:
        orders: the work orders.
        terms: contract, calendars and language.
    """

    def __init__(self, orders: Orders, terms: Terms) -> None:
        self._orders = orders
        self._terms = terms
        self._next = float("-inf")

    def step(self, linked: list[Linked], now: float) -> None:
        """Warn of what is due; a clock that was set back is not waited for."""
        if 0 < self._next - now <= EVERY_SECONDS:
            return
        self._next = now + EVERY_SECONDS
        for one in linked:
            sheet = one.sheet
            if any(self._mark(clock, now) for clock in sheet.clocks):
                self._orders.change(sheet.order, lambda edit: self._warn(edit, now), now)

    def _mark(self, clock: Clock, now: float) -> float | None:
        if not clock.is_running:
            return None
        return clocks.next_mark(clock, self._terms.calendar(clock), now)

    def _warn(self, edit: Edit, now: float) -> None:
        running: list[Clock] = []
        for clock in edit.sheet.clocks:
            mark = self._mark(clock, now)
            running.append(clock if mark is None else self._told(edit, clock, mark))
        if tuple(running) != edit.sheet.clocks:
            edit.set_clocks(tuple(running))

    def _write(self, edit: Edit, clock: Clock, mark: float, said: str, to: tuple[str, ...]) -> None:
        """Mail those who are to be told; the note on the ticket names them."""
        order, terms = edit.order, self._terms
        setting = terms.setting(order.root.device)
        ticket = self._orders.ticket_of(order) or order.reference
        subject = texts.escalation(order, ticket, clock, mark, setting)
        page = f"{terms.pages}/incidents/{quote(order.key)}" if terms.pages else ""
        lines = [said, "", *ticket_text.short(order.root, setting)]
        lines += [terms.say("ticket.since", since=order.first_seen), terms.say("mail.ticket", ticket=ticket)]
        lines += [terms.say("ticket.page", url=page)] if page else []
        edit.write_to(to, subject, "\n".join(lines), once=f"{clock.name.value} {clock.turn} {mark:g}")

    def _told(self, edit: Edit, clock: Clock, mark: float) -> Clock:
        is_breach = mark >= 1.0
        due = clocks.due(clock, self._terms.calendar(clock))
        name = self._terms.service.escalate(edit.order.severity, mark)
        why = f"{clock.name.value} {mark:.0%} {name}".strip()
        edit.note(audit.BREACHED if is_breach else audit.WARNED, why=why)
        said = texts.warning(clock, mark, due, name, self._terms.say)
        edit.comment(said)
        if to := addresses_in(name):
            self._write(edit, clock, mark, said, to)
        return replace(clock, told=mark, breached_at=due if is_breach else clock.breached_at)
