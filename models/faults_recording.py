"""Faults of recording: is it recorded, without gaps, and for as long as the contract says?"""

from typing import Final

from models.facts import Kind
from models.fault import Advice, Fault, Hold, Place, Retest, Severity
from models.words import Words

_DISK: Final = Words("surveillance disk of at least the same capacity", "同容量以上监控级硬盘")
_CARD: Final = Words("memory card of surveillance grade", "监控级存储卡")
_FULL: Final = Words("disk full and overwriting switched off", "硬盘已满且未启用循环覆盖")
_SCHEDULE: Final = Words("recording schedule changed or switched off", "录像计划被修改或关闭")
_NO_STREAM: Final = Words("the recorder gets no stream from the camera", "录像机未收到该摄像机码流")
_PLAY: Final = Words("play a minute of the newest recording", "回放最新一分钟录像")
_LOOK: Final = Hold(1, 0.0, 1, 0.0)  # asked once an hour or a day: a second look would come too late

RECORDING_FAULTS: Final = (
    Fault(
        "REC_STOPPED",
        "Recording stopped",
        "录像停止",
        Severity.S2,
        Place.DEVICE,
        Hold(1, 0.0, 1, 0.0),
        advice=Advice(
            causes=(
                Words("disk failed or not mounted", "硬盘故障或未挂载"),
                _FULL,
                _SCHEDULE,
                _NO_STREAM,
            ),
            steps=(
                Words("look at the recorder's storage and recording pages", "查看录像机存储及录像页面"),
                _PLAY,
            ),
            parts=(_DISK,),
            retest=Retest(
                ("REACH_LOST", "REC_STOPPED", "DISK_FAILED"),
                every_seconds=120.0,
                by_hand=Words("playback of the last minutes works", "最近几分钟录像可回放"),
            ),
        ),
    ),
    Fault(
        "REC_DOWN",
        "Recording stopped on many channels",
        "多通道录像停止",
        Severity.S1,
        Place.DEVICE,
        Hold(1, 0.0, 1, 0.0),
        advice=Advice(
            causes=(
                Words("disk failed or not mounted", "硬盘故障或未挂载"),
                _FULL,
                Words("the recorder's recording service hung", "录像机录像服务死锁"),
                _SCHEDULE,
            ),
            steps=(
                Words("look at the recorder's storage and recording pages", "查看录像机存储及录像页面"),
                _PLAY,
            ),
            parts=(_DISK, Words("spare recorder", "备用录像机")),
            retest=Retest(
                ("REACH_LOST", "REC_DOWN", "REC_STOPPED", "DISK_FAILED"),
                every_seconds=120.0,
                by_hand=Words("playback of the last minutes works", "最近几分钟录像可回放"),
            ),
        ),
    ),
    Fault(
        "REC_GAP",
        "Recording has gaps",
        "录像不连续（存在缺失）",
        Severity.S3,
        Place.DEVICE,
        _LOOK,
        advice=Advice(
            causes=(
                _NO_STREAM,
                Words("recorder overloaded, or its disks too slow", "录像机负载过高或硬盘写入过慢"),
                Words("recorder was off or restarted", "录像机曾断电或重启"),
                _SCHEDULE,
            ),
            steps=(
                Words("compare the gaps with outages of camera and switch", "与摄像机、交换机中断时间核对"),
                _PLAY,
            ),
            parts=(_DISK,),
            retest=Retest(("REACH_LOST", "REC_STOPPED", "REC_GAP"), rounds=1),
        ),
    ),
    Fault(
        "REC_RETENTION",
        "Recordings are kept too short",
        "录像保存天数不足",
        Severity.S3,
        Place.DEVICE,
        _LOOK,
        advice=Advice(
            causes=(
                Words("bitrate or number of channels raised", "码率或通道数增加"),
                Words("a disk failed or was removed: less room", "硬盘故障或被移除，容量减少"),
                Words("retention limit set in the recorder", "录像机设置了保存期限"),
                Words("disk formatted", "硬盘被格式化"),
            ),
            steps=(
                Words(
                    "compare bitrate times days with the capacity of the disks",
                    "核算码率、天数与硬盘容量",
                ),
            ),
            parts=(_DISK,),
            retest=Retest(
                ("REACH_LOST", "REC_RETENTION", "DISK_FAILED"),
                rounds=1,
                by_hand=Words("retention grows day by day", "存储天数逐日增长"),
            ),
        ),
    ),
    Fault(
        "STORAGE_LOST",
        "Storage vanished: the device does not list it any more",
        "存储消失：设备不再列出该存储",
        Severity.S2,
        Place.DEVICE,
        _LOOK,
        advice=Advice(
            causes=(
                Words("memory card or disk failed, or was taken out", "存储卡或硬盘损坏或被取出"),
                Words("network storage not reachable, or removed in the settings", "网络存储不可达或被删除"),
            ),
            steps=(
                Words("look at the device's storage page", "查看设备存储页面"),
                Words(
                    "where it is as it should be: siteward accept DEVICE",
                    "确认无误后执行：siteward accept 设备编号",
                ),
            ),
            parts=(_DISK,),
            retest=Retest(("REACH_LOST", "STORAGE_LOST", "REC_STOPPED")),
        ),
        advices={
            Kind.CAMERA: Advice(
                causes=(
                    Words("memory card failed or was taken out", "存储卡损坏或被取出"),
                    Words("network storage removed in the settings", "网络存储在设置中被删除"),
                ),
                steps=(Words("look at the camera's storage page", "查看摄像机存储页面"),),
                parts=(_CARD,),
                retest=Retest(("REACH_LOST", "STORAGE_LOST")),
            )
        },
    ),
)
