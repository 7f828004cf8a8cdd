"""What inspections say of each item, by key; formats as in `models.phrasing`. Part of `models.messages`."""

from typing import Final

from models.words import Words

SERVICE: Final[dict[str, Words]] = {
    "inspect.no_fault": Words(
        "looked for, and not there ({count} checks)", "已检测，未发现故障（{count}项）"
    ),
    "inspect.fault": Words("{fault:fault} since {since:when}", "{fault:fault}，自{since:when}起"),
    "inspect.pending": Words("something was seen just now and is not confirmed yet", "刚发现异常，尚未确认"),
    "inspect.not_looked": Words(
        "{fault:fault} could not be looked for on this device", "该设备无法检测“{fault:fault}”"
    ),
    "inspect.agent_down": Words(
        "the agent has not been running since {since:when}", "巡检程序自{since:when}起未运行"
    ),
    "inspect.no_collector": Words(
        "no collector measures it here ({what:text})", "本系统未采集该项（{what:text}）"
    ),
    "inspect.unreachable": Words("the device does not answer", "设备无响应"),
    "inspect.auth": Words("the device refuses our login", "设备拒绝登录"),
    "inspect.busy": Words("the device had no room for us", "设备繁忙，无法检测"),
    "inspect.not_supported": Words("the device does not offer this", "设备不支持该项检测"),
    "inspect.bad_reply": Words("the device answers what cannot be read", "设备返回内容无法解析"),
    "inspect.not_asked": Words("nothing asks this device for it", "未对该设备采集此项"),
    "inspect.not_observed": Words("not observed in the last {days} days", "近{days}天未观测到该设备"),
    "inspect.collecting": Words(
        "observed only {covered:percent} of the last {days} days: too little to judge",
        "近{days}天仅观测到{covered:percent}，不足以判定",
    ),
    "inspect.online": Words(
        "answered {share:percent} of the observed time of {days} days",
        "近{days}天观测时段内在线{share:percent}",
    ),
    "inspect.offline": Words(
        "answered only {share:percent} of the observed time of {days} days (agreed {limit:percent})",
        "近{days}天观测时段内在线仅{share:percent}（要求{limit:percent}）",
    ),
    "inspect.no_value": Words(
        "the device told no {what:text} in the last {days} days", "近{days}天设备未提供“{what:text}”"
    ),
    "inspect.value": Words("{what:text}: {reading:text}", "{what:text}：{reading:text}"),
    "inspect.value_bad": Words(
        "{what:text}: {reading:text}, beyond what is allowed", "{what:text}：{reading:text}，超出允许范围"
    ),
    "inspect.no_baseline": Words(
        "nothing was frozen at hand-over to compare with", "交付时未建立该项基线，无法比较"
    ),
    "inspect.as_delivered": Words(
        "{what:text}: {reading:text}, {share:percent} of hand-over",
        "{what:text}：{reading:text}，为交付时的{share:percent}",
    ),
    "inspect.drifted": Words(
        "{what:text}: {reading:text}, {share:percent} of hand-over: too far",
        "{what:text}：{reading:text}，为交付时的{share:percent}，偏离过大",
    ),
    "inspect.by_hand": Words("to be done by a person", "需人工完成"),
}
