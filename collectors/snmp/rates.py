"""Two samples of a counter -> a rate, or nothing where one would be invented. Pure.

A counter that fell has wrapped or was reset. It wrapped only where it has 32 bits, the agent ran on in
between and the rate that follows is one the port can carry; in every other case the sample is dropped and the
next one starts anew (RFC 2863, 3.1.6: counters and their discontinuities). 64 bits do not wrap in a life.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from collectors.snmp.engine import Value
from models.facts import Reading
from models.metrics import (
    PORT_ERROR_RATIO,
    PORT_ERRORS,
    PORT_IN,
    PORT_IN_RATE,
    PORT_OUT,
    PORT_OUT_RATE,
    PORT_PACKETS,
    PORT_SPEED,
    Metric,
)

RATES: Final = (PORT_IN_RATE, PORT_OUT_RATE, PORT_ERROR_RATIO)

_RATE_OF: Final[Mapping[Metric, Metric]] = {PORT_IN: PORT_IN_RATE, PORT_OUT: PORT_OUT_RATE}
_COUNTED: Final = frozenset({PORT_IN, PORT_OUT, PORT_ERRORS, PORT_PACKETS})
_BITS: Final = 8  # in an octet
_SLACK: Final = 2.0  # a port may seem twice as fast as it is: agents refresh counters every few seconds
_SMALLEST_FRAME: Final = 64 * 8  # bits (IEEE 802.3): bounds frames by the speed of the port


@dataclass(frozen=True, slots=True)
class Count:
    """A counter as sampled: its value and its size in bits, 32 or 64."""

    value: int
    bits: int


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters of one thing at one time.

    Attributes:
        at: seconds that only grow.
        counts: by what is counted.
        speed: bits per second the port can carry, None when unknown.
    """

    at: float
    counts: Mapping[Metric, Count]
    speed: float | None = None


Samples = Mapping[tuple[str, Value | None], Sample]
"""By (name of the port, its hardware address): its number may change, and a name may be given again."""


def growth(before: Count, after: Count, *, seconds: float, ran_on: bool, limit: float | None) -> int | None:
    """Return by how much a counter grew, None when that cannot be told.

    Args:
        before: the earlier sample.
        after: the later one.
        seconds: time between the two.
        ran_on: the agent ran all the while: its sysUpTime grew.
        limit: most it can grow per second, None when unknown.
    """
    if not ran_on or seconds <= 0 or before.bits != after.bits:
        return None
    grown = after.value - before.value
    wrapped = grown < 0
    if wrapped and (after.bits != 32 or limit is None):
        return None
    grown += 2**32 if wrapped else 0
    if limit is not None and grown > limit * seconds * (1 if wrapped else _SLACK):
        return None
    return grown


def rates(before: Samples, after: Samples, *, ran_on: bool) -> list[Reading]:
    """Return bits per second and share of bad frames of each port that both samples have.

    Args:
        before: the poll before.
        after: this poll.
        ran_on: whether the agent ran all the while.
    """
    readings: list[Reading] = []
    for key, now in after.items():
        was = before.get(key)
        if was is not None:
            readings += _of_port(key[0], was, now, ran_on=ran_on)
    return readings


def _of_port(name: str, was: Sample, now: Sample, *, ran_on: bool) -> Iterable[Reading]:
    seconds = now.at - was.at
    grown = {
        metric: growth(
            was.counts[metric], count, seconds=seconds, ran_on=ran_on, limit=_limit(metric, now.speed)
        )
        for metric, count in now.counts.items()
        if metric in was.counts
    }
    for metric, rate in _RATE_OF.items():
        octets = grown.get(metric)
        if octets is not None:
            yield Reading(rate, octets * _BITS / seconds, name)
    bad, good = grown.get(PORT_ERRORS), grown.get(PORT_PACKETS)
    if bad is not None and good is not None and bad + good > 0:
        yield Reading(PORT_ERROR_RATIO, bad / (bad + good), name)


def _limit(metric: Metric, speed: float | None) -> float | None:
    if speed is None:
        return None
    return speed / (_BITS if metric in _RATE_OF else _SMALLEST_FRAME)


def counted(metric: Metric) -> bool:
    """Whether rates are made of this metric."""
    return metric in _COUNTED


def samples(
    counts: Iterable[tuple[str, Value | None, Metric, Count]], readings: Iterable[Reading], at: float
) -> dict[tuple[str, Value | None], Sample]:
    """Return the samples of one poll.

    Args:
        counts: (port, hardware address, what is counted, counter), each as it was read.
        readings: of the same poll, for the speeds.
        at: seconds that only grow.
    """
    speeds = {one.part: one.value for one in readings if one.metric is PORT_SPEED}
    ports: dict[tuple[str, Value | None], dict[Metric, Count]] = {}
    for port, mac, metric, count in counts:
        ports.setdefault((port, mac), {}).setdefault(metric, count)
    found: dict[tuple[str, Value | None], Sample] = {}
    for key, given in ports.items():
        speed = speeds.get(key[0])
        found[key] = Sample(at, given, speed if isinstance(speed, float | int) else None)
    return found
