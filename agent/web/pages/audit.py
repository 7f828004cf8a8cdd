"""The audit log: who did what, to which ticket or device, and why. It is only ever added to."""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from agent.web.pages.frame import Frame

PER_PAGE: Final = 200
_ALL: Final = 1e11  # a moment beyond any


class Audit:
    """The handler of the audit log."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    async def show(self, request: Request) -> Response:
        """Show the newest lines, or those before a moment."""
        store = self._frame.live.agent.store
        lines = await run_in_threadpool(store.audit_log, PER_PAGE, _moment(request))
        return self._frame.page(request, "audit.html", lines=lines, older=len(lines) == PER_PAGE)


def _moment(request: Request) -> float:
    try:
        at = float(request.query_params.get("before", _ALL))
    except ValueError:
        return _ALL
    return at if 0 <= at <= _ALL else _ALL
