"""The two ways a device lets us in: WS-UsernameToken in the envelope, or HTTP digest in the header."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from xml.sax.saxutils import escape

from models.facts import Login

_WSS: Final = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = 253402300799.0  # the end of year 9999
_LONGEST: Final = 2048  # of a challenge; the search for its parts is quadratic in hostile ones
_PAIR: Final = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: Final[dict[str, Callable[[bytes], str]]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}


def username_token(login: Login, device_time: float, nonce: bytes) -> str:
    """Return a WS-Security header with a password digest, base64(SHA-1(nonce + created + password)).

    OASIS Web Services Security UsernameToken Profile 1.0, section 3.1. `created` is written with `Z`: some
    firmwares refuse `+00:00`.

    Args:
        login: user and password.
        device_time: the *device's* idea of now, Unix seconds: it refuses tokens that look old.
        nonce: 16 fresh random bytes.
    """
    moment = _EPOCH + timedelta(seconds=min(max(device_time, 0.0), _LATEST))
    created = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    secret = nonce + created.encode() + login.password.reveal().encode()
    digest = base64.b64encode(hashlib.sha1(secret, usedforsecurity=False).digest()).decode()
    return (
        f'<wsse:Security xmlns:wsse="{_WSS}-wssecurity-secext-1.0.xsd"'
        f' xmlns:wsu="{_WSS}-wssecurity-utility-1.0.xsd"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(login.user)}</wsse:Username>"
        f'<wsse:Password Type="{_WSS}-username-token-profile-1.0#PasswordDigest">{digest}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{_WSS}-soap-message-security-1.0#Base64Binary">'
        f"{base64.b64encode(nonce).decode()}</wsse:Nonce>"
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


@dataclass(slots=True)
class Challenge:
    """A digest challenge of a device, and how often it was answered (RFC 7616; RFC 2617 without qop)."""

    realm: str
    nonce: str
    opaque: str
    algorithm: str
    qop: str
    stale: bool
    count: int = field(default=0)

    def answer(self, login: Login, uri: str, cnonce: str, method: str = "POST") -> str:
        """Return the Authorization header for one request to `uri`."""
        self.count += 1
        digest = _HASHES[self.algorithm.removesuffix("-SESS")]
        secret = f"{login.user}:{self.realm}:{login.password.reveal()}"
        first = digest(secret.encode())
        if self.algorithm.endswith("-SESS"):
            first = digest(f"{first}:{self.nonce}:{cnonce}".encode())
        second = digest(f"{method}:{uri}".encode())
        serial = f"{self.count:08x}"
        middle = f"{serial}:{cnonce}:{self.qop}:" if self.qop else ""
        response = digest(f"{first}:{self.nonce}:{middle}{second}".encode())
        parts = [
            f"username={_quoted(login.user)}",
            f"realm={_quoted(self.realm)}",
            f"nonce={_quoted(self.nonce)}",
        ]
        parts += [
            f'uri="{uri}"',
            f'response="{response}"',
            f"algorithm={self.algorithm.replace('SESS', 'sess')}",
        ]
        if self.opaque:
            parts.append(f"opaque={_quoted(self.opaque)}")
        if self.qop:
            parts += [f"qop={self.qop}", f"nc={serial}", f'cnonce="{cnonce}"']
        return "Digest " + ", ".join(parts)


def challenge(headers: list[str]) -> Challenge | None:
    """Return the strongest digest challenge among WWW-Authenticate headers that we can answer."""
    found = [one for header in headers[:8] for one in _challenges(header[:_LONGEST])]
    return max(found, key=lambda one: one.algorithm.startswith("SHA"), default=None)


def _challenges(header: str) -> list[Challenge]:
    pieces = re.split(r"(?i)(?:^|,)\s*(?=(?:digest|basic|bearer|negotiate)\b)", header)
    return [one for piece in pieces if (one := _one(piece.strip())) is not None]


def _one(text: str) -> Challenge | None:
    if text[:6].lower() != "digest":
        return None
    given = {key.lower(): _unquoted(quoted) or plain for key, quoted, plain in _PAIR.findall(text[6:])}
    algorithm = given.get("algorithm", "MD5").upper()
    offers = [word.strip().lower() for word in given.get("qop", "").split(",") if word.strip()]
    readable = algorithm.removesuffix("-SESS") in _HASHES and (not offers or "auth" in offers)
    if not readable or not given.get("nonce"):
        return None
    return Challenge(
        realm=given.get("realm", ""),
        nonce=given["nonce"],
        opaque=given.get("opaque", ""),
        algorithm=algorithm,
        qop="auth" if offers else "",
        stale=given.get("stale", "").lower() == "true",
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
