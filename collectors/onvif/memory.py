"""What a session remembers of a device's answers, so that nothing is asked in vain."""

from typing import Final

from collectors.base import AuthRejected, NotSupported

_UNSUPPORTED_SECONDS: Final = 7 * 86400.0  # or until the firmware changes
_DENIED_SECONDS: Final = 3600.0
_DOUBTS: Final = 2  # refusals without a login, of what used to be open, that are taken for crowding

Key = tuple[str, str]  # service, operation; all times here are monotonic seconds


class Memory:
    """Per operation: does it want a login, does the device have it, may this user ask it."""

    def __init__(self) -> None:
        self.closed: set[Key] = set()  # refused us without a login
        self.accepted: set[Key] = set()  # answered us with one
        self._open: dict[Key, int] = {}  # answered without a login -> refusals since
        self._unsupported: dict[Key, tuple[float, str]] = {}
        self._denied: dict[Key, float] = {}
        self._firmware = ""

    def check(self, key: Key, now: float) -> None:
        """Let an operation pass that is worth asking.

        Raises:
            NotSupported: the device said so within a week, with this firmware.
            AuthRejected: it refused this one operation to a login that is right.
        """
        if key in self._unsupported and now < self._unsupported[key][0]:
            raise NotSupported(f"{self._unsupported[key][1]} (remembered)")
        if now < self._denied.get(key, now):
            raise AuthRejected(f"{key[1]}: this user may not ask it (remembered for an hour)")

    def is_unsupported(self, key: Key) -> bool:
        """Whether the device said that it has no such operation."""
        return key in self._unsupported

    def unsupported(self, key: Key, said: str, now: float) -> None:
        """Remember that the device has no such operation."""
        self._unsupported[key] = (now + _UNSUPPORTED_SECONDS, said)

    def denied(self, key: Key, now: float) -> None:
        """Remember that the login is right and the user lacks the right.

        When that has aged it is asked without a login again, which costs no refusal.
        """
        self._denied[key] = now + _DENIED_SECONDS
        self.closed.discard(key)

    def is_denied(self, key: Key) -> bool:
        """Whether it refused this one operation to a login that is right."""
        return key in self._denied

    def firmware(self, version: str) -> None:
        """Note the firmware; another one may have learnt what the old one could not."""
        if self._firmware and version != self._firmware:
            self._unsupported.clear()
        self._firmware = version

    def opened(self, key: Key) -> None:
        """Note that it answered without a login."""
        self._open[key] = 0
        self.closed.discard(key)

    def is_open(self, key: Key) -> bool:
        """Whether it is known to answer without a login."""
        return key in self._open

    def examines_login(self, key: Key) -> bool:
        """Whether asking it may tell if the login is right, by what is known so far."""
        return not (key in self._open or key in self._unsupported or key in self._denied)

    def refused_in_the_open(self, key: Key) -> bool:
        """Note that it wants a login; return whether to believe it.

        What was open before and is refused now is crowding at first: some devices answer 401 when they have
        no connection left.
        """
        if key in self._open and self._open[key] < _DOUBTS:
            self._open[key] += 1
            return False
        self._open.pop(key, None)
        self.closed.add(key)
        return True
