"""SOAP 1.2 as far as ONVIF needs it: a request read, a reply and a fault written."""

from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from lxml import etree

NAMESPACES: Final = {
    "env": "http://www.w3.org/2003/05/soap-envelope",
    "ter": "http://www.onvif.org/ver10/error",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tas": "http://www.onvif.org/ver10/advancedsecurity/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "tns1": "http://www.onvif.org/ver10/topics",
}
PREFIXES: Final = {uri: prefix for prefix, uri in NAMESPACES.items()}
_DECLARED: Final = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
_OPEN: Final = f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope {_DECLARED}>'
_WSSE: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
MAX_BODY: Final = 64 * 1024  # bytes; no request of ONVIF comes near


class Fault(Exception):
    """A refusal on the wire: SOAP fault code, subcodes (outer first), a sentence, and the HTTP status."""

    def __init__(self, code: str, subcodes: tuple[str, ...], sentence: str, status: int = 0) -> None:
        super().__init__(sentence)
        self.code, self.subcodes, self.sentence = code, subcodes, sentence
        self.status = status or (400 if code == "Sender" else 500)


def invalid(*subcodes: str, why: str) -> Fault:
    """Return the fault for an argument that makes no sense."""
    return Fault("Sender", ("ter:InvalidArgVal", *subcodes), why)


@dataclass(frozen=True, slots=True)
class Token:
    """A WS-UsernameToken as it stood in the header."""

    user: str
    password: str
    kind: str  # the end of the Type attribute: PasswordDigest or PasswordText
    nonce: str  # Base64
    created: str


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: `service` is the prefix of its namespace here, `` when it is none of ours."""

    service: str
    operation: str
    body: etree._Element
    token: Token | None
    message_id: str
    reference: str = ""  # the first reference parameter of its header (WS-Addressing)

    def text(self, name: str) -> str:
        """Return the text of the first element of this local name, "" when there is none."""
        return _text(self.body, name)


def read(payload: bytes) -> Ask:
    """Read a request.

    Raises:
        Fault: it is no SOAP request.
    """
    try:
        # A parser of its own each time: one that is shared keeps what the last document left in it.
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        envelope = etree.fromstring(payload, parser)
    except (etree.XMLSyntaxError, ValueError) as err:
        raise Fault("Sender", ("ter:WellFormed",), "the request is not well-formed XML") from err
    body = envelope.find(f"{{{NAMESPACES['env']}}}Body")
    element = next((e for e in body if isinstance(e.tag, str)), None) if body is not None else None
    if element is None:
        raise Fault("Sender", ("ter:InvalidArgs",), "the request has no operation in its body")
    name = etree.QName(element)
    header = envelope.find(f"{{{NAMESPACES['env']}}}Header")
    return Ask(
        PREFIXES.get(name.namespace or "", ""),
        name.localname,
        element,
        None if header is None else _token(header),
        "" if header is None else _text(header, "MessageID"),
        "" if header is None else _reference(header),
    )


def _reference(header: etree._Element) -> str:
    marked = f"{{{NAMESPACES['wsa']}}}IsReferenceParameter"
    return next(((e.text or "").strip() for e in header if e.get(marked) in {"true", "1"}), "")


def _text(element: etree._Element, name: str) -> str:
    found = next(element.iter(f"{{*}}{name}"), None)
    return (found.text or "").strip() if found is not None else ""


def _token(header: etree._Element) -> Token | None:
    token = header.find(f"{{{_WSSE}}}Security/{{{_WSSE}}}UsernameToken")
    if token is None:
        return None
    password = token.find(f"{{{_WSSE}}}Password")
    kind = "" if password is None else password.get("Type", "PasswordText")
    return Token(
        user=token.findtext(f"{{{_WSSE}}}Username", "").strip(),
        password=token.findtext(f"{{{_WSSE}}}Password", "").strip(),
        kind=kind.rpartition("#")[2],
        nonce=token.findtext(f"{{{_WSSE}}}Nonce", "").strip(),
        created=token.findtext(f"{{{_WSU}}}Created", "").strip(),
    )


def reply(body: str, header: str = "") -> bytes:
    """Return an envelope around `body`; all prefixes of `NAMESPACES` may be used in it."""
    head = f"<env:Header>{header}</env:Header>" if header else ""
    return f"{_OPEN}{head}<env:Body>{body}</env:Body></env:Envelope>".encode()


def fault(refusal: Fault) -> bytes:
    """Return the envelope of a fault (SOAP 1.2 part 1 section 5.4)."""
    nested = ""
    for subcode in reversed(refusal.subcodes):
        nested = f"<env:Subcode><env:Value>{subcode}</env:Value>{nested}</env:Subcode>"
    return reply(
        f"<env:Fault><env:Code><env:Value>env:{refusal.code}</env:Value>{nested}</env:Code>"
        f'<env:Reason><env:Text xml:lang="en">{escape(refusal.sentence)}</env:Text></env:Reason></env:Fault>'
    )
