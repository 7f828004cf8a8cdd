"""Jira Cloud (REST v3) and Data Center (REST v2) [documentation only: no live Jira was contacted].

Sources: developer.atlassian.com, Jira Cloud platform REST API v3 (Issues, Issue search, Search and
reconcile, Issue attachments) and Jira Server platform REST API.

- Cloud: search is POST /search/jql, which lags by seconds to minutes; the old /search is gone (410).
- A state is reached by a transition, whose number differs per issue: found by its name or its target's.
- The key is a label (exact); a text field is searched by words, so what is found is compared again.
- `resolution != "Won't Do"` in JQL misses issues without a resolution: resolutions are compared here.
- Uploads need `X-Atlassian-Token: no-check`.
"""

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskRefused, TicketRef
from agent.helpdesk.http import FilePart, Http, basic, segment
from agent.helpdesk.jira_screen import chosen_of, compare, listed
from agent.helpdesk.jira_text import adf, fenced, jql_string, label_of, plain, reference_in
from agent.helpdesk.marks import one_line, short
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, cut, dig, rows
from agent.helpdesk.settings_saas import JiraConfig
from models.facts import Secret

MAX_SUMMARY: Final = 255
MAX_ATTACHMENT: Final = 10 * 2**20  # bytes, the default of both
INDEX_LAG: Final = 120.0  # seconds; Atlassian says "a few seconds to minutes"
_RIGHTS: Final = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "ADD_COMMENTS",
    "CREATE_ATTACHMENTS",
    "TRANSITION_ISSUES",
)
_UPLOAD: Final = {"X-Atlassian-Token": "no-check"}


