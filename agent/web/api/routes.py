"""The API's routes, each with the permission it needs; the same views as the pages stand behind them."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from agent import __version__
from agent.service.requests import Request as Order
from agent.service.requests import wrong_use
from agent.store.records import DAY, HOUR
from agent.web.accounts import Account
from agent.web.api import shapes
from agent.web.api.inbound import add_hooks
from agent.web.api.service import add_service
from agent.web.gate import is_same_origin
from agent.web.hooks import Hook
from agent.web.pages.frame import Frame
from agent.web.pages.pulse import Pulse
from agent.web.pages.work import NEEDS
from agent.web.roles import Permission
from agent.web.views.health import health
from agent.web.views.live import Row, fault_name, level, said
from agent.web.views.tickets import Card, Whole
from models.facts import Finding, Report
from models.metrics import METRICS
from models.words import Lang

MOST_POINTS: Final = 20_000
_SPANS: Final = {"raw": 0.0, "hour": HOUR, "day": DAY}
_MAY_FAIL: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": shapes.Problem, "description": "the request cannot be understood"},
    401: {"model": shapes.Problem, "description": "no token or session, or one that is over"},
    403: {"model": shapes.Problem, "description": "this token or account may not do that"},
    404: {"model": shapes.Problem, "description": "there is no such thing"},
    503: {"model": shapes.Problem, "description": "the agent cannot read its files now"},
}
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": shapes.Problem, "description": "the work order does not allow it now"}
}
_bearer: Final = HTTPBearer(auto_error=False, description="A token by `siteward token add`.")
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Speech = Annotated[Literal["en", "zh_CN"], Query(description="The language of names and sentences.")]
Moment = Annotated[float, Query(ge=0, le=1e11, allow_inf_nan=False)]


def make_api(frame: Frame, hook: Hook | None = None) -> FastAPI:
    """Make the API's application, to be mounted at `/api/v1`.

    Args:
        frame: what every handler works with.
        hook: takes what helpdesks tell; None: no signing key is configured.
    """
    app = FastAPI(
        title="Siteward",
        version=__version__,
        summary="One site's devices, faults, incidents, tickets and service.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        responses=_MAY_FAIL,
        dependencies=[Depends(_bearer)],
        servers=[{"url": "/api/v1"}],
        root_path_in_servers=False,
    )
    _devices(app, frame)
    _faults(app, frame)
    _tickets(app, frame)
    _agent(app, frame)
    add_service(app, frame, needs)
    add_hooks(app, hook)
    return app


def needs(frame: Frame, permission: Permission) -> Callable[[Request], Any]:
    """Return what lets only those in who may: by token, or by the session of one of our pages."""

    async def check(request: Request) -> Account:
        account = await frame.gate.who(request)
        if account is None:
            raise HTTPException(401, "log in, or send a token", {"www-authenticate": "Bearer"})
        if permission not in account.may:
            raise HTTPException(403, f"{account.name} may not do this ({permission})")
        if request.method != "GET" and "authorization" not in request.headers and not is_same_origin(request):
            raise HTTPException(403, "this did not come from a page of ours")
        return account

    return check


def _devices(app: FastAPI, frame: Frame) -> None:
    live, view = frame.live, [Depends(needs(frame, Permission.VIEW))]

    @app.get("/devices", dependencies=view, tags=["devices"])
    async def devices(
        *,
        kind: Annotated[str, Query(max_length=40)] = "",
        state: Annotated[Literal["", "ok", "fault", "unknown"], Query()] = "",
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    ) -> shapes.DevicePage:
        """List the devices and how each is."""
        rows = [
            row for row in live.now().rows if kind in {"", row.device.kind.value} and state in {"", row.state}
        ]
        shown = [_row(frame, row) for row in rows[offset : offset + limit]]
        return shapes.DevicePage(total=len(rows), devices=shown)

    @app.get("/devices/{device}", dependencies=view, tags=["devices"])
    async def device(device: str, *, lang: Speech = "en") -> shapes.DeviceFile:
        """Return all that is known of one device now."""
        row = next((row for row in live.now().rows if row.device.id == device), None)
        if row is None:
            raise HTTPException(404, "no such device")
        reports = live.reports(device)
        return shapes.DeviceFile(
            **_row(frame, row).model_dump(),
            identity=dict(live.identity(device)),
            readings=[one for report in reports for one in _readings(report)],
            checks=[_check(report) for report in reports],
            fault_life=[_fault(frame, one, lang) for one in live.findings(device)],
        )

    @app.get("/devices/{device}/history", dependencies=view, tags=["devices"])
    async def history(
        device: str,
        *,
        metric: Annotated[str, Query(max_length=100)],
        part: Annotated[str, Query(max_length=200)] = "",
        since: Moment,
        until: Moment,
        span: Annotated[Literal["raw", "hour", "day"], Query()] = "hour",
    ) -> list[shapes.PointRow]:
        """Return a series by hour, by day, or as stored: a value that stays the same every ten minutes."""
        if metric not in METRICS:
            raise HTTPException(404, "no such metric")
        store = live.agent.store
        if span == "raw":
            points = await run_in_threadpool(
                store.history, device, metric, part, since, min(until, since + 7 * DAY)
            )
            return [shapes.PointRow(at=one.at, value=one.value) for one in points[:MOST_POINTS]]
        width = _SPANS[span]
        until = min(until, since + MOST_POINTS * width)
        sums = await run_in_threadpool(store.rollups, device, metric, part, since, until, span=width)
        return [
            shapes.PointRow(at=one.at, value=one.mean, low=one.min, high=one.max, count=one.n) for one in sums
        ]


def _faults(app: FastAPI, frame: Frame) -> None:
    live, view = frame.live, [Depends(needs(frame, Permission.VIEW))]

    @app.get("/faults", dependencies=view, tags=["faults"])
    async def faults(*, lang: Speech = "en") -> list[shapes.FaultRow]:
        """List the faults that are open or recovering."""
        found = live.agent.pipeline.watch.findings()
        return [_fault(frame, one, lang) for one in found if one.phase.value in {"open", "recovering"}]

    @app.get("/incidents", dependencies=view, tags=["faults"])
    async def incidents(*, lang: Speech = "en") -> list[shapes.IncidentRow]:
        """List the open incidents, the worst first."""
        now = live.now()
        return [
            shapes.IncidentRow(
                key=one.key,
                device=one.device,
                part=one.part,
                code=one.code,
                name=fault_name(one.code, lang),
                severity=one.severity,
                phase=one.phase.value,
                since=one.since,
                said=said(one.finding, lang),
                children=list(one.devices),
            )
            for one in now.all
        ]


def _tickets(app: FastAPI, frame: Frame) -> None:
    view = [Depends(needs(frame, Permission.VIEW))]
    worker = needs(frame, Permission.WORK)

    @app.get("/tickets", dependencies=view, tags=["tickets"])
    async def tickets(*, only_open: bool = True) -> list[shapes.TicketRow]:
        """List the newest tickets, newest first."""
        cards = await run_in_threadpool(frame.tickets.listed, only_open=only_open)
        return [_card(card) for card in cards]

    @app.get("/tickets/{number}", dependencies=view, tags=["tickets"])
    async def ticket(number: Number, request: Request) -> shapes.TicketFile:
        """Return one ticket; its audit only to those who may see it."""
        account = await frame.gate.who(request)
        whole = await run_in_threadpool(frame.tickets.whole, number, "en")
        if whole is None or account is None:
            raise HTTPException(404, "no such ticket")
        return _ticket(whole, sees_audit=Permission.AUDIT in account.may)

    @app.post("/tickets/{number}/work-order", tags=["tickets"], responses=_REFUSED)
    async def order(
        number: Number, wish: shapes.Wish, account: Annotated[Account, Depends(worker)]
    ) -> shapes.Done:
        """Lead a ticket's work order on, in the name of the token's owner."""
        if NEEDS[wish.do] not in account.may:
            raise HTTPException(403, f"{account.name} may not do this ({NEEDS[wish.do]})")
        found = await run_in_threadpool(frame.live.agent.local_helpdesk.get, str(number))
        if found is None:
            raise HTTPException(404, "no such ticket")
        asked = Order(str(number), wish.do, account.shown, wish.value, wish.why, found.reference)
        problem = wrong_use([asked])
        if problem:
            raise HTTPException(409, problem.removeprefix("--"))
        done = await run_in_threadpool(frame.live.agent.service.do, asked)
        if not done.ok:
            raise HTTPException(409, done.said)
        return shapes.Done(said=done.said)


def _agent(app: FastAPI, frame: Frame) -> None:
    view = [Depends(needs(frame, Permission.VIEW))]
    pulse = Pulse(frame)

    @app.get("/agent", dependencies=view, tags=["agent"])
    async def agent() -> shapes.AgentFile:
        """Return how the agent itself is."""
        found = await run_in_threadpool(health, frame.live.agent, frame.live.agent.lag.p99())
        return shapes.AgentFile.model_validate(asdict(found))

    @app.get("/openapi.json", dependencies=view, include_in_schema=False)
    async def description() -> dict[str, Any]:
        return app.openapi()

    @app.get(
        "/events",
        dependencies=view,
        tags=["events"],
        response_class=StreamingResponse,
        responses={200: {"description": "the events", "content": {"text/event-stream": {}}}},
    )
    async def events(request: Request) -> Response:
        """Send a server-sent event `changed` whenever incidents, device states or work orders changed.

        The stream ends after an hour at most: connect anew (retry: 3000), and ask for what is shown.
        """
        return await pulse.listen(request)


def _row(frame: Frame, row: Row) -> shapes.DeviceRow:
    device = row.device
    return shapes.DeviceRow(
        id=device.id,
        kind=device.kind.value,
        name=device.name,
        place=device.place,
        address=device.host,
        parent=frame.live.parent(device),
        state=row.state,
        faults=list(row.faults),
        behind=row.behind,
        seen_at=row.seen_at,
    )


def _readings(report: Report) -> list[shapes.ReadingRow]:
    return [
        shapes.ReadingRow(
            metric=one.metric.name, part=one.part, value=one.value, at=report.at, collector=report.collector
        )
        for one in report.readings
    ]


def _check(report: Report) -> shapes.CheckRow:
    error = report.error
    return shapes.CheckRow(
        collector=report.collector,
        at=report.at,
        took_seconds=report.took_seconds,
        trouble=error.trouble.value if error else "",
        detail=error.detail if error else "",
    )


def _fault(frame: Frame, one: Finding, lang: Lang) -> shapes.FaultRow:
    key = one.key
    return shapes.FaultRow(
        device=key.device,
        part=key.part,
        code=key.code,
        name=fault_name(key.code, lang),
        severity=level(key.code, frame.live.device(key.device)),
        phase=one.phase.value,
        since=one.since,
        opened_at=one.opened_at,
        said=said(one, lang),
    )


def _card(card: Card) -> shapes.TicketRow:
    return shapes.TicketRow.model_validate(asdict(card))


def _ticket(whole: Whole, *, sees_audit: bool) -> shapes.TicketFile:
    pictures = {shot.index for shot in whole.shots}
    number = whole.card.number
    order = dict(whole.order) if whole.order else None
    if order and not sees_audit:
        order.pop("audit", None)
    return shapes.TicketFile(
        **asdict(whole.card),
        body=whole.body,
        history=[
            shapes.StepRow(
                at=step.at,
                who=step.who,
                what=step.what,
                text=step.text,
                picture=f"/tickets/{number}/files/{index}" if index in pictures else "",
            )
            for index, step in enumerate(whole.history)
        ],
        work_order=order,
    )
