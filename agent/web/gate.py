"""The gate before pages and API: who asks, may they, does the form come from our page; and security headers.

Pages are for sessions (a cookie), the API for tokens (`Authorization: Bearer`) and for sessions too. What
changes something needs, with a session, a form of ours: same origin (Sec-Fetch-Site or Origin) and the
session's own CSRF token.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.run import Clocks
from agent.web.accounts import Account, Accounts
from agent.web.roles import Permission

COOKIE: Final = "siteward_session"
LONGEST_BODY: Final = 64 * 1024
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self';"
        " font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
_STS: Final = "max-age=31536000"

Handler = Callable[[Request], Awaitable[Response]]


Fields = tuple[tuple[str, str], ...]


class NotTaken(HTTPException):
    """A form that was not taken, as its session is over or another one began since.

    `fields`: what was written in it, to be sent again; none where it did not surely come from a page of ours.
    """

    def __init__(self, status: int, detail: str, fields: Fields) -> None:
        super().__init__(status, detail)
        self.fields = fields


class SecurityHeaders:
    """Adds to every answer what tells browsers to be strict; pages with people's data are not kept."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                given = {name.lower() for name, _ in headers}
                wanted = {**_HEADERS, "cache-control": "no-store"}
                if scope["scheme"] == "https":
                    wanted["strict-transport-security"] = _STS
                headers += [(k.encode(), v.encode()) for k, v in wanted.items() if k.encode() not in given]
            await send(message)

        await self._app(scope, receive, send_with_headers)


class BodyLimit:
    """Refuses a request body that is longer than any form of ours; 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length = dict(scope["headers"]).get(b"content-length", b"0")
        if not length.isdigit() or int(length) > LONGEST_BODY:
            await Response("too much at once\n", 413)(scope, receive, send)
            return
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > LONGEST_BODY:
                raise HTTPException(413, "too much at once")
            return message

        await self._app(scope, counted, send)


class Gate:
    """Finds out who asks.

    Args:
        accounts: who there is.
        clocks: the agent's clocks.
    """

    def __init__(self, accounts: Accounts, clocks: Clocks) -> None:
        self.accounts = accounts
        self._clocks = clocks

    async def who(self, request: Request) -> Account | None:
        """Return who asks, by session or token; None is nobody we know."""
        bearer = request.headers.get("authorization", "")
        now = self._clocks.wall()
        if bearer[:7].lower() == "bearer ":
            return await run_in_threadpool(self.accounts.token, bearer[7:].strip(), now)
        secret = request.cookies.get(COOKIE, "")
        if not secret:
            return None
        return self.accounts.look(secret, now) or await run_in_threadpool(self.accounts.session, secret, now)

    def csrf(self, request: Request) -> str:
        """Return what a form of this session carries."""
        return self.token_of(request.cookies.get(COOKIE, ""))

    @staticmethod
    def token_of(secret: str) -> str:
        """Return what a form of a session carries, by the session's secret."""
        return hmac.new(secret.encode(), b"siteward csrf", hashlib.sha256).hexdigest()

    def check_form(self, request: Request, token: str) -> None:
        """Refuse what did not come from a page of ours.

        Raises:
            HTTPException: 403.
        """
        if not is_same_origin(request) or not hmac.compare_digest(token, self.csrf(request)):
            raise HTTPException(403, "this form did not come from a page of this session: open the page anew")

    def page(self, handler: Handler, needs: Permission) -> Handler:
        """Let only those see a page who may; others log in first, or are told that they may not."""

        async def guarded(request: Request) -> Response:
            account = await self.who(request)
            if account is None and request.method not in _SAFE:
                raise NotTaken(401, "log in first", await _written(request))
            if account is None:
                return RedirectResponse(f"/login?next={quote(_here(request))}", 303)
            request.state.account = account
            if needs not in account.may:
                raise HTTPException(403, f"{account.name} may not do this ({needs})")
            if request.method not in _SAFE:
                form = await request.form()
                try:
                    self.check_form(request, str(form.get("csrf", "")))
                except HTTPException as err:
                    raise NotTaken(err.status_code, err.detail, await _written(request)) from None
            return await handler(request)

        return guarded


def is_same_origin(request: Request) -> bool:
    """Whether a request comes from a page of this server, as far as the browser says."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host", "")


def is_surely_ours(request: Request) -> bool:
    """Whether the browser itself says that a request comes from a page of this server."""
    told = "sec-fetch-site" in request.headers or "origin" in request.headers
    return told and is_same_origin(request)


async def _written(request: Request) -> Fields:
    """Return what a form of ours holds, without its token."""
    if not is_surely_ours(request):
        return ()
    form = await request.form()
    return tuple(
        (name, value) for name, value in form.multi_items() if isinstance(value, str) and name != "csrf"
    )


def local_path(wanted: str) -> str:
    """Return a path of this server to go to, "/" for anything that leads elsewhere."""
    parts = urlsplit(wanted)
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc
    return wanted if is_ours and wanted.isprintable() and "\\" not in wanted else "/"


def _here(request: Request) -> str:
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query if request.method == "GET" else "/"
