"""The monthly service report (售后服务月报), the fault-handling table, clock compliance, and the KPIs alone."""

from collections import Counter
from collections.abc import Callable, Sequence

from agent.service.desk import Desk
from agent.service.kpi import Period
from agent.service.reports import common, plots
from agent.service.reports.document import Block, Cell, Column, Document, Drawing, Section, Table, Text
from agent.service.reports.tongue import WARRANTY, Tongue
from agent.service.views import FaultRow, Heat, began_in, clock_rows, fault_rows, heat, times
from models.facts import Kind
from models.messages import render
from models.service.clocks import ClockName
from models.service.figures import KPIS, Figure, Verdict
from models.thresholds import Thresholds

MANY = 3  # figures that are named in a sentence


def service(desk: Desk, period: Period) -> Document:
    """Return the monthly service report."""
    t = Tongue.of(desk)
    title = t.say("Monthly service report", "售后服务月报")
    measured = desk.measured(period)
    figures = measured.figures()
    rows = fault_rows(desk, period)
    seen = heat(desk, period)
    blocks: list[Block] = [
        common.head(desk, t, period),
        Text(summary(figures, began_in(rows, period), t)),
        common.cards(figures, t),
        *_watch_note(measured.alive, t),
        Section(t.say("Cameras day by day", "摄像机逐日在线情况"), _legend(t)),
        Drawing(plots.heat(seen, desk.zone)),
        Drawing(
            plots.trend(_mean_by_day(seen), desk.zone, target=0.98),
            t.say(
                "Mean online rate of all cameras; dashed: the target; grey: the agent was not running.",
                "全部摄像机的平均在线率；虚线为目标值；灰色为巡检程序未运行。",
            ),
        ),
        Section(t.say("Faults", "故障情况")),
        *_fault_pictures(rows, t),
        common.faults_table(rows, t, name=t.say("Faults", "故障")),
        Section(t.say("Key figures in full", "指标明细"), _kpi_note(t)),
        common.figures_table(figures, t),
        Section(t.say("By group", "分组指标")),
        by_group(desk, measured.figures, t),
    ]
    name = f"service-report-{period.name}"
    footer = common.footer(desk, t, title)
    return Document(name, title, f"{_site(desk)} · {period.name}", blocks, desk.lang, footer)


def kpis(desk: Desk, period: Period) -> Document:
    """Return the figures alone: for the site, each group and each device."""
    t = Tongue.of(desk)
    title = t.say("Key figures", "指标统计")
    measured = desk.measured(period)
    figures = measured.figures()
    blocks: list[Block] = [
        common.head(desk, t, period),
        common.cards(figures, t),
        Section(t.say("Site", "站点"), _kpi_note(t)),
        common.figures_table(figures, t, name=t.say("Site", "站点")),
        Section(t.say("By group", "分组指标")),
        by_group(desk, measured.figures, t),
        Section(t.say("By camera", "分设备指标")),
        _by_device(desk, measured.figures, t),
    ]
    footer = common.footer(desk, t, title)
    return Document(
        f"kpi-{period.name}",
        title,
        f"{_site(desk)} · {period.name}",
        blocks,
        desk.lang,
        footer,
        landscape=True,
    )


