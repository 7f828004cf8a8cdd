"""A strict OpenID Connect issuer on loopback that can be told to lie."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "siteward", "the client's secret"


@cache
def _usual_key() -> RSAKey:
    """Return a key: making one takes a while, and issuers of different tests never meet."""
    return RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})


@dataclass
class Issuer:
    """`lie` overrides claims; `key` signs; what the browser brings is checked as the specification wants."""

    key: RSAKey = field(default_factory=_usual_key)
    shown: RSAKey | None = None  # what the key set shows, where it is not `key`
    claims: dict[str, Any] = field(default_factory=dict)
    lie: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    issuer: str = ""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def enter(self, address: str) -> dict[str, str]:
        """Do what a person does at the issuer; return what the browser brings back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def token(self, form: dict[str, str], header: str) -> dict[str, Any]:
        """Give tokens for a code, once."""
        asked = self._codes.pop(form.get("code", ""), None)
        name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or challenge != asked["code_challenge"]
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return {"error": "invalid_grant"}
        if (name, secret.replace("+", " ").replace("%27", "'")) != (CLIENT, SECRET):
            return {"error": "invalid_client"}
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": "7", "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            "preferred_username": "li.wei", "name": "Li Wei", "groups": ["staff", "techs"], **self.claims, **self.lie,
        }  # fmt: skip
        token = jwt.encode(
            {"alg": "RS256", "kid": "1"}, {k: v for k, v in claims.items() if v is not None}, self.key
        )
        return {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token}


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Run an issuer."""
    one = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.path.endswith("openid-configuration"):
                found = {"issuer": one.issuer} | {
                    name: f"{one.issuer}/{name}"
                    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                }
                self._send(found)
            else:
                self._send(KeySet([one.shown or one.key]).as_dict(private=False))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            answer = one.token(form, self.headers.get("authorization", ""))
            if "error" in answer:
                one.refused.append(answer["error"])
            self._send(answer, 400 if "error" in answer else 200)

        def _send(self, data, status=200):
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(data).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.issuer = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield one
    finally:
        server.shutdown()
        server.server_close()
