"""The words of the audit log, as people read them. The log itself keeps the stable word (`retest_began`)."""

from typing import Final

from models.words import Words

AUDIT_MESSAGES: Final[dict[str, Words]] = {
    "audit.rounds": Words("{rounds:.0f} rounds", "{rounds:.0f}轮"),
} | {
    f"audit.{what}": Words(en, zh)
    for what, en, zh in (
        ("acknowledged", "acknowledged", "已响应"),
        ("retest_began", "re-test began", "功能测试开始"),
        ("retest_passed", "re-test passed", "功能测试通过"),
        ("retest_failed", "re-test failed", "功能测试未通过"),
        ("retest_dropped", "re-test given up", "功能测试中止"),
        ("waived", "closed without re-test", "免测关闭"),
        ("cause_confirmed", "cause confirmed", "原因已确认"),
        ("repeat_fault", "repeat fault", "二次故障"),
        ("clocks_paused", "clocks paused", "时限暂停"),
        ("clocks_resumed", "clocks run again", "时限恢复计时"),
        ("clock_warning", "clock runs low", "时限预警"),
        ("clock_breached", "clock breached", "时限超时"),
        ("held_open", "kept open", "保持未结"),
        ("opened_in_helpdesk", "opened again in the helpdesk", "在工单系统中重新打开"),
        ("gone_from_helpdesk", "gone from the helpdesk", "工单系统中已不存在"),
        ("snoozed_in_helpdesk", "put off in the helpdesk", "在工单系统中搁置"),
        ("taken_up_again_in_helpdesk", "taken up again in the helpdesk", "在工单系统中恢复处理"),
        ("decision_respected", "decision respected", "尊重人工决定"),
        ("reminded", "reminded", "已提醒"),
        ("sent_back", "sent back", "退回处理"),
        ("seen_again_after_decision", "seen again after the decision", "人工决定后再次发现"),
        ("left_to_policy", "left to the policy", "按策略处理"),
        ("reported", "reported by a person", "人工报修"),
        ("maintenance_set", "planned work set", "设置计划维护"),
        ("silence_set", "silence set", "设置静默"),
        ("quiet_ended", "ended early", "提前结束"),
        ("accepted_as_it_is", "accepted as it is", "按现状验收"),
        ("reference pictures accepted", "view accepted as usual", "接受画面为基准"),
        ("reference pictures reset", "usual view forgotten", "清除画面基准"),
        ("reference pictures repaired", "usual view learnt anew after a repair", "维修后重新学习画面"),
        ("reference pictures swapped", "usual view learnt anew after a swap", "更换后重新学习画面"),
        ("record_signed", "inspection signed", "巡检记录签署"),
        ("record_made", "inspection made", "生成巡检记录"),
        ("escalation_mailed", "told by e-mail", "已邮件通知"),
        ("escalation_not_mailed", "could not be told by e-mail", "邮件通知失败"),
        ("record_answered", "inspection answered", "填写巡检结果"),
    )
}

AUDIT_REASONS: Final[dict[str, Words]] = {
    one.en: one
    for one in (
        Words("seen good again", "已再次检测正常"),
        Words("the fault came back", "故障复现"),
        Words("closed while failing", "测试未通过即被关闭"),
        Words("opened again in the helpdesk", "在工单系统中重新打开"),
        Words("closed in the helpdesk", "在工单系统中关闭"),
    )
}
"""Reasons that the agent itself gives, by what the log keeps."""
