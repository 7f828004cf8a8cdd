"""What ails one device right now, as its streams see it."""

from simulator.faults import FaultBoard
from simulator.rtsp.damage import ALL, Ailment

CLOCK_STEP = 40.0  # seconds the clock is ahead at strength 1


class Condition:
    """The fault board, seen from one device; its sessions share one, and so freeze on the same moment."""

    def __init__(self, board: FaultBoard, device: str) -> None:
        self._board = board
        self._device = device
        self._seen: dict[str, float] = {}  # since when each damage was looked at

    def strength(self, fault: str) -> float:
        """Return how strong a fault is now, 0.0 when it is off or unknown to the board."""
        return self._board.strength(self._device, fault)

    @property
    def off(self) -> bool:
        """Whether the device has no power."""
        return self._board.is_off(self._device)

    def clock(self, at: float) -> float:
        """Return what the device's clock shows at a true time, both in Unix seconds."""
        return at + CLOCK_STEP * self.strength("clock_offset")

    def ailments(self, at: float) -> dict[str, Ailment]:
        """Return what is wrong with the picture of a moment (Unix seconds).

        Each began when the board was told so, else when anybody first looked.
        """
        active = {
            name: one
            for (device, name), one in self._board.active().items()
            if device == self._device and name in ALL
        }
        self._seen = {name: one.since or self._seen.get(name, at) for name, one in active.items()}
        return {name: Ailment(one.strength, self._seen[name]) for name, one in active.items()}
