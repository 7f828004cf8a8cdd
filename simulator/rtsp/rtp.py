"""RTP and RTCP: pictures cut into packets (RFC 3550, H.264 in RFC 6184, H.265 in RFC 7798)."""

import struct
from collections.abc import Iterator
from random import Random
from typing import Final

CLOCK_HZ: Final = 90_000
PAYLOAD_TYPE: Final = 96
MAX_PAYLOAD: Final = 1400
NTP_EPOCH: Final = 2_208_988_800  # seconds from 1900 to 1970

_CUTS: Final = {"h264": 1, "h265": 2}  # bytes of the NAL unit header


def payloads(codec: str, unit: bytes) -> Iterator[bytes]:
    """Yield one NAL unit whole where it fits, else in fragments (FU-A; H.265: FU)."""
    if len(unit) <= MAX_PAYLOAD:
        yield unit
        return
    cut = _CUTS[codec]
    room = MAX_PAYLOAD - cut - 1
    pieces = [unit[at : at + room] for at in range(cut, len(unit), room)]
    for number, piece in enumerate(pieces):
        yield _fragment_header(codec, unit, first=number == 0, last=number == len(pieces) - 1) + piece


def _fragment_header(codec: str, unit: bytes, *, first: bool, last: bool) -> bytes:
    edge = first << 7 | last << 6
    if codec == "h264":
        return bytes((unit[0] & 0xE0 | 28, edge | unit[0] & 0x1F))
    return bytes((unit[0] & 0x81 | 49 << 1, unit[1], edge | unit[0] >> 1 & 0x3F))


class Sender:
    """Numbers and stamps the packets of one stream.

    Time stamps count 90 kHz ticks from a random start, and packets from another (RFC 3550, 5.1).
    """

    def __init__(self, rng: Random, *, clock_hz: int = CLOCK_HZ, payload_type: int = PAYLOAD_TYPE) -> None:
        self._clock_hz, self._payload_type = clock_hz, payload_type
        self.ssrc = rng.getrandbits(32)
        self.sequence = rng.getrandbits(16)
        self._base = rng.getrandbits(32)
        self._packets = self._octets = 0

    def timestamp(self, seconds: float) -> int:
        """Return the stamp of a picture taken so long after the stream began."""
        return (self._base + round(seconds * self._clock_hz)) & 0xFFFFFFFF

    def packet(self, payload: bytes, seconds: float, *, last: bool) -> bytes:
        """Return the next packet; `last` marks the end of a picture."""
        head = struct.pack(
            ">BBHII", 0x80, last << 7 | self._payload_type, self.sequence, self.timestamp(seconds), self.ssrc
        )
        self.sequence = (self.sequence + 1) & 0xFFFF
        self._packets += 1
        self._octets += len(payload)
        return head + payload

    def report(self, seconds: float, unix_time: float) -> bytes:
        """Return a sender report with the stream's name (RFC 3550, 6.4.1 and 6.5)."""
        ntp = round((unix_time + NTP_EPOCH) * 2**32) & (2**64 - 1)
        counts = (self._packets & 0xFFFFFFFF, self._octets & 0xFFFFFFFF)
        head = struct.pack(">BBHIQIII", 0x80, 200, 6, self.ssrc, ntp, self.timestamp(seconds), *counts)
        name = b"\x01\x06camera\0\0"  # CNAME, and the end of the list
        return (
            head
            + struct.pack(">BBHI", 0x81, 202, 1 + (len(name) + 3) // 4, self.ssrc)
            + name.ljust(12, b"\0")
        )

    def goodbye(self) -> bytes:
        """Return what ends the stream (RFC 3550, 6.6)."""
        return struct.pack(">BBHI", 0x81, 203, 1, self.ssrc)
