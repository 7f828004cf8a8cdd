"""How a simulated device misbehaves on the wire: before a request is read, and in what it answers."""

import asyncio
from typing import Final

from aiohttp import web

from simulator.onvif.box import Box
from simulator.onvif.soap import Ask, Fault, fault

EVIL_HOST: Final = "127.66.6.6"  # where the quirk onvif_evil would have our login sent
NAT_HOST: Final = "192.0.2.10:80"  # a documentation address (RFC 5737)
LOCK_AFTER: Final = 5
LOCK_SECONDS: Final = 1800.0
ENDLESS_BYTES: Final = 3 * 1024 * 1024
WEAK_SECONDS: Final = 5.0
_PAGE: Final = "<html><head><title>404</title></head><body>Not Found</body></html>"
_ADMINISTRATORS: Final = frozenset(
    {"GetUsers", "GetStorageConfigurations", "GetCertificates", "GetCertificatesStatus"}
)
_NEEDED: Final = frozenset(
    {
        "GetSystemDateAndTime",
        "GetDeviceInformation",
        "GetServices",
        "GetCapabilities",
        "GetProfiles",
        "GetStreamUri",
    }
)
_NOT_SUPPORTED: Final = ("ter:ActionNotSupported",)


class Lock:
    """Counts refused logins where the quirk onvif_lockout is on; its clock is the loop's."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._wrong = 0
        self._until = 0.0

    @property
    def is_shut(self) -> bool:
        """Whether no login is looked at."""
        return bool(self._box.has("onvif_lockout")) and asyncio.get_running_loop().time() < self._until

    def refused(self) -> str:
        """Note a refused login; return what the refusal says of it."""
        if not self._box.has("onvif_lockout"):
            return ""
        self._wrong += 1
        if self._wrong >= LOCK_AFTER:
            self._until = asyncio.get_running_loop().time() + LOCK_SECONDS
            return "The account is locked for 30 minutes"
        return f"Invalid user or password. You still have {LOCK_AFTER - self._wrong} attempt(s)"

    def granted(self) -> None:
        """Forgive, as devices do after a right login."""
        self._wrong = 0


async def before(box: Box, requests_now: int) -> web.Response | None:
    """Do what a device does before it reads a request; return its answer where that is all it says."""
    if box.has("onvif_disabled"):
        return web.Response(status=404, text=_PAGE, content_type="text/html")
    if box.has("onvif_crowded"):
        return web.Response(status=401)
    if box.has("onvif_slow"):
        await asyncio.sleep(3.0 * box.has("onvif_slow"))
    if box.has("onvif_weak") and requests_now > 1:
        await asyncio.sleep(WEAK_SECONDS)
    return None


def permit(box: Box, ask: Ask) -> None:
    """Refuse what this user may not ask, or this firmware does not have.

    Raises:
        Fault: it is refused.
    """
    if box.has("onvif_viewer") and ask.operation in _ADMINISTRATORS:
        raise Fault("Sender", ("ter:NotAuthorized",), "Operator access denied")
    if box.has("onvif_minimal") and ask.operation not in _NEEDED:
        raise lacking()
    if ask.service == "trt" and box.has("onvif_media2_only"):
        raise lacking()
    if ask.service == "tr2" and box.has("onvif_media2_refuses"):
        raise lacking()
    if ask.operation == "GetServices" and box.has("onvif_no_get_services"):
        raise lacking()


def lacking() -> Fault:
    """Return the refusal of what a device does not have."""
    return Fault("Receiver", _NOT_SUPPORTED, "Optional Action Not Implemented")


def refused(box: Box, refusal: Fault) -> tuple[bytes, int]:
    """Return body and status of a refusal, in the words of this firmware."""
    if refusal.subcodes != _NOT_SUPPORTED:
        return fault(refusal), refusal.status
    if box.has("onvif_bare_faults"):
        return b"", 400
    if box.has("onvif_action_failed"):
        refusal = Fault("Receiver", ("ter:Action",), "Action Failed")
    elif box.has("onvif_method_unknown"):
        refusal = Fault(
            "Sender", (), "Method not implemented: method name or namespace not recognized", status=400
        )
    return fault(refusal), refusal.status


def spoilt(box: Box, ask: Ask, envelope: bytes) -> bytes:
    """Return a reply as this firmware writes it."""
    if box.has("onvif_nat") or box.has("onvif_evil"):
        envelope = _elsewhere(box, envelope)
    if ask.operation == "GetServices" and box.has("onvif_broken_services"):
        envelope = envelope.replace(b"<tds:Version>", b"<odd:Extra>1</odd:Extra><tds:Version>")
    if box.has("onvif_odd_enums"):
        for word in (b">H264<", b">H265<", b">NTP<", b">IDLE<", b">AUTO<"):
            envelope = envelope.replace(word, b">x-Vendor-9<")
    if box.has("onvif_broken_xml"):
        envelope = envelope.replace(b"<env:Body>", b"<env:Body>\n", 1).replace(
            b"><tt:", b"><odd:Odd/><tt:", 1
        )
    if box.has("onvif_broken_utf8"):
        envelope = envelope.replace(b"</env:Body>", b"<!-- \xff\xfe\xc3 --></env:Body>")
    if box.has("onvif_garbage"):
        return b"\x00\x01\x02 not XML at all &&& <"
    if box.has("onvif_cut_off"):
        return envelope[: len(envelope) * 2 // 3]
    return envelope + b" " * ENDLESS_BYTES if box.has("onvif_endless") else envelope


def _elsewhere(box: Box, envelope: bytes) -> bytes:
    """Return a reply whose addresses are those of another host."""
    address = box.spec.address
    if box.has("onvif_evil"):
        return envelope.replace(f"://{address}".encode(), f"://{EVIL_HOST}".encode())
    own = [f"{address}:{box.onvif.port}"] + ([f"{address}:{box.spec.rtsp.port}"] if box.spec.rtsp else [])
    for one in own:
        envelope = envelope.replace(f"http://{one}".encode(), f"http://{NAT_HOST}".encode())
        envelope = envelope.replace(
            f"rtsp://{one}".encode(), f"rtsp://{NAT_HOST.split(':')[0]}:{one.split(':')[1]}".encode()
        )
    return envelope
