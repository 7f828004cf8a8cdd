"""Causes a technician confirms: stable codes, names, who pays (DOMAIN 3), and what the agent suggests.

Suggested and confirmed cause together are the diagnosis' label; a person decides, always.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from models.facts import Device, Kind
from models.faults import FAULTS, Place
from models.words import Words


class Payer(StrEnum):
    """Which class a cause is of."""

    SUPPLIER = "supplier"  # product, material, workmanship
    CUSTOMER = "customer"  # misuse, damage, environment, force majeure: parts at cost
    NOBODY = "nobody"  # nothing was broken


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause; `code` is stable."""

    code: str
    name: Words
    payer: Payer


def _cause(code: str, en: str, zh: str, payer: Payer = Payer.SUPPLIER) -> tuple[str, Cause]:
    return code, Cause(code, Words(en, zh), payer)


CAUSES: Final[Mapping[str, Cause]] = dict(
    (
        _cause("POWER_SUPPLY", "power supply or PoE port failed", "电源或PoE端口故障"),
        _cause("MAINS", "mains lost at the site", "现场市电中断", Payer.CUSTOMER),
        _cause("SWITCHED_OFF", "switched off or unplugged by somebody", "被人为断电或拔线", Payer.CUSTOMER),
        _cause("CABLE", "cable, plug or fibre damaged", "线缆、接头或光纤损坏"),
        _cause("NETWORK", "network overloaded or wrongly configured", "网络拥塞或配置错误"),
        _cause("HUNG", "device hung; a restart helped", "设备死机但重启后恢复"),
        _cause("HARDWARE", "device or part of it failed", "设备或部件损坏"),
        _cause("OVERLOAD", "too many viewers or too high a bitrate", "取流过多或码率过大"),
        _cause("FIRMWARE", "fault in the firmware", "固件缺陷"),
        _cause("SETTINGS", "settings were changed", "参数被修改", Payer.CUSTOMER),
        _cause("PASSWORD", "password was changed", "密码被修改", Payer.CUSTOMER),
        _cause("TIME_SOURCE", "time server wrong or not reachable", "校时服务器错误或不可达"),
        _cause("CLOCK_BATTERY", "clock battery empty", "时钟电池耗尽"),
        _cause("LENS", "lens out of focus or defective", "镜头失焦或损坏"),
        _cause("DIRT", "dirt, spider web, condensation", "污渍、蛛网或结露", Payer.CUSTOMER),
        _cause(
            "OBSTRUCTED", "something stands or grows before the lens", "镜头被物体或植物遮挡", Payer.CUSTOMER
        ),
        _cause("LIGHT", "light switched off or too weak", "照明关闭或不足", Payer.CUSTOMER),
        _cause("DISK", "disk worn out", "硬盘寿命终止或损坏"),
        _cause("BATTERY", "UPS battery worn out", "UPS蓄电池老化"),
        _cause("VANDALISM", "damaged on purpose, or stolen", "人为破坏或被盗", Payer.CUSTOMER),
        _cause("WEATHER", "lightning, water, storm", "雷击、进水或风灾", Payer.CUSTOMER),
        _cause("PLANNED", "planned work", "计划内施工", Payer.NOBODY),
        _cause("FALSE", "not a fault", "非故障", Payer.NOBODY),
        _cause("OTHER", "something else", "其他原因"),
    )
)

_BY_PLACE: Final[Mapping[Place, str]] = {
    Place.DEVICE: "HARDWARE",
    Place.LINK: "CABLE",
    Place.POWER: "POWER_SUPPLY",
    Place.ENVIRONMENT: "OBSTRUCTED",
    Place.SOFTWARE: "SETTINGS",
}
_BY_FAULT: Final[Mapping[str, str]] = {
    "REACH_LOST": "POWER_SUPPLY",
    "SITE_DARK": "MAINS",
    "SITE_FOG": "WEATHER",
    "SITE_RAIN": "WEATHER",
    "SITE_DUSK": "FALSE",
    "SITE_POWER": "LIGHT",
    "AUTH_REFUSED": "PASSWORD",
    "CLOCK_OFFSET": "TIME_SOURCE",
    "STREAM_LOST": "HUNG",
    "STREAM_STALL": "HUNG",
    "IMG_BLACK": "LIGHT",
    "IMG_FREEZE": "HUNG",
    "IMG_BLUR": "LENS",
    "IMG_COVER": "OBSTRUCTED",
    "DISK_FAILED": "DISK",
    "POWER_BATTERY": "MAINS",
    "POWER_BATTERY_LOW": "MAINS",
    "BATTERY_BAD": "BATTERY",
}
_BY_KIND: Final[Mapping[tuple[str, Kind], str]] = {("REACH_LOST", Kind.UPS): "HARDWARE"}


def suggested(code: str, device: Device | None, detail: str = "") -> str:
    """Return the code of the likeliest cause of a fault on a device.

    Args:
        code: the fault.
        device: None for the whole site.
        detail: the message of the verdict, where the rule knew more (a clock that began anew).
    """
    if detail == "clock.reset":
        return "CLOCK_BATTERY"
    if detail == "clock.wrong_by_hand":
        return "SETTINGS"
    if device is not None and (code, device.kind) in _BY_KIND:
        return _BY_KIND[code, device.kind]
    fault = FAULTS.get(code)
    return _BY_FAULT.get(code) or (_BY_PLACE[fault.place] if fault else "OTHER")
