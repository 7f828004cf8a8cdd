"""Messages about wear: what a component does, why we think so, what to do."""

from typing import Final

from models.words import Words

WEAR_MESSAGES: Final[dict[str, Words]] = {
    "foresee.tickets": Words("Expected to fail ({count}):", "预计将失效（{count}项）："),
    "foresee.ranked": Words(
        "To be watched, most urgent first, without a ticket ({count}):",
        "需关注（按紧急程度排序，暂不开工单，共{count}项）：",
    ),
    "foresee.due": Words(
        "about {due:when}; four times in five between {early:when} and {late:when}",
        "约{due:when}；80%概率在{early:when}至{late:when}之间",
    ),
    "foresee.learning": Words(
        "{component}: learning, {share:percent} of the series have enough days",
        "{component}：学习中，{share:percent}的数据序列天数已足够",
    ),
    "foresee.no_disk_model": Words(
        "disks: no classifier, {known:.0f} failures are known and {least:.0f} are needed; SMART rules and "
        "trends take over",
        "硬盘：尚无分类模型（已知失效{known:.0f}例，至少需要{least:.0f}例），由SMART规则和趋势判断代替",
    ),
    "foresee.disk_outside": Words(
        "{device} {disk}: unlike every disk that was learnt from; SMART rules and trends take over",
        "{device} {disk}：与训练样本中的硬盘均不同，由SMART规则和趋势判断代替",
    ),
    "foresee.no_cause_model": Words(
        "causes: nothing to suggest from; a cause counts once it was confirmed on {least:.0f} devices of a "
        "kind",
        "故障原因：暂无可供建议的依据；同类设备中至少{least:.0f}台确认过的原因才会被采用",
    ),
    "foresee.model_refused": Words(
        "a model was refused, rules and trends take over: {why}", "模型被拒用，由规则和趋势判断代替：{why}"
    ),
    "disk.summary": Words(
        "fails within {days:.0f} days with a probability of {probability:percent}, as learnt from "
        "{failures:.0f} disks that failed",
        "{days:.0f}天内失效的概率为{probability:percent}（依据{failures:.0f}块已失效硬盘的数据）",
    ),
    "disk.sign": Words(
        "{quantity:quantity}: {now:.0f}, {week:.0f} more than a week ago",
        "{quantity:quantity}：现为{now:.0f}，一周内增加{week:.0f}",
    ),
    "wear.summary": Words(
        "{quantity:quantity} went from {base:.3g} at hand-over to {now:.3g}: {depleted:percent} "
        "of the way to the end of life",
        "{quantity:quantity}由交付时的{base:.3g}变为{now:.3g}：已达失效限值的{depleted:percent}",
    ),
    "wear.at_end": Words(
        "{quantity:quantity} was {base:.3g} at hand-over and is {now:.3g}: at the end of life, "
        "and it stays there",
        "{quantity:quantity}交付时为{base:.3g}，现为{now:.3g}：已达失效限值且持续未恢复",
    ),
    "wear.stands": Words(
        "{quantity:quantity} was {base:.3g} at hand-over and has stayed at {now:.3g} for two weeks: "
        "{depleted:percent} of the way to the end of life, reached at once",
        "{quantity:quantity}交付时为{base:.3g}，已连续两周保持在{now:.3g}：突变至失效限值的{depleted:percent}",
    ),
    "wear.slope": Words(
        "over the last {window:.0f} days it moves {slope:percent} of that way a week, "
        "{significance:.1f} times what chance would do",
        "近{window:.0f}天每周变化为限值的{slope:percent}，为随机波动的{significance:.1f}倍",
    ),
    "wear.siblings": Words(
        "{count:.0f} other devices of the kind at the site: {siblings:percent} of the way; this "
        "one stands apart",
        "同站点同类设备{count:.0f}台：仅为限值的{siblings:percent}，本设备明显偏离",
    ),
    "wear.alone": Words(
        "there are too few like it at the site to compare with",
        "站点同类设备过少，无法对比",
    ),
    "wear.also": Words(
        "{quantity:quantity} says the same",
        "{quantity:quantity}显示同样趋势",
    ),
    "wear.against": Words(
        "{quantity:quantity} does not show it (yet)",
        "{quantity:quantity}（尚）未显示该趋势",
    ),
    "wear.ruled_out": Words(
        "unlikely by the numbers: season and weather (siblings do not show it), a single step, what passed "
        "by itself before",
        "已权衡且可能性低：季节及天气（同类设备无此现象）、单次突变、以往可自行恢复的波动",
    ),
    "wear.ruled_out_alone": Words(
        "unlikely by the numbers: a single step, what passed by itself before; season and weather could not "
        "be ruled out",
        "已权衡且可能性低：单次突变、以往可自行恢复的波动；季节及天气因素无法排除",
    ),
    "wear.measured": Words(
        "measured on {days:.0f} of {of:.0f} days",
        "{of:.0f}天中有{days:.0f}天有测量值",
    ),
    "wear.track_record": Words(
        "earlier predictions of this kind: {confirmed:.0f} confirmed, {no_fault:.0f} without a "
        "fault, {other_part:.0f} another part",
        "此类预测历史：确认{confirmed:.0f}次，无故障{no_fault:.0f}次，其他部件{other_part:.0f}次",
    ),
    "wear.do.ir_light": Words(
        "clean the window in front of the infrared LEDs, check the night mode; replace the "
        "illuminator or the camera if the picture stays dark",
        "清洁红外灯前窗并检查夜视模式；如画面仍偏暗，更换补光灯或摄像机",
    ),
    "wear.spare.ir_light": Words(
        "infrared illuminator or spare camera of the same model",
        "红外补光灯或同型号备用摄像机",
    ),
    "wear.do.retention": Words(
        "look for a lost disk, a bitrate that grew or added cameras; lower the bitrate or add a disk",
        "检查是否有硬盘丢失、码率升高或新增摄像机；降低码率或增加硬盘",
    ),
    "wear.do.ptz": Words(
        "move the camera through its whole range and listen; clean and grease it, or replace the drive",
        "全行程转动云台并听异响；清洁润滑或更换传动机构",
    ),
    "wear.spare.ptz": Words("spare PTZ camera of the same model", "同型号备用云台摄像机"),
    "wear.do.lens": Words(
        "clean the dome or front glass; if the picture stays soft, set the focus anew",
        "清洁护罩或镜头前玻璃；如仍模糊，重新调焦",
    ),
    "wear.spare.lens": Words(
        "lens cleaning kit",
        "镜头清洁工具",
    ),
    "wear.do.sensor": Words(
        "compare the night picture with that of hand-over; replace the camera where noise hides faces",
        "与交付时夜间画面对比；噪点影响辨识时更换摄像机",
    ),
    "wear.spare.sensor": Words(
        "spare camera of the same model",
        "同型号备用摄像机",
    ),
    "wear.do.link": Words(
        "look at the plugs at both ends for corrosion, measure the cable, crimp or replace it",
        "检查两端水晶头是否锈蚀，测试线缆，重新压接或更换",
    ),
    "wear.spare.link": Words(
        "RJ45 plugs, patch cable, cable tester",
        "水晶头、跳线及测线仪",
    ),
    "wear.do.power": Words(
        "measure the supply under load at night, check plugs; replace the supply or injector",
        "夜间带载测量供电电压并检查接头；更换电源或PoE供电器",
    ),
    "wear.spare.power": Words(
        "power supply or PoE injector",
        "电源适配器或PoE供电器",
    ),
    "wear.do.ups_battery": Words(
        "order the battery set and replace it at the next visit; measure the room's temperature",
        "订购蓄电池组并在下次维保时更换；测量机房温度",
    ),
    "wear.spare.ups_battery": Words(
        "battery set of the UPS",
        "UPS蓄电池组",
    ),
    "wear.do.fan": Words(
        "clean dust from filter and heat sink, listen to the fan; replace it if it is slow or loud",
        "清理滤网及散热片积尘，检查风扇异响；转速偏低或异响时更换",
    ),
    "wear.spare.fan": Words(
        "fan of the device",
        "设备风扇",
    ),
    "wear.do.memory": Words(
        "restart the device at a quiet hour; a firmware that loses memory needs an update",
        "在空闲时段重启设备；如固件存在内存泄漏请升级固件",
    ),
    "wear.do.clock": Words(
        "set the site's time server in the device and switch NTP on",
        "在设备上设置站点校时服务器并启用NTP",
    ),
    "wear.spare.clock": Words(
        "button cell for the device's clock",
        "设备时钟纽扣电池",
    ),
    "wear.do.disk": Words(
        "save what must be kept, then replace the disk and rebuild the array",
        "先备份需保留的录像，再更换硬盘并重建阵列",
    ),
    "wear.spare.disk": Words(
        "surveillance disk of at least the same capacity",
        "同容量以上监控级硬盘",
    ),
    "wear.do.other": Words(
        "look at it at the next visit: it moves away from what it was at hand-over",
        "下次维保时检查：其性能正偏离交付时水平",
    ),
}
