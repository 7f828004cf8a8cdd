"""The inspection record: every item with its evidence, the list for the visit, and the form that is signed."""

from collections import Counter
from collections.abc import Sequence

from agent.service.book import Answer
from agent.service.desk import Desk
from agent.service.record import Record
from agent.service.reports import common, plots
from agent.service.reports.document import (
    Block,
    Bullets,
    Card,
    Cards,
    Cell,
    Column,
    Document,
    Drawing,
    Section,
    Signatures,
    Table,
    Text,
)  # fmt: skip
from agent.service.reports.tongue import OUTCOMES, Tongue
from models.service.inspection import WORST_FIRST, Entry, Outcome, evidenced
from models.service.plans import Item
from models.service.visit import Stop, kit, residue
from models.words import Words

_STANDINGS = {
    "early": Words("early", "提前"), "on_time": Words("on time", "按期"), "due": Words("on time", "按期"),
    "late": Words("late", "逾期"), "overdue": Words("late", "逾期"), "ahead": Words("early", "提前"),
}  # fmt: skip
_COLOURS = {
    Outcome.PASSED: plots.GREEN, Outcome.FAILED: plots.RED, Outcome.NOT_MEASURED: plots.AMBER,
    Outcome.MANUAL: "#8fa3b5",
}  # fmt: skip
SHOWN = 400  # passed entries that are listed one by one on paper; the workbook has all


def inspection(desk: Desk, record: Record) -> Document:
    """Return the record of one inspection."""
    t = Tongue.of(desk)
    title = record.plan.title.of(desk.lang)
    answers = {(a.item, a.device): a for a in record.answers}
    stops = residue(record.plan, record.entries, desk.by_id, answers)
    counts = Counter(entry.outcome for entry in record.entries)
    due = record.due or "–"
    standing = _STANDINGS.get(record.standing, Words("–", "–")).of(desk.lang)
    blocks: list[Block] = [
        common.head(
            desk, t, None, (t.say("Due", "应检月份"), f"{due} ({standing})" if record.due else due),
            (t.say("Inspected", "检查时间"), t.when(record.at)),
        ),
        _cards(record, counts, t),
        Drawing(plots.stack([(OUTCOMES[o][0].of(desk.lang), counts[o], _COLOURS[o]) for o in reversed(WORST_FIRST)])),
        Text(_meaning(t), "muted"),
        Section(t.say("Items", "检查项目")),
        _items(record, answers, t),
        Section(
            t.say("Left for the visit, by place", "现场工作清单（按位置）"),
            t.say(
                "What failed, what could not be measured and what needs hands; nothing else needs a look.",
                "仅列出不合格、未测及需人工的项目，其余项目无需到场。",
            ),
            fresh=True,
        ),
        *_visit(stops, t),
        *_answers(record.answers, record, desk, t),
        *_draws(record, t),
        Section(t.say("Signatures", "签字")),
        Signatures(
            [
                (t.say("Inspected by", "检查人"), record.signed_by, t.day(record.signed_at) if record.signed_at else ""),
                (t.say("For the customer", "使用单位"), record.customer, t.day(record.signed_at) if record.customer else ""),
            ],
            t.say("Name", "姓名"), t.say("Date", "日期"), t.say("Signature", "签名"),
        ),
        Section(t.say("All evidence", "全部检测记录"), fresh=True),
        *_evidence(record, desk, t),
    ]  # fmt: skip
    name = f"inspection-{record.plan.name}-{record.due or t.day(record.at)}"
    subtitle = f"{desk.config.name or desk.config.site} · {record.due or t.day(record.at)}"
    return Document(name, title, subtitle, blocks, desk.lang, common.footer(desk, t, title))


