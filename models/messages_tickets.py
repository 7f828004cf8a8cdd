"""Messages about tickets beside those of single faults: predictions, what is held back, decisions."""

from typing import Final

from models.words import Words

TICKET_MESSAGES: Final[dict[str, Words]] = {
    # ---------------------------------------------------------------- what else a ticket says
    "ticket.fine": Words("Checked too, nothing found: {faults}", "同时检测正常：{faults}"),
    "ticket.fine_more": Words(
        "Checked too, nothing found: {faults} (and {more} more)", "同时检测正常：{faults}（另有{more}项）"
    ),
    "mail.warning": Words(
        "[{severity}] {site}: “{clock}” of ticket {ticket} has used {share:percent} of its time",
        "[{severity}] {site}：工单{ticket}“{clock}”时限已用{share:percent}",
    ),
    "mail.breached": Words(
        "[{severity}] {site}: “{clock}” of ticket {ticket} ran out",
        "[{severity}] {site}：工单{ticket}“{clock}”已超时",
    ),
    "mail.ticket": Words("Ticket:    {ticket}", "工单：{ticket}"),
    "ticket.retest_once": Words(
        "Repaired when seen once to be free of:", "修复判定（检测一次，以下故障均消失）："
    ),
    "ticket.hangs": Words("Hangs on:  {parent}", "接入设备：{parent}"),
    "ticket.hangs_port": Words("Hangs on:  {parent}, port {port}", "接入设备：{parent}，端口{port}"),
    "ticket.clocks": Words("Due:       {clocks}", "时限：{clocks}"),
    "ticket.clock": Words("{clock} by {due:minute}", "{clock}不晚于{due:minute}"),
    "ticket.and": Words("; ", "；"),
    "ticket.comma": Words(", ", "、"),
    "ticket.learned": Words(
        "Learnt:    mostly {cause} ({probability:percent} of {cases:.0f} confirmed cases on devices of this"
        " kind)",
        "经验判断：多为{cause}（{probability:percent}，依据同类设备{cases:.0f}例已确认案例）",
    ),
    "ticket.contact": Words("Contact:   {contact}", "现场联系人：{contact}"),
    "ticket.access": Words("Access:    {access}", "进场方式：{access}"),
    "ticket.before": Words(
        "Before:    the same fault had ticket {ticket:text}, {since:when} to {until:when}",
        "历史：同一故障曾有工单{ticket:text}，{since:when}至{until:when}",
    ),
    "ticket.warranty_in": Words("Warranty:  in warranty until {until}", "保修：保修期内，至{until}"),
    "ticket.warranty_out": Words("Warranty:  out since {until}", "保修：已过保，截止{until}"),
    "ticket.warranty_unknown": Words("Warranty:  not known", "保修：未知"),
    # ---------------------------------------------------------------- many on one switch
    "link.group": Words(
        "{lost:.0f} of {of:.0f} devices on {switch:text} fell silent at once, and the switch itself is not"
        " lost",
        "{switch:text}所接{of:.0f}台设备中有{lost:.0f}台同时失联，而交换机本身未失联",
    ),
    "link.group_off": Words(
        "their ports on {switch:text} are switched off: {ports:text}",
        "{switch:text}上相应端口已被关闭：{ports:text}",
    ),
    "link.group_unfed": Words(
        "{switch:text} gives no power to their ports ({ports:text}): a bank of ports, its supply or a PoE"
        " schedule",
        "{switch:text}未向相应端口供电（{ports:text}）：检查端口组、供电模块或PoE时间计划",
    ),
    "link.group_up": Words(
        "their ports on {switch:text} are up ({ports:text}): VLAN, filter or the uplink that serves them",
        "{switch:text}上相应端口正常连接（{ports:text}）：检查VLAN、访问控制或上联配置",
    ),
    "link.group_down": Words(
        "their ports on {switch:text} are down ({ports:text}): a bank of ports, a bundle of cables, or a"
        " common supply",
        "{switch:text}上相应端口均断开（{ports:text}）：检查端口组、线缆束或公用电源",
    ),
    # ---------------------------------------------------------------- unknown, restless
    "blind.devices": Words(
        "{count:.0f} of {of:.0f} devices cannot be observed: whether they work is not known",
        "共{of:.0f}台设备，其中{count:.0f}台无法观测，状态未知",
    ),
    "flaps.restless": Words(
        "Note:      it comes and goes; it counts as over only after a longer calm.",
        "说明：故障时断时续，需稳定更长时间才视为恢复。",
    ),
    "order.still_there": Words(
        "The ticket was closed by a person's decision; the fault, seen first {since:when}, lasts.",
        "工单已由人员决定关闭，但故障自{since:when}起仍存在。",
    ),
    "order.respected": Words(
        "Closed again although the fault lasts: that decision stands, the ticket is not opened again.",
        "故障仍存在但工单再次被关闭：尊重该决定，不再重新打开。",
    ),
    "order.seen_again": Words(
        "The fault is seen again. The ticket was closed by a person's decision and stays so.",
        "故障再次出现。工单由人员决定关闭，保持关闭。",
    ),
    "report.said": Words("Reported:  by {who} at {at:when}: {what}", "报修：{who}，{at:when}：{what}"),
    "report.claimed": Words("Taken as:  {fault:fault} ({fault})", "报修故障：{fault:fault}（{fault}）"),
    "report.joined": Words(
        "Reported too, by {who:text} at {at:when}: {what:text}",
        "人工报修：{who:text}，{at:when}：{what:text}",
    ),
    "report.seen_too": Words(
        "What was reported is seen by the agent too: {fault}.", "系统已检测到所报故障：{fault}。"
    ),
    "report.needs_what": Words("say what is wrong with --why", "须用 --why 说明故障现象"),
    "report.taken": Words("ticket {ticket} speaks of it ({state})", "已登记，工单{ticket}（{state}）"),
    "report.not_numbered": Words(
        "registered as {reference}; its ticket is made in a moment", "已登记：{reference}，工单即将生成"
    ),
    "quiet.maintenance": Words(
        "{number} maintenance of {devices}, {since:when} to {until:when} {each}, by {who:text}: {why:text}"
        " {faults}",
        "{number} 维护：{devices}，{since:when}至{until:when} {each}，{who:text}：{why:text} {faults}",
    ),
    "quiet.silence": Words(
        "{number} silence of {devices}, {since:when} to {until:when} {each}, by {who:text}: {why:text}"
        " {faults}",
        "{number} 静默：{devices}，{since:when}至{until:when} {each}，{who:text}：{why:text} {faults}",
    ),
    "quiet.unknown": Words("there is no window {number} that lasts", "没有生效中的窗口{number}"),
    "quiet.needs_why": Words("say why with --why", "须用 --why 说明原因"),
    "quiet.bad_time": Words(
        "that time cannot be: it must lie ahead and be no longer than a year",
        "时间无效：须在将来且不超过一年",
    ),
    "quiet.no_fault": Words("no such fault: {codes} (docs/faults.md lists them)", "没有该故障代码：{codes}"),
    "quiet.no_device": Words("no such device: {devices}", "没有该设备：{devices}"),
    "quiet.ended": Words("window {number} is over", "窗口{number}已结束"),
    "policy.comment_only": Words(
        "This ticket is for a person to resolve; what then is seen again is tested first.",
        "本工单须由人工确认后关闭，关闭时将进行功能测试。",
    ),
    "policy.resolve_after_retest": Words(
        "It is resolved once its re-test is passed.", "功能测试通过后将自动关闭本工单。"
    ),
    # ---------------------------------------------------------------- what was held back
    "held.maintenance": Words(
        "Note:      held back until now by the maintenance of {who:text}: {why:text}",
        "说明：因{who:text}的维护窗口（{why:text}）延迟报修",
    ),
    "held.silence": Words(
        "Note:      held back until now by the silence of {who:text}: {why:text}",
        "说明：因{who:text}的静默设置（{why:text}）延迟报修",
    ),
    "held.new": Words(
        "Note:      held back until now: the device was new in the inventory",
        "说明：设备为新入台账，宽限期内未报修",
    ),
    "held.cap": Words(
        "Note:      held back until now: the day's share of tickets was used up",
        "说明：当日工单数量已达上限，延迟报修",
    ),
    "held.flood": Words(
        "{count:.0f} faults beyond the {most:.0f} tickets of a day; each gets its own when there is room",
        "另有{count:.0f}项故障超出每日{most:.0f}张工单的上限，有余量时将分别报修",
    ),
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
        "When:      about {due:day}; four times in five between {early:day} and {late:day}",
        "预计时间：约{due:day}；80%概率在{early:day}至{late:day}之间",
    ),
    "prediction.due": Words("When:      about {due:day}", "预计时间：约{due:day}"),
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
