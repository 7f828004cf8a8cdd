"""One request and its answer as they were on the wire, secrets blanked: what `probe --raw` prints."""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from models.facts import Login

# every repetition is bounded: a hostile reply must not make the search slow
_SECRETS: Final = re.compile(rb"(<(?:[\w.-]{1,40}:)?(?:Password|Nonce)\b[^>]{0,300}>)[^<]*", re.IGNORECASE)
_USERINFO: Final = re.compile(rb"(\w{1,10}://)[^/@\s<>\"']{0,300}@")
_SHORTEST: Final = 3  # blanking a password of one letter would blank the whole text


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was sent and what came back.

    Attributes:
        device: id of the device.
        service: ONVIF service, `operation`: what was asked.
        login: how we identified ourselves: none, wsse, digest, both.
        path: path on the device.
        status: HTTP status, None when nothing came back; `error` then says what happened.
        request, reply: the messages, secrets blanked.
        took_seconds: from sending to the end of the answer.
    """

    device: str
    service: str
    operation: str
    login: str
    path: str
    status: int | None
    request: bytes = field(repr=False)
    reply: bytes = field(repr=False)
    took_seconds: float
    error: str = ""


Tap = Callable[[Exchange], None]


def blank(message: bytes, login: Login | None) -> bytes:
    """Return a message without digests, nonces, user parts of addresses, and our own password."""
    clean = _USERINFO.sub(rb"\1***@", _SECRETS.sub(rb"\1***", message))
    password = login.password.reveal() if login else ""
    if len(password) >= _SHORTEST:
        for spelling in {password, escape(password), quote(password, safe=""), quote(password)}:
            clean = clean.replace(spelling.encode(), b"***")
    return clean


class LastExchanges:
    """A tap that keeps the newest exchanges of each device, for `probe --raw`."""

    def __init__(self, each: int = 40) -> None:
        self._each = each
        self._kept: dict[str, deque[Exchange]] = {}

    def __call__(self, exchange: Exchange) -> None:
        """Take one."""
        self._kept.setdefault(exchange.device, deque(maxlen=self._each)).append(exchange)

    def of(self, device_id: str) -> tuple[Exchange, ...]:
        """Return what is kept of a device, oldest first."""
        return tuple(self._kept.get(device_id, ()))
