"""The headings and states of what `siteward devices` and `siteward tickets` list."""

from typing import Final

from models.words import Words

LIST_MESSAGES: Final[dict[str, Words]] = {
    "list.id": Words("id", "编号"),
    "list.kind": Words("kind", "类型"),
    "list.name": Words("name", "名称"),
    "list.place": Words("place", "位置"),
    "list.address": Words("address", "地址"),
    "list.state": Words("state", "状态"),
    "list.faults": Words("faults", "故障"),
    "list.last_answer": Words("last answer", "最后响应"),
    "list.learning": Words("learning", "学习情况"),
    "list.opened": Words("opened", "开单时间"),
    "list.subject": Words("subject", "主题"),
    "list.ok": Words("ok", "正常"),
    "list.fault": Words("fault", "故障"),
    "list.unknown": Words("unknown", "未知"),
    "list.behind": Words("behind {device:text}", "受影响于{device:text}"),
    "list.never": Words("never", "从未"),
    "list.no_tickets": Words("no tickets", "没有工单"),
    "list.no_open_tickets": Words("no open tickets", "没有未关闭的工单"),
}
