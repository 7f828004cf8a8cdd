"""KPIs of the contract (DOMAIN 5): formula, target, and a verdict that never judges what was not observed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from models.words import Words

ENOUGH: Final = 0.95  # coverage below it: the figure is still being collected


class Verdict(StrEnum):
    """What a figure says of the contract."""

    PASS = "pass"  # noqa: S105  a word, no secret
    FAIL = "fail"
    COLLECTING = "collecting"  # the agent saw too little of the period to judge
    NO_DATA = "no_data"  # there was nothing to count
    NOT_MEASURED = "not_measured"  # nothing measures it here


class Aim(StrEnum):
    """Which way the target lies."""

    AT_LEAST = "at_least"
    BELOW = "below"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI. `counts`: what numerator and denominator count."""

    code: str
    name: Words
    formula: Words
    target: float
    counts: Words
    aim: Aim = Aim.AT_LEAST

    def is_met(self, value: float) -> bool:
        """Whether a value meets the target; what is printed as the target meets it."""
        value = round(value, 6)
        if self.aim is Aim.AT_LEAST:
            return value >= self.target
        return value < self.target if self.aim is Aim.BELOW else value <= self.target


@dataclass(frozen=True, slots=True)
class Figure:
    """One KPI of one thing in one period.

    Attributes:
        numerator, denominator: in what the KPI counts.
        excluded: what planned work took out of the denominator, in the same unit.
        coverage: share of the period in which the agent could observe; None where nothing measures it.
        why: in a word, why it is not measured.
    """

    kpi: Kpi
    numerator: float = 0.0
    denominator: float = 0.0
    excluded: float = 0.0
    coverage: float | None = None
    why: str = ""
    target: float | None = None  # the contract's own, where it names one

    @property
    def value(self) -> float | None:
        """The figure, None where there was nothing to count."""
        return self.numerator / self.denominator if self.denominator > 0 else None

    @property
    def goal(self) -> float:
        """The target that holds."""
        return self.kpi.target if self.target is None else self.target

    @property
    def verdict(self) -> Verdict:
        """What it says: never pass or fail on too little."""
        if self.coverage is None:
            return Verdict.NOT_MEASURED
        if self.coverage < ENOUGH:
            return Verdict.COLLECTING
        if self.value is None:
            return Verdict.NO_DATA
        return Verdict.PASS if replace(self.kpi, target=self.goal).is_met(self.value) else Verdict.FAIL


def _kpi(
    code: str, name: tuple[str, str], formula: tuple[str, str], target: float, counts: tuple[str, str],
    *, aim: Aim = Aim.AT_LEAST,
) -> tuple[str, Kpi]:  # fmt: skip
    return code, Kpi(code, Words(*name), Words(*formula), target, Words(*counts), aim)


_HOURS: Final = ("camera hours", "摄像机·小时")
_TICKETS: Final = ("tickets", "工单")

