"""Planned work and silences: shown, set, ended; every time with who and why."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from agent.web.pages.frame import Frame
from agent.web.views.planned import LENGTHS, WEEKLY_LENGTHS, BadWindow, Planned
from agent.web.words import say
from models.weekly import DAYS

_LONGEST: Final = 2000  # characters of a field
_FIELDS: Final = ("kind", "devices", "faults", "since", "until", "lasts", "from", "to", "weekly_lasts", "why")


class PlannedWork:
    """Handlers of the windows."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._planned = Planned(frame.live.agent)

    async def show(self, request: Request) -> Response:
        """Show what lasts, what is to come, what is over."""
        return await self._show(request)

    async def add(self, request: Request) -> Response:
        """Set a window in the name of whoever is logged in."""
        form, lang = await request.form(), self._frame.language(request)
        given = {name: str(form.get(name, ""))[:_LONGEST].strip() for name in _FIELDS}
        given["days"] = ",".join(day for day in DAYS if day in form.getlist("day"))
        try:
            done = await run_in_threadpool(self._planned.add, given, request.state.account.shown, lang)
        except BadWindow as err:
            return await self._show(request, say(str(err), lang), 422, given)
        if not done.ok:
            return await self._show(request, done.said, 409, given)
        return RedirectResponse("/planned", 303)

    async def end(self, request: Request) -> Response:
        """End a window now."""
        lang, number = self._frame.language(request), request.path_params["number"]
        done = await run_in_threadpool(self._planned.end, number, request.state.account.shown, lang)
        if not done.ok:
            return await self._show(request, done.said, 409)
        return RedirectResponse("/planned", 303)

    async def _show(
        self, request: Request, problem: str = "", status: int = 200, given: dict[str, str] | None = None
    ) -> Response:
        windows = await run_in_threadpool(self._planned.windows)
        return self._frame.page(
            request,
            "planned.html",
            status,
            windows=windows,
            problem=problem,
            given=given or {"devices": request.query_params.get("device", "")[:200]},
            lengths=[int(one) for one in LENGTHS],
            weekly_lengths=[int(one) for one in WEEKLY_LENGTHS],
            days=DAYS,
        )
