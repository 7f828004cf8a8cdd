"""Ask one device one question, and turn whatever happens into a report. The only place that does."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from collectors.base import CollectError, Collector
from models.facts import Answer, Device, Failure, Report, Trouble

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks of the agent: `wall` for stamps (Unix seconds UTC), `monotonic` for durations."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]


async def run_once(collector: Collector, device: Device, *, deadline: float, clocks: Clocks) -> Report:
    """Run a collector on a device within `deadline` seconds; never raises but for cancellation.

    An error that is not of the collectors' tree is a bug of ours: it is logged with its trace, and the report
    says so, so that no device is blamed for it.
    """
    began = clocks.monotonic()
    answer, error = Answer(), None
    try:
        async with asyncio.timeout(deadline):
            answer = await collector.collect(device)
    except CollectError as err:
        answer, error = Answer(err.learnt), Failure(err.trouble, str(err))
    except TimeoutError:
        error = Failure(Trouble.DEADLINE, f"{collector.name} did not end within {deadline:g} s")
    except Exception as err:  # a bug in one collector must not stop the others
        log.exception("collector failed collector=%s device=%s", collector.name, device.id)
        error = Failure(Trouble.BUG, f"{collector.name} failed inside the agent: {type(err).__name__}")
    return Report(
        device=device.id,
        collector=collector.name,
        at=clocks.wall(),
        took_seconds=clocks.monotonic() - began,
        readings=answer.readings,
        error=error,
        pictures=answer.pictures,
        links=answer.links,
    )
