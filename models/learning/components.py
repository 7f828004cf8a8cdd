"""What wears out in a CCTV system: a table. Thresholds: the commonly agreed ends of life.

Light and sharpness to half and 60 % of hand-over; noise doubled; 1 % of packets lost; a battery below 80 % of
its capacity (IEEE 1188's end of life); 10 kelvin above hand-over; 5 s of clock error. How far ahead is known
by `horizon_days`: until a spare is here and the next visit is due.
"""

import re
from typing import Final

from models.learning.measures import DAYLIGHT, NIGHT, Component, Measure, Reduce, Scale, Toward

_FALL, _RISE = Toward.FALLING, Toward.RISING

_ALL: Final = (
    Component(
        "ir_light",
        (
            Measure("cctv_picture_luma_ratio", _FALL, Scale.RATIO, 0.5, hours=NIGHT),
            Measure("cctv_picture_contrast_ratio", _FALL, Scale.RATIO, 0.5, hours=NIGHT),
        ),
        ("IMG_BLACK",),
        spare_days=30,
        aliases=(
            "ir",
            "infrared",
            "irlight",
            "irled",
            "irleds",
            "infraredlight",
            "illumination",
            "nightillumination",
            "leds",
        ),
    ),
    Component(
        "lens",
        (
            Measure("cctv_picture_sharpness", _FALL, Scale.RATIO, 0.6, hours=DAYLIGHT),
            Measure("cctv_picture_texture_ratio", _FALL, Scale.RATIO, 0.6, hours=DAYLIGHT),
        ),
        ("IMG_BLUR", "IMG_COVER"),
        spare_days=0,
        passes=True,
        aliases=("focus", "lensfouling", "fouling", "dome", "soiling", "defocus", "sharpness", "optics"),
    ),
    Component(
        "sensor",
        (Measure("cctv_picture_change_luma", _RISE, Scale.RATIO, 2.0, hours=NIGHT),),
        ("IMG_BLUR",),
        spare_days=30,
        aliases=("noise", "sensornoise", "imager", "imagesensor", "hotpixels"),
    ),
    Component(
        "link",
        (
            Measure("cctv_stream_lost_packets_ratio", _RISE, Scale.DECADES, 0.01, floor=1e-5),
            Measure("cctv_port_error_ratio", _RISE, Scale.DECADES, 0.01, floor=1e-6),
        ),
        ("STREAM_LOSS", "REACH_LOST"),
        spare_days=0,
        aliases=("cable", "cabling", "network", "port", "connector", "switchport"),
    ),
    Component(
        "power",
        (
            Measure("cctv_poe_power_watts", _RISE, Scale.RATIO, 1.3, shared=False),
            Measure("cctv_device_reboots_total", _RISE, Scale.ABSOLUTE, 3 / 7, reduce=Reduce.GROWTH),
        ),
        ("SUPPLY_FAILED", "POE_BUDGET", "REACH_LOST"),
        aliases=("poe", "supply", "powersupply", "psu", "camerasupply", "cablepoe"),
    ),
    Component(
        "ups_battery",
        (Measure("cctv_ups_runtime_seconds", _FALL, Scale.RATIO, 0.8, times="cctv_ups_load_ratio"),),
        ("BATTERY_BAD", "POWER_BATTERY_LOW"),
        spare_days=30,
        aliases=("ups", "battery", "upsbattery", "batteries", "vrla", "accumulator"),
    ),
    Component(
        "fan",
        (
            Measure("cctv_temperature_celsius", _RISE, Scale.OFFSET, 10.0),
            Measure("cctv_fan_speed_rpm", _FALL, Scale.RATIO, 0.6, shared=False),
        ),
        ("FAN_FAILED", "OVERHEATED"),
        aliases=("temperature", "cooling", "fantemperature", "thermal", "fans"),
    ),
    Component(
        "memory",
        (Measure("cctv_memory_used_ratio", _RISE, Scale.ABSOLUTE, 0.97, shared=False),),
        ("REBOOTING", "REACH_LOST"),
        spare_days=0,
        visit_days=21,
        aliases=("memoryleak", "ram", "leak", "reboots", "rebootloop"),
    ),
    Component(
        "clock",
        (Measure("cctv_clock_offset_seconds", _RISE, Scale.ABSOLUTE, 5.0, shared=False),),
        ("CLOCK_OFFSET",),
        spare_days=0,
        aliases=("time", "ntp", "rtc", "clockdrift"),
    ),
    Component(
        "disk",
        (
            Measure("cctv_disk_bad_sectors", _RISE, Scale.DECADES, 500.0, floor=1.0, shared=False),
            Measure("cctv_disk_pending_sectors", _RISE, Scale.DECADES, 100.0, floor=1.0, shared=False),
            Measure("cctv_disk_life_left_ratio", _FALL, Scale.ABSOLUTE, 0.1, shared=False),
        ),
        ("DISK_FAILED",),
        aliases=("harddisk", "hdd", "drive", "disks", "storage"),
    ),
    Component(
        "retention",
        (Measure("cctv_recording_retention_seconds", _FALL, Scale.RATIO, 0.7, shared=False),),
        ("REC_RETENTION",),
        spare_days=0,
        aliases=("recordingretention", "storagedays", "recordingdays"),
    ),
    Component(
        "ptz",
        (
            Measure("cctv_ptz_travel_seconds", _RISE, Scale.RATIO, 1.5, shared=False, least_hours=1),
            Measure("cctv_ptz_offset_ratio", _RISE, Scale.ABSOLUTE, 0.02, shared=False, least_hours=1),
        ),
        ("PTZ_WORN", "PTZ_STUCK"),
        spare_days=30,
        aliases=("pantilt", "ptzmechanics", "pantiltzoom"),
    ),
)

COMPONENTS: Final[dict[str, Component]] = {component.key: component for component in _ALL}

GENERIC: Final = Component("other", (), ())


def named(name: str) -> Component:
    """Return the component that a name means, in whatever spelling; GENERIC for one that is not known.

    A name of several words means the one component that its words name: "storage disk", "lens of the dome".
    """
    plain = _plain(name)
    for component in _ALL:
        if _means(component, plain):
            return component
    words = re.findall(r"[a-z]+", name.lower())
    meant = [one for one in _ALL if any(_means(one, word) for word in words)]
    return meant[0] if len(meant) == 1 else GENERIC


def _means(component: Component, plain: str) -> bool:
    return plain == _plain(component.key) or plain in component.aliases


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())
