"""GLPI 9 and 10, by its legacy REST API [documentation only: no live GLPI was contacted].

Sources: glpi-project/glpi, apirest.md (sessions, add, update, search, errors) and src/Ticket.php (search
options).

- A login opens a session; a session that expired answers 401 and is opened anew, once, before anything was
  done.
- 201 and 207 may hold `"id": false` with a message: each answer is read, not only its status.
- The numbers of search options differ, so they are looked up. A GLPI whose tickets have no `externalid`
  gets the reference in the title. `contains` with ^…$ compares whole values; what is found is compared
  again here.
- Texts are HTML; titles and other fields come back with <, > and & encoded.
- A closed ticket (6) takes no follow-up.
- glpi#15265: 10.0.7 cannot take uploads; this shows as a refusal. GLPI 11's new API is not spoken.
"""

import html
import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import quote, unquote

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskRefused, TicketRef
from agent.helpdesk.glpi_session import GlpiSession, added, is_column, message
from agent.helpdesk.http import FilePart, Http
from agent.helpdesk.marks import one_line, short
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, as_html, cut, dig, number, rows
from agent.helpdesk.settings_saas import GlpiConfig
from models.facts import Secret

MAX_NAME: Final = 255
_TITLE: Final = ("1", "name")
_SOLVED, _CLOSED, _ASSIGNED = 5, 6, 2
_STATES: Final = {1: "new", 2: "assigned", 3: "planned", 4: "pending", 5: "solved", 6: "closed"}
_DELETED: Final = "deleted"


_LINK_TO: Final = 1  # LINK_TO of Ticket_Ticket: the two belong together


