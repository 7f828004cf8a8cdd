"""Intents as plain data: what the pipeline puts into the outbox and the worker reads out of it."""

from collections.abc import Mapping

from agent.helpdesk.base import Draft
from agent.store.records import Deed, Intent, QueuedIntent


def create(
    key: str,
    at: float,
    *,
    subject: str,
    body: str,
    severity: str = "",
    fields: Mapping[str, str] | None = None,
    goes_on_from: str = "",
    text: str = "",
) -> Intent:
    """Ask for a ticket; `fields` are what a helpdesk may sort by: site, device, part, fault.

    Where the incident `goes_on_from` has a ticket, that one goes on, with `text` as a comment.
    """
    content = _content(subject, body, severity, fields)
    adopts = {"goes_on_from": goes_on_from, "text": text} if goes_on_from else {}
    return Intent(key, Deed.CREATE, at, {**content, **adopts})


def comment(key: str, at: float, text: str) -> Intent:
    """Ask for a comment."""
    return Intent(key, Deed.COMMENT, at, {"text": text})


def attach(key: str, at: float, *, picture: int, name: str) -> Intent:
    """Ask to attach an evidence picture, by its number in the store."""
    return Intent(key, Deed.ATTACH, at, {"picture": picture, "name": name})


def link(key: str, at: float, *, ticket: str) -> Intent:
    """Ask to link the ticket with an older one of the same fault."""
    return Intent(key, Deed.LINK, at, {"ticket": ticket})


def resolve(key: str, at: float, text: str) -> Intent:
    """Ask to say that the fault is gone."""
    return Intent(key, Deed.RESOLVE, at, {"text": text})


def reopen(
    key: str,
    at: float,
    text: str,
    *,
    subject: str = "",
    body: str = "",
    severity: str = "",
    fields: Mapping[str, str] | None = None,
) -> Intent:
    """Ask to say that the fault is back; the rest is the ticket to be made where there is none to reopen."""
    return Intent(key, Deed.REOPEN, at, {"text": text, **_content(subject, body, severity, fields)})


def draft_of(queued: QueuedIntent, *, max_subject: int) -> Draft:
    """Return the ticket that a create asks for; the subject is cut to what the helpdesk takes."""
    body = queued.intent.body
    subject = str(body["subject"]) or queued.intent.key
    if max_subject and len(subject) > max_subject:
        subject = subject[: max_subject - 1] + "…"
    return Draft(
        reference=queued.reference,
        key=queued.intent.key,
        subject=subject,
        body=str(body["body"] or body.get("text", "")),
        severity=str(body["severity"]),
        fields=dict(body["fields"]),
    )


def _content(subject: str, body: str, severity: str, fields: Mapping[str, str] | None) -> dict[str, object]:
    return {"subject": subject, "body": body, "severity": severity, "fields": dict(fields or {})}


def once(queued: QueuedIntent) -> str:
    """Return the name of one request, the same for every try of it."""
    return f"{queued.reference}:{queued.id}"
