"""The demo's live screen and its summary, in English or Chinese."""

from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agent.demo.story import Injected, Opened, children_devices
from models.facts import Device
from models.faults import FAULTS
from models.watch import Condition
from models.words import Lang, Words

if TYPE_CHECKING:
    from agent.demo.show import Stage

DEVICE_COLUMNS: Final = 2
COLOURS: Final = {Condition.OK: "green", Condition.FAULT: "bold red", Condition.UNKNOWN: "yellow"}
STATES: Final = {
    Condition.OK: Words("ok", "正常"),
    Condition.FAULT: Words("fault", "故障"),
    Condition.UNKNOWN: Words("unknown", "未知"),
}
PAINTING: Final = Words(
    "The simulated site is being painted; this takes half a minute.", "正在绘制模拟站点，约需半分钟。"
)
BEHIND: Final = Words("behind {device}", "受{device}影响")
DEVICES: Final = Words("Devices", "设备")
INJECTED: Final = Words("What really happens", "实际发生的故障")
TICKETS: Final = Words("Tickets the agent opened", "系统自动生成的工单")
SENT_BACK: Final = Words("“repaired” was not true: sent back", "报修复未通过测试，退回维修")
VERIFIED: Final = Words("repair verified by re-test", "功能测试通过，修复已验证")
NORMAL: Final = Words("normal: no ticket must open", "正常状态：不应生成工单")
OPEN: Final = Words("open", "处理中")
RESOLVED: Final = Words("resolved", "已恢复")
HIDES: Final = Words("explains {n} devices", "关联{n}台设备")
AFTER: Final = Words("after {s:.0f} s", "{s:.0f}秒后")
COUNTS: Final = Words(
    "{reports} checks · {messages} MQTT messages · {incidents} open incidents · metrics at :{port}/metrics",
    "检测{reports}次 · MQTT消息{messages}条 · 未关闭事件{incidents}个 · 指标 :{port}/metrics",
)
HEADS: Final = (
    Words("", ""), Words("device", "设备"), Words("fault", "故障"), Words("ticket", "工单"), Words("", ""),
    Words("explains", "关联设备"),
)  # fmt: skip
DONE: Final = Words(
    "{devices} devices, {reports} checks, {mqtt_messages} MQTT messages, "
    "{prometheus_series} Prometheus series",
    "设备{devices}台，检测{reports}次，MQTT消息{mqtt_messages}条，Prometheus序列{prometheus_series}条",
)
VERDICT: Final = Words(
    "{found} of {wanted} faults have their ticket, {false} false tickets",
    "{wanted}个故障中{found}个已生成工单，误报{false}个",
)


