"""Faults that devices report by themselves, and those of their moving parts and of the inventory."""

from typing import Final

from models.fault import Advice, Fault, Hold, Place, Retest, Severity
from models.words import Words

_PATCH: Final = Words("patch cable", "网络跳线")
_CAMERA: Final = Words("spare camera of the same model", "同型号备用摄像机")
_SUPPLY: Final = Words("power supply or PoE injector", "电源适配器或PoE供电器")
_CLEANING: Final = Words("lens cleaning kit", "镜头清洁工具")
_LADDER: Final = Words("ladder or lift", "登高梯或升降车")
_REBOOT: Final = Words(
    "restart the device remotely (its web page, or PoE off and on)", "远程重启设备（网页或PoE断电重启）"
)
_PORT: Final = Words(
    "look at its switch port: link, PoE power, errors", "检查所接交换机端口：链路、PoE供电、误码"
)
_LIVE_VIEW: Final = Words(
    "open the live view and compare with the picture attached", "打开实时预览，与附图对比"
)
_QUICK: Final = Hold(2, 60.0, 2, 60.0)
_PICTURE_HOLD: Final = Hold(3, 480.0, 2, 240.0)  # as long as the picture's own faults take to show

EVENT_FAULTS: Final = (
    Fault(
        "PTZ_STUCK",
        "PTZ does not reach its preset",
        "云台无法到达预置位",
        Severity.S3,
        Place.DEVICE,
        Hold(1, 0.0, 1, 0.0),  # a test is a day or more apart, and waits long for each move
        advice=Advice(
            causes=(
                Words("motor or gear blocked: ice, dirt, insects", "电机或齿轮卡滞：结冰、积尘或虫害"),
                Words("motor or its driver failed", "电机或驱动电路损坏"),
                Words("supply too weak for the motors", "供电不足，无法驱动电机"),
            ),
            steps=(
                Words("turn it by hand in the live view", "在实时预览中手动控制云台"),
                _REBOOT,
            ),
            parts=(Words("PTZ motor or gear set", "云台电机或齿轮组"), _SUPPLY, _CAMERA, _LADDER),
            retest=Retest(
                ("REACH_LOST", "PTZ_STUCK"), by_hand=Words("all presets are reached", "全部预置位到位正常")
            ),
        ),
    ),
    Fault(
        "PTZ_WORN",
        "PTZ mechanics wear: slower, or beside its presets",
        "云台机械磨损：变慢或预置位偏移",
        Severity.S4,
        Place.DEVICE,
        Hold(2, 0.0, 1, 0.0),
        advice=Advice(
            causes=(
                Words("steps lost: worn gear, slack belt", "丢步：齿轮磨损或皮带松弛"),
                Words("bearings stiff: cold, dirt, old grease", "轴承阻力大：低温、积尘或润滑脂老化"),
                Words("presets were stored anew", "预置位被重新设置"),
            ),
            steps=(Words("let it find its zero position (restart)", "重启云台进行零位校准"), _LIVE_VIEW),
            parts=(Words("PTZ motor or gear set", "云台电机或齿轮组"), _CLEANING, _LADDER),
            retest=Retest(("REACH_LOST", "PTZ_WORN"), rounds=1),
        ),
    ),
    Fault(
        "DEVICE_UNKNOWN",
        "Unknown device on the camera network",
        "网络中有未登记设备",
        Severity.S4,
        Place.SOFTWARE,
        Hold(1, 0.0, 1, 0.0),
        advice=Advice(
            causes=(
                Words("a device was added and not entered into the inventory", "新增设备未登记"),
                Words("a device got another address", "设备地址被修改"),
                Words("somebody connected a device of their own", "有人私自接入设备"),
            ),
            steps=(
                Words("run siteward discover and put it into the inventory", "运行 siteward discover 并登记"),
                Words("or name its address in discovery.ignore", "或将其地址写入 discovery.ignore"),
            ),
            retest=Retest(("DEVICE_UNKNOWN",), rounds=1),
        ),
    ),
    Fault(
        "DISCOVERY_LOST",
        "Device answers no more to discovery",
        "设备不再响应网络发现",
        Severity.S4,
        Place.SOFTWARE,
        Hold(3, 3600.0, 1, 0.0),
        advice=Advice(
            causes=(
                Words("discovery switched off on the device", "设备关闭了网络发现功能"),
                Words("device moved to another network", "设备被移至其他网段"),
            ),
            steps=(Words("check the network settings of the device", "检查设备网络设置"),),
            retest=Retest(("REACH_LOST", "DISCOVERY_LOST"), rounds=1),
        ),
    ),
    Fault(
        "RAID_FAILED",
        "Disk array crashed",
        "磁盘阵列崩溃",
        Severity.S1,
        Place.DEVICE,
        _QUICK,
        advice=Advice(
            causes=(
                Words("more disks failed than the array can lose", "损坏硬盘数超过阵列冗余"),
                Words("controller or its cables", "阵列控制器或线缆故障"),
            ),
            steps=(
                Words(
                    "do not rebuild or format: recordings may be saved", "请勿重建或格式化，录像可能可恢复"
                ),
                Words("note which disks the device calls failed", "记录设备报告的故障硬盘"),
            ),
            parts=(Words("disks of the same model", "同型号硬盘"),),
            retest=Retest(("REACH_LOST", "RAID_FAILED", "DISK_FAILED")),
        ),
    ),
    Fault(
        "FAN_FAILED",
        "Fan failed",
        "风扇故障",
        Severity.S3,
        Place.DEVICE,
        _QUICK,
        advice=Advice(
            causes=(
                Words("fan worn out or blocked by dust", "风扇老化或积尘卡滞"),
                Words("cable of the fan loose", "风扇接线松动"),
            ),
            steps=(Words("look at the temperatures of the device", "查看设备温度"),),
            parts=(Words("fan of the device", "设备风扇"), Words("dust blower", "除尘工具")),
            retest=Retest(("REACH_LOST", "FAN_FAILED", "OVERHEATED")),
        ),
    ),
    Fault(
        "SUPPLY_FAILED",
        "Power supply of the device failed",
        "设备电源模块故障",
        Severity.S2,
        Place.POWER,
        _QUICK,
        advice=Advice(
            causes=(
                Words("one of its power supplies failed", "其中一路电源模块损坏"),
                Words("its second mains feed is off", "第二路供电断开"),
            ),
            steps=(Words("ask the site which supply's lamp is off", "请现场确认哪一路电源指示灯熄灭"),),
            parts=(Words("power supply of the device", "设备电源模块"),),
            retest=Retest(("REACH_LOST", "SUPPLY_FAILED")),
        ),
    ),
    Fault(
        "OVERHEATED",
        "Device too hot",
        "设备温度过高",
        Severity.S3,
        Place.ENVIRONMENT,
        Hold(3, 300.0, 2, 300.0),
        advice=Advice(
            causes=(
                Words("fan failed or air way blocked", "风扇故障或风道堵塞"),
                Words("air conditioning of the room failed", "机房空调故障"),
                Words("direct sun on the housing", "设备外壳受阳光直射"),
            ),
            steps=(Words("ask the site about the temperature of the room", "请现场确认机房温度"),),
            parts=(Words("fan of the device", "设备风扇"), Words("dust blower", "除尘工具")),
            retest=Retest(("REACH_LOST", "OVERHEATED", "FAN_FAILED")),
        ),
    ),
    Fault(
        "VIDEO_LOSS",
        "Recorder has no picture from a channel",
        "录像机通道视频丢失",
        Severity.S3,
        Place.LINK,
        Hold(2, 60.0, 2, 60.0),
        advice=Advice(
            causes=(
                Words("coaxial cable or plug of the camera", "摄像机同轴电缆或接头故障"),
                Words("camera without power, or failed", "摄像机断电或损坏"),
                Words("input of the recorder failed", "录像机输入通道损坏"),
            ),
            steps=(
                Words(
                    "exchange the inputs of two channels and see whether the fault moves",
                    "互换两路输入，观察故障是否跟随",
                ),
                Words("look at the camera's power", "检查摄像机供电"),
            ),
            parts=(
                Words("BNC plugs and crimping tool", "BNC接头及压线钳"),
                Words("power supply of the camera", "摄像机电源"),
                _CAMERA,
            ),
            retest=Retest(
                ("REACH_LOST", "VIDEO_LOSS"), by_hand=Words("the channel is being recorded", "该通道录像正常")
            ),
        ),
    ),
    Fault(
        "TAMPER",
        "Camera reports tampering, or that it was turned",
        "摄像机上报遮挡、破坏或被转动",
        Severity.S3,
        Place.ENVIRONMENT,
        _PICTURE_HOLD,
        advice=Advice(
            causes=(
                Words("tampering: covered, sprayed or turned", "人为破坏：遮挡、喷涂或转动"),
                Words("the scene changed: lorry, scaffolding, light", "场景变化：车辆、脚手架或灯光"),
            ),
            steps=(_LIVE_VIEW, Words("ask the site to look at the camera", "请现场人员查看摄像机")),
            parts=(_CLEANING, _LADDER),
            retest=Retest(
                ("REACH_LOST", "TAMPER"), by_hand=Words("field of view as agreed", "监视范围符合要求")
            ),
        ),
    ),
    Fault(
        "REBOOTING",
        "Device restarts again and again",
        "设备反复重启",
        Severity.S3,
        Place.POWER,
        Hold(2, 60.0, 2, 600.0),
        advice=Advice(
            causes=(
                Words(
                    "supply too weak: long cable, infrared light at night",
                    "供电不足：线路过长或夜间红外灯开启",
                ),
                Words("firmware fault or memory exhausted", "固件缺陷或内存耗尽"),
                Words("device too hot", "设备过热"),
            ),
            steps=(
                _PORT,
                Words("compare the times with those of the infrared light", "核对重启时间与红外灯开启时间"),
            ),
            parts=(_SUPPLY, _PATCH, _CAMERA),
            retest=Retest(("REACH_LOST", "REBOOTING")),
        ),
    ),
    Fault(
        "EVENTS_LOST",
        "Events of the device cannot be received",
        "无法接收设备事件",
        Severity.S4,
        Place.SOFTWARE,
        Hold(5, 1800.0, 2, 60.0),
        advice=Advice(
            causes=(
                Words(
                    "other programs hold all event subscriptions it has room for", "其他程序占满事件订阅数"
                ),
                Words("event service of the device hung", "设备事件服务死锁"),
            ),
            steps=(
                Words(
                    "end programs that are not needed any more (old video managers)",
                    "停用不再使用的平台或客户端",
                ),
                _REBOOT,
            ),
            retest=Retest(("REACH_LOST", "EVENTS_LOST")),
        ),
    ),
)
