"""Who may look: HTTP Digest with MD5 (RFC 2617, which RFC 2326 refers to), `qop=auth` or none.

MD5 because that is what cameras speak. The `uri` a client signs is taken as it says: GStreamer signs the
presentation's address where others sign the request's.
"""

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NONCE_SECONDS: Final = 60.0
MAX_NONCES: Final = 256
_FIELD: Final = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*))')


class Login(StrEnum):
    """What the gate says of one request."""

    GRANTED = "granted"
    NONE = "none"  # it showed nothing: ask for it
    STALE = "stale"  # name and password are right, the nonce is old or used: ask again
    REFUSED = "refused"


@dataclass(slots=True)
class _Nonce:
    expires: float
    count: int = 0  # highest nonce-count seen: a lower one is a replay


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


def response(user: str, password: str, method: str, fields: dict[str, str]) -> str:
    """Return the digest a client must send (RFC 2617 section 3.2.2.1; without `qop` as in RFC 2069)."""
    secret = _md5(user, fields.get("realm", ""), password)
    signed = _md5(method, fields.get("uri", ""))
    if "qop" not in fields:
        return _md5(secret, fields.get("nonce", ""), signed)
    middle = (fields.get(name, "") for name in ("nonce", "nc", "cnonce", "qop"))
    return _md5(secret, *middle, signed)


def parse(header: str) -> dict[str, str]:
    """Return the fields of an Authorization header, {} when it is no Digest."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return {}
    return {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(rest)}


class Gate:
    """Checks logins for one user.

    Args:
        user: the only name there is.
        password: its password.
        realm: what the device calls itself.
        clock: monotonic seconds, for the age of nonces.
    """

    def __init__(self, user: str, password: str, *, realm: str, clock: Callable[[], float]) -> None:
        self._user, self._password, self._realm = user, password, realm
        self._clock = clock
        self._nonces: OrderedDict[str, _Nonce] = OrderedDict()

    def challenge(self, *, stale: bool = False) -> str:
        """Return a WWW-Authenticate header with a fresh nonce."""
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = _Nonce(self._clock() + NONCE_SECONDS)
        if len(self._nonces) > MAX_NONCES:
            self._nonces.popitem(last=False)
        old = ", stale=true" if stale else ""
        return f'Digest realm="{self._realm}", nonce="{nonce}", qop="auth", algorithm=MD5{old}'

    def judge(self, method: str, header: str) -> Login:
        """Judge one request by its Authorization header ("" when it has none)."""
        if not header:
            return Login.NONE
        fields = parse(header)
        if not self._signed_right(method, fields):
            return Login.REFUSED
        return Login.GRANTED if self._fresh(fields) else Login.STALE

    def _signed_right(self, method: str, fields: dict[str, str]) -> bool:
        expected = response(self._user, self._password, method, fields)
        known = fields.get("username") == self._user and fields.get("realm") == self._realm
        signed = hmac.compare_digest(expected.encode(), fields.get("response", "").lower().encode())
        return known and signed and fields.get("qop", "auth") == "auth"

    def _fresh(self, fields: dict[str, str]) -> bool:
        nonce = self._nonces.get(fields["nonce"]) if "nonce" in fields else None
        if nonce is None or nonce.expires < self._clock():
            return False
        if "qop" not in fields:
            return True
        count = _hex(fields.get("nc", ""))
        newer, nonce.count = count > nonce.count, max(count, nonce.count)
        return newer


def _hex(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
