"""The requests of a subscription: bodies, and the WS-Addressing headers that go with them.

Renew and Unsubscribe are refused by many devices without a MessageID (WS-BaseNotification over SOAP 1.2);
where a subscription has reference parameters they must come back as headers (WS-Addressing 1.0 SOAP Binding,
section 3.4).
"""

import calendar
import re
import time
from typing import Final
from uuid import uuid4
from xml.sax.saxutils import escape

from lxml import etree

from collectors.base import BadReply
from collectors.onvif import xml
from collectors.onvif.addresses import own_path
from collectors.onvif.events.book import Kept
from collectors.onvif.line import Question
from collectors.onvif.xml import Element

_TEV: Final = "http://www.onvif.org/ver10/events/wsdl"
_WSNT: Final = "http://docs.oasis-open.org/wsn/b-2"
_WSA: Final = "http://www.w3.org/2005/08/addressing"
_ACTIONS: Final = {
    "CreatePullPointSubscription": f"{_TEV}/EventPortType/CreatePullPointSubscriptionRequest",
    "PullMessages": f"{_TEV}/PullPointSubscription/PullMessagesRequest",
    "SetSynchronizationPoint": f"{_TEV}/PullPointSubscription/SetSynchronizationPointRequest",
    "Renew": "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest",
    "Unsubscribe": "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest",
}
_MOMENT: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?\s*(Z|[+-]\d{1,2}:?\d{0,2})?$"
)
_REFERENCE_LENGTH: Final = 2048


def create(until: str) -> Question:
    """Ask for a pull point that lives until then: a duration, or a moment of the device's clock."""
    body = f"<InitialTerminationTime>{until}</InitialTerminationTime>"
    return _question("CreatePullPointSubscription", _TEV, body, None)


def pull(kept: Kept, wait: str, limit: int) -> Question:
    """Ask for what happened; `wait` is an xs:duration."""
    body = f"<Timeout>{wait}</Timeout><MessageLimit>{limit}</MessageLimit>"
    return _question("PullMessages", _TEV, body, kept)


def synchronize(kept: Kept) -> Question:
    """Ask to be told all states again."""
    return _question("SetSynchronizationPoint", _TEV, "", kept)


def renew(kept: Kept, until: str) -> Question:
    """Ask for a longer life."""
    return _question("Renew", _WSNT, f"<TerminationTime>{until}</TerminationTime>", kept)


def unsubscribe(kept: Kept) -> Question:
    """Give the subscription back."""
    return _question("Unsubscribe", _WSNT, "", kept)


def _question(operation: str, namespace: str, inner: str, kept: Kept | None) -> Question:
    action = _ACTIONS[operation]
    header = f'<wsa:Action xmlns:wsa="{_WSA}">{action}</wsa:Action>'
    header += f'<wsa:MessageID xmlns:wsa="{_WSA}">urn:uuid:{uuid4()}</wsa:MessageID>'
    path = ""
    if kept is not None:
        path = own_path(kept.address)
        header += f'<wsa:To xmlns:wsa="{_WSA}">{escape(kept.address)}</wsa:To>{kept.reference}'
    body = f'<{operation} xmlns="{namespace}">{inner}</{operation}>'
    return Question("events", operation, body, path, header, action)


def subscription(response: Element, host: str, port: int) -> Kept:
    """Read where the subscription is out of a CreatePullPointSubscriptionResponse.

    Raises:
        BadReply: it gives no usable address.
    """
    address = xml.text(response, "SubscriptionReference/Address")
    own_path(address)
    return Kept(host, port, address, _reference(xml.find(response, "SubscriptionReference")))


def _reference(element: Element | None) -> str:
    """Return the reference parameters as headers of our own requests; "" where there are none."""
    holder = xml.find(element, "ReferenceParameters")
    if holder is None:
        return ""
    parts = []
    for child in holder:
        if isinstance(child.tag, str):
            child.set(f"{{{_WSA}}}IsReferenceParameter", "true")
            child.tail = None
            parts.append(etree.tostring(child, encoding="unicode"))
    text = "".join(parts)
    return text if len(text) <= _REFERENCE_LENGTH else ""


def granted(response: Element) -> tuple[float | None, float | None]:
    """Return the seconds a subscription has, and the device's time, as an answer tells them; None: not told.

    By the device's own two times, so its clock does not matter.
    """
    now, until = moment(xml.text(response, "CurrentTime")), moment(xml.text(response, "TerminationTime"))
    return (until - now if now is not None and until is not None else None), now


def moment(text: str) -> float | None:
    """Return an xs:dateTime as Unix seconds, None for what cannot be; without a zone it is taken as UTC."""
    match = _MOMENT.match(text.strip()[:60])
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    try:
        at = calendar.timegm((year, month, day, hour, minute, second))
    except (ValueError, OverflowError):
        return None
    return float(at - _zone(match.group(7) or "Z"))


def _zone(text: str) -> int:
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60
    return -seconds if text[0] == "-" else seconds


def stamp(at: float) -> str:
    """Return a moment as xs:dateTime in UTC, with the Z that some firmwares insist on."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(min(max(at, 0.0), 253402300799.0)))


def said(err: BadReply | Exception) -> str:
    """Return the words of a refusal in lower case, to tell its kinds apart."""
    return str(err).lower()
