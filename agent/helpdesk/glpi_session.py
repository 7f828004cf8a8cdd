"""GLPI's legacy API below the tickets: its session, opened anew when it expired, and what its answers mean.

Source: glpi-project/glpi, apirest.md: Init session, Add item(s), Errors [documentation only].
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from agent.helpdesk.base import HelpdeskDenied, HelpdeskError, HelpdeskRefused
from agent.helpdesk.http import Answer, FilePart, Http
from agent.helpdesk.marks import one_line
from agent.helpdesk.rest import cut, dig, rows
from models.facts import Secret

_HEADER: Final = "Session-Token"


class GlpiSession:
    """Sends requests within a session. The login itself goes with the request that opens it and no other."""

    def __init__(self, http: Http, user_token: Secret) -> None:
        self._http = http
        self._login = Secret(f"user_token {user_token.reveal()}")
        self._open = False

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        files: Sequence[FilePart] = (),
        allow: Collection[int] = (),
    ) -> Answer:
        """Send a request; a session that expired is opened anew, once: a 401 did nothing yet.

        Raises:
            HelpdeskError: as Http.send.
        """
        statuses = {HTTPStatus.UNAUTHORIZED, *allow}
        for _ in range(2):
            self._enter()
            answer = self._http.send(
                method, path, query=query, json_body=json_body, form=form, files=files, allow=statuses
            )
            if answer.status != HTTPStatus.UNAUTHORIZED:
                return answer
            self._open = False
        raise HelpdeskDenied(f"{answer.host} ends each session at once: is the API allowed for this user?")

    def end(self) -> None:
        """Close the session; that it cannot be closed is of no interest."""
        if self._open:
            with suppress(HelpdeskError):
                self._http.get("/killSession")
            self._open = False

    def _enter(self) -> None:
        if not self._open:
            self._http.set_header(_HEADER, None)
            answer = self._http.send(
                "GET", "/initSession", headers={"Authorization": self._login}, allow={400}
            )
            if (
                answer.status == HTTPStatus.BAD_REQUEST
            ):  # the API client's token, or the address, is not known
                raise HelpdeskDenied(f"{answer.host} opens no session ({_code(answer)}): mend app_token")
            self._http.set_header(_HEADER, Secret(str(dig(answer, "session_token"))))
            self._open = True


def _code(answer: Answer) -> str:
    said = answer.json()
    return cut(one_line(str(said[0])), 60) if isinstance(said, list) and said else "no reason given"


def is_column(option: Any, column: str) -> bool:
    """Whether a search option is about this column of tickets."""
    return isinstance(option, dict) and (option.get("table"), option.get("field")) == ("glpi_tickets", column)


def added(answer: Answer) -> str:
    """Return the id of what was added.

    Raises:
        HelpdeskRefused: nothing was, which 201 and 207 may both say.
    """
    said = answer.json()
    if isinstance(said, list):  # [error, [record]] of a 207, or [record]
        said = next(iter(rows(said) or rows(said[-1] if said else None)), {})
    first: dict[str, Any] = said
    if not first.get("id"):
        raise HelpdeskRefused(f"GLPI did not add it: {message([first])}")
    return str(first["id"])


def message(said: Sequence[Mapping[str, Any]]) -> str:
    """Return why something was not done, where GLPI says so."""
    return cut(one_line(str(said[0].get("message", "") if said else "")), 200) or "it does not say why"