class Jira(RestDesk):
    """Issues of one type in one project.

    Args:
        config: where, and under what names.
        token: Cloud: an API token of `config.user`; Data Center: a personal access token.
    """

    name = "jira"
    max_text: ClassVar = 32_000  # description and comments take 32,767, our frame included

    def __init__(self, config: JiraConfig, token: Secret) -> None:
        self._cloud = config.flavor == "cloud"
        login = basic(config.user, token) if self._cloud else Secret(f"Bearer {token.reveal()}")
        http = Http(config.url, headers={"Authorization": login}, ca_file=config.ca_file, secrets=[token])
        abilities = Abilities(
            search_is_consistent=not self._cloud,
            index_lag_seconds=INDEX_LAG if self._cloud else 0.0,
            max_attachment=MAX_ATTACHMENT,
            max_subject=MAX_SUMMARY,
        )
        super().__init__(http, abilities, turned_down=config.turned_down)
        self._config = config
        self._api = "/rest/api/3" if self._cloud else "/rest/api/2"

    def find(self, reference: str) -> TicketRef | None:
        """Return the issue made with this reference, open or not."""
        search = "/search/jql" if self._cloud else "/search"
        body = {"jql": self._jql(reference), "fields": self._fields, "maxResults": 20}
        answer = self._http.send("POST", self._api + search, json_body=body, harmless=True)
        for issue in rows(dig(answer, "issues")):
            found = self._ref(issue)
            if found.reference == self._kept(reference):
                return found
        return None

    def get(self, ticket: str) -> TicketRef | None:
        """Return an issue by its key."""
        answer = self._http.get(
            self._issue(ticket), {"fields": ",".join(self._fields)}, allow={HTTPStatus.NOT_FOUND}
        )
        return None if answer.status == HTTPStatus.NOT_FOUND else self._ref(answer.json())

    def create(self, draft: Draft) -> str:
        """Make an issue and return its key."""
        fields: dict[str, Any] = {
            "project": {"key": self._config.project},
            "issuetype": {"name": self._config.issue_type},
            "summary": cut(one_line(draft.subject), MAX_SUMMARY),
            "description": self._text(cut(draft.body, self.max_text)),
            self._config.reference_field: self._value(draft.reference),
        }
        if priority := self._config.priorities.get(draft.severity):
            fields["priority"] = {"name": priority}
        answer = self._http.send("POST", f"{self._api}/issue", json_body={"fields": fields})
        return str(dig(answer, "key"))

    def _said(self, ticket: str) -> Iterable[str]:
        query = {"orderBy": "-created", "maxResults": "100"}
        comments = dig(self._http.get(f"{self._issue(ticket)}/comment", query), "comments")
        return [plain(comment.get("body")) for comment in rows(comments)]

    def _files(self, ticket: str) -> Iterable[str]:
        answer = self._http.get(self._issue(ticket), {"fields": "attachment"})
        return [str(file.get("filename")) for file in rows(dig(answer, "fields").get("attachment"))]

    def _say(self, ticket: str, text: str) -> None:
        self._http.send("POST", f"{self._issue(ticket)}/comment", json_body={"body": self._text(text)})

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        file = FilePart("file", attachment.name, attachment.media_type, attachment.data)
        self._http.send("POST", f"{self._issue(ticket)}/attachments", files=[file], headers=_UPLOAD)

    def _close(self, found: TicketRef, text: str) -> None:  # noqa: ARG002 - said in a comment before
        resolution = self._config.resolution
        fields = {"fields": {"resolution": {"name": resolution}}} if resolution else {}
        self._walk(found, self._config.resolve_by, fields)

    def _reopen(self, found: TicketRef) -> None:
        self._walk(found, self._config.reopen_by, {})

    def _edit(self, ticket: str, draft: Draft) -> None:
        fields: dict[str, Any] = {"summary": cut(one_line(draft.subject), MAX_SUMMARY)}
        if priority := self._config.priorities.get(draft.severity):
            fields["priority"] = {"name": priority}
        self._http.send("PUT", self._issue(ticket), json_body={"fields": fields})

    def _link(self, ticket: str, other: str) -> None:
        link = {"type": {"name": "Relates"}, "inwardIssue": {"key": ticket}, "outwardIssue": {"key": other}}
        self._http.send("POST", f"{self._api}/issueLink", json_body=link, harmless=True)

    def _looks(self) -> Iterable[Look]:
        yield ("login", self._who, "make a token, and for Cloud give the mail address of its user")
        yield ("rights", self._rights, "give the user these rights in the project's permission scheme")
        field = self._config.reference_field
        yield ("fields", self._fits, f"put {field} on the create screen, and no other mandatory field")
        yield ("search", self._search, "make the project visible to the user")

    def _who(self) -> str:
        return f"logged in as {dig(self._http.get(f'{self._api}/myself'), 'displayName')}"

    def _rights(self) -> str:
        query = {"projectKey": self._config.project} | (
            {"permissions": ",".join(_RIGHTS)} if self._cloud else {}
        )
        rights = dig(self._http.get(f"{self._api}/mypermissions", query), "permissions")
        missing = [right for right in _RIGHTS if not rights.get(right, {}).get("havePermission")]
        if missing:
            raise HelpdeskRefused(f"in {self._config.project} it may not {', '.join(missing)}")
        return f"may work in {self._config.project}"

    def _fits(self) -> str:
        """Do what comes closest to a dry run: compare what we send with what the create screen takes."""
        types = f"{self._api}/issue/createmeta/{segment(self._config.project)}/issuetypes"
        known = listed(self._http.get(types), "issueTypes")
        kind = next((row for row in known if row.get("name") == self._config.issue_type), None)
        if kind is None:
            raise HelpdeskRefused(f"{self._config.project} has no issue type {self._config.issue_type!r}")
        fields = listed(
            self._http.get(f"{types}/{segment(str(kind['id']))}", {"maxResults": "200"}), "fields"
        )
        ours = {"project", "issuetype", "summary", "description", "reporter", self._config.reference_field}
        return compare(fields, ours, self._config.reference_field)

    def _search(self) -> str:
        self.find("preflight")
        return "issues can be searched"

    # ------------------------------------------------------------ inside

    def _walk(self, found: TicketRef, names: Sequence[str], extra: dict[str, Any]) -> None:
        path = f"{self._issue(found.id)}/transitions"
        chosen = chosen_of(found, rows(dig(self._http.get(path), "transitions")), names)
        self._http.send("POST", path, json_body={"transition": {"id": chosen}, **extra})

    def _jql(self, reference: str) -> str:
        field = self._config.reference_field
        term = f"labels = {jql_string(label_of(reference))}"
        if field != "labels":
            words = jql_string(jql_string(self._kept(reference)))
            term = f"cf[{field.removeprefix('customfield_')}] ~ {words}"
        return f"project = {jql_string(self._config.project)} AND {term} ORDER BY created ASC"

    def _kept(self, reference: str) -> str:
        if self._config.reference_field == "labels":
            return reference_in([label_of(reference)])
        return short(reference, 255)

    def _value(self, reference: str) -> Any:
        labelled = self._config.reference_field == "labels"
        return [label_of(reference)] if labelled else self._kept(reference)

    def _text(self, text: str) -> Any:
        return adf(text) if self._cloud else fenced(text)

    @property
    def _fields(self) -> list[str]:
        return ["status", "resolution", self._config.reference_field]

    def _ref(self, issue: dict[str, Any]) -> TicketRef:
        fields = issue["fields"]
        status, kept = fields["status"], fields.get(self._config.reference_field)
        done = status.get("statusCategory", {}).get("key") == "done"
        resolution = (fields.get("resolution") or {}).get("name")
        cancelled = str(status["name"]).casefold() in self._turned_down
        reference = reference_in(kept) if isinstance(kept, list) else str(kept or "")
        state = str(resolution if done and resolution and not cancelled else status["name"])
        return TicketRef(str(issue["key"]), reference, not done, state)

    def _issue(self, ticket: str) -> str:
        return f"{self._api}/issue/{segment(ticket)}"
