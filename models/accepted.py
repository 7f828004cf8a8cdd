"""What a device was accepted with: identity, encoder settings, and what it lists; persists, is never guessed.

The first sight of a thing is accepted. What differs later is a finding until a person accepts it (`siteward
accept`) or the device is as it was. A new firmware is accepted by itself after a week: it was told by then.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from models.facts import Reading
from models.metrics import (
    DEVICE_INFO,
    INPUT_LISTED,
    PROFILE_INFO,
    RELAY_LISTED,
    SOURCE_LISTED,
    STORAGE_LISTED,
)

TEXTS: Final = frozenset({DEVICE_INFO.name, PROFILE_INFO.name})
LISTS: Final = frozenset({SOURCE_LISTED.name, INPUT_LISTED.name, RELAY_LISTED.name, STORAGE_LISTED.name})
IDENTITY: Final = frozenset({"maker", "model", "firmware", "serial", "mac"})
MOST: Final = 1024  # per device: a device that invents names must not fill our memory
FIRMWARE: Final = (DEVICE_INFO.name, "firmware")
WATCHED: Final = TEXTS | LISTS
FIRMWARE_SECONDS: Final = 7 * 86400.0

Key = tuple[str, str]  # metric name, part


@dataclass(frozen=True, slots=True)
class Difference:
    """What is another than it was accepted. `now` None: it is listed no more; `since` None: not known."""

    metric: str
    part: str
    was: str
    now: str | None
    since: float | None


@dataclass(slots=True)
class Accepted:
    """The accepted values of one device, by metric and part; what is listed has the value ""."""

    _values: dict[Key, str] = field(default_factory=dict)
    _current: dict[Key, str] = field(default_factory=dict)
    _since: dict[Key, float] = field(default_factory=dict)  # when it began to differ
    _is_wanted: bool = False

    def take(self, readings: Iterable[Reading], at: float) -> None:
        """Take in what a device says now; what was never seen is accepted."""
        for reading in readings:
            if reading.metric.name not in WATCHED:
                continue
            key = reading.metric.name, reading.part
            if key[0] == DEVICE_INFO.name and key[1] not in IDENTITY:
                continue
            value = str(reading.value) if key[0] in TEXTS else ""
            if key not in self._current and len(self._current) >= MOST:
                continue
            self._current[key] = value
            if self._values.setdefault(key, value) == value:
                self._since.pop(key, None)
            elif at - self._since.setdefault(key, at) > FIRMWARE_SECONDS and key == FIRMWARE:
                self._values[key] = value
                del self._since[key]

    @property
    def is_other(self) -> bool:
        """Whether a text is another than the accepted one."""
        return bool(self._since)

    def get(self, metric: str, part: str) -> str | None:
        """Return the accepted value, None where there is none yet."""
        return self._values.get((metric, part))

    def differs_since(self, metric: str, part: str) -> float | None:
        """Return since when a text is another than the accepted one, None while it is not."""
        return self._since.get((metric, part))

    def parts(self, metric: str) -> list[str]:
        """Return the parts that were accepted."""
        return [part for name, part in self._values if name == metric]

    def differences(self, listed: Iterable[Key]) -> list[Difference]:
        """Return what is not as it was accepted.

        Args:
            listed: the listed things that are there now; of a list that was not read nothing is said.
        """
        there = set(listed)
        read = {metric for metric, _ in there}
        told = [
            Difference(*key, self._values[key], self._current[key], at)
            for key, at in self._since.items()
            if key in self._values
        ]
        gone = [key for key in self._values if key[0] in LISTS & read and key not in there]
        return [*told, *(Difference(*key, "", None, None) for key in gone)]

    def values(self) -> dict[Key, str]:
        """Return all that was accepted, by metric and part; what is listed has the value ""."""
        return dict(self._values)

    def want(self) -> None:
        """Accept, at the next look, all as it is then. May be called from another thread."""
        self._is_wanted = True

    def accept(self, listed: Iterable[Key]) -> bool:
        """Accept all as it is now, if somebody wants that; what is not among `listed` is let go of.

        Args:
            listed: the listed things that are there now.
        """
        if not self._is_wanted:
            return False
        self._is_wanted = False
        there = set(listed)
        self._values = {k: v for k, v in self._current.items() if k[0] in TEXTS or k in there}
        self._current = dict(self._values)
        self._since.clear()
        return True

    def dump(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {
            "values": [[*key, value] for key, value in self._values.items()],
            "since": [[*key, at] for key, at in self._since.items()],
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take up what `dump` gave.

        Raises:
            KeyError, TypeError, ValueError: the data is of another make.
        """
        self._values = {(str(m), str(p)): str(v) for m, p, v in data["values"]}
        self._current = dict(self._values)
        self._since = {(str(m), str(p)): float(at) for m, p, at in data["since"]}
