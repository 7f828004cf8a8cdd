"""Which faults the simulated devices can have, and which are on now."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FAULTS: Final[dict[str, str]] = {
    "off": "no power: nothing answers on any port; a switch takes down all that hangs on it",
    "wrong_password": "the device's password was changed: ours is refused everywhere",
    "clock_offset": "the clock is ahead by 40 s times strength",
    "frozen": "the picture stands still while frames keep coming; the on-screen clock runs on",
    "black": "the picture is black",
    "blurred": "the lens is out of focus",
    "covered": "something hangs before the lens",
    "stream_stall": "frames stop in the middle of the stream, the connection stays open",
    "packet_loss": "a share of the RTP packets is lost: 5 % times strength",
    "stream_garbage": "a share of the RTP packets is spoilt: 5 % times strength",
    "stream_drop": "the connection is closed a second after the stream began",
    "half_speed": "frames come at half their pace while their timestamps go on as usual",
    "slow_describe": "the stream's description comes late, by 2 s times strength",
    "disk_failed": "the first disk is failed",
    "disk_full": "the disks are full and the recorder overwrites: normal, no fault",
    "on_battery": "mains is lost, the UPS runs from its battery",
}
MOST_STRENGTH: Final = 1e7  # puts a clock 12 years ahead; beyond lie dates that cannot be written


@dataclass(frozen=True, slots=True)
class Active:
    """One fault that is on."""

    fault: str
    strength: float
    since: float  # Unix seconds


Listener = Callable[
    [str, str, Active | None], None
]  # device, fault, and how it is on: None when switched off


class FaultBoard:
    """The faults that are on, by device. One board for the whole site; servers look here at each request.

    Args:
        parents: device id -> id of the device that feeds it.
    """

    def __init__(self, parents: dict[str, str]) -> None:
        self._parents = parents
        self._on: dict[tuple[str, str], Active] = {}
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Call `listener(device, fault, active)` after each switch; `active` is None when switched off."""
        self._listeners.append(listener)

    def forget(self, listener: Listener) -> None:
        """Call `listener` no more; nothing happens when it was not listening."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def switch_on(self, device: str, fault: str, *, strength: float = 1.0, at: float = 0.0) -> None:
        """Switch a fault on.

        Raises:
            KeyError: no such device or fault.
        """
        self._known(device, fault)
        self._on[device, fault] = Active(fault, strength, at)
        self._tell(device, fault)

    def switch_off(self, device: str, fault: str) -> None:
        """Switch a fault off; nothing happens when it is not on.

        Raises:
            KeyError: no such device or fault.
        """
        self._known(device, fault)
        if self._on.pop((device, fault), None) is not None:
            self._tell(device, fault)

    def strength(self, device: str, fault: str) -> float:
        """Return how strong a fault is now, 0.0 when it is off."""
        active = self._on.get((device, fault))
        return active.strength if active else 0.0

    def is_off(self, device: str) -> bool:
        """Whether the device has no power: its own, or that of what feeds it."""
        seen: set[str] = set()
        while device and device not in seen:
            if (device, "off") in self._on:
                return True
            seen.add(device)
            device = self._parents.get(device, "")
        return False

    def active(self) -> dict[tuple[str, str], Active]:
        """Return a copy of all that is on."""
        return dict(self._on)

    def _tell(self, device: str, fault: str) -> None:
        for listener in tuple(self._listeners):
            listener(device, fault, self._on.get((device, fault)))

    def _known(self, device: str, fault: str) -> None:
        if device not in self._parents:
            raise KeyError(f"no device {device!r} on this site")
        if fault not in FAULTS:
            raise KeyError(f"no fault {fault!r}: choose one of {', '.join(FAULTS)}")
