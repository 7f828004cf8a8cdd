"""The search for cyclic garbage: what survives is set aside, rings are found all the same, nothing stays behind."""

import asyncio
import gc
import weakref

from agent import sweep


class Ring:
    def __init__(self):
        self.me = self


async def swept(clock):
    """Let it run for some rounds; return what was set aside meanwhile."""
    running = asyncio.create_task(sweep.run(clock))
    for _ in range(20):
        await asyncio.sleep(0)
    aside = gc.get_freeze_count()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return aside


async def test_what_survives_is_set_aside_and_given_back_at_the_end():
    assert await swept(lambda: 0.0) > 1000
    assert gc.get_freeze_count() == 0


async def test_a_ring_that_was_set_aside_is_found_when_the_whole_is_searched(monkeypatch):
    monkeypatch.setattr(sweep, "EVERY_SECONDS", 0.0)
    ring = Ring()
    gone, hours = weakref.ref(ring), iter(range(0, 10**9, 4000))

    def clock() -> float:
        nonlocal ring
        ring = None  # after the first sweep it is garbage that no search of new things finds
        return float(next(hours))

    await swept(clock)
    assert gone() is None
