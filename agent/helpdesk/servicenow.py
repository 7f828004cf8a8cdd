"""ServiceNow, Table and Attachment API [documentation only: no live instance was contacted].

Sources: docs.servicenow.com, Table API, Attachment API, inbound REST rate limiting, encoded queries.

- All values are strings; sys_id is not the number. People know the number, the API the sys_id, so the
  ledger keeps both: `INC0010001:<sys_id>`.
- The reference goes into correlation_id (100 characters). A query with a field that cannot be read is not
  refused: it matches everything. So what is found is compared again.
- Resolving needs close_code and close_notes; the codes are the instance's own. Closed (7) and cancelled (8)
  are a person's decision, and read-only.
- Texts that are too long are cut silently; they are cut here, and said to be.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, Final

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskRefused, TicketRef
from agent.helpdesk.http import Http, basic, segment
from agent.helpdesk.marks import one_line, short
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, cut, dig, rows
from agent.helpdesk.settings_saas import ServiceNowConfig
from models.facts import Secret

MAX_SHORT: Final = 160
MAX_CORRELATION: Final = 100
_STATES: Final = {
    "1": "new", "2": "in progress", "3": "on hold", "6": "resolved", "7": "closed", "8": "cancelled",
}  # fmt: skip
_RESOLVED, _IN_PROGRESS = "6", "2"
_OVER: Final = frozenset({"6", "7", "8"})
_FIELDS: Final = "sys_id,number,state,correlation_id"


class ServiceNow(RestDesk):
    """Incidents of one instance.

    Args:
        config: where, and under what names.
        secret: the password of `config.user`, or an API key where no user is given.
    """

    name = "servicenow"
    max_text: ClassVar = 4_000
    close_speaks: ClassVar = True
    mute: ClassVar = frozenset({"closed", "cancelled"})

    def __init__(self, config: ServiceNowConfig, secret: Secret) -> None:
        headers = {"Authorization": basic(config.user, secret)} if config.user else {"x-sn-apikey": secret}
        http = Http(config.url, headers=headers, ca_file=config.ca_file, secrets=[secret])
        super().__init__(http, Abilities(max_subject=MAX_SHORT), turned_down=self.mute)
        self._config = config

    def find(self, reference: str) -> TicketRef | None:
        """Return the incident made with this reference, open or not."""
        kept = short(reference, MAX_CORRELATION)
        wanted = f"correlation_id={kept.replace('^', '^^')}^ORDERBYsys_created_on"
        query = {"sysparm_query": wanted, "sysparm_fields": _FIELDS, "sysparm_limit": "10"}
        for row in rows(dig(self._http.get(self._table(), query), "result")):
            if row.get("correlation_id") == kept:
                return _ref(row)
        return None

    def get(self, ticket: str) -> TicketRef | None:
        """Return an incident by the ledger's `number:sys_id`."""
        answer = self._http.get(
            self._table(ticket), {"sysparm_fields": _FIELDS}, allow={HTTPStatus.NOT_FOUND}
        )
        return None if answer.status == HTTPStatus.NOT_FOUND else _ref(dig(answer, "result"))

    def create(self, draft: Draft) -> str:
        """Make an incident."""
        config, level = self._config, self._config.priorities.get(draft.severity)
        incident = {
            "short_description": cut(one_line(draft.subject), MAX_SHORT),
            "description": cut(draft.body, self.max_text),
            "correlation_id": short(draft.reference, MAX_CORRELATION),
            "correlation_display": "siteward",
            **({"urgency": level, "impact": level} if level else {}),
            **({"caller_id": config.caller} if config.caller else {}),
            **({"assignment_group": config.assignment_group} if config.assignment_group else {}),
            **config.fields,
        }
        answer = self._http.send("POST", self._table(), json_body=incident)
        return f"{dig(answer, 'result', 'number')}:{dig(answer, 'result', 'sys_id')}"

    def _said(self, ticket: str) -> Iterable[str]:
        query = {"sysparm_fields": "work_notes,close_notes", "sysparm_display_value": "true"}
        result = dig(self._http.get(self._table(ticket), query), "result")
        return [str(result.get("work_notes", "")), str(result.get("close_notes", ""))]

    def _files(self, ticket: str) -> Iterable[str]:
        wanted = f"table_name={self._config.table}^table_sys_id={_sys_id(ticket)}"
        query = {"sysparm_query": wanted, "sysparm_fields": "file_name", "sysparm_limit": "200"}
        found = rows(dig(self._http.get("/api/now/table/sys_attachment", query), "result"))
        return [str(row.get("file_name")) for row in found]

    def _say(self, ticket: str, text: str) -> None:
        self._patch(ticket, {"work_notes": text})

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        table = self._config.table
        query = {"table_name": table, "table_sys_id": _sys_id(ticket), "file_name": attachment.name}
        headers = {"Content-Type": attachment.media_type}
        self._http.send(
            "POST", "/api/now/attachment/file", query=query, body=attachment.data, headers=headers
        )

    def _close(self, found: TicketRef, text: str) -> None:
        code = self._config.close_code
        self._patch(found.id, {"state": _RESOLVED, "close_code": code, "close_notes": text})

    def _reopen(self, found: TicketRef) -> None:
        self._patch(found.id, {"state": _IN_PROGRESS})

    def _edit(self, ticket: str, draft: Draft) -> None:
        level = self._config.priorities.get(draft.severity)
        change = {"short_description": cut(one_line(draft.subject), MAX_SHORT)}
        self._patch(ticket, change | ({"urgency": level, "impact": level} if level else {}))

    def _link(self, ticket: str, other: str) -> None:
        self._patch(
            ticket, {"parent": _sys_id(other)}
        )  # not parent_incident: closing that closes its children

    def _looks(self) -> Iterable[Look]:
        yield ("login", self._read, "give the user the roles itil and rest_service, or mend the API key")
        yield ("close code", self._close_code, "write a `close_code` that the instance's list has")
        yield ("search", self._search, "let the user read correlation_id")

    def _read(self) -> str:
        query = {"sysparm_limit": "1", "sysparm_fields": _FIELDS}
        found = rows(dig(self._http.get(self._table(), query), "result"))
        missing = [name for name in _FIELDS.split(",") if found and name not in found[0]]
        if missing:
            raise HelpdeskRefused(f"{', '.join(missing)} of {self._config.table} cannot be read")
        return f"reads {self._config.table}"

    def _close_code(self) -> str:
        table, code = self._config.table, self._config.close_code
        wanted = f"name={table}^element=close_code^inactive=false"
        query = {"sysparm_query": wanted, "sysparm_fields": "value", "sysparm_limit": "100"}
        path = "/api/now/table/sys_choice"
        answer = self._http.get(path, query, allow={HTTPStatus.FORBIDDEN})
        if answer.status == HTTPStatus.FORBIDDEN:
            return f"the user may not read the list of close codes; {code!r} is taken on trust"
        known = [str(row.get("value")) for row in rows(dig(answer, "result"))]
        if code not in known:
            raise HelpdeskRefused(f"there is no close code {code!r}; there are {', '.join(known)}")
        return f"resolves with {code!r}"

    def _search(self) -> str:
        self.find("preflight")
        return "incidents can be searched"

    # ------------------------------------------------------------ inside

    def _patch(self, ticket: str, fields: dict[str, str]) -> None:
        self._http.send("PATCH", self._table(ticket), json_body=fields)

    def _table(self, ticket: str = "") -> str:
        path = f"/api/now/table/{self._config.table}"
        return f"{path}/{segment(_sys_id(ticket))}" if ticket else path


def _sys_id(ticket: str) -> str:
    return ticket.rpartition(":")[2]


def _ref(row: dict[str, Any]) -> TicketRef:
    state = str(row.get("state", ""))
    id_ = f"{row['number']}:{row['sys_id']}"
    reference = str(row.get("correlation_id") or "")
    return TicketRef(id_, reference, state not in _OVER, _STATES.get(state, state))
