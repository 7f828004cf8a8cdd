"""How one device lets us in: without a login, by WS-UsernameToken, by HTTP digest; and what a refusal means.

ONVIF Core ("Authentication") makes a refusal tell the way in: 401 with a digest challenge is HTTP digest,
anything else a WS-UsernameToken signed with the device's own time. Another way is tried only for a reason
seen in the answer, and each refusal is told to the guard.
"""

from typing import Final

from collectors.base import AuthRejected, BadReply, Busy, Unreachable
from collectors.guard import LoginGuard
from collectors.onvif import soap
from collectors.onvif.device_clock import DeviceClock
from collectors.onvif.line import Clocks, Credentials, Heard, Line, Question
from collectors.onvif.memory import Key, Memory
from collectors.onvif.operations import SERVICES
from collectors.onvif.security import Challenge
from collectors.onvif.soap import Verdict
from collectors.onvif.times import system_time
from collectors.onvif.ways import Refusal, Way, next_way
from collectors.onvif.wire import Budget
from models.facts import Device

CLOCK: Final[Key] = ("device", "GetSystemDateAndTime")
PROBES: Final[tuple[Key, ...]] = (  # cheap, and for every user (ONVIF Core: access class READ_SYSTEM)
    ("device", "GetDeviceInformation"),
    ("device", "GetNetworkInterfaces"),
    ("device", "GetScopes"),
)
_FRESH_SECONDS: Final = 10.0  # a clock read this recently is not read again over a refusal
_MOVED_SECONDS: Final = 2.0  # twice the resolution of the device's clock


