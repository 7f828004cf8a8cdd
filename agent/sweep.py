"""Keeps Python's search for cyclic garbage from holding up polls and pages.

A whole search looks at every object there is: at 1,000 devices that is half a second, every few seconds, in
which nobody is asked and no page is served. So every few seconds what is new is searched, which is little,
and what survives is set aside from further searches (`gc.freeze`). What is set aside still goes as soon as
nobody holds it; only rings among it stay, and for these the whole is searched now and then.
"""

import asyncio
import gc
from collections.abc import Callable
from typing import Final

EVERY_SECONDS: Final = 5.0
WHOLE_SECONDS: Final = 3600.0


async def run(monotonic: Callable[[], float]) -> None:
    """Sweep until cancelled; then leave the collector as it was found.

    Args:
        monotonic: a clock that never steps.
    """
    sweep()
    whole = monotonic()
    try:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if monotonic() - whole >= WHOLE_SECONDS:
                whole = monotonic()
                gc.unfreeze()
            sweep()
    finally:
        gc.unfreeze()


def sweep() -> None:
    """Free what is garbage, and set what is not aside."""
    gc.collect()
    gc.freeze()
