"""Freshdesk, API v2 [documentation only: no live Freshdesk was contacted].

Sources: developers.freshdesk.com/api (Tickets, Conversations, Filter Tickets, Ticket Fields, Rate Limit,
Errors).

- Filter Tickets sees a change after "a few minutes", leaves archived tickets out, takes 512 characters and
  no quote inside a value: the reference is kept percent-encoded.
- Status 2 open, 3 pending, 4 resolved, 5 closed; above 5 are the account's own, which count as open.
- Fields that are mandatory at closure refuse a resolve (400): preflight names them.
- 429 with Retry-After, counted per minute and per endpoint.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import quote, unquote

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskRefused, TicketRef
from agent.helpdesk.http import FilePart, Http, basic
from agent.helpdesk.marks import one_line, short
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, as_html, cut, dig, number, rows
from agent.helpdesk.settings_saas import FreshdeskConfig
from models.facts import Secret

MAX_SUBJECT: Final = 255
MAX_ATTACHMENT: Final = 15 * 2**20  # bytes, all plans
INDEX_LAG: Final = 300.0  # seconds: "a few minutes"
_STATES: Final = {2: "open", 3: "pending", 4: "resolved", 5: "closed"}
_OPEN, _RESOLVED = 2, 4
_OVER: Final = frozenset({4, 5})
_GONE: Final = ("deleted", "spam")


class Freshdesk(RestDesk):
    """Tickets of a Freshdesk account.

    Args:
        config: where, and under what names.
        key: the API key of an agent.
    """

    name = "freshdesk"
    max_text: ClassVar = 60_000

    def __init__(self, config: FreshdeskConfig, key: Secret) -> None:
        login = basic(key.reveal(), Secret("X"))
        http = Http(config.url, headers={"Authorization": login}, ca_file=config.ca_file, secrets=[key])
        abilities = Abilities(
            search_is_consistent=False,
            index_lag_seconds=INDEX_LAG,
            max_attachment=MAX_ATTACHMENT,
            max_subject=MAX_SUBJECT,
        )
        super().__init__(http, abilities, turned_down=_GONE)
        self._config = config

    def find(self, reference: str) -> TicketRef | None:
        """Return the ticket made with this reference, open or not."""
        kept = _kept(reference)
        query = {"query": f"\"{self._config.reference_field}:'{kept}'\""}
        found = [
            self._ref(row) for row in rows(dig(self._http.get("/api/v2/search/tickets", query), "results"))
        ]
        ours = [ticket for ticket in found if ticket.reference == unquote(kept)]
        return min(ours, key=lambda ticket: int(ticket.id), default=None)

    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its number."""
        answer = self._http.get(self._path(ticket), allow={HTTPStatus.NOT_FOUND})
        return None if answer.status == HTTPStatus.NOT_FOUND else self._ref(answer.json())

    def create(self, draft: Draft) -> str:
        """Make a ticket."""
        config = self._config
        ticket: dict[str, Any] = {
            "subject": cut(one_line(draft.subject), MAX_SUBJECT),
            "description": as_html(cut(draft.body, self.max_text)),
            "email": config.email,
            "status": _OPEN,
            "priority": config.priorities.get(draft.severity, 1),
            "custom_fields": {config.reference_field: _kept(draft.reference)},
        }
        ticket |= {"group_id": config.group} if config.group is not None else {}
        ticket |= {"type": config.type} if config.type else {}
        return str(dig(self._http.send("POST", "/api/v2/tickets", json_body=ticket), "id"))

    def _said(self, ticket: str) -> Iterable[str]:
        return [str(row.get("body", "")) for row in self._conversations(ticket)]

    def _files(self, ticket: str) -> Iterable[str]:
        told = self._conversations(ticket)
        return [str(file.get("name")) for row in told for file in rows(row.get("attachments"))]

    def _say(self, ticket: str, text: str) -> None:
        note = {"body": as_html(text), "private": self._config.private}
        self._http.send("POST", f"{self._path(ticket)}/notes", json_body=note)

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        form = {"body": attachment.name, "private": str(self._config.private).lower()}
        file = FilePart("attachments[]", attachment.name, attachment.media_type, attachment.data)
        self._http.send("POST", f"{self._path(ticket)}/notes", form=form, files=[file])

    def _close(self, found: TicketRef, text: str) -> None:  # noqa: ARG002 - said in a note before
        self._set(found, _RESOLVED)

    def _reopen(self, found: TicketRef) -> None:
        self._set(found, _OPEN)

    def _edit(self, ticket: str, draft: Draft) -> None:
        priority = self._config.priorities.get(draft.severity, 1)
        change = {"subject": cut(one_line(draft.subject), MAX_SUBJECT), "priority": priority}
        self._http.send("PUT", self._path(ticket), json_body=change)

    def _looks(self) -> Iterable[Look]:
        yield ("login", self._who, "use the API key of an agent, from its profile settings")
        todo = "add the field as single-line text; let none but it be mandatory for agents or at closure"
        yield ("fields", self._fields, todo)
        yield ("search", self._search, "give the agent the scope of all tickets")

    def _who(self) -> str:
        return f"logged in as {dig(self._http.get('/api/v2/agents/me'), 'contact', 'email')}"

    def _fields(self) -> str:
        field = self._config.reference_field
        known = {row.get("name"): row for row in rows(self._http.get("/api/v2/ticket_fields").json())}
        if field not in known:
            raise HelpdeskRefused(f"tickets have no field {field}")
        extra = [row for row in known.values() if not row.get("default") and row["name"] != field]
        if asked := [row["name"] for row in extra if row.get("required_for_agents")]:
            raise HelpdeskRefused(f"a new ticket asks for {', '.join(asked)}")
        if asked := [row["name"] for row in extra if row.get("required_for_closure")]:
            raise HelpdeskRefused(f"resolving a ticket asks for {', '.join(asked)}")
        return f"references are kept in {field}"

    def _search(self) -> str:
        self.find("preflight")
        return "tickets can be searched"

    # ------------------------------------------------------------ inside

    def _conversations(self, ticket: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for page in range(1, 11):
            query = {"per_page": "100", "page": str(page)}
            more = rows(self._http.get(f"{self._path(ticket)}/conversations", query).json())
            found += more
            if len(more) < 100:
                break
        return found

    def _set(self, found: TicketRef, status: int) -> None:
        self._http.send("PUT", self._path(found.id), json_body={"status": status})

    def _ref(self, row: dict[str, Any]) -> TicketRef:
        status = int(row["status"])
        gone = next((word for word in _GONE if row.get(word)), "")
        kept = (row.get("custom_fields") or {}).get(self._config.reference_field)
        state = gone or _STATES.get(status, f"status {status}")
        return TicketRef(str(row["id"]), unquote(kept or ""), not gone and status not in _OVER, state)

    @staticmethod
    def _path(ticket: str) -> str:
        return f"/api/v2/tickets/{number(ticket)}"


def _kept(reference: str) -> str:
    return short(quote(reference, safe="/#:@+~.-_"), 255)
