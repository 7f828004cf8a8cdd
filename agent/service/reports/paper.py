"""The files of the service department: the device file (一机一档), the site archive, the hand-over sheet."""

from collections.abc import Sequence
from typing import Final

from agent.service import audit
from agent.service.desk import Desk
from agent.service.files import warranty_of
from agent.service.kpi import Period
from agent.service.record import Due, calendar, load, load_plans
from agent.service.reports import common
from agent.service.reports.document import (
    Block,
    Cell,
    Column,
    Document,
    Facts,
    Photo,
    Photos,
    Section,
    Table,
    Text,
    Tone,
)  # fmt: skip
from agent.service.reports.tongue import WARRANTY, Tongue
from agent.service.views import FaultRow, Identity, deltas, fault_rows, identities
from models.facts import Device
from models.service.rounds import Standing
from models.words import Words

EVER = Period(0.0, 4_000_000_000.0)
STANDINGS: Final[dict[Standing, tuple[Words, Tone]]] = {
    Standing.AHEAD: (Words("ahead", "未到期"), ""), Standing.DUE: (Words("due now", "应检"), "warn"),
    Standing.OVERDUE: (Words("overdue", "逾期未检"), "bad"), Standing.EARLY: (Words("done early", "提前完成"), ""),
    Standing.ON_TIME: (Words("done on time", "按期完成"), "good"), Standing.LATE: (Words("done late", "逾期完成"), "bad"),
}  # fmt: skip


def device_file(desk: Desk, device: Device) -> Document:
    """Return all that is known of one device: identity, warranty, parts, and its history."""
    t = Tongue.of(desk)
    title = t.say("Device file", "设备档案（一机一档）")
    file, who = desk.files.get(device.id), identities(desk).get(device.id, Identity())
    warranty = warranty_of(desk.contract, file)
    rows = [r for r in fault_rows(desk, EVER, drills=True) if r.one.sheet.order.root.device == device.id]
    parts = [part for row in rows for part in row.filled.parts]
    period = Period(desk.now - 365 * 86400, desk.now, t.say("last 12 months", "近12个月"))
    blocks: list[Block] = [
        Facts([
            (t.say("Device", "设备"), t.device(device)), (t.say("Kind", "类别"), common.kind(t, device.kind.value)),
            (t.say("Place", "位置"), device.place or "–"), (t.say("Group", "分组"), desk.groups[device.id]),
            (t.say("Maker", "厂家"), who.maker or "–"), (t.say("Model", "型号"), who.model or "–"),
            (t.say("Serial", "序列号"), who.serial or "–"), (t.say("Firmware", "固件"), who.firmware or "–"),
            (t.say("Address", "地址"), device.host), (t.say("Hangs on", "上级设备"), device.parent or "–"),
            (t.say("Installed", "安装日期"), t.day(file.installed) if file else "–"),
            (t.say("Warranty", "保修"), f"{t.of_words(WARRANTY[warranty.standing(desk.today)])} ({t.day(warranty.until)})"),
            (t.say("Spare parts", "备件"), t.of_file(file, "parts") or "–"),
            (t.say("Documents", "资料"), t.of_file(file, "documents") or "–"),
            (t.say("Remarks", "备注"), t.of_file(file, "note") or "–"),
        ]),
        Section(t.say("Key figures of the last 12 months", "近12个月指标")),
        common.cards(desk.measured(period).figures({device.id}), t, ("online_rate", "intact_picture", "clock_accuracy")),
        Section(t.say("Faults and repairs", "故障与维修")),
        common.faults_table(rows, t, name=t.say("Faults", "故障")),
        Section(t.say("What was done", "处理记录")),
        _history(desk, rows, t),
        Table(
            t.say("Parts", "部件"),
            [Column(t.say(*c)) for c in (("day", "日期"), ("part", "部件"), ("number", "数量"), ("by", "人员"))],
            [[t.day(p.at), p.name, f"{p.number:g}", p.who] for p in parts],
            t.say("No part was replaced.", "未更换部件。"), t.say("Parts replaced", "更换部件"),
        ),
        Section(t.say("Checks", "检查记录")),
        _checks(desk, device, t),
        Section(t.say("Performance now and at hand-over", "当前性能与交付时对比")),
        _baseline(desk, device, t),
        *_pictures(desk, rows, t),
    ]  # fmt: skip
    subtitle = f"{desk.config.name or desk.config.site} · {device.id}"
    return Document(f"device-{device.id}", title, subtitle, blocks, desk.lang, common.footer(desk, t, title))


