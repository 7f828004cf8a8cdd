"""Faults of what a stream is, seen from packets: not as it is set, or not as it always was."""

from typing import Final

from models.fault import Advice, Fault, Hold, Place, Retest, Severity
from models.words import Words

_CHANGED: Final = Words(
    "encoder settings changed by hand, by a recorder or by a firmware update",
    "编码参数被人工、录像机或固件升级修改",
)
_RESET: Final = Words("device reset to factory settings", "设备恢复出厂设置")
_LOAD: Final = Words(
    "device overloaded: too many viewers or too high a bitrate", "设备负载过高：取流路数过多或码率过大"
)
_HUNG: Final = Words("encoder of the device half hung", "设备编码器异常")
_LINK: Final = Words("link overloaded, or at a lower speed than it should", "链路拥塞或速率降级")
_DARK: Final = Words("long exposure in the dark slows the sensor down", "低照度长曝光导致帧率下降")
_SMART: Final = Words("smart coding switched on or off (H.264+, H.265+, Zipstream)", "智能编码被开启或关闭")

_SETTINGS: Final = Words(
    "set codec, size, frame rate and bitrate as agreed", "按约定重新设置编码、分辨率、帧率及码率"
)
_RESTART: Final = Words(
    "restart the device remotely (its web page, or PoE off and on)", "远程重启设备（网页或PoE断电重启）"
)
_ACCEPT: Final = Words(
    "where it is meant to be so: siteward baseline accept CAMERA",
    "确认无误后执行：siteward baseline accept 摄像机",
)
_PORT: Final = Words("look at its switch port: link, errors", "检查所接交换机端口：链路、误码")
_RECORDED: Final = Words("the recorder takes the stream and records it", "录像机可正常取流并录像")

_HOLD: Final = Hold(3, 600.0, 2, 240.0)
_SLOW: Final = Hold(6, 3600.0, 3, 600.0)  # traffic, light and load change what these show: an hour of it
_FROM: Final = ("REACH_LOST", "AUTH_REFUSED", "STREAM_LOST", "STREAM_STALL")


def _fault(
    code: str,
    names: Words,
    severity: Severity,
    *causes: Words,
    steps: tuple[Words, ...] = (_SETTINGS, _ACCEPT),
    place: Place = Place.SOFTWARE,
    hold: Hold = _HOLD,
    by_hand: Words | None = None,
) -> Fault:
    retest = Retest((*_FROM, code), by_hand=by_hand)
    return Fault(code, names.en, names.zh, severity, place, hold, Advice(causes, steps, (), retest))


STREAM_FAULTS: Final = (
    _fault(
        "STREAM_CODEC",
        Words("Wrong codec", "编码格式错误"),
        Severity.S3,
        _CHANGED,
        _RESET,
        by_hand=_RECORDED,
    ),
    _fault("STREAM_SIZE", Words("Wrong picture size", "分辨率错误"), Severity.S3, _CHANGED, _RESET, _HUNG),
    _fault(
        "STREAM_FPS",
        Words("Frame rate too low", "帧率过低"),
        Severity.S3,
        _LOAD,
        _DARK,
        _CHANGED,
        _LINK,
        steps=(_SETTINGS, _RESTART, _PORT),
        place=Place.DEVICE,
        hold=_SLOW,
    ),
    _fault(
        "STREAM_BITRATE",
        Words("Bitrate out of range", "码率异常"),
        Severity.S4,
        _CHANGED,
        _SMART,
        Words("picture full of noise, or empty", "画面噪声过大或画面空白"),
        hold=_SLOW,
    ),
    _fault(
        "STREAM_GOP",
        Words("Key frames too far apart or too close", "I帧间隔异常"),
        Severity.S4,
        _CHANGED,
        _SMART,
        hold=_SLOW,
    ),
    _fault(
        "STREAM_AUDIO",
        Words("Sound lost", "音频丢失"),
        Severity.S3,
        Words("microphone or its cable failed", "拾音器或线缆故障"),
        Words("sound switched off in the device", "设备音频被关闭"),
        _RESET,
        steps=(Words("switch sound on in the stream's settings", "在码流设置中启用音频"), _ACCEPT),
        place=Place.DEVICE,
    ),
    _fault(
        "STREAM_LATE",
        Words("Video comes late", "视频延迟过大"),
        Severity.S3,
        _LINK,
        _LOAD,
        Words("the device's buffer grows: restart due", "设备缓存积压，需要重启"),
        steps=(_PORT, _RESTART),
        place=Place.LINK,
        hold=_SLOW,
    ),
)
