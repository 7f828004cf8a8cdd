"""The site's pages as one application: every route with what it needs, and what errors look like."""

import contextlib
import logging
import sqlite3
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from agent.helpdesk.base import HelpdeskError
from agent.store import StoreError
from agent.web.accounts import AccountError, Accounts
from agent.web.api.routes import make_api
from agent.web.gate import BodyLimit, Gate, Handler, NotTaken, SecurityHeaders
from agent.web.hooks import Hook
from agent.web.oidc import Oidc
from agent.web.pages.audit import Audit
from agent.web.pages.baselines import BaselinePages
from agent.web.pages.door import Door
from agent.web.pages.foresight import Foresee
from agent.web.pages.frame import STATIC, Frame
from agent.web.pages.look import Look
from agent.web.pages.planned import PlannedWork
from agent.web.pages.pulse import Pulse
from agent.web.pages.service import Paper
from agent.web.pages.work import Work
from agent.web.roles import Permission
from agent.web.views.live import Live
from agent.web.views.tickets import Tickets
from agent.web.words import WORDS

if TYPE_CHECKING:
    from agent.app import Agent

log = logging.getLogger(__name__)

# Files that cannot be read or written now: a full disk, a database that is locked. Nothing was changed.
_UNABLE: Final = (HelpdeskError, StoreError, AccountError, sqlite3.Error, OSError)
_FOR_EVER: Final = "public, max-age=31536000, immutable"
Page = tuple[str, str, Handler, Permission]


class _Number(Convertor[int]):
    """A number in a path, no longer than SQLite counts."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        """Return it as a number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return it as in a path."""
        return str(value)


register_url_convertor("number", _Number())


class _Static(StaticFiles):
    """Our own files; their addresses change with them."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """Return a file, to be kept for ever."""
        answer = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        answer.headers["cache-control"] = _FOR_EVER
        return answer


def make_site(
    agent: "Agent", accounts: Accounts, hook: Hook | None = None, oidc: Oidc | None = None
) -> Starlette:
    """Make the application of pages and API.

    Args:
        agent: whose site it shows.
        accounts: who may log in.
        hook: takes what helpdesks tell, if a signing key is configured.
        oidc: the company's log-in, if one is configured.
    """
    frame = make_frame(agent, accounts)
    door, api = Door(frame, agent.clocks.wall, oidc), make_api(frame, hook)
    routes: list[BaseRoute] = [
        Route("/login", door.show),
        Route("/login", door.log_in, methods=["POST"]),
        Route("/login/oidc", door.away),
        Route("/login/oidc/back", door.back),
        Route("/language", door.language, methods=["POST"]),
        *(
            Route(path, frame.gate.page(handler, needs), methods=[method])
            for method, path, handler, needs in pages(frame, door)
        ),
        Mount("/static", _Static(directory=STATIC)),
        Mount("/api/v1", api),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders), Middleware(BodyLimit)])
    app.add_exception_handler(NotTaken, door.not_taken)  # type: ignore[arg-type]  # it is asked for these alone
    for problem in (HTTPException, *_UNABLE, Exception):
        app.add_exception_handler(problem, _Errors(frame).answer)
        if problem is not HTTPException:
            api.add_exception_handler(problem, _Errors(frame).answer)
    return app


def make_frame(agent: "Agent", accounts: Accounts) -> Frame:
    """Return what every handler works with."""
    config, gate = agent.config, Gate(accounts, agent.clocks)
    return Frame(Live(agent), Tickets(agent), gate, config.name or config.site, config.language, config.zone)


def pages(frame: Frame, door: Door) -> list[Page]:
    """Return (method, path, handler, what it needs) of every page behind the log-in."""
    look, work, paper, view = Look(frame), Work(frame), Paper(frame), Permission.VIEW
    planned, foresee, baselines = PlannedWork(frame), Foresee(frame), BaselinePages(frame)
    return [
        ("GET", "/", look.overview, view),
        ("GET", "/devices", look.devices, view),
        ("GET", "/devices/{id}", look.device, view),
        ("GET", "/devices/{id}/picture", look.picture, Permission.PICTURES),
        ("GET", "/wall", look.wall, Permission.PICTURES),
        ("GET", "/map", look.map, view),
        ("GET", "/agent", look.agent, view),
        ("GET", "/tickets", work.tickets, view),
        ("GET", "/tickets/{number}", work.ticket, view),
        ("POST", "/tickets/{number}", work.act, Permission.WORK),
        ("GET", "/incidents/{key:path}", work.incident, view),
        ("GET", "/tickets/{number}/files/{index:number}", work.file, Permission.PICTURES),
        ("GET", "/service", paper.overview, view),
        ("GET", "/service/reports/{name}", paper.report, Permission.REPORTS),
        ("GET", "/figures", paper.figures, view),
        ("POST", "/service/records", paper.make, Permission.WORK),
        ("GET", "/service/records/{number:number}", paper.record, Permission.REPORTS),
        ("POST", "/service/records/{number:number}/answers", paper.answer, Permission.WORK),
        ("POST", "/service/records/{number:number}/sign", paper.sign, Permission.SIGN),
        ("GET", "/predictions", foresee.show, view),
        ("GET", "/planned", planned.show, view),
        ("POST", "/planned", planned.add, Permission.WORK),
        ("POST", "/planned/{number:number}/end", planned.end, Permission.WORK),
        ("GET", "/baselines", baselines.overview, view),
        ("GET", "/devices/{id}/baseline", baselines.device, view),
        ("POST", "/devices/{id}/baseline", baselines.accept, Permission.WORK),
        ("GET", "/devices/{id}/baseline/picture", baselines.picture, Permission.PICTURES),
        ("GET", "/audit", Audit(frame).show, Permission.AUDIT),
        ("GET", "/live", Pulse(frame).listen, view),
        ("POST", "/logout", door.log_out, view),
    ]


class _Errors:
    """A clear page with the way out; no stack trace, no secret."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    async def _know(self, request: Request) -> None:
        """Let the page of an error have the way to all others, where somebody is logged in."""
        if not hasattr(request.state, "account"):
            with contextlib.suppress(*_UNABLE):
                account = await self._frame.gate.who(request)
                if account is not None:
                    request.state.account = account

    async def answer(self, request: Request, err: Exception) -> Response:
        """Return the page of an error."""
        status, detail = 500, ""
        if isinstance(err, HTTPException):
            status, detail = err.status_code, err.detail
        elif isinstance(err, _UNABLE):
            log.warning("page not served path=%s: %s", request.url.path, type(err).__name__)
            status = 503
        else:
            log.error("page failed path=%s", request.url.path, exc_info=err)
        if request.url.path.startswith("/api/") or request.scope.get("root_path", "").startswith("/api/"):
            return JSONResponse({"detail": detail or "the agent could not answer"}, status)
        await self._know(request)
        known = str(status) in WORDS
        return self._frame.page(
            request, "error.html", status, status=status, detail="" if known else detail, known=known
        )
