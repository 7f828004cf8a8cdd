"""Baselines: what differs from what was accepted, hand-over beside now; accepted by name."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from agent.web.pages.frame import Frame
from agent.web.views.baselines import DEEDS, Baselines
from models.facts import Device


class BaselinePages:
    """Handlers of baselines."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._baselines = Baselines(frame.live.agent)

    async def overview(self, request: Request) -> Response:
        """Show which devices differ, and what was handed over."""
        found = await run_in_threadpool(self._baselines.overview, self._baselines.differing())
        return self._frame.page(request, "baselines.html", found=found, problem=found.problem)

    async def device(self, request: Request) -> Response:
        """Show one device: accepted, handed over, now."""
        return await self._show(request, self._device(request))

    async def accept(self, request: Request) -> Response:
        """Take the device as it is, in the name of whoever is logged in."""
        device, lang = self._device(request), self._frame.language(request)
        form = await request.form()
        what = str(form.get("do", DEEDS[0]))
        if what not in DEEDS:
            raise HTTPException(400, "nothing is known of that wish")
        who = request.state.account.shown
        done = await run_in_threadpool(self._baselines.accept, device.id, who, lang, what)
        if not done.ok:
            return await self._show(request, device, done.said, 409)
        back = "/baselines" if form.get("from") == "list" else f"/devices/{quote(device.id)}/baseline"
        return RedirectResponse(f"{back}?accepted=1", 303)

    async def picture(self, request: Request) -> Response:
        """Send the picture of hand-over of a stream."""
        device, part = self._device(request), request.query_params.get("part", "")
        path = await run_in_threadpool(self._baselines.picture, device.id, part)
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="image/jpeg")

    async def _show(self, request: Request, device: Device, problem: str = "", status: int = 200) -> Response:
        found = await run_in_threadpool(self._baselines.of, device.id)
        return self._frame.page(
            request,
            "baseline.html",
            status,
            device=device,
            found=found,
            references=self._baselines.references(device.id),
            problem=problem or found.problem,
            pictures=self._frame.live.agent.pipeline.pictures.of_device(device.id),
        )

    def _device(self, request: Request) -> Device:
        device = self._frame.live.device(request.path_params["id"])
        if device is None:
            raise HTTPException(404)
        return device
