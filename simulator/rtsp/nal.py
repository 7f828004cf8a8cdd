"""NAL units of H.264 (ITU-T H.264, 7.3.1) and H.265 (ITU-T H.265, 7.3.1): cut out and told apart."""

import re
from typing import Final

START: Final = re.compile(rb"\x00\x00\x01")
PARAMETER_SETS: Final = {"h264": (7, 8), "h265": (32, 33, 34)}  # SPS PPS; VPS SPS PPS
KEY_PICTURES: Final = {"h264": (5,), "h265": (16, 17, 18, 19, 20, 21)}  # IDR; BLA, IDR, CRA


def split(stream: bytes) -> list[bytes]:
    """Cut an Annex B byte stream at its start codes; the zeros around them belong to no unit."""
    return [unit for unit in (part.rstrip(b"\0") for part in START.split(stream)) if unit]


def kind(codec: str, unit: bytes) -> int:
    """Return nal_unit_type."""
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


def is_parameter_set(codec: str, unit: bytes) -> bool:
    """Whether the unit says how to decode the others."""
    return kind(codec, unit) in PARAMETER_SETS[codec]


def is_key(codec: str, unit: bytes) -> bool:
    """Whether the unit is a slice of a picture that needs no other."""
    return kind(codec, unit) in KEY_PICTURES[codec]
