"""Every fault there is: code, names, severity, causes, parts to carry, hold times, how a repair is proven.

The code is stable: the same one stands in metrics, MQTT, tickets, reports and on the pages. What a device is
set to, what a recorder recorded, and what a picture shows stand in modules of their own.
"""

from typing import Final

from models.facts import Kind
from models.fault import Advice, Fault, Hold, Place, Policy, Retest, Severity, advice_for, severity_of
from models.faults_events import EVENT_FAULTS
from models.faults_picture import PICTURE_FAULTS
from models.faults_recording import RECORDING_FAULTS
from models.faults_settings import SETTINGS_FAULTS
from models.faults_site import SITE_FAULTS
from models.faults_streams import STREAM_FAULTS
from models.faults_tickets import TICKET_FAULTS, UNSEEN
from models.words import Words

__all__ = [
    "FAULTS",
    "UNSEEN",
    "Advice",
    "Fault",
    "Hold",
    "Place",
    "Policy",
    "Retest",
    "Severity",
    "advice_for",
    "policy_of",
    "severity_of",
]

# ---------------------------------------------------------------- parts and causes that several faults share

_PATCH = Words("patch cable", "网络跳线")
_PLUG = Words("RJ45 plugs and crimping tool", "水晶头及压线钳")
_CAMERA = Words("spare camera of the same model", "同型号备用摄像机")
_SUPPLY = Words("power supply or PoE injector", "电源适配器或PoE供电器")
_LADDER = Words("ladder or lift", "登高梯或升降车")
_DISK = Words("surveillance disk of at least the same capacity", "同容量以上监控级硬盘")
_BATTERY = Words("battery set of the UPS", "UPS蓄电池组")

_POWER_LOST = Words("power supply or PoE port failed", "供电或PoE端口故障")
_CABLE = Words("network cable or plug damaged", "网线或水晶头损坏")
_HUNG = Words("device hung or rebooting", "设备死机或正在重启")
_LOAD = Words(
    "device overloaded: too many viewers or too high a bitrate", "设备负载过高：取流路数过多或码率过大"
)
_SETTINGS = Words(
    "settings changed: address, port, service switched off", "参数被修改：地址、端口或服务被关闭"
)

_REBOOT = Words(
    "restart the device remotely (its web page, or PoE off and on)", "远程重启设备（网页或PoE断电重启）"
)
_PORT = Words("look at its switch port: link, PoE power, errors", "检查所接交换机端口：链路、PoE供电、误码")
_LIVE_VIEW = Words("open the live view and compare with the picture attached", "打开实时预览，与附图对比")

_REACHES = ("REACH_LOST",)
_STREAMS = ("REACH_LOST", "AUTH_REFUSED", "STREAM_LOST", "STREAM_STALL")

_SWITCH_LOST: Final = Advice(
    causes=(
        Words("power of the switch lost: supply, socket, UPS outlet", "交换机断电：电源、插座或UPS输出"),
        Words("uplink lost: fibre, transceiver, cable", "上联中断：光纤、光模块或网线"),
        Words("switch hung, or its management address changed", "交换机死机或管理地址被修改"),
        Words("switch failed", "交换机损坏"),
    ),
    steps=(
        Words("look at the port of the switch above: link, errors", "检查上级交换机端口：链路、误码"),
        Words("ask the site whether its lamps are on", "请现场人员确认交换机指示灯"),
    ),
    parts=(
        Words("spare switch with PoE and its configuration", "备用PoE交换机及配置文件"),
        Words("power supply of the switch", "交换机电源"),
        Words("transceivers and patch fibre", "光模块及光纤跳线"),
        _PATCH,
    ),
    retest=Retest(_REACHES, by_hand=Words("all that hangs on it is back", "所接设备全部恢复")),
)
_RECORDER_LOST: Final = Advice(
    causes=(
        Words("recorder without power, or switched off", "录像机断电或被关机"),
        _CABLE,
        Words("recorder hung: disk, memory or firmware", "录像机死机：硬盘、内存或固件"),
        _SETTINGS,
    ),
    steps=(
        _PORT,
        Words("ask the site whether its monitor shows a picture", "请现场确认录像机本地监视画面"),
    ),
    parts=(Words("power supply of the recorder", "录像机电源"), _DISK, _PATCH),
    retest=Retest(
        ("REACH_LOST", "AUTH_REFUSED", "DISK_FAILED", "CLOCK_OFFSET"),
        by_hand=Words("all channels are being recorded, playback works", "全部通道录像正常，回放正常"),
    ),
)
_UPS_LOST: Final = Advice(
    causes=(
        Words("network card of the UPS hung or without power", "UPS网卡死机或断电"),
        _CABLE,
        Words("UPS switched off: battery empty or failed", "UPS关机：电池耗尽或故障"),
    ),
    steps=(_PORT, Words("ask the site what the UPS shows", "请现场确认UPS面板状态")),
    parts=(_PATCH, Words("network card of the UPS", "UPS网卡")),
    retest=Retest((*_REACHES, "POWER_BATTERY")),
)

