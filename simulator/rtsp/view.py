"""What a camera sees: a source, what is wrong with it, the sensor's noise, and the text on top."""

from collections.abc import Mapping
from typing import Protocol
from zlib import crc32

from simulator.rtsp import damage, grain, osd
from simulator.rtsp.condition import Condition
from simulator.rtsp.damage import Ailment, Stage
from simulator.rtsp.planes import Plane


class Source(Protocol):
    """Where pictures come from: a rendered scene or a clip."""

    size: tuple[int, int]  # width, height
    night: bool
    noise: float  # standard deviation of the sensor's noise, luma steps

    def picture(self, at: float) -> Plane:
        """Return a picture of a moment (Unix seconds) that the caller may change."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


class CameraView:
    """The pictures of one camera as it is now, faults included.

    Optical faults come before the noise, as in a real camera. A picture that stands still does so with its
    noise; only the on-screen clock runs on.
    """

    def __init__(self, source: Source, condition: Condition, *, label: str, seed: str) -> None:
        self._source, self._condition, self._label = source, condition, label
        self._seed = crc32(seed.encode())

    def picture(self, at: float) -> Plane:
        """Return the picture of a moment (Unix seconds)."""
        if self._condition.off:  # seen through a recorder that has power
            return osd.slate(self._source.size)
        ailments = self._condition.ailments(at)
        shown = damage.scene_time(ailments, at)
        picture = self._source.picture(shown)
        self._spoil(picture, Stage.LENS, ailments, shown)
        grain.sprinkle(picture, self._source.noise, seed=self._seed, at=shown)
        self._spoil(picture, Stage.SIGNAL, ailments, at)
        clock = damage.text_time(ailments, at)
        if clock is not None:
            osd.stamp(picture, self._condition.clock(clock), self._label)
        self._spoil(picture, Stage.OUTPUT, ailments, at)
        return picture

    def close(self) -> None:
        """Let go of files."""
        self._source.close()

    def _spoil(self, picture: Plane, stage: Stage, ailments: Mapping[str, Ailment], at: float) -> None:
        damage.spoil(picture, stage, ailments, at=at, seed=self._seed, night=self._source.night)
