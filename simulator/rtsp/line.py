"""The line between camera and client: what it loses and spoils is decided after packing, packet by packet."""

from collections.abc import Iterator
from random import Random
from typing import Final

from simulator.rtsp import nal
from simulator.rtsp.condition import Condition
from simulator.rtsp.rtp import Sender, payloads

LOSS: Final = 0.05  # share of packets lost at strength 1
GARBAGE: Final = 0.05  # share of packets spoilt at strength 1


class Line:
    """Packs pictures, and loses some packets: their numbers are gone too, so that the gap can be seen.

    The first parameter sets always arrive, so that the stream opens.
    """

    def __init__(self, codec: str, sender: Sender, condition: Condition, rng: Random) -> None:
        self._codec, self._sender, self._condition, self._rng = codec, sender, condition, rng
        self._opened = False

    def packets(self, units: list[bytes], moment: float) -> Iterator[bytes]:
        """Yield the packets of one picture that arrive.

        Args:
            units: its NAL units.
            moment: its stream time in seconds.
        """
        for number, unit in enumerate(units):
            safe = not self._opened and nal.is_parameter_set(self._codec, unit)
            parts = list(payloads(self._codec, unit))
            for place, payload in enumerate(parts):
                last = number == len(units) - 1 and place == len(parts) - 1
                packet = self._sender.packet(self._spoilt(payload, safe=safe), moment, last=last)
                if not self._hit("packet_loss", LOSS, safe=safe):
                    yield packet
        self._opened = self._opened or bool(units)

    def _spoilt(self, payload: bytes, *, safe: bool) -> bytes:
        """Return the payload, now and then with 32 wrong bytes behind its headers."""
        if len(payload) < 64 or not self._hit("stream_garbage", GARBAGE, safe=safe):
            return payload
        at = self._rng.randrange(8, len(payload) - 32)
        return payload[:at] + self._rng.randbytes(32) + payload[at + 32 :]

    def _hit(self, fault: str, share: float, *, safe: bool) -> bool:
        strength = self._condition.strength(fault)
        return strength > 0 and not safe and self._rng.random() < share * strength
