"""The battery of a UPS: it empties while mains is lost and fills again when it is back."""

from typing import Final, NamedTuple

from simulator.faults import Active
from simulator.snmp.values.box import Box

RUNTIME_SECONDS: Final = 2_700.0  # what a full battery lasts at this load
_REFILL_SECONDS: Final = 4 * 3_600.0
_LOW: Final = 0.2


class State(NamedTuple):
    """How the battery stands: `since` is when it began to feed the load, None while mains does."""

    charge: float
    since: float | None
    losses: int

    @property
    def low(self) -> bool:
        """Whether it warns that it will be empty soon."""
        return self.charge <= _LOW


class Battery:
    """Follows `on_battery` of its device; a strength of 2 empties it twice as fast."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._from = 1.0  # charge when mains was last lost, or came back
        self._turned: float | None = None  # when that was
        self._state = State(1.0, None, 0)

    def at(self, now: float) -> State:
        """Return the state at a time, which must not run backwards."""
        active = self._box.board.active().get((self._box.spec.id, "on_battery"))
        since = self._since(active, now)
        if since is not None and since != self._state.since:
            self._turn(since, since=since, losses=self._state.losses + 1)
        elif since is None and self._state.since is not None:
            self._turn(now, since=None, losses=self._state.losses)
        charge = self._emptied(now, active.strength) if active else self._filled(now)
        self._state = self._state._replace(charge=charge)
        return self._state

    def _since(self, active: Active | None, now: float) -> float | None:
        """Return when mains was lost, None while it is there; a fault without a time begins when seen."""
        if active is None:
            return None
        return active.since if 0 < active.since <= now else self._state.since or now

    def _turn(self, at: float, *, since: float | None, losses: int) -> None:
        """Note that mains was lost or came back at a time: from there the charge runs the other way."""
        self._from, self._turned = self._state.charge, at
        self._state = State(self._from, since, losses)

    def _emptied(self, now: float, speed: float) -> float:
        return max(self._from - speed * self._elapsed(now) / RUNTIME_SECONDS, 0.0)

    def _filled(self, now: float) -> float:
        return min(self._from + self._elapsed(now) / _REFILL_SECONDS, 1.0)

    def _elapsed(self, now: float) -> float:
        return max(now - self._turned, 0.0) if self._turned is not None else 0.0
