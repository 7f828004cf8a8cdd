"""What a collector is, and the only ways it may fail.

CollectError
├── Unreachable     nothing answered: power, cable, switch, address
├── AuthRejected    it answered and refused our name or password
├── Busy            it answered that it has no room for us (a 401 or 503 under load, until shown otherwise)
├── NotSupported    it answered and does not have this feature: remembered per device and firmware
└── BadReply        it answered with something we cannot read

A technician does a different thing for each. A collector has no clock, no retry, no deadline of its own and
logs no failure: the agent's runner does that once for all of them. Library exceptions are caught in the one
module that imports the library, and no message ever holds a secret.
"""

from collections.abc import Iterable
from typing import ClassVar, Protocol, runtime_checkable

from models.facts import Answer, Device, Reading, StreamUri, Trouble
from models.metrics import Metric


class CollectError(Exception):
    """A device could not be asked; the message says what was wanted and what came back.

    `learnt` holds what was read before it failed: the clock of a device that then refused the login.
    """

    trouble: ClassVar[Trouble] = Trouble.BAD_REPLY
    learnt: tuple[Reading, ...] = ()


class Unreachable(CollectError):
    """Nothing answered."""

    trouble = Trouble.UNREACHABLE


class AuthRejected(CollectError):
    """It answered and refused our name or password."""

    trouble = Trouble.AUTH


class Busy(CollectError):
    """It answered that it has no room for us."""

    trouble = Trouble.BUSY


class NotSupported(CollectError):
    """It answered and does not have this."""

    trouble = Trouble.NOT_SUPPORTED


class BadReply(CollectError):
    """It answered with something we cannot read."""

    trouble = Trouble.BAD_REPLY


class Collector(Protocol):
    """One question to one device.

    `metrics` lists all it may return. `slots` bounds how many of it run at once (0: no bound of its own):
    the runner grants a slot first and starts the deadline then, so a full pool never looks like dead devices.
    """

    name: str
    metrics: tuple[Metric, ...]
    slots: int

    def applies(self, device: Device) -> bool:
        """Whether this device can be asked at all, by what the inventory says of it."""
        ...

    async def collect(self, device: Device) -> Answer:
        """Ask once.

        Raises:
            CollectError: one of the tree above.
        """
        ...


@runtime_checkable
class Pooled(Protocol):
    """An ability that a collector may have: to share its slots with others, and to keep within lanes.

    Collectors that name one `pool` share the slots of it. A lane is a limit by name, such as a recorder's or
    an uplink's; it is waited for, like a slot, before the deadline starts. `hurries`: whether each device is
    asked soon after the start; a dear collector spreads its first round over its whole interval instead.
    """

    pool: str
    hurries: bool

    def lanes(self, device: Device) -> Iterable[tuple[str, int]]:
        """Yield the lanes that asking this device takes, each with how many may be in it at once."""
        ...


@runtime_checkable
class Leisurely(Protocol):
    """A collector of what hardly changes: after the start it need not ask all devices in the first minute."""

    leisurely: bool


class StreamSource(Protocol):
    """Knows where a device's streams are; ONVIF implements it, the stream collector uses it."""

    async def stream_uris(self, device: Device) -> tuple[StreamUri, ...]:
        """Return the streams, best first; host and port already checked to be the device's own.

        Raises:
            CollectError: the device could not be asked.
        """
        ...
