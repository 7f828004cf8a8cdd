"""One device: its requests one at a time, where its services are, and what not to ask again.

Each operation is asked without a login first. Only what is refused that way is asked with one ever after, so
the login goes where it is needed and nowhere else, and only operations that examine it can vouch for it.
"""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from collectors.base import AuthRejected, BadReply, Busy, CollectError, NotSupported
from collectors.guard import LoginGuard
from collectors.onvif.entrance import PROBES, Entrance, to_device
from collectors.onvif.exchange import Tap
from collectors.onvif.fetch import Fetcher, shown
from collectors.onvif.line import Clocks, Heard, Line, Question
from collectors.onvif.memory import Key, Memory
from collectors.onvif.operations import READ_ONLY, Permit, checked
from collectors.onvif.paths import Paths
from collectors.onvif.soap import Verdict
from collectors.onvif.tls import Pins
from collectors.onvif.wire import Budget, Reply
from collectors.onvif.xml import Element
from models.facts import Device


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: the response element, and the agent's wall clock at the middle of the exchange."""

    body: Element
    at: float
    repaired: bool


class Session:
    """All that is known of one device.

    Args:
        device: as in the inventory, with an ONVIF port.
        guard: the breaker shared by all protocols.
        clocks: wall and monotonic.
        tap: sees each exchange.
        pins: certificates of devices seen before.
    """

    def __init__(
        self,
        device: Device,
        guard: LoginGuard,
        clocks: Clocks,
        tap: Tap | None = None,
        pins: Pins | None = None,
    ) -> None:
        self.device = device
        self.memory = Memory()
        self.malformed = 0  # replies that could be read only by repairing them
        self._clocks = clocks
        self._line = Line(device, clocks, tap, pins)
        self._entrance = Entrance(device, self._line, guard=guard, memory=self.memory, clocks=clocks)
        self._fetcher = Fetcher(device, self._line.wire, guard, tap)
        self._paths = Paths(clocks.monotonic)
        self._in_flight = threading.Lock()
        self._current: Budget | None = None  # of the request that is under way

    def ask(self, service: str, operation: str, body: str, budget: Budget) -> Told:
        """Ask one operation, with whatever it takes to be answered.

        Raises:
            NotARead: it is not a read operation (a bug of ours).
            CollectError: one of the tree.
        """
        checked(service, operation)
        with self._alone(operation, budget):
            return self._ask_at_path(service, operation, body, budget)

    def send(self, question: Question, budget: Budget, permit: Permit = READ_ONLY) -> Told:
        """Send a question that is written already; one without a path goes to its service.

        What the device says of it is not remembered as a lack of the service: a subscription that is gone, or
        a preset that does not exist, is answered in the same words.

        Raises:
            NotARead: the permit does not cover it (a bug of ours).
            CollectError: one of the tree.
        """
        checked(question.service, question.operation, permit)
        with self._alone(question.operation, budget):
            if not question.path:
                path = self._paths.of(question.service, lambda name: self._answer(name, budget))
                question = replace(question, path=path)
            return self._ask(question, budget, remember=False)

    def fetch(self, path: str, budget: Budget) -> Reply:
        """Get something over plain HTTP from the device's own address, such as a snapshot.

        Raises:
            CollectError: one of the tree.
        """
        with self._alone(shown(path), budget):
            return self._fetcher.get(path, budget)

    @property
    def certificate(self) -> bytes:
        """The certificate (DER) that the device showed when it was last connected to; b"" without TLS."""
        encryption = self._line.wire.encryption
        return encryption.certificate if encryption else b""

    @property
    def login_way(self) -> str:
        """How the device lets us in: wsse, digest, both; "" before it did, or when it wants no login."""
        return self._entrance.way_in

    @property
    def device_ahead(self) -> float:
        """How far the device's clock is ahead of ours, seconds; 0 before it told."""
        return self._entrance.clock.ahead_seconds

    @property
    def services(self) -> tuple[str, ...]:
        """The services that the device listed when it was last asked for them."""
        return self._paths.listed

    def interrupt(self, budget: Budget | None = None) -> None:
        """End the request under way, from another thread; given a budget, only the one that it is of."""
        if budget is None or budget is self._current:
            self._line.wire.interrupt()

    def close_if_idle(self) -> None:
        """Close the connection when nothing is under way and it was not used of late."""
        if self._line.wire.is_open and self._in_flight.acquire(blocking=False):
            try:
                self._line.wire.close_if_idle()
            finally:
                self._in_flight.release()

    def close(self) -> None:
        """Close the connection; ends a request that is under way."""
        self.interrupt()
        with self._in_flight:
            self._line.wire.close()

    @contextlib.contextmanager
    def _alone(self, what: str, budget: Budget) -> Iterator[None]:
        """Hold the line to the device: one request in flight."""
        if not self._in_flight.acquire(timeout=_left(budget)):
            raise Busy(f"{what}: an earlier request to it has not ended")
        self._current = budget
        try:
            yield
        finally:
            self._current = None
            self._in_flight.release()

    def login_probe(self) -> Key | None:
        """Return a cheap operation that examines the login; None when none of them does."""
        return next((key for key in PROBES if self.memory.examines_login(key)), None)

    def _ask_at_path(self, service: str, operation: str, body: str, budget: Budget) -> Told:
        path = self._paths.of(service, lambda name: self._answer(name, budget))
        try:
            return self._ask(Question(service, operation, body, path), budget)
        except NotSupported:
            if self.memory.is_unsupported((service, operation)):
                raise  # the service itself said so: its path is right
            usual = self._paths.usual_instead(service, path)
            if usual is None:
                raise
        return self._ask(Question(service, operation, body, usual), budget)

    def _answer(self, operation: str, budget: Budget) -> Element:
        return self._ask(to_device(operation), budget).body

    def _ask(self, question: Question, budget: Budget, *, remember: bool = True) -> Told:
        self.memory.check(question.key, self._clocks.monotonic())
        if question.key in self.memory.closed and self.device.login is not None:
            return self._told(question, self._entrance.with_login(question, budget), remember=remember)
        heard = self._entrance.openly(question, budget)
        if heard.answer.verdict is Verdict.DONE:
            self.memory.opened(question.key)
        if heard.answer.verdict is not Verdict.REFUSED:
            return self._told(question, heard, remember=remember)
        if not self.memory.refused_in_the_open(question.key):
            raise Busy(f"{question.operation}: refused ({heard.answer.said}) what it told anybody before")
        if self.device.login is None:
            raise AuthRejected(f"{question.operation}: it wants a login, and none is configured")
        return self._told(question, self._entrance.with_login(question, budget), remember=remember)

    def _told(self, question: Question, heard: Heard, *, remember: bool = True) -> Told:
        self.malformed += heard.answer.repaired
        if heard.answer.verdict is not Verdict.DONE:
            raise self._failed(question, heard, remember=remember)
        if heard.answer.body is None:
            raise BadReply(f"{question.operation}: an empty answer")
        return Told(heard.answer.body, heard.mid_wall, heard.answer.repaired)

    def _failed(self, question: Question, heard: Heard, *, remember: bool) -> CollectError:
        error = heard.answer.error(question.operation)
        if remember and heard.answer.by_service and isinstance(error, NotSupported):
            self.memory.unsupported(question.key, str(error), self._clocks.monotonic())
        return error


def _left(budget: Budget) -> float:
    try:
        return budget.left()
    except TimeoutError:
        return 0.0
