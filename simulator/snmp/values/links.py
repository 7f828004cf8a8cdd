"""Whether a port is up, for how long in all, and since when."""

from collections.abc import Callable
from typing import Final

from simulator.snmp.drift import Flow
from simulator.snmp.life import Life

_AGEING_SECONDS: Final = 300.0  # dot1dTpAgingTime, its usual value (RFC 4188)


def always_up() -> bool:
    """Return True: the state of a port that nothing in this site can take down."""
    return True


def always_down() -> bool:
    """Return False: the state of a port with nothing in it."""
    return False


class Link:
    """The link of one port, remembered from look to look; a boot of the device starts it afresh.

    Args:
        life: the boots of the device.
        is_up: whether the other end has power now.
    """

    def __init__(self, life: Life, is_up: Callable[[], bool] = always_up) -> None:
        self._life = life
        self._is_up = is_up
        self._restart()

    def _restart(self) -> None:
        self._boots = self._life.boots
        self._looked = self._changed = self._life.booted_at
        self._running = 0.0
        self._up = True

    def up(self, now: float) -> bool:
        """Note the state now and return it."""
        if self._boots != self._life.boots:
            self._restart()
        if now > self._looked:
            self._note(now, self._is_up())
        return self._up

    def _note(self, now: float, up: bool) -> None:  # noqa: FBT001 - the state itself, not a switch
        if up and self._up:
            self._running += now - self._looked
        if up != self._up:
            self._changed = now
        self._up, self._looked = up, now

    def running(self, now: float) -> float:
        """Return the seconds it has been up since the boot: what its counters count over."""
        self.up(now)
        return self._running

    def last_change(self, now: float) -> float:
        """Return the device's uptime when the link last changed, 0 when that was at its boot."""
        self.up(now)
        return self._changed - self._life.booted_at

    def remembered(self, now: float) -> bool:
        """Whether the addresses behind it are still in the forwarding table."""
        return self.up(now) or now - self._changed < _AGEING_SECONDS

    def while_up(self, value: bytes) -> Callable[[float], bytes | None]:
        """Return a value that is there only while the link is up."""
        return lambda now: value if self.up(now) else None

    def while_remembered(self, value: bytes) -> Callable[[float], bytes | None]:
        """Return a value that is there as long as the addresses behind the link are remembered."""
        return lambda now: value if self.remembered(now) else None

    def counted(self, flow: Flow) -> Callable[[float], int]:
        """Return a counter that stands still while the link is down."""
        return lambda now: flow.total(self.running(now))
