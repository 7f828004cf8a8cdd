"""Phrases of the pages about service: planned work, predictions, baselines, inspections, figures, audit."""

from collections.abc import Mapping
from typing import Final

from models.words import Words

SERVICE_WORDS: Final[Mapping[str, Words]] = {
    "is_due": Words("Due", "待办"),
    "late_now": Words("late", "已逾期"),
    "due.clock": Words("contract", "服务时限"),
    "due.inspection": Words("inspection", "检查"),
    "due.unsigned": Words("to be signed", "待签字"),
    "due.call": Words("monthly call", "每月电话"),
    "due.follow_up": Words("follow-up call", "回访"),
    "held.maintenance": Words("planned work", "计划检修"),
    "held.silence": Words("silence", "静默"),
    "held.new": Words("new device, no ticket yet", "新设备，暂不开单"),
    "held.cap": Words("held back: too many at once", "当日工单过多，暂缓"),
    "parts_used": Words("Parts used", "更换部件"),
    "device_file": Words("Device file", "设备档案"),
    "more": Words("More", "更多"),
    "now": Words("Now", "当前"),
    "when": Words("When", "时间"),
    "note": Words("Note", "备注"),
    # ------------------------------------------------------------ planned work
    "planned": Words("Planned work", "计划检修"),
    "planned_says": Words(
        "While a window lasts nothing it covers gets a ticket; what is still wrong at its end is told then.",
        "窗口生效期间，所涉设备不开工单；结束时仍未恢复的故障将立即报出。",
    ),
    "quiet.maintenance": Words("Maintenance", "检修"),
    "quiet.silence": Words("Silence", "静默"),
    "quiet_means.maintenance": Words("we work there: not counted in the figures", "现场施工：不计入考核"),
    "quiet_means.silence": Words("we know of it: no ticket, but it counts", "已知悉：不开工单，但计入考核"),
    "quiet_until": Words("quiet until {until}: {why} ({who})", "静默至{until}：{why}（{who}）"),
    "lasts_now": Words("Lasts now", "生效中"),
    "none_now": Words("None.", "无。"),
    "to_come": Words("To come", "未开始"),
    "over": Words("Over", "已结束"),
    "ended_by": Words("ended by {who}", "由{who}提前结束"),
    "end_now": Words("End it now", "立即结束"),
    "plan_it": Words("New", "新建"),
    "what_kind": Words("What", "类型"),
    "which_devices": Words("Devices", "设备"),
    "whole_site": Words("the whole site", "整个站点"),
    "scope_help": Words(
        "Ids, * for any, kind:camera, place:Gate*. A device stands for all behind it. Empty: whole site.",
        "设备编号，*表示任意，kind:camera，place:Gate*；包含其下级设备；留空表示整个站点。",
    ),
    "how_long": Words("How long", "时长"),
    "begins": Words("From (empty: now)", "开始（留空为现在）"),
    "bad_length": Words("Say how long it lasts, a year at most.", "请填写时长，最长一年。"),
    "bad_moment": Words(
        "This is no time: write such as 2026-03-01T08:00.", "时间格式错误，例如 2026-03-01T08:00。"
    ),
    # ------------------------------------------------------------ predictions
    "predictions": Words("Forecast", "预测"),
    "predictions_say": Words(
        "Nothing here has failed yet. Plan the visit before it does.",
        "以下设备尚未故障，请在故障前安排维护。",
    ),
    "forecast_made": Words("From {days} days of history,", "依据{days}天历史数据，"),
    "nothing_foreseen": Words("Nothing wears out within its horizon.", "预测期内无预计失效部件。"),
    "no_forecast_yet": Words(
        "No forecast yet: the first one is made the night after the agent's first day.",
        "尚无预测：代理运行满一天后的夜间生成。",
    ),
    "forecasts_off": Words(
        "Forecasts are switched off (predictions.enabled).", "预测功能已关闭（predictions.enabled）。"
    ),
    "watched": Words("Watched, without a ticket", "持续关注，未开工单"),
    "watched_says": Words(
        "First signs, and what the monthly budget of predictions held back.",
        "初步迹象，以及因每月预测名额限制而暂缓的项目。",
    ),
    "learning_how_far": Words("Still learning", "学习进度"),
    "wears": Words("Part", "部件"),
    "fails_about": Words("about {day}", "约{day}"),
    "fails_between": Words("4 times in 5 between {early} and {late}", "80%概率在{early}至{late}之间"),
    "no_date": Words("no date can be given", "无法给出日期"),
    "grade": Words("Grade", "可信等级"),
    "chance": Words("Chance", "概率"),
    "becomes": Words("It will be", "将导致"),
    "to_do": Words("Do", "措施"),
    "bring": Words("Bring", "备件"),
    "ruled_out": Words("Ruled out", "已排除"),
    "model": Words("Model", "模型"),
    "at_handover": Words("At hand-over", "交付时"),
    "end_of_life": Words("End of life", "失效限值"),
    # ------------------------------------------------------------ baselines
    "baseline": Words("Baseline", "基线"),
    "baselines": Words("Baselines", "基线"),
    "differs": Words("Not as accepted", "与验收不符"),
    "differs_says": Words(
        "Was this you? Accept it. If not: set the device back.", "如为本方变更请接受；否则请恢复设备设置。"
    ),
    "nothing_differs": Words("Every device is as it was accepted.", "所有设备均与验收一致。"),
    "accept": Words("Accept as it is now", "按现状接受"),
    "accept_means": Words(
        "Takes firmware, identity, stream settings and lists as they are.",
        "以当前固件、标识、码流设置及通道清单为准。",
    ),
    "accepted_soon": Words(
        "Accepted; it shows with the device's next answer.", "已接受，待设备下次响应后生效。"
    ),
    "compare": Words("Compare", "对比"),
    "gone": Words("gone", "已消失"),
    "listed": Words("listed", "已列出"),
    "handovers": Words("Hand-overs", "交付记录"),
    "accepted_by": Words("Accepted by", "验收人"),
    "never_handed_over": Words(
        "{count} devices have no hand-over baseline: siteward handover --who NAME",
        "{count}台设备无交付基线：siteward handover --who 姓名",
    ),
    "device_never_handed_over": Words("No hand-over baseline of this device.", "本设备无交付基线。"),
    "picture_then_now": Words("At hand-over and now", "交付时与当前对比"),
    "accepted_settings": Words("Accepted settings", "已接受的设置"),
    "as_accepted": Words("As accepted.", "与验收一致。"),
    "all_accepted": Words("All that is accepted", "全部已接受项"),
    "since_handover": Words("Since hand-over", "交付以来"),
    # ------------------------------------------------------------ audit
    "audit": Words("Audit", "审计"),
    "who": Words("Who", "人员"),
    "what": Words("What", "操作"),
    "about": Words("About", "对象"),
    "older": Words("Older", "更早"),
}
