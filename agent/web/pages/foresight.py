"""What is expected to fail: when, how sure, why, what was ruled out, what to do."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from agent.web.pages.frame import Frame
from agent.web.views.foresight import Foresight


class Foresee:
    """Handlers of predictions."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._foresight = Foresight(frame.live.agent)

    async def show(self, request: Request) -> Response:
        """Show what stands, and what is only watched."""
        found = await run_in_threadpool(self._foresight.all)
        return self._frame.page(
            request,
            "predictions.html",
            foreseen=found,
            numbers=await self._frame.numbers(),
            device=self._frame.live.device,
            quiet=self._frame.live.agent.config.predictions.enabled,
        )
