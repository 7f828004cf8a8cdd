"""Blocks that several reports share: head facts, KPI cards and table, the table of faults."""

from collections.abc import Iterable, Sequence

from agent.service.desk import Desk
from agent.service.kpi import Period
from agent.service.reports.document import Card, Cards, Cell, Column, Facts, Table
from agent.service.reports.tongue import VERDICTS, WHY, Tongue
from agent.service.views import FaultRow
from models.messages import render
from models.service.figures import Figure, Verdict

HEADLINES = ("online_rate", "intact_picture", "clock_accuracy", "timeliness", "diagnosis_accuracy",
             "repeat_faults", "satisfaction", "recording_completeness")  # fmt: skip


def head(desk: Desk, tongue: Tongue, period: Period | None = None, *more: tuple[str, str]) -> Facts:
    """Return who and what the report is about."""
    say, contract = tongue.say, desk.contract
    kinds: dict[str, int] = {}
    for device in desk.devices:
        kinds[device.kind.value] = kinds.get(device.kind.value, 0) + 1
    counted = ", ".join(f"{kind(tongue, name)} {count}" for name, count in kinds.items())
    pairs = [
        (say("Customer", "客户"), contract.customer or "–"),
        (say("Contract", "合同"), contract.number or "–"),
        (say("Site", "站点"), desk.config.name or desk.config.site),
        (say("Maintained by", "维保单位"), contract.provider or "–"),
        (say("Equipment", "设备"), counted),
    ]
    if period is not None:
        cut = tongue.say(" (so far)", "（截至目前）") if period.until > desk.now else ""
        until = min(period.until, desk.now)
        pairs.append((say("Period", "统计期"), f"{tongue.when(period.since)} – {tongue.when(until)}{cut}"))
    pairs.append((say("Made", "生成时间"), tongue.when(desk.now)))
    return Facts([*pairs, *more])


_KINDS = {
    "camera": ("cameras", "摄像机"), "nvr": ("recorders", "录像机"), "switch": ("switches", "交换机"),
    "ups": ("UPS", "UPS"), "alarm_host": ("alarm hosts", "报警主机"), "nas": ("NAS", "存储"),
    "monitor": ("monitors", "监视器"), "other": ("others", "其他"),
}  # fmt: skip


def kind(tongue: Tongue, name: str) -> str:
    """Return a kind of equipment for people."""
    return tongue.say(*_KINDS.get(name, (name, name)))


def footer(desk: Desk, tongue: Tongue, title: str) -> str:
    """Return what stands at the bottom of each page."""
    say = tongue.say
    return f"{desk.config.name or desk.config.site} · {title} · " + say(
        "from Siteward; what no protocol can see was not judged",
        "由Siteward生成，协议无法检测的项目未作判定",
    )


def cards(figures: Iterable[Figure], tongue: Tongue, names: Sequence[str] = HEADLINES) -> Cards:
    """Return the figures people ask for first."""
    found = {figure.kpi.code: figure for figure in figures}
    return Cards([_card(found[name], tongue) for name in names if name in found])


def _card(figure: Figure, tongue: Tongue) -> Card:
    words, tone = VERDICTS[figure.verdict]
    shown = figure.verdict not in {Verdict.NOT_MEASURED, Verdict.NO_DATA}
    counts = figure.kpi.counts.of(tongue.lang)
    detail = f"{tongue.amount(figure.numerator)} / {tongue.amount(figure.denominator)} {counts}"
    covered = (
        f" · {tongue.say('coverage', '覆盖率')} {tongue.share(figure.coverage)}" if figure.coverage else ""
    )
    note = f"{words.of(tongue.lang)} · {tongue.say('target', '目标')} {tongue.goal(figure)}"
    why = WHY[figure.why].of(tongue.lang) if figure.why in WHY else ""
    value = tongue.share(figure.value, 2) if shown else "–"
    return Card(figure.kpi.name.of(tongue.lang), value, tone, note, (detail + covered) if shown else why)


def figures_table(figures: Iterable[Figure], tongue: Tongue, *, name: str = "KPI", title: str = "") -> Table:
    """Return every figure with what it is made of."""
    say = tongue.say
    columns = (
        Column(say("KPI", "指标"), share=14), Column(say("formula", "计算公式"), share=30),
        Column(say("value", "数值"), right=True), Column(say("numerator", "分子"), right=True),
        Column(say("denominator", "分母"), right=True), Column(say("planned, left out", "计划内剔除"), right=True),
        Column(say("coverage", "覆盖率"), right=True), Column(say("target", "目标"), right=True),
        Column(say("verdict", "结论"), share=11),
    )  # fmt: skip
    return Table(name, columns, [_figure_row(figure, tongue) for figure in figures], title=title, small=True)


def _figure_row(figure: Figure, tongue: Tongue) -> list[Cell | str]:
    measured = figure.coverage is not None
    counts = figure.kpi.counts.of(tongue.lang)

    def amount(value: float) -> Cell:
        return Cell(tongue.amount(value), number=round(value, 4)) if measured else Cell("–")

    why = WHY[figure.why].of(tongue.lang) if figure.why in WHY else ""
    verdict = tongue.verdict(figure)
    return [
        figure.kpi.name.of(tongue.lang),
        f"{figure.kpi.formula.of(tongue.lang)} [{counts}]" + (f" – {why}" if why and not measured else ""),
        Cell(tongue.share(figure.value, 2), number=figure.value) if measured else "–",
        amount(figure.numerator),
        amount(figure.denominator),
        amount(figure.excluded),
        Cell(tongue.share(figure.coverage), number=figure.coverage) if measured else "–",
        tongue.goal(figure),
        verdict,
    ]


def faults_table(rows: Sequence[FaultRow], tongue: Tongue, *, name: str, title: str = "") -> Table:
    """Return tickets in short."""
    say = tongue.say
    columns = (
        Column(say("ticket", "工单")), Column(say("device", "设备"), share=20), Column(say("place", "位置")),
        Column(say("fault", "故障")), Column(say("severity", "等级")), Column(say("detected", "发现时间")),
        Column(say("restored", "恢复时间")), Column(say("lasted", "历时"), right=True),
        Column(say("confirmed cause", "确认原因")), Column(say("state", "状态")),
    )  # fmt: skip
    found = []
    for row in rows:
        order = row.one.sheet.order
        ended = row.restored_at
        found.append([
            tongue.ticket(row), tongue.device(row.device, order.root.device), tongue.place(row.device),
            tongue.fault(order.root.code), order.severity.value, tongue.when(row.began_at),
            tongue.when(ended), tongue.length(ended - row.began_at if ended else None),
            tongue.cause(order.cause) or "–", state(row, tongue),
        ])  # fmt: skip
    return Table(name, columns, found, say("No fault in this period.", "本期无故障。"), title, small=True)


def state(row: FaultRow, tongue: Tongue) -> Cell:
    """Return how a ticket stands."""
    order = row.one.sheet.order
    text = render(f"state.{order.state.value}", tongue.lang)
    if order.repeat_of or order.turn:
        text += tongue.say(", repeat", "，二次故障")
    return Cell(text, "warn" if row.is_open else "")
