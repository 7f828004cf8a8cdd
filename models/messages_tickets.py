"""Messages about tickets beside those of single faults: predictions, what is held back, decisions."""

from typing import Final

from models.words import Words

TICKET_MESSAGES: Final[dict[str, Words]] = {
    # ---------------------------------------------------------------- predictions
    "prediction.subject": Words(
        "[{severity}] {site} · {device}: expected to fail, {component}",
        "[{severity}] {site}·{device}：预测性隐患，{component}",
    ),
    "prediction.expected": Words(
        "Expected:  {component} to fail ({faults})", "预测：{component}将失效（{faults}）"
    ),
    "prediction.fault": Words("{fault:fault} [{code}]", "{fault:fault}［{code}］"),
    "prediction.due_within": Words(
        "When:      about {due:when}; four times in five between {early:when} and {late:when}",
        "预计时间：约{due:when}；80%概率在{early:when}至{late:when}之间",
    ),
    "prediction.due": Words("When:      about {due:when}", "预计时间：约{due:when}"),
    "prediction.no_date": Words("When:      no date can be given", "预计时间：无法给出日期"),
    "prediction.grade_A": Words("Grade:     A, well founded", "可信等级：A，依据充分"),
    "prediction.grade_B": Words("Grade:     B, founded", "可信等级：B，有依据"),
    "prediction.grade_C": Words("Grade:     C, a first sign", "可信等级：C，初步迹象"),
    "prediction.probability": Words("Chance:    {probability:percent}", "概率：{probability:percent}"),
    "prediction.why": Words("Why:       {why}", "依据：{why}"),
    "prediction.model": Words("Forecast:  by {model:text} at {at:when}", "预测模型：{model:text}，{at:when}"),
    "prediction.action": Words("Do:        {text}", "建议措施：{text}"),
    "prediction.spare": Words("Take along: {text}", "建议备件：{text}"),
    "prediction.not_a_fault": Words(
        "Nothing has failed yet: a latent defect, without a clock. If the fault comes, this ticket goes on as"
        " its ticket.",
        "目前尚未发生故障：属隐患，不计时。如故障发生，本工单将继续作为该故障工单处理。",
    ),
    "prediction.changed": Words("The forecast changed:", "预测有变化："),
    "prediction.came": Words("What was expected has come: {fault}.", "预测的故障已发生：{fault}。"),
    "prediction.lifted": Words(
        "No longer expected since {at:when}: what pointed to it is gone.",
        "自{at:when}起不再预测：相关迹象已消失。",
    ),
    "prediction.removed": Words(
        "Ended at {at:when}: the device left the inventory or is to be ignored.",
        "{at:when}结束：设备已从台账移除或设为忽略。",
    ),
    "component.ir_light": Words("infrared light", "红外灯"),
    "component.lens": Words("lens or housing window", "镜头或护罩视窗"),
    "component.disk": Words("disk", "硬盘"),
    "component.ups_battery": Words("UPS battery", "UPS蓄电池"),
    "component.fan": Words("fan", "风扇"),
    "component.link": Words("network link", "网络链路"),
    "component.clock": Words("clock", "时钟"),
    "component.retention": Words("recording retention", "录像存储天数"),
    "component.memory": Words("memory or storage card", "内存或存储卡"),
    "component.ptz": Words("PTZ mechanics", "云台机构"),
    "component.sensor": Words("image sensor", "图像传感器"),
    "component.power": Words("power supply", "电源"),
    "component.temperature": Words("cooling", "散热"),
}
