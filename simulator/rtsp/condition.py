"""What ails one device right now, as its streams see it."""

from simulator.faults import FaultBoard

CLOCK_STEP = 40.0  # seconds the clock is ahead at strength 1


class Condition:
    """The fault board, seen from one device; its sessions share one, and so freeze on the same moment."""

    def __init__(self, board: FaultBoard, device: str) -> None:
        self._board = board
        self._device = device
        self._frozen_at: float | None = None

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

    def scene_time(self, at: float) -> float:
        """Return the moment the picture shows: now, or since when it is frozen.

        The moment is the board's when it was told one, else the first at which anybody looked.
        """
        active = self._board.active().get((self._device, "frozen"))
        if active is None:
            self._frozen_at = None
            return at
        if self._frozen_at is None:
            self._frozen_at = active.since or at
        return self._frozen_at
