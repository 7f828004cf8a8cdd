"""From a cheap look to a closer one, and what of the cheap one may be reported.

    0 description ──▶ 1 sub-stream ──▶ 2 main stream ──▶ 3 a whole group of pictures
                 failed          suspicious         damaged

A suspicion counts when the next level bears it out, or when the same look raises it twice in a row: a fault
of one stream alone is a fault as well. Not borne out, its numbers are left out of the report, and so unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from collectors.stream.job import Level
from collectors.stream.suspicion import ABOUT, borne_out, suspicions

NEXT: Final = {Level.DESCRIBE: Level.SUB, Level.SUB: Level.MAIN, Level.MAIN: Level.GOP}
CLOSEST: Final = frozenset({"damage"})  # what only all frames of a group of pictures can tell
MOST_STREAMS: Final = 100_000

Key = tuple[str, str]  # device, stream


class Settled(NamedTuple):
    """What of a look is reported: the names of numbers to leave out, and whether any were."""

    hidden: frozenset[str]
    unconfirmed: bool


@dataclass(slots=True)
class Cascade:
    """What all levels remember of all streams: what was last believed, and what was suspected and refuted."""

    _believed: dict[Key, dict[str, float]] = field(default_factory=dict)
    _refuted: dict[Key, frozenset[str]] = field(default_factory=dict)

    def suspects(self, key: Key, values: Mapping[str, float]) -> frozenset[str]:
        """Return what is suspicious about a look at a stream, and was not yet believed of it."""
        believed = self._believed.get(key)
        known = suspicions(believed, None) if believed else frozenset()
        return suspicions(values, believed) - known

    def believe(self, key: Key, values: Mapping[str, float]) -> Settled:
        """Take a look for true: nothing is suspicious, or nothing closer can be asked."""
        if key in self._believed or len(self._believed) < MOST_STREAMS:
            self._believed[key] = {**self._believed.get(key, {}), **values}
        self._refuted.pop(key, None)
        return Settled(frozenset(), unconfirmed=False)

    def settle(
        self,
        key: Key,
        values: Mapping[str, float],
        suspected: frozenset[str],
        *,
        closer: tuple[Key, Mapping[str, float]],
    ) -> Settled:
        """Weigh a suspicious look against the closer one that followed it."""
        other, told = closer
        usual = self._believed.get(other)
        before = self._refuted.get(key, frozenset())
        refuted = {kind for kind in suspected - before if not borne_out(kind, values, told, usual)}
        if not refuted:
            return self.believe(key, values)
        self._refuted[key] = frozenset(refuted)
        hidden = frozenset(metric.name for kind in refuted for metric in ABOUT[kind])
        return Settled(hidden, unconfirmed=True)

    def forget(self, device: str) -> None:
        """Forget a device that left the inventory."""
        for key in [key for key in self._believed if key[0] == device]:
            del self._believed[key]
        for key in [key for key in self._refuted if key[0] == device]:
            del self._refuted[key]


def needs_gop(suspected: frozenset[str]) -> bool:
    """Whether a group of pictures has to be decoded to know more."""
    return bool(suspected & CLOSEST)
