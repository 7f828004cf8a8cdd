"""django-helpdesk 2, by its REST API (django-helpdesk docs, "API"). Run against a real 2.6.1.

- Lists know one filter, `status`; any other is ignored without a word: we go through the pages, newest first.
- A follow-up with a title gives it to the ticket: ours have none.
- A resolving follow-up's title is the ticket's with " and Resolved" behind it, in a column of 200: subjects
  are kept short, or a strict database would answer 500.
- The text of a follow-up is run as a Django template: braces in pairs are taken apart.
- A ticket's own answer holds all its follow-ups and files: one request sees what was said before.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final

from agent.helpdesk.base import Abilities, Attachment, Draft, HelpdeskRefused, TicketRef
from agent.helpdesk.http import ANSWER_SECONDS, FilePart, Http, segment
from agent.helpdesk.marks import one_line, short
from agent.helpdesk.preflight import Look
from agent.helpdesk.rest import RestDesk, dig, number, rows
from agent.helpdesk.settings import DjangoHelpdeskConfig
from models.facts import Secret

MAX_SUBJECT: Final = 180
_PAGE: Final = 100
_NORMAL: Final = 3
_REOPENED: Final = 2
_RESOLVED: Final = 3
_OPEN: Final = frozenset({1, _REOPENED})
_NAMES: Final[Mapping[int, str]] = {1: "open", 2: "reopened", 3: "resolved", 4: "closed", 5: "duplicate"}
_TEMPLATE_TAGS: Final = ("{{", "{%", "%}", "{#")


class DjangoHelpdesk(RestDesk):
    """Tickets in one queue of a django-helpdesk.

    Args:
        config: where, and under what names.
        token: the API token of a user who is staff.
        answer_seconds: how long an answer may take.
    """

    name = "django-helpdesk"
    close_speaks: ClassVar = True

    def __init__(
        self, config: DjangoHelpdeskConfig, token: Secret, *, answer_seconds: float = ANSWER_SECONDS
    ) -> None:
        http = Http(
            config.url + "/api",
            headers={"Authorization": Secret(f"Token {token.reveal()}")},
            ca_file=config.ca_file,
            login="helpdesk.token",
            answer_seconds=answer_seconds,
        )
        super().__init__(http, Abilities(max_subject=MAX_SUBJECT), turned_down=("duplicate",))
        self._config = config
        self._field = f"custom_{config.reference_field}"

    def find(self, reference: str) -> TicketRef | None:
        """Return the newest ticket made with this reference, open or not."""
        kept = short(reference, self._config.reference_length)
        for row in self._newest_first():
            if row.get(self._field) == kept:
                return self._ref(row)
        return None

    def get(self, ticket: str) -> TicketRef | None:
        """Return a ticket by its number."""
        answer = self._http.get(_path(ticket), allow={HTTPStatus.NOT_FOUND})
        return None if answer.status == HTTPStatus.NOT_FOUND else self._ref(answer.json())

    def create(self, draft: Draft) -> str:
        """Make a ticket in the queue."""
        ticket: dict[str, Any] = {
            "queue": self._config.queue,
            "title": one_line(draft.subject)[:MAX_SUBJECT],
            "description": draft.body,
            "priority": self._config.priorities.get(draft.severity, _NORMAL),  # it takes none without
            self._field: short(draft.reference, self._config.reference_length),
        }
        return str(dig(self._http.send("POST", "/tickets/", json_body=ticket), "id"))

    def _said(self, ticket: str) -> Iterable[str]:
        return [str(row.get("comment") or "") for row in self._follow_ups(ticket)]

    def _files(self, ticket: str) -> Iterable[str]:
        kept = [rows(row.get("followupattachment_set")) for row in self._follow_ups(ticket)]
        return [str(file.get("filename") or "") for files in kept for file in files]

    def _say(self, ticket: str, text: str) -> None:
        self._follow_up(ticket, comment=_plain(text))

    def _upload(self, ticket: str, attachment: Attachment) -> None:
        part = FilePart("attachments", attachment.name, attachment.media_type, attachment.data)
        form = {"ticket": ticket, "comment": attachment.name, "public": "false"}
        self._http.send("POST", "/followups/", form=form, files=[part])

    def _close(self, found: TicketRef, text: str) -> None:
        self._follow_up(found.id, comment=_plain(text), new_status=_RESOLVED)

    def _reopen(self, found: TicketRef) -> None:
        self._follow_up(found.id, new_status=_REOPENED)

    def _edit(self, ticket: str, draft: Draft) -> None:
        priority = self._config.priorities.get(draft.severity, _NORMAL)
        change = {"title": one_line(draft.subject)[:MAX_SUBJECT], "priority": priority}
        self._http.send("PATCH", _path(ticket), json_body=change, harmless=True)

    def _looks(self) -> Iterable[Look]:
        yield ("login", self._login, "make the token's user staff, and mend helpdesk.url")
        field = f"add a custom field {self._config.reference_field} (single line, length 255) in the admin"
        yield ("field", self._reference_field, field)
        yield ("dry run", self._dry_create, "mend helpdesk.queue, or let the user see that queue")

    def _login(self) -> str:
        count = dig(self._http.get("/tickets/", {"page_size": "1"}), "count")
        return f"let in as staff, {count} tickets seen"

    def _reference_field(self) -> str:
        fields = dig(self._http.send("OPTIONS", "/tickets/", harmless=True), "actions", "POST")
        if self._field not in fields:
            raise HelpdeskRefused(f"tickets have no custom field {self._config.reference_field}")
        length = fields[self._field].get("max_length") or self._config.reference_length
        if length < self._config.reference_length:
            raise HelpdeskRefused(f"{self._config.reference_field} takes {length} characters only")
        return f"{self._config.reference_field} is there"

    def _dry_create(self) -> str:
        """Ask for a ticket without a title, which is never made: the answer names all that is wrong."""
        nothing = {"queue": self._config.queue}
        answer = self._http.send("POST", "/tickets/", json_body=nothing, allow={HTTPStatus.BAD_REQUEST})
        wrong = sorted(set(answer.json()) - {"title"})
        if wrong:
            raise HelpdeskRefused(f"it would not take a ticket: {', '.join(wrong)}")
        return f"queue {self._config.queue} takes tickets"

    # ------------------------------------------------------------ inside

    def _newest_first(self) -> Iterable[dict[str, Any]]:
        """Yield all tickets. Pages count from the oldest, so that a new ticket moves none of them."""
        page = "last"
        while page != "0":
            answer = self._http.get("/tickets/", {"page_size": str(_PAGE), "page": page})
            if page == "last":
                page = str(-(-int(dig(answer, "count")) // _PAGE))
            yield from sorted(rows(dig(answer, "results")), key=lambda row: -int(row["id"]))
            page = str(max(0, int(page) - 1))

    def _follow_ups(self, ticket: str) -> list[dict[str, Any]]:
        return rows(dig(self._http.get(_path(ticket)), "followup_set"))

    def _follow_up(self, ticket: str, **said: Any) -> None:
        body = {"ticket": number(ticket), "public": False, **said}
        self._http.send("POST", "/followups/", json_body=body)

    def _ref(self, row: Mapping[str, Any]) -> TicketRef:
        status = int(row["status"])
        state = _NAMES.get(status, str(status))
        return TicketRef(str(row["id"]), str(row.get(self._field) or ""), status in _OPEN, state)


def _path(ticket: str) -> str:
    return f"/tickets/{segment(ticket)}/"


def _plain(text: str) -> str:
    """Take apart what Django would run as a template."""
    for tag in _TEMPLATE_TAGS:
        text = text.replace(tag, f"{tag[0]} {tag[1]}")
    return text
