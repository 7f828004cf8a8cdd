"""Inspections, figures, reports: shown, and signed by name."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.service.files import FilesError
from agent.service.refused import Refused
from agent.service.reports.kinds import KINDS, NoReport
from agent.web.pages.frame import Frame
from agent.web.views.service import ServicePages

# A report is one file with its own style sheet and pictures in it, as it would be mailed; it runs no script.
_REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
_LONGEST: Final = 100  # characters of a name or a period


class Paper:
    """Handlers of the service department's pages."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._pages = ServicePages(frame.live.agent)

    async def overview(self, request: Request) -> Response:
        """Show what is due, the figures of a month, the records and the reports."""
        return await self._show(request)

    async def report(self, request: Request) -> Response:
        """Show one report, to be read or printed."""
        name, about = request.path_params["name"], request.query_params.get("about", "")[:_LONGEST]
        if name not in KINDS:
            raise HTTPException(404)
        lang = self._frame.language(request)
        try:
            page = await run_in_threadpool(self._pages.report, name, about, lang)
        except (NoReport, Refused, FilesError) as err:
            return await self._show(request, str(err), 404)
        return HTMLResponse(page, headers={"content-security-policy": _REPORT_POLICY})

    async def sign(self, request: Request) -> Response:
        """Sign an inspection record in the name of whoever is logged in, for the customer who is named."""
        form, account = await request.form(), request.state.account
        customer = str(form.get("customer", ""))[:_LONGEST].strip()
        try:
            await run_in_threadpool(self._pages.sign, request.path_params["number"], account.shown, customer)
        except (Refused, FilesError) as err:
            return await self._show(request, str(err), 409)
        return RedirectResponse("/service", 303)

    async def _show(self, request: Request, problem: str = "", status: int = 200) -> Response:
        month, lang = request.query_params.get("month", "")[:_LONGEST], self._frame.language(request)
        found = await run_in_threadpool(self._pages.overview, month, lang)
        return self._frame.page(
            request, "service.html", status, service=found, problem=problem or found.problem
        )
