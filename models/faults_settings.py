"""Faults of what a device is and is set to: identity, clock settings, encoder, inputs, access."""

from typing import Final

from models.fault import Advice, Fault, Hold, Place, Retest, Severity
from models.words import Words

_ACCEPT: Final = Words(
    "where it is as it should be: siteward accept DEVICE", "确认无误后执行：siteward accept 设备编号"
)
_WHO: Final = Words("ask the site who changed it, and when", "向现场确认修改人和时间")
_RESET: Final = Words("device reset to factory settings", "设备恢复出厂设置")
_BY_HAND: Final = Words("settings changed by hand or by other software", "参数被人工或其他软件修改")
_UPDATED: Final = Words("firmware was updated", "固件已升级")
_REPLACED: Final = Words("device was replaced", "设备已更换")
_ONCE: Final = Hold(2, 60.0, 1, 0.0)
_LOOK: Final = Hold(1, 0.0, 1, 0.0)  # told once an hour or a day: a second look would come too late

SETTINGS_FAULTS: Final = (
    Fault(
        "CLOCK_RESET",
        "Clock began anew at its epoch",
        "时钟复位（回到初始时间）",
        Severity.S3,
        Place.DEVICE,
        Hold(2, 60.0, 2, 60.0),
        advice=Advice(
            causes=(
                Words(
                    "internal clock battery empty (time jumps back after power loss)",
                    "内部时钟电池耗尽（断电后时间复位）",
                ),
                Words("time server not set or not reachable", "未配置校时服务器或无法访问"),
                _RESET,
            ),
            steps=(
                Words("switch NTP on with the site's time server", "启用NTP并配置站点校时服务器"),
                Words(
                    "recordings made meanwhile carry a wrong date: note from when to when",
                    "期间录像日期错误，请记录起止时间",
                ),
            ),
            parts=(Words("button cell for the device's clock", "设备时钟纽扣电池"),),
            retest=Retest(("REACH_LOST", "CLOCK_RESET", "CLOCK_OFFSET")),
        ),
    ),
    Fault(
        "CLOCK_BY_HAND",
        "Clock set by hand: no time server",
        "手动校时，未启用NTP",
        Severity.S4,
        Place.SOFTWARE,
        Hold(3, 3600.0, 2, 60.0),
        advice=Advice(
            causes=(
                Words("NTP never switched on at commissioning", "调试时未启用NTP"),
                _RESET,
                Words("a recorder sets the camera's clock instead", "由录像机为摄像机校时"),
            ),
            steps=(Words("switch NTP on with the site's time server", "启用NTP并配置站点校时服务器"),),
            retest=Retest(("REACH_LOST", "CLOCK_BY_HAND")),
        ),
    ),
    Fault(
        "FW_CHANGED",
        "Firmware changed",
        "固件版本变更",
        Severity.S4,
        Place.SOFTWARE,
        _LOOK,
        advice=Advice(
            causes=(_UPDATED, _REPLACED, Words("firmware rolled back after a reset", "复位后固件回退")),
            steps=(
                Words(
                    "compare settings with the hand-over baseline: an update may reset them",
                    "与交付基线核对参数：升级可能重置设置",
                ),
                _ACCEPT,
            ),
            retest=Retest(("REACH_LOST", "FW_CHANGED", "ENCODER_CHANGED")),
        ),
    ),
    Fault(
        "REPLACED",
        "Another device answers at this address",
        "设备已更换（序列号或MAC变更）",
        Severity.S3,
        Place.DEVICE,
        _LOOK,
        advice=Advice(
            causes=(
                _REPLACED,
                Words("two devices share the address, or addresses were swapped", "地址冲突或地址互换"),
                Words("mainboard exchanged at the maker", "返厂更换主板"),
            ),
            steps=(
                Words("begin a new record in the device file", "在设备档案中建立新记录"),
                _ACCEPT,
            ),
            retest=Retest(("REACH_LOST", "REPLACED")),
        ),
    ),
    Fault(
        "ENCODER_CHANGED",
        "Encoder set otherwise than accepted",
        "编码参数与验收基线不一致",
        Severity.S3,
        Place.SOFTWARE,
        _LOOK,
        advice=Advice(
            causes=(_BY_HAND, _RESET, _UPDATED),
            steps=(
                _WHO,
                Words("set the profile back as it was accepted", "将码流参数恢复为验收值"),
                _ACCEPT,
            ),
            retest=Retest(("REACH_LOST", "ENCODER_CHANGED"), rounds=1),
        ),
    ),
    Fault(
        "CHANNEL_LOST",
        "Channel vanished: the device does not list it any more",
        "通道消失：设备不再列出该视频源",
        Severity.S2,
        Place.DEVICE,
        _LOOK,
        advice=Advice(
            causes=(
                Words("camera removed from the recorder", "录像机中删除了该摄像机"),
                Words("video input or encoder board failed", "视频输入或编码板损坏"),
                _RESET,
            ),
            steps=(Words("look at the recorder's channel list", "查看录像机通道列表"), _ACCEPT),
            parts=(Words("encoder or input board", "编码板或视频输入板"),),
            retest=Retest(("REACH_LOST", "CHANNEL_LOST"), by_hand=Words("it is being recorded", "录像正常")),
        ),
    ),
    Fault(
        "CERT_EXPIRING",
        "TLS certificate ends soon",
        "TLS证书即将到期",
        Severity.S4,
        Place.SOFTWARE,
        _LOOK,
        advice=Advice(
            causes=(
                Words("certificate not renewed", "证书未续期"),
                Words("certificate made while the clock was wrong", "证书在时钟错误时生成"),
            ),
            steps=(
                Words(
                    "renew the certificate on the device, then: siteward trust DEVICE",
                    "在设备上更新证书，然后执行：siteward trust 设备编号",
                ),
            ),
            retest=Retest(("REACH_LOST", "CERT_EXPIRING"), rounds=1),
        ),
    ),
    Fault(
        "CERT_CHANGED",
        "TLS certificate is not the pinned one",
        "TLS证书与已登记的不一致",
        Severity.S2,
        Place.SOFTWARE,
        _ONCE,
        advice=Advice(
            causes=(
                _REPLACED,
                Words("certificate renewed, or device reset", "证书已更新或设备被复位"),
                Words(
                    "something between us and the device poses as it", "中间存在冒充该设备的主机（中间人）"
                ),
            ),
            steps=(
                Words(
                    "compare the fingerprint on the device's own page before trusting it",
                    "信任前请在设备页面核对证书指纹",
                ),
                Words("then: siteward trust DEVICE", "然后执行：siteward trust 设备编号"),
            ),
            retest=Retest(("REACH_LOST", "CERT_CHANGED"), rounds=1),
        ),
    ),
    Fault(
        "DEFAULT_ACCOUNT",
        "Factory accounts are still there",
        "存在出厂默认账号",
        Severity.S4,
        Place.SOFTWARE,
        _LOOK,
        advice=Advice(
            causes=(
                Words("factory accounts not removed at commissioning", "调试时未删除出厂账号"),
                _RESET,
            ),
            steps=(
                Words(
                    "remove the accounts, or give them a password of the site's own; nobody tried to log in"
                    " with them",
                    "删除该账号或设置专用密码（系统未尝试用其登录）",
                ),
            ),
            retest=Retest(("REACH_LOST", "DEFAULT_ACCOUNT"), rounds=1),
        ),
    ),
    Fault(
        "IO_LOST",
        "Alarm input or relay vanished",
        "报警输入或继电器输出消失",
        Severity.S3,
        Place.DEVICE,
        _LOOK,
        advice=Advice(
            causes=(
                Words("input or output board failed", "报警输入输出板损坏"),
                Words("switched off in the settings", "在设置中被关闭"),
                _RESET,
            ),
            steps=(Words("look at the device's alarm page", "查看设备报警页面"), _ACCEPT),
            parts=(Words("alarm input and output board", "报警输入输出板"),),
            retest=Retest(
                ("REACH_LOST", "IO_LOST"), by_hand=Words("walk test of its detectors", "探测器步行测试")
            ),
        ),
    ),
)
