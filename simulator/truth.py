"""What really happened on the simulated site: the answer sheet to compare the agent's tickets with."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from simulator.faults import Active, FaultBoard


@dataclass(slots=True)
class Entry:
    """One fault, from when it was switched on to when it was switched off (None: still on). Unix seconds."""

    device: str
    fault: str
    strength: float
    on_at: float
    off_at: float | None = None


class TruthLog:
    """Every fault that was switched, in order, whoever switched it.

    Args:
        board: the board to listen to.
        clock: gives Unix seconds.
    """

    def __init__(self, board: FaultBoard, clock: Callable[[], float] = time.time) -> None:
        self.entries: list[Entry] = []
        self._open: dict[tuple[str, str], Entry] = {}
        self._clock = clock
        board.listen(self._switched)

    def _switched(self, device: str, fault: str, active: Active | None) -> None:
        now = self._clock()
        before = self._open.get((device, fault))
        if before is not None:
            if active is not None and active.strength == before.strength:
                return
            before.off_at = now
            del self._open[device, fault]
        if active is not None:
            self._open[device, fault] = Entry(device, fault, active.strength, active.since or now)
            self.entries.append(self._open[device, fault])