class Entrance:
    """Sends questions to one device with what it takes to be let in. Not for two threads at once.

    Args:
        device: as in the inventory.
        line: to the device.
        guard: the breaker shared by all protocols.
        memory: which operations want a login, and which this user may not ask.
        clocks: wall and monotonic.
    """

    def __init__(
        self, device: Device, line: Line, *, guard: LoginGuard, memory: Memory, clocks: Clocks
    ) -> None:
        self.clock = DeviceClock(clocks)
        self._device = device
        self._line = line
        self._guard = guard
        self._memory = memory
        self._clocks = clocks
        self._way = Way.NONE  # the way that was accepted, NONE before
        self._challenge: Challenge | None = None
        self._nonce_was_kept = False  # the digest sent last answered a challenge of an earlier request
        self._one_use_nonces = False  # so a challenge is fetched for each request: that refuses nobody

    @property
    def way_in(self) -> str:
        """The way that was accepted, "" before."""
        return "" if self._way is Way.NONE else self._way.value

    def openly(self, question: Question, budget: Budget) -> Heard:
        """Ask without a login.

        Raises:
            CollectError: from the wire.
        """
        return self._send(question, Way.NONE, budget)

    def with_login(self, question: Question, budget: Budget) -> Heard:
        """Ask with the login; the answer is anything but a refusal.

        Raises:
            AuthRejected: the login was refused, or the guard keeps it back.
            Busy: it refuses everybody at this moment.
            CollectError: from the wire.
        """
        if self.clock.age_seconds == float("inf"):
            self._read_clock(budget)
        proof = next((key for key in PROBES if key in self._memory.accepted), None)
        if proof is not None and self._way is not Way.NONE and question.key not in self._memory.accepted:
            return self._first_time(question, proof, budget)
        return self._try_ways(question, budget)

    def _first_time(self, question: Question, proof: Key, budget: Budget) -> Heard:
        """Ask with a login that is right what it was never let in for.

        A refusal may mean that this user may not: a viewer who may not list the accounts. So something the
        login was accepted for is asked before the breaker counts; and counts twice when that is refused too.
        """
        way = self._ready(question, self._way, budget)
        heard = self._knock(question, way, budget, counts=False)
        if heard.answer.verdict is not Verdict.REFUSED:
            return heard
        if way.token and self._clock_moved(budget):
            self._guard.refused(self._device, heard.answer.attempts_left)
            return self._try_ways(question, budget)
        was_old = way.digest and self._nonce_was_kept
        known = to_device(proof[1])
        if self._knock(known, self._ready(known, way, budget), budget).answer.verdict is Verdict.REFUSED:
            self._guard.refused(self._device, heard.answer.attempts_left)
            raise AuthRejected(f"{question.operation}: it refused the login ({heard.answer.said})")
        if was_old:
            heard = self._knock(question, self._ready(question, way, budget), budget, counts=False)
            if heard.answer.verdict is not Verdict.REFUSED:
                return heard
        self._memory.denied(question.key, self._clocks.monotonic())
        user = self._device.login.user if self._device.login else ""
        raise AuthRejected(f"{question.operation}: user {user!r} may not ask it ({heard.answer.said})")

    def _try_ways(self, question: Question, budget: Budget) -> Heard:
        tried: list[Way] = []
        way: Way | None = self._first_way()
        while way is not None:
            way = self._ready(question, way, budget)
            tried.append(way)
            heard = self._knock(question, way, budget)
            if heard.answer.verdict is not Verdict.REFUSED:
                return heard
            way = self._next_way(tried, heard, budget)
        raise self._rejected(question, heard)

    def _ready(self, question: Question, way: Way, budget: Budget) -> Way:
        """Return the way, or the token alone where a digest has no challenge to answer."""
        return Way.WSSE if way.digest and not self._has_challenge(question, budget) else way

    def _first_way(self) -> Way:
        if self._way is not Way.NONE:
            return self._way
        return Way.DIGEST if self._challenge is not None else Way.WSSE

    def _next_way(self, tried: list[Way], heard: Heard, budget: Budget) -> Way | None:
        stale = _stale(tried[-1], heard)
        refusal = Refusal(
            tried=tuple(tried),
            http=heard.status == 401,
            challenged=heard.challenge is not None,
            old_nonce=self._nonce_was_kept or stale,
            proven=self._way is not Way.NONE,
            skewed=self.clock.is_skewed,
        )
        way = next_way(refusal, lambda: self._clock_moved(budget))
        self._one_use_nonces |= way is tried[-1] and way.digest and not stale
        return way

    def _knock(self, question: Question, way: Way, budget: Budget, *, counts: bool = True) -> Heard:
        """Send once with the login and tell the guard how it went; a refusal only where it `counts`."""
        self._guard.check(self._device)
        try:
            heard = self._send(question, way, budget)
            crowded = self._is_crowding(heard, budget)
        except BaseException:
            self._guard.undecided(self._device)
            raise
        if heard.answer.verdict is Verdict.DONE:
            self._way = way
            self._memory.accepted.add(question.key)
            self._guard.accepted(self._device)
        elif counts and heard.answer.verdict is Verdict.REFUSED and not crowded and not _stale(way, heard):
            self._guard.refused(self._device, heard.answer.attempts_left)
        else:
            self._guard.undecided(self._device)
        if crowded:
            raise Busy(f"{question.operation}: {heard.answer.said}; it refuses anybody at this moment")
        return heard

    def _rejected(self, question: Question, heard: Heard) -> AuthRejected:
        user = self._device.login.user if self._device.login else ""
        if self._way is not Way.NONE and question.key not in self._memory.accepted:
            self._memory.denied(question.key, self._clocks.monotonic())
            return AuthRejected(f"{question.operation}: user {user!r} may not ask it ({heard.answer.said})")
        return AuthRejected(f"{question.operation}: it refused user {user!r} ({heard.answer.said})")

    def _has_challenge(self, question: Question, budget: Budget) -> bool:
        """Whether there is a digest challenge to answer; fetches one where none is kept."""
        if self._challenge is None or self._one_use_nonces:
            self._challenge = None
            self._send(question, Way.NONE, budget)
        return self._challenge is not None

    def _is_crowding(self, heard: Heard, budget: Budget) -> bool:
        """Whether a login that was accepted before is refused by a device that refuses everybody now.

        Some answer 401 when they have no connection left; what is open to all tells the two apart.
        """
        bare = heard.answer.verdict is Verdict.REFUSED and not heard.answer.by_service
        if not bare or self._way is Way.NONE or not self._memory.is_open(CLOCK):
            return False
        try:
            again = self._send(to_device(CLOCK[1]), Way.NONE, budget)
        except (Unreachable, BadReply):
            return True
        return again.answer.verdict in {Verdict.REFUSED, Verdict.BUSY}

    def _read_clock(self, budget: Budget) -> None:
        """Read the device's clock without a login; host time stands in where it does not tell."""
        if self._send(to_device(CLOCK[1]), Way.NONE, budget).answer.verdict is Verdict.DONE:
            self._memory.opened(CLOCK)
        self.clock.tried()

    def _clock_moved(self, budget: Budget) -> bool:
        """Read the clock again, unless that was just done; return whether it was set meanwhile."""
        if self.clock.age_seconds < _FRESH_SECONDS:
            return False
        before = self.clock.ahead_seconds
        self._read_clock(budget)
        return abs(self.clock.ahead_seconds - before) > _MOVED_SECONDS

    def _send(self, question: Question, way: Way, budget: Budget) -> Heard:
        heard = self._line.send(question, way, self._credentials(way), budget)
        if way.digest:
            self._nonce_was_kept = self._challenge is not None and self._challenge.count > 1
        if heard.challenge is not None:
            self._challenge = heard.challenge
        if question.key == CLOCK and heard.answer.body is not None:
            utc = system_time(heard.answer.body).utc
            if utc is not None:
                self.clock.tells(utc, heard.mid_monotonic)
        return heard

    def _credentials(self, way: Way) -> Credentials | None:
        if way is Way.NONE or self._device.login is None:
            return None
        now = self._clocks.wall() if way is Way.WSSE_HOST_TIME else self.clock.now()
        return Credentials(self._device.login, now, self._challenge)


def to_device(operation: str) -> Question:
    """Return a question to the device service, which has a fixed path (ONVIF Core, "Device service")."""
    device = SERVICES["device"]
    return Question(device.name, operation, soap.request(device, operation, {}), device.path)


def _stale(way: Way, heard: Heard) -> bool:
    """Whether only the nonce was too old: the device says the password was right (RFC 7616, section 3.3)."""
    return way.digest and heard.challenge is not None and heard.challenge.stale
