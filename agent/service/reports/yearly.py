"""The yearly delta against hand-over, devices to replace and why; failure rates by model with spare parts."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.service import handover
from agent.service.book import BaselineValue
from agent.service.desk import Desk
from agent.service.handover import Delta
from agent.service.kpi import Period
from agent.service.reports import common, plots
from agent.service.reports.document import (
    Block,
    Cell,
    Column,
    Document,
    Drawing,
    Photo,
    Photos,
    Section,
    Table,
    Text,
)  # fmt: skip
from agent.service.reports.tongue import Tongue
from agent.service.views import (
    Rate,
    Replace,
    began_in,
    deltas,
    failure_rates,
    fault_rows,
    predicted,
    replacements,
)
from models.metrics import METRICS, Type

MOST_PICTURES = 30
CHANGED = 0.1  # a tenth more or less than at hand-over is shown
RESTLESS = frozenset({"cctv_clock_offset_seconds", "cctv_icmp_rtt_seconds", "cctv_picture_luma_ratio"})


def delta(desk: Desk, period: Period) -> Document:
    """Return the yearly delta."""
    t = Tongue.of(desk)
    title = t.say("Delta against hand-over", "与交付基线对比报告")
    overs = desk.book.handovers()
    rows = fault_rows(desk, period)
    found = deltas(desk) if overs else []
    frozen = "; ".join(f"{t.when(o.at)}, {t.say('accepted by', '验收人')} {o.who}" for o in overs)
    blocks: list[Block] = [common.head(desk, t, period, (t.say("Hand-over", "交付基线"), frozen or "–"))]
    if not overs:
        blocks.append(Text(t.say(
            "Nothing was frozen at hand-over: run “siteward handover” once the site is accepted.",
            "尚未建立交付基线：验收后请执行 siteward handover。"), "warn"))  # fmt: skip
    out = replacements(desk, rows, found, period.seconds / 86400)
    blocks += [
        Section(t.say("Devices to replace", "建议更换设备")),
        _replacements(out, t),
        *_latent(desk, t),
        Section(
            t.say("Performance now and at hand-over", "当前性能与交付时对比"),
            t.say(
                "Values that moved by a tenth or more, or are not measured any more; all are in the workbook.",
                "仅列出变化超过10%或已无法测量的项目，全部数据见电子表格。",
            ),
        ),
        _summary(found, t),
        _changed(found, desk, t),
        *_pictures(desk, t),
    ]
    subtitle = f"{desk.config.name or desk.config.site} · {period.name}"
    return Document(f"delta-{period.name}", title, subtitle, blocks, desk.lang, common.footer(desk, t, title))


def rates(desk: Desk, period: Period) -> Document:
    """Return failure rates by model (设备故障率) with a spare-parts suggestion."""
    t = Tongue.of(desk)
    title = t.say("Failure rates and spare parts", "设备故障率及备件建议")
    rows = fault_rows(desk, period)
    found = failure_rates(desk, period, rows)
    columns = (
        Column(t.say("model", "型号")), Column(t.say("equipment", "设备类别")),
        Column(t.say("devices", "数量"), right=True), Column(t.say("faults", "故障数"), right=True),
        Column(t.say("faults per device and year", "故障率（次/台·年）"), right=True),
        Column(t.say("commonest fault", "最常见故障")), Column(t.say("spares to keep", "建议备件数"), right=True),
        Column(t.say("part", "备件")),
    )  # fmt: skip
    table = [
        [
            one.model, common.kind(t, one.kind), Cell(str(one.devices), number=one.devices),
            Cell(str(one.faults), number=one.faults),
            Cell(f"{one.per_year:.2f}", "bad" if one.per_year >= 1 else "", round(one.per_year, 4)),
            t.fault(one.common) if one.common else "–", Cell(str(one.spares or "–"), number=one.spares),
            t.of_words(one.part) or "–",
        ]
        for one in found
    ]  # fmt: skip
    failing = [one for one in found if one.faults]
    blocks: list[Block] = [
        common.head(desk, t, period, (t.say("Tickets counted", "统计工单"), str(len(began_in(rows, period))))),
        *([Drawing(_bars(failing), t.say("Faults per device and year, by model", "各型号故障率（次/台·年）"))] if failing else []),
        Table(title, columns, table),
        Text(t.say(
            "Spares: confirmed failures of hardware per year × 90 days until the next order arrives, rounded up. "
            "Few devices or a short period make a rate uncertain.",
            "备件数＝年硬件故障数×90天补货周期，进位取整；设备数量少或统计期短时故障率仅供参考。"), "muted"),
    ]  # fmt: skip
    subtitle = f"{desk.config.name or desk.config.site} · {period.name}"
    return Document(
        f"failure-rates-{period.name}", title, subtitle, blocks, desk.lang, common.footer(desk, t, title)
    )


def _bars(failing: Sequence[Rate]) -> str:
    return plots.bars([(one.model, one.per_year, f"{one.per_year:.2f}") for one in failing])


def _replacements(out: Sequence[Replace], t: Tongue) -> Table:
    rows = [
        [
            t.device(one.device),
            t.place(one.device),
            "; ".join(_reason(code, facts, t) for code, facts in one.reasons),
        ]
        for one in out
    ]
    columns = (
        Column(t.say("device", "设备")),
        Column(t.say("place", "位置")),
        Column(t.say("why", "理由"), share=55),
    )
    empty = t.say("No device drifted or failed so often that it should be replaced.", "无需更换的设备。")
    return Table(t.say("Replace", "更换"), columns, rows, empty)


def _reason(code: str, facts: Mapping[str, float | str], t: Tongue) -> str:
    if code == "often":
        return t.say(
            f"the device itself failed {facts['count']} times in this period",
            f"本期设备自身故障{facts['count']}次",
        )
    share = float(facts["share"])
    name = t.metric(str(facts["metric"]))
    return t.say(f"{name} is down to {share:.0%} of hand-over", f"{name}降至交付时的{share:.0%}")


def _latent(desk: Desk, t: Tongue) -> list[Block]:
    found = predicted(desk)
    if not found:
        return []
    rows = [
        [t.device(desk.by_id.get(device), device), f"#{ticket}" if ticket else "–"]
        for device, ticket in found
    ]
    columns = (Column(t.say("device", "设备")), Column(t.say("ticket", "工单")))
    note = t.say("Predicted to fail; latent defects never count as faults.", "预测性隐患，不计入故障指标。")
    return [Section(t.say("Latent defects", "隐患"), note), Table(t.say("Latent", "隐患"), columns, rows)]


def _summary(found: Sequence[Delta], t: Tongue) -> Table:
    names = dict.fromkeys(d.metric for d in found if d.ratio is not None and d.metric not in RESTLESS)
    rows = []
    for name in names:
        ratios = sorted(r for d in found if d.metric == name and (r := d.ratio) is not None)
        lost = sum(d.metric == name and d.now is None for d in found)
        rows.append([
            t.metric(name), Cell(str(len(ratios)), number=len(ratios)), Cell(f"{ratios[len(ratios) // 2]:.0%}"),
            Cell(f"{ratios[0]:.0%}"), Cell(f"{ratios[-1]:.0%}"), Cell(str(lost) if lost else "–", "warn" if lost else ""),
        ])  # fmt: skip
    columns = [Column(t.say(*c), right=n > 0) for n, c in enumerate((
        ("value", "项目"), ("compared", "对比数"), ("median", "中位"), ("lowest", "最低"), ("highest", "最高"),
        ("not measured now", "现未测到")))]  # fmt: skip
    return Table(t.say("Summary", "汇总"), columns, rows, t.say("Nothing to compare.", "无可对比项目。"))


def _changed(found: Sequence[Delta], desk: Desk, t: Tongue) -> Table:
    rows = []
    for one in found:
        if not _is_changed(one):
            continue
        ratio = one.ratio
        rows.append([
            t.device(desk.by_id.get(one.device), one.device), f"{t.metric(one.metric)} {one.part}".strip(),
            t.reading(one.metric, one.was), t.reading(one.metric, one.now),
            Cell(f"{ratio:.0%}" if ratio is not None else "–", "bad" if ratio is not None and ratio < 0.6 else "", ratio),
        ])  # fmt: skip
    columns = [Column(t.say(*c), right=n > 1) for n, c in enumerate((
        ("device", "设备"), ("value", "项目"), ("at hand-over", "交付时"), ("now", "当前"), ("share", "比例")))]  # fmt: skip
    empty = t.say("Nothing moved by a tenth.", "无明显变化。")
    return Table(t.say("Changes", "变化"), columns, rows, empty, small=True)


def _is_changed(one: Delta) -> bool:
    known = METRICS.get(one.metric)
    if one.now is None:
        return True
    if known is not None and known.type is Type.INFO:
        return one.now != one.was
    if one.metric in RESTLESS:
        return False  # they move all the time, and have their own check
    ratio = one.ratio
    return ratio is not None and abs(ratio - 1) >= CHANGED


def _pictures(desk: Desk, t: Tongue) -> list[Block]:
    frozen = [v for v in desk.book.baseline() if v.metric == handover.PICTURE]
    photos = [photo for value in frozen[:MOST_PICTURES] if (photo := _photo(desk, value, t)) is not None]
    if not photos:
        return []
    return [Section(t.say("Pictures at hand-over", "交付时图像")), Photos(photos)]


def _photo(desk: Desk, value: BaselineValue, t: Tongue) -> Photo | None:
    path = desk.config.state_dir / handover.FOLDER / Path(str(value.value)).name
    try:
        return Photo(path.read_bytes(), t.device(desk.by_id.get(value.device), value.device))
    except OSError:
        return None
