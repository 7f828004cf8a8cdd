"""The pages that only show: overview, devices, one device, pictures, map, agent."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from agent.store.records import DAY
from agent.web.pages.frame import Frame
from agent.web.views.due import Dues
from agent.web.views.file import Files
from agent.web.views.foresight import Foresight
from agent.web.views.health import health
from agent.web.views.live import Row
from agent.web.views.planned import Planned
from agent.web.views.series import HEIGHT, RANGES, WIDTH
from agent.web.views.tree import tree
from agent.web.words import WORDS, say
from models.facts import Kind
from models.words import Lang

PER_PAGE: Final = 100
ON_WALL: Final = 60
UNSEEN_SHOWN: Final = 50
DUE_SHOWN: Final = 20
FORESEEN_SHOWN: Final = 12
MENDED_SHOWN: Final = 12


class Look:
    """Handlers that change nothing."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._files = Files(frame.live.agent, frame.tickets)
        self._planned, self._dues = Planned(frame.live.agent), Dues(frame.live.agent)
        self._foresight = Foresight(frame.live.agent)

    async def overview(self, request: Request) -> Response:
        """Show what is wrong, what drifts, and what could not be seen."""
        now, lang = self._frame.live.now(), self._frame.language(request)
        unseen = [row for row in now.rows if row.state == "unknown" and not row.behind]
        tickets, known = await self._frame.listed(), self._dues.known(lang)
        service = await run_in_threadpool(self._dues.service, lang) if known is None else known
        due = [*self._dues.clocks(tickets.numbers), *service]
        return self._frame.page(
            request,
            "overview.html",
            now=now,
            numbers=tickets.numbers,
            mended=[one for one in tickets.ended if now.at - one.changed_at < DAY][:MENDED_SHOWN],
            due=due[:DUE_SHOWN],
            foreseen=self._foresight.standing()[:FORESEEN_SHOWN],
            held=self._frame.live.held(),
            unseen=unseen[:UNSEEN_SHOWN],
            unseen_count=len(unseen),
            device=self._frame.live.device,
        )

    async def devices(self, request: Request) -> Response:
        """List the devices: filtered by text, kind and state, a hundred a page."""
        asked = request.query_params
        rows = [row for row in self._frame.live.now().rows if _fits(row, asked.get("q", ""), asked)]
        pages = max(1, ceil(len(rows) / PER_PAGE))
        page = min(
            pages,
            max(1, int(asked["page"]) if asked.get("page", "").isdecimal() and len(asked["page"]) < 7 else 1),
        )
        return self._frame.page(
            request,
            "devices.html",
            rows=rows[(page - 1) * PER_PAGE : page * PER_PAGE],
            total=len(rows),
            page=page,
            pages=pages,
            kinds=[kind.value for kind in Kind],
        )

    async def device(self, request: Request) -> Response:
        """Show one device: identity, faults, readings, curves, tickets, neighbours, its newest picture."""
        live, id_ = self._frame.live, request.path_params["id"]
        device = live.device(id_)
        if device is None:
            raise HTTPException(404)
        agent = live.agent
        days = next((one for one in RANGES if str(one) == request.query_params.get("days")), RANGES[0])
        file = await run_in_threadpool(self._files.of, id_, days, live.reports(id_))
        now = live.now()
        return self._frame.page(
            request,
            "device.html",
            row=live.row(id_),
            identity=_named(live.identity(id_), self._frame.language(request)),
            findings=live.findings(id_),
            reports=live.reports(id_),
            file=file,
            days=days,
            ranges=RANGES,
            box=(WIDTH, HEIGHT),
            window=self._planned.over(id_),
            numbers=await self._frame.numbers(),
            parent=live.parent(device),
            below=[now.rows[now.places[one]] for one in now.below.get(id_, ())[:UNSEEN_SHOWN]],
            pictures=agent.pipeline.pictures.of_device(id_),
        )

    async def wall(self, request: Request) -> Response:
        """Show the newest picture of each camera, those with a fault first."""
        kept = self._frame.live.agent.pipeline.pictures.newest_of_all()
        rows = [row for row in self._frame.live.now().rows if row.device.id in kept]
        shown = by_fault(rows, ON_WALL)
        return self._frame.page(request, "wall.html", groups=shown, kept=kept, total=len(rows), most=ON_WALL)

    async def picture(self, request: Request) -> Response:
        """Send the newest picture of a device's stream."""
        kept = self._frame.live.agent.pipeline.pictures.of_device(request.path_params["id"])
        part = request.query_params.get("part", "")
        found = next((one for one in kept if not part or one.picture.part == part), None)
        if found is None:
            raise HTTPException(404)
        return Response(found.picture.jpeg, media_type="image/jpeg")

    async def map(self, request: Request) -> Response:
        """Show who feeds whom, and why one incident swallowed others."""
        live, of = self._frame.live, request.query_params.get("of", "")[:200]
        storms = [one for one in live.now().all if one.devices]
        return self._frame.page(
            request,
            "map.html",
            tree=tree(live, of),
            of=live.device(of),
            storms=storms,
            explains={one.device: len(one.devices) for one in storms},
            numbers=await self._frame.numbers(),
            device=live.device,
        )

    async def agent(self, request: Request) -> Response:
        """Show how the agent itself is."""
        agent = self._frame.live.agent
        found = await run_in_threadpool(health, agent, agent.lag.p99())
        return self._frame.page(request, "agent.html", health=found, device=self._frame.live.device)


def by_fault(rows: Sequence[Row], most: int) -> list[tuple[str, list[Row]]]:
    """Return (fault code or state, devices): faults first, what is in order last."""
    order = {"unknown": 1, "ok": 2}
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.faults[0] if row.faults else row.state, []).append(row)
    groups = sorted(found.items(), key=lambda group: (order.get(group[0], 0), -len(group[1]), group[0]))
    left, shown = most, []
    for name, members in groups:
        if left > 0:
            shown.append((name, members[:left]))
            left -= len(members)
    return shown


def _fits(row: Row, text: str, asked: Mapping[str, str]) -> bool:
    if asked.get("kind", row.device.kind.value) not in {"", row.device.kind.value}:
        return False
    if asked.get("state", row.state) not in {"", row.state}:
        return False
    device = row.device
    hay = f"{device.id} {device.name} {device.place} {device.host} {device.kind}".lower()
    return all(word in hay for word in text.lower().split())


def _named(identity: Mapping[str, str], lang: Lang) -> dict[str, str]:
    """Return what a device says of itself, under names in the reader's language where there are any."""
    return {say(f"is.{one}", lang) if f"is.{one}" in WORDS else one: text for one, text in identity.items()}
