"""Incidents that no rule speaks of: a learned model, a person, the agent itself, many devices at once."""

from typing import Final

from models.facts import Kind
from models.fault import Advice, Fault, Hold, Place, Retest, Severity
from models.words import Words

_AT_ONCE: Final = Hold(1, 0.0, 1, 0.0)
_PICTURE: Final = (
    "REACH_LOST", "AUTH_REFUSED", "STREAM_LOST", "STREAM_STALL",
    "IMG_BLACK", "IMG_FREEZE", "IMG_BLUR", "IMG_COVER",
)  # fmt: skip

TICKET_FAULTS: Final = (
    Fault(
        "PREDICTED",
        "Expected to fail",
        "预测性隐患",
        Severity.S4,
        Place.DEVICE,
        _AT_ONCE,
        advice=Advice(causes=(Words("wear, by what was measured of it", "由测量趋势判断的老化"),)),
    ),
    Fault(
        "DRILL",
        "Drill: nothing is wrong",
        "演练：并无故障",
        Severity.S4,
        Place.SOFTWARE,
        _AT_ONCE,
        advice=Advice(
            causes=(Words("somebody practises: siteward drill", "人员演练：siteward drill"),),
            steps=(Words("do what you would do if it were real", "请按真实故障处理"),),
        ),
    ),
    Fault(
        "AGENT_BLIND",
        "Agent is blind to a part of the site",
        "监测主机无法观测部分设备",
        Severity.S4,
        Place.SOFTWARE,
        _AT_ONCE,
        advice=Advice(
            causes=(
                Words(
                    "nothing that can be asked of it is set up or permitted",
                    "未配置或不允许任何检测方式",
                ),
                Words("the agent is overloaded, or has a fault of its own", "监测主机过载或自身故障"),
            ),
            steps=(
                Words("siteward doctor: look at the machine", "运行 siteward doctor 检查监测主机"),
                Words("siteward probe DEVICE: ask it by hand", "运行 siteward probe 设备号 手动检测"),
            ),
        ),
    ),
    Fault(
        "PORTS_LOST",
        "Many devices on one switch lost at once",
        "交换机下多台设备同时失联",
        Severity.S2,
        Place.LINK,
        _AT_ONCE,
        advice=Advice(
            causes=(
                Words("a bank of ports, or the power of one, failed", "端口组或其供电故障"),
                Words("PoE budget used up, or a PoE schedule", "PoE功率不足或PoE时间计划"),
                Words("VLAN, filter or uplink set otherwise", "VLAN、访问控制或上联配置被更改"),
                Words("a bundle of cables or a common supply", "线缆束或公用电源故障"),
            ),
            steps=(
                Words("look at the switch's log and its ports", "查看交换机日志及端口状态"),
                Words("compare the switch's settings with the last copy", "对比交换机当前配置与备份"),
                Words("switch the power of one of the ports off and on", "对其中一个端口断电再上电"),
            ),
            parts=(Words("spare PoE switch", "备用PoE交换机"), Words("PoE injector", "PoE注入器")),
            retest=Retest(("PORTS_LOST",)),
        ),
    ),
    Fault(
        "REPORTED",
        "Reported by a person",
        "人工报修",
        Severity.S3,
        Place.DEVICE,
        _AT_ONCE,
        advice=Advice(
            causes=(Words("see what was reported", "见报修内容"),),
            steps=(
                Words(
                    "open the live view and compare with what was reported", "打开实时预览，与报修内容对比"
                ),
                Words("restart the device remotely", "远程重启设备"),
            ),
            retest=Retest(_PICTURE, by_hand=Words("whoever reported it confirms", "报修人确认已修复")),
        ),
        severities=dict.fromkeys((Kind.NVR, Kind.SWITCH, Kind.UPS, Kind.NAS), Severity.S2),
    ),
    Fault(
        "TICKET_FLOOD",
        "More faults than tickets for one day",
        "当日故障超出工单上限（汇总）",
        Severity.S3,
        Place.SOFTWARE,
        _AT_ONCE,
        advice=Advice(
            causes=(
                Words("a common cause that no rule knows", "存在规则未识别的共同原因"),
                Words("thresholds that do not fit this site", "阈值不适合本站点"),
            ),
            steps=(Words("siteward tickets: look at what they have in common", "查看各工单的共同点"),),
        ),
    ),
)

UNSEEN: Final = frozenset(fault.code for fault in TICKET_FAULTS)  # no rule of its own ever sees one gone
