"""Log in, log out, choose a language."""

import logging
from collections.abc import Callable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.web.accounts import AccountError, TooManyTries
from agent.web.gate import COOKIE, NotTaken, is_same_origin, local_path
from agent.web.oidc import LASTS_SECONDS, Oidc, OidcError
from agent.web.pages.frame import Frame
from agent.web.pages.kept import Kept, read_kept
from agent.web.words import say
from models.words import LANGUAGES

log = logging.getLogger(__name__)

STATE: Final = "siteward_state"
UNAUTHORIZED: Final = 401
_YEAR: Final = 365 * 86400


class Door:
    """The ways in and out."""

    def __init__(self, frame: Frame, now: Callable[[], float], oidc: Oidc | None = None) -> None:
        self._frame = frame
        self._now = now
        self._oidc = oidc

    async def show(self, request: Request) -> Response:
        """Show the form."""
        return await self._form(request, local_path(request.query_params.get("next", "/")))

    async def log_in(self, request: Request) -> Response:
        """Take name and password; a wrong pair says no more than that it is wrong."""
        form = await request.form(max_files=0, max_fields=10)
        wanted = local_path(str(form.get("next", "/")))
        if not is_same_origin(request):
            return await self._form(request, wanted, "foreign_form", 403)
        name, password = str(form.get("user", "")), str(form.get("password", ""))
        address = request.client.host if request.client else ""
        accounts = self._frame.gate.accounts
        try:
            secret = await run_in_threadpool(accounts.log_in, name, password, address, self._now())
        except TooManyTries as err:
            kept = read_kept(str(form.get("kept", "")))
            answer = await self._form(request, wanted, "too_many", 429, kept=kept, seconds=round(err.seconds))
            answer.headers["retry-after"] = str(round(err.seconds) or 1)
            return answer
        if secret is None:
            kept = read_kept(str(form.get("kept", "")))
            return await self._form(request, wanted, "wrong_login", UNAUTHORIZED, kept=kept)
        kept = read_kept(str(form.get("kept", "")))
        answer = self._again(request, kept, self._frame.gate.token_of(secret)) if kept else _to(wanted)
        _set(answer, request, COOKIE, secret, http_only=True)
        return answer

    async def not_taken(self, request: Request, err: NotTaken) -> Response:
        """Keep what was written in a form whose session is over: log in, look at it, send it."""
        kept = Kept(request.url.path, err.fields) if err.fields else None
        if err.status_code == UNAUTHORIZED:
            return await self._form(request, "/", "session_over", UNAUTHORIZED, kept=kept)
        if kept is None:
            detail = say("stale_form", self._frame.language(request))
            return self._frame.page(
                request, "error.html", err.status_code, status=0, detail=detail, known=False
            )
        return self._again(request, kept, self._frame.gate.csrf(request), err.status_code)

    def _again(self, request: Request, kept: Kept, token: str, status: int = 200) -> Response:
        return self._frame.page(request, "again.html", status, kept=kept, csrf=token)

    async def away(self, request: Request) -> Response:
        """Send the browser to the OpenID Connect provider."""
        if self._oidc is None:
            raise HTTPException(404)
        wanted = local_path(request.query_params.get("next", "/"))
        try:
            address, state = await run_in_threadpool(self._oidc.begin, wanted)
        except OidcError as err:
            log.warning("log-in by OpenID Connect: %s", err)
            return await self._form(request, wanted, err.phrase, 503)
        answer = RedirectResponse(address, 303)
        _set(answer, request, STATE, state, http_only=True, seconds=int(LASTS_SECONDS))
        return answer

    async def back(self, request: Request) -> Response:
        """Let in whom the provider vouches for."""
        if self._oidc is None:
            raise HTTPException(404)
        given = {name: value[:4000] for name, value in request.query_params.items()}
        kept = request.cookies.get(STATE, "")
        try:
            person, wanted = await run_in_threadpool(self._oidc.finish, kept, given)
            secret = await run_in_threadpool(self._frame.gate.accounts.enter, person, self._now())
        except (OidcError, AccountError) as err:
            log.warning("log-in by OpenID Connect refused: %s", err)
            phrase = err.phrase if isinstance(err, OidcError) else "oidc_name"
            answer = await self._form(request, "/", phrase, 403)
            answer.delete_cookie(STATE)
            return answer
        log.info("logged in by OpenID Connect account=%s role=%s", person.name, person.role)
        answer = RedirectResponse(wanted, 303)
        answer.delete_cookie(STATE)
        _set(answer, request, COOKIE, secret, http_only=True)
        return answer

    async def log_out(self, request: Request) -> Response:
        """End the session."""
        await run_in_threadpool(self._frame.gate.accounts.log_out, request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    async def language(self, request: Request) -> Response:
        """Keep the language that somebody chose, for the account or else for this browser."""
        form = await request.form(max_files=0, max_fields=10)
        wanted = str(form.get("language", ""))
        answer = RedirectResponse(local_path(str(form.get("next", "/"))), 303)
        if wanted in LANGUAGES and is_same_origin(request):
            account = await self._frame.gate.who(request)
            if account is not None:
                await run_in_threadpool(self._frame.gate.accounts.set_language, account.name, wanted)
            _set(answer, request, "lang", wanted, http_only=True, seconds=_YEAR)
        return answer

    async def _form(
        self,
        request: Request,
        wanted: str,
        problem: str = "",
        status: int = 200,
        *,
        kept: Kept | None = None,
        **facts: object,
    ) -> Response:
        anybody = await run_in_threadpool(self._frame.gate.accounts.all)
        return self._frame.page(
            request,
            "login.html",
            status,
            next=wanted,
            problem=problem,
            facts=facts,
            kept=kept.packed() if kept else "",
            anybody=bool(anybody),
            company=self._oidc.config.label if self._oidc else "",
        )


def _to(wanted: str) -> Response:
    return RedirectResponse(wanted, 303)


def _set(
    answer: Response, request: Request, name: str, value: str, *, http_only: bool, seconds: int | None = None
) -> None:
    answer.set_cookie(
        name,
        value,
        max_age=seconds,
        path="/",
        secure=request.url.scheme == "https",
        httponly=http_only,
        samesite="lax",
    )
