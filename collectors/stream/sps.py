"""Profile and picture size, read from a sequence parameter set without a decoder. Pure.

ITU-T H.264, 7.3.2.1.1 and 7.4.2.1.1; ITU-T H.265, 7.3.2.2.1, 7.3.3 and 7.4.3.2.1.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from collectors.stream import nal

_PROFILES: Final = {
    nal.H264: {66: "Baseline", 77: "Main", 88: "Extended", 100: "High", 110: "High 10", 122: "High 4:2:2"},
    nal.H265: {1: "Main", 2: "Main 10", 3: "Main Still Picture", 4: "Range Extensions"},
}
_WITH_CHROMA: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
_LARGEST: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Shape:
    """What a parameter set says of the pictures: the profile's name, width and height in pixels."""

    profile: str
    width: int
    height: int


class _Bits:
    """Reads a unit bit by bit, its emulation prevention taken out (7.3.1)."""

    def __init__(self, unit: bytes) -> None:
        raw = unit.replace(b"\0\0\3", b"\0\0")
        self._left = len(raw) * 8
        self._value = int.from_bytes(raw)

    def take(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the parameter set is cut short")
        self._left -= count
        return self._value >> self._left & ((1 << count) - 1)

    def ue(self) -> int:
        """Return an Exp-Golomb number (9.1)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ValueError("a number without end")
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def shape(codec: str, unit: bytes) -> Shape | None:
    """Return what a sequence parameter set says; None when it is none, or makes no sense."""
    if len(unit) < 4 or nal.kind(codec, unit) != (7 if codec == nal.H264 else 33):
        return None
    return _read(codec, unit[:1024])


@lru_cache(maxsize=64)
def _read(codec: str, unit: bytes) -> Shape | None:
    """Read a set bit by bit; each key frame brings the same one again."""
    try:
        found = _h264(_Bits(unit[1:])) if codec == nal.H264 else _h265(_Bits(unit[2:]))
    except ValueError:
        return None
    return found if 0 < found.width < _LARGEST and 0 < found.height < _LARGEST else None


def _h264(bits: _Bits) -> Shape:
    profile = bits.take(8)
    bits.take(16)  # constraints, level
    bits.ue()  # seq_parameter_set_id
    chroma = 1
    if profile in _WITH_CHROMA:
        chroma = bits.ue()
        if chroma == 3:
            bits.take(1)
        bits.ue(), bits.ue(), bits.take(1)
        if bits.take(1):  # seq_scaling_matrix_present_flag
            for index in range(8 if chroma != 3 else 12):
                if bits.take(1):
                    _skip_scaling(bits, 16 if index < 6 else 64)
    bits.ue()  # log2_max_frame_num
    _skip_order(bits)
    bits.ue(), bits.take(1)  # max_num_ref_frames, gaps allowed
    wide, high = bits.ue() + 1, bits.ue() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    bits.take(1)  # direct_8x8_inference
    left = right = top = bottom = 0
    if bits.take(1):
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
    step_x = 1 if chroma in {0, 3} else 2
    step_y = (2 - frames_only) * (2 if chroma == 1 else 1)
    width = wide * 16 - step_x * (left + right)
    height = high * 16 * (2 - frames_only) - step_y * (top + bottom)
    return Shape(_PROFILES[nal.H264].get(profile, str(profile)), width, height)


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order(bits: _Bits) -> None:
    kind = bits.ue()  # pic_order_cnt_type
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.take(1), bits.se(), bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()


def _h265(bits: _Bits) -> Shape:
    bits.take(4)  # sps_video_parameter_set_id
    layers = bits.take(3)  # sps_max_sub_layers_minus1
    bits.take(1)
    profile = _profile_tier_level(bits, layers)
    bits.ue()  # sps_seq_parameter_set_id
    chroma = bits.ue()
    if chroma == 3:
        bits.take(1)
    width, height = bits.ue(), bits.ue()
    if bits.take(1):  # conformance_window_flag
        left, right, top, bottom = bits.ue(), bits.ue(), bits.ue(), bits.ue()
        width -= (2 if chroma in {1, 2} else 1) * (left + right)
        height -= (2 if chroma == 1 else 1) * (top + bottom)
    return Shape(_PROFILES[nal.H265].get(profile, str(profile)), width, height)


def _profile_tier_level(bits: _Bits, layers: int) -> int:
    bits.take(3)  # profile space, tier
    profile = bits.take(5)
    bits.take(32), bits.take(48), bits.take(8)  # compatibility, constraints, level
    present = [(bits.take(1), bits.take(1)) for _ in range(layers)]
    if layers:
        bits.take(2 * (8 - layers))
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    return profile
