"""Log-in by OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636); off without `web.oidc`.

    browser ─▶ /login/oidc ─▶ issuer ─▶ /login/oidc/back ─▶ session
                state, nonce, verifier kept here      code for tokens, ID token checked, role from a claim
Authlib (requests, joserfc) speaks the protocol; here stands what we believe: only this issuer, only tokens
for us, signed by a key of its own, that carry our nonce. Blocking: call it in a thread.
"""

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from agent.web.roles import Role
from agent.web.settings import OidcConfig, is_loopback
from models.facts import Secret

log = logging.getLogger(__name__)

LASTS_SECONDS: Final = 600.0  # from our redirect until the browser is back
MOST_PENDING: Final = 1000
TIMEOUT: Final = (5.0, 10.0)  # seconds to connect, and for an answer
FRESH_SECONDS: Final = 3600.0  # what the issuer says of itself is asked for again
LEEWAY: Final = 120  # seconds that clocks may differ
# Never "none", and never HMAC: the client's secret signs nobody in.
ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384"]
SCOPE: Final = "openid profile email"


class OidcError(Exception):
    """The log-in did not work; the message is for the log, `phrase` names what the page says."""

    def __init__(self, message: str, phrase: str = "oidc_failed") -> None:
        super().__init__(message)
        self.phrase = phrase


@dataclass(frozen=True, slots=True)
class Pending:
    """A browser that was sent to the issuer."""

    nonce: str
    verifier: str
    wanted: str
    until: float


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the issuer vouches for. `subject`: issuer and sub, which never change."""

    subject: str
    name: str
    full_name: str
    role: Role


class Oidc:
    """The relying party.

    Args:
        config: issuer, client, which group has which role.
        secret: the client's.
        back: our address that the issuer sends browsers to.
        clock: Unix seconds.
    """

    def __init__(
        self, config: OidcConfig, secret: Secret, back: str, clock: Callable[[], float] = time.time
    ) -> None:
        self.config, self._secret, self._back, self._clock = config, secret, back, clock
        self._lock = threading.Lock()
        self._pending: OrderedDict[str, Pending] = OrderedDict()
        self._known: tuple[float, Mapping[str, Any], Any] | None = None

    def begin(self, wanted: str) -> tuple[str, str]:
        """Return (address of the issuer to go to, state: to be kept by this browser).

        Raises:
            OidcError: the issuer does not answer, or says something else.
        """
        from authlib.common.security import generate_token  # only where it is used

        about, _ = self._issuer()
        one = Pending(secrets.token_urlsafe(24), generate_token(64), wanted, self._clock() + LASTS_SECONDS)
        with self._session() as session:
            address, state = session.create_authorization_url(
                about["authorization_endpoint"], nonce=one.nonce, code_verifier=one.verifier
            )
        with self._lock:
            self._pending[str(state)] = one
            while len(self._pending) > MOST_PENDING:
                self._pending.popitem(last=False)
        return str(address), str(state)

    def finish(self, kept: str, given: Mapping[str, str]) -> tuple[Person, str]:
        """Return who came back, and where he wanted to go.

        Args:
            kept: the state that the browser kept.
            given: the parameters that it brought from the issuer.

        Raises:
            OidcError: it is not believed, took too long, or that person has no role here.
        """
        state = given.get("state", "")
        with self._lock:
            one = self._pending.pop(state, None) if state else None
        if one is None or not secrets.compare_digest(kept.encode(), state.encode()):
            raise OidcError("a state that we do not know, or of another browser", "oidc_again")
        if self._clock() > one.until:
            raise OidcError("it took too long", "oidc_again")
        if "error" in given or not given.get("code"):
            raise OidcError(f"the issuer says {given.get('error', 'nothing')[:100]!r}")
        return self._person(self._claims(self._token(given["code"], one), one)), one.wanted

    # ------------------------------------------------------------ inside

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self.config.client_id,
            self._secret.reveal(),
            scope=SCOPE,
            redirect_uri=self._back,
            code_challenge_method="S256",
            default_timeout=TIMEOUT[1],
        )

    def _issuer(self, *, anew: bool = False) -> tuple[Mapping[str, Any], Any]:
        """Return what the issuer says of itself, and its keys."""
        import requests
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        now = self._clock()
        if self._known is not None and not anew and 0 <= now - self._known[0] < FRESH_SECONDS:
            return self._known[1:]
        issuer = str(self.config.issuer).rstrip("/")
        try:
            about = _json(requests.get(f"{issuer}/.well-known/openid-configuration", timeout=TIMEOUT))
            if str(about["issuer"]).rstrip("/") != issuer:
                raise OidcError(f"{issuer} calls itself {str(about['issuer'])[:200]!r}")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                _safe(str(about[name]))
            told: Any = _json(requests.get(str(about["jwks_uri"]), timeout=TIMEOUT))
            keys = KeySet.import_key_set(told)
        except (requests.RequestException, JoseError, KeyError, ValueError, TypeError) as err:
            raise OidcError(f"the issuer {issuer} cannot be asked: {type(err).__name__}") from None
        self._known = now, about, keys
        return about, keys

    def _token(self, code: str, one: Pending) -> str:
        import requests
        from authlib.common.errors import AuthlibBaseError

        about, _ = self._issuer()
        try:
            with self._session() as session:
                found = session.fetch_token(
                    about["token_endpoint"], code=code, code_verifier=one.verifier, timeout=TIMEOUT[1]
                )
            return str(found["id_token"])
        except (requests.RequestException, AuthlibBaseError, KeyError, ValueError, TypeError) as err:
            raise OidcError(f"no token for the code: {type(err).__name__}") from None

    def _claims(self, token: str, one: Pending) -> Mapping[str, Any]:
        """Return the claims of an ID token that is the issuer's, for us, of now, and of this log-in."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        about, keys = self._issuer()
        try:
            try:
                claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            except (InvalidKeyIdError, ValueError):  # the issuer has new keys
                claims = jwt.decode(token, self._issuer(anew=True)[1], algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                now=int(self._clock()),
                leeway=LEEWAY,
                iss={"essential": True, "value": about["issuer"]},
                aud={"essential": True, "value": self.config.client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, TypeError) as err:
            raise OidcError(f"the ID token is not believed: {type(err).__name__}") from None
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), one.nonce.encode()):
            raise OidcError("the ID token is of another log-in")
        if claims.get("azp", self.config.client_id) != self.config.client_id:
            raise OidcError("the ID token was made for another client")
        return dict(claims)

    def _person(self, claims: Mapping[str, Any]) -> Person:
        name = str(claims.get(self.config.name_claim) or claims["sub"])
        role = role_of(claims.get(self.config.role_claim), self.config)
        if role is None:
            raise OidcError(f"{name[:63]!r} has no group that is named in web.oidc.roles", "oidc_no_role")
        return Person(f"{self.config.issuer} {claims['sub']}", name, str(claims.get("name") or ""), role)


def role_of(groups: Any, config: OidcConfig) -> Role | None:
    """Return the first role of `roles` whose group somebody is in, else the one for everybody; None: none."""
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    held = set(map(str, listed))
    found = next((role for group, role in config.roles.items() if group in held), config.everybody)
    return Role(found) if found else None


def _safe(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        raise OidcError("the issuer names an address without TLS")


def _json(answer: Any) -> dict[str, Any]:
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise TypeError("not an object")
    return found
