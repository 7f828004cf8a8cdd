"""NAL units in RTP payloads: told apart and put together again (H.264: RFC 6184; H.265: RFC 7798). Pure."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

_LOOKED_INTO: Final = 2048  # bytes of a payload in which units are looked for: a network packet is smaller
START: Final = b"\0\0\0\1"
H264: Final = "H264"
H265: Final = "H265"

_SETS: Final = {H264: frozenset({7, 8, 13, 15}), H265: frozenset({32, 33, 34})}
_KEYS: Final = {H264: frozenset({5}), H265: frozenset(range(16, 24))}  # IDR; every IRAP picture
_SLICES: Final = {H264: frozenset(range(1, 6)), H265: frozenset(range(32))}
_SEI: Final = {H264: 6, H265: 39}
_RECOVERY_POINT: Final = 6  # SEI payload type, ITU-T H.264 D.1.8: decoding may begin here
_TOGETHER: Final = {H264: 24, H265: 48}  # several units in a payload: STAP-A; AP
_APART: Final = {H264: 28, H265: 49}  # a unit in several payloads: FU-A; FU
_HEAD: Final = {H264: 1, H265: 2}  # bytes of a unit's header


def kind(codec: str, unit: bytes) -> int:
    """Return nal_unit_type."""
    return unit[0] & 0x1F if codec == H264 else unit[0] >> 1 & 0x3F


def is_set(codec: str, unit: bytes) -> bool:
    """Whether a unit says how to decode others."""
    return bool(unit) and kind(codec, unit) in _SETS[codec]


def opens_picture(codec: str, payload: memoryview) -> bool | None:
    """Whether a payload begins a picture that can be decoded alone; None when it holds no slice yet.

    A recovery point (H.264, streams without IDR pictures) counts as a key: it comes before its slice.
    """
    head = _HEAD[codec]
    if len(payload) > head:  # most payloads are a slice or a fragment of one: told by a byte
        what = payload[0] & 0x1F if codec == H264 else payload[0] >> 1 & 0x3F
        if what == _APART[codec]:
            what = payload[head] & (0x1F if codec == H264 else 0x3F)
        if what in _SLICES[codec]:
            return what in _KEYS[codec]
    for unit_kind, unit in _kinds(codec, bytes(payload[:_LOOKED_INTO])):
        if unit_kind in _KEYS[codec]:
            return True
        if unit_kind == _SEI[codec] and codec == H264 and unit[1:2] == bytes([_RECOVERY_POINT]):
            return True
        if unit_kind in _SLICES[codec]:
            return False
    return None


def _kinds(codec: str, payload: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and begin of each unit that a payload holds or is a fragment of."""
    if len(payload) <= _HEAD[codec]:
        return
    what = kind(codec, payload)
    if what == _APART[codec]:
        mark = payload[_HEAD[codec]]
        yield (mark & 0x1F if codec == H264 else mark & 0x3F), b""
    elif what == _TOGETHER[codec]:
        for unit in _aggregated(codec, payload):
            yield kind(codec, unit), unit
    else:
        yield what, payload


def units(codec: str, payloads: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the NAL units of a picture's payloads, in order; a unit whose begin is missing is left out."""
    head = _HEAD[codec]
    pieces: list[bytes] = []
    for payload in payloads:
        if len(payload) <= head:
            continue
        what = kind(codec, payload)
        if what != _APART[codec]:
            if pieces:
                yield b"".join(pieces)
                pieces = []
            yield from _aggregated(codec, payload) if what == _TOGETHER[codec] else (payload,)
            continue
        mark = payload[head]
        if mark & 0x80:
            if pieces:
                yield b"".join(pieces)
            pieces = [_header(codec, payload, mark)]
        if pieces:
            pieces.append(payload[head + 1 :])
    if pieces:
        yield b"".join(pieces)


def _header(codec: str, payload: bytes, mark: int) -> bytes:
    """Return the header of the unit that a first fragment belongs to."""
    if codec == H264:
        return bytes((payload[0] & 0xE0 | mark & 0x1F,))
    return bytes((payload[0] & 0x81 | (mark & 0x3F) << 1, payload[1]))


def _aggregated(codec: str, payload: bytes) -> Iterator[bytes]:
    at = _HEAD[codec]
    while at + 2 < len(payload):
        size = int.from_bytes(payload[at : at + 2])
        unit = payload[at + 2 : at + 2 + size]
        if len(unit) > _HEAD[codec] - 1:
            yield unit
        at += 2 + size


def annex_b(found: Sequence[bytes]) -> bytes:
    """Return units as the byte stream that decoders take (ITU-T H.264, annex B)."""
    return b"".join(START + unit for unit in found)
