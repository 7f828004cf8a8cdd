"""When which camera is bad while the helpdesk is down: the same plan for every program that is compared."""

import random
from collections.abc import Sequence

Episode = tuple[float, float]  # minutes, from and to
QUIET_MINUTES = 20.0  # nothing changes so shortly before the end: what is true then is beyond doubt


def episodes(faults: int, hours: float, rng: random.Random) -> list[list[Episode]]:
    """Return for each camera one or two times of at least ten minutes; three in ten last beyond the end."""
    return [_of_one(hours * 60, rng) for _ in range(faults)]


def is_bad(times: Sequence[Episode], minute: float) -> bool:
    """Whether a camera is bad at a minute."""
    return any(begin <= minute < end for begin, end in times)


def _of_one(minutes: float, rng: random.Random) -> list[Episode]:
    last = minutes - QUIET_MINUTES
    if rng.random() < 0.3:
        return [(rng.uniform(0, last), float("inf"))]
    first = rng.uniform(0, last / 2 - 30)
    times = [(first, first + rng.uniform(10, 30))]
    if rng.random() < 0.5:
        again = rng.uniform(last / 2 + 10, last - 40)
        times.append((again, again + rng.uniform(10, 30)))
    return times