def faults(desk: Desk, period: Period) -> Document:
    """Return the fault-handling table (设备故障处理记录表): every ticket with all that the paper form asks."""
    t = Tongue.of(desk)
    title = t.say("Fault-handling table", "设备故障处理记录表")
    columns = [
        Column(t.say(*pair))
        for pair in (
            ("ticket", "工单"), ("device", "设备"), ("model, serial", "型号、序列号"), ("place", "位置"),
            ("warranty", "保修"), ("fault", "故障"), ("sev.", "等级"), ("first seen", "首次发现"), ("ticket at", "派单"),
            ("restored", "恢复"), ("technician", "维修人员"), ("confirmed cause", "确认原因"), ("work done", "处理措施"),
            ("parts used", "更换部件"), ("function test", "功能测试"), ("customer", "客户确认"), ("state", "状态"),
        )
    ]  # fmt: skip
    rows = fault_rows(desk, period)
    found = [_fault_row(row, t) for row in rows]
    replaced = [part for row in rows for part in row.filled.parts]
    used = Counter[str]()
    for part in replaced:
        used[part.name] += round(part.number)
    parts = Table(
        t.say("Parts", "部件"),
        (Column(t.say("part", "部件")), Column(t.say("number", "数量"), right=True)),
        [[name, Cell(str(count), number=count)] for name, count in used.most_common()],
        t.say("No part was used in this period.", "本期未更换部件。"),
        t.say("Parts used, for the stock list", "更换部件汇总（盘点依据）"),
    )
    empty = t.say("No fault in this period.", "本期无故障。")
    blocks: list[Block] = [
        common.head(desk, t, period),
        Table(title, columns, found, empty, small=True),
        parts,
    ]
    footer = common.footer(desk, t, title)
    return Document(
        f"fault-handling-{period.name}", title, f"{_site(desk)} · {period.name}", blocks, desk.lang, footer,
        landscape=True,
    )  # fmt: skip


def clocks(desk: Desk, period: Period) -> Document:
    """Return clock compliance: the contract's clocks of each ticket, and the clocks of the devices."""
    t = Tongue.of(desk)
    title = t.say("Clock compliance", "时限与时钟达标报告")
    rows = began_in(fault_rows(desk, period), period)
    limit = Thresholds().clock_fail_seconds
    told = times(desk, period, limit)
    measured = desk.measured(period).figures()
    blocks: list[Block] = [
        common.head(desk, t, period),
        common.cards(measured, t, ("timeliness", "clock_accuracy")),
        Section(t.say("Clocks of the contract", "合同时限")),
        *_contract_clocks(desk, rows, t),
        Section(
            t.say("Clocks of the devices", "设备时钟"),
            t.say(
                f"A day is right when the clock stayed within {limit:.0f} s of the site's time all day.",
                f"全天与站点时间偏差不超过{limit:.0f}秒计为达标。",
            ),
        ),
        Table(
            t.say("Device clocks", "设备时钟"),
            (
                Column(t.say("device", "设备")), Column(t.say("place", "位置")),
                Column(t.say("days told", "有数据天数"), right=True), Column(t.say("days right", "达标天数"), right=True),
                Column(t.say("worst", "最大偏差"), right=True), Column(t.say("newest", "最近偏差"), right=True),
            ),
            [
                [
                    t.linked(row.device), t.place(row.device), Cell(str(row.days), number=row.days),
                    Cell(str(row.right), "" if row.right == row.days else "bad", row.right),
                    Cell(f"{row.worst:+.1f} s", "bad" if abs(row.worst) > limit else "", round(row.worst, 2)),
                    Cell(f"{row.newest:+.1f} s", "bad" if abs(row.newest) > limit else "", round(row.newest, 2)),
                ]
                for row in told
            ],
            t.say("No device told its time in this period.", "本期无设备提供时间。"),
        ),
    ]  # fmt: skip
    footer = common.footer(desk, t, title)
    return Document(
        f"clocks-{period.name}", title, f"{_site(desk)} · {period.name}", blocks, desk.lang, footer
    )


def summary(figures: Sequence[Figure], rows: Sequence[FaultRow], t: Tongue) -> str:
    """Return the period in two sentences."""
    still = sum(row.is_open for row in rows)
    missed = [f.kpi.name.of(t.lang) for f in figures if f.verdict is Verdict.FAIL]
    collecting = [f.kpi.name.of(t.lang) for f in figures if f.verdict is Verdict.COLLECTING]
    text = t.say(
        f"{len(rows)} faults began in this period; {still} of them are still open.",
        f"本期发生故障{len(rows)}起，其中{still}起尚未修复。",
    )
    if missed:
        text += t.say(f" Targets missed: {', '.join(missed)}.", f"未达标指标：{'、'.join(missed)}。")
    elif not collecting:
        text += t.say(" Every target that could be judged was met.", "可判定的指标全部达标。")
    if len(collecting) > MANY:
        text += t.say(
            f" The agent saw too little of it to judge: {len(collecting)} figures are still being collected.",
            f"观测时间不足，{len(collecting)}项指标仍在收集数据，暂不判定。",
        )
    elif collecting:
        text += t.say(
            f" Still being collected, and so not judged: {', '.join(collecting)}.",
            f"数据收集中、暂不判定的指标：{'、'.join(collecting)}。",
        )
    return text


