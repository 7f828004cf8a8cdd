"""When a device booted and how often: what uptime, counters and SNMPv3 time are counted from."""

from typing import Final

from simulator.snmp.drift import share

_DAY: Final = 86_400.0
_UP_BEFORE_DAYS: Final = (2.0, 40.0)  # how long a device had run when the site was started
_MOST_BOOTS_BEFORE: Final = 40


class Life:
    """The boots of one device. It boots again when its power comes back.

    Args:
        device: its id, which decides how long it had run before the site was started.
        now: Unix seconds, when the site was started.
    """

    def __init__(self, device: str, now: float) -> None:
        low, high = _UP_BEFORE_DAYS
        self.booted_at = now - (low + (high - low) * share(device, "uptime")) * _DAY
        self.boots = 1 + int(_MOST_BOOTS_BEFORE * share(device, "boots"))
        self.agent_restarted_at: float | None = None  # since the boot, without one
        self._powered = True

    def look(self, now: float, *, powered: bool) -> None:
        """Note whether the device has power now; the moment it has again is its next boot."""
        if powered and not self._powered:
            self.booted_at = now
            self.agent_restarted_at = None
            self.boots += 1
        self._powered = powered

    def uptime(self, now: float) -> float:
        """Return the seconds since the last boot, never negative."""
        return max(now - self.booted_at, 0.0)

    def restart_agent(self, now: float, *, forget: bool = False) -> None:
        """Note that the agent alone started anew; one that forgets counts its boots from 1."""
        self.agent_restarted_at = now
        self.boots = 1 if forget else self.boots + 1

    def agent_uptime(self, now: float) -> float:
        """Return the seconds since the agent started: snmpEngineTime."""
        began = self.booted_at if self.agent_restarted_at is None else self.agent_restarted_at
        return max(now - began, 0.0)
