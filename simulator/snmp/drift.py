"""Numbers that move slowly, the same for the same device at the same time, without anything remembered."""

import math
from hashlib import blake2b
from typing import Final

_TAU: Final = 2 * math.pi
_SLOW: Final = 0.7  # weight of the slow wave; the rest is a quicker one, so that it does not look like a sine
_QUICK: Final = 5.3  # how much quicker that one is


def share(*seed: str) -> float:
    """Return a number in [0, 1) that depends on nothing but the words."""
    digest = blake2b("/".join(seed).encode(), digest_size=7).digest()
    return int.from_bytes(digest, "big") / 2**56


class Drift:
    """A value that wanders between `low` and `high`, once about every `period` seconds."""

    __slots__ = ("_middle", "_quick", "_rate", "_reach", "_slow")

    def __init__(self, *seed: str, low: float, high: float, period: float = 3_600.0) -> None:
        self._middle = (low + high) / 2
        self._reach = (high - low) / 2
        self._rate = _TAU / period
        self._slow = _TAU * share(*seed, "slow")
        self._quick = _TAU * share(*seed, "quick")

    def at(self, now: float) -> float:
        """Return the value at a time in seconds."""
        angle = now * self._rate
        slow = math.sin(angle + self._slow)
        quick = math.sin(angle * _QUICK + self._quick)
        return self._middle + self._reach * (_SLOW * slow + (1 - _SLOW) * quick)


class Flow:
    """A counter that only grows, at a rate that swings about its mean.

    It is the integral of mean * (1 + swing * sin), so it needs no memory and cannot fall while `swing` < 1.
    """

    __slots__ = ("_mean", "_phase", "_rate", "_swing")

    def __init__(self, *seed: str, mean: float, swing: float = 0.3, period: float = 900.0) -> None:
        self._mean = mean
        self._rate = _TAU / period
        self._swing = swing
        self._phase = _TAU * share(*seed, "flow")

    def total(self, seconds: float) -> int:
        """Return what was counted in this time."""
        wave = math.cos(self._phase) - math.cos(seconds * self._rate + self._phase)
        return int(self._mean * (seconds + self._swing * wave / self._rate))
