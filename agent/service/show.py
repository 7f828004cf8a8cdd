"""The work order of a ticket as `siteward ticket` prints it: state, clocks, audit."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.config import SiteConfig
from agent.files import STORE_FILE
from agent.service import audit
from agent.service.terms import Terms
from agent.store import AuditEntry, Reader, Sheet, StoreError
from models.phrasing import span
from models.service import clocks, workorder
from models.service.clocks import Clock
from models.words import Lang


def order_row(site: SiteConfig, ticket: str, at: float | None = None) -> dict[str, Any] | None:
    """Return a ticket's work order as plain data; None where there is none or it cannot be read."""
    try:
        with Reader(site.state_dir / STORE_FILE) as store:
            sheet = store.order_of_ticket(ticket)
            if sheet is None:
                return None
            lines = store.audit(sheet.order.key, sheet.order.generation)
    except StoreError:
        return None
    terms = Terms.of(site.service, lambda _id: None, lang=site.language, zone=site.zone)
    return sheet_row(sheet, lines, terms, time.time() if at is None else at)


def print_order(console: Console, row: Mapping[str, Any], site: SiteConfig) -> None:
    """Print it for people."""
    lang: Lang = site.language
    say = Terms.of(site.service, lambda _id: None, lang=lang, zone=site.zone).say
    head = f"[bold]{escape(say('state.' + row['state']))}[/]  {_when(row['since'], site)}"
    console.print(f"\n{head}  {escape(', '.join(_facts(row)))}")
    if row["clocks"]:
        table = Table("clock", "due", "left", "", box=None)
        for clock in row["clocks"]:
            table.add_row(
                escape(say(f"sla.{clock['clock']}")),
                _when(clock["due_at"], site),
                "" if clock["left_seconds"] is None else _left(clock["left_seconds"], lang),
                _condition(clock),
            )
        console.print(table)
    for line in row["audit"]:
        why = f"  {escape(audit.because(line['why'], lang, site.zone))}" if line["why"] else ""
        done = escape(audit.told(line["what"], lang))
        console.print(f"[dim]{_when(line['at'], site)}[/]  {escape(line['who'])}  {done}{why}")
    if row["next"]:
        console.print(f"[dim]next: {', '.join(row['next'])}[/]")


def sheet_row(sheet: Sheet, lines: Sequence[AuditEntry], terms: Terms, at: float) -> dict[str, Any]:
    """Return a work order with its clocks and audit as plain data; times in Unix seconds."""
    order = sheet.order
    trial = sheet.trial or {}
    return {
        "reference": order.reference,
        "state": order.state.value,
        "since": order.since,
        "severity": order.severity.value,
        "first_seen": order.first_seen,
        "detected_at": order.detected_at,
        "reported_at": order.reported_at,
        "reopened": order.turn,
        "repeat_of": order.repeat_of,
        "resolved_at": order.resolved_at,
        "proof": order.proof.value,
        "proof_by": order.proof_by,
        "cause_suggested": sheet.suggested,
        "cause": order.cause,
        "cause_by": order.cause_by,
        "retest": {"rounds": trial["rounds"], "passed": trial["passed"]} if trial else None,
        "clocks": [_clock(clock, terms, at) for clock in sheet.clocks],
        "audit": [{"at": x.at, "who": x.who, "what": x.what, "why": x.why} for x in lines],
        "next": [state.value for state in workorder.next_steps(order)],
    }


def _clock(clock: Clock, terms: Terms, at: float) -> dict[str, Any]:
    calendar = terms.calendar(clock)
    left = None if clock.limit is None else clock.limit - clocks.used(clock, calendar, at)
    return {
        "clock": clock.name.value,
        "turn": clock.turn,
        "started_at": clock.started_at,
        "stopped_at": clock.stopped_at,
        "limit_seconds": clock.limit,
        "left_seconds": left,
        "due_at": clocks.due(clock, calendar),
        "paused": clock.is_paused,
        "breached": clocks.is_breached(clock, calendar, at),
    }


def _facts(row: Mapping[str, Any]) -> list[str]:
    facts = [row["severity"]]
    facts += (
        [f"re-test: {row['retest']['passed']} of {row['retest']['rounds']} rounds"] if row["retest"] else []
    )
    facts += [f"proof: {row['proof']} {row['proof_by']}".strip()] if row["proof"] else []
    facts += [f"cause: {row['cause']} ({row['cause_by']})"] if row["cause"] else []
    facts += [f"cause suggested: {row['cause_suggested']}"] if not row["cause"] else []
    facts += [f"repeat of {row['repeat_of']}"] if row["repeat_of"] else []
    return facts


def _condition(clock: Mapping[str, Any]) -> str:
    if clock["breached"]:
        return "[red]breached[/]"
    if clock["stopped_at"] is not None:
        return "[green]done[/]"
    return "[yellow]paused[/]" if clock["paused"] else "runs"


def _left(seconds: float, lang: Lang) -> str:
    return ("-" if seconds < 0 else "") + span(seconds, lang)


def _when(at: float | None, site: SiteConfig) -> str:
    return datetime.fromtimestamp(at, site.zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""
