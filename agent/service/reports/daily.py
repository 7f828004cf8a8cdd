"""The daily digest: it comes on quiet days too, so that silence is never mistaken for health."""

from agent.service.desk import Desk
from agent.service.kpi import Period
from agent.service.reports import common
from agent.service.reports.document import Block, Bullets, Card, Cards, Document, Text
from agent.service.reports.tongue import Tongue
from agent.service.views import Today, today


def digest(desk: Desk, period: Period) -> Document:
    """Return one day in one page."""
    t = Tongue.of(desk)
    title = t.say("Daily digest", "每日简报")
    seen = today(desk, period)
    blocks: list[Block] = [
        Text(headline(seen, t), "good" if _is_quiet(seen) else "warn"),
        Cards([
            Card(t.say("Agent ran", "巡检程序运行"), t.share(seen.alive), "good" if seen.alive >= 0.95 else "warn",
                 t.say("of this day", "当日占比")),
            Card(t.say("Devices lost now", "当前失联设备"), str(len(seen.silent)), "bad" if seen.silent else "good",
                 t.say(f"of {seen.devices}", f"共{seen.devices}台")),
            Card(t.say("New faults", "新增故障"), str(len(seen.opened)), "warn" if seen.opened else "good"),
            Card(t.say("Still open", "未结故障"), str(len(seen.standing)), "warn" if seen.standing else "good",
                 t.say(f"{len(seen.closed)} closed", f"当日恢复{len(seen.closed)}起")),
        ]),
        common.faults_table(seen.opened, t, name=t.say("New", "新增"), title=t.say("New faults", "新增故障")),
        common.faults_table(seen.closed, t, name=t.say("Restored", "恢复"), title=t.say("Restored", "已恢复")),
        common.faults_table(seen.standing, t, name=t.say("Open", "未结"), title=t.say("Still open", "未结故障")),
    ]  # fmt: skip
    if seen.overdue:
        blocks += [Text(t.say("Overdue calls:", "逾期回访：")), Bullets(seen.overdue)]
    subtitle = f"{desk.config.name or desk.config.site} · {period.name}"
    return Document(
        f"digest-{period.name}", title, subtitle, blocks, desk.lang, common.footer(desk, t, title)
    )


def headline(seen: Today, t: Tongue) -> str:
    """Return the day in a sentence."""
    if seen.alive < 0.95:
        return t.say(
            f"The agent ran only {seen.alive:.0%} of the day: what it did not see is not known.",
            f"巡检程序当日仅运行{seen.alive:.0%}，未观测时段情况未知。",
        )
    if _is_quiet(seen):
        return t.say(
            f"A quiet day: all {seen.devices} devices were watched, no fault began and none is open.",
            f"当日平稳：{seen.devices}台设备均在监测中，无新增故障，无未结故障。",
        )
    return t.say(
        f"{len(seen.opened)} new faults, {len(seen.closed)} restored, {len(seen.standing)} still open.",
        f"新增故障{len(seen.opened)}起，恢复{len(seen.closed)}起，未结{len(seen.standing)}起。",
    )


def _is_quiet(seen: Today) -> bool:
    return seen.alive >= 0.95 and not seen.opened and not seen.standing and not seen.silent
