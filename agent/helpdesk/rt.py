"""Request Tracker 5, by its REST2 interface (docs.bestpractical.com, RT::REST2). Run against a real 5.0.3.

- A change that it did not make is answered with 200 and a sentence: each ticket is read back.
- A custom field it does not know, or that we may not set, is dropped without a word: preflight looks.
- A search for more than 255 bytes finds *every* ticket: references are cut, and finds are compared.
- A subject is cut at 200 bytes. A file name beyond ASCII is answered with 500.
- A comment's subject shows in the history: there stands the mark of each, so that one request sees them all.
"""

import base64
import logging
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskError, HelpdeskRefused, TicketRef
from agent.helpdesk.http import ANSWER_SECONDS, Http, segment
from agent.helpdesk.marks import fit_bytes, one_line, short_bytes
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, dig, rows
from agent.helpdesk.settings import RtConfig
from models.facts import Secret

log = logging.getLogger(__name__)

MAX_SUBJECT: Final = 200  # bytes: the column of the database
MAX_FIELD: Final = 255  # bytes of a custom field that a search compares
_PAGE: Final = 100  # most that RT gives at once
_PAGES: Final = 50
_RIGHTS: Final = "SeeQueue ShowTicket ShowTicketComments CreateTicket CommentOnTicket ModifyTicket"
_FIELD_RIGHTS: Final = "SeeCustomField ModifyCustomField SetInitialCustomField"