class Glpi(RestDesk):
    """Tickets of a GLPI. `close` ends the session.

    Args:
        config: where, and under what names.
        user_token: the user's remote access key.
        app_token: the API client's token, where GLPI asks for one.
    """

    name = "glpi"
    max_text: ClassVar = 60_000
    close_speaks: ClassVar = True
    mute: ClassVar = frozenset({"closed", _DELETED})

    def __init__(self, config: GlpiConfig, user_token: Secret, app_token: Secret | None = None) -> None:
        headers = {"App-Token": app_token} if app_token else {}
        http = Http(config.url, headers=headers, ca_file=config.ca_file, secrets=[user_token])
        super().__init__(http, Abilities(max_subject=MAX_NAME), turned_down=(_DELETED,))
        self._config = config
        self._session = GlpiSession(http, user_token)
        self._option: tuple[str, str] | None = None  # number and column of the reference

    def close(self) -> None:
        """End the session and let the connections go."""
        self._session.end()
        super().close()

    def find(self, reference: str) -> TicketRef | None:
        """Return the ticket made with this reference, open or not."""
        option, column = self._where()
        kept = _kept(reference, column)
        wanted = unquote(kept) if column == "name" else kept
        value = f"^{kept}$" if column != "name" else f"[{kept}]"
        query = [
            ("criteria[0][field]", option),
            ("criteria[0][searchtype]", "contains"),
            ("criteria[0][value]", value),
            ("forcedisplay[0]", "2"),
            ("range", "0-20"),
        ]
        data = self._session.call("GET", "/search/Ticket", query=query).json().get("data") or []
        found = list(data.values()) if isinstance(data, dict) else rows(data)
        for id_ in sorted(int(row["2"]) for row in found if "2" in row):
            ticket = self.get(str(id_))
            if ticket is not None and ticket.reference == wanted:
                return ticket
        return None

    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its id."""
        answer = self._session.call("GET", f"/Ticket/{number(ticket)}", allow={HTTPStatus.NOT_FOUND})
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        row, status = answer.json(), int(dig(answer, "status"))
        if row.get("is_deleted"):
            return TicketRef(ticket, self._reference(row), is_open=False, state=_DELETED)
        return TicketRef(ticket, self._reference(row), status < _SOLVED, _STATES.get(status, str(status)))

    def create(self, draft: Draft) -> str:
        """Make a ticket."""
        config, (_, column) = self._config, self._where()
        ticket: dict[str, Any] = {"content": as_html(cut(draft.body, self.max_text))}
        ticket["name"] = self._name(draft.subject, draft.reference)
        if column != "name":
            ticket[column] = _kept(draft.reference, column)
        chosen = {"urgency": config.priorities.get(draft.severity), "entities_id": config.entity}
        chosen["itilcategories_id"] = config.category
        return self._add(
            "Ticket", ticket | {name: value for name, value in chosen.items() if value is not None}
        )

    def _said(self, ticket: str) -> Iterable[str]:
        for kind in ("ITILFollowup", "ITILSolution"):
            yield from (str(row.get("content", "")) for row in self._sub(ticket, kind))

    def _files(self, ticket: str) -> Iterable[str]:
        for link in self._sub(ticket, "Document_Item"):
            yield str(dig(self._session.call("GET", f"/Document/{int(link['documents_id'])}"), "filename"))

    def _say(self, ticket: str, text: str) -> None:
        self._add("ITILFollowup", self._on(ticket, text) | {"is_private": int(self._config.private)})

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        manifest = {"input": {"name": attachment.name, "_filename": [attachment.name]}}
        part = FilePart("filename[0]", attachment.name, attachment.media_type, attachment.data)
        form = {"uploadManifest": json.dumps(manifest)}
        document = added(self._session.call("POST", "/Document", form=form, files=[part]))
        link = {"documents_id": int(document), "itemtype": "Ticket", "items_id": number(ticket)}
        self._add("Document_Item", link)

    def _close(self, found: TicketRef, text: str) -> None:
        kind = self._config.solution_type
        self._add("ITILSolution", self._on(found.id, text) | ({"solutiontypes_id": kind} if kind else {}))

    def _reopen(self, found: TicketRef) -> None:
        self._change(found.id, {"status": _ASSIGNED})

    def _edit(self, ticket: str, draft: Draft) -> None:
        found = self.get(ticket)
        urgency = self._config.priorities.get(draft.severity)
        name = self._name(draft.subject, found.reference if found else draft.reference)
        self._change(ticket, {"name": name} | ({} if urgency is None else {"urgency": urgency}))

    def _link(self, ticket: str, other: str) -> None:
        pair = {"tickets_id_1": number(ticket), "tickets_id_2": number(other), "link": _LINK_TO}
        if not any(_joins(row, number(ticket), number(other)) for row in self._sub(ticket, "Ticket_Ticket")):
            self._add("Ticket_Ticket", pair)

    def _looks(self) -> Iterable[Look]:
        yield ("login", self._who, "mend user_token and app_token; enable the API in GLPI's setup")
        todo = "GLPI 9 and 10 without externalid: write `reference_in: title`"
        yield ("field", lambda: f"references are kept in {self._where()[1]}", todo)
        yield ("search", self._search, "give the profile the right to see all tickets")

    def _who(self) -> str:
        return f"logged in as {dig(self._session.call('GET', '/getFullSession'), 'session', 'glpiname')}"

    def _search(self) -> str:
        self.find("preflight")
        return "tickets can be searched"

    # ------------------------------------------------------------ inside

    def _where(self) -> tuple[str, str]:
        wanted = self._config.reference_in
        if self._option is None and wanted == "title":
            self._option = _TITLE
        if self._option is None:
            options = self._session.call("GET", "/listSearchOptions/Ticket").json()
            named = (key for key, value in options.items() if is_column(value, "externalid"))
            key = next(named, None)
            if key is None and wanted == "externalid":
                raise HelpdeskRefused("tickets of this GLPI have no externalid")
            self._option = (key, "externalid") if key else _TITLE
        return self._option

    def _name(self, subject: str, reference: str) -> str:
        """Return a title; where the reference is kept in it, at its end."""
        column = self._where()[1]
        tail = f" [{_kept(reference, column)}]" if column == "name" else ""
        return cut(one_line(subject), MAX_NAME - len(tail)) + tail

    def _change(self, ticket: str, fields: Mapping[str, Any]) -> None:
        body = {"input": {"id": number(ticket), **fields}}
        done = rows(self._session.call("PUT", f"/Ticket/{number(ticket)}", json_body=body).json())
        if not done or not done[0].get(ticket):
            raise HelpdeskRefused(f"GLPI did not change ticket {ticket}: {message(done)}")

    def _reference(self, row: Mapping[str, Any]) -> str:
        if self._where()[1] == "name":
            return unquote(html.unescape(str(row.get("name", ""))).rpartition(" [")[2].removesuffix("]"))
        return html.unescape(str(row.get("externalid") or ""))

    def _on(self, ticket: str, text: str) -> dict[str, Any]:
        return {"itemtype": "Ticket", "items_id": number(ticket), "content": as_html(text)}

    def _sub(self, ticket: str, kind: str) -> list[dict[str, Any]]:
        query = [("range", "0-500")]
        return rows(self._session.call("GET", f"/Ticket/{number(ticket)}/{kind}", query=query).json())

    def _add(self, kind: str, item: Mapping[str, Any]) -> str:
        return added(self._session.call("POST", f"/{kind}", json_body={"input": item}))


def _joins(row: Mapping[str, Any], one: int, other: int) -> bool:
    """Whether a row of links joins these two tickets, whichever way round."""
    ends = {str(row.get("tickets_id_1")), str(row.get("tickets_id_2"))}
    return ends == {str(one), str(other)}


def _kept(reference: str, column: str) -> str:
    """Return a reference as a column keeps it: in a title it stands in brackets and so holds none."""
    return short(quote(reference, safe="/#:@+~.-_"), 120) if column == "name" else short(reference, MAX_NAME)
