"""Follow-up of a month (回访), and the brief for the monthly call with questions to ask."""

from collections.abc import Sequence

from agent.service import followup
from agent.service.desk import Desk
from agent.service.kpi import Period
from agent.service.record import calendar, load_plans
from agent.service.reports import common
from agent.service.reports.document import (
    Block,
    Bullets,
    Cell,
    Column,
    Document,
    Section,
    Signatures,
    Table,
    Text,
)  # fmt: skip
from agent.service.reports.tongue import Tongue
from agent.service.views import FaultRow, began_in, fault_rows
from models.service.figures import Figure, Verdict
from models.service.rounds import Month, Standing

_REASONS = {"drawn": ("drawn", "抽中"), "breached": ("a clock was breached", "超时工单"),
            "repeat": ("repeat fault", "二次故障"), "dissatisfied": ("dissatisfied", "不满意")}  # fmt: skip


def follow_up(desk: Desk, period: Period) -> Document:
    """Return the draw of a month, its calls and what came of them."""
    t = Tongue.of(desk)
    title = t.say("Follow-up", "回访抽样与结果")
    month = Month.parse(period.name)
    closed = followup.closed_in(desk.store, desk.book, month, desk.zone)
    draws = followup.draws_of(desk.book, month)
    references = {one.sheet.order.reference: one for one in closed}
    tasks = [task for task in desk.book.tasks(followup.FOLLOW_UP) if task.reference in references]
    rows = []
    for task in tasks:
        order = references[task.reference].sheet.order
        satisfied = {
            None: Cell("–"),
            True: Cell(t.say("satisfied", "满意"), "good"),
            False: Cell(t.say("dissatisfied", "不满意"), "bad"),
        }
        done = (
            t.when(task.done_at)
            if task.done_at
            else Cell(t.say("overdue", "逾期"), "bad")
            if task.is_overdue(desk.now)
            else t.say("open", "待回访")
        )
        rows.append([
            f"#{references[task.reference].ticket}", t.device(desk.by_id.get(order.root.device), order.root.device),
            t.fault(order.root.code), t.when(order.resolved_at), t.say(*_REASONS.get(task.reason, (task.reason,) * 2)),
            t.day(task.due), done, task.who or "–", satisfied[task.satisfied], task.note or "–",
        ])  # fmt: skip
    columns = [Column(t.say(*c)) for c in (("ticket", "工单"), ("device", "设备"), ("fault", "故障"), ("restored", "恢复"), ("why called", "回访原因"),
               ("due", "期限"), ("called", "回访时间"), ("by", "回访人"), ("answer", "结果"), ("remarks", "备注"))]  # fmt: skip
    chosen = {name for one in draws for name in one.draw.chosen}
    share = t.share(desk.contract.follow_up_share, 0)
    blocks: list[Block] = [
        common.head(desk, t, period),
        common.cards(desk.measured(period).figures(), t, ("satisfaction", "complaint_rate")),
        Text(t.say(
            f"{len(closed)} tickets were closed in {month}; {len(chosen)} of them were drawn ({share}, rounded up). "
            "Breached and repeat ones are called on top.",
            f"{month}关闭工单{len(closed)}张，抽取{len(chosen)}张（{share}，进位取整）；超时及二次故障工单另行全部回访。")),
        Table(t.say("Calls", "回访"), columns, rows, t.say("Nothing to call about.", "无需回访。"), small=True),
        Section(t.say("The draws", "抽签记录"), t.say(
            "Order by SHA-256 of “seed/ticket”; the first so many are drawn. Anybody can repeat it.",
            "按“种子/工单”的SHA-256值排序取前若干，可复核。")),
        Table(
            t.say("Draws", "抽签"),
            [Column(t.say(*c), share=w) for c, w in ((("seed", "种子"), 34), (("in the pot", "总体"), 33), (("drawn", "抽中"), 33))],
            [[one.draw.seed, _short(one.draw.population), _short(one.draw.chosen)] for one in draws],
            t.say("No draw yet.", "尚未抽签。"), small=True,
        ),
        Section(t.say("Complaints", "投诉")),
        _complaints(desk, period, t),
    ]  # fmt: skip
    subtitle = f"{desk.config.name or desk.config.site} · {period.name}"
    footer = common.footer(desk, t, title)
    return Document(f"follow-up-{period.name}", title, subtitle, blocks, desk.lang, footer, landscape=True)


