"""`siteward devices`, `tickets` and `ticket`: what the agent knows, read beside it."""

import json
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from agent.config import SiteConfig
from agent.files import HELPDESK_FILE, STORE_FILE
from agent.helpdesk.base import HelpdeskError
from agent.helpdesk.local import LocalHelpdesk
from agent.helpdesk.tickets import Step, Ticket
from agent.learning import shown
from agent.service.show import order_row, print_order
from agent.store import Reader, StoreError
from agent.store.records import LedgerEntry, Look
from models.facts import Device
from models.messages import render
from models.words import Lang

LEARNING: Final = ("state", "days", "progress", "frozen", "normal")
LOOKS_WRITTEN_WITHIN: Final = 120.0  # seconds; the store writes them once a minute
LONGEST_NUMBER: Final = 19  # digits; SQLite counts to 2**63
DEVICE_COLUMNS: Final = (
    "id", "kind", "name", "place", "address", "state", "faults", "last_answer", "learning",
)  # fmt: skip
TICKET_COLUMNS: Final = ("opened", "state", "subject")
STATE_STYLES: Final = {"ok": "green", "fault": "red", "unknown": "yellow"}


def show_devices(console: Console, site: SiteConfig, devices: Sequence[Device], *, as_json: bool) -> None:
    """Print the inventory with what the agent knew a minute ago at most."""
    looks, incidents, note = _known(site)
    now = time.time()
    recent = [look for look in looks if _is_recent(look, site, now)]
    rows = [_device_row(device, looks, recent, incidents) for device in devices]
    learnt, lang = shown.by_device(site.state_dir), site.language
    for row in rows:
        own = learnt.get(row["id"])
        row["learning"] = None if own is None else {key: own.get(key) for key in LEARNING}
    if as_json:
        console.print_json(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(*(render(f"list.{column}", lang) for column in DEVICE_COLUMNS), box=None)
    for row in rows:
        name, place, address = (escape(row[column]) for column in ("name", "place", "address"))
        state = f"[{STATE_STYLES[row['state']]}]{render('list.' + row['state'], lang)}[/]"
        faults = ", ".join(_fault(one, lang) for one in row["faults"])
        learning = shown.state(learnt.get(row["id"]), lang) if learnt else ""
        kind, answered = render(f"kind.{row['kind']}", lang), _time(row["last_answer"], site)
        table.add_row(escape(row["id"]), kind, name, place, address, state, faults, answered, learning)
    console.print(table)
    if note:
        console.print(f"[yellow]{escape(note)}[/]")


def show_tickets(console: Console, site: SiteConfig, *, everything: bool, as_json: bool) -> str:
    """Print the local helpdesk's tickets, the newest last; return what went wrong, "" if nothing."""
    try:
        with _helpdesk(site) as desk:
            found = desk.tickets(only_open=not everything)[::-1]
    except HelpdeskError as err:
        return str(err)
    if as_json:
        console.print_json(json.dumps([_ticket_row(ticket) for ticket in found], ensure_ascii=False))
        return ""
    lang = site.language
    table = Table("", *(render(f"list.{column}", lang) for column in TICKET_COLUMNS), box=None)
    for ticket in found:
        state = f"[{'red' if ticket.is_open else 'green'}]{render(f'state.{ticket.state}', lang)}[/]"
        table.add_row(str(ticket.number), _time(ticket.opened_at, site), state, escape(ticket.subject))
    none = render("list.no_tickets" if everything else "list.no_open_tickets", lang)
    console.print(table if found else none)
    return ""


def show_ticket(console: Console, site: SiteConfig, number: str, *, as_json: bool) -> str:
    """Print one ticket with its history; return what went wrong, "" if nothing."""
    try:
        with _helpdesk(site) as desk:
            found = desk.ticket(int(number)) if _is_number(number) else None
    except HelpdeskError as err:
        return str(err)
    if found is None:
        return f"there is no ticket {number}: siteward tickets --all lists them"
    ticket, history = found
    order = order_row(site, ticket.reference)
    if as_json:
        rows = [_step_row(step) for step in history]
        row = {**_ticket_row(ticket), "history": rows, "work_order": order}
        console.print_json(json.dumps(row, ensure_ascii=False))
        return ""
    console.print(Panel(escape(ticket.body), title=escape(f"#{ticket.number}  {ticket.subject}")))
    for step in history:
        console.print(f"[dim]{_time(step.at, site)}[/]  [bold]{escape(step.who)}[/]  {step.what}")
        for line in (step.text, str(step.file or "")):
            if line:
                console.print(escape("\n".join("    " + part for part in line.splitlines())))
    if order is not None:
        print_order(console, order, site)
    return ""


def _known(site: SiteConfig) -> tuple[list[Look], list[LedgerEntry], str]:
    try:
        with Reader(site.state_dir / STORE_FILE) as store:
            return store.looks(), store.open_incidents(), ""
    except StoreError as err:
        return [], [], f"nothing is known yet: {err}"


def _helpdesk(site: SiteConfig) -> LocalHelpdesk:
    path: Path = site.state_dir / HELPDESK_FILE
    if not path.exists():
        raise HelpdeskError(f"there are no tickets yet: the agent has not run here ({path} is missing)")
    return LocalHelpdesk.open(path)


def _is_recent(look: Look, site: SiteConfig, now: float) -> bool:
    """Whether a look still says how a device is; what an agent saw that stopped yesterday does not."""
    if look.collector not in site.collector_names:
        return False
    every, _ = site.timing(look.collector)
    return abs(now - look.at) <= every * site.judgement.stale_intervals + LOOKS_WRITTEN_WITHIN


def _device_row(
    device: Device, looks: list[Look], recent: list[Look], incidents: list[LedgerEntry]
) -> dict[str, Any]:
    answered = [look.at for look in looks if look.device == device.id and not look.trouble]
    is_seen = any(look.device == device.id and not look.trouble for look in recent)
    faults = [entry.code for entry in incidents if entry.device == device.id]
    above = next((entry.device for entry in incidents if _explains(entry, device.id)), "")
    state = "fault" if faults or above else "ok" if is_seen else "unknown"
    return {
        "id": device.id,
        "kind": device.kind.value,
        "name": device.name,
        "place": device.place,
        "address": device.host,
        "state": state,
        "faults": [*faults, *([f"behind {above}"] if above else [])],
        "last_answer": max(answered, default=None),
    }


def _explains(entry: LedgerEntry, device: str) -> bool:
    return any(child.split("/", 1)[0] == device for child in entry.children)


def _ticket_row(ticket: Ticket) -> dict[str, Any]:
    return {
        "number": ticket.number,
        "key": ticket.key,
        "state": ticket.state.value,
        "severity": ticket.severity,
        "subject": ticket.subject,
        "body": ticket.body,
        "opened_at": ticket.opened_at,
        "changed_at": ticket.changed_at,
        "fields": dict(ticket.fields),
    }


def _step_row(step: Step) -> dict[str, Any]:
    file = str(step.file) if step.file else None
    return {"at": step.at, "who": step.who, "what": step.what, "text": step.text, "file": file}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < LONGEST_NUMBER


def _time(at: float | None, site: SiteConfig) -> str:
    if not at:
        return render("list.never", site.language)
    return datetime.fromtimestamp(at, site.zone).strftime("%Y-%m-%d %H:%M:%S")


def _fault(told: str, lang: Lang) -> str:
    """Return one entry of a row's faults: a code (the same in every language), or behind whom it is."""
    word, _, device = told.partition(" ")
    return render("list.behind", lang, device=device) if word == "behind" else told
