"""What a camera sees: a source, what is wrong with it, the sensor's noise, and the text on top."""

from typing import Protocol
from zlib import crc32

from simulator.rtsp import damage, grain, osd
from simulator.rtsp.condition import Condition
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
        shown = self._condition.scene_time(at)
        if self._condition.off:  # seen through a recorder that has power
            return osd.slate(self._source.size)
        picture = self._source.picture(shown)
        self._spoil(picture)
        grain.sprinkle(picture, self._source.noise, seed=self._seed, at=shown)
        osd.stamp(picture, self._condition.clock(at), self._label)
        return picture

    def close(self) -> None:
        """Let go of files."""
        self._source.close()

    def _spoil(self, picture: Plane) -> None:
        strength = self._condition.strength
        if covered := strength("covered"):
            damage.cover(picture, covered, seed=self._seed, night=self._source.night)
        if blurred := strength("blurred"):
            damage.blur(picture, blurred)
        if black := strength("black"):
            damage.blacken(picture, black)
