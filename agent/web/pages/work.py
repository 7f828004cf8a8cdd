"""Tickets: the list, one ticket, and what people may order of its work order."""

from typing import Final
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from agent.helpdesk.base import HelpdeskError
from agent.pictures import Kept
from agent.service.requests import Request as Wish
from agent.service.requests import wrong_use
from agent.web.pages.frame import Frame
from agent.web.roles import Permission
from agent.web.views.baselines import Baselines
from agent.web.views.tickets import Card
from models.facts import SITE
from models.service.clocks import PauseReason

_LONGEST_NUMBER: Final = 18  # digits; SQLite counts to 2**63
_LONGEST_WHY: Final = 2000
NEEDS: Final = {
    "move": Permission.WORK,
    "cause": Permission.WORK,
    "pause": Permission.WORK,
    "resume": Permission.WORK,
    "waive": Permission.WAIVE,
}


class Work:
    """Handlers about tickets."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._baselines = Baselines(frame.live.agent)

    async def tickets(self, request: Request) -> Response:
        """List tickets, the newest first."""
        only_open = request.query_params.get("all") != "1"
        tickets = self._frame.tickets
        known = tickets.known(only_open=only_open)
        cards = known.cards if known else await run_in_threadpool(tickets.listed, only_open=only_open)
        return self._frame.page(
            request, "tickets.html", cards=cards, only_open=only_open, device=self._frame.live.device
        )

    async def ticket(self, request: Request) -> Response:
        """Show one ticket."""
        return await self._show(request)

    async def act(self, request: Request) -> Response:
        """Do what the form asks, in the name of whoever is logged in; say on the page what became of it."""
        number, form = _number(request), await request.form()
        account = request.state.account
        wish = Wish(
            str(number),
            str(form.get("do", "")),
            account.shown,
            str(form.get("value", "")),
            str(form.get("why", ""))[:_LONGEST_WHY],
            await self._reference(number),
        )
        needs = NEEDS.get(wish.do)
        if needs is None:
            raise HTTPException(400, "nothing is known of that wish")
        if needs not in account.may:
            raise HTTPException(403, f"{account.name} may not do this ({needs})")
        problem = wrong_use([wish])
        if problem:
            return await self._show(request, problem.removeprefix("--"), 422)
        done = await run_in_threadpool(self._frame.live.agent.service.do, wish)
        if not done.ok:
            return await self._show(request, done.said, 409)
        return RedirectResponse(f"/tickets/{number}", 303)

    async def incident(self, request: Request) -> Response:
        """Lead from an incident's key, as links outside carry it, to its ticket or else its device."""
        key = str(request.path_params["key"]).replace("//", "/-/")  # Grafana leaves an empty part empty
        numbers = await run_in_threadpool(self._frame.tickets.numbers)
        if key in numbers:
            return RedirectResponse(f"/tickets/{numbers[key]}", 303)
        device = next((one.device for one in self._frame.live.now().all if one.key == key), "")
        if not device:
            raise HTTPException(404)
        return RedirectResponse("/" if device == SITE else f"/devices/{quote(device)}", 303)

    async def file(self, request: Request) -> Response:
        """Send a picture that hangs on a ticket."""
        path = await run_in_threadpool(
            self._frame.tickets.file, _number(request), request.path_params["index"]
        )
        if path is None or not path.is_file():
            raise HTTPException(404)
        return FileResponse(path, media_type="image/png" if path.suffix == ".png" else "image/jpeg")

    async def _show(self, request: Request, problem: str = "", status: int = 200) -> Response:
        lang = self._frame.language(request)
        whole = await run_in_threadpool(self._frame.tickets.whole, _number(request), lang)
        if whole is None:
            raise HTTPException(404)
        device, agent = whole.card.device, self._frame.live.agent
        handover = await run_in_threadpool(self._baselines.pictures, device)
        return self._frame.page(
            request,
            "ticket.html",
            status,
            ticket=whole,
            problem=problem,
            pauses=[reason.value for reason in PauseReason],
            row=self._frame.live.row(device),
            handover=handover,
            now_pictures=_of_ticket(agent.pipeline.pictures.of_device(device), whole.card),
        )

    async def _reference(self, number: int) -> str:
        try:
            found = await run_in_threadpool(self._frame.live.agent.local_helpdesk.get, str(number))
        except HelpdeskError:
            return ""
        return found.reference if found else ""


def _of_ticket(kept: list[Kept], card: Card) -> list[Kept]:
    """Return the newest picture beside an open ticket: of the stream it is about, else of the first one."""
    same = [one for one in kept if f"/{one.picture.part}/" in card.key]
    return (same or kept)[:1] if card.is_open else []


def _number(request: Request) -> int:
    text = str(request.path_params["number"])
    if not text.isascii() or not text.isdecimal() or len(text) > _LONGEST_NUMBER:
        raise HTTPException(404)
    return int(text)