def archive(desk: Desk) -> Document:
    """Return the site's maintenance archive (系统维护工作档案): what anybody needs to take over."""
    t = Tongue.of(desk)
    title = t.say("Maintenance archive", "系统维护工作档案")
    rows = fault_rows(desk, EVER)
    known = identities(desk)
    devices = Table(
        t.say("Devices", "设备"),
        [Column(t.say(*c)) for c in (("id", "编号"), ("name", "名称"), ("kind", "类别"), ("place", "位置"), ("address", "地址"),
         ("model", "型号"), ("serial", "序列号"), ("warranty until", "保修截止"), ("hangs on", "上级"))],
        [
            [d.id, d.name, common.kind(t, d.kind.value), d.place, d.host, known[d.id].model or "–", known[d.id].serial or "–",
             t.day(warranty_of(desk.contract, desk.files.get(d.id)).until), d.parent or "–"]
            for d in desk.devices
        ], small=True,
    )  # fmt: skip
    blocks: list[Block] = [
        common.head(desk, t, None),
        _contract(desk, t),
        Section(t.say("Contacts", "联系人")),
        _contacts(desk, t),
        Section(t.say("Inspections", "巡检计划与完成情况")),
        _calendar(desk, t),
        Section(t.say("Hand-over", "交付")),
        _handovers(desk, t),
        Section(t.say("Complaints", "投诉")),
        _complaints(desk, t),
        Section(t.say("Devices", "设备清单"), fresh=True),
        devices,
        Section(t.say("All tickets", "全部工单"), fresh=True),
        common.faults_table(rows, t, name=t.say("Tickets", "工单")),
    ]
    subtitle = f"{desk.config.name or desk.config.site} · {desk.today}"
    return Document(
        f"archive-{desk.today}",
        title,
        subtitle,
        blocks,
        desk.lang,
        common.footer(desk, t, title),
        landscape=True,
    )


def takeover(desk: Desk) -> Document:
    """Return one page from which any technician can take over."""
    t = Tongue.of(desk)
    title = t.say("Hand-over sheet", "项目交接单")
    still = [row for row in fault_rows(desk, Period(desk.now - 86400, desk.now)) if row.is_open]
    due = [one for one in _dues(desk) if one.standing in {Standing.DUE, Standing.OVERDUE}]
    tasks = [task for task in desk.book.tasks() if task.done_at is None]
    hard = [
        d
        for d in desk.devices
        if d.criticality.value == "critical" or d.kind.value in {"nvr", "switch", "ups", "nas"}
    ]
    blocks: list[Block] = [
        common.head(desk, t, None, (t.say("Access", "进场方式"), desk.contract.access or "–"),
                    (t.say("Hotline", "服务热线"), desk.contract.hotline or "–")),
        _contacts(desk, t),
        Table(
            t.say("Open", "未结"),
            [Column(t.say(*c)) for c in (("ticket", "工单"), ("device", "设备"), ("fault", "故障"), ("since", "起始"), ("state", "状态"))],
            [[t.ticket(r), t.linked(r.device, r.one.sheet.order.root.device), t.fault(r.one.sheet.order.root.code),
              t.when(r.one.sheet.order.first_seen), common.state(r, t)] for r in still[:8]],
            t.say("No fault is open.", "无未结故障。"), t.say("Open faults", "未结故障"),
        ),
        Table(
            t.say("Due", "待办"),
            [Column(t.say(*c)) for c in (("what", "事项"), ("due", "期限"), ("standing", "状态"))],
            [*[[d.plan.title.of(t.lang), str(d.month), _standing(d.standing, t)] for d in due[:6]],
             *[[task_name(task.kind, task.reference or task.reason, t), t.day(task.due),
                Cell(t.say("overdue", "逾期"), "bad") if task.is_overdue(desk.now) else t.say("open", "待办")] for task in tasks[:5]]],
            t.say("Nothing is due.", "无待办事项。"), t.say("Due", "待办事项"),
        ),
        Table(
            t.say("Core", "核心设备"),
            [Column(t.say(*c)) for c in (("device", "设备"), ("place", "位置"), ("address", "地址"), ("note", "备注"))],
            [[t.device(d), d.place, d.host, t.of_file(desk.files.get(d.id), "note")] for d in hard[:9]],
            title=t.say("Core equipment", "核心设备"),
        ),
        Text(t.say(
            "Logins are in the agent's secret files, never on paper. Start: siteward devices, siteward tickets, siteward report.",
            "登录凭据存于系统密钥文件，不得写在纸上。常用命令：siteward devices、siteward tickets、siteward report。"), "muted"),
    ]  # fmt: skip
    subtitle = f"{desk.config.name or desk.config.site} · {desk.today}"
    return Document(
        f"takeover-{desk.today}", title, subtitle, blocks, desk.lang, common.footer(desk, t, title)
    )


