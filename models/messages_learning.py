"""Messages about learning: how far it is, and what is usual."""

from typing import Final

from models.words import Words

LEARNING_MESSAGES: Final[dict[str, Words]] = {
    "learning.nothing": Words("nothing yet", "尚无数据"),
    "learning.collecting": Words(
        "collecting, {days:.1f} days ({progress:percent})", "采集中，已{days:.1f}天（{progress:percent}）"
    ),
    "learning.day": Words(
        "knows its day, {days:.0f} days; its week after 21", "已掌握日规律，{days:.0f}天；满21天后掌握周规律"
    ),
    "learning.week": Words("knows its week, {days:.0f} days", "已掌握周规律，{days:.0f}天"),
    "learning.held": Words("held: a fault is open", "暂停：存在未关闭的故障"),
    "learning.off": Words(
        "no learning state: the agent has not run here yet", "无学习状态：代理尚未在此运行"
    ),
    "learning.normal": Words(
        "{quantity:quantity}{part}: usually {low:.4g} to {high:.4g}",
        "{quantity:quantity}{part}：通常为{low:.4g}至{high:.4g}",
    ),
    "learning.quantity": Words("{quantity:quantity}", "{quantity:quantity}"),
    "learning.unlike": Words(
        "{score:.1f}, most in {quantity:quantity}", "{score:.1f}，差异最大：{quantity:quantity}"
    ),
    "learning.unlike_none": Words("unknown", "未知"),
    "learning.record": Words("a jump or swing as rarely before", "出现罕见的突变或波动"),
    "learning.level": Words("off its usual level", "偏离正常水平"),
    "learning.flat": Words("does not change any more", "数值不再变化"),
    "learning.quiet": Words("hardly moves, unlike usually at this hour", "波动明显小于该时段常态"),
    "learning.class": Words("unlike what such devices usually show", "不同于同类设备的常态"),
    "learning.column_device": Words("device", "设备"),
    "learning.column_learnt": Words("learnt", "学习进度"),
    "learning.column_series": Words("series", "数据序列"),
    "learning.column_unlike": Words("beside siblings", "与同类对比"),
    "learning.column_unusual": Words("unlike its past in the last hour", "最近一小时的异常"),
    "learning.none_yet": Words(
        "nothing is learnt yet: the agent writes {file} five minutes after its start",
        "尚无学习结果：代理启动五分钟后写入{file}",
    ),
}
