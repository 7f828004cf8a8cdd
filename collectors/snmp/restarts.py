"""Did it restart, and what: the device, or only its SNMP agent? Pure.

sysUpTime is the age of the agent, in 1/100 s, and wraps at 2^32 (497.1 days). It falls for three reasons, and
a technician is to hear of one of them only: that the device itself started anew.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_TICKS: Final = 100  # of sysUpTime, in a second (RFC 3418)
_ROUND: Final = 2**32
_WOBBLE: Final = 10.0  # s: some agents count their uptime in several places
_DRIFT: Final = 0.05  # share by which an agent's clock may run wrong
_LATE: Final = 30.0  # s: an agent may answer with values it looked at a while ago


class Restart(StrEnum):
    """What became of a device between two polls."""

    NONE = "none"
    WRAP = "wrap"  # its uptime went round; it ran on
    AGENT = "agent"  # its SNMP agent started anew, it did not
    DEVICE = "device"  # it started anew


@dataclass(frozen=True, slots=True)
class Age:
    """What a device says of its own age, at one time.

    Attributes:
        at: seconds that only grow, ours.
        agent: sysUpTime, 1/100 s.
        device: seconds the device itself runs (hrSystemUptime, the maker's own), None: it does not say.
        boots: snmpEngineBoots, None: it does not say.
    """

    at: float
    agent: int
    device: float | None = None
    boots: int | None = None


def restart(before: Age, after: Age) -> Restart:
    """Return what happened between two polls.

    The uptime of the agent must have fallen without having gone round. Then the device's own age decides
    where it is told, else the number of boots, else nobody contradicts and it is the device. Equal boots with
    a fallen uptime are an agent that lost count. A value that is missing says nothing.
    """
    elapsed = max(0.0, after.at - before.at)
    fell = _fell(before.agent / _TICKS, after.agent / _TICKS, elapsed)
    if fell is not Restart.DEVICE:
        return fell
    if before.device is not None and after.device is not None:
        same = _fell(before.device, after.device, elapsed) is not Restart.DEVICE
        return Restart.AGENT if same else Restart.DEVICE
    if before.boots is not None and after.boots is not None:
        return Restart.AGENT if before.boots == after.boots else Restart.DEVICE
    return Restart.DEVICE


def _fell(before: float, after: float, elapsed: float) -> Restart:
    """Return DEVICE when an age is less than it must be, WRAP when it went round, NONE else; seconds."""
    slack = _LATE + _DRIFT * elapsed
    due = before + elapsed
    whole = _ROUND / _TICKS
    if abs(after - (due - whole)) <= slack:
        return Restart.WRAP
    stands_still = after == before  # some firmware never counts
    if stands_still or (after >= before - _WOBBLE and after >= elapsed - slack):
        return Restart.NONE
    return Restart.DEVICE
