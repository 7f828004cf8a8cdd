"""One message to a device and the judged answer, timed and shown to the tap. Knows nothing of policy."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from collectors.base import CollectError
from collectors.onvif import soap
from collectors.onvif.exchange import Exchange, Tap, blank
from collectors.onvif.operations import SERVICES
from collectors.onvif.security import Challenge, challenge, username_token
from collectors.onvif.tls import MemoryPins, Pins, encryption
from collectors.onvif.ways import Way
from collectors.onvif.wire import Budget, Dropped, Reply, Wire
from models.facts import Device, Login


@dataclass(frozen=True, slots=True)
class Clocks:
    """Wall clock in Unix seconds, and a clock that never steps."""

    wall: Callable[[], float]
    monotonic: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: service, operation, body and path.

    `header` goes into the SOAP header, `action` names the message where it is not service and operation: both
    are WS-Addressing, which subscriptions need and other services stumble over.
    """

    service: str
    operation: str
    body: str
    path: str
    header: str = ""
    action: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Service and operation: what memories are kept by."""
        return self.service, self.operation


@dataclass(frozen=True, slots=True)
class Heard:
    """A judged answer; `mid_wall` and `mid_monotonic` are the middle between sending and hearing."""

    answer: soap.Answer
    challenge: Challenge | None
    status: int
    mid_wall: float
    mid_monotonic: float


@dataclass(frozen=True, slots=True)
class Credentials:
    """What it takes to say who we are: the login, the device's time now, and its newest digest challenge."""

    login: Login
    time: float
    challenge: Challenge | None


_ACCEPT: Final = "application/soap+xml, text/xml"


class Line:
    """Sends to one device over one kept connection."""

    def __init__(self, device: Device, clocks: Clocks, tap: Tap | None, pins: Pins | None = None) -> None:
        self._device = device
        self._clocks = clocks
        self._tap = tap
        self.wire = Wire(
            device.host, device.onvif_port or 80, clocks.monotonic, encryption(device, pins or MemoryPins())
        )

    def send(self, question: Question, way: Way, credentials: Credentials | None, budget: Budget) -> Heard:
        """Send one message; once more on a new connection when the kept one had been closed meanwhile.

        Raises:
            Unreachable, BadReply: from the wire.
        """
        try:
            return self._send(question, way, credentials, budget)
        except Dropped:
            return self._send(question, way, credentials, budget)

    def _send(self, question: Question, way: Way, credentials: Credentials | None, budget: Budget) -> Heard:
        headers, message = _written(question, way, credentials)
        began = self._clocks.monotonic()
        try:
            self.wire.open(budget)  # before the clock is looked at: connecting may take seconds
            began = self._clocks.monotonic()
            reply = self.wire.post(question.path, headers, message)
        except CollectError as err:
            self._show(question, way, message, began=began, got=err)
            raise type(err)(f"{question.operation}: {err}") from err
        ended = self._clocks.monotonic()
        self._show(question, way, message, began=began, got=reply)
        return Heard(
            answer=soap.judge(question.operation, reply.status, reply.data),
            challenge=challenge(list(reply.challenges)),
            status=reply.status,
            mid_wall=self._clocks.wall() - (ended - began) / 2,
            mid_monotonic=(began + ended) / 2,
        )

    def _show(
        self, question: Question, way: Way, message: bytes, *, began: float, got: Reply | CollectError
    ) -> None:
        if self._tap is None:
            return
        login = self._device.login
        reply = got if isinstance(got, Reply) else None
        self._tap(
            Exchange(
                device=self._device.id,
                service=question.service,
                operation=question.operation,
                login=way.value,
                path=question.path,
                status=reply.status if reply else None,
                request=blank(message, login),
                reply=blank(reply.data, login) if reply else b"",
                took_seconds=self._clocks.monotonic() - began,
                error="" if reply else str(got),
            )
        )


def _written(question: Question, way: Way, who: Credentials | None) -> tuple[dict[str, str], bytes]:
    action = question.action or f"{SERVICES[question.service].namespace}/{question.operation}"
    headers = {
        "Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"',
        "Accept": _ACCEPT,
        "Connection": "keep-alive",
    }
    if who is None or way is Way.NONE:
        return headers, soap.envelope(question.body, question.header)
    if way.digest and who.challenge is not None:
        headers["Authorization"] = who.challenge.answer(who.login, question.path, os.urandom(8).hex())
    token = username_token(who.login, who.time, os.urandom(16)) if way.token else ""
    return headers, soap.envelope(question.body, token + question.header)
