"""The device's idea of now, kept against our monotonic clock: our own wall clock may jump without harm."""

from typing import Final

from collectors.onvif.line import Clocks

_SKEWED_SECONDS: Final = 5.0  # from here on it matters which of the two clocks signs


class DeviceClock:
    """Tells what time a device has; host time stands in until it has told.

    Args:
        clocks: wall and monotonic.
    """

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._offset: float | None = None  # device time minus monotonic
        self._read_at = float("-inf")

    def tells(self, utc: float, monotonic: float) -> None:
        """Note that it was `utc` (Unix seconds) there when our monotonic clock stood at `monotonic`."""
        self._offset = utc - monotonic
        self._read_at = self._clocks.monotonic()

    def tried(self) -> None:
        """Note that it was asked just now, whether it told or not."""
        self._read_at = self._clocks.monotonic()

    @property
    def age_seconds(self) -> float:
        """How long ago it was asked; endless before."""
        return self._clocks.monotonic() - self._read_at

    @property
    def ahead_seconds(self) -> float:
        """How far it is ahead of our wall clock; 0 when it has not told."""
        return self.now() - self._clocks.wall()

    @property
    def is_skewed(self) -> bool:
        """Whether it is so far off that a login signed with one clock fails by the other."""
        return abs(self.ahead_seconds) > _SKEWED_SECONDS

    def now(self) -> float:
        """Return the device's time, Unix seconds."""
        return self._clocks.wall() if self._offset is None else self._clocks.monotonic() + self._offset