def task_name(kind: str, about: str, t: Tongue) -> str:
    """Return what a task is."""
    name = t.say("call the operator", "每月电话交流") if kind == "call" else t.say("follow-up call", "回访")
    return f"{name} {about}"


def _standing(standing: Standing, t: Tongue) -> Cell:
    words, tone = STANDINGS[standing]
    return Cell(words.of(t.lang), tone)


def _dues(desk: Desk) -> list[Due]:
    plans = load_plans(desk.contract)
    return calendar(plans, desk.book, desk.contract, desk.today, zone=desk.zone, ahead=12)


def _contract(desk: Desk, t: Tongue) -> Facts:
    c = desk.contract
    service = desk.config.service.profile or "–"
    kept = ", ".join(f"{group}: {days:g} {t.say('days', '天')}" for group, days in c.retention_days.items())
    return Facts([
        (t.say("Address", "地址"), c.address or "–"), (t.say("Access", "进场方式"), c.access or "–"),
        (t.say("Runs", "合同期"), f"{t.day(c.starts)} – {t.day(c.ends)}"), (t.say("Handed over", "验收日期"), t.day(c.handed_over)),
        (t.say("Warranty", "保修"), f"{c.warranty_months} {t.say('months, until', '个月，至')} {t.day(c.warranty_until)}"),
        (t.say("Service level", "服务等级"), service), (t.say("Retention agreed", "约定存储天数"), kept or "–"),
        (t.say("Hotline", "服务热线"), c.hotline or "–"),
    ])  # fmt: skip


def _contacts(desk: Desk, t: Tongue) -> Table:
    columns = [
        Column(t.say(*c)) for c in (("name", "姓名"), ("role", "职务"), ("phone", "电话"), ("e-mail", "邮箱"))
    ]
    rows = [[c.name, c.role or "–", c.phone or "–", c.email or "–"] for c in desk.contract.contacts]
    return Table(
        t.say("Contacts", "联系人"),
        columns,
        rows,
        t.say("No contact is named in the config.", "未登记联系人。"),
    )


def _calendar(desk: Desk, t: Tongue) -> Table:
    columns = [
        Column(t.say(*c))
        for c in (("plan", "计划"), ("due", "应检月份"), ("done", "完成时间"), ("standing", "状态"))
    ]
    rows = [
        [d.plan.title.of(t.lang), str(d.month), t.when(d.done_at), _standing(d.standing, t)]
        for d in _dues(desk)
    ]
    empty = t.say(
        "Write contract.handed_over into the config: inspections are counted from it.",
        "请在配置中填写 contract.handed_over。",
    )
    return Table(t.say("Calendar", "巡检计划"), columns, rows, empty)