def form(desk: Desk, record: Record) -> Document:
    """Return the form to fill on site (维修保养记录书): what is known is filled in, the rest has room."""
    t = Tongue.of(desk)
    title = t.say("Maintenance form", "维修保养记录书")
    stops = residue(record.plan, record.entries, desk.by_id, [(a.item, a.device) for a in record.answers])
    tools, parts = kit(stops)
    columns = (
        Column(t.say("device", "设备"), share=22), Column(t.say("to do", "工作内容"), share=30),
        Column(t.say("what the agent saw", "系统检测结果"), share=24), Column("✓ / ✗", share=7),
        Column(t.say("remarks", "备注"), share=17),
    )  # fmt: skip
    blocks: list[Block] = [
        common.head(
            desk, t, None, (t.say("Plan", "计划"), record.plan.title.of(desk.lang)),
            (t.say("Access", "进场方式"), desk.contract.access or "–"),
        ),
        Section(t.say("Take along", "携带工具及备件")),
        Bullets([t.of_words(w) for w in (*tools, *parts)] or ["–"], boxes=True),
    ]  # fmt: skip
    for number, stop in enumerate(stops, start=1):
        place = stop.place or t.say("The site as a whole", "整个站点")
        rows = [
            [
                t.device(chore.device), chore.item.ask.of(desk.lang),
                Cell(_found(chore.item, chore.entry, t), OUTCOMES[chore.entry.outcome][1]), "", "",
            ]
            for chore in stop.chores
        ]  # fmt: skip
        blocks.append(Table(f"{number} {place}", columns, rows, title=place))
    if not stops:
        blocks.append(Text(t.say("Nothing is left to do.", "无现场工作。"), "good"))
    blocks += [
        Section(t.say("Signatures", "签字")),
        Signatures(
            [(t.say("Technician", "维保人员"), record.signed_by, ""), (t.say("For the customer", "使用单位"), record.customer, "")],
            t.say("Name", "姓名"), t.say("Date", "日期"), t.say("Signature", "签名"),
        ),
    ]  # fmt: skip
    name = f"form-{record.plan.name}-{record.due or t.day(record.at)}"
    subtitle = f"{desk.config.name or desk.config.site} · {record.due or t.day(record.at)}"
    return Document(name, title, subtitle, blocks, desk.lang, common.footer(desk, t, title))


def _cards(record: Record, counts: Counter[Outcome], t: Tongue) -> Cards:
    share = evidenced(record.entries)
    total = len(record.entries)

    def card(outcome: Outcome) -> Card:
        words, tone = OUTCOMES[outcome]
        count = counts[outcome]
        return Card(
            words.of(t.lang), f"{count}", tone if count else "muted", t.say(f"of {total}", f"共{total}项")
        )

    covered = Card(
        t.say("Answered by evidence", "由证据判定"), t.share(share), "good" if share and share >= 0.8 else "warn",
        t.say("passed or failed without a visit", "无需到场即可判定"),
    )  # fmt: skip
    return Cards(
        [covered, *(card(o) for o in (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_MEASURED, Outcome.MANUAL))]
    )


def _meaning(t: Tongue) -> str:
    return t.say(
        "Passed and failed rest on evidence of the agent. Not measured is not passed: its reason stands beside it. "
        "By hand is what no protocol can see; cleaning, mechanics, walk tests and signatures stay with people.",
        "“合格”“不合格”均有系统证据；“未测”不视为合格，并注明原因；“人工”为协议无法检测的项目，清洁、机械、步测与签字由人员完成。",
    )


def _items(record: Record, answers: dict[tuple[str, str], Answer], t: Tongue) -> Table:
    rows = []
    for item in record.plan.items:
        mine = [e for e in record.entries if e.item == item.id]
        if not mine:
            continue
        counts = Counter(entry.outcome for entry in mine)
        worst = next(o for o in WORST_FIRST if counts[o])
        done = sum((e.item, e.device) in answers for e in mine if e.outcome is not Outcome.PASSED)
        cells = [Cell(str(counts[o]) if counts[o] else "–", OUTCOMES[o][1] if counts[o] else "muted", counts[o])
                 for o in (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_MEASURED, Outcome.MANUAL)]  # fmt: skip
        rows.append(
            [item.ask.of(t.lang), *cells, Cell(str(done) if done else "–", number=done), t.outcome(worst)]
        )
    heads = [
        OUTCOMES[o][0].of(t.lang)
        for o in (Outcome.PASSED, Outcome.FAILED, Outcome.NOT_MEASURED, Outcome.MANUAL)
    ]
    columns = [Column(t.say("item", "项目"), share=40), *(Column(head, right=True) for head in heads)]
    columns += [Column(t.say("done by people", "人工已完成"), right=True), Column(t.say("result", "结论"))]
    return Table(t.say("Items", "项目"), columns, rows)


def _visit(stops: Sequence[Stop], t: Tongue) -> list[Block]:
    if not stops:
        return [Text(t.say("Nothing is left to do: no visit is needed.", "无遗留项目，无需到场。"), "good")]
    tools, parts = kit(stops)
    columns = (
        Column(t.say("place", "位置"), share=15), Column(t.say("device", "设备"), share=20),
        Column(t.say("to do", "工作内容"), share=26), Column(t.say("why", "原因"), share=27),
        Column(t.say("ticket", "工单"), share=12),
    )  # fmt: skip
    rows = [
        [
            stop.place or t.say("site", "站点"), t.linked(chore.device), chore.item.ask.of(t.lang),
            Cell(_found(chore.item, chore.entry, t), OUTCOMES[chore.entry.outcome][1]),
            f"#{chore.entry.ticket}" if chore.entry.ticket else ("–" if chore.entry.outcome is not Outcome.FAILED
             else t.say("none: report it", "无，需报修")),
        ]
        for stop in stops
        for chore in stop.chores
    ]  # fmt: skip
    return [
        Text(t.say("Tools: ", "工具：") + ("; ".join(map(t.of_words, tools)) or "–")),
        Text(t.say("Parts: ", "备件：") + ("; ".join(map(t.of_words, parts)) or "–")),
        Table(t.say("Visit", "现场工作"), columns, rows, small=True),
    ]


