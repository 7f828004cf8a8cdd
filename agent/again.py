"""Look at once when a device calls, and once more a little later: a call is often ahead of what it tells."""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

log = logging.getLogger(__name__)

SETTLE_SECONDS: Final = 5.0


class AskAgain:
    """Brings all that is asked of a device forward, however often it calls meanwhile.

    Args:
        ask_now: brings all that is asked of a device forward.
        settle_seconds: until it is asked again.
    """

    def __init__(self, ask_now: Callable[[str], None], settle_seconds: float = SETTLE_SECONDS) -> None:
        self._ask_now = ask_now
        self._settle_seconds = settle_seconds
        self._waiting: dict[str, asyncio.TimerHandle] = {}

    def call(self, device: str, why: str) -> None:
        """Ask a device now and again; a call while it is being asked changes nothing."""
        if device in self._waiting:
            return
        log.info("asked because it %s device=%s", why, device)
        self._ask_now(device)
        loop = asyncio.get_running_loop()
        self._waiting[device] = loop.call_later(self._settle_seconds, self._settled, device)

    def stop(self) -> None:
        """Ask nobody again."""
        for handle in self._waiting.values():
            handle.cancel()
        self._waiting.clear()

    def _settled(self, device: str) -> None:
        del self._waiting[device]
        self._ask_now(device)
