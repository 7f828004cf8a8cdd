"""Inspections, figures, reports: shown, made, answered, and signed by name."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from agent.service import audit
from agent.service.files import FilesError
from agent.service.refused import Refused
from agent.service.reports.kinds import KINDS, NoReport
from agent.store import StoreError
from agent.web.pages.frame import Frame
from agent.web.views.figures import COLUMNS, Figures, FiguresPage, NoSuchThing
from agent.web.views.records import Records
from agent.web.views.service import ServicePages
from models.service.plans import PlanError

# A report is one file with its own style sheet and pictures in it, as it would be mailed; it runs no script.
REPORT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
_LONGEST: Final = 100  # characters of a name or a period
_MOST_ANSWERS: Final = 200
_UNREADABLE: Final = (NoReport, Refused, FilesError, PlanError)


class Paper:
    """Handlers of the service department's pages."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        agent = frame.live.agent
        self._pages, self._records, self._figures = ServicePages(agent), Records(agent), Figures(agent)

    async def overview(self, request: Request) -> Response:
        """Show what is due, the records and the reports."""
        return await self._show(request)

    async def figures(self, request: Request) -> Response:
        """Show the figures of a month: of the site, a group or a device."""
        asked, lang = request.query_params, self._frame.language(request)
        month, group, device = (asked.get(name, "")[:_LONGEST] for name in ("month", "group", "device"))
        page: FiguresPage | None = None
        problem, status = "", 200
        try:
            page = await run_in_threadpool(self._figures.page, month, lang, group=group, device=device)
        except NoSuchThing:
            raise HTTPException(404) from None
        except (*_UNREADABLE, StoreError) as err:
            problem, status = str(err), 404 if isinstance(err, NoReport) else 503
        names = {one.id: one for one in self._frame.live.agent.devices}
        return self._frame.page(
            request, "figures.html", status,
            page=page, problem=problem, group=group, device=names.get(device), month=month,
            names=names, columns=COLUMNS,
        )  # fmt: skip

    async def record(self, request: Request) -> Response:
        """Show one inspection record, place by place."""
        return await self._record(request)

    async def make(self, request: Request) -> Response:
        """Make a record of what is known now."""
        form, lang = await request.form(), self._frame.language(request)
        plan = str(form.get("plan", ""))[:_LONGEST]
        try:
            number = await run_in_threadpool(self._records.make, plan, lang)
        except (Refused, FilesError, PlanError) as err:
            return await self._show(request, str(err), 409)
        await self._note(request, audit.INSPECTED, f"record/{number}", plan)
        return RedirectResponse(f"/service/records/{number}", 303)

    async def answer(self, request: Request) -> Response:
        """Note what a person found on site, in the name of whoever is logged in."""
        form, lang, number = (
            await request.form(),
            self._frame.language(request),
            request.path_params["number"],
        )
        lines = [
            f"{name.removeprefix('on:')}={value}"
            for name, value in form.items()
            if name.startswith("on:") and value in {"good", "bad"}
        ]
        note, who = str(form.get("note", ""))[:2000].strip(), request.state.account.shown
        try:
            await run_in_threadpool(self._records.answer, number, lines[:_MOST_ANSWERS], who, note, lang)
        except (Refused, FilesError) as err:
            return await self._record(request, str(err), 409)
        return RedirectResponse(f"/service/records/{number}", 303)

    async def sign(self, request: Request) -> Response:
        """Sign an inspection record in the name of whoever is logged in, for the customer who is named."""
        form, lang, number = (
            await request.form(),
            self._frame.language(request),
            request.path_params["number"],
        )
        customer, who = str(form.get("customer", ""))[:_LONGEST].strip(), request.state.account.shown
        try:
            await run_in_threadpool(self._records.sign, number, who, customer, lang)
        except (Refused, FilesError) as err:
            return await self._record(request, str(err), 409)
        return RedirectResponse(f"/service/records/{number}", 303)

    async def report(self, request: Request) -> Response:
        """Show one report, to be read or printed."""
        name, about = request.path_params["name"], request.query_params.get("about", "")[:_LONGEST]
        if name not in KINDS:
            raise HTTPException(404)
        lang = self._frame.language(request)
        try:
            page = await run_in_threadpool(self._pages.report, name, about, lang)
        except _UNREADABLE as err:
            return await self._show(request, str(err), 404)
        return HTMLResponse(page, headers={"content-security-policy": REPORT_POLICY})

    async def _record(self, request: Request, problem: str = "", status: int = 200) -> Response:
        number, place = request.path_params["number"], request.query_params.get("place")
        lang = self._frame.language(request)
        try:
            found = await run_in_threadpool(self._records.of, number, lang, place)
        except (PlanError, OverflowError):
            found = None
        if found is None:
            raise HTTPException(404)
        return self._frame.page(request, "record.html", status, page=found, problem=problem)

    async def _note(self, request: Request, what: str, about: str, why: str) -> None:
        agent, who = self._frame.live.agent, request.state.account.shown
        await run_in_threadpool(agent.store.note_deed, agent.clocks.wall(), who, what, about, why)

    async def _show(self, request: Request, problem: str = "", status: int = 200) -> Response:
        found = await run_in_threadpool(self._pages.overview, self._frame.language(request))
        return self._frame.page(
            request, "service.html", status, service=found, problem=problem or found.problem
        )