class Screen:
    """Draws the stage.

    Args:
        stage: what to show.
        seconds: how long the demo lasts.
        lang: language of the screen.
    """

    def __init__(self, stage: "Stage", seconds: float, lang: Lang) -> None:
        self._stage = stage
        self._seconds = seconds
        self._lang = lang
        self._told: set[str] = set()

    def render(self) -> RenderableType:
        """Return the whole screen as it is now."""
        layout = Layout()
        layout.split_column(
            Layout(self._head(), size=3),
            Layout(name="body"),
            Layout(Panel(self._tickets(), title=self._of(TICKETS))),
        )
        layout["body"].split_row(
            Layout(Panel(self._devices(), title=self._of(DEVICES))),
            Layout(Panel(self._faults(), title=self._of(INJECTED))),
        )
        return layout

    def print_news(self, console: Console) -> None:
        """Print what is new as lines, for a log."""
        story = self._stage.story
        for one in story.injected:
            self._once(console, f"{one.act.device} {one.act.fault} on", one.at_s)
            if one.ended_s is not None:
                self._once(console, f"{one.act.device} {one.act.fault} off", one.ended_s)
        for repair in story.repairs:
            for words, at_s in ((SENT_BACK, repair.sent_back_s), (VERIFIED, repair.verified_s)):
                if at_s is not None:
                    self._once(console, f"  ticket {repair.ticket} {self._of(words)}", at_s)
        for ticket in story.tickets.values():
            self._once(console, f"  ticket {ticket.number} {self._name(ticket)}", ticket.at_s)
            if ticket.resolved_s is not None:
                self._once(console, f"  ticket {ticket.number} {self._of(RESOLVED)}", ticket.resolved_s)

    def _once(self, console: Console, line: str, at_s: float) -> None:
        if line not in self._told:
            self._told.add(line)
            console.print(f"{at_s:6.1f} s  {line}")

    def _head(self) -> RenderableType:
        stage = self._stage
        line = self._of(COUNTS).format(
            reports=stage.agent.pipeline.reports_taken,
            messages=len(stage.messages),
            incidents=len(stage.agent.pipeline.watch.incidents()),
            port=stage.agent.port,
        )
        clock = f"{stage.now_s:3.0f} / {self._seconds:.0f} s"
        head = Table.grid(expand=True)
        head.add_column(ratio=1)
        head.add_column(justify="right")
        head.add_row(Text(f"Siteward  {line}", style="bold"), clock)
        return Group(head, ProgressBar(total=self._seconds, completed=min(stage.now_s, self._seconds)))

    def _devices(self) -> RenderableType:
        watch = self._stage.agent.pipeline.watch
        above = {child.device: one.root.key.device for one in watch.incidents() for child in one.children}
        cells = [
            self._device(device, watch.health(device.id), above.get(device.id, ""))
            for device in self._stage.agent.devices
        ]
        table = Table.grid(padding=(0, 1), expand=True)
        for _ in range(DEVICE_COLUMNS):
            table.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        for row in zip_longest(*[iter(cells)] * DEVICE_COLUMNS, fillvalue=Text()):
            table.add_row(*row)
        return table

    def _device(self, device: Device, health: Condition, above: str) -> Text:
        style = "yellow" if above else COLOURS[health]
        state = self._of(BEHIND).format(device=above) if above else self._of(STATES[health])
        text = Text("● ", style=style)
        text.append(f"{device.id:<7}", style="bold")
        text.append(f" {state}", style=style)
        text.append(f"  {device.name}", style="dim")
        return text

    def _faults(self) -> RenderableType:
        table = Table.grid(padding=(0, 1), expand=True)
        for one in self._stage.story.injected:
            over = one.ended_s is not None
            style = "dim" if over else "red" if one.act.expected else "cyan"
            table.add_row(
                Text(f"{one.at_s:4.0f} s", style="dim"),
                Text(one.act.device, style=style),
                Text(one.act.fault, style=style),
                Text(self._answer(one), style="green" if one.ticket else "dim"),
            )
        return table

    def _answer(self, one: Injected) -> str:
        if one.ticket is not None:
            return f"#{one.ticket.number} " + self._of(AFTER).format(s=one.ticket.at_s - one.at_s)
        return "…" if one.act.expected else self._of(NORMAL)

    def _tickets(self) -> RenderableType:
        table = Table.grid(padding=(0, 1), expand=True)
        for ticket in list(self._stage.story.tickets.values())[::-1]:
            done = ticket.resolved_s is not None
            table.add_row(
                Text(f"#{ticket.number}", style="bold"),
                Text(self._of(RESOLVED if done else OPEN), style="green" if done else "red"),
                Text(self._name(ticket)),
                Text(self._repair(ticket.number), style="cyan"),
            )
        return table

    def _repair(self, number: str) -> str:
        repair = self._stage.story.repair_of(number)
        if repair is None or repair.sent_back_s is None:
            return ""
        return self._of(SENT_BACK if repair.verified_s is None else VERIFIED)

    def _name(self, ticket: Opened) -> str:
        fault = FAULTS[ticket.code].name.of(self._lang)
        hidden = len(children_devices(ticket.children))
        more = f", {self._of(HIDES).format(n=hidden)}" if hidden else ""
        return f"{ticket.device}: {fault} ({ticket.code}{more})"

    def _of(self, words: Words) -> str:
        return words.of(self._lang)


def summary(stage: "Stage", result: dict[str, Any], lang: Lang) -> RenderableType:
    """Return what is left on the terminal when the demo is over."""
    table = Table(box=None, pad_edge=False)
    for head in HEADS:
        table.add_column(head.of(lang), overflow="fold")
    for one in stage.story.injected:
        mark = "[green]✔[/]" if bool(one.ticket) is bool(one.act.expected) else "[red]✘[/]"
        ticket = one.ticket
        after = AFTER.of(lang).format(s=ticket.at_s - one.at_s) if ticket else ""
        explains = ", ".join(children_devices(ticket.children)) if ticket else ""
        wanted = f"#{ticket.number} {ticket.code}" if ticket else "" if one.act.expected else NORMAL.of(lang)
        table.add_row(mark, one.act.device, one.act.fault, wanted, after, explains)
    wanted_count = sum(bool(one.act.expected) for one in stage.story.injected)
    verdict = VERDICT.of(lang).format(
        found=wanted_count - len(result["missed"]), wanted=wanted_count, false=len(result["false"])
    )
    style = "red" if result["missed"] or result["false"] else "green"
    repairs = [
        Text(f"#{one.ticket} {words.of(lang)} ({at_s:.0f} s)", style="cyan")
        for one in stage.story.repairs
        for words, at_s in ((SENT_BACK, one.sent_back_s), (VERIFIED, one.verified_s))
        if at_s is not None
    ]
    return Group(
        table,
        *repairs,
        Text(verdict, style=f"bold {style}"),
        Text(DONE.of(lang).format(**result), style="dim"),
    )
