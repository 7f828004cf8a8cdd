"""POST /hooks/helpdesk: a helpdesk, or a gateway before it, tells at once what a person did with a ticket.

Signed as Standard Webhooks says (standardwebhooks.com, specification 1.0): headers webhook-id,
webhook-timestamp and webhook-signature = "v1," + base64(HMAC-SHA256(secret, id.timestamp.body)). What is
older or newer than five minutes, or older than this start of the agent, is refused; an id that was seen gets
the answer it got and does nothing again.

The body is JSON: `ticket` (number, id or our reference), `who`, and one of `state` (a state of the work
order, or the helpdesk's own word together with `is_open`), `cause`, `pause`, `resume`; `why` says why.
"""

import asyncio
import base64
import binascii
import hmac
import json
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request as WebRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from agent.helpdesk.base import TicketRef
from agent.service.requests import Done, Request
from agent.service.workorder import Orders
from models.facts import Secret
from models.service.workorder import AGENT, State

log = logging.getLogger(__name__)

PATH: Final = "/hooks/helpdesk"
TOLERANCE_SECONDS: Final = 300.0
LONGEST_BYTES: Final = 65_536
MOST_IDS: Final = 10_000
_PREFIX: Final = "whsec_"
_ACTS: Final = ("cause", "pause", "resume")
_STATES: Final = frozenset(state.value for state in State)


class Refused(Exception):
    """The request is not believed; the message is for the log, never for the sender."""


class Hook:
    """The receiving end.

    Args:
        secret: the signing key: `whsec_` and base64, or any text.
        orders: the work orders.
        do: does one thing that a person asks for.
        clock: Unix seconds.

    Raises:
        ValueError: the key is not what it says it is.
    """

    def __init__(
        self, secret: Secret, orders: Orders, do: Callable[[Request], Done], clock: Callable[[], float]
    ) -> None:
        self._key = _key(secret)
        self._orders = orders
        self._do = do
        self._clock = clock
        self._since = clock()
        self._seen: OrderedDict[str, tuple[HTTPStatus, str]] = OrderedDict()
        self._lock = asyncio.Lock()

    def route(self) -> Route:
        """Return the route."""
        return Route(PATH, self.answer, methods=["POST"])

    async def answer(self, request: WebRequest) -> Response:
        """Answer one message."""
        body = await _body(request)
        if body is None:
            return _said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too long")
        try:
            id_ = self._believed(request.headers, body)
        except Refused as err:
            log.warning("webhook refused: %s", err)
            return _said(HTTPStatus.UNAUTHORIZED, "the signature or its time is wrong")
        async with self._lock:  # one after the other: a repetition waits for the first one's answer
            if id_ not in self._seen:
                self._seen[id_] = await asyncio.to_thread(self._done, body)
                while len(self._seen) > MOST_IDS:
                    self._seen.popitem(last=False)
            return _said(*self._seen[id_])

    def _believed(self, headers: Mapping[str, str], body: bytes) -> str:
        id_, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not id_ or not at.isdecimal():
            raise Refused("it has no id or no time")
        now = self._clock()
        if abs(now - int(at)) > TOLERANCE_SECONDS or int(at) < int(self._since):
            raise Refused("its time is too far from ours, or before this start")
        wanted = base64.b64encode(hmac.digest(self._key, f"{id_}.{at}.".encode() + body, "sha256"))
        given = [one.removeprefix("v1,") for one in headers.get("webhook-signature", "").split()]
        if not any(hmac.compare_digest(wanted, one.encode()) for one in given):
            raise Refused("its signature is wrong")
        return id_

    def _done(self, body: bytes) -> tuple[HTTPStatus, str]:
        try:
            told = json.loads(body)
            if not isinstance(told, dict):
                raise TypeError("not an object")  # noqa: TRY301  said below, as other mistakes
            done = self._take({str(name): value for name, value in told.items()})
        except (ValueError, TypeError, KeyError) as err:
            return HTTPStatus.BAD_REQUEST, f"the body cannot be read: {err}"
        return HTTPStatus.OK if done.ok else HTTPStatus.UNPROCESSABLE_ENTITY, done.said

    def _take(self, told: Mapping[str, Any]) -> Done:
        ticket, who = str(told["ticket"]), str(told.get("who", "")).strip()
        if not who or who.lower() == AGENT:  # nobody speaks for the agent
            who = "helpdesk"
        why = str(told.get("why", ""))
        acts = [name for name in _ACTS if told.get(name)]
        if acts:
            return self._do(Request(ticket, acts[0], who, str(told[acts[0]]), why))
        state = str(told["state"])
        if isinstance(told.get("is_open"), bool):
            return self._stands(ticket, TicketRef(ticket, "", told["is_open"], state), who)
        wanted = State.VERIFYING.value if state == "repaired" else state
        if wanted not in _STATES:
            raise ValueError(f"state {state!r} is none of ours: send is_open with the helpdesk's own word")
        return self._do(Request(ticket, "move", who, wanted, why))

    def _stands(self, ticket: str, found: TicketRef, who: str) -> Done:
        order = self._orders.of_ticket(ticket)
        if order is None:
            return Done(ok=False, said=f"no work order belongs to ticket {ticket}")
        self._orders.desk(order.key, order.generation, found, self._clock(), who=who)
        return Done(ok=True, said="taken")


async def _body(request: WebRequest) -> bytes | None:
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > LONGEST_BYTES:
            return None
    return data


def _said(status: HTTPStatus, text: str) -> Response:
    return JSONResponse({"said": text}, status_code=status)


def _key(secret: Secret) -> bytes:
    text = secret.reveal()
    if not text.startswith(_PREFIX):
        return text.encode()
    try:
        return base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("the signing key begins with whsec_ and is no base64") from None