_QUICK: Final = Hold(2, 60.0, 2, 60.0)
_STEADY: Final = Hold(3, 120.0, 2, 60.0)
_STREAM_HOLD: Final = Hold(2, 240.0, 2, 120.0)

_ALL: Final = (
    # ---------------------------------------------------------------- reach and login
    Fault(
        "REACH_LOST",
        "Device lost",
        "设备失联",
        Severity.S3,
        Place.LINK,
        _STEADY,
        advice=Advice(
            causes=(_POWER_LOST, _CABLE, _HUNG, Words("device failed", "设备损坏"), _SETTINGS),
            steps=(_PORT, Words("switch the PoE port off and on", "对PoE端口断电重启")),
            parts=(_PATCH, _PLUG, _SUPPLY, _CAMERA),
            retest=Retest((*_STREAMS, "CLOCK_OFFSET"), by_hand=Words("it is being recorded", "录像正常")),
        ),
        severities={
            Kind.NVR: Severity.S1,
            Kind.SWITCH: Severity.S2,
            Kind.UPS: Severity.S2,
            Kind.NAS: Severity.S2,
        },
        advices={
            Kind.SWITCH: _SWITCH_LOST,
            Kind.NVR: _RECORDER_LOST,
            Kind.NAS: _RECORDER_LOST,
            Kind.UPS: _UPS_LOST,
        },
    ),
    Fault(
        "SITE_DARK",
        "Site dark: most devices lost at once",
        "站点大面积失联",
        Severity.S1,
        Place.POWER,
        Hold(1, 0.0, 1, 0.0),
        advice=Advice(
            causes=(
                Words("mains lost at the site", "站点市电中断"),
                Words("core switch or router failed", "核心交换机或路由器故障"),
                Words("network of the monitoring computer is down", "监测主机自身网络中断"),
            ),
            steps=(
                Words("call the site: is there power?", "致电现场确认是否停电"),
                Words("check the uplink and the core switch", "检查上联链路及核心交换机"),
            ),
            parts=(Words("spare core switch", "备用核心交换机"), _PATCH),
            retest=Retest(_REACHES),
        ),
    ),
    Fault(
        "AUTH_REFUSED",
        "Login refused",
        "登录被拒绝",
        Severity.S3,
        Place.SOFTWARE,
        Hold(2, 60.0, 1, 0.0),
        advice=Advice(
            causes=(
                Words("password or user changed on the device", "设备用户名或密码被修改"),
                Words("account locked after wrong attempts", "多次错误尝试后账号被锁定"),
                Words("device replaced or reset to factory settings", "设备被更换或恢复出厂设置"),
            ),
            steps=(
                Words("ask the site who changed the password", "向用户确认密码修改情况"),
                Words("put the right password into the agent's configuration", "在监测主机配置中更新密码"),
            ),
            retest=Retest(("REACH_LOST", "AUTH_REFUSED"), rounds=1),
        ),
    ),
    Fault(
        "SNMP_SILENT",
        "SNMP does not answer",
        "SNMP无响应",
        Severity.S4,
        Place.SOFTWARE,
        Hold(5, 600.0, 2, 120.0),
        advice=Advice(
            causes=(Words("SNMP switched off or community changed", "SNMP被关闭或团体名被修改"), _LOAD),
            steps=(
                Words("check SNMP settings and access list of the device", "检查设备SNMP设置及访问控制列表"),
            ),
            retest=Retest(("REACH_LOST", "SNMP_SILENT")),
        ),
    ),
    Fault(
        "ONVIF_SILENT",
        "ONVIF does not answer",
        "ONVIF无响应",
        Severity.S4,
        Place.SOFTWARE,
        Hold(5, 600.0, 2, 120.0),
        advice=Advice(
            causes=(Words("web or ONVIF service hung or switched off", "Web或ONVIF服务死锁或被关闭"), _LOAD),
            steps=(_REBOOT, Words("check that ONVIF is switched on", "确认设备已启用ONVIF")),
            retest=Retest(("REACH_LOST", "ONVIF_SILENT")),
        ),
    ),
    # ---------------------------------------------------------------- clock
    Fault(
        "CLOCK_OFFSET",
        "Clock wrong",
        "时钟偏差超限",
        Severity.S3,
        Place.SOFTWARE,
        _STEADY,
        advice=Advice(
            causes=(
                Words("time server not set or not reachable from the device", "未配置校时服务器或无法访问"),
                Words(
                    "internal clock battery empty (time jumps back after power loss)",
                    "内部时钟电池耗尽（断电后时间复位）",
                ),
                Words("clock set by hand and drifting", "手动设置时间后产生漂移"),
            ),
            steps=(
                Words(
                    "set the site's time server in the device and switch NTP on",
                    "在设备上设置站点校时服务器并启用NTP",
                ),
                Words("synchronise once by hand, look again after a day", "手动校时一次，次日复查"),
            ),
            parts=(Words("button cell for the device's clock", "设备时钟纽扣电池"),),
            retest=Retest(("REACH_LOST", "CLOCK_OFFSET", "CLOCK_ZONE")),
        ),
    ),
    Fault(
        "CLOCK_ZONE",
        "Time zone wrong",
        "时区设置错误",
        Severity.S3,
        Place.SOFTWARE,
        _STEADY,
        advice=Advice(
            causes=(
                Words("time zone or daylight saving set wrongly", "时区或夏令时设置错误"),
                Words("device reset to factory settings", "设备恢复出厂设置"),
            ),
            steps=(
                Words(
                    "set the time zone of the device; do not touch its clock", "修改设备时区，无需调整时间"
                ),
            ),
            retest=Retest(("REACH_LOST", "CLOCK_ZONE", "CLOCK_OFFSET")),
        ),
    ),
    # ---------------------------------------------------------------- stream
    Fault(
        "STREAM_LOST",
        "No video: the device answers, its stream does not open",
        "无视频：设备在线但无法取流",
        Severity.S3,
        Place.DEVICE,
        _STREAM_HOLD,
        advice=Advice(
            causes=(
                Words("streaming service of the device hung", "设备流媒体服务死锁"),
                _LOAD,
                Words("video input lost or image sensor failed", "视频输入丢失或图像传感器损坏"),
                _SETTINGS,
            ),
            steps=(_REBOOT, Words("check codec and stream settings", "检查编码及码流设置")),
            parts=(_CAMERA,),
            retest=Retest(_STREAMS, by_hand=Words("it is being recorded", "录像正常")),
        ),
        severities={Kind.NVR: Severity.S2},
    ),
    Fault(
        "STREAM_STALL",
        "Video stops: frames cease while connected",
        "码流中断：连接正常但无视频帧",
        Severity.S3,
        Place.DEVICE,
        _STREAM_HOLD,
        advice=Advice(
            causes=(Words("encoder of the device hung", "设备编码器死锁"), _LOAD, _CABLE),
            steps=(_REBOOT, _PORT),
            parts=(_CAMERA, _PATCH),
            retest=Retest(_STREAMS),
        ),
    ),
    Fault(
        "STREAM_LOSS",
        "Video damaged: packets lost on the way",
        "码流丢包，画面花屏",
        Severity.S3,
        Place.LINK,
        Hold(3, 480.0, 3, 480.0),
        advice=Advice(
            causes=(
                _CABLE,
                Words("link overloaded, or running at a lower speed than it should", "链路拥塞或速率降级"),
                Words("switch port failing", "交换机端口故障"),
            ),
            steps=(_PORT, Words("compare the bitrate with the speed of the link", "核对码率与链路带宽")),
            parts=(_PATCH, _PLUG, Words("cable tester", "网线测试仪")),
            retest=Retest((*_STREAMS, "STREAM_LOSS"), rounds=5),
        ),
    ),
    # ---------------------------------------------------------------- storage
    Fault(
        "DISK_FAILED",
        "Disk failed",
        "硬盘故障",
        Severity.S2,
        Place.DEVICE,
        Hold(2, 60.0, 2, 120.0),
        advice=Advice(
            causes=(
                Words("disk worn out or defective", "硬盘老化或损坏"),
                Words("disk loose in its bay, or its cable", "硬盘接触不良或数据线松动"),
                Words("overheating of the recorder", "录像机散热不良"),
            ),
            steps=(
                Words("read the disk's SMART table on the recorder", "在录像机上查看硬盘SMART信息"),
                Words("check that the other disks still record all channels", "确认其余硬盘仍在录制全部通道"),
            ),
            parts=(_DISK,),
            retest=Retest(
                ("REACH_LOST", "DISK_FAILED"),
                by_hand=Words(
                    "the new disk is formatted, writing, and retention grows",
                    "新硬盘已格式化并写入，存储天数增长",
                ),
            ),
        ),
    ),
    *EVENT_FAULTS,
    # ---------------------------------------------------------------- power
    Fault(
        "POWER_BATTERY",
        "Mains lost: UPS runs from its battery",
        "市电中断：UPS电池供电",
        Severity.S2,
        Place.POWER,
        _QUICK,
        advice=Advice(
            causes=(
                Words("mains lost at the site", "站点市电中断"),
                Words("breaker tripped or plug pulled", "断路器跳闸或电源插头脱落"),
                Words("mains outside the UPS's limits", "市电电压超出UPS范围"),
            ),
            steps=(
                Words("call the site: is there power?", "致电现场确认是否停电"),
                Words(
                    "plan an orderly shutdown of the recorder before the battery ends",
                    "安排录像机在电池耗尽前正常关机",
                ),
            ),
            retest=Retest(("REACH_LOST", "POWER_BATTERY", "POWER_BATTERY_LOW")),
        ),
    ),
    Fault(
        "POWER_BATTERY_LOW",
        "UPS battery nearly empty",
        "UPS电池电量不足",
        Severity.S1,
        Place.POWER,
        Hold(1, 0.0, 2, 60.0),
        advice=Advice(
            causes=(
                Words("mains lost for longer than the battery lasts", "停电时间超过电池续航"),
                Words("battery aged: it lasts shorter than designed", "电池老化，续航低于设计值"),
            ),
            steps=(
                Words("shut the recorder down in order now", "立即正常关闭录像机"),
                Words("bring a generator or restore mains", "接入发电机或恢复市电"),
            ),
            parts=(_BATTERY,),
            retest=Retest(("REACH_LOST", "POWER_BATTERY", "POWER_BATTERY_LOW")),
        ),
    ),
    Fault(
        "POE_SUPPLY",
        "PoE supply of the switch faulty",
        "交换机PoE供电单元故障",
        Severity.S2,
        Place.POWER,
        _QUICK,
        advice=Advice(
            causes=(
                Words("power supply of the switch failed or overheated", "交换机电源损坏或过热"),
                Words("mains of the switch out of limits", "交换机市电电压异常"),
            ),
            steps=(Words("read the switch's log and its PoE page", "查看交换机日志及PoE页面"),),
            parts=(
                Words("power supply of the switch", "交换机电源"),
                Words("spare switch with PoE and its configuration", "备用PoE交换机及配置文件"),
            ),
            retest=Retest(
                ("REACH_LOST", "POE_SUPPLY"),
                by_hand=Words("all that hangs on it is back", "所接设备全部恢复"),
            ),
        ),
    ),
    Fault(
        "POE_BUDGET",
        "PoE power exhausted: ports are refused power",
        "PoE功率不足：端口供电被拒绝",
        Severity.S3,
        Place.POWER,
        _QUICK,
        advice=Advice(
            causes=(
                Words(
                    "more power wanted than the supply has: devices added, heaters or infrared light on",
                    "功率需求超出供电能力：新增设备、加热器或红外灯开启",
                ),
                Words("one of several supplies of the switch failed", "交换机多电源中有一路失效"),
            ),
            steps=(
                Words("compare drawn power and budget on the switch", "核对交换机已用功率与总功率"),
                Words("give important ports a higher PoE priority", "提高重要端口的PoE优先级"),
            ),
            parts=(
                Words("PoE injector", "PoE供电器"),
                Words("switch with a larger PoE supply", "更大PoE功率的交换机"),
            ),
            retest=Retest(
                ("REACH_LOST", "POE_BUDGET"),
                by_hand=Words("all that hangs on it is back", "所接设备全部恢复"),
            ),
        ),
    ),
    Fault(
        "BATTERY_BAD",
        "UPS battery does not recover on mains",
        "UPS电池异常（市电下未恢复）",
        Severity.S3,
        Place.POWER,
        Hold(3, 21600.0, 2, 300.0),  # after an outage a low battery is normal while it charges
        advice=Advice(
            causes=(
                Words("battery at the end of its life", "电池寿命终止"),
                Words("charger of the UPS failed", "UPS充电器故障"),
            ),
            steps=(Words("run the UPS's own battery test", "执行UPS电池自检"),),
            parts=(_BATTERY,),
            retest=Retest(
                ("REACH_LOST", "BATTERY_BAD"), by_hand=Words("discharge test passed", "放电测试合格")
            ),
        ),
    ),
)

FAULTS: Final[dict[str, Fault]] = {
    fault.code: fault
    for fault in (
        *_ALL,
        *PICTURE_FAULTS,
        *SETTINGS_FAULTS,
        *RECORDING_FAULTS,
        *STREAM_FAULTS,
        *TICKET_FAULTS,
        *SITE_FAULTS,
    )
}


def policy_of(code: str) -> Policy:
    """Return what the catalogue says of the ticket of a fault that is gone."""
    fault = FAULTS.get(code)
    return fault.policy if fault else Policy.AUTO_RESOLVE