def _handovers(desk: Desk, t: Tongue) -> Table:
    columns = [
        Column(t.say(*c))
        for c in (("frozen", "冻结时间"), ("accepted by", "验收人"), ("devices", "设备数"), ("note", "备注"))
    ]
    rows = [[t.when(o.at), o.who, str(o.devices), o.note or "–"] for o in desk.book.handovers()]
    return Table(
        t.say("Hand-over", "交付"), columns, rows, t.say("No baseline is frozen yet.", "尚未建立交付基线。")
    )


def _complaints(desk: Desk, t: Tongue) -> Table:
    columns = [
        Column(t.say(*c))
        for c in (
            ("day", "日期"),
            ("who", "投诉人"),
            ("class", "等级"),
            ("about", "内容"),
            ("told", "升级通知"),
            ("outcome", "结果"),
        )
    ]
    rows = [
        [t.day(c.at), c.who, str(c.level), c.text, c.escalated or "–", c.outcome or t.say("open", "处理中")]
        for c in desk.book.complaints()
    ]
    return Table(t.say("Complaints", "投诉"), columns, rows, t.say("No complaint.", "无投诉。"), small=True)


def _history(desk: Desk, rows: Sequence[FaultRow], t: Tongue) -> Table:
    columns = [
        Column(t.say(*c))
        for c in (("at", "时间"), ("ticket", "工单"), ("who", "人员"), ("what", "动作"), ("why", "说明"))
    ]
    found = []
    for row in rows:
        order = row.one.sheet.order
        found += [
            [
                t.when(line.at),
                t.ticket(row),
                line.who,
                audit.told(line.what, t.lang),
                audit.because(line.why, t.lang, t.zone) or "–",
            ]
            for line in desk.store.audit(order.key, order.generation)
        ]
    return Table(t.say("History", "处理记录"), columns, found, t.say("Nothing was done.", "无。"), small=True)


def _checks(desk: Desk, device: Device, t: Tongue) -> Table:
    columns = [
        Column(t.say(*c))
        for c in (
            ("day", "日期"),
            ("plan", "计划"),
            ("item", "项目"),
            ("result", "结论"),
            ("evidence", "证据"),
        )
    ]
    rows = []
    for kept in desk.book.inspections():
        record = load(kept)
        items = {item.id: item for item in record.plan.items}
        for e in record.entries:
            if e.device == device.id:
                said = t.entry(e) if e.detail != "inspect.by_hand" else t.of_words(items[e.item].manual)
                rows.append(
                    [
                        t.day(record.at),
                        record.plan.title.of(t.lang),
                        items[e.item].ask.of(t.lang),
                        t.outcome(e.outcome),
                        said,
                    ]
                )
    return Table(
        t.say("Checks", "检查"),
        columns,
        rows[::-1][:60],
        t.say("Not inspected yet.", "尚未检查。"),
        small=True,
    )


def _baseline(desk: Desk, device: Device, t: Tongue) -> Table:
    columns = [
        Column(t.say(*c), right=n > 0)
        for n, c in enumerate(
            (("value", "项目"), ("at hand-over", "交付时"), ("now", "当前"), ("share", "比例"))
        )
    ]
    rows = [
        [f"{t.metric(d.metric)} {d.part}".strip(), t.reading(d.metric, d.was), t.reading(d.metric, d.now),
         f"{d.ratio:.0%}" if d.ratio is not None else "–"]
        for d in deltas(desk) if d.device == device.id
    ]  # fmt: skip
    return Table(
        t.say("Baseline", "基线"),
        columns,
        rows,
        t.say("Nothing was frozen at hand-over.", "未建立基线。"),
        small=True,
    )


def _pictures(desk: Desk, rows: Sequence[FaultRow], t: Tongue) -> list[Block]:
    devices = {row.one.sheet.order.root.device for row in rows}
    photos = [Photo(data, t.when(at)) for device in devices for at, data in desk.pictures(device)]
    return [Section(t.say("Pictures kept as evidence", "证据图像")), Photos(photos)] if photos else []
