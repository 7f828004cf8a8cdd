"""Jira Service Management, as the portal sees it [documentation only: no live product was contacted].

Sources: developer.atlassian.com, Jira Service Management REST API: Request, Servicedesk
(attachTemporaryFile).

- Requests, comments and pictures go through /rest/servicedeskapi, so that the customer is told; states and
  search are the platform's, as in Jira.
- A request takes only the fields of its request type: the reference's field (labels, or a text field) must
  be on the form, hidden if one likes. Preflight looks for it.
- A picture is first a temporary file of the service desk, then an attachment of the request.
- Texts are plain (wiki markup) on both products.
"""

from collections.abc import Iterable
from typing import Any, Final

from agent.helpdesk.base import Attachment, Draft
from agent.helpdesk.http import FilePart, segment
from agent.helpdesk.jira import MAX_SUMMARY, Jira
from agent.helpdesk.jira_screen import compare
from agent.helpdesk.jira_text import fenced
from agent.helpdesk.marks import one_line
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import cut, dig, rows
from agent.helpdesk.settings_saas import JsmConfig
from models.facts import Secret

_API: Final = "/rest/servicedeskapi"
_UPLOAD: Final = {"X-Atlassian-Token": "no-check", "X-ExperimentalApi": "opt-in"}


class JiraServiceManagement(Jira):
    """Requests of one request type in one service desk.

    Args:
        config: where, and under what names.
        token: as for Jira.
    """

    name = "jsm"

    def __init__(self, config: JsmConfig, token: Secret) -> None:
        super().__init__(config, token)
        self._desk = config

    def create(self, draft: Draft) -> str:
        """Make a request and return its issue key."""
        body = {
            "serviceDeskId": self._desk.service_desk,
            "requestTypeId": self._desk.request_type,
            "requestFieldValues": {
                "summary": cut(one_line(draft.subject), MAX_SUMMARY),
                "description": fenced(cut(draft.body, self.max_text)),
                self._desk.reference_field: self._value(draft.reference),
            },
        }
        return str(dig(self._http.send("POST", f"{_API}/request", json_body=body), "issueKey"))

    def _say(self, ticket: str, text: str) -> None:
        body = {"body": fenced(text), "public": self._desk.public}
        self._http.send("POST", f"{self._request(ticket)}/comment", json_body=body)

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        file = FilePart("file", attachment.name, attachment.media_type, attachment.data)
        path = f"{_API}/servicedesk/{segment(self._desk.service_desk)}/attachTemporaryFile"
        answer = self._http.send("POST", path, files=[file], headers=_UPLOAD)
        id_ = dig(answer, "temporaryAttachments", 0, "temporaryAttachmentId")
        body = {"temporaryAttachmentIds": [id_], "public": self._desk.public}
        self._http.send("POST", f"{self._request(ticket)}/attachment", json_body=body)

    def _looks(self) -> Iterable[Look]:
        yield ("login", self._who, "make a token, and for Cloud give the mail address of its user")
        field = self._desk.reference_field
        yield ("fields", self._fits, f"put {field} on the request type's form, and no other mandatory field")
        yield ("search", self._search, "make the user an agent of the service project")

    def _fits(self) -> str:
        desk, kind = segment(self._desk.service_desk), segment(self._desk.request_type)
        answer = self._http.get(f"{_API}/servicedesk/{desk}/requesttype/{kind}/field")
        fields = [_as_meta(row) for row in rows(dig(answer, "requestTypeFields"))]
        return compare(
            fields, {"summary", "description", self._desk.reference_field}, self._desk.reference_field
        )

    @staticmethod
    def _request(ticket: str) -> str:
        return f"{_API}/request/{segment(ticket)}"


def _as_meta(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "hasDefaultValue": bool(row.get("defaultValues") or row.get("presetValues"))}
