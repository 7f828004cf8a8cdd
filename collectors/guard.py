"""One breaker per device and login, shared by ONVIF, RTSP and HTTP: devices lock accounts.

    check(device)      before a login goes onto the wire; raises without touching the network when it must not
    accepted(device)   the device let us in
    refused(device)    the device said no
    undecided(device)  neither: a timeout, a dropped connection

A login nobody has proven yet may be tried by `limit` callers at once and no more: two protocols that start
together must not each use up the whole allowance. A caller that dies without an outcome frees its place after
`PLACE_SECONDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from collectors.base import AuthRejected, Busy
from models.facts import Device, Login

PLACE_SECONDS: Final = 30.0


@dataclass(slots=True)
class _Breaker:
    """What is known of one login on one device; times are monotonic seconds."""

    refusals: list[float] = field(default_factory=list)
    trying: list[float] = field(default_factory=list)  # when each attempt without an outcome began
    proven: bool = False  # accepted, and not refused since

    def drop_old(self, now: float, retry_seconds: float) -> None:
        self.refusals = [at for at in self.refusals if now - at < retry_seconds]
        self.trying = [at for at in self.trying if now - at < PLACE_SECONDS]

    def end_one(self) -> None:
        if self.trying:
            self.trying.pop(0)


class LoginGuard:
    """Lets a login be refused `limit` times in any `retry_seconds`, whatever the protocol. Thread-safe.

    Args:
        monotonic: a clock that never steps, in seconds.
        retry_seconds: how long a refusal counts.
        limit: refusals after which the login is not sent any more.
    """

    def __init__(self, monotonic: Callable[[], float], retry_seconds: float = 3600.0, limit: int = 2) -> None:
        self._monotonic = monotonic
        self._retry_seconds = retry_seconds
        self._limit = limit
        self._lock = Lock()
        self._breakers: dict[tuple[str, Login], _Breaker] = {}

    def check(self, device: Device) -> None:
        """Take a place for one login; end it with `accepted`, `refused` or `undecided`.

        A device without a login is always let through.

        Raises:
            AuthRejected: it was refused `limit` times; nothing may be sent until the oldest refusal has aged.
            Busy: others are trying this unproven login at this moment and could use up what is left.
        """
        self.check_only(device)
        if device.login is None:
            return
        with self._lock:
            now = self._monotonic()
            breaker = self._breaker(device, device.login, now)
            if not breaker.proven and len(breaker.refusals) + len(breaker.trying) >= self._limit:
                raise Busy(f"{device.id}: its login is being tried by another protocol at this moment")
            breaker.trying.append(now)

    def check_only(self, device: Device) -> None:
        """Look without taking a place.

        Raises:
            AuthRejected: as `check`.
        """
        if device.login is None:
            return
        with self._lock:
            now = self._monotonic()
            breaker = self._breaker(device, device.login, now)
            if len(breaker.refusals) >= self._limit:
                raise AuthRejected(self._sentence(device, device.login, breaker, now))

    def accepted(self, device: Device) -> None:
        """Note that the device let us in: earlier refusals are forgiven, as the device forgives them."""
        if device.login is None:
            return
        with self._lock:
            breaker = self._breaker(device, device.login, self._monotonic())
            breaker.end_one()
            breaker.refusals.clear()
            breaker.proven = True

    def refused(self, device: Device, attempts_left: int | None = None) -> None:
        """Note that the device said no to the name or password.

        Args:
            device: who refused.
            attempts_left: what the reply says of it, when it says so; at one or none we stop at once.
        """
        if device.login is None:
            return
        with self._lock:
            now = self._monotonic()
            breaker = self._breaker(device, device.login, now)
            breaker.end_one()
            last_chance = attempts_left is not None and attempts_left <= 1
            breaker.refusals += [now] * (self._limit if last_chance else 1)
            breaker.proven = False

    def undecided(self, device: Device) -> None:
        """Note that an attempt ended without a word on the login."""
        if device.login is None:
            return
        with self._lock:
            self._breaker(device, device.login, self._monotonic()).end_one()

    def release(self, device_id: str) -> None:
        """Forget what is known of a device: a person says its password is right, or it was removed."""
        with self._lock:
            for key in [key for key in self._breakers if key[0] == device_id]:
                del self._breakers[key]

    def held_back(self) -> dict[str, float]:
        """Return device -> seconds until its login is sent again, of those that refused it too often."""
        with self._lock:
            now, found = self._monotonic(), {}
            for (device, _), breaker in self._breakers.items():
                breaker.drop_old(now, self._retry_seconds)
                if len(breaker.refusals) >= self._limit:
                    found[device] = self._wait(breaker, now)
            return found

    def _wait(self, breaker: _Breaker, now: float) -> float:
        return breaker.refusals[-self._limit] + self._retry_seconds - now

    def _breaker(self, device: Device, login: Login, now: float) -> _Breaker:
        breaker = self._breakers.setdefault((device.id, login), _Breaker())
        breaker.drop_old(now, self._retry_seconds)
        return breaker

    def _sentence(self, device: Device, login: Login, breaker: _Breaker, now: float) -> str:
        wait = self._wait(breaker, now)
        return (
            f"{device.id} refused user {login.user!r}: check its password; not asking again for {wait:.0f} s"
        )
