"""Put RTP packets together into frames: those with one time stamp are one frame. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from collectors.stream import nal, rtp

LARGEST_FRAME: Final = 16 << 20  # twice a key frame of 8K
SAMPLE: Final = 64  # frames of a stream without a key frame in which its true codec is looked for


@dataclass(slots=True)
class Frame:
    """One frame while it comes: `key` is None until a slice was seen, `whole` once its last packet came."""

    stamp: int
    at: float = 0.0
    size: int = 0
    key: bool | None = None
    torn: bool = False
    whole: bool = False
    payloads: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class Frames:
    """The frames of one window. Payloads are kept of key frames, or of all with `keep_all`."""

    codec: str
    keep_all: bool
    counting: rtp.Counting = field(default_factory=rtp.Counting)
    frames: list[Frame] = field(default_factory=list)
    kept_bytes: int = 0
    keys: int = 0

    def take(self, packets: Iterable[memoryview], at: float) -> int:
        """Take in RTP packets in the order they came, `at` monotonic seconds; return how many are none.

        The hot loop of a look: of most packets nothing is done here but counting.
        """
        odd, counting, unpack = 0, self.counting, rtp.NUMBERS.unpack_from
        frame = self.frames[-1] if self.frames else None
        wanted = True
        for whole in packets:
            data, begin = whole, rtp.LEAST
            if len(data) > rtp.LEAST and data[0] == rtp.BARE:
                mark, sequence, stamp = unpack(data, 1)
                marker = mark >= rtp.MARKED
            elif (packet := rtp.read(data)) is not None:
                sequence, stamp, marker, data = packet
                begin = 0
            else:
                odd += 1
                continue
            torn = False
            if sequence == counting.expected:
                counting.expected = sequence + 1 & 0xFFFF
                counting.received += 1
            else:
                torn = counting.take(sequence)
            if frame is None or frame.stamp != stamp:
                frame = self._begin(frame, stamp, torn=torn)
                wanted = True
            frame.torn |= torn
            frame.size += len(data) - begin
            frame.whole = marker
            frame.at = at
            if wanted:
                wanted = self._look_into(frame, data[begin:])
        return odd

    def _look_into(self, frame: Frame, payload: memoryview) -> bool:
        """See what the frame is and keep the payload if it may be wanted; return whether the next may be."""
        if frame.key is None:
            frame.key = nal.opens_picture(self.codec, payload)
            self.keys += bool(frame.key)
        if frame.key is False and not frame.payloads and not self.keep_all and self.keys:
            return False
        self._keep(frame, payload)
        return True

    def _begin(self, before: Frame | None, stamp: int, *, torn: bool) -> Frame:
        if torn and before is not None and not before.whole:
            before.torn = True
        self.frames.append(Frame(stamp))
        return self.frames[-1]

    def _keep(self, frame: Frame, payload: memoryview) -> None:
        if frame.key is False and not self.keep_all and len(self.frames) > SAMPLE:
            frame.payloads.clear()
        elif frame.size <= LARGEST_FRAME and (
            frame.key is not False or self.keep_all or self._is_sampled(frame)
        ):
            frame.payloads.append(bytes(payload))
            self.kept_bytes += len(payload)

    def _is_sampled(self, frame: Frame) -> bool:
        """Whether a payload is kept because no key frame was seen yet, and its codec may be another one."""
        return not self.keys and len(self.frames) <= SAMPLE and len(frame.payloads) < 2