class RequestTracker(RestDesk):
    """Tickets in one queue of an RT.

    Args:
        config: where, and under what names.
        token: an authentication token of RT, `1-…`.
        answer_seconds: how long an answer may take.
    """

    name = "rt"

    def __init__(self, config: RtConfig, token: Secret, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        http = Http(
            config.url + "/REST/2.0",
            headers={"Authorization": Secret(f"token {token.reveal()}")},
            ca_file=config.ca_file,
            login="helpdesk.token",
            answer_seconds=answer_seconds,
        )
        abilities = Abilities(max_subject=MAX_SUBJECT, max_attachment=9_000_000)
        super().__init__(http, abilities, turned_down=config.turned_down)
        self._config = config
        self._field_proven = False

    def find(self, reference: str) -> TicketRef | None:
        """Return the newest ticket made with this reference, open or not."""
        kept = short_bytes(reference, MAX_FIELD)
        for row in self._search(kept):
            if kept in _values(row, self._config.reference_field):
                return self._ref(row)
        return None

    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its number; for one that was merged into another, the other."""
        answer = self._http.get(_path(ticket), allow={HTTPStatus.NOT_FOUND})
        return None if answer.status == HTTPStatus.NOT_FOUND else self._ref(answer.json())

    def create(self, draft: Draft) -> str:
        """Make a ticket in the queue."""
        config = self._config
        named = {theirs: draft.fields.get(ours, "") for ours, theirs in config.fields.items()}
        ticket: dict[str, Any] = {
            "Queue": config.queue,
            "Subject": fit_bytes(one_line(draft.subject), MAX_SUBJECT),
            "Content": draft.body,
            "ContentType": "text/plain",
            "CustomFields": named | {config.reference_field: short_bytes(draft.reference, MAX_FIELD)},
        }
        if draft.severity in config.priorities:
            ticket["Priority"] = config.priorities[draft.severity]
        number = str(dig(self._http.send("POST", "/ticket", json_body=ticket), "id"))
        self._prove_field(number)
        return number

    def _said(self, ticket: str) -> Iterable[str]:
        return (str(row.get("Data") or "") for row in self._pages(f"{_path(ticket)}/history", "Data"))

    def _files(self, ticket: str) -> Iterable[str]:
        return (
            str(row.get("Filename") or "") for row in self._pages(f"{_path(ticket)}/attachments", "Filename")
        )

    def _say(self, ticket: str, text: str) -> None:
        said, _, mark = text.rpartition("\n")
        self._comment(ticket, {"Subject": mark, "Content": said.rstrip()})

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        file = {
            "FileName": attachment.name,
            "FileType": attachment.media_type,
            "FileContent": base64.b64encode(attachment.data).decode(),
        }
        self._comment(ticket, {"Content": attachment.name, "Attachments": [file]})

    def _close(self, found: TicketRef, text: str) -> None:  # noqa: ARG002 - said in a comment before
        self._set(found, self._config.resolved)

    def _reopen(self, found: TicketRef) -> None:
        self._set(found, self._config.reopened)

    def _edit(self, ticket: str, draft: Draft) -> None:
        change: dict[str, Any] = {"Subject": fit_bytes(one_line(draft.subject), MAX_SUBJECT)}
        if draft.severity in self._config.priorities:
            change["Priority"] = self._config.priorities[draft.severity]
        self._http.send("PUT", _path(ticket), json_body=change)

    def _link(self, ticket: str, other: str) -> None:
        self._http.send("PUT", _path(ticket), json_body={"AddRefersTo": [other]})

    def _looks(self) -> Iterable[Look]:
        config = self._config
        yield ("login", lambda: f"RT {dig(self._http.get('/rt'), 'Version')}", "mend helpdesk.url")
        yield ("queue", self._queue, f"mend helpdesk.queue, or grant {_RIGHTS} on it")
        todo = f"add it to the queue {config.queue} as FreeformSingle and grant {_FIELD_RIGHTS} on it"
        yield ("fields", self._fields, todo)
        yield ("search", self._dry_search, todo)

    def _queue(self) -> str:
        links = rows(dig(self._http.get(f"/queue/{segment(self._config.queue)}"), "_hyperlinks"))
        if not any(link.get("ref") == "create" for link in links):
            raise HelpdeskRefused(f"no ticket may be made in the queue {self._config.queue}")
        return f"tickets may be made in {self._config.queue}"

    def _fields(self) -> str:
        there = rows(dig(self._http.get(f"/queue/{segment(self._config.queue)}"), "TicketCustomFields"))
        wanted = {self._config.reference_field, *self._config.fields.values()}
        missing = wanted - {str(row.get("name")) for row in there}
        if missing:
            raise HelpdeskRefused(f"not there, or hidden from this user: {', '.join(sorted(missing))}")
        return ", ".join(sorted(wanted))

    def _dry_search(self) -> str:
        if self._search("siteward doctor#0"):
            raise HelpdeskRefused("a search for what cannot be there finds tickets")
        return f"{self._config.reference_field} can be searched"

    # ------------------------------------------------------------ inside

    def _search(self, value: str) -> list[dict[str, Any]]:
        query = f"CF.{{{self._config.reference_field}}}={_quoted(value)}"
        wanted = {"query": query, "fields": "Status,CustomFields", "orderby": "id", "order": "DESC"}
        return rows(dig(self._http.get("/tickets", wanted), "items"))

    def _pages(self, path: str, field: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            query = {"fields": field, "per_page": str(_PAGE), "page": str(page)}
            items = rows(dig(self._http.get(path, query), "items"))
            yield from items
            if len(items) < _PAGE:
                return

    def _comment(self, ticket: str, said: dict[str, Any]) -> None:
        body = {"ContentType": "text/plain", **said}
        self._http.send("POST", f"{_path(ticket)}/comment", json_body=body)

    def _set(self, found: TicketRef, status: str) -> None:
        answer = self._http.send("PUT", _path(found.id), json_body={"Status": status})
        log.info("rt ticket=%s status=%s said=%.200r", found.id, status, answer.data)

    def _ref(self, row: Mapping[str, Any]) -> TicketRef:
        status = str(row["Status"])
        values = _values(row, self._config.reference_field)
        return TicketRef(str(row["id"]), "".join(values[:1]), status not in self._config.done, status)

    def _prove_field(self, ticket: str) -> None:
        """Look, once, whether the reference was kept. The ticket is made: nothing here may fail it."""
        try:
            self._field_proven = self._field_proven or bool(self._existing(ticket).reference)
        except HelpdeskError:
            return
        if not self._field_proven:
            log.error("reference not kept field=%s: run siteward doctor", self._config.reference_field)


def _path(ticket: str) -> str:
    return f"/ticket/{segment(ticket)}"


def _quoted(text: str) -> str:
    """Return a string of TicketSQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _values(row: Mapping[str, Any], name: str) -> list[str]:
    fields = [field for field in rows(row.get("CustomFields")) if field.get("name") == name]
    return [str(value) for field in fields for value in field.get("values", ())]