def brief(desk: Desk, period: Period) -> Document:
    """Return one page for the monthly call: what is open, how the figures stand, what to ask."""
    t = Tongue.of(desk)
    title = t.say("Brief for the monthly call", "每月电话交流提纲")
    figures = desk.measured(period).figures()
    rows = fault_rows(desk, period)
    still = [row for row in rows if row.is_open]
    call = next((task for task in desk.book.tasks(followup.CALL) if task.reason == period.name), None)
    state = t.say("open", "待完成")
    if call is not None and call.done_at is not None:
        state = f"{t.when(call.done_at)}, {call.who}"
    elif call is not None and call.is_overdue(desk.now):
        state = t.say("overdue", "逾期")
    contact = desk.contract.contacts[0] if desk.contract.contacts else None
    who = f"{contact.name} {contact.phone}" if contact else "–"
    blocks: list[Block] = [
        common.head(desk, t, period, (t.say("Call", "联系人"), who), (t.say("Standing", "完成情况"), state)),
        common.cards(figures, t, ("online_rate", "intact_picture", "timeliness", "clock_accuracy")),
        common.faults_table(still, t, name=t.say("Open", "未结"), title=t.say("Still open", "未结故障")),
        Section(t.say("Questions to ask", "交流问题")),
        Bullets(questions(desk, rows, figures, t), boxes=True),
        Section(t.say("Outcome", "交流结果")),
        Text(call.note if call is not None and call.note else ""),
        Signatures([(t.say("Called by", "通话人"), call.who if call else "", ""), (t.say("Spoke with", "对方"), "", "")],
                   t.say("Name", "姓名"), t.say("Date", "日期"), t.say("Signature", "签名")),
    ]  # fmt: skip
    subtitle = f"{desk.config.name or desk.config.site} · {period.name}"
    return Document(f"call-{period.name}", title, subtitle, blocks, desk.lang, common.footer(desk, t, title))


def questions(desk: Desk, rows: Sequence[FaultRow], figures: Sequence[Figure], t: Tongue) -> list[str]:
    """Return what to ask: first what the customer saw, then what the month itself gives to ask about."""
    found = [
        t.say("Is there anything that does not work as you need it?", "目前系统有无影响使用的问题？"),
        t.say(
            "Will there be building work, events or power cuts in the next weeks?",
            "近期有无施工、重大活动或停电安排？",
        ),
        t.say(
            "Are there new users to be trained, or people who left?", "有无新的使用人员需要培训，或人员变动？"
        ),
    ]
    for row in [r for r in rows if r.is_open][:3]:
        name = t.device(row.device, row.one.sheet.order.root.device)
        fault = t.fault(row.one.sheet.order.root.code)
        found.append(
            t.say(
                f"{name}: {fault}. When may we come, and who lets us in?",
                f"{name}：{fault}。何时方便进场，由谁配合？",
            )
        )
    for row in [r for r in rows if (r.one.sheet.order.repeat_of or r.one.sheet.order.turn) and not r.is_open][
        :2
    ]:
        name = t.device(row.device, row.one.sheet.order.root.device)
        found.append(
            t.say(
                f"{name} failed again this month: has it been well since?",
                f"{name}本月重复故障，修复后是否正常？",
            )
        )
    mains = [
        r for r in began_in(rows, Period(0, desk.now)) if r.one.sheet.order.root.code.startswith("POWER")
    ]
    if mains:
        found.append(
            t.say(
                "Mains failed at the site: is the supply planned to be worked on?",
                "本月现场曾停电，是否有供电检修计划？",
            )
        )
    if any(f.kpi.code == "clock_accuracy" and f.verdict is Verdict.FAIL for f in figures):
        found.append(
            t.say(
                "Clocks were wrong: was the time server or the network changed?",
                "部分设备时钟不准，校时服务器或网络是否有变更？",
            )
        )
    due = [
        one for one in calendar(load_plans(desk.contract), desk.book, desk.contract, desk.today, zone=desk.zone, ahead=1)
        if one.standing in {Standing.DUE, Standing.OVERDUE}
    ]  # fmt: skip
    if due:
        plans = ", ".join(dict.fromkeys(one.plan.title.of(t.lang) for one in due))
        found.append(t.say(f"Which day suits you for: {plans}?", f"以下巡检何日方便：{plans}？"))
    return found


def _complaints(desk: Desk, period: Period, t: Tongue) -> Table:
    columns = [Column(t.say(*c)) for c in (("day", "日期"), ("who", "投诉人"), ("class", "等级"), ("about", "内容"), ("told", "升级通知"),
               ("upheld", "是否成立"), ("outcome", "结果"))]  # fmt: skip
    said = {None: "–", True: t.say("yes", "成立"), False: t.say("no", "不成立")}
    rows = [
        [t.day(c.at), c.who, str(c.level), c.text, c.escalated or "–", said[c.upheld], c.outcome or t.say("open", "处理中")]
        for c in desk.book.complaints() if period.since <= c.at < period.until
    ]  # fmt: skip
    return Table(t.say("Complaints", "投诉"), columns, rows, t.say("No complaint.", "无投诉。"), small=True)


def _short(references: tuple[str, ...]) -> str:
    return ", ".join(reference.partition("/")[2] or reference for reference in references)
