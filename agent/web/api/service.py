"""The API's routes about service: readings, forecasts, windows, inspections, figures, reports, baselines."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, FastAPI, HTTPException, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response

from agent.files import SERVICE_FILE
from agent.service.book import Book
from agent.service.book_parts import RecordHead, record_heads
from agent.service.files import FilesError
from agent.service.refused import Refused
from agent.service.reports.kinds import KINDS, NoReport
from agent.web.accounts import Account
from agent.web.api import shapes_service as shapes
from agent.web.pages.frame import Frame
from agent.web.pages.service import REPORT_POLICY
from agent.web.roles import Permission
from agent.web.views.baselines import Baselines
from agent.web.views.figures import Figures, NoSuchThing
from agent.web.views.foresight import Expected, Foresight
from agent.web.views.planned import Planned
from agent.web.views.records import Records
from agent.web.views.service import MOST_RECORDS, ServicePages
from models.facts import Prediction
from models.metrics import METRICS
from models.quiet import Window
from models.service.plans import PlanError
from models.words import Lang

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_UNREADABLE: Final = (Refused, FilesError, PlanError)
_REFUSED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": shapes.Refusal, "description": "it cannot be done now; the detail says why"}
}
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]
Speech = Annotated[Literal["en", "zh_CN"], Query(description="The language of names and sentences.")]
Month = Annotated[
    str, Query(pattern=r"^(20\d\d-(0[1-9]|1[0-2]))?$", description='Such as 2026-08; "" is this one.')
]
Needs = Callable[[Frame, Permission], Callable[[Request], Any]]


def add_service(app: FastAPI, frame: Frame, needs: Needs) -> None:
    """Add the routes."""
    view, worker = [Depends(needs(frame, Permission.VIEW))], needs(frame, Permission.WORK)
    _readings(app, frame, view)
    _foresight(app, frame, view)
    _planned(app, frame, view, worker)
    _inspections(app, frame, needs)
    _figures(app, frame, view)
    _reports(app, frame, [Depends(needs(frame, Permission.REPORTS))])
    _baselines(app, frame, view, worker)


def _readings(app: FastAPI, frame: Frame, view: list[Any]) -> None:
    snapshot = frame.live.agent.snapshot

    @app.get("/readings", dependencies=view, tags=["readings"])
    async def readings(
        *,
        metric: Annotated[str, Query(max_length=100)],
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=10_000)] = 2000,
    ) -> shapes.ReadingPage:
        """Return the newest value of one metric of every device that gave one."""
        if metric not in METRICS:
            raise HTTPException(404, "no such metric")
        found = [
            shapes.DeviceReading(device=report.device, part=one.part, value=one.value, at=report.at)
            for report in snapshot.reports()
            for one in report.readings
            if one.metric.name == metric
        ]
        found.sort(key=lambda one: (one.device, one.part))
        return shapes.ReadingPage(metric=metric, total=len(found), readings=found[offset : offset + limit])


def _foresight(app: FastAPI, frame: Frame, view: list[Any]) -> None:
    foresight = Foresight(frame.live.agent)

    @app.get("/predictions", dependencies=view, tags=["predictions"])
    async def predictions(*, lang: Speech = "en") -> shapes.Predictions:
        """Return what is expected to fail, and what is only watched."""
        found = await run_in_threadpool(foresight.all)
        return shapes.Predictions(
            at=found.at,
            problem=found.problem,
            standing=[_prediction(frame, one, lang) for one in found.standing],
            watched=[_prediction(frame, one, lang) for one in found.watched],
        )


def _planned(app: FastAPI, frame: Frame, view: list[Any], worker: Any) -> None:
    planned = Planned(frame.live.agent)

    @app.get("/windows", dependencies=view, tags=["planned work"])
    async def windows() -> shapes.WindowPage:
        """Return the maintenance windows and silences that last, are to come, and are over."""
        found = await run_in_threadpool(planned.windows)
        return shapes.WindowPage(
            now=[_window(one) for one in found.now],
            ahead=[_window(one) for one in found.ahead],
            past=[_window(one) for one in found.past],
        )

    @app.post("/windows", tags=["planned work"], responses=_REFUSED)
    async def add_window(
        wish: shapes.WindowWish, account: Annotated[Account, Depends(worker)], *, lang: Speech = "en"
    ) -> shapes.Said:
        """Set a maintenance window or a silence, in the name of the token's owner."""
        done = await run_in_threadpool(planned.set, wish.kind, wish.told(), account.shown, wish.why, lang)
        if not done.ok:
            raise HTTPException(409, done.said)
        return shapes.Said(said=done.said)

    @app.post("/windows/{number}/end", tags=["planned work"], responses=_REFUSED)
    async def end_window(
        number: Number, account: Annotated[Account, Depends(worker)], *, lang: Speech = "en"
    ) -> shapes.Said:
        """End a window now."""
        done = await run_in_threadpool(planned.end, number, account.shown, lang)
        if not done.ok:
            raise HTTPException(409, done.said)
        return shapes.Said(said=done.said)