def _found(item: Item, entry: Entry, t: Tongue) -> str:
    if entry.outcome is Outcome.MANUAL:
        return t.of_words(item.manual)
    return t.entry(entry)


def _answers(answers: Sequence[Answer], record: Record, desk: Desk, t: Tongue) -> list[Block]:
    if not answers:
        return []
    items = {item.id: item for item in record.plan.items}
    groups: dict[tuple[str, bool, str, str, str], list[str]] = {}
    for a in answers:
        groups.setdefault((a.item, a.good, a.who, t.when(a.at), a.note), []).append(a.device)
    rows = [
        [
            items[item].ask.of(t.lang) if item in items else item, _devices(devices, desk, t),
            Cell(t.say("good", "合格") if good else t.say("not good", "不合格"), "good" if good else "bad"),
            who, at, note or "–",
        ]
        for (item, good, who, at, note), devices in groups.items()
    ]  # fmt: skip
    pairs = (
        ("item", "项目"),
        ("devices", "设备"),
        ("found", "结果"),
        ("by", "人员"),
        ("at", "时间"),
        ("remarks", "备注"),
    )
    columns = [Column(t.say(*c)) for c in pairs]
    return [
        Section(t.say("Done by people", "人工完成情况")), Table(t.say("By people", "人工"), columns, rows, small=True)
    ]  # fmt: skip


def _devices(ids: Sequence[str], desk: Desk, t: Tongue) -> str:
    """Return devices in short: one by its name, many by their ids."""
    if len(ids) == 1:
        return t.device(desk.by_id.get(ids[0]), ids[0])
    return ", ".join(id_ or t.say("site", "站点") for id_ in ids)


def _draws(record: Record, t: Tongue) -> list[Block]:
    if not record.draws:
        return []
    columns = [
        Column(t.say(*c))
        for c in (("seed", "抽签种子"), ("share", "比例"), ("in the pot", "总体"), ("drawn", "抽中"))
    ]
    rows = [[d.seed, t.share(d.share, 0), str(len(d.population)), ", ".join(d.chosen)] for d in record.draws]
    note = t.say(
        "Order by SHA-256 of “seed/device”; the first so many are drawn, rounded up. Anybody can repeat it.",
        "按“种子/设备编号”的SHA-256值排序，取前若干（进位取整），可复核。",
    )
    return [
        Section(t.say("Draws of function tests", "功能测试抽样"), note),
        Table(t.say("Draws", "抽样"), columns, rows, small=True),
    ]


def _evidence(record: Record, desk: Desk, t: Tongue) -> list[Block]:
    """Return the evidence: on paper what is the same is one line, in the workbook each entry has its own."""
    items = {item.id: item for item in record.plan.items}
    order = {outcome: n for n, outcome in enumerate(WORST_FIRST)}
    entries = sorted(record.entries, key=lambda e: (order[e.outcome], e.item, e.device))
    groups: dict[tuple[str, Outcome, str, str], list[str]] = {}
    for e in entries:
        groups.setdefault((e.item, e.outcome, _found(items[e.item], e, t), e.ticket), []).append(e.device)
    lines = list(groups.items())[:SHOWN]
    columns = (
        Column(t.say("item", "项目"), share=25), Column(t.say("result", "结论"), share=10),
        Column(t.say("evidence", "证据"), share=30), Column(t.say("devices", "设备"), share=27),
        Column(t.say("ticket", "工单"), share=8),
    )  # fmt: skip
    shown = [
        [
            items[item].ask.of(t.lang),
            t.outcome(outcome),
            said,
            _devices(devices, desk, t),
            f"#{no}" if no else "",
        ]
        for (item, outcome, said, no), devices in lines
    ]
    every = [
        [
            items[e.item].ask.of(t.lang), t.outcome(e.outcome), _found(items[e.item], e, t),
            t.linked(desk.by_id.get(e.device), e.device), f"#{e.ticket}" if e.ticket else "",
        ]
        for e in entries
    ]  # fmt: skip
    name, more = t.say("Evidence", "证据"), len(groups) - len(lines)
    blocks: list[Block] = [
        Table(name, columns, shown, small=True, only="paper"),
        Table(name, columns, every, only="book"),
    ]
    if more:
        said = t.say(f"{more} more lines are in the workbook.", f"其余{more}行见电子表格。")
        blocks.append(Text(said, "muted"))
    return blocks
