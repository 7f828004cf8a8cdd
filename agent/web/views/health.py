"""How the agent itself is: late polls, outboxes, disk; the same figures as on the metrics page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent import __version__

if TYPE_CHECKING:
    from agent.app import Agent


@dataclass(frozen=True, slots=True)
class Collector:
    """How punctual one collector is."""

    name: str
    asked: int
    late: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Outbox:
    """What waits to be sent; `dead` is None where nothing is ever refused for good."""

    name: str
    pending: int
    oldest_seconds: float
    dead: int | None


@dataclass(frozen=True, slots=True)
class Breaker:
    """Something that is not tried for now. `name`: login | helpdesk; `seconds`: how long, None: minutes."""

    name: str
    device: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class AgentHealth:
    """The agent at one moment. `stuck`, `waiting`, `degraded`: what is wrong, "" if nothing.

    `lag_seconds`: how late its loop wakes up, the 99th percentile; None: not yet known.
    """

    version: str
    stuck: str
    waiting: str
    degraded: str
    collectors: tuple[Collector, ...]
    outboxes: tuple[Outbox, ...]
    breakers: tuple[Breaker, ...]
    lag_seconds: float | None


def health(agent: "Agent", lag: float | None) -> AgentHealth:
    """Ask the agent how it is; the outboxes are asked in their database, so call it in a thread.

    Args:
        agent: the agent.
        lag: how late its loop wakes up, asked in the loop.
    """
    now = agent.clocks.wall()
    desk = agent.worker.stats(now)
    boxes = [Outbox("helpdesk", desk.pending, desk.oldest_pending_seconds, desk.dead)]
    if agent.mqtt is not None:
        queue = agent.store.mqtt_queue(now)
        boxes.append(Outbox("broker", queue.pending, queue.oldest_pending_seconds, None))
    collectors = [
        Collector(name, kept.asked, kept.late, kept.skipped)
        for name, kept in agent.schedule.punctuality.items()
        if kept.asked
    ]
    return AgentHealth(
        __version__,
        agent.stuck(),
        agent.waiting(),
        agent.store.health().degraded,
        tuple(collectors),
        tuple(boxes),
        tuple(_breakers(agent, is_desk_held=desk.is_open)),
        lag,
    )


def _breakers(agent: "Agent", *, is_desk_held: bool) -> Iterator[Breaker]:
    if is_desk_held:
        yield Breaker("helpdesk", "", None)
    for device, seconds in sorted(agent.eyes.guard.held_back().items()):
        yield Breaker("login", device, seconds)
