"""RTP and RTCP as received: what is missing, and when the sender says it was taken (RFC 3550). Pure."""

import struct
from dataclasses import dataclass
from typing import Final, NamedTuple

_HEAD: Final = struct.Struct("!BBHII")
_REPORT: Final = struct.Struct("!IIII")  # after the common header: SSRC, NTP time high and low, RTP stamp
LEAST: Final = 12  # bytes of a header
BARE: Final = 0x80  # its first byte in most packets: version 2, no padding, extension or sources
MARKED: Final = 0x80  # the bit beside the payload type: the last packet of a frame
NUMBERS: Final = struct.Struct("!BHI")  # payload type with its mark, sequence number and stamp
_WRAP: Final = 1 << 32
NTP_EPOCH: Final = 2_208_988_800  # seconds from 1900 to 1970
_FARTHEST: Final = 3000  # a jump of the sequence beyond this is a restart, not a loss (appendix A.1)


class Packet(NamedTuple):
    """One RTP packet."""

    sequence: int
    stamp: int
    marker: bool
    payload: memoryview


def read(data: memoryview) -> Packet | None:
    """Return an RTP packet without its header, extension and padding (5.1); None when it is none."""
    size = len(data)
    if size < LEAST:
        return None
    first, second, sequence, stamp, _ = _HEAD.unpack_from(data)
    if first >> 6 != 2:
        return None
    begin = LEAST + 4 * (first & 15)
    if first & 0x10 and size >= begin + 4:
        begin += 4 + 4 * (data[begin + 2] << 8 | data[begin + 3])
    end = size - data[-1] if first & 0x20 else size
    if begin > end:
        return None
    return Packet(sequence, stamp, second >= MARKED, data[begin:end])


@dataclass(slots=True)
class Counting:
    """Counts by sequence number; `missed` never came, as far as is known; `expected` comes next."""

    received: int = 0
    missed: int = 0
    expected: int | None = None

    def take(self, sequence: int) -> bool:
        """Take in a packet; return whether some are missing right before it."""
        self.received += 1
        gap = 0 if self.expected is None else (sequence - self.expected) & 0xFFFF
        if gap > 0xFFFF - _FARTHEST:  # one that comes late: it was counted as missing
            self.missed = max(0, self.missed - 1)
            return False
        self.expected = (sequence + 1) & 0xFFFF
        if gap == 0 or gap > _FARTHEST:
            return False
        self.missed += gap
        return True

    @property
    def lost_ratio(self) -> float | None:
        """Return the share that is missing, 0 to 1; None before the first packet."""
        total = self.received + self.missed
        return self.missed / total if self.received else None


class Report(NamedTuple):
    """A sender report: the sender's wall clock (Unix seconds) at an RTP stamp (6.4.1)."""

    unix: float
    stamp: int


def sender_report(data: memoryview) -> Report | None:
    """Return the sender report that a compound RTCP packet begins with, None when there is none."""
    if len(data) < 20 or data[0] >> 6 != 2 or data[1] != 200:
        return None
    _, high, low, stamp = _REPORT.unpack_from(data, 4)
    if high == 0:  # the sender has no wall clock
        return None
    return Report(high - NTP_EPOCH + low / _WRAP, stamp)


def ticks_between(later: int, earlier: int) -> int:
    """Return later - earlier of two 32-bit stamps, the shorter way round."""
    return (later - earlier + (1 << 31)) % _WRAP - (1 << 31)
