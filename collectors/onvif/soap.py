"""Envelopes out, answers in: SOAP 1.2 by template, and what a refusal means.

Read a fault by HTTP status and subcode; its text comes last, because firmwares agree on the first two only
roughly and on the third not at all.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final
from xml.sax.saxutils import escape

from collectors.base import BadReply, Busy, CollectError, NotSupported
from collectors.onvif import xml
from collectors.onvif.operations import Service
from collectors.onvif.xml import Element

_SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
_SCHEMA: Final = "http://www.onvif.org/ver10/schema"
_STREAM_SETUP: Final = (
    f"<StreamSetup><Stream xmlns='{_SCHEMA}'>RTP-Unicast</Stream>"
    f"<Transport xmlns='{_SCHEMA}'><Protocol>RTSP</Protocol></Transport></StreamSetup>"
)
_FIXED: Final = {  # elements that come before the arguments
    ("device", "GetServices"): "<IncludeCapability>false</IncludeCapability>",
    ("device", "GetCapabilities"): "<Category>All</Category>",
    ("media", "GetStreamUri"): _STREAM_SETUP,
    ("media2", "GetProfiles"): "<Type>All</Type>",
    ("media2", "GetStreamUri"): "<Protocol>RTSP</Protocol>",
}
_END: Final = re.compile(rb"</([\w.-]{1,40}:)?Envelope\s*>$")
_ATTEMPTS: Final = re.compile(r"(\d{1,3})\s+(?:more\s+)?attempt\(?s?\)?", re.IGNORECASE)

Scalar = str | int | float


class Xml(str):
    """An argument that is XML already: put in as it is, under its name."""

    __slots__ = ()


def request(service: Service, operation: str, args: Mapping[str, Scalar]) -> str:
    """Return the body of a request whose arguments are plain values, in the order given."""
    inner = "".join(f"<{name}>{_word(value)}</{name}>" for name, value in args.items())
    fixed = _FIXED.get((service.name, operation), "")
    return f'<{operation} xmlns="{service.namespace}">{fixed}{inner}</{operation}>'


def envelope(body: str, header: str = "") -> bytes:
    """Return a whole message."""
    head = f"<s:Header>{header}</s:Header>" if header else ""
    inside = f"{head}<s:Body>{body}</s:Body>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{_SOAP}">{inside}</s:Envelope>'.encode()
    )


def _word(value: Scalar) -> str:
    if isinstance(value, Xml):
        return str(value)
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


# ---------------------------------------------------------------- answers


class Verdict(Enum):
    """What an answer means."""

    DONE = auto()
    REFUSED = auto()  # it wants a login, or another one
    BUSY = auto()
    NOT_SUPPORTED = auto()
    FAILED = auto()  # a fault about something else, or nothing we can read


@dataclass(frozen=True, slots=True)
class Answer:
    """A judged reply: what it means, the response element when it is DONE, and what it said otherwise."""

    verdict: Verdict
    body: Element | None = None
    said: str = ""  # one line for people, no secrets in it
    repaired: bool = False
    by_service: bool = False  # a SOAP answer, so the ONVIF service itself spoke
    attempts_left: int | None = None

    def error(self, wanted: str) -> CollectError:
        """Return the error of the tree for an answer that is neither DONE nor REFUSED."""
        kinds = {Verdict.BUSY: Busy, Verdict.NOT_SUPPORTED: NotSupported}
        return kinds.get(self.verdict, BadReply)(f"{wanted}: {self.said}")


_STATUS: Final = {
    401: Verdict.REFUSED,
    403: Verdict.REFUSED,
    404: Verdict.NOT_SUPPORTED,
    405: Verdict.NOT_SUPPORTED,
    410: Verdict.NOT_SUPPORTED,
    429: Verdict.BUSY,
    501: Verdict.NOT_SUPPORTED,
    503: Verdict.BUSY,
}
_REFUSING: Final = frozenset({
    "NotAuthorized", "FailedAuthentication", "FailedCheck", "InvalidSecurity", "InvalidSecurityToken",
    "MessageExpired", "SenderNotAuthorized", "Unauthorized",
})  # fmt: skip
_LACKING: Final = frozenset({"ActionNotSupported", "NoSuchService", "OptionalActionNotImplemented"})
_FULL: Final = re.compile(
    r"^(TooMany|OutofMemory|OutOfMemory|MaxPullPoints|ResourceUnavailable|ConnectionLimit)"
)
_TEXTS: Final = (
    (
        re.compile(
            r"not\s+authori[sz]ed|unauthori[sz]ed|authentication|time check failed|locked", re.IGNORECASE
        ),
        Verdict.REFUSED,
    ),
    (
        re.compile(r"not (implemented|supported|recognized)|unknown (method|action)", re.IGNORECASE),
        Verdict.NOT_SUPPORTED,
    ),
    (re.compile(r"too many|busy|no (more )?resources?|limit reached", re.IGNORECASE), Verdict.BUSY),
)


def judge(operation: str, status: int, reply: bytes) -> Answer:
    """Say what an HTTP answer to `operation` means. Pure, and total: it never raises."""
    try:
        root, repaired = xml.parse(reply)
    except BadReply as err:
        return _without_soap(status, reply, str(err))
    body = xml.descendant(root, "Body") if xml.local(root) == "Envelope" else None
    if body is None:
        return _without_soap(status, reply, "the reply is no SOAP message")
    fault = xml.find(body, "Fault")
    if fault is not None:
        return _of_fault(status, fault, repaired=repaired)
    found = xml.find(body, f"{operation}Response")
    if found is None or status >= 300:
        return _without_soap(status, reply, f"the reply holds no {operation}Response")
    if repaired and not _complete(reply):
        return Answer(Verdict.FAILED, said="the reply is cut off", by_service=True)
    return Answer(Verdict.DONE, found, repaired=repaired, by_service=True)


def _complete(reply: bytes) -> bool:
    """Whether the envelope was closed: a repaired half of a list must not pass for a shorter list."""
    return _END.search(reply.rstrip(b"\0 \t\r\n")[-100:]) is not None


def _without_soap(status: int, reply: bytes, reason: str) -> Answer:
    left = attempts_left(reply)
    if (verdict := _STATUS.get(status)) is not None:
        return Answer(verdict, said=f"HTTP status {status}", attempts_left=left)
    if status in {400, 500} and not reply.strip():
        return Answer(Verdict.NOT_SUPPORTED, said=f"HTTP status {status} without a word")
    if 300 <= status < 400:
        return Answer(Verdict.FAILED, said=f"HTTP status {status}: it points elsewhere, where we do not go")
    return Answer(Verdict.FAILED, said=f"{reason} (HTTP status {status})", attempts_left=left)


def _of_fault(status: int, fault: Element, *, repaired: bool) -> Answer:
    codes = _codes(fault)
    words = _words(fault)
    verdict = _by_code(codes) or (_STATUS.get(status) if status != 404 else None) or _by_text(words, codes)
    said = f"fault {'/'.join(codes) or 'without code'}, HTTP status {status}"
    if words:
        said += f': "{words}"'
    left = attempts_left(words.encode())
    return Answer(verdict, said=said, repaired=repaired, by_service=True, attempts_left=left)


def _codes(fault: Element) -> list[str]:
    """Return code and subcodes, outermost first, without prefixes (SOAP 1.2 part 1, section 5.4)."""
    codes: list[str] = []
    level = xml.find(fault, "Code")
    while level is not None and len(codes) < 8:
        codes.append(xml.text(level, "Value"))
        level = xml.find(level, "Subcode")
    codes = codes or [xml.text(fault, "faultcode")]
    return [code.rpartition(":")[2][:60] for code in codes if code]


def _words(fault: Element) -> str:
    """Return the reason and the detail as one printable line."""
    parts = (xml.text(fault, "Reason/Text"), xml.text(fault, "faultstring"), xml.text(fault, "Detail/Text"))
    line = " ".join(" ".join(part for part in parts if part).split())
    return "".join(char for char in line if char.isprintable())[:160]


def _by_code(codes: list[str]) -> Verdict | None:
    if _REFUSING.intersection(codes):
        return Verdict.REFUSED
    if _LACKING.intersection(codes):
        return Verdict.NOT_SUPPORTED
    if any(_FULL.match(code) for code in codes):
        return Verdict.BUSY
    if codes[-1:] == ["Action"]:  # "Action Failed" and no more: how one maker says it has no such thing
        return Verdict.NOT_SUPPORTED
    return None


def _by_text(words: str, codes: list[str]) -> Verdict:
    if not words and len(codes) <= 1:  # an empty fault: another maker's way to say the same
        return Verdict.NOT_SUPPORTED
    return next((verdict for pattern, verdict in _TEXTS if pattern.search(words)), Verdict.FAILED)


def attempts_left(reply: bytes) -> int | None:
    """Read "You still have N attempt(s)" out of a refusal."""
    match = _ATTEMPTS.search(reply[:4096].decode("utf-8", "replace"))
    return int(match.group(1)) if match else None