def by_group(desk: Desk, figures: Callable[[set[str]], list[Figure]], t: Tongue) -> Table:
    """Return the headline figures of each group."""
    groups: dict[str, set[str]] = {}
    for device, group in desk.groups.items():
        groups.setdefault(group, set()).add(device)
    names = ("online_rate", "intact_picture", "clock_accuracy", "timeliness")
    columns = [Column(t.say("group", "分组")), Column(t.say("devices", "设备数"), right=True)]
    columns += [Column(KPIS[name].name.of(t.lang), right=True) for name in names]
    rows = []
    for group, members in sorted(groups.items()):
        found = {one.kpi.code: one for one in figures(members)}
        shown = [_shown(found[name], t) for name in names]
        rows.append([group, Cell(str(len(members)), number=len(members)), *shown])
    return Table(t.say("Groups", "分组"), columns, rows)


def _by_device(desk: Desk, figures: Callable[[set[str]], list[Figure]], t: Tongue) -> Table:
    names = ("online_rate", "intact_picture", "clock_accuracy")
    columns = [Column(t.say("device", "设备")), Column(t.say("group", "分组"))]
    columns += [Column(KPIS[name].name.of(t.lang), right=True) for name in names]
    columns.append(Column(t.say("coverage", "覆盖率"), right=True))
    rows = []
    for device in desk.devices:
        if device.kind is not Kind.CAMERA:
            continue
        found = {one.kpi.code: one for one in figures({device.id})}
        covered = found["online_rate"].coverage
        shown = [_shown(found[name], t) for name in names]
        rows.append(
            [t.linked(device), desk.groups[device.id], *shown, Cell(t.share(covered), number=covered)]
        )
    return Table(t.say("Cameras", "摄像机"), columns, rows)


def _shown(figure: Figure, t: Tongue) -> Cell:
    verdict = figure.verdict
    if verdict in {Verdict.NOT_MEASURED, Verdict.NO_DATA}:
        return Cell("–", "muted")
    if verdict is Verdict.COLLECTING:
        return Cell(t.say("collecting", "数据收集中"), "warn")
    return Cell(t.share(figure.value, 2), "bad" if verdict is Verdict.FAIL else "", figure.value)


def _site(desk: Desk) -> str:
    return desk.config.name or desk.config.site


def _legend(t: Tongue) -> str:
    return t.say(
        "Green: online; pale green: 98 % or more; amber: 90 % or more; red: less; grey: not observed.",
        "绿：在线；浅绿：≥98%；黄：≥90%；红：<90%；灰：未观测。",
    )


def _kpi_note(t: Tongue) -> str:
    return t.say(
        "Coverage is the share of the period in which the agent could observe. Under 95 % a figure is still "
        "being collected: neither met nor missed.",
        "覆盖率为统计期内可观测时间的占比；低于95%时数据仍在收集，不作达标或未达标判定。",
    )


def _watch_note(alive: float, t: Tongue) -> list[Block]:
    if alive >= 0.995:
        return []
    said = t.say(
        f"The agent itself ran {alive:.1%} of the period. What it did not see counts neither for nor against "
        "a device.",
        f"巡检程序本期运行时间占{alive:.1%}；未观测时段不计入任何设备。",
    )
    return [Text(said, "warn")]


def _mean_by_day(seen: Heat) -> list[tuple[float, float | None]]:
    found: list[tuple[float, float | None]] = []
    for at, day in enumerate(seen.days):
        shares = [share for _, row in seen.rows if (share := row[at]) is not None]
        found.append((day, sum(shares) / len(shares) if shares else None))
    return found


