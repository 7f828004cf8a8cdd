"""Which cameras turn, and which do so now, by what they last said over ONVIF."""

from collections.abc import Callable
from typing import Final

from agent.snapshot import Snapshot
from models.facts import Reading
from models.metrics import PTZ_MOVING, PTZ_POSITION

FRESH_SECONDS: Final = 30.0  # an older answer does not say where it moves now


class Turning:
    """Reads the newest PTZ status of each camera.

    Args:
        snapshot: the newest report of every collector.
        wall: Unix seconds.
    """

    def __init__(self, snapshot: Snapshot, wall: Callable[[], float]) -> None:
        self._snapshot, self._wall = snapshot, wall

    def turns(self, device: str) -> bool:
        """Whether a camera ever said where its pan and tilt point."""
        return any(one.metric in {PTZ_POSITION, PTZ_MOVING} for _, one in self._readings(device))

    def is_moving(self, device: str) -> bool:
        """Whether a camera said within the last half minute that it moves."""
        since = self._wall() - FRESH_SECONDS
        return any(
            one.metric is PTZ_MOVING and one.value == 1 and at >= since for at, one in self._readings(device)
        )

    def _readings(self, device: str) -> list[tuple[float, Reading]]:
        return [
            (report.at, one)
            for report in self._snapshot.device(device)
            for one in report.readings
            if report.collector == "onvif_sight"
        ]
