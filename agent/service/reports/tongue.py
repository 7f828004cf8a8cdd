"""How reports speak: both languages side by side at the place of use, numbers and times as people read them."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from typing import Final
from urllib.parse import quote

from agent.service.desk import Desk
from agent.service.files import DeviceFile
from agent.service.reports.document import Cell, Tone
from agent.service.views import FaultRow
from models.facts import SITE, Device
from models.faults import FAULTS
from models.messages import MESSAGES, render
from models.metric_names import METRIC_NAMES
from models.metrics import METRICS
from models.phrasing import clean, size, span
from models.service.causes import CAUSES
from models.service.figures import Figure, Verdict
from models.service.inspection import Entry, Outcome
from models.words import Lang, Words

VERDICTS: Final[dict[Verdict, tuple[Words, Tone]]] = {
    Verdict.PASS: (Words("met", "达标"), "good"),
    Verdict.FAIL: (Words("missed", "未达标"), "bad"),
    Verdict.COLLECTING: (Words("collecting", "数据收集中"), "warn"),
    Verdict.NO_DATA: (Words("nothing to count", "无样本"), "muted"),
    Verdict.NOT_MEASURED: (Words("not measured", "未采集"), "muted"),
}
OUTCOMES: Final[dict[Outcome, tuple[Words, Tone]]] = {
    Outcome.PASSED: (Words("passed", "合格"), "good"),
    Outcome.FAILED: (Words("failed", "不合格"), "bad"),
    Outcome.MANUAL: (Words("by hand", "人工"), ""),
    Outcome.NOT_MEASURED: (Words("not measured", "未测"), "warn"),
}
WHY: Final[dict[str, Words]] = {
    "no_collector": Words("no collector in this build or at this site", "本站点未采集该项"),
    "no_goal": Words("no retention was agreed", "合同未约定存储天数"),
    "no_equipment": Words("no such equipment", "无此类设备"),
}
WARRANTY: Final[dict[str, Words]] = {
    "in": Words("in warranty", "保修期内"),
    "out": Words("out of warranty", "保修期外"),
    "unknown": Words("warranty unknown", "保修期未知"),
}


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language at one site."""

    lang: Lang
    zone: tzinfo = field(default=UTC)

    @classmethod
    def of(cls, desk: Desk) -> "Tongue":
        """Return how a desk speaks."""
        return cls(desk.lang, desk.zone)

    def say(self, en: str, zh: str) -> str:
        """Return one of two phrases."""
        return zh if self.lang == "zh_CN" else en

    def of_words(self, words: Words | None) -> str:
        """Return a phrase, "" for none."""
        return words.of(self.lang) if words else ""

    def day(self, at: float | date | None) -> str:
        """Return a day, "–" for none."""
        if at is None:
            return "–"
        return at.isoformat() if isinstance(at, date) else f"{datetime.fromtimestamp(at, self.zone):%Y-%m-%d}"

    def when(self, at: float | None) -> str:
        """Return a moment to the minute, "–" for none."""
        return "–" if at is None else f"{datetime.fromtimestamp(at, self.zone):%Y-%m-%d %H:%M}"

    def share(self, value: float | None, digits: int = 1) -> str:
        """Return a ratio in percent; what is not quite all is never printed as 100 %, nor a trace as 0 %."""
        if value is None:
            return "–"
        text = f"{value:.{digits}%}"
        if 0 < value < 0.5 * 10 ** -(digits + 2):
            return f"< {10 ** -(digits + 2):.{digits}%}"
        if value < 1 and text == f"{1:.{digits}%}":
            text = f"{value:.3%}" if value < 0.99999 else f"< {text}"
        return text

    def length(self, seconds: float | None) -> str:
        """Return a length of time in its two largest units."""
        return "–" if seconds is None else span(seconds, self.lang)

    def fault(self, code: str) -> str:
        """Return a fault's name."""
        known = FAULTS.get(code)
        return known.name.of(self.lang) if known else code

    def cause(self, code: str) -> str:
        """Return a cause's name."""
        known = CAUSES.get(code)
        return known.name.of(self.lang) if known else code

    def metric(self, name: str) -> str:
        """Return a metric's name for people."""
        known = METRIC_NAMES.get(name)
        return known.of(self.lang) if known else name.removeprefix("cctv_").replace("_", " ")

    def reading(self, metric: str, value: float | str | None) -> str:
        """Return a value of a metric with its unit, which its name ends in."""
        if value is None:
            return "–"
        if isinstance(value, str):
            return clean(value)
        unit = metric.rpartition("_")[2]
        if metric.endswith("retention_seconds"):
            return self.say(f"{value / 86400:.1f} d", f"{value / 86400:.1f}天")
        if unit == "seconds":
            return f"{value * 1000:.1f} ms" if abs(value) < 0.1 else self._seconds(value)
        written = {
            "ratio": lambda: f"{value:.2%}" if value < 0.1 else f"{value:.1%}",
            "bytes": lambda: size(value),
            "celsius": lambda: f"{value:.1f} °C",
            "bps": lambda: f"{value / 1e6:.2f} Mbit/s",
            "fps": lambda: f"{value:.1f} fps",
            "watts": lambda: f"{value:.1f} W",
            "volts": lambda: f"{value:.0f} V",
            "up": lambda: self.say("up", "连通") if value else self.say("down", "断开"),
        }.get(unit)
        return written() if written else f"{value:.4g}"

    def _seconds(self, value: float) -> str:
        return f"{value:+.1f} s" if abs(value) < 100 else span(value, self.lang)

    def device(self, device: Device | None, id_: str = "") -> str:
        """Return a device's name with its id."""
        if id_ == SITE or (device is None and not id_):
            return self.say("whole site", "整个站点")
        if device is None:
            return id_
        return f"{device.name} ({device.id})" if device.name and device.name != device.id else device.id

    def place(self, device: Device | None) -> str:
        """Return where a device is."""
        return device.place if device else ""

    def entry(self, entry: Entry) -> str:
        """Return what an inspection's entry says."""
        if entry.detail not in MESSAGES:
            return ""
        facts = dict(entry.facts)
        name = str(facts.get("what", ""))
        if name in METRICS:
            facts["what"] = self.metric(name) + (f" {facts['part']}" if facts.get("part") else "")
            value = facts.get("value")
            facts["reading"] = self.reading(name, value)
        return render(entry.detail, self.lang, self.zone, **facts)

    def outcome(self, outcome: Outcome) -> Cell:
        """Return an outcome as a cell."""
        words, tone = OUTCOMES[outcome]
        return Cell(words.of(self.lang), tone)

    def verdict(self, figure: Figure) -> Cell:
        """Return a verdict as a cell."""
        words, tone = VERDICTS[figure.verdict]
        return Cell(words.of(self.lang), tone)

    def goal(self, figure: Figure) -> str:
        """Return a target."""
        sign = {"at_least": "≥", "below": "<", "at_most": "≤"}[figure.kpi.aim.value]
        return f"{sign} {figure.goal:.4g}" if figure.goal > 1 else f"{sign} {figure.goal * 100:.4g} %"

    def amount(self, value: float) -> str:
        """Return a numerator or denominator: a whole number where it is one."""
        return f"{value:,.0f}" if abs(value - round(value)) < 0.005 else f"{value:,.1f}"

    def ticket(self, row: FaultRow) -> Cell:
        """Return a ticket's number, or our reference; it leads to the page of its incident."""
        order = row.one.sheet.order
        number = row.one.ticket or order.reference
        text = f"#{number}" + (self.say(" (drill)", "（演练）") if row.is_drill else "")
        return Cell(text, link=f"/incidents/{quote(order.key)}")

    def linked(self, device: Device | None, id_: str = "") -> Cell:
        """Return a device's name; it leads to its page."""
        known = device.id if device else ""
        return Cell(self.device(device, id_), link=f"/devices/{quote(known, safe='')}" if known else "")

    def of_file(self, file: DeviceFile | None, name: str) -> str:
        """Return what the department's file says."""
        value = getattr(file, name, "") if file else ""
        return ", ".join(value) if isinstance(value, tuple) else str(value or "")