def _inspections(app: FastAPI, frame: Frame, needs: Needs) -> None:
    agent = frame.live.agent
    records, book = Records(agent), Book(agent.config.state_dir / SERVICE_FILE)
    reader, signer = [Depends(needs(frame, Permission.REPORTS))], needs(frame, Permission.SIGN)

    @app.get("/inspections", dependencies=reader, tags=["inspections"])
    async def inspections() -> list[shapes.RecordRow]:
        """Return the newest inspection records, the newest first."""
        return [_head(one) for one in await run_in_threadpool(record_heads, book, MOST_RECORDS)]

    @app.get("/inspections/{number}", dependencies=reader, tags=["inspections"])
    async def inspection(number: Number, *, lang: Speech = "en") -> shapes.RecordFile:
        """Return one record with every item, its outcome and what proves it."""
        try:
            found = await run_in_threadpool(records.of, number, lang, whole=True)
        except PlanError:
            found = None
        if found is None:
            raise HTTPException(404, "no such record")
        return shapes.record_file(found)

    @app.post("/inspections/{number}/sign", tags=["inspections"], responses=_REFUSED)
    async def sign(
        number: Number, wish: shapes.Signature, account: Annotated[Account, Depends(signer)]
    ) -> shapes.Said:
        """Sign a record in the name of the token's owner."""
        try:
            said = await run_in_threadpool(records.sign, number, account.shown, wish.customer, "en")
        except _UNREADABLE as err:
            raise HTTPException(409, str(err)) from None
        return shapes.Said(said=said)


def _figures(app: FastAPI, frame: Frame, view: list[Any]) -> None:
    figures = Figures(frame.live.agent)

    @app.get("/kpis", dependencies=view, tags=["kpis"], responses=_REFUSED)
    async def kpis(
        *,
        month: Month = "",
        group: Annotated[str, Query(max_length=100)] = "",
        device: Annotated[str, Query(max_length=200)] = "",
    ) -> shapes.KpiPage:
        """Return the contract's figures of a month with coverage: of the site, a group or a device."""
        try:
            name, found = await run_in_threadpool(figures.numbers, month, group=group, device=device)
        except NoSuchThing:
            raise HTTPException(404, "no such group or device") from None
        except NoReport as err:
            raise HTTPException(404, str(err)) from None
        except _UNREADABLE as err:
            raise HTTPException(409, str(err)) from None
        return shapes.KpiPage(month=name, figures=[shapes.kpi(one) for one in found])


def _reports(app: FastAPI, frame: Frame, reader: list[Any]) -> None:
    pages = ServicePages(frame.live.agent)

    @app.get("/reports", dependencies=reader, tags=["reports"])
    async def reports() -> list[shapes.ReportKind]:
        """Return the reports there are, and what each wants to be told."""
        return [shapes.ReportKind(name=one.name, about=one.about, what=one.what.en) for one in KINDS.values()]

    @app.get(
        "/reports/{name}", dependencies=reader, tags=["reports"], responses={**_REFUSED, **shapes.REPORT},
        response_class=Response,
    )  # fmt: skip
    async def report(
        name: Annotated[str, Path(max_length=40)],
        *,
        about: Annotated[
            str, Query(max_length=100, description="A month, a day, a year, a record, a device.")
        ] = "",
        form: Annotated[Literal["html", "xlsx"], Query()] = "html",
        lang: Speech = "en",
    ) -> Response:
        """Return a report as one page of HTML, or as a workbook."""
        if name not in KINDS:
            raise HTTPException(404, "no such report")
        try:
            if form == "xlsx":
                return Response(await run_in_threadpool(pages.workbook, name, about, lang), media_type=XLSX)
            page = await run_in_threadpool(pages.report, name, about, lang)
        except NoReport as err:
            raise HTTPException(404, str(err)) from None
        except _UNREADABLE as err:
            raise HTTPException(409, str(err)) from None
        return HTMLResponse(page, headers={"content-security-policy": REPORT_POLICY})


def _baselines(app: FastAPI, frame: Frame, view: list[Any], worker: Any) -> None:
    baselines = Baselines(frame.live.agent)

    @app.get("/baselines", dependencies=view, tags=["baselines"])
    async def differing() -> list[shapes.Differs]:
        """Return the devices that are not as they were accepted, and in what."""
        return [shapes.differs(one) for one in baselines.differing()]

    @app.post("/devices/{device}/accept", tags=["baselines"], responses=_REFUSED)
    async def accept(device: str, account: Annotated[Account, Depends(worker)]) -> shapes.Said:
        """Take a device as it is now, in the name of the token's owner."""
        if frame.live.device(device) is None:
            raise HTTPException(404, "no such device")
        done = await run_in_threadpool(baselines.accept, device, account.shown, "en")
        if not done.ok:
            raise HTTPException(409, done.said)
        return shapes.Said(said=done.said)


def _prediction(frame: Frame, found: Expected, lang: Lang) -> shapes.PredictionRow:
    one: Prediction = found.one
    return shapes.PredictionRow(
        key=found.key, device=one.device, part=one.part, component=one.component, becomes=list(one.becomes),
        at=one.at, probability=one.probability, due_at=one.due_at, earliest=one.earliest, latest=one.latest,
        grade=one.grade, model=one.model, why=[frame.say(c.detail, lang, **c.facts) for c in found.why],
        ruled_out=[frame.say(c.detail, lang, **c.facts) for c in found.ruled_out],
        action=frame.say(one.action, lang), spare=frame.say(one.spare, lang),
    )  # fmt: skip


def _window(one: Window) -> shapes.WindowRow:
    return shapes.WindowRow(
        id=one.id, kind=one.kind.value, devices=list(one.devices), faults=list(one.faults), since=one.since,
        until=one.until, ends=one.ends, who=one.who, why=one.why, ended_by=one.ended_by,
        each=str(one.each or ""),
    )  # fmt: skip


def _head(one: RecordHead) -> shapes.RecordRow:
    return shapes.RecordRow(
        number=one.id, plan=one.plan, due=one.due, at=one.at, signed_by=one.signed_by, customer=one.customer
    )
