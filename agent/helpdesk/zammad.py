"""Zammad, by its REST API [documentation only: no live Zammad was contacted].

Sources: docs.zammad.org, API: Ticket, Ticket Articles; search by condition: zammad/zammad,
app/controllers/tickets_controller.rb, app/models/concerns/can_search.rb, lib/selector/sql.rb.

- `tickets/search?query=…` needs Elasticsearch; without it, it looks through titles and texts only and so
  finds no field. A search by `condition` goes to the database, with and without Elasticsearch, and is up to
  date.
- An attribute that does not exist is dropped silently from a create, so preflight looks for it.
- States are names of the installation; "merged" and "removed" are decisions of a person.
"""

import base64
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, Final

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskDown, HelpdeskRefused, TicketRef
from agent.helpdesk.http import Http, segment
from agent.helpdesk.marks import one_line, short
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, cut, dig, rows
from agent.helpdesk.settings_saas import ZammadConfig
from models.facts import Secret

MAX_TITLE: Final = 250
_MAX_ATTRIBUTE: Final = 120  # what a new text attribute holds by default
_EXPAND: Final = {"expand": "true"}


class Zammad(RestDesk):
    """Tickets in one group of a Zammad.

    Args:
        config: where, and under what names.
        token: an access token of an agent with `ticket.agent`.
    """

    name = "zammad"
    max_text: ClassVar = 100_000

    def __init__(self, config: ZammadConfig, token: Secret) -> None:
        login = Secret(f"Token token={token.reveal()}")
        http = Http(config.url, headers={"Authorization": login}, ca_file=config.ca_file, secrets=[token])
        super().__init__(http, Abilities(max_subject=MAX_TITLE), turned_down=("merged", "removed"))
        self._config = config
        self._closed = {state.casefold() for state in config.closed_states} | self._turned_down

    def find(self, reference: str) -> TicketRef | None:
        """Return the ticket made with this reference, open or not."""
        kept = short(reference, _MAX_ATTRIBUTE)
        field = self._config.reference_field
        condition = {f"ticket.{field}": {"operator": "is", "value": kept}}
        answer = self._http.send(
            "POST",
            "/api/v1/tickets/search",
            query=_EXPAND,
            json_body={"condition": condition, "limit": 10},
            harmless=True,
        )
        found = [row for row in rows(answer.json()) if row.get(field) == kept]
        return self._ref(min(found, key=lambda row: int(row["id"]))) if found else None

    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its id."""
        answer = self._http.get(self._path(ticket), _EXPAND, allow={HTTPStatus.NOT_FOUND})
        return None if answer.status == HTTPStatus.NOT_FOUND else self._ref(answer.json())

    def create(self, draft: Draft) -> str:
        """Make a ticket with its first article."""
        config = self._config
        title = cut(one_line(draft.subject), MAX_TITLE)
        ticket: dict[str, Any] = {
            "title": title,
            "group": config.group,
            "customer": config.customer,
            config.reference_field: short(draft.reference, _MAX_ATTRIBUTE),
            "article": self._article(cut(draft.body, self.max_text)) | {"subject": title},
        }
        if priority := config.priorities.get(draft.severity):
            ticket["priority"] = priority
        return str(dig(self._http.send("POST", "/api/v1/tickets", json_body=ticket), "id"))

    def _said(self, ticket: str) -> Iterable[str]:
        return [str(article.get("body", "")) for article in self._articles(ticket)]

    def _files(self, ticket: str) -> Iterable[str]:
        articles = self._articles(ticket)
        return [file.get("filename", "") for one in articles for file in rows(one.get("attachments"))]

    def _say(self, ticket: str, text: str) -> None:
        self._add(ticket, self._article(text))

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        data = base64.b64encode(attachment.data).decode()
        file = {"filename": attachment.name, "data": data, "mime-type": attachment.media_type}
        self._add(ticket, self._article(attachment.name) | {"attachments": [file]})

    def _close(self, found: TicketRef, text: str) -> None:  # noqa: ARG002 - said in an article before
        self._set(found, self._config.closed_states[0])

    def _reopen(self, found: TicketRef) -> None:
        self._set(found, self._config.open_state)

    def _edit(self, ticket: str, draft: Draft) -> None:
        priority = self._config.priorities.get(draft.severity)
        change = {"title": cut(one_line(draft.subject), MAX_TITLE)}
        change |= {"priority": priority} if priority else {}
        self._http.send("PUT", self._path(ticket), json_body=change)

    def _link(self, ticket: str, other: str) -> None:
        """Link it by the old one's number, as the links API wants it; one that is there answers likewise."""
        older = str(dig(self._http.get(self._path(other), _EXPAND), "number"))
        link = {
            "link_type": "normal",
            "link_object_source": "Ticket",
            "link_object_source_number": older,
            "link_object_target": "Ticket",
            "link_object_target_value": int(ticket),
        }
        self._http.send("POST", "/api/v1/links/add", json_body=link, harmless=True)

    def _looks(self) -> Iterable[Look]:
        field = self._config.reference_field
        yield ("login", self._who, "make an access token with the permission ticket.agent")
        yield ("group", self._group, "mend `group`, or give the agent access to it")
        todo = f"add the text attribute {field} to tickets: Admin, Objects, Ticket; then restart as it asks"
        yield ("field", self._field, todo)

    def _who(self) -> str:
        return f"logged in as {dig(self._http.get('/api/v1/users/me'), 'login')}"

    def _group(self) -> str:
        group = self._config.group
        if not any(
            row.get("name") == group and row.get("active", True)
            for row in rows(self._http.get("/api/v1/groups").json())
        ):
            raise HelpdeskRefused(f"there is no group {group!r} that this agent can see")
        return f"group {group}"

    def _field(self) -> str:
        field = self._config.reference_field
        try:
            self.find("preflight")
        except HelpdeskDown as err:  # a column that does not exist is a 500
            raise HelpdeskRefused(f"a search by {field} fails: {err}") from None
        newest = rows(self._http.get("/api/v1/tickets", {**_EXPAND, "per_page": "1"}).json())
        if newest and field not in newest[0]:
            raise HelpdeskRefused(f"tickets have no attribute {field}")
        return f"references are kept in {field}"

    # ------------------------------------------------------------ inside

    def _article(self, text: str) -> dict[str, Any]:
        internal = self._config.internal
        return {"body": text, "content_type": "text/plain", "type": "note", "internal": internal}

    def _add(self, ticket: str, article: dict[str, Any]) -> None:
        body = {"ticket_id": int(ticket), **article}
        self._http.send("POST", "/api/v1/ticket_articles", json_body=body)

    def _articles(self, ticket: str) -> list[dict[str, Any]]:
        return rows(self._http.get(f"/api/v1/ticket_articles/by_ticket/{segment(ticket)}").json())

    def _set(self, found: TicketRef, state: str) -> None:
        self._http.send("PUT", self._path(found.id), json_body={"state": state})

    def _ref(self, row: dict[str, Any]) -> TicketRef:
        state = str(row.get("state", ""))
        reference = str(row.get(self._config.reference_field) or "")
        return TicketRef(str(row["id"]), reference, state.casefold() not in self._closed, state)

    @staticmethod
    def _path(ticket: str) -> str:
        return f"/api/v1/tickets/{segment(ticket)}"