KPIS: Final[Mapping[str, Kpi]] = dict(
    (
        _kpi(
            "online_rate",
            ("Online rate", "在线率"),
            (
                "mean over cameras of online time / observed time",
                "各摄像机（在线时长÷观测时长）的平均值",
            ),
            0.98,
            _HOURS,
        ),
        _kpi(
            "intact_picture",
            ("Intact pictures", "图像完好率"),
            (
                "time without an image fault / time online, all cameras together",
                "无图像故障时长÷在线时长（全部摄像机）",
            ),
            0.98,
            _HOURS,
        ),
        _kpi(
            "intact_picture_all",
            ("Intact pictures, over all", "图像完好率（全部）"),
            (
                "time online without an image fault / observed time, all cameras together",
                "在线且无图像故障时长÷观测时长（全部摄像机）",
            ),
            0.98,
            _HOURS,
        ),
        _kpi(
            "recording_completeness",
            ("Recording completeness", "录像完整率"),
            ("recorded time / required time", "已录时长÷应录时长"),
            0.98,
            ("channel hours", "通道·小时"),
        ),
        _kpi(
            "retention",
            ("Retention compliance", "存储天数达标率"),
            (
                "mean over channels of min(1, days kept / days agreed)",
                "各通道min(1，实际天数÷约定天数)的平均值",
            ),
            1.0,
            ("channels", "通道"),
        ),
        _kpi(
            "clock_accuracy",
            ("Clock accuracy", "时钟准确率"),
            (
                "device days within 5 s of the site's time / device days that answered",
                "与站点时间偏差≤5秒的设备·天÷有应答的设备·天",
            ),
            1.0,
            ("device days", "设备·天"),
        ),
        _kpi(
            "timeliness",
            ("Timeliness", "及时率"),
            ("tickets without a breached clock / tickets", "无超时的工单÷工单总数"),
            0.90,
            _TICKETS,
        ),
        _kpi(
            "diagnosis_accuracy",
            ("Diagnosis accuracy", "诊断准确率"),
            (
                "tickets whose suggested cause was confirmed / tickets with a confirmed cause",
                "系统建议原因被确认的工单÷已确认原因的工单",
            ),
            0.90,
            _TICKETS,
        ),
        _kpi(
            "repeat_faults",
            ("Repeat faults", "二次故障率"),
            ("tickets that repeat a repaired fault / closed tickets", "二次故障工单÷已解决工单"),
            0.0,
            _TICKETS,
            aim=Aim.AT_MOST,
        ),
        _kpi(
            "satisfaction",
            ("Satisfaction", "满意度"),
            ("satisfied / answered", "满意÷已答复"),
            0.85,
            ("answers", "答复"),
        ),
        _kpi(
            "complaint_rate",
            ("Complaint rate", "投诉率"),
            ("complaints upheld / tickets", "成立的投诉÷工单总数"),
            0.03,
            _TICKETS,
            aim=Aim.BELOW,
        ),
        _kpi(
            "record_completeness",
            ("Record completeness", "记录完整率"),
            (
                "closed tickets with every mandatory field / closed tickets",
                "必填项齐全的已归档工单÷已归档工单",
            ),
            1.0,
            _TICKETS,
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Share:
    """What one device contributes to a time KPI, in seconds (or another unit, the same for all).

    Attributes:
        good: numerator.
        seen: denominator.
        expected: how long it could have been observed.
        excluded: what planned work took out of all of them.
        observed: how long it was observed, where that is not the denominator.
    """

    good: float
    seen: float
    expected: float
    excluded: float = 0.0
    observed: float | None = None

    @property
    def covered(self) -> float:
        """How much of what was expected was observed; what was seen beyond it counts for nothing."""
        return min(self.seen if self.observed is None else self.observed, self.expected)


def mean_of_ratios(kpi: Kpi, shares: Iterable[Share], *, unit: float = 3600.0) -> Figure:
    """Return the mean over devices of good / seen; numerator and denominator are scaled to what was seen.

    A device that was not seen at all takes no part in the mean, and lowers the coverage.
    """
    given = tuple(shares)
    ratios = [one.good / one.seen for one in given if one.seen > 0]
    seen = sum(one.seen for one in given) / unit
    mean = sum(ratios) / len(ratios) if ratios else 0.0
    excluded = sum(one.excluded for one in given) / unit
    return Figure(kpi, mean * seen, seen, excluded, coverage_of(given))


def pooled(kpi: Kpi, shares: Iterable[Share], *, unit: float = 3600.0) -> Figure:
    """Return all that was good over all that was seen."""
    given = tuple(shares)
    good, seen, out = (
        sum(getattr(one, name) for one in given) / unit for name in ("good", "seen", "excluded")
    )
    return Figure(kpi, good, seen, out, coverage_of(given))


def coverage_of(shares: Iterable[Share]) -> float | None:
    """Return the observed share of what could have been observed; None for nothing expected."""
    given = tuple(shares)
    expected = sum(one.expected for one in given)
    return sum(one.covered for one in given) / expected if expected > 0 else None
