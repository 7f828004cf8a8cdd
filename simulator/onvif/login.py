"""The lock on the door: WS-UsernameToken and HTTP Digest, as strict as a device may be.

A token must be a PasswordDigest, signed within 10 s of the *device's* clock, with a nonce not used before
(WSS UsernameToken Profile 1.0 section 3.1; ONVIF Core, "User-based access control").
"""

import base64
import binascii
import datetime as dt
import hashlib
import hmac
import time
from typing import Final

from simulator.onvif.box import Box
from simulator.onvif.soap import Fault, Token
from simulator.rtsp.digest import Gate, Login, parse

WINDOW: Final = 10.0  # seconds either side of the device's clock
REALM: Final = "ONVIF"


class NonceMemory:
    """The nonces used lately; older ones fall to the check of the time."""

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}

    def fresh(self, nonce: bytes, now: float) -> bool:
        """Note a nonce; False when it was used before."""
        if len(self._until) > 64:
            self._until = {old: until for old, until in self._until.items() if until > now}
        known = self._until.get(nonce, 0.0) > now
        self._until[nonce] = now + 2 * WINDOW
        return not known


class Door:
    """Judges who may in. It keeps no count: it says `refused` where a login was shown and was wrong."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._nonces = NonceMemory()
        self._gates: dict[str, Gate] = {}

    def judge(self, token: Token | None, method: str, target: str, authorization: str) -> Login:
        """Judge one request by what its device accepts.

        Args:
            token: the WS-UsernameToken of the SOAP header.
            method: HTTP method.
            target: path and query as requested.
            authorization: the HTTP header, "" when there is none.
        """
        if self._box.auth == "none":
            return Login.GRANTED
        if authorization and self._box.auth in {"digest", "both"}:
            return self._digest(method, target, authorization)
        if token is not None and self._box.auth in {"wsse", "both"}:
            return Login.GRANTED if self._wsse(token) else Login.REFUSED
        return Login.NONE

    def judge_http(self, method: str, target: str, authorization: str) -> Login:
        """Judge a plain HTTP request, such as a snapshot: always by Digest, SOAP is not spoken here."""
        if self._box.auth == "none":
            return Login.GRANTED
        return self._digest(method, target, authorization) if authorization else Login.NONE

    def refusal(self, verdict: Login) -> tuple[Fault, dict[str, str]]:
        """Return the fault and HTTP headers that answer whoever may not in.

        A device that knows HTTP Digest answers 401 with a challenge; one that does not, 400, as real ones do.
        """
        offers = self._box.auth in {"digest", "both"}
        sentence = "Sender not Authorized"
        headers = self.challenge(verdict) if offers else {}
        return Fault("Sender", ("ter:NotAuthorized",), sentence, status=401 if offers else 400), headers

    def challenge(self, verdict: Login) -> dict[str, str]:
        """Return the header that asks for a Digest login."""
        return {"WWW-Authenticate": self._gate().challenge(stale=verdict is Login.STALE)}

    def _gate(self) -> Gate:
        # One for each password that is ever in force: a nonce is good only for the one it was given under.
        password = self._box.password
        if password not in self._gates:
            spec = self._box.spec
            self._gates[password] = Gate(spec.user, password, realm=REALM, clock=time.monotonic)
        return self._gates[password]

    def _digest(self, method: str, target: str, authorization: str) -> Login:
        fields = parse(authorization)
        if fields.get("uri") != target or fields.get("qop") != "auth":
            return Login.REFUSED  # signed for another address, or without the counter that stops a replay
        return self._gate().judge(method, authorization)

    def _wsse(self, token: Token) -> bool:
        spec, now = self._box.spec, self._box.now()
        try:
            nonce = base64.b64decode(token.nonce, validate=True)
            skew = abs(_unix(token.created) - now)
        except (binascii.Error, ValueError):
            return False
        digest = hashlib.sha1(nonce + f"{token.created}{self._box.password}".encode(), usedforsecurity=False)
        signed = hmac.compare_digest(base64.b64encode(digest.digest()), token.password.encode())
        known = token.user == spec.user and token.kind == "PasswordDigest" and signed
        return known and skew <= WINDOW and bool(nonce) and self._nonces.fresh(nonce, now)


def _unix(created: str) -> float:
    """Return `Created` in Unix seconds; without a zone it is taken as UTC, as devices do.

    Raises:
        ValueError: it is no xs:dateTime.
    """
    when = dt.datetime.fromisoformat(created)
    return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
