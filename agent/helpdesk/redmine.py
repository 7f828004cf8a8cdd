"""Redmine, REST API [documentation only: no live Redmine was contacted].

Sources: redmine.org/projects/redmine/wiki, Rest_api, Rest_Issues, Attachments in Rest_api.

- `status_id=*`, or closed issues are not found. A filter that Redmine does not know is ignored, and all
  issues match: what is found is compared again.
- A status that the workflow does not allow is ignored with a 204: each step is read back.
- Unknown names in a request are ignored too; preflight reads an issue to see the custom field.
- A file is uploaded first and joined to the issue by its token.
- Texts are Textile or Markdown; in <pre> both leave them alone.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, ClassVar, Final

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskRefused, TicketRef
from agent.helpdesk.http import Http
from agent.helpdesk.marks import one_line, short
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, cut, dig, number, rows
from agent.helpdesk.settings_saas import RedmineConfig
from models.facts import Secret

MAX_SUBJECT: Final = 255
_MAX_FIELD: Final = 255


class Redmine(RestDesk):
    """Issues of one project.

    Args:
        config: where, and under what names.
        key: the API access key of a user.
    """

    name = "redmine"
    max_text: ClassVar = 60_000

    def __init__(self, config: RedmineConfig, key: Secret) -> None:
        http = Http(config.url, headers={"X-Redmine-API-Key": key}, ca_file=config.ca_file)
        super().__init__(http, Abilities(max_subject=MAX_SUBJECT), turned_down=config.turned_down)
        self._config = config
        self._known: dict[
            str, tuple[int, bool]
        ] = {}  # status, lower case -> its number, whether it is closed

    def find(self, reference: str) -> TicketRef | None:
        """Return the issue made with this reference, open or not."""
        kept = short(reference, _MAX_FIELD)
        query = {
            "project_id": self._config.project,
            "status_id": "*",
            f"cf_{self._config.reference_field}": kept,
            "sort": "id",
            "limit": "100",
        }
        for row in rows(dig(self._http.get("/issues.json", query), "issues")):
            found = self._ref(row)
            if found.reference == kept:
                return found
        return None

    def get(self, ticket: str) -> TicketRef | None:
        """Return an issue by its number."""
        answer = self._http.get(self._path(ticket), allow={HTTPStatus.NOT_FOUND})
        return None if answer.status == HTTPStatus.NOT_FOUND else self._ref(dig(answer, "issue"))

    def create(self, draft: Draft) -> str:
        """Make an issue."""
        config = self._config
        kept = short(draft.reference, _MAX_FIELD)
        issue: dict[str, Any] = {
            "project_id": config.project,
            "subject": cut(one_line(draft.subject), MAX_SUBJECT),
            "description": _pre(cut(draft.body, self.max_text)),
            "custom_fields": [{"id": config.reference_field, "value": kept}],
        }
        chosen = {"tracker_id": config.tracker, "priority_id": config.priorities.get(draft.severity)}
        issue |= {name: value for name, value in chosen.items() if value is not None}
        answer = self._http.send("POST", "/issues.json", json_body={"issue": issue})
        return str(dig(answer, "issue", "id"))

    def _said(self, ticket: str) -> Iterable[str]:
        answer = self._http.get(self._path(ticket), {"include": "journals"})
        return [str(row.get("notes") or "") for row in rows(dig(answer, "issue", "journals"))]

    def _files(self, ticket: str) -> Iterable[str]:
        answer = self._http.get(self._path(ticket), {"include": "attachments"})
        return [str(row.get("filename")) for row in rows(dig(answer, "issue", "attachments"))]

    def _say(self, ticket: str, text: str) -> None:
        self._put(ticket, {"notes": _pre(text), "private_notes": self._config.private}, harmless=False)

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        headers = {"Content-Type": "application/octet-stream"}
        query = {"filename": attachment.name}
        answer = self._http.send(
            "POST", "/uploads.json", query=query, body=attachment.data, headers=headers, harmless=True
        )
        token = str(dig(answer, "upload", "token"))
        file = {"token": token, "filename": attachment.name, "content_type": attachment.media_type}
        self._put(ticket, {"uploads": [file]}, harmless=False)

    def _close(self, found: TicketRef, text: str) -> None:  # noqa: ARG002 - said in a note before
        self._put(found.id, {"status_id": self._status(self._config.closed_status)[0]})

    def _reopen(self, found: TicketRef) -> None:
        self._put(found.id, {"status_id": self._status(self._config.open_status)[0]})

    def _edit(self, ticket: str, draft: Draft) -> None:
        priority = self._config.priorities.get(draft.severity)
        change: dict[str, Any] = {"subject": cut(one_line(draft.subject), MAX_SUBJECT)}
        self._put(ticket, change | ({"priority_id": priority} if priority is not None else {}))

    def _link(self, ticket: str, other: str) -> None:
        relation = {"issue_to_id": number(other), "relation_type": "relates"}
        path = f"/issues/{number(ticket)}/relations.json"
        taken = {HTTPStatus.UNPROCESSABLE_ENTITY}  # it is there already
        self._http.send("POST", path, json_body={"relation": relation}, harmless=True, allow=taken)

    def _looks(self) -> Iterable[Look]:
        yield ("login", self._who, "enable the REST API in the administration, and use the user's API key")
        yield ("states", self._states, "mend closed_status and open_status: names of the issue statuses")
        todo = "add a text field for issues, for all trackers of the project, used as a filter"
        yield ("field", self._field, todo)

    def _who(self) -> str:
        return f"logged in as {dig(self._http.get('/users/current.json'), 'user', 'login')}"

    def _states(self) -> str:
        closed, opened = self._config.closed_status, self._config.open_status
        if not self._status(closed)[1] or self._status(opened)[1]:
            raise HelpdeskRefused(f"{closed!r} must be a closed status and {opened!r} an open one")
        return f"resolves to {closed!r}, reopens to {opened!r}"

    def _field(self) -> str:
        self.find("preflight")
        query = {"project_id": self._config.project, "status_id": "*", "limit": "1"}
        newest = rows(dig(self._http.get("/issues.json", query), "issues"))
        wanted = self._config.reference_field
        if newest and wanted not in {field.get("id") for field in rows(newest[0].get("custom_fields"))}:
            raise HelpdeskRefused(f"issues of {self._config.project} have no custom field {wanted}")
        return f"references are kept in custom field {wanted}"

    # ------------------------------------------------------------ inside

    def _status(self, name: str) -> tuple[int, bool]:
        """Return the number of a status, and whether it is a closed one."""
        if name.casefold() not in self._known:
            found = rows(dig(self._http.get("/issue_statuses.json"), "issue_statuses"))
            self._known = {
                str(row["name"]).casefold(): (int(row["id"]), bool(row.get("is_closed"))) for row in found
            }
        if name.casefold() not in self._known:
            raise HelpdeskRefused(f"there is no issue status {name!r}")
        return self._known[name.casefold()]

    def _put(self, ticket: str, fields: dict[str, Any], *, harmless: bool = True) -> None:
        self._http.send("PUT", self._path(ticket), json_body={"issue": fields}, harmless=harmless)

    def _ref(self, row: dict[str, Any]) -> TicketRef:
        wanted, state = self._config.reference_field, str(row["status"]["name"])
        fields = {field.get("id"): field.get("value") for field in rows(row.get("custom_fields"))}
        closed = self._status(state)[1]
        return TicketRef(str(row["id"]), str(fields.get(wanted) or ""), not closed, state)

    @staticmethod
    def _path(ticket: str) -> str:
        return f"/issues/{number(ticket)}.json"


def _pre(text: str) -> str:
    return f"<pre>\n{text.replace('<', '&lt;')}\n</pre>"