def _fault_pictures(rows: Sequence[FaultRow], t: Tongue) -> list[Block]:
    if not rows:
        return []
    codes = Counter(row.one.sheet.order.root.code for row in rows)
    causes = Counter(order.cause for row in rows if (order := row.one.sheet.order).cause)
    blocks: list[Block] = [
        Drawing(
            plots.bars([(t.fault(code), n, str(n)) for code, n in codes.most_common()]),
            t.say("Tickets by fault", "按故障类型统计"),
        )
    ]
    if causes:
        items = [(t.cause(code), float(n), str(n)) for code, n in causes.most_common()]
        said = t.say("Tickets by the cause that the technician confirmed", "按维修人员确认的原因统计")
        blocks.append(Drawing(plots.bars(items, fill="#627d98"), said))
    return blocks


def _fault_row(row: FaultRow, t: Tongue) -> list[Cell | str]:
    order, who = row.one.sheet.order, row.identity
    parts = ", ".join(f"{p.name} × {p.number:g}" for p in row.filled.parts)
    proof = {
        "retest": t.say("re-test passed", "复测通过"),
        "observed": t.say("seen good", "观测恢复"),
        "waiver": t.say(f"waived by {order.proof_by}", f"{order.proof_by}免测"),
    }.get(order.proof.value, "–")
    return [
        t.ticket(row), t.linked(row.device, order.root.device), ", ".join(filter(None, (who.model, who.serial))) or "–",
        t.place(row.device), t.of_words(WARRANTY[row.warranty]), t.fault(order.root.code), order.severity.value,
        t.when(order.first_seen), t.when(order.started_at), t.when(row.restored_at),
        row.filled.fields.get("technician", "–"), t.cause(order.cause) or "–", row.filled.fields.get("work", "–"),
        parts or "–", proof, row.filled.fields.get("customer", "–"), common.state(row, t),
    ]  # fmt: skip


def _contract_clocks(desk: Desk, rows: Sequence[FaultRow], t: Tongue) -> list[Block]:
    found = clock_rows(desk, rows)
    if not found:
        return [Text(t.say("No clock ran in this period.", "本期无计时。"), "muted")]
    names = [name for name in ClockName if any(one.clock.name is name for one in found)]
    tally = []
    for name in names:
        mine = [one for one in found if one.clock.name is name and one.clock.limit is not None]
        late = sum(one.clock.breached_at is not None for one in mine)
        tally.append(
            [
                _clock(name, t), Cell(str(len(mine)), number=len(mine)),
                Cell(str(len(mine) - late), number=len(mine) - late),
                Cell(str(late), "bad" if late else "", late),
                Cell(t.share(1 - late / len(mine)) if mine else "–", number=1 - late / len(mine) if mine else None),
            ]
        )  # fmt: skip
    breached = [one for one in found if one.clock.breached_at is not None]
    columns = [
        ("clock", "时限"),
        ("tickets", "工单"),
        ("in time", "按时"),
        ("late", "超时"),
        ("share", "按时率"),
    ]
    return [
        Table(
            t.say("Clocks", "时限"), [Column(t.say(*c), right=n > 0) for n, c in enumerate(columns)], tally
        ),
        Table(
            t.say("Breaches", "超时明细"),
            [Column(t.say(*c)) for c in (("ticket", "工单"), ("device", "设备"), ("fault", "故障"), ("clock", "时限"),
             ("allowed", "要求"), ("used", "实际"), ("due", "应完成"), ("stopped", "实际完成"))],
            [
                [
                    f"#{one.one.ticket}", t.linked(desk.by_id.get(one.one.sheet.order.root.device),
                    one.one.sheet.order.root.device), t.fault(one.one.sheet.order.root.code),
                    _clock(one.clock.name, t), t.length(one.clock.limit), Cell(t.length(one.used), "bad"),
                    t.when(one.due), t.when(one.clock.stopped_at),
                ]
                for one in breached
            ],
            t.say("No clock was breached.", "无超时。"), t.say("Breaches", "超时明细"),
        ),
    ]  # fmt: skip


def _clock(name: ClockName, t: Tongue) -> str:
    return render(f"sla.{name.value}", t.lang)
