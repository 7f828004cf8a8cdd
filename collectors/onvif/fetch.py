"""One GET from one device, with an HTTP digest where it wants one, under the same breaker as all logins.

For what is not SOAP: snapshots, and the makers' own pages. A password never goes out in clear: a device that
knows only Basic is told apart, not obeyed. No redirect is followed.
"""

import os
import time
from typing import Final

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported
from collectors.guard import LoginGuard
from collectors.onvif import soap
from collectors.onvif.exchange import Exchange, Tap, blank
from collectors.onvif.security import Challenge, challenge
from collectors.onvif.wire import Budget, Dropped, Reply, Wire
from models.facts import Device

_TRIES: Final = 2  # one more with a fresh nonce when the kept one was too old


class Fetcher:
    """Gets from one device over one connection. Not for two threads at once.

    Args:
        device: whose login it is.
        wire: to the device; may be that of its ONVIF session.
        guard: the breaker shared by all protocols.
        tap: sees each exchange.
    """

    def __init__(self, device: Device, wire: Wire, guard: LoginGuard, tap: Tap | None = None) -> None:
        self._device = device
        self._wire = wire
        self._guard = guard
        self._tap = tap
        self._challenge: Challenge | None = None

    def get(self, path: str, budget: Budget) -> Reply:
        """Get what is at a path: first without a login, then by digest.

        Raises:
            AuthRejected: the login is refused, held back, missing, or would have to go out in clear.
            NotSupported: nothing is there.
            Busy: it has no room for us.
            CollectError: from the wire.
        """
        where = shown(path)
        if self._challenge is None or self._device.login is None:
            reply = self._send(path, {}, budget)
            if reply.status != 401:
                return _judged(path, reply)
            self._challenge = challenge(list(reply.challenges))
        if self._device.login is None:
            raise AuthRejected(f"{where}: it wants a login, and none is configured")
        for _ in range(_TRIES):
            if self._challenge is None:
                raise AuthRejected(f"{where}: it wants the password in clear (HTTP Basic); it was not sent")
            reply = self._knock(path, budget)
            stale = reply.status == 401 and self._challenge is not None and self._challenge.stale
            if not stale:
                break
        if reply.status == 401:
            raise AuthRejected(f"{where}: it refused user {self._device.login.user!r}")
        return _judged(path, reply)

    def _knock(self, path: str, budget: Budget) -> Reply:
        login, known = self._device.login, self._challenge
        assert login is not None and known is not None  # noqa: PT018, S101  get has seen to both
        self._guard.check(self._device)
        try:
            header = known.answer(login, path, os.urandom(8).hex(), "GET")
            reply = self._send(path, {"Authorization": header}, budget)
        except BaseException:
            self._guard.undecided(self._device)
            raise
        if reply.status != 401:
            self._guard.accepted(self._device)
            return reply
        self._challenge = challenge(list(reply.challenges))
        old = known.count > 1 or (self._challenge is not None and self._challenge.stale)
        if old and self._challenge is not None:
            self._challenge.stale = True
            self._guard.undecided(self._device)
        else:
            self._guard.refused(self._device, soap.attempts_left(reply.data))
        return reply

    def _send(self, path: str, more: dict[str, str], budget: Budget) -> Reply:
        headers = {"Accept": "*/*", "Connection": "keep-alive", **more}
        began = time.monotonic()
        try:
            reply = self._once(path, headers, budget)
        except CollectError as err:
            raise type(err)(f"{shown(path)}: {err}") from err
        if self._tap is not None:
            text = blank(reply.data, self._device.login) if reply.kind.startswith("text") else b""
            self._tap(
                Exchange(
                    device=self._device.id,
                    service="http",
                    operation="GET",
                    login="digest" if "Authorization" in more else "none",
                    path=shown(path),
                    status=reply.status,
                    request=b"",
                    reply=text,
                    took_seconds=time.monotonic() - began,
                )
            )
        return reply

    def _once(self, path: str, headers: dict[str, str], budget: Budget) -> Reply:
        self._wire.open(budget)
        try:
            return self._wire.ask("GET", path, headers)
        except Dropped:
            self._wire.open(budget)
            return self._wire.ask("GET", path, headers)


def shown(path: str) -> str:
    """Return a path fit for people: some devices put a password behind the question mark."""
    return path.partition("?")[0]


def _judged(path: str, reply: Reply) -> Reply:
    where = shown(path)
    if reply.status in {404, 405, 410, 501}:
        raise NotSupported(f"{where}: HTTP status {reply.status}")
    if reply.status in {429, 503}:
        raise Busy(f"{where}: HTTP status {reply.status}")
    if reply.status == 403:
        raise AuthRejected(f"{where}: this user may not see it (HTTP status 403)")
    if reply.status != 200:
        raise BadReply(f"{where}: HTTP status {reply.status}")
    return reply
