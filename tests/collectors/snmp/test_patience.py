"""One timer for all waits of a walk: each has its limit, and what is not waited for has none."""

import asyncio
import contextlib

import pytest

from collectors.snmp.patience import Patience


async def for_ever(patience, *, after=0.0):
    with patience:
        if after:
            patience.begin()
            patience.rest()
            await asyncio.sleep(after)
        patience.begin()
        await asyncio.Event().wait()


async def test_a_wait_that_is_too_long_is_broken_off():
    with pytest.raises(TimeoutError):
        await for_ever(Patience(0.01))


async def test_waits_that_end_in_time_are_not_broken_off():
    with Patience(30.0) as patience:
        for _ in range(5):
            patience.begin()
            await asyncio.sleep(0.01)
            patience.rest()


async def test_what_is_done_at_rest_has_no_limit():
    with Patience(0.01) as patience:
        patience.begin()
        patience.rest()
        await asyncio.sleep(0.05)


async def test_a_wait_after_a_rest_has_its_limit_again():
    with pytest.raises(TimeoutError):
        await for_ever(Patience(0.02), after=0.05)


async def test_a_task_that_is_cancelled_by_another_stays_cancelled():
    task = asyncio.create_task(for_ever(Patience(60.0)))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_task_goes_on_after_its_wait_was_broken_off():
    with contextlib.suppress(TimeoutError):
        await for_ever(Patience(0.01))
    assert asyncio.current_task().cancelling() == 0
    await asyncio.sleep(0)
