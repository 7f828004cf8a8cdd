"""What the agent cannot see: one incident for all of it, because unknown is no fault of a device.

A device is out of sight while it is neither seen alive nor seen lost, a collector of it while it fails in the
agent itself. What stays so for `after` seconds is told, in one "agent is blind to …" for the whole site.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from models.facts import SITE, Ending, FaultKey, Finding, Health, Incident, Phase, Verdict
from models.faults import FAULTS

CODE: Final = "AGENT_BLIND"
KEY: Final = FaultKey(SITE, "", CODE)
MOST_STEP: Final = 120.0  # a clock that jumps ahead makes nobody blind
QUIET_SECONDS: Final = 300.0  # between two words about more that is out of sight


class Blindness:
    """Counts how long what is out of sight has been so. Holds no clock.

    Args:
        site: the first part of the incident's key.
        after: seconds.
    """

    def __init__(self, site: str, after: float) -> None:
        self._key = f"{site}/{KEY}"
        self._after = after
        self._unseen: dict[FaultKey, float] = {}
        self._last: float | None = None
        self._incident: Incident | None = None
        self._told_at = 0.0

    @property
    def incident(self) -> Incident | None:
        """The open incident."""
        return self._incident

    def step(self, unseen: Iterable[FaultKey], devices: Collection[str], at: float) -> list[Incident]:
        """Let time pass; return the incident where it opened, grew or ended.

        Args:
            unseen: what is out of sight now.
            devices: all that count.
            at: now, Unix seconds.
        """
        gone = 0.0 if self._last is None else min(max(0.0, at - self._last), MOST_STEP)
        self._last = at
        self._unseen = {key: self._unseen.get(key, -gone) + gone for key in unseen}
        blind = tuple(sorted((k for k, held in self._unseen.items() if held >= self._after), key=str))
        told = self._incident.children if self._incident else ()
        if not blind:
            return [self._end(at)] if self._incident else []
        is_new = not set(blind) <= set(told)
        if self._incident and not is_new:
            self._incident = replace(self._incident, children=blind)
            return []
        if self._incident and abs(at - self._told_at) < QUIET_SECONDS:
            return []
        self._incident = self._told(blind, devices, at)
        self._told_at = at
        return [self._incident]

    def _told(self, blind: tuple[FaultKey, ...], devices: Collection[str], at: float) -> Incident:
        opened = self._incident.opened_at if self._incident else at
        facts = {"count": float(len({key.device for key in blind})), "of": float(len(devices))}
        verdict = Verdict(SITE, FAULTS[CODE], Health.BAD, "", "blind.devices", facts, at)
        return Incident(self._key, Finding(KEY, Phase.OPEN, opened, opened, verdict), blind, opened)

    def _end(self, at: float) -> Incident:
        assert self._incident is not None  # noqa: S101  only what was told ends
        told, self._incident = self._incident, None
        return Incident(self._key, told.root, told.children, told.opened_at, at, Ending.RECOVERED)

    def dump(self) -> dict[str, Any] | None:
        """Return the open incident as plain data; what was only counted is counted anew."""
        if self._incident is None:
            return None
        children = [[key.device, key.part, key.code] for key in self._incident.children]
        return {"opened_at": self._incident.opened_at, "children": children}

    def load(self, data: Mapping[str, Any], devices: Collection[str]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        children = tuple(FaultKey(*(str(part) for part in child)) for child in data["children"])
        self._unseen = dict.fromkeys(children, self._after)  # until it is seen: nothing ends unseen
        self._incident = self._told(children, devices, float(data["opened_at"]))
