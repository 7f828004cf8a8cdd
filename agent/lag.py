"""How late the agent's loop wakes up: the first sign that something blocks it."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

BEAT_SECONDS: Final = 0.05
KEPT: Final = 1200  # beats: one minute


class LoopLag:
    """Measures the loop by sleeping and looking at the clock.

    Args:
        monotonic: a clock that never steps.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lags: deque[float] = deque(maxlen=KEPT)

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            began = self._monotonic()
            await asyncio.sleep(BEAT_SECONDS)
            self._lags.append(self._monotonic() - began - BEAT_SECONDS)

    def p99(self) -> float | None:
        """Return the 99th percentile over the last minute in seconds, None before the first second."""
        lags = sorted(self._lags)
        return max(0.0, lags[int(0.99 * (len(lags) - 1))]) if len(lags) >= 1.0 / BEAT_SECONDS else None
